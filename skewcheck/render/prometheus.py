"""The report as metrics: for node_exporter's textfile collector, or whatever else reads Prometheus' text format.

Valid as text format 0.0.4 and as OpenMetrics 1.0 at once: `# EOF` is a comment to the former. No series has a
timestamp, which the textfile collector refuses; none has a label that comes from outside, such as a server's name or
anything of a token. What isn't known is absent, be it a skew or the unbounded side of a range.
"""

from typing import NamedTuple

from skewcheck.model import Report, Status
from skewcheck.render.sources import decimal, sources
from skewcheck.version import VERSION

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


def render(report: Report) -> str:
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
    """Return one label; all values here are words of ours, and need no escaping."""
    return f'{{{name}="{value}"}}'


def _families(report: Report) -> list[_Family]:
    measured = report.failure is None
    return [
        *_of_sources(report),
        _Family(
            "skewcheck_status",
            "1 for the status that was measured, 0 for all others.",
            [_Sample(_label("status", status.value), float(status is report.status)) for status in Status],
        ),
        _Family(
            "skewcheck_proven",
            "1 if the whole range has that status, under the premises of skewcheck's README; else 0.",
            [_Sample("", float(report.proven))],
        ),
        _Family(
            "skewcheck_recommended_buffer_seconds",
            "How long before its end a token like the one that was given should be refreshed.",
            [_Sample("", _buffer_s(report))],
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


def _buffer_s(report: Report) -> float | None:
    advised = None if report.token is None else report.token.recommended
    return None if advised is None else advised.buffer_s


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
