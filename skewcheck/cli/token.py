"""`skewcheck token`: what a token says, who would reject it, and the buffer to use."""

from typing import TYPE_CHECKING

import typer

from skewcheck.cli import options, output, token_options
from skewcheck.cli.deliver import Deadline, deliver
from skewcheck.errors import UsageError

if TYPE_CHECKING:
    from skewcheck.examine.verifiers import Verifier

TIMEOUT_S, API_TIMEOUT_S = 3.0, 10.0
LIST = "list"
"""In the place of a verifier's name: show them all."""
WIDTH = 80
"""Cells of a line of that list."""

BRIEFLY = "Read a token: its times, who refuses it, the buffer to use."
EPILOG = """
\b
Examples:
  skewcheck token                    asks for a token and doesn't show it
  pbpaste | skewcheck token          whatever was copied: a header, a response
  skewcheck token --file token.json --region eu-west-1 --verifier pyjwt
  skewcheck token --env ACCESS_TOKEN --expires-in 86399 --json
  skewcheck token --skew -200ms+-50ms --file token.txt
  skewcheck token --verifier list

\b
Exit codes:
  0  ok                               130  interrupted (Ctrl-C)
  1  warning                          143  terminated
  2  critical: expired by true time, or the clock is off by the limit
  3  unknown: it can't be told; or no token, usage, I/O or internal error

\b
A DURATION is a number with us, ms, s, m, h or d; a bare number is seconds.
An option given beats its environment variable.
"""


def token(  # noqa: PLR0917 - typer makes an option of each parameter and passes them by name
    context: typer.Context,
    words: token_options.Words = None,
    file: token_options.File = None,
    env: token_options.Env = None,
    expires_in: token_options.ExpiresIn = None,
    obtained_at: token_options.ObtainedAt = None,
    offline: token_options.Offline = False,
    skew: token_options.Skew = None,
    verifier: token_options.Verifiers = None,
    leeway: token_options.Leeway = None,
    latency: token_options.Latency = None,
    server: options.Servers = None,
    region: options.Region = None,
    url: options.Url = None,
    date_fresh: options.DateFresh = False,
    ca_file: options.CaFile = None,
    timeout: options.TokenTimeout = None,
    ipv4: options.Ipv4 = False,
    ipv6: options.Ipv6 = False,
    warning: options.WarningLimit = None,
    critical: options.CriticalLimit = None,
    fail_on: options.FailOnStatus = "warning",
    on_unknown: options.OnUnknownStatus = "unknown",
    format_: options.OutputFormat = "text",
    json: options.Json = False,
    output_: options.OutputFile = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    color: options.ColorWhen = "auto",
) -> int:
    """Tell what a token says, who would refuse it, and how early to refresh it.

    Give it however you have it: bare, quoted, with Bearer, a header line, a token
    response, a cookie, a URL, a line of a log. A JWT is read and not verified; an
    opaque token, as Genesys Cloud issues them, says nothing of time itself.

    It is judged by true time: this asks NTP servers for the time, and with --region
    or --url an API for its Date. Nothing of the token is sent, stored or shown but
    its times, issuer, header and the beginning of its SHA-256.
    """
    view = options.view(format_, json=json, output=output_, quiet=quiet, verbose=verbose, color=color)
    verifiers = tuple(verifier or ())
    if LIST in verifiers:
        return _list_verifiers()
    _check_names(verifiers)
    asks_nobody = offline or skew is not None
    if offline and skew is not None:
        raise UsageError("--offline and --skew were both given", "With --skew nobody is asked anyway: leave --offline.")
    if asks_nobody:
        _leave_out_whom_to_ask(context)
        region = url = server = None  # what the environment says of them is for other runs
    else:
        region, url = options.whose_date(context, region, url, needed=False)
    default_s = TIMEOUT_S if region is None and url is None else API_TIMEOUT_S
    policy = options.policy(warning, critical, fail_on, on_unknown)
    family = options.family(context, ipv4=ipv4, ipv6=ipv6)
    servers = options.servers(server)
    authorities = options.ca_file(ca_file)
    from skewcheck import examine
    from skewcheck.cli import progress, token_input

    source = token_input.Source(tuple(words or ()), file, env)
    deadline = Deadline(context.obj, default_s if timeout is None else timeout).enforced()
    found, deadline = token_input.read(source, deadline)
    request = examine.TokenRequest(
        found=found,
        expires_in_s=expires_in,
        obtained_at_s=obtained_at,
        offline=offline,
        skew=skew,
        region=region,
        url=url,
        verifiers=verifiers,
        leeway_s=leeway,
        latency=latency,
        servers=servers,
        policy=policy,
        timeout_s=deadline.timeout_s,
        family=family,
        ca_file=authorities,
        date_fresh=date_fresh,
        spent_s=deadline.spent_s(view),
    )
    with progress.shown(quiet=quiet or asks_nobody) as line:
        report = examine.token(request, line)
    return deliver(report, view, deadline)


def _leave_out_whom_to_ask(context: typer.Context) -> None:
    """Raise UsageError where the command line says both to ask nobody and whom to ask."""
    for name, option in (("server", "-H"), ("region", "--region"), ("url", "--url")):
        if options.typed_here(context, name):
            raise UsageError(
                f"with --offline or --skew nobody is asked, and {option} names whom to ask", "Leave out one of them."
            )


def _check_names(names: tuple[str, ...]) -> None:
    """Raise UsageError for a verifier that isn't known, before anybody pastes a token for nothing."""
    if names:
        from skewcheck.examine import verifiers

        verifiers.check_names(names)


# --- The table of verifiers ---


def _list_verifiers() -> int:
    from textwrap import wrap

    from skewcheck.examine.verifiers import VERIFIERS

    rows = [("NAME", "LEEWAY", "IAT AHEAD", "NOW = EXP", "READ"), *map(_row, VERIFIERS)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, row in enumerate(rows):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number:
            known = VERIFIERS[number - 1]
            for said in filter(None, (f"{known.title}: {known.source}", known.note)):
                lines += wrap(said, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    output.write_stdout("\n".join(lines) + "\n")
    return 0


def _row(known: "Verifier") -> tuple[str, str, str, str, str]:
    checker = known.checker
    return (
        known.name,
        f"{checker.leeway_s:g} s",
        "refuses" if checker.checks_iat else "accepts",
        "accepts" if checker.accepts_at_exp else "refuses",
        known.version,
    )
