"""The metrics, to the letter."""

from api_reports import BOTH, CACHED
from reports import MISUSE, ONE_LIAR

from skewcheck.render.prometheus import render


def test_a_clock_that_is_off() -> None:
    """All series of a run on NTP, each with what it means."""
    assert render(ONE_LIAR) == (
        "# HELP skewcheck_skew_seconds This host's clock minus that of the source, best estimate: positive "
        "means this host's clock is ahead, negative that it is behind.\n"
        "# TYPE skewcheck_skew_seconds gauge\n"
        'skewcheck_skew_seconds{source="ntp"} 0.203\n'
        "# HELP skewcheck_skew_low_seconds The low end of the range in which it lies: positive means this "
        "host's clock is ahead, negative that it is behind.\n"
        "# TYPE skewcheck_skew_low_seconds gauge\n"
        'skewcheck_skew_low_seconds{source="ntp"} 0.195\n'
        "# HELP skewcheck_skew_high_seconds The high end of the range in which it lies: positive means "
        "this host's clock is ahead, negative that it is behind.\n"
        "# TYPE skewcheck_skew_high_seconds gauge\n"
        'skewcheck_skew_high_seconds{source="ntp"} 0.211\n'
        "# HELP skewcheck_source_up 1 if the source could be measured, 0 if not.\n"
        "# TYPE skewcheck_source_up gauge\n"
        'skewcheck_source_up{source="ntp"} 1\n'
        "# HELP skewcheck_status 1 for the status that was measured, 0 for all others.\n"
        "# TYPE skewcheck_status gauge\n"
        'skewcheck_status{status="ok"} 0\n'
        'skewcheck_status{status="warning"} 1\n'
        'skewcheck_status{status="critical"} 0\n'
        'skewcheck_status{status="unknown"} 0\n'
        "# HELP skewcheck_proven 1 if the whole range has that status, under the premises of skewcheck's "
        "README; else 0.\n"
        "# TYPE skewcheck_proven gauge\n"
        "skewcheck_proven 1\n"
        "# HELP skewcheck_duration_seconds How long the measurement took.\n"
        "# TYPE skewcheck_duration_seconds gauge\n"
        "skewcheck_duration_seconds 0.25\n"
        "# HELP skewcheck_last_run_timestamp_seconds When it ended, by the clock that was measured; "
        "node_textfile_mtime_seconds is the one to alert on.\n"
        "# TYPE skewcheck_last_run_timestamp_seconds gauge\n"
        "skewcheck_last_run_timestamp_seconds 1800014400\n"
        "# HELP skewcheck_build_info Always 1.\n"
        "# TYPE skewcheck_build_info gauge\n"
        'skewcheck_build_info{version="0.1.0"} 1\n'
        "# EOF\n"
    )


def test_a_mistake_leaves_the_skew_absent() -> None:
    """No measurement, no series of one; the status says unknown."""
    assert render(MISUSE) == (
        "# HELP skewcheck_status 1 for the status that was measured, 0 for all others.\n"
        "# TYPE skewcheck_status gauge\n"
        'skewcheck_status{status="ok"} 0\n'
        'skewcheck_status{status="warning"} 0\n'
        'skewcheck_status{status="critical"} 0\n'
        'skewcheck_status{status="unknown"} 1\n'
        "# HELP skewcheck_proven 1 if the whole range has that status, under the premises of skewcheck's "
        "README; else 0.\n"
        "# TYPE skewcheck_proven gauge\n"
        "skewcheck_proven 0\n"
        "# HELP skewcheck_build_info Always 1.\n"
        "# TYPE skewcheck_build_info gauge\n"
        'skewcheck_build_info{version="0.1.0"} 1\n'
        "# EOF\n"
    )


def test_one_series_for_each_source() -> None:
    """NTP, the API and its login host side by side; all lines of a metric are together."""
    lines = [line for line in render(BOTH).splitlines() if not line.startswith("#")]
    assert lines[:12] == [
        'skewcheck_skew_seconds{source="ntp"} 0.0002',
        'skewcheck_skew_seconds{source="api"} 0.2',
        'skewcheck_skew_seconds{source="login"} 0.191',
        'skewcheck_skew_low_seconds{source="ntp"} -0.0068',
        'skewcheck_skew_low_seconds{source="api"} -0.83',
        'skewcheck_skew_low_seconds{source="login"} 0.151',
        'skewcheck_skew_high_seconds{source="ntp"} 0.0069',
        'skewcheck_skew_high_seconds{source="api"} 0.23',
        'skewcheck_skew_high_seconds{source="login"} 0.231',
        'skewcheck_source_up{source="ntp"} 1',
        'skewcheck_source_up{source="api"} 1',
        'skewcheck_source_up{source="login"} 1',
    ]


def test_a_side_without_a_bound_is_absent() -> None:
    """A cached Date bounds one side: there is no series for the other, and none with infinity in it."""
    metrics = render(CACHED)
    assert 'skewcheck_skew_high_seconds{source="api"} -3.2\n' in metrics
    assert "skewcheck_skew_low_seconds" not in metrics
    assert "inf" not in metrics.lower().replace("build_info", "")
