"""Genesys Cloud: its regions, their hosts, and what to ask there. All data.

Regions as the vendor's own SDKs list them (Python SDK 269.0.0, JavaScript SDK 262.0.0, and its Terraform provider's
region map of July 2026); which host belongs to a region by the SDKs' own rule: `api.` and `login.` before the domain.
"""

from typing import NamedTuple

from skewcheck.errors import UsageError
from skewcheck.foreign import is_secret
from skewcheck.visible import visible

MAX_QUOTED = 60
"""Characters of a wrong region that are repeated to the user: longer than any, and it may be a secret by mistake."""


class Region(NamedTuple):
    """One region of Genesys Cloud."""

    code: str
    """As Terraform and `GENESYSCLOUD_REGION` write it."""
    domain: str
    place: str

    @property
    def api_url(self) -> str:
        """Where its API is."""
        return f"https://api.{self.domain}"

    @property
    def login_url(self) -> str:
        """Where its tokens are issued."""
        return f"https://login.{self.domain}"


REGIONS = (
    Region("us-east-1", "mypurecloud.com", "US East (N. Virginia)"),
    Region("us-east-2", "use2.us-gov-pure.cloud", "US East 2 (Ohio), FedRAMP"),
    Region("us-west-2", "usw2.pure.cloud", "US West (Oregon)"),
    Region("ca-central-1", "cac1.pure.cloud", "Canada (Central)"),
    Region("sa-east-1", "sae1.pure.cloud", "South America (São Paulo)"),
    Region("mx-central-1", "mxc1.pure.cloud", "Mexico (Central)"),
    Region("eu-central-1", "mypurecloud.de", "EMEA (Frankfurt)"),
    Region("eu-central-2", "euc2.pure.cloud", "EMEA (Zurich)"),
    Region("eu-west-1", "mypurecloud.ie", "EMEA (Ireland)"),
    Region("eu-west-2", "euw2.pure.cloud", "EMEA (London)"),
    Region("eusc-de-east-1", "edee1.eusc-pure.cloud", "AWS European Sovereign Cloud (Germany)"),
    Region("me-central-1", "mec1.pure.cloud", "EMEA (UAE)"),
    Region("ap-south-1", "aps1.pure.cloud", "Asia Pacific (Mumbai)"),
    Region("ap-southeast-1", "apse1.pure.cloud", "Asia Pacific (Singapore)"),
    Region("ap-southeast-2", "mypurecloud.com.au", "Asia Pacific (Sydney)"),
    Region("ap-northeast-1", "mypurecloud.jp", "Asia Pacific (Tokyo)"),
    Region("ap-northeast-2", "apne2.pure.cloud", "Asia Pacific (Seoul)"),
    Region("ap-northeast-3", "apne3.pure.cloud", "Asia Pacific (Osaka)"),
)

API_PROBES = (("HEAD", "/api/v2/date"), ("HEAD", "/api/v2/tokens/me"), ("GET", "/api/v2/date"))
"""What to ask an API host for, in turn until one reply has a `Date`. None needs a token: a 401 has the time as well."""
LOGIN_PROBES = (("HEAD", "/oauth/token"), ("GET", "/"))


def region(given: str) -> Region:
    """Return the region that *given* names, in any of the spellings that the vendor's tools use.

    `eu-west-1`, `EU_WEST_1`, `euw2`, `mypurecloud.ie`, `api.mypurecloud.ie`, `https://login.mypurecloud.ie/`. Raises
    UsageError with all regions, and the nearest where one is near: a wrong region would be a wrong verdict.
    """
    name = _bare(given)
    for known in REGIONS:
        if name in _names(known):
            return known
    if not name:
        raise UsageError("no region was given", f"{_NO_DEFAULT} Take one of:\n{listing()}")
    shown = f"of {len(given)} characters" if len(given) > MAX_QUOTED or is_secret(given) else f"'{visible(given)}'"
    nearest = _nearest(name)
    hint = "" if nearest is None else f"Did you mean {nearest.code} ({nearest.domain})? "
    raise UsageError(f"there is no Genesys Cloud region {shown}", f"{hint}The regions are:\n{listing()}")


def listing() -> str:
    """Return all regions, one on a line, for people."""
    widest = max(len(known.code) for known in REGIONS)
    longest = max(len(known.domain) for known in REGIONS)
    return "\n".join(f"  {known.code:{widest}}  {known.domain:{longest}}  {known.place}" for known in REGIONS)


_NO_DEFAULT = "There is no default: the wrong region's clock would give the wrong verdict."


def _bare(given: str) -> str:
    """Return what distinguishes one spelling from another: no case, scheme, host prefix, path or underscore."""
    name = given.strip().lower()
    name = name.removeprefix("https://").partition("/")[0].removesuffix(".")
    for prefix in ("api.", "login.", "apps."):
        name = name.removeprefix(prefix)
    return name if "." in name else name.replace("_", "-")


def _names(known: Region) -> set[str]:
    """Return what a region is called: its code, its domain, and the first part of a domain that has one of its own."""
    short = known.domain.partition(".")[0]
    return {known.code, known.domain} | ({short} if short != "mypurecloud" else set())


def _nearest(name: str) -> Region | None:
    from difflib import get_close_matches

    owners = {own: known for known in REGIONS for own in _names(known)}
    if sum(own.startswith(name) for own in owners) > 1:  # as near to one as to the other
        return None
    near = get_close_matches(name[:MAX_QUOTED], owners, n=1)
    return owners[near[0]] if near else None
