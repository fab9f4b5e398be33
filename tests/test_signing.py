"""How to date what this host signs: dated so it is taken, whatever the clocks are, and nothing is given away."""

import base64
import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from measurements import NOON
from token_cases import asked, assuming, by_ntp, jwt

from skewcheck.errors import UsageError
from skewcheck.examine.request import check_signed_for
from skewcheck.judge.advice import dating, signed_for
from skewcheck.judge.risk import Inputs, Judged
from skewcheck.judge.token import judged
from skewcheck.judge.verifiers import modelled, signers, verifier
from skewcheck.model import (
    ClaimState,
    Harm,
    Interval,
    Level,
    Party,
    Request,
    Signing,
    Status,
    TimeClaim,
    Token,
    TokenKind,
)
from skewcheck.tokens.claims import read
from skewcheck.tokens.find import find

eighths = st.integers(-80, 80).map(lambda ticks: ticks / 8)
lengths = st.integers(0, 24).map(lambda ticks: ticks / 8)


def signed(back_s: float, life_s: float | None) -> Token:
    """Return what this host signs at its noon, dated so."""
    exp = TimeClaim("exp", ClaimState.ABSENT)
    return jwt(-back_s, life_s) if life_s is not None else jwt(-back_s, None)._replace(exp=exp)


def advised(name: str, skew: Interval, latency: Interval) -> Signing:
    """Return how to sign for *name* where the clock is so."""
    row = verifier(name)
    return dating(row, Inputs(None, given=skew, latency=latency), jwt(), Interval(NOON, NOON))


ranges = st.builds(lambda low_s, width_s: Interval(low_s, low_s + width_s), eighths, lengths)
ways = st.builds(lambda low_s, width_s: Interval(low_s, low_s + width_s), lengths, lengths)


@given(st.sampled_from(signers()), ranges, ways, st.booleans(), st.booleans())
def test_what_is_dated_so_is_taken(name: str, skew: Interval, latency: Interval, at_low: bool, at_fast: bool) -> None:
    """At each end of the skew and of the latency its checker takes it, with the longest life as with the shortest."""
    said, checker = advised(name, skew, latency), verifier(name).checker
    assert said.back_s is not None
    assert said.least_s is not None
    most_s = said.least_s if said.most_s is None else said.most_s
    assume(most_s >= said.least_s)
    at_s = NOON - (skew.low_s if at_low else skew.high_s) + (latency.low_s if at_fast else latency.high_s)
    strict = checker._replace(checks_iat=True, whole_now=False, whole_claims=False)
    floor_s = 0.0 if checker.span_least_s is None else checker.span_least_s
    for life_s in {max(said.least_s, floor_s), most_s}:
        if life_s <= most_s:
            back_s = max(said.back_s, said.told_back_s)
            assert modelled(signed(back_s, life_s), strict, at_s).accepts is True


@given(eighths, lengths, lengths)
def test_no_second_is_given_away(high_s: float, fast_s: float, more_s: float) -> None:
    """A second more of life is refused in the worst case, and so is one less of dating back where any is needed."""
    said = advised("github-app", Interval(high_s, high_s), Interval(fast_s, fast_s + more_s))
    strict = verifier("github-app").checker._replace(whole_now=False, whole_claims=False)
    assert said.most_s is not None
    assert said.back_s is not None
    at_s = NOON - high_s + fast_s
    if said.most_s < 600:
        assert modelled(signed(60, said.most_s + 1), strict, at_s).why == "exp-too-far"
    if said.back_s:
        assert modelled(signed(said.back_s - 1, 300), strict, at_s).why == "future-issued"


def test_an_unknown_clock_gives_no_advice() -> None:
    """What it takes is told all the same."""
    row = verifier("github-app")
    said = dating(row, Inputs(None), jwt(), None)
    assert (said.cap_s, said.back_s, said.least_s, said.most_s) == (600, None, None, None)
    one_sided = dating(row, Inputs(None, given=Interval(-math.inf, -1.0)), jwt(), Interval(NOON, NOON))
    assert one_sided.most_s is None


def test_the_longest_life_as_it_is_said() -> None:
    """`--max-life` stands for whoever isn't known, and beats the documents of who is."""
    assert signed_for(Request("token")) is None
    anybody = signed_for(Request("token", max_life_s=300.0))
    assert anybody is not None
    assert (anybody.name, anybody.checker.life_cap_s) == ("any", 300.0)
    google = signed_for(Request("token", signed_for="google", max_life_s=300.0))
    assert google is not None
    assert (google.checker.life_cap_s, google.checker.span_cap_s) == (300.0, None)


def test_who_checks_what_nobody_signs() -> None:
    """A verifier on this host, one that takes no JWT, and one that nobody knows are told apart from a signer."""
    check_signed_for(None)
    check_signed_for("GitHub")
    for name in ("pyjwt", "genesys-saml", "gogle", "zzz"):
        with pytest.raises(UsageError):
            check_signed_for(name)


# --- Tokens as people have them ---

NOW = int(NOON)


