"""Two parts in one report: the worse one speaks, and nothing of either is lost."""

import pytest
from api_reports import AHEAD, NOBODY
from reports import ALL_WELL

from skewcheck.examine import side_by_side
from skewcheck.model import Report, Status


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
