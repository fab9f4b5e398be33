"""`skewcheck check`: NTP, the API and this host at once, and whose clock is off; and a token judged by that."""

from collections.abc import Mapping
from typing import Any

from skewcheck.cli import asked as asking
from skewcheck.cli import options
from skewcheck.cli.argv import Typed
from skewcheck.cli.deliver import Deadline, run
from skewcheck.cli.help import CODES, Screen

OPTIONS = (
    "server", *options.API, "samples", "token_file", "connections", *options.TLS, "timeout:check", *options.FAMILY,
    *options.SHARED,
)  # fmt: skip
SCREEN = Screen(
    "Compare this host, NTP and an API: whose clock is off?",
    "[--region REGION | --url URL] [OPTIONS]",
    """\
Examples:
  skewcheck check --region eu-west-1
  skewcheck check                     NTP alone, as clock does
  skewcheck check --url https://gateway.example.net/health -H ntp1.example.net
  pbpaste | skewcheck check --region eu-west-1 --token-file -
  skewcheck check --region eu-west-1 -q --on-unknown ok || exit 1
  SKEWCHECK_REGION=eu-west-1 skewcheck check --json -t 5s""",
    CODES.format(
        ok="ok: no clock is off",
        critical="critical: a clock is off by the limit, or the token given has expired",
        unknown="unknown: it could not be measured; or usage, I/O or internal error",
    ),
)


def check(typed: Typed, values: Mapping[str, Any]) -> int:
    """Ask NTP, the API and this host at once, and tell whose clock is off.

    NTP tells how far this host's clock is from UTC, the API's header Date how far
    it is from the API's; what both say together tells whose clock it is. Where it
    is none, the next suspects are listed. One verdict, one exit code.

    A token is judged by what was measured: one that has expired is a finding of
    the token, never clock skew.

    The API and the host that issues its tokens are asked only if a region or a URL
    is named, here or in the environment: at most 10 HTTP requests each, without a
    token, a cookie or any other credential, and with --connections N one more for
    each beyond the first. Each NTP server gets what clock sends. Nothing else
    leaves this machine but the look-up of the names.
    """
    view, asked = asking.view(values), asking.request(typed, "check", values)
    deadline = Deadline(typed.began_s, values["timeout"])
    if values["token_file"] is not None:
        from skewcheck.cli import token

        source = token.Source((), values["token_file"], None, "--token-file")
        found, deadline = token.read(source, deadline.of(asked).enforced())
        asked = asked._replace(token=found)
    return run(asked, view, deadline)