def pasted(alg: str = "RS256", **claims: object) -> Token:
    """Return what is read of such a token."""
    parts = ({"alg": alg, "typ": "JWT", "kid": "demo-key-1"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    found = find(".".join([*coded, base64.urlsafe_b64encode(b"this is no signature" * 12).decode()]))
    assert found is not None
    return read(found)


def told(token: Token, skew_s: float, *names: str) -> Judged:
    """Return the token judged at noon by a clock that is off by so much."""
    return judged(asked(assuming(skew_s, skew_s), verifiers=names), token, NOON, {})


def verdicts(said: Judged) -> dict[str, tuple[bool | None, str]]:
    """Return what each verifier says, and why."""
    return {each.name: (each.accepts_now, each.why) for each in said.part.verifiers}


def test_a_leeway_that_outlasts_a_wrong_clock() -> None:
    """Expired by this host alone, whose clock is 6 min ahead: .NET takes it by both clocks, 3 min of its 5 are left."""
    token = pasted(iss="x", nbf=NOW - 3780, exp=NOW - 120)
    said = told(token, 360.0, "dotnet")
    (dotnet,) = said.part.verifiers
    assert (dotnet.accepts_now, dotnet.accepts_by_true_time) == (True, True)
    assert "token-expired-here" in {finding.id for finding in said.findings}
    later = judged(asked(assuming(360.0, 360.0), verifiers=("dotnet",)), token, NOON + 181, {})
    assert verdicts(later)["dotnet"] == (False, "expired")


def test_times_that_are_text() -> None:
    """Three refuse them whatever the clock says, and PyJWT takes what `int()` takes."""
    token = pasted(iss="https://i.example.net", iat=str(NOW - 60), nbf=str(NOW - 60), exp=str(NOW + 540))
    said = verdicts(told(token, 0.0, "jsonwebtoken", "java-jwt", "kong", "pyjwt", "authlib", "jose", "golang-jwt"))
    refused = (False, "not-a-number")
    assert said.pop("pyjwt") == (True, "accepted")
    assert set(said.values()) == {refused}
    assert verdicts(told(token, 0.0, "spring"))["spring"] == (None, "claim-unknown")


@pytest.mark.parametrize(("life_s", "room_s"), [(540, 60.0), (599, 1.0)])
def test_the_form_that_githubs_documents_recommend(life_s: int, room_s: float) -> None:
    """Dated 60 s back it is taken, and so is each that is signed so: its life counts from when it was signed."""
    said = told(pasted(iss="123456", iat=NOW - 60, exp=NOW + life_s), 0.0, "github-app")
    assert verdicts(said) == {"github-app": (True, "accepted")}
    own = [risk for risk in said.part.risks if risk.party is Party.LOCAL_SIGN]
    assert [(risk.harm, risk.level) for risk in own] == [(harm, Level.NONE) for harm in Harm]
    (signing,) = said.part.signing
    assert (signing.back_s, signing.told_back_s, signing.most_s, signing.room_s) == (0, 60, 600, room_s)


def test_a_second_of_room_is_not_two() -> None:
    """The same where this clock is 2 s ahead: refused for exp, and so is what is signed so; 2 s less would do."""
    said = told(pasted(iss="123456", iat=NOW - 60, exp=NOW + 599), 2.0, "github-app")
    assert verdicts(said) == {"github-app": (False, "exp-too-far")}
    (future,) = (r for r in said.part.risks if (r.party, r.harm) == (Party.LOCAL_SIGN, Harm.FUTURE_ISSUED))
    assert future.level is Level.CERTAIN
    (signing,) = said.part.signing
    assert (signing.back_s, signing.most_s, signing.room_s) == (2, 598, -1.0)


def test_all_that_it_is_refused_for() -> None:
    """Not the first reason only: what is mended one by one is refused once for each."""
    said = told(pasted(iss="1", iat=str(NOW), exp=NOW + 7200), 0.0, "github-app")
    (github,) = said.part.verifiers
    assert {github.why, *github.also} == {"not-a-number", "exp-too-far"}
    said = told(pasted(iat=NOW + 90, nbf=NOW + 90, exp=NOW - 60), 0.0, "joserfc")
    (joserfc,) = said.part.verifiers
    assert (joserfc.why, *joserfc.also) == ("future-issued", "not-yet-valid", "expired")


def test_a_token_that_isnt_dated_back_is_taken_as_signed_at_its_iat() -> None:
    """Nothing is credited that the token doesn't show: with a clock ahead some of such are refused."""
    said = judged(asked(by_ntp(0.3), verifiers=("github-app",)), jwt(0, 600), NOON, {})
    (future,) = (r for r in said.part.risks if (r.party, r.harm) == (Party.LOCAL_SIGN, Harm.FUTURE_ISSUED))
    assert future.level is not Level.NONE


def test_no_advice_for_what_is_no_jwt() -> None:
    """An opaque token is signed by nobody here."""
    opaque = jwt()._replace(kind=TokenKind.OPAQUE)
    assert judged(asked(assuming(0, 0), signed_for="github-app"), opaque, NOON, {}).part.signing == ()


@pytest.mark.parametrize(("life_s", "found"), [(599, "token-valid"), (1200, "verifier-refuses")])
def test_what_its_checker_refuses_leads(life_s: float, found: str) -> None:
    """A token whose times are fine by all clocks is not called valid where the one that it is signed for refuses it."""
    seen = judged(asked(assuming(0.0, 0.0), signed_for="github-app"), signed(0, life_s), NOON, {})
    assert (seen.findings[0].id, seen.findings[0].status is Status.WARNING) == (found, life_s > 600)
