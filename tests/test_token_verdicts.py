"""What each verifier says to a token now: by its rules, by PyJWT itself, and never more than is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import LIMITS, NOON
from skewcheck.examine.of_token import judged
from skewcheck.judge.token_verdicts import modelled, verdicts
from token_cases import by_ntp, case, jwt, opaque

from skewcheck.examine import TokenRequest
from skewcheck.judge.verifiers import VERIFIERS, Checker, verifier
from skewcheck.model import ClaimState, Interval, Report, TimeClaim, Token, TokenKind, VerifierVerdict

CHECKERS = st.sampled_from([row.checker for row in VERIFIERS])
EVERY = [pytest.param(row, id=row.name) for row in VERIFIERS]


def says(name: str, token: Token, clock: Report | None = None, leeway_s: float | None = None) -> VerifierVerdict:
    """Return the verdict of one verifier, by its rules."""
    row = verifier(name)
    request = TokenRequest(None, offline=clock is None, leeway_s=leeway_s)
    (verdict,) = verdicts(judged(token, NOON, request, clock=clock, limits=LIMITS, rows=(row,)), (row,), {})
    return verdict


@pytest.mark.parametrize(
    ("name", "token", "accepts", "why"),
    [
        ("golang-jwt", jwt(-60, 60), True, "takes"),
        ("golang-jwt", jwt(60, 120), True, "takes"),
        ("golang-jwt", jwt(-60, 0), False, "(exp)"),
        ("python-jose", jwt(-60, 0), True, "takes"),
        ("python-jose", jwt(-60, -0.5), False, "(exp)"),
        ("joserfc", jwt(1, 60), False, "(iat)"),
        ("joserfc", jwt(-60, 60, nbf=1), False, "(nbf)"),
        ("envoy", jwt(-60, -60), True, "takes"),
        ("envoy", jwt(-60, -61), False, "(exp)"),
        ("envoy", jwt(-60, 60, nbf=60), True, "takes"),
        ("envoy", jwt(-60, 60, nbf=61), False, "(nbf)"),
        ("google-auth-node", jwt(-60, 86401), False, "too far ahead"),
        ("audiohook", jwt(-7, 60), True, "takes"),
        ("audiohook", jwt(-7.5, 60), False, "too old"),
        ("audiohook", jwt(3, 60), True, "takes"),
        ("audiohook", jwt(4.5, 60), False, "(iat)"),
        ("audiohook", jwt(-1, 3), False, "(exp)"),
        ("dotnet", jwt(-60, None), None, "no exp"),
    ],
)
def test_rules(name: str, token: Token, accepts: bool | None, why: str) -> None:
    """The leeway, the boundary and the claims that each one checks, to the second."""
    verdict = says(name, token)
    assert verdict.accepts_now is accepts
    assert why in verdict.why


def test_by_this_clock_and_by_a_right_one() -> None:
    """A verifier on this host goes by this clock, wrong as it is; beside it stands what a right one would say."""
    verdict = says("joserfc", jwt(-3612, -12), by_ntp(60.0))
    assert (verdict.accepts_now, verdict.accepts_by_true_time) == (False, True)
    verdict = says("joserfc", jwt(-3, 600), by_ntp(7.0))
    assert (verdict.accepts_now, verdict.accepts_by_true_time) == (True, False)
    verdict = says("joserfc", jwt(-3, 600))
    assert (verdict.accepts_now, verdict.accepts_by_true_time) == (True, None)


def test_who_checks_what_this_host_signs_goes_by_another_clock() -> None:
    """GitHub's clock is UTC's: not measured, nothing is known; a range that holds the limit can't tell."""
    assert says("github-app", jwt(0, 600)).accepts_now is None
    assert says("github-app", jwt(0, 600), by_ntp(0.3)).accepts_now is False
    assert says("github-app", jwt(-60, 500), by_ntp(0.3)).accepts_now is True
    open_ = says("github-app", jwt(0, 300), by_ntp(0.0))
    assert open_.accepts_now is None
    assert "where in the measured range" in open_.why


