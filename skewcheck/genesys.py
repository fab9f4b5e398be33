"""Genesys Cloud: its regions, their hosts, and what to ask there. All data.

Regions as the vendor's own SDKs list them (Python SDK 269.0.0, JavaScript SDK 262.0.0, and its Terraform provider's
region map of July 2026); which host belongs to a region by the SDKs' own rule: `api.` and `login.` before the domain.
"""

import re
from typing import NamedTuple

from skewcheck.errors import UsageError
from skewcheck.foreign import is_secret
from skewcheck.visible import visible

_NEAR = 0.75
"""How alike two names are of which one is meant for the other; 1: the same."""
MAX_QUOTED = 60
"""Characters of a wrong region that are repeated to the user: longer than any, and it may be a secret by mistake."""
_LONGEST_WORD, _MOST_DIGITS = 16, 3
"""Of what stands between its dots and dashes: `mypurecloud`, `euw2`."""


class Region(NamedTuple):
    """One region of Genesys Cloud."""

    code: str
    """As Terraform and `GENESYSCLOUD_REGION` write it."""
    domain: str
    place: str

    @property
    def api_host(self) -> str:
        """Where its API is."""
        return f"api.{self.domain}"

    @property
    def login_host(self) -> str:
        """Where its tokens are issued."""
        return f"login.{self.domain}"


REGIONS = (
    Region("us-east-1", "mypurecloud.com", "N. Virginia"),
    Region("us-east-2", "use2.us-gov-pure.cloud", "Ohio, FedRAMP"),
    Region("us-west-2", "usw2.pure.cloud", "Oregon"),
    Region("ca-central-1", "cac1.pure.cloud", "Canada"),
    Region("sa-east-1", "sae1.pure.cloud", "Sao Paulo"),
    Region("mx-central-1", "mxc1.pure.cloud", "Mexico"),
    Region("eu-central-1", "mypurecloud.de", "Frankfurt"),
    Region("eu-central-2", "euc2.pure.cloud", "Zurich"),
    Region("eu-west-1", "mypurecloud.ie", "Ireland"),
    Region("eu-west-2", "euw2.pure.cloud", "London"),
    Region("eusc-de-east-1", "edee1.eusc-pure.cloud", "Germany, AWS sovereign"),
    Region("me-central-1", "mec1.pure.cloud", "UAE"),
    Region("ap-south-1", "aps1.pure.cloud", "Mumbai"),
    Region("ap-southeast-1", "apse1.pure.cloud", "Singapore"),
    Region("ap-southeast-2", "mypurecloud.com.au", "Sydney"),
    Region("ap-northeast-1", "mypurecloud.jp", "Tokyo"),
    Region("ap-northeast-2", "apne2.pure.cloud", "Seoul"),
    Region("ap-northeast-3", "apne3.pure.cloud", "Osaka"),
)
"""18, as `skewcheck regions` lists them."""

API_PROBES = (("HEAD", "/api/v2/date"), ("HEAD", "/api/v2/tokens/me"), ("GET", "/api/v2/date"))
"""What to ask an API host for, in turn until one reply has a `Date`. None needs a token: a 401 has the time as well."""
LOGIN_PROBES = (("HEAD", "/oauth/token"), ("GET", "/"))


def region(given: str) -> Region:
    """Return the region that *given* names, in any of the spellings that the vendor's tools use.

    `eu-west-1`, `EU_WEST_1`, `euw2`, `mypurecloud.ie`, `api.mypurecloud.ie`, `https://login.mypurecloud.ie/`. Raises
    UsageError, with the nearest where one alone is near: a wrong region would be a wrong verdict.
    """
    name = _bare(given)
    for known in REGIONS:
        if name in _names(known):
            return known
    everyone = f"skewcheck regions lists all {len(REGIONS)}"
    if not name:
        raise UsageError("no region was given: the wrong one's clock would be a wrong verdict", everyone)
    shown = f"'{visible(given)}'" if may_be_meant(given) else f"of {len(given)} characters"
    nearest = _nearest(name)
    hint = "" if nearest is None else f"--region {nearest.code} ({nearest.place})\n"
    raise UsageError(f"unknown region {shown}", f"{hint}{everyone}")


def may_be_meant(given: str) -> bool:
    """Tell whether *given* is spelt as regions are, a mistake or two aside: what else it is may be a secret."""
    words = re.split(r"[^A-Za-z0-9]+", given)
    return (
        len(given) <= MAX_QUOTED
        and not is_secret(given)
        and all(len(word) <= _LONGEST_WORD and len(re.findall("[0-9]", word)) <= _MOST_DIGITS for word in words)
        and all(word in (word.lower(), word.upper(), word.title()) for word in words)
    )


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
    """Return the region whose name is the most like *name*; None where none is, or two are as much."""
    from difflib import SequenceMatcher

    def alike(known: Region) -> float:
        owned = (*_names(known), known.place.lower())
        return max(SequenceMatcher(None, own, name[:MAX_QUOTED]).ratio() for own in owned)

    likeness = [(alike(known), known) for known in REGIONS]
    (most, nearest), (next_, _) = sorted(likeness, reverse=True)[:2]
    return nearest if most >= _NEAR and most > next_ else None
