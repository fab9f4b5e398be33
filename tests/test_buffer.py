"""The buffer and its sum: worked examples to the digit, and what holds for any input."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_risk import about, any_inputs, exactly, inputs

from skewcheck.judge.advice import Deadline, largest, leeway_s, recommend, settle_s
from skewcheck.judge.catalogue import BUFFER_LINES
from skewcheck.judge.risk import Inputs
from skewcheck.judge.verifiers import Checker
from skewcheck.model import BufferLine, Interval, Recommended


def recommended(given: Inputs, deadline: Deadline = Deadline.EXP) -> Recommended:
    """Return the recommendation; these have one."""
    found = recommend(given, deadline)
    assert found is not None
    assert all(line.what in BUFFER_LINES for line in found.because)
    return found


FAR = inputs(-90, 172800)._replace(latency=exactly(0.1), drift_ppm=100)
BEHIND = inputs(about(-40, 5), 300)._replace(latency=exactly(0.2), drift_ppm=100)


@pytest.mark.parametrize(
    ("given", "needed_s", "buffer_s"),
    [
        pytest.param(inputs(-7), 7.05, 60, id="12"),
        pytest.param(inputs(-7, leeway_s=60), 0, 60, id="12 leeway"),
        pytest.param(inputs(-0.3, 86400)._replace(drift_ppm=100), 8.99, 60, id="12 drift"),
        pytest.param(BEHIND, 45.23, 60, id="13"),
        pytest.param(FAR, 107.38, 108, id="14"),
        pytest.param(inputs(about(-12.5, 0.5), 900, 5), 8.05, 60, id="15"),
        pytest.param(inputs(-100, 300), 100.05, 101, id="15 then"),
        pytest.param(inputs(-200, 300), 200.05, None, id="16"),
        pytest.param(inputs(-149.6, 301)._replace(latency=exactly(0)), 149.6, 150, id="17"),
        pytest.param(inputs(-150.2, 301)._replace(latency=exactly(0)), 150.2, None, id="17 then"),
        pytest.param(inputs(100, 300), 0.05, 50, id="18"),
        pytest.param(inputs(245, 300), 0.05, 1, id="18 far ahead"),
        pytest.param(inputs(about(0, 100), 300), 100.05, 101, id="18 either way"),
    ],
)
def test_worked_example(given: Inputs, needed_s: float, buffer_s: int | None) -> None:
    """What is needed and what is recommended come out as given."""
    found = recommended(given)
    assert found.needed_s == pytest.approx(needed_s, abs=0.005)
    assert found.buffer_s == buffer_s


@pytest.mark.parametrize(
    ("given", "deadline", "needed_s"),
    [
        (inputs(-7, 86399)._replace(drift_ppm=15), Deadline.FROM_ANSWER, 2.396),
        (inputs(-7, 86399)._replace(drift_ppm=15), Deadline.FROM_REQUEST, 2.346),
        (inputs(0, 300)._replace(issuer_ahead=exactly(-3)), Deadline.FROM_ANSWER, 4.1),
    ],
)
def test_worked_example_by_expires_in(given: Inputs, deadline: Deadline, needed_s: float) -> None:
    """A deadline that is counted costs whole seconds and the answer's way, and the local clock nothing."""
    found = recommended(given, deadline)
    assert found.needed_s == pytest.approx(needed_s, abs=1e-4)
    assert found.buffer_s == 60


def test_the_sum_is_shown_line_by_line() -> None:
    """Every line that isn't 0 is there under its name, and no other."""
    assert [(line.what, round(line.seconds, 3)) for line in recommended(BEHIND).because] == [
        ("clock-behind", 45),
        ("drift", 0.03),
        ("latency", 0.2),
    ]
    by_answer = recommended(inputs(0, 300)._replace(issuer_ahead=exactly(-3)), Deadline.FROM_ANSWER)
    assert by_answer.because == (
        BufferLine("latency", 0.05),
        BufferLine("answer-way", 0.05),
        BufferLine("whole-seconds", 1),
        BufferLine("issuer-behind", 3),
    )
    fraction = recommended(inputs(0)._replace(exp_fraction_s=0.7))
    assert fraction.because == (BufferLine("latency", 0.05), BufferLine("exp-fraction", 0.7))


def test_of_a_leeway_only_what_is_of_use_counts() -> None:
    """A leeway of 60 s takes the 7.05 s away that it must, so that the lines still add up; one below 0 costs."""
    lenient = recommended(inputs(-7, leeway_s=60)).because[-1]
    assert (lenient.what, round(lenient.seconds, 9)) == ("leeway", -7.05)
    strict = inputs(-7)._replace(checker_there=Checker(3, -3))
    assert recommended(strict).because[-1] == BufferLine("leeway", 3)
    assert recommended(strict).needed_s == pytest.approx(10.05)


