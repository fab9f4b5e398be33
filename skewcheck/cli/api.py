"""`skewcheck api`: this host's clock against the `Date` of an API and of the host that issues its tokens."""

from collections.abc import Mapping
from typing import Any

from skewcheck.cli import asked as asking
from skewcheck.cli import options
from skewcheck.cli.argv import Typed
from skewcheck.cli.deliver import Deadline, run
from skewcheck.cli.help import Screen

OPTIONS = (*options.API, "full", "connections", *options.TLS, "timeout:api", *options.FAMILY, *options.SHARED)
SCREEN = Screen(
    "Compare this host's clock with that of an API.",
    "--region REGION | --url URL [OPTIONS]",
    """\
Examples:
  skewcheck api --region eu-west-1
  skewcheck api --region mypurecloud.de --full
  skewcheck api --region us-east-1 --connections 24     a node that is off?
  skewcheck api --url https://gateway.example.net/health
  GENESYSCLOUD_REGION=us-east-1 skewcheck api --json""",
)


def api(typed: Typed, values: Mapping[str, Any]) -> int:
    """Compare this host's clock with that of an API, by its HTTP header Date.

    A region's API and the host that issues its tokens are asked at once, and so
    compared with each other. Date counts whole seconds, so the moment when it
    moves on is searched for, to about one round trip.

    Each host gets at most 16 HTTP requests, HEAD where it is understood, without a
    token, a cookie or any other credential. What the search on one connection
    leaves of them goes over others, up to 8 in all, to see other nodes behind the
    name; with --connections N it is one request more for each beyond the first. A
    server that keeps a client on its node, by address or cookie, can't be seen
    through. HTTPS_PROXY and NO_PROXY count. Nothing else leaves this machine but
    the look-up of the names.

    There is no default region: the wrong one's clock would be a wrong verdict.
    """
    view, asked = asking.view(values), asking.request(typed, "api", values, needs_api=True)
    return run(asked, view, Deadline(typed.began_s, values["timeout"]))
