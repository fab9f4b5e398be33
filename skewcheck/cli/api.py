"""`skewcheck api`: this host's clock against the `Date` of an API and of the host that issues its tokens."""

from collections.abc import Mapping
from typing import Any

import typer

from skewcheck.cli import asked as asking
from skewcheck.cli import options
from skewcheck.cli.deliver import Deadline, run

OPTIONS = (*options.API, "full", *options.TLS, "timeout:api", *options.FAMILY, *options.SHARED)
BRIEFLY = "Compare this host's clock with that of an API."
EPILOG = """
\b
Examples:
  skewcheck api --region eu-west-1
  skewcheck api --region mypurecloud.de --full
  skewcheck api --url https://gateway.example.net/health
  GENESYSCLOUD_REGION=us-east-1 skewcheck api --json

\b
Exit codes:
  0  ok: below the warning limit      130  interrupted (Ctrl-C)
  1  warning                          143  terminated
  2  critical
  3  unknown: it could not be measured; or usage, I/O or internal error

\b
There is no default region: the wrong region's clock would give the wrong
verdict. Without one, all 18 are listed.
A DURATION is a number with us, ms, s, m, h or d; a bare number is seconds.
An option given beats its environment variable.
"""


def api(context: typer.Context, values: Mapping[str, Any]) -> int:
    """Compare this host's clock with that of an API, by its HTTP header Date.

    A region's API and the host that issues its tokens are asked at once, and so
    compared with each other. Date counts whole seconds, so the moment when it
    moves on is searched for, to about one round trip.

    Each host gets at most 16 HTTP requests, HEAD where it is understood, over one
    connection, without a token, a cookie or any other credential. HTTPS_PROXY and
    NO_PROXY count. Nothing else leaves this machine but the look-up of the names.
    """
    view, asked = asking.view(values), asking.request(context, "api", values, needs_api=True)
    return run(asked, view, Deadline(context.obj, values["timeout"]))
