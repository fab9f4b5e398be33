"""The table of verifiers, and what a leeway comes to in each of them: held against small verifiers that compare."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.judge.risk import Inputs
from skewcheck.judge.verifiers import UNKNOWN, VERIFIERS, Checker, Stamp, nearest, verifier

TICKS = 4
"""Of a second: fractions that floats hold exactly."""
quarters = st.integers(-40, 40).map(lambda ticks: ticks / TICKS)


def accepts(checker: Checker, now_s: float, exp_s: float) -> bool:
    """Compare as libraries do."""
    now_s = math.floor(now_s) if checker.whole_now else now_s
    late_s = now_s - (exp_s + checker.leeway_s)
    return late_s <= 0 if checker.accepts_at_exp else late_s < 0


@given(quarters, quarters, st.integers(0, 5), st.booleans(), st.booleans())
def test_the_leeway_as_it_works_is_where_a_verifier_begins_to_refuse(
    now_s: float, leeway_s: float, exp_s: int, whole_now: bool, accepts_at_exp: bool
) -> None:
    """By its exact time it accepts before exp + expiry_leeway and refuses after it, whatever it cuts."""
    checker = Checker(leeway_s, whole_now=whole_now, accepts_at_exp=accepts_at_exp)
    late_s = now_s - (exp_s + checker.expiry_leeway)
    if late_s:
        assert accepts(checker, now_s, exp_s) == (late_s < 0)


@given(quarters, quarters, st.integers(-5, 5), st.booleans())
def test_the_leeway_for_the_future_counts_whole_seconds_between_whole_seconds(
    now_s: float, leeway_s: float, iat_s: int, whole_now: bool
) -> None:
    """A whole iat is refused exactly where it is more than the leeway ahead of what the verifier takes for now."""
    checker = Checker(leeway_s, whole_now=whole_now)
    now_s = math.floor(now_s) if whole_now else now_s
    assert (iat_s > now_s + leeway_s) == (iat_s > now_s + checker.future_leeway(Stamp.CUT))


@pytest.mark.parametrize(
    ("checker", "stamp", "expected"),
    [
        (Checker(whole_now=True), Stamp.CUT, (0.0,)),
        (Checker(whole_now=True), Stamp.ROUNDED, (0.5,)),
        (Checker(whole_now=True, whole_claims=True), Stamp.FRACTION, (0.0,)),
        (Checker(whole_now=True, whole_claims=False), Stamp.FRACTION, (1.0,)),
        (Checker(whole_now=False, whole_claims=False), Stamp.FRACTION, (None,)),
        (Checker(whole_now=False), Stamp.FRACTION, (0.0, None)),
        (UNKNOWN, Stamp.FRACTION, (0.0, None, 1.0)),
    ],
)
def test_rounding_by_who_cuts(checker: Checker, stamp: Stamp, expected: tuple[float | None, ...]) -> None:
    """An iat cut by either side costs nothing, a rounded one half a second, a fraction against whole seconds one."""
    assert checker.roundings(stamp) == expected


def test_the_audiohook_window() -> None:
    """Its skew is applied in the strict direction: 3 s of future, and 3 s off the end of 10."""
    checker = verifier("audiohook").checker
    assert (checker.future_leeway(Stamp.CUT), checker.expiry_leeway, checker.max_age_s) == (3, -3, 10)
    assert checker.with_leeway(5)[:2] == (5, None)


def test_the_table_is_complete_and_each_row_has_its_source() -> None:
    """Names are unique, lower case and typed easily; no row is without version and source."""
    names = [row.name for row in VERIFIERS]
    assert len(set(names)) == len(names)
    for row in VERIFIERS:
        assert row.name == row.name.casefold().strip()
        assert " " not in row.name
        assert row.title
        assert row.version
        assert row.source
        assert verifier(f" {row.name.upper()} ") is row


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pyjtw", "there is no verifier named 'pyjtw'"),
        ("☃", "there is no verifier named '☃'"),
        ("a\x1b[31m", "there is no verifier named 'a\\\\u001b[31m'"),
        ("x" * 5000, "there is no verifier named"),
    ],
)
def test_an_unknown_name_comes_back_harmless(name: str, said: str) -> None:
    """What was typed comes back visible and short."""
    with pytest.raises(ValueError, match="no verifier") as refused:
        verifier(name)
    assert str(refused.value).startswith(said) or said in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200


def test_a_verifier_takes_the_place_where_it_stands() -> None:
    """One checks what this host signs, by its own service's clock; another runs here."""
    known = Inputs(600.0)
    github = known.checked_by(verifier("github-app"))
    assert (github.checker_of_ours.life_cap_s, github.sign_for, github.checker_here) == (600, "ntp", UNKNOWN)
    assert known.checked_by(verifier("genesys-saml")).sign_for == "login"
    spring = known.checked_by(verifier("spring"))
    assert (spring.checker_here.leeway_s, spring.checker_of_ours) == (60, UNKNOWN)


@pytest.mark.parametrize(
    ("name", "near"),
    [("pyjtw", "pyjwt"), ("goog-auth", "google-auth"), ("zebra", None), ("☃", None), ("x" * 5000, None)],
)
def test_a_slip_has_a_nearest_name_and_nothing_else_has(name: str, near: str | None) -> None:
    """A guess is made where one name is like it, and none where none is."""
    assert nearest(name) == near
