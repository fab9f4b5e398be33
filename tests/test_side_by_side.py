"""Two parts in one report: the worse one speaks, and nothing of either is lost."""

import threading

import pytest
from api_reports import AHEAD, NOBODY
from reports import ALL_WELL

from skewcheck.errors import UsageError
from skewcheck.examine import side_by_side
from skewcheck.examine.side_by_side import at_once
from skewcheck.model import Finding, Report, Status


@pytest.mark.parametrize("api", [AHEAD, NOBODY], ids=["ahead", "nobody"])
@pytest.mark.parametrize("ntp", list(Status))
def test_the_worse_one_speaks(api: Report, ntp: Status) -> None:
    """Critical before warning before unknown before ok; NTP where neither is worse."""
    order = [Status.CRITICAL, Status.WARNING, Status.UNKNOWN, Status.OK]
    clock = ALL_WELL._replace(status=ntp)
    both = side_by_side(clock, api)
    speaks = min(clock, api, key=lambda report: order.index(report.status))
    assert (both.status, both.proven, both.exit_code, both.verdict, both.meaning, both.next_step) == (
        speaks.status, speaks.proven, speaks.exit_code, speaks.verdict, speaks.meaning, speaks.next_step
    )  # fmt: skip
    assert (both.ntp, both.api) == (clock.ntp, api.api)
    assert (both.measured_at_s, both.true_time) == (clock.measured_at_s, clock.true_time)
    assert set(both.findings) == {*clock.findings, *api.findings}


def test_what_both_say_is_said_once() -> None:
    """A step of the local clock that both saw is one finding."""
    both = side_by_side(AHEAD, AHEAD)
    assert both.findings == AHEAD.findings


def test_a_zone_is_told_of_once() -> None:
    """Of a clock that was set to local time both parts say so, each in its words: NTP's stand, the API's alone too."""
    by_ntp = Finding("time-zone", Status.CRITICAL, "it is off by this host's own distance from UTC (1 h east)")
    by_api = Finding("time-zone", Status.CRITICAL, "the two clocks are 1 h apart")
    clock, api = ALL_WELL._replace(findings=(by_ntp,)), AHEAD._replace(findings=(by_api,))
    assert side_by_side(clock, api).findings == (by_ntp,)
    assert side_by_side(ALL_WELL._replace(findings=()), api).findings == (by_api,)


def test_both_at_once() -> None:
    """Each waits for the other to have begun; the time is that of the longer one, and NTP's advice mends this clock."""
    met = threading.Barrier(2, timeout=30)

    def after_the_other(report: Report) -> Report:
        met.wait()
        return report

    clock = ALL_WELL._replace(status=Status.WARNING, duration_s=0.5)
    api = AHEAD._replace(status=Status.CRITICAL, duration_s=2.0)
    both = at_once(lambda: after_the_other(clock), lambda: after_the_other(api))
    assert (both.ntp, both.api, both.duration_s) == (clock.ntp, AHEAD.api, 2.0)
    assert (both.status, both.verdict, both.next_step) == (api.status, api.verdict, clock.next_step)


def test_what_either_raises_is_raised() -> None:
    """An error in the thread is no silence."""

    def fails() -> Report:
        raise UsageError("no", "Try yes.")

    for calls in ((fails, lambda: AHEAD), (lambda: ALL_WELL, fails)):
        with pytest.raises(UsageError, match="no"):
            at_once(*calls)