def test_a_clock_that_is_known_to_one_side_only() -> None:
    """No verdict is made of half a range."""
    row = verifier("github-app")
    request = TokenRequest(None, skew=Interval(-math.inf, -5.0))
    (verdict,) = verdicts(judged(jwt(0, 300), NOON, request, limits=LIMITS), (row,), {})
    assert (verdict.accepts_now, verdict.accepts_by_true_time) == (None, None)
    assert verdict.why == "Its clock is known to one side only."


def test_a_leeway_that_was_named_takes_the_place_of_each_ones_own() -> None:
    """Also where it is smaller."""
    assert says("joserfc", jwt(-60, -4), leeway_s=5).accepts_now is True
    verdict = says("dotnet", jwt(-60, -10), leeway_s=5)
    assert (verdict.accepts_now, verdict.leeway_s) == (False, 5)


@pytest.mark.parametrize("row", EVERY)
def test_no_times_no_verdict(row: object) -> None:
    """Of an opaque, an encrypted, a cut or an unreadable token no verifier is said to take or refuse it."""
    hidden = [TimeClaim(name, ClaimState.UNUSABLE) for name in ("iat", "nbf", "exp")]
    unreadable = jwt()._replace(iat=hidden[0], nbf=hidden[1], exp=hidden[2])
    kinds = [jwt(kind=kind) for kind in (TokenKind.JWE, TokenKind.TRUNCATED)]
    for token in (opaque(), opaque(300), unreadable, *kinds):
        (verdict,) = verdicts(case(token, by_ntp(0.0)), (row,), {})  # type: ignore[arg-type]
        assert (verdict.accepts_now, verdict.accepts_by_true_time) == (None, None)
        assert verdict.why
    strange = jwt()._replace(exp=TimeClaim("exp", ClaimState.UNUSABLE, None, "[1]"))
    (verdict,) = verdicts(case(strange, by_ntp(0.0)), (row,), {})  # type: ignore[arg-type]
    assert verdict.accepts_now is None


@given(st.integers(-100, 100), st.integers(1, 100), st.floats(-200, 200), st.sampled_from([0.0, 0.5, 5.0]))
def test_pyjwts_row_is_what_pyjwt_does(iat_s: int, life_s: int, at_s: float, leeway_s: float) -> None:
    """The rules in the table and PyJWT itself agree, at any moment."""
    import jwt as pyjwt

    from skewcheck.tokens.replay import pyjwt_verdict
    from skewcheck.tokens.secret import Secret

    noon = int(NOON)
    signed = pyjwt.encode({"iat": noon + iat_s, "exp": noon + iat_s + life_s}, "k" * 32)
    run = pyjwt_verdict(Secret(signed), NOON + at_s, leeway_s)
    checker = verifier("pyjwt").checker.with_leeway(leeway_s)
    assert modelled(jwt(iat_s, iat_s + life_s), checker, NOON + at_s).accepts is run.accepted


@given(st.floats(-10, 10), st.floats(0.1, 20), st.floats(-20, 20), st.floats(0, 3), CHECKERS)
def test_what_holds_at_both_ends_holds_between(
    iat_s: float, life_s: float, skew_s: float, margin_s: float, checker: Checker
) -> None:
    """A verdict over a range is never contradicted by a moment inside of it."""
    token = jwt(iat_s, iat_s + life_s)
    row = verifier("joserfc")._replace(checker=checker)
    request = TokenRequest(None, skew=Interval(skew_s - margin_s, skew_s + margin_s))
    (verdict,) = verdicts(judged(token, NOON, request, limits=LIMITS), (row,), {})
    if verdict.accepts_by_true_time is not None:
        for part in range(11):
            at_s = NOON - skew_s + margin_s * (part / 5 - 1)
            assert modelled(token, checker, at_s).accepts in (verdict.accepts_by_true_time, None)