def test_a_clock_that_was_not_measured_says_so_in_the_sum() -> None:
    """Its line is 0, and there; and no leeway or rest is told that nobody can know."""
    found = recommended(inputs(None))
    assert found.because[0] == BufferLine("clock-not-measured", 0)
    assert (found.leeway_s, found.settle_s, found.buffer_s) == (None, None, 60)
    by_answer = recommended(inputs(None), Deadline.FROM_ANSWER)
    assert by_answer.because[-1] == BufferLine("issuer-not-measured", 0)


@pytest.mark.parametrize(
    ("low_s", "age_s", "lines", "needed_s"),
    [
        (-0.5, 1.1, [("clock-behind", 0.5), ("date-age", 1.1)], 1.6),
        (0.4, 1.1, [("date-age", 0.7)], 0.7),
        (-0.5, math.inf, [("clock-behind", 0.5), ("date-age-not-measured", 0.0)], 0.5),
        (-math.inf, 0.0, [("clock-behind", math.inf)], math.inf),
    ],
)
def test_an_old_date_hides_a_clock_that_is_behind(
    low_s: float, age_s: float, lines: list[tuple[str, float]], needed_s: float
) -> None:
    """What a `Date` may be late by is added; one of any age is named, for no figure holds then."""
    found = recommended(Inputs(3600, api=Interval(low_s, 1.0), date_age_s=age_s, latency=exactly(0), drift_ppm=0))
    assert [(line.what, round(line.seconds, 9)) for line in found.because] == lines
    assert found.needed_s == pytest.approx(needed_s)


def test_no_buffer_names_what_is_to_be_cured() -> None:
    """Where what is needed passes half of the life, the largest line is the illness."""
    for case, cause in [
        (inputs(-200, 300), "clock-behind"),
        (inputs(Interval(-math.inf, 1), 300), "clock-behind"),
        (inputs(0, 300)._replace(latency=exactly(180)), "latency"),
    ]:
        found = recommended(case)
        line = largest(found)
        assert found.buffer_s is None
        assert line is not None
        assert line.what == cause
    assert largest(recommended(inputs(0)._replace(latency=exactly(0)))) is None


def test_the_habit_of_a_short_life_is_a_fifth_of_it() -> None:
    """A buffer of 60 s would be most of a life of 100 s."""
    assert recommended(inputs(0, 100)).buffer_s == 20
    assert recommended(inputs(0, 101)).buffer_s == 21


@pytest.mark.parametrize("lifetime_s", [None, math.inf])
def test_no_lifetime_no_buffer(lifetime_s: float | None) -> None:
    """A token whose life isn't known, or that never expires, has no buffer; its rest and leeway can be told."""
    given = inputs(-0.2, lifetime_s)
    assert recommend(given) is None
    assert settle_s(given) == pytest.approx(0.15)
    assert leeway_s(given) == 1


@pytest.mark.parametrize("lifetime_s", [-5.0, 0.0, 1.0])
def test_a_life_too_short_for_any_buffer(lifetime_s: float) -> None:
    """Half of nothing is no buffer."""
    assert recommended(inputs(0, lifetime_s)).buffer_s is None


def test_noise_of_the_last_bit_costs_no_second() -> None:
    """0.1 + 0.2 is a little more than 0.3; three such tenths are one second, not two."""
    given = inputs(-59.7, 300)._replace(latency=exactly(0.1), exp_fraction_s=0.2)
    assert recommended(given).needed_s == pytest.approx(60)
    assert recommended(given).buffer_s == 60


@given(any_inputs, st.sampled_from(Deadline))
def test_the_sum_adds_up_and_the_buffer_keeps_its_bounds(given: Inputs, deadline: Deadline) -> None:
    """For any input: no NaN, lines add up, and the buffer is at least what is needed and at most half of the life."""
    found = recommend(given, deadline)
    if found is None:
        assert given.lifetime_s is None or math.isinf(given.lifetime_s)
        return
    assert given.lifetime_s is not None
    assert found.needed_s >= 0
    assert found.needed_s == pytest.approx(sum(line.seconds for line in found.because), abs=1e-6)
    assert all(line.seconds for line in found.because if not line.what.endswith("not-measured"))
    half_s = math.floor(given.lifetime_s / 2)
    if found.buffer_s is None:
        assert found.needed_s > half_s
    else:
        assert found.needed_s - 1e-6 <= found.buffer_s <= half_s
    assert found.settle_s is None or found.settle_s >= 0
    assert found.leeway_s is None or found.leeway_s >= 0


@given(any_inputs, st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_clock_further_behind_never_needs_less(given: Inputs, skew_s: float, more_s: float) -> None:
    """More behind, longer life, more latency: what is needed only grows; and being ahead earns nothing."""
    here = given._replace(ntp=exactly(skew_s), api=None, login=None)
    if (found := recommend(here)) is None:
        return
    further = recommended(here._replace(ntp=exactly(skew_s - more_s)))
    assert further.needed_s >= found.needed_s
    assert found.needed_s >= recommended(here._replace(ntp=exactly(max(0.0, skew_s)))).needed_s
