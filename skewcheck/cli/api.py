"""`skewcheck api`: the local clock against the `Date` of an API and of the host that issues its tokens."""

import typer

from skewcheck.cli import options
from skewcheck.cli.deliver import Deadline, deliver

TIMEOUT_S, FULL_TIMEOUT_S = 10.0, 20.0

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


def api(  # noqa: PLR0917 - typer makes an option of each parameter and passes them by name
    context: typer.Context,
    region: options.Region = None,
    url: options.Url = None,
    full: options.Full = False,
    date_fresh: options.DateFresh = False,
    ca_file: options.CaFile = None,
    timeout: options.ApiTimeout = None,
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
    """Compare this host's clock with that of an API, by its HTTP header Date.

    A region's API and the host that issues its tokens are asked at once, and so
    compared with each other. Date counts whole seconds, so the moment when it
    moves on is searched for, to about one round trip.

    Each host gets at most 16 HTTP requests, HEAD where it is understood, over one
    connection, without a token, a cookie or any other credential. HTTPS_PROXY and
    NO_PROXY count. Nothing else leaves this machine but the look-up of the names.
    """
    view = options.view(format_, json=json, output=output, quiet=quiet, verbose=verbose, color=color)
    default_s = FULL_TIMEOUT_S if full else TIMEOUT_S
    deadline = Deadline(context.obj, default_s if timeout is None else timeout).enforced()
    region, url = options.whose_date(context, region, url)
    from skewcheck import examine
    from skewcheck.cli import progress

    request = examine.ApiRequest(
        region=region,
        url=url,
        policy=options.policy(warning, critical, fail_on, on_unknown),
        timeout_s=deadline.timeout_s,
        family=options.family(context, ipv4=ipv4, ipv6=ipv6),
        full=full,
        date_fresh=date_fresh,
        ca_file=options.ca_file(ca_file),
        spent_s=deadline.spent_s(view),
    )
    with progress.shown(quiet=quiet) as line:
        report = examine.api(request, line)
    return deliver(report, view, deadline)
