"""`skewcheck clock`: this host's clock against NTP."""

from collections.abc import Mapping
from typing import Any

from skewcheck.cli import asked as asking
from skewcheck.cli import options
from skewcheck.cli.argv import Typed
from skewcheck.cli.deliver import Deadline, run
from skewcheck.cli.help import Screen

OPTIONS = ("server", "samples", "timeout:clock", *options.TLS, *options.FAMILY, *options.SHARED)
SCREEN = Screen(
    "Compare this host's clock with NTP servers.",
    "[-H HOST]... [OPTIONS]",
    """\
Examples:
  skewcheck clock
  skewcheck clock -H ntp1.example.net -H ntp2.example.net -H ntp3.example.net
  skewcheck clock -H https://HOST1 -H https://HOST2 -H https://HOST3
  skewcheck clock --json -w 50ms -c 500ms -o /var/tmp/skewcheck.json
  skewcheck clock -q --fail-on critical || exit 1""",
)


def clock(typed: Typed, values: Mapping[str, Any]) -> int:
    """Compare this host's clock with NTP servers, and prove how far off it is.

    All servers are asked at once: their names are looked up, and each gets one
    48-byte NTP request by each of IPv4 and IPv6 that it has (more with --samples,
    or while it stays silent). A web server (-H https://HOST) gets at most eight
    HTTP requests without credentials. Nothing else leaves this machine.

    What this host says of its own clock is read beside it: small files, and one
    question to its own chronyd. No program is started, and no clock is set.
    """
    view, asked = asking.view(values), asking.request(typed, "clock", values)
    return run(asked, view, Deadline(typed.began_s, values["timeout"]))
