"""How bad a range is, what is proven, and the exit code."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.judge.severity import exit_code, judge, severity
from skewcheck.model import Basis, Interval, Status, Thresholds

LIMITS = Thresholds(0.1, 1.0)
OK, WARNING, CRITICAL, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN


@pytest.mark.parametrize(
    ("skew_s", "expected"),
    [(0, OK), (0.0999, OK), (0.1, WARNING), (-0.1, WARNING), (0.9999, WARNING), (1.0, CRITICAL), (-3600, CRITICAL)],
)
def test_thresholds_count_from_their_own_value_on_in_both_directions(skew_s: float, expected: Status) -> None:
    """Exactly the warning threshold is a warning, exactly the critical one critical."""
    assert severity(skew_s, LIMITS) is expected


@pytest.mark.parametrize(
    ("low_s", "skew_s", "high_s", "status", "proven"),
    [
        (-0.01, 0.0, 0.01, OK, True),
        (0.15, 0.2, 0.25, WARNING, True),
        (-0.25, -0.2, -0.15, WARNING, True),
        (5.0, 7.0, 9.0, CRITICAL, True),
        (0.05, 0.08, 0.11, OK, False),
        (0.05, 0.12, 0.19, WARNING, False),
        (0.9, 1.1, 1.3, CRITICAL, False),
        (-0.5, 0.0, 1.0, UNKNOWN, False),
        (-1.5, -0.7, 0.0, UNKNOWN, False),
    ],
)
def test_the_estimate_decides_and_the_whole_range_proves(
    low_s: float, skew_s: float, high_s: float, status: Status, proven: bool
) -> None:
    """A status is proven where the whole range has it; a range from ok to critical says nothing."""
    judgement = judge(skew_s, Interval(low_s, high_s), Basis.MAJORITY, LIMITS, witness=Interval(low_s, high_s))
    assert (judgement.status, judgement.proven) == (status, proven)


@pytest.mark.parametrize("witness", [None, Interval(-0.001, 0.35), Interval(0.2, 0.3)])
def test_nothing_is_proven_that_its_witness_does_not_say(witness: Interval | None) -> None:
    """Whoever this host doesn't follow anyway must say the same, over the whole of their range."""
    assert not judge(0.0, Interval(-0.005, 0.005), Basis.MAJORITY, LIMITS, witness=witness).proven
    assert judge(0.0, Interval(-0.005, 0.005), Basis.MAJORITY, LIMITS, witness=Interval(-0.05, 0.05)).proven


def test_one_server_proves_nothing_and_no_range_says_nothing() -> None:
    """However narrow its range: a sole server can lie. Without a range the status is unknown."""
    assert not judge(0.0, Interval(-0.001, 0.001), Basis.SINGLE, LIMITS).proven
    assert judge(None, None, Basis.NONE, LIMITS).status is UNKNOWN


skews = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(skews, min_size=3, max_size=3).map(sorted), skews)
def test_what_is_proven_is_true_of_every_point_of_the_range(points: list[float], within: float) -> None:
    """No point of a range has another severity than the proven one."""
    low_s, skew_s, high_s = points
    judgement = judge(skew_s, Interval(low_s, high_s), Basis.MAJORITY, LIMITS, witness=Interval(low_s, high_s))
    if judgement.proven:
        assert severity(min(max(within, low_s), high_s), LIMITS) is judgement.status


@pytest.mark.parametrize(("fail_on", "on_unknown"), list(itertools.product((WARNING, CRITICAL), Status)))
def test_exit_codes(fail_on: Status, on_unknown: Status) -> None:
    """The whole table: --on-unknown stands in for what could not be told, --fail-on lets a warning pass."""
    plain = {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}
    passes = {WARNING: 0} if fail_on is CRITICAL else {}
    for status in (OK, WARNING, CRITICAL):
        assert exit_code(status, fail_on, on_unknown) == passes.get(status, plain[status])
    assert exit_code(UNKNOWN, fail_on, on_unknown) == passes.get(on_unknown, plain[on_unknown])
