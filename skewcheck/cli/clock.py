"""`skewcheck clock`: the local clock against NTP."""

import typer

from skewcheck.cli import options
from skewcheck.cli.deliver import Deadline, default_s, deliver

BRIEFLY = "Compare this host's clock with NTP servers."
EPILOG = """
\b
Examples:
  skewcheck clock
  skewcheck clock -H ntp1.example.net -H ntp2.example.net -H ntp3.example.net
  skewcheck clock --json -w 50ms -c 500ms -o /var/tmp/skewcheck.json
  skewcheck clock -q --fail-on critical || exit 1

\b
Exit codes:
  0  ok: below the warning limit      130  interrupted (Ctrl-C)
  1  warning                          143  terminated
  2  critical
  3  unknown: it could not be measured; or usage, I/O or internal error

\b
A DURATION is a number with us, ms, s, m, h or d; a bare number is seconds.
An option given beats its environment variable.
"""


def clock(  # noqa: PLR0917 - typer makes an option of each parameter and passes them by name
    context: typer.Context,
    server: options.Servers = None,
    samples: options.Samples = None,
    timeout: options.Timeout = None,
    ipv4: options.Ipv4 = False,
    ipv6: options.Ipv6 = False,
    warning: options.WarningLimit = None,
    critical: options.CriticalLimit = None,
    fail_on: options.FailOnStatus = "warning",
    on_unknown: options.OnUnknownStatus = "unknown",
    format_: options.OutputFormat = "text",
    json: options.Json = False,
    output: options.OutputFile = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    color: options.ColorWhen = "auto",
) -> int:
    """Compare this host's clock with NTP servers, and prove how far off it is.

    All servers are asked at once: their names are looked up, and each gets one
    48-byte NTP request by each of IPv4 and IPv6 that it has (more with --samples,
    or while it stays silent). Nothing else leaves this machine.

    What this host says of its own clock is read beside it: small files, and one
    question to its own chronyd. No program is started, and no clock is set.
    """
    view = options.view(format_, json=json, output=output, quiet=quiet, verbose=verbose, color=color)
    deadline = Deadline(context.obj, default_s(samples) if timeout is None else timeout).enforced()
    from skewcheck import examine

    request = examine.ClockRequest(
        servers=options.servers(server),
        policy=options.policy(warning, critical, fail_on, on_unknown),
        timeout_s=timeout,
        family=options.family(context, ipv4=ipv4, ipv6=ipv6),
        samples=1 if samples is None else samples,
        spent_s=deadline.spent_s(view),
    )
    return deliver(examine.clock(request), view, deadline)
