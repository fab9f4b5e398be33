"""The report for monitoring: `nagios`, the line of a monitoring plugin, and `prometheus`, metrics.

Nagios: one line of status and performance data, with -v more lines below.

Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Performance data". The status word is
what was measured; the exit code, of which `--fail-on` and `--on-unknown` may make another, is what the monitor goes by.

Performance data, in seconds: of NTP `offset`, which is the size of the skew under the label that check_ntp_time uses,
`skew`, signed (positive: this host's clock is ahead), and the ends of its proven range, `skew_low` and `skew_high`; of
the API's hosts the same as `api_offset`, `login_skew` and so on. What was asked for and isn't known is `U`.

Prometheus: for node_exporter's textfile collector, or whatever else reads its text format.

Valid as text format 0.0.4 and as OpenMetrics 1.0 at once: `# EOF` is a comment to the former. No series has a
timestamp, which the textfile collector refuses; the one label from outside is an NTP server as it was named. What isn't
known is absent, be it a skew or the unbounded side of a range.
"""

from typing import NamedTuple

from skewcheck.model import DateReading, Reading, Report, Role, Status, Thresholds
from skewcheck.render.sources import Source, decimal, meaning, remarks, said, sources
from skewcheck.version import VERSION
from skewcheck.visible import in_ascii, inert

# --- Nagios ---

_UNKNOWN = "U"


def nagios(report: Report, *, verbose: int = 0) -> str:
    """Return the line of *report*; *verbose* from 1 on: and what else there is to say, below it."""
    line = f"SKEWCHECK {report.status.value.upper()}: {_text(said(report))}"
    asked = sources(report)
    data = [datum for source in asked for datum in _performance(source, report.thresholds)]
    lines = [f"{line} | {' '.join(data)}" if data else line]
    if verbose:
        lines += [_text(more) for more in _long_text(report, asked)]
    return inert("".join(f"{line}\n" for line in lines))


def _text(text: str) -> str:
    """Return *text* without what separates text from performance data, in what every monitor can take."""
    return in_ascii(text).replace(" || ", "  or  ").replace("|", r"\u007c")


def _performance(source: Source, thresholds: Thresholds | None) -> list[str]:
    """Return 'label'=value[UOM];[warn];[crit];[min];[max], one for each figure."""
    prefix = "" if source.name == "ntp" else f"{source.name}_"
    warning, critical = (None, None) if thresholds is None else map(decimal, thresholds)
    size = "" if warning is None or critical is None else f";{warning};{critical};0"
    signed = "" if warning is None or critical is None else f";-{warning}:{warning};-{critical}:{critical}"
    low_s, high_s = source.interval or (None, None)
    size_s = None if source.skew_s is None else abs(source.skew_s)
    return [
        f"{prefix}offset={_value(size_s)}{size}",
        f"{prefix}skew={_value(source.skew_s)}{signed}",
        f"{prefix}skew_low={_value(low_s)}",
        f"{prefix}skew_high={_value(high_s)}",
    ]


def _value(seconds: float | None) -> str:
    written = decimal(seconds)
    return _UNKNOWN if written is None else f"{written}s"


def _long_text(report: Report, asked: list[Source]) -> list[str]:
    """Return what stands below the first line; each begins with a word of ours."""
    lines = [f"means: {means}"] if (means := meaning(report)) else []
    for source in asked:
        lines += [f"{source.name}: {source.title}: {source.said}", *source.details]
    return [*lines, *remarks(report)]


# --- Prometheus ---

_SIGN = "positive means this host's clock is ahead, negative that it is behind"


class _Sample(NamedTuple):
    """One line: its labels, as they are written, and its value."""

    labels: str
    value: float | None
    decimals: int = 9


class _Family(NamedTuple):
    """One metric."""

    name: str
    help: str
    samples: list[_Sample]


def prometheus(report: Report) -> str:
    """Return the metrics of *report*, all of them gauges."""
    return "".join(line for family in _families(report) for line in _lines(family)) + "# EOF\n"


def _lines(family: _Family) -> list[str]:
    known = [
        (labels, number)
        for labels, value, decimals in family.samples
        if (number := decimal(value, decimals)) is not None
    ]
    if not known:
        return []
    return [
        f"# HELP {family.name} {family.help}\n",
        f"# TYPE {family.name} gauge\n",
        *(f"{family.name}{labels} {number}\n" for labels, number in known),
    ]


def _label(name: str, value: str) -> str:
    """Return one label; a *value* that was typed is made safe first."""
    safe = in_ascii(inert(value)).replace("\\", r"\\").replace('"', r"\"")
    return f'{{{name}="{safe}"}}'


