"""`skewcheck demo`: the screen of `clock`, from servers on this machine that are wrong by a chosen amount."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import typer

from skewcheck.cli import options
from skewcheck.cli.deliver import Deadline, deliver
from skewcheck.errors import UsageError
from skewcheck.model import Finding, NextStep, Report, ServerStatus, Status
from skewcheck.quantity import skew_text

if TYPE_CHECKING:
    from skewcheck.lab.ntp import NtpServer

SKEW_S = 0.2
LIARS = 1

BRIEFLY = "See what that looks like, on servers of its own."
EPILOG = """
\b
Examples:
  skewcheck demo
  skewcheck demo --skew -7s --liars 2
  skewcheck demo --liars 3      three of five lie: no vote can find the truth

\b
Exit codes:
  0  it measured what it had set up   130  interrupted (Ctrl-C)
  3  it did not, or usage, I/O or     143  terminated
     internal error
"""


class _Path(NamedTuple):
    """What lies between this host and one server, and between that server and UTC."""

    out_s: float
    back_s: float
    root_delay_s: float
    root_dispersion_s: float


# As five public servers look from a well connected host: none of the ways is the same in both directions.
_PATHS = (
    _Path(0.004, 0.006, 0.000, 0.0004),
    _Path(0.011, 0.007, 0.004, 0.0010),
    _Path(0.009, 0.016, 0.006, 0.0021),
    _Path(0.021, 0.012, 0.001, 0.0007),
    _Path(0.013, 0.029, 0.011, 0.0034),
)
_LIES_S = (3.7, -2.9, 11.0, -7.3, 19.0)
"""By how much each liar is off the truth: no two of them tell the same lie."""
_LYING_ORDER = (3, 1, 4, 0, 2)


def demo(  # noqa: PLR0917 - typer makes an option of each parameter and passes them by name
    context: typer.Context,
    skew: options.Skew = None,
    liars: options.Liars = None,
    timeout: options.Timeout = None,
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
    """Show the screen of clock without a network, with a skew of your choice.

    Five NTP servers are started on this machine whose clocks are wrong by what
    you choose, and asked as clock asks: real sockets, real packets, some of them
    delayed as on a network. Nothing leaves this machine, no clock is set.
    """
    view = options.view(format_, json=json, output=output, quiet=quiet, verbose=verbose, color=color)
    deadline = Deadline(context.obj, timeout)
    skew_s = SKEW_S if skew is None else skew
    lying = _LYING_ORDER[: LIARS if liars is None else liars]
    if liars is not None and liars > len(_PATHS):
        raise UsageError(f"--liars: of five servers {liars} can't lie", "Take 0 to 5.")
    from skewcheck import examine

    with ExitStack() as running:
        servers = [running.enter_context(server) for server in _servers(skew_s, lying)]
        request = examine.ClockRequest(
            servers=tuple(f"{host}:{port}" for host, port in (server.address for server in servers)),
            policy=options.policy(warning, critical, fail_on, on_unknown),
            timeout_s=timeout,
            command="demo",
            ask_host=False,
            spent_s=deadline.spent_s(view),
        )
        report = examine.clock(request)
    return deliver(_told(report, skew_s, lying), view, deadline)


def _servers(skew_s: float, lying: tuple[int, ...]) -> "list[NtpServer]":
    """Return the servers: the local clock looks *skew_s* ahead of them, but for those *lying*."""
    from skewcheck.lab.ntp import NtpServer

    return [
        NtpServer(
            ahead_s=-skew_s + (_LIES_S[lying.index(number)] if number in lying else 0.0),
            root_delay_s=path.root_delay_s,
            root_dispersion_s=path.root_dispersion_s,
            delay_out_s=path.out_s,
            delay_back_s=path.back_s,
        )
        for number, path in enumerate(_PATHS)
    ]


def _told(report: Report, skew_s: float, lying: tuple[int, ...]) -> Report:
    """Return *report* as that of a demonstration: held against what was set up, and not to be acted upon."""
    missing = _missed(report, skew_s, lying)
    looks = skew_text(skew_s) if skew_s else "right"
    set_up = f"five servers on this machine, {len(lying) or 'none'} of them lying, made the clock look {looks}"
    finding = Finding(
        "demo",
        Status.UNKNOWN if missing else Status.OK,
        f"Demonstration: {set_up}; {missing or 'and so it was measured'}.",
        (("set_up_skew_s", skew_s), ("set_up_liars", len(lying)), ("clock_exit_code", report.exit_code)),
    )
    would_exit = f"on a result like this it exits with {report.exit_code}"
    return report._replace(
        exit_code=3 if missing else 0,
        findings=(*report.findings, finding),
        next_step=NextStep("next", "skewcheck clock", f"measures the real clock; {would_exit}"),
    )


def _missed(report: Report, skew_s: float, lying: tuple[int, ...]) -> str | None:
    """Return what of the set-up the measurement missed; None for nothing."""
    assert report.ntp is not None  # the only part that `examine.clock` makes
    consensus = report.ntp.survey.consensus
    if consensus.interval is None:
        if len(lying) > len(_PATHS) // 2:
            return "with so many liars no vote can find the truth, and none was claimed"
        return "that was not measured: too few servers answered in time"
    if not consensus.interval.low_s <= skew_s <= consensus.interval.high_s:
        return "that is not what was measured: it lies outside of the range"
    named = {number for number, vote in enumerate(consensus.votes) if vote.status is ServerStatus.FALSETICKER}
    return None if named == set(lying) else "the truth is in the range, but not each liar was named"
