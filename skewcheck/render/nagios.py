"""The report as a monitoring plugin prints it: one line of status and performance data, with -v more lines below.

Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Performance data". The status word is
what was measured; the exit code, of which `--fail-on` and `--on-unknown` may make another, is what the monitor goes by.

Performance data, in seconds: of NTP `offset`, which is the size of the skew under the label that check_ntp_time uses,
`skew`, signed (positive: this host's clock is ahead), and the ends of its proven range, `skew_low` and `skew_high`; of
the API's hosts the same as `api_offset`, `login_skew` and so on. What was asked for and isn't known is `U`.
"""

from skewcheck.model import Report, Thresholds
from skewcheck.render.sources import Source, decimal, remarks, risks, sentence, sources, state_word
from skewcheck.visible import in_ascii, inert

_UNKNOWN = "U"


def render(report: Report, *, verbose: int = 0) -> str:
    """Return the line of *report*; *verbose* from 1 on: and what else there is to say, below it."""
    line = f"SKEWCHECK {state_word(report)}: {_text(sentence(report))}"
    asked = sources(report)
    data = [datum for source in asked for datum in _performance(source, report.thresholds)]
    lines = [f"{line} | {' '.join(data)}" if data else line]
    if verbose:
        lines += [_text(more) for more in _long_text(report, asked)]
    return inert("".join(f"{line}\n" for line in lines))


def _text(text: str) -> str:
    """Return *text* without what separates text from performance data, in what every monitor can take."""
    return in_ascii(text).replace("|", r"\u007c")


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
    lines = [f"meaning: {report.meaning}"] if report.meaning else []
    for source in asked:
        lines += [f"{source.name}: {source.title}: {source.said}", *source.details]
    if report.token is not None:
        lines.append(f"token: {report.token.said}")
    return [*lines, *risks(report), *remarks(report)]