def _families(report: Report) -> list[_Family]:
    measured = report.failure is None
    advised = None if report.token is None else report.token.recommended
    return [
        *_of_sources(report),
        *_of_servers(report),
        *_of_nodes(report),
        _Family(
            "skewcheck_status",
            "1 for the status that was measured, 0 for all others.",
            [_Sample(_label("status", status.value), float(status is report.status)) for status in Status],
        ),
        _Family(
            "skewcheck_proven",
            "1 if the whole range has that status, under the premises that its documents name; else 0.",
            [_Sample("", float(report.proven))],
        ),
        _Family(
            "skewcheck_recommended_buffer_seconds",
            "How long before its end a token like the one that was given should be refreshed.",
            [_Sample("", None if advised is None else advised.buffer_s)],
        ),
        _Family(
            "skewcheck_duration_seconds",
            "How long the measurement took.",
            [_Sample("", report.duration_s if measured else None)],
        ),
        _Family(
            "skewcheck_last_run_timestamp_seconds",
            "When it ended, by the clock that was measured; node_textfile_mtime_seconds is the one to alert on.",
            [_Sample("", report.measured_at_s, decimals=3)],
        ),
        _Family("skewcheck_build_info", "Always 1.", [_Sample(_label("version", VERSION), 1.0)]),
    ]


def _of_sources(report: Report) -> list[_Family]:
    asked = [(_label("source", source.name), source) for source in sources(report)]
    bounds = [(label, source.interval) for label, source in asked if source.interval is not None]
    return [
        _Family(
            "skewcheck_skew_seconds",
            f"This host's clock minus that of the source, best estimate: {_SIGN}.",
            [_Sample(label, source.skew_s) for label, source in asked],
        ),
        _Family(
            "skewcheck_skew_low_seconds",
            f"The low end of the range in which it lies: {_SIGN}.",
            [_Sample(label, interval.low_s) for label, interval in bounds],
        ),
        _Family(
            "skewcheck_skew_high_seconds",
            f"The high end of the range in which it lies: {_SIGN}.",
            [_Sample(label, interval.high_s) for label, interval in bounds],
        ),
        _Family(
            "skewcheck_source_up",
            "1 if the source could be measured, 0 if not.",
            [_Sample(label, float(source.interval is not None)) for label, source in asked],
        ),
    ]


def _of_servers(report: Report) -> list[_Family]:
    votes = () if report.ntp is None else report.ntp.survey.consensus.votes
    outcomes = {vote.outcome.server: vote.outcome for vote in reversed(votes)}  # of one name, what it said first
    named = [(_label("server", name), outcomes[name]) for name in dict.fromkeys(vote.outcome.server for vote in votes)]
    answers = [(label, outcome) for label, outcome in named if isinstance(outcome, Reading)]
    return [
        _Family(
            "skewcheck_server_skew_seconds",
            f"This host's clock minus that of one NTP server: {_SIGN}.",
            [_Sample(label, reading.skew_s) for label, reading in answers],
        ),
        _Family(
            "skewcheck_server_round_trip_seconds",
            "The shortest round trip to it.",
            [_Sample(label, reading.delay_s) for label, reading in answers],
        ),
        _Family(
            "skewcheck_server_up",
            "1 if that server's answer could be used, 0 if not.",
            [_Sample(label, float(isinstance(outcome, Reading))) for label, outcome in named],
        ),
    ]


def _of_nodes(report: Report) -> list[_Family]:
    """Return what stands behind each name: the worst and the count, for nodes have no names."""
    readings = [
        (_label("source", "login" if host.role is Role.LOGIN else "api"), host.host, host.outcome.nodes)
        for host in (() if report.api is None else report.api.survey.hosts)
        if isinstance(host.outcome, DateReading) and host.outcome.nodes is not None
    ]
    found = {finding.fact("host"): finding for finding in report.findings if finding.id == "api-nodes-differ"}

    def fact(host: str, name: str) -> float:
        value = found[host].fact(name) if host in found else 0.0
        return value if isinstance(value, int | float) else 0.0

    return [
        _Family(
            "skewcheck_connections_seen",
            "So many connections, or replies, told of the nodes behind the name.",
            [_Sample(label, float(len(nodes.replies))) for label, _, nodes in readings],
        ),
        _Family(
            "skewcheck_connections_off",
            "So many of them reached a clock that is off by a limit or more.",
            [_Sample(label, fact(host, "reached")) for label, host, _ in readings],
        ),
        _Family(
            "skewcheck_worst_node_seconds",
            "By how much the worst of those is off at least: from UTC where that is known, else from the others.",
            [_Sample(label, fact(host, "least_s")) for label, host, _ in readings],
        ),
    ]
