"""The formats for monitoring, to the letter."""

import pytest
from api_reports import AHEAD, BOTH, CACHED
from bench import golden
from reports import MISUSE, NOBODY, ONE_LIAR, finding

from skewcheck.model import Report, Status, Step
from skewcheck.render.monitoring import nagios, prometheus

LINES = {
    "nagios-liar": ONE_LIAR,
    "nagios-api": AHEAD,
    "nagios-cached": CACHED,
    "nagios-nobody": NOBODY,
    "nagios-misuse": MISUSE,
}


@pytest.mark.parametrize("name", list(LINES))
def test_the_line_of_a_plugin(name: str) -> None:
    """Status, title, and each clock's figures under labels that mean the same at every run; U where there is none."""
    line = nagios(LINES[name])
    assert line.count("\n") == 1
    golden.check(f"{name}.txt", line)


def test_more_lines_when_asked() -> None:
    """With -v: what it means, each server, each finding, who is harmed, and what to do."""
    golden.check("nagios-verbose.txt", nagios(ONE_LIAR, verbose=1))


def test_a_bar_in_a_text_is_no_performance_data() -> None:
    """What separates text from figures stands on the line once, and a command can still be pasted."""
    said = finding("falseticker", Status.WARNING, server="a | skew=0 ß ± 3", off_by_s=1.0)
    report = ONE_LIAR._replace(findings=(said,), steps=(Step("look-at-daemon", "ntpq -pn || chronyc tracking"),))
    first, *_ = nagios(report, verbose=1).splitlines()
    assert first.startswith(r"SKEWCHECK WARNING: a \u007c skew=0 \xdf +/- 3 is off")
    assert nagios(report, verbose=1).count("|") == 1
    assert "ntpq -pn  or  chronyc tracking" in nagios(report, verbose=1)


@pytest.mark.parametrize(("name", "report"), [("prometheus-liar", ONE_LIAR), ("prometheus-misuse", MISUSE)])
def test_the_metrics(name: str, report: Report) -> None:
    """All series, each with what it means; no measurement, no series of one."""
    golden.check(f"{name}.txt", prometheus(report))


def test_one_series_for_each_source() -> None:
    """NTP, the API and its login host side by side; all lines of a metric are together."""
    lines = [line for line in prometheus(BOTH).splitlines() if not line.startswith("#")]
    assert lines[:12] == [
        'skewcheck_skew_seconds{source="ntp"} 0.00015',
        'skewcheck_skew_seconds{source="api"} 0.2',
        'skewcheck_skew_seconds{source="login"} 0.191',
        'skewcheck_skew_low_seconds{source="ntp"} -0.013',
        'skewcheck_skew_low_seconds{source="api"} -0.83',
        'skewcheck_skew_low_seconds{source="login"} 0.151',
        'skewcheck_skew_high_seconds{source="ntp"} 0.0154',
        'skewcheck_skew_high_seconds{source="api"} 0.23',
        'skewcheck_skew_high_seconds{source="login"} 0.231',
        'skewcheck_source_up{source="ntp"} 1',
        'skewcheck_source_up{source="api"} 1',
        'skewcheck_source_up{source="login"} 1',
    ]


def test_a_side_without_a_bound_is_absent() -> None:
    """A cached Date bounds one side: there is no series for the other, none of an estimate, none with infinity."""
    metrics = prometheus(CACHED)
    assert 'skewcheck_skew_high_seconds{source="api"} -3.2\n' in metrics
    assert "skewcheck_skew_low_seconds" not in metrics
    assert "skewcheck_skew_seconds" not in metrics
    assert "inf" not in metrics.lower().replace("build_info", "")
