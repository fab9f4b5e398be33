"""What each verifier says to a token now: by its rules, by PyJWT itself, and never more than is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measurements import NOON
from token_cases import OFFLINE, asked, assuming, by_ntp, jwt, opaque

from skewcheck.judge.case import Case
from skewcheck.judge.catalogue import REASONS
from skewcheck.judge.token import judged
from skewcheck.judge.verifiers import VERIFIERS, Answer, Ask, Checker, modelled, verdict, verifier
from skewcheck.model import ClaimState, Interval, TimeClaim, Token, TokenKind, VerifierVerdict

CHECKERS = st.sampled_from([row.checker for row in VERIFIERS])
EVERY = [row.name for row in VERIFIERS]


def says(
    name: str, token: Token, case: Case = OFFLINE, leeway_s: float | None = None, replay: Ask | None = None
) -> VerifierVerdict:
    """Return the verdict of one verifier, by its rules or by itself."""
    told = judged(
        asked(case, verifiers=(name,), leeway_s=leeway_s), token, NOON, {} if replay is None else {name: replay}
    )
    (said,) = told.part.verifiers
    assert said.why in REASONS
    return said


@pytest.mark.parametrize(
    ("name", "token", "accepts", "why"),
    [
        ("golang-jwt", jwt(-60, 60), True, "accepted"),
        ("golang-jwt", jwt(60, 120), True, "accepted"),
        ("golang-jwt", jwt(-60, 0), False, "expired"),
        ("python-jose", jwt(-60, 0), True, "accepted"),
        ("python-jose", jwt(-60, -0.5), False, "expired"),
        ("joserfc", jwt(1, 60), False, "future-issued"),
        ("joserfc", jwt(-60, 60, nbf=1), False, "not-yet-valid"),
        ("envoy", jwt(-60, -60), True, "accepted"),
        ("envoy", jwt(-60, -61), False, "expired"),
        ("envoy", jwt(-60, 60, nbf=60), True, "accepted"),
        ("envoy", jwt(-60, 60, nbf=61), False, "not-yet-valid"),
        ("google-auth-node", jwt(-60, 86401), False, "exp-too-far"),
        ("audiohook", jwt(-1, 60), False, "takes-others"),
        ("genesys-saml", jwt(-1, 60), False, "takes-others"),
        ("dotnet", jwt(-60, None), False, "no-exp"),
        ("dotnet", jwt(-60, 60, nbf=61), False, "nbf-after-exp"),
        ("azure-apim", jwt(-60, None), None, "no-exp-unknown"),
        ("google-auth", jwt(None, 60), False, "no-iat"),
        ("keycloak", jwt(-60, None), True, "accepted"),
        ("php-jwt", jwt(60, 120, nbf=-1), True, "accepted"),
        ("php-jwt", jwt(60, 120), False, "future-issued"),
        ("vault", jwt(-60, None), True, "accepted"),
        ("vault", jwt(-300, None), False, "expired"),
        ("vault", jwt(None, 300), False, "not-yet-valid"),
        ("vault", jwt(None, None), False, "no-times"),
        ("njwt", jwt(-60, 60, nbf=0), False, "not-yet-valid"),
        ("zoom", jwt(-60, 60), None, "not-measured"),
    ],
)
def test_rules(name: str, token: Token, accepts: bool | None, why: str) -> None:
    """The leeway, the boundary and the claims that each one checks, to the second."""
    said = says(name, token)
    assert (said.accepts_now, said.why) == (accepts, why)


def test_by_this_clock_and_by_a_right_one() -> None:
    """A verifier on this host goes by this clock, wrong as it is; beside it stands what a right one would say."""
    said = says("joserfc", jwt(-3612, -12), by_ntp(60.0))
    assert (said.accepts_now, said.accepts_by_true_time) == (False, True)
    said = says("joserfc", jwt(-3, 600), by_ntp(7.0))
    assert (said.accepts_now, said.accepts_by_true_time) == (True, False)
    said = says("joserfc", jwt(-3, 600))
    assert (said.accepts_now, said.accepts_by_true_time) == (True, None)


def test_who_checks_what_this_host_signs_goes_by_another_clock() -> None:
    """GitHub's clock is UTC's: not measured, nothing is known; a range that holds the limit can't tell."""
    assert says("github-app", jwt(0, 600)).accepts_now is None
    assert says("github-app", jwt(0, 600), by_ntp(0.3)).accepts_now is False
    assert says("github-app", jwt(-60, 500), by_ntp(0.3)).accepts_now is True
    open_ = says("github-app", jwt(0, 300), by_ntp(0.0))
    assert open_.accepts_now is None
    assert open_.why == "depends-on-range"


def test_a_clock_that_is_known_to_one_side_only() -> None:
    """No verdict is made of half a range."""
    said = says("github-app", jwt(0, 300), assuming(-math.inf, -5.0))
    assert (said.accepts_now, said.accepts_by_true_time, said.why) == (None, None, "one-sided")


def test_a_leeway_that_was_named_takes_the_place_of_each_ones_own() -> None:
    """Also where it is smaller."""
    assert says("joserfc", jwt(-60, -4), leeway_s=5).accepts_now is True
    said = says("dotnet", jwt(-60, -10), leeway_s=5)
    assert (said.accepts_now, said.leeway_s) == (False, 5)


