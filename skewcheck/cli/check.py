"""`skewcheck check`: NTP, the API and this host at once, and whose clock is off; and a token judged by that."""

import typer

from skewcheck.cli import options
from skewcheck.cli.deliver import Deadline, default_s, deliver

TIMEOUT_S = 10.0

BRIEFLY = "Compare this host, NTP and an API: whose clock is off?"
EPILOG = """
\b
Examples:
  skewcheck check --region eu-west-1
  skewcheck check                     NTP alone, as clock does
  skewcheck check --url https://gateway.example.net/health -H ntp1.example.net
  pbpaste | skewcheck check --region eu-west-1 --token-file -
  skewcheck check --region eu-west-1 -q --on-unknown ok || exit 1
  SKEWCHECK_REGION=eu-west-1 skewcheck check --json -t 5s

\b
Exit codes:
  0  ok: no clock is off              130  interrupted (Ctrl-C)
  1  warning                          143  terminated
  2  critical: a clock is off by the limit, or the token given has expired
  3  unknown: it could not be measured; or usage, I/O or internal error

\b
A DURATION is a number with us, ms, s, m, h or d; a bare number is seconds.
An option given beats its environment variable.
"""


def check(  # noqa: PLR0917 - typer makes an option of each parameter and passes them by name
    context: typer.Context,
    server: options.Servers = None,
    region: options.Region = None,
    url: options.Url = None,
    samples: options.Samples = None,
    token_file: options.TokenFile = None,
    date_fresh: options.DateFresh = False,
    ca_file: options.CaFile = None,
    timeout: options.CheckTimeout = None,
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
    """Ask NTP, the API and this host at once, and tell whose clock is off.

    NTP tells how far this host's clock is from UTC, the API's header Date how far
    it is from the API's; what both say together tells whose clock it is. Where it
    is none, the next suspects are listed. One verdict, one exit code.

    A token is judged by what was measured: one that has expired is a finding of
    the token, never clock skew.

    The API and the host that issues its tokens are asked only if a region or a URL
    is named, here or in the environment: at most 10 HTTP requests each, without a
    token, a cookie or any other credential. Each NTP server gets what clock sends.
    Nothing else leaves this machine but the look-up of the names.
    """
    view = options.view(format_, json=json, output=output, quiet=quiet, verbose=verbose, color=color)
    longest_s = max(TIMEOUT_S, default_s(samples)) if timeout is None else timeout
    deadline = Deadline(context.obj, longest_s).enforced()
    region, url = options.any_date(context, region, url)
    authorities = options.ca_file(ca_file)
    policy = options.policy(warning, critical, fail_on, on_unknown)
    family = options.family(context, ipv4=ipv4, ipv6=ipv6)
    servers = options.servers(server)
    found = None
    if token_file is not None:
        from skewcheck.cli import token_input

        found, deadline = token_input.read(token_input.Source((), token_file, None, "--token-file"), deadline)
    from skewcheck import examine

    request = examine.CheckRequest(
        servers=servers,
        region=region,
        url=url,
        policy=policy,
        timeout_s=timeout,
        family=family,
        samples=1 if samples is None else samples,
        date_fresh=date_fresh,
        ca_file=authorities,
        spent_s=deadline.spent_s(view),
        found=found,
    )
    if request.of_api is None:
        return deliver(examine.check(request), view, deadline)
    from skewcheck.cli import progress

    with progress.shown(quiet=quiet) as line:
        report = examine.check(request, line)
    return deliver(report, view, deadline)