@pytest.mark.parametrize("name", EVERY)
def test_no_times_no_verdict(name: str) -> None:
    """Of an opaque, an encrypted, a cut or an unreadable token no verifier is said to take or refuse it."""
    hidden = [TimeClaim(claim, ClaimState.UNUSABLE) for claim in ("iat", "nbf", "exp")]
    unreadable = jwt()._replace(iat=hidden[0], nbf=hidden[1], exp=hidden[2])
    kinds = [(jwt(kind=TokenKind.JWE), "encrypted"), (jwt(kind=TokenKind.TRUNCATED), "cut")]
    opaques = [(opaque(), "opaque"), (opaque(300), "opaque")]
    takes_jwts = verifier(name).takes == "a JWT"
    for token, why in [*opaques, *kinds, *([(unreadable, "unreadable")] if takes_jwts else [])]:
        said = says(name, token, by_ntp(0.0))
        assert (said.accepts_now, said.accepts_by_true_time, said.why) == (None, None, why)


@pytest.mark.parametrize("name", EVERY)
def test_a_time_that_is_none_is_taken_by_nobody(name: str) -> None:
    """Of a token whose exp is a list no verifier is said to take it: those that want a number refuse it."""
    strange = jwt()._replace(exp=TimeClaim("exp", ClaimState.UNUSABLE, None, "[1]"))
    said = says(name, strange, by_ntp(0.0))
    refuses = verifier(name).takes != "a JWT" or verifier(name).checker.takes_text is False
    assert said.accepts_now is (False if refuses else None)


@pytest.mark.parametrize("why", ["accepted", "expired", "future-issued", "unreadable"])
def test_a_verifier_that_is_run_speaks_for_itself(why: str) -> None:
    """Its reasons are told; one that can't read the token refuses it at any time."""
    takes = why == "accepted"
    said = says("pyjwt", jwt(), by_ntp(0.0), replay=lambda _: Answer(takes, why))
    assert (said.accepts_now, said.accepts_by_true_time, said.why) == (takes, takes, why)
    hidden = jwt()._replace(exp=TimeClaim("exp", ClaimState.UNUSABLE))
    said = says("pyjwt", hidden, replay=lambda _: Answer(accepts=False, why="unreadable"))
    assert (said.accepts_now, said.accepts_by_true_time) == (False, False)


@given(st.integers(-100, 100), st.integers(1, 100), st.floats(-200, 200), st.sampled_from([0.0, 0.5, 5.0]))
def test_pyjwts_row_is_what_pyjwt_does(iat_s: int, life_s: int, at_s: float, leeway_s: float) -> None:
    """The rules in the table and PyJWT itself agree, at any moment."""
    import jwt as pyjwt

    from skewcheck.tokens.claims import pyjwt_refusal
    from skewcheck.tokens.find import Secret

    noon = int(NOON)
    signed = pyjwt.encode({"iat": noon + iat_s, "exp": noon + iat_s + life_s}, "k" * 32)
    why = pyjwt_refusal(Secret(signed), NOON + at_s, leeway_s)
    checker = verifier("pyjwt").checker.with_leeway(leeway_s)
    assert modelled(jwt(iat_s, iat_s + life_s), checker, NOON + at_s).accepts is (why is None)


@given(st.floats(-10, 10), st.floats(0.1, 20), st.floats(-20, 20), st.floats(0, 3), CHECKERS)
def test_what_holds_at_both_ends_holds_between(
    iat_s: float, life_s: float, skew_s: float, margin_s: float, checker: Checker
) -> None:
    """A verdict over a range is never contradicted by a moment inside of it."""
    token = jwt(iat_s, iat_s + life_s)
    row = verifier("joserfc")._replace(checker=checker)
    true_time = Interval(NOON - skew_s - margin_s, NOON - skew_s + margin_s)
    said = verdict(token, row, Interval(NOON, NOON), true_time)
    if said.accepts_by_true_time is not None:
        for part in range(11):
            at_s = NOON - skew_s + margin_s * (part / 5 - 1)
            assert modelled(token, checker, at_s).accepts in (said.accepts_by_true_time, None)


@pytest.mark.parametrize(
    ("checker", "oddities", "value_s", "accepts"),
    [
        (Checker(takes_text=False), ("string",), NOON + 60, False),
        (Checker(takes_text=None), ("string",), NOON + 60, None),
        (Checker(needs=()), ("year-past-9999",), 1e15, None),
        (Checker(needs=(), counts_to_s=8.64e12, not_known=()), ("year-past-9999",), 1e15, True),
        (Checker(needs=("exp",), counts_to_s=8.64e12, not_known=()), ("year-past-9999",), 1e15, False),
        (Checker(), (), 0.0, None),
        (Checker(needs=(), zero_is_none=("exp",)), (), 0.0, True),
        (Checker(zero_is_none=()), (), 0.0, False),
    ],
)
def test_an_end_that_is_read_otherwise(
    checker: Checker, oddities: tuple[str, ...], value_s: float, accepts: bool | None
) -> None:
    """As text, too far away to be a date, or 0: refused, taken for none, or open, as its rule is known."""
    exp = TimeClaim("exp", ClaimState.USABLE, value_s, "as it stands", oddities)
    assert modelled(jwt(-60, 60)._replace(exp=exp), checker, NOON).accepts is accepts


@pytest.mark.parametrize(("begin_s", "end_s", "accepts"), [(-60, 60, True), (-60, 7200, None), (-7200, -60, False)])
def test_a_longest_life_that_may_be_cut_or_refused(begin_s: float, end_s: float, accepts: bool | None) -> None:
    """What Docusign makes of a longer one isn't told, so it is left open where nothing else is wrong."""
    assert modelled(jwt(begin_s, end_s), verifier("docusign").checker, NOON).accepts is accepts
