"""Who is harmed by a wrong clock, and how often: worked examples to the digit, and what holds for any input."""

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_cases import (
    OFFLINE,
    SILENT,
    api_part,
    asked,
    assuming,
    by_date,
    by_ntp,
    is_number,
    judged,
    jwt,
    opaque,
)

from skewcheck.judge.advice import leeway_s, settle_s
from skewcheck.judge.case import Case as Clocks
from skewcheck.judge.case import Who
from skewcheck.judge.catalogue import EFFECTS
from skewcheck.judge.risk import Inputs, ahead_of_checker, effects, risks, storm
from skewcheck.judge.verifiers import Checker, Stamp, verifier
from skewcheck.model import Harm, Interval, Level, Party, Risk, Token

NONE, POSSIBLE, CERTAIN = Level.NONE, Level.POSSIBLE, Level.CERTAIN
EXPIRED, FUTURE = Harm.PREMATURE_EXPIRY, Harm.FUTURE_ISSUED
REFRESH, VERIFY, SIGN, GATEWAY = Party.REFRESH_BY_EXP, Party.LOCAL_VERIFY, Party.LOCAL_SIGN, Party.GATEWAY
COUNTS = Party.REFRESH_BY_EXPIRES_IN


def exactly(seconds: float) -> Interval:
    """Return the range that holds this alone."""
    return Interval(seconds, seconds)


def about(seconds: float, margin_s: float) -> Interval:
    """Return the range around it."""
    return exactly(seconds).widened(margin_s)


def inputs(skew: Interval | float | None = 0.0, lifetime_s: float | None = 3600.0, leeway_s: float = 0.0) -> Inputs:
    """Return whole-second claims, no drift, 50 ms of latency, the same leeway everywhere, and nothing else."""
    interval = exactly(skew) if isinstance(skew, int | float) else skew
    checker = Checker(leeway_s)
    return Inputs(
        lifetime_s,
        ntp=interval,
        latency=exactly(0.05),
        drift_ppm=0.0,
        checker_here=checker,
        checker_there=checker,
        checker_of_ours=checker,
    )


def one(given: Inputs, party: Party, harm: Harm) -> Risk:
    """Return the one risk that is asked for."""
    (found,) = [risk for risk in risks(given) if (risk.party, risk.harm) == (party, harm)]
    return found


class Case(NamedTuple):
    """One line of a worked example."""

    given: Inputs
    party: Party
    harm: Harm
    level: Level
    low: float
    high: float


AUTHLIB = verifier("authlib").checker  # whole seconds of its own, and iat as it stands
FRACTION = inputs()._replace(stamp=Stamp.FRACTION, checker_here=AUTHLIB)
ROUNDED = inputs()._replace(stamp=Stamp.ROUNDED, checker_here=AUTHLIB)
CAPPED = inputs(0.3, 600)._replace(checker_of_ours=Checker(checks_iat=False, life_cap_s=600))
LATE = inputs(-90, 300)

EXAMPLES = {
    "1 sign future": Case(inputs(0.2), SIGN, FUTURE, CERTAIN, 0.15, 0.15),
    "1 verify future": Case(inputs(0.2), VERIFY, FUTURE, NONE, 0, 0),
    "1 verify expired": Case(inputs(0.2), VERIFY, EXPIRED, CERTAIN, 0.000056, 0.000056),
    "1 refresh": Case(inputs(0.2), REFRESH, EXPIRED, NONE, 0, 0),
    "2 verify future": Case(inputs(about(-0.2, 0.05)), VERIFY, FUTURE, CERTAIN, 0.10, 0.20),
    "2 sign": Case(inputs(about(-0.2, 0.05)), SIGN, FUTURE, NONE, 0, 0),
    "2 sign expired": Case(inputs(about(-0.2, 0.05)), SIGN, EXPIRED, NONE, 0, 0),
    "2 refresh": Case(inputs(about(-0.2, 0.05)), REFRESH, EXPIRED, CERTAIN, 0.000056, 0.000083),
    "3 verify future": Case(inputs(about(-0.05, 0.15)), VERIFY, FUTURE, POSSIBLE, 0, 0.15),
    "3 sign future": Case(inputs(about(-0.05, 0.15)), SIGN, FUTURE, POSSIBLE, 0, 0.05),
    "4": Case(inputs(-0.3)._replace(latency=Interval(0.02, 0.2)), VERIFY, FUTURE, CERTAIN, 0.10, 0.28),
    "5": Case(inputs(about(-12.5, 0.5), leeway_s=5), VERIFY, FUTURE, CERTAIN, 1, 1),
    "5 then": Case(inputs(-3, leeway_s=5), VERIFY, FUTURE, NONE, 0, 0),
    "6": Case(FRACTION, VERIFY, FUTURE, CERTAIN, 0.95, 0.95),
    "6 rounded": Case(ROUNDED, VERIFY, FUTURE, CERTAIN, 0.45, 0.45),
    "7": Case(inputs()._replace(issuer_ahead=exactly(0.2)), GATEWAY, FUTURE, CERTAIN, 0.10, 0.10),
    "7 then": Case(inputs(0, 300)._replace(issuer_ahead=exactly(-3)), GATEWAY, EXPIRED, CERTAIN, 0.01, 0.01),
    "7 then future": Case(inputs(0, 300)._replace(issuer_ahead=exactly(-3)), GATEWAY, FUTURE, NONE, 0, 0),
    "8": Case(inputs(-30, 300), SIGN, EXPIRED, NONE, 0, 0),
    "8 then": Case(inputs(-299.5, 300), SIGN, EXPIRED, CERTAIN, 0.55, 0.55),
    "8 capped": Case(CAPPED, SIGN, FUTURE, CERTAIN, 0.25, 0.25),
    "8 range": Case(inputs(-299, 300)._replace(latency=Interval(0.1, 0.4)), SIGN, EXPIRED, CERTAIN, 0.1, 0.4),
    "9": Case(inputs(30, 300), VERIFY, EXPIRED, CERTAIN, 0.10, 0.10),
    "9 leeway": Case(inputs(30, 300, 2), VERIFY, EXPIRED, CERTAIN, 0.0933, 0.0933),
    "10": Case(LATE, REFRESH, EXPIRED, CERTAIN, 0.2309, 0.2309),
    "10 buffer": Case(LATE._replace(buffer_s=60), REFRESH, EXPIRED, CERTAIN, 0.0911, 0.0911),
}


@pytest.mark.parametrize("case", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_worked_example(case: Case) -> None:
    """Level and share of each worked example come out to the digits that are given."""
    risk = one(case.given, case.party, case.harm)
    assert risk.level is case.level
    assert risk.share_low is not None
    assert risk.share_high is not None
    assert (risk.share_low, risk.share_high) == pytest.approx(
        (case.low, case.high), abs=5e-5 if case.low > 0.001 else 5e-7
    )


@pytest.mark.parametrize(
    ("given", "leeway", "settle"),
    [
        (inputs(0.2), 1, 0),
        (inputs(about(-0.2, 0.05)), 1, 0.20),
        (inputs(about(-0.05, 0.15)), 1, 0.15),
        (inputs(-0.3)._replace(latency=Interval(0.02, 0.2)), 1, 0.28),
        (inputs(about(-12.5, 0.5), leeway_s=5), 13, 7.95),
        (inputs(-3, leeway_s=5), 3, 0),
        (FRACTION, 1, 0.95),
        (ROUNDED, 1, 0.45),
        (inputs()._replace(issuer_ahead=exactly(0.2)), 0, 0.10),
    ],
)
def test_worked_leeway_and_settling_time(given: Inputs, leeway: int, settle: float) -> None:
    """The leeway for one's own verifiers, and the rest before the first use, of the same examples."""
    assert leeway_s(given) == leeway
    assert settle_s(given) == pytest.approx(settle)


@pytest.mark.parametrize(
    ("skew", "level", "low", "high"),
    [
        (exactly(100), NONE, 0, 0),
        (exactly(239.3), CERTAIN, 0.35, 0.35),
        (Interval(235, 239.5), POSSIBLE, 0, 0.55),
        (exactly(240.2), CERTAIN, 1, 1),
    ],
)
def test_a_refresh_storm_begins_a_second_and_the_latency_early(
    skew: Interval, level: Level, low: float, high: float
) -> None:
    """With 300 s of life and a buffer of 60 s some tokens are due on arrival from a clock 238.95 s ahead on."""
    found = storm(inputs(skew, 300)._replace(buffer_s=60))
    assert found.level is level
    assert (found.share_low, found.share_high) == pytest.approx((low, high))
    assert found.refreshes_high >= found.refreshes_low


def test_refreshes_are_counted_by_what_an_ahead_clock_leaves() -> None:
    """With 100 s of 300 s left after clock and buffer a token is refreshed about three times in its life."""
    assert storm(inputs(100, 300)._replace(buffer_s=100)).refreshes_low == pytest.approx(300 / 99.45)


@pytest.mark.parametrize("given", [inputs(None), inputs(0, None), inputs(0, math.inf)])
def test_a_storm_needs_a_skew_a_lifetime_and_an_exp(given: Inputs) -> None:
    """What isn't known is possible, with no share; a token without exp is never refreshed by it."""
    found = storm(given)
    assert (found.level, found.share_high) == ((NONE, 0) if given.lifetime_s == math.inf else (POSSIBLE, None))


def test_skew_not_known_is_possible_with_no_share_but_where_the_clock_does_not_matter() -> None:
    """Nothing measured: every row that a clock decides says possible, and against what."""
    found = risks(inputs(None))
    assert len(found) == 10
    for risk in found:
        if risk.party is Party.REFRESH_BY_EXPIRES_IN or (risk.party, risk.harm) == (REFRESH, FUTURE):
            assert (risk.level, risk.share_low, risk.share_high) == (NONE, 0, 0)
        else:
            assert (risk.level, risk.share_low, risk.share_high) == (POSSIBLE, None, None)
            assert risk.reference == ("login-api" if risk.party is GATEWAY else "local")


def test_each_party_has_its_own_reference() -> None:
    """Each is judged by the clock that its tokens are compared with, and by NTP where that wasn't asked."""
    given = inputs(0.1)._replace(api=exactly(1), login=exactly(2), issuer_ahead=exactly(-1))
    skews = {risk.party: (risk.skew, risk.reference) for risk in risks(given)}
    assert skews == {
        REFRESH: (exactly(1), "api"),
        Party.REFRESH_BY_EXPIRES_IN: (None, None),
        VERIFY: (exactly(2), "login"),
        SIGN: (exactly(2), "login"),
        GATEWAY: (exactly(-1), "login-api"),
    }
    assert one(given._replace(sign_for="ntp"), SIGN, FUTURE).reference == "ntp"
    assert one(given._replace(sign_for="api"), SIGN, FUTURE).reference == "api"
    assert one(given._replace(api=None), REFRESH, EXPIRED).reference == "ntp"
    assert one(given._replace(given=exactly(5)), REFRESH, EXPIRED)[5:] == (exactly(5), "skew")


def test_an_opaque_token_is_at_most_possibly_issued_in_the_future() -> None:
    """Nobody knows whether its checker looks at an issue time; that it dies early by the same clocks is certain."""
    given = inputs(0, 300)._replace(issuer_ahead=exactly(0.5), opaque=True)
    future = one(given, GATEWAY, FUTURE)
    assert future.level is POSSIBLE
    assert future.share_low == pytest.approx(0.4)
    assert one(given._replace(issuer_ahead=exactly(-3)), GATEWAY, EXPIRED).level is CERTAIN


@pytest.mark.parametrize("skew_s", [-7.0, 7.0, -0.2])
def test_nobody_on_this_host_looks_at_an_opaque_token(skew_s: float) -> None:
    """No time is in it: neither is a fresh one refused here, nor has it to rest, nor does a leeway help."""
    given = inputs(skew_s, 300)._replace(opaque=True)
    for harm in (EXPIRED, FUTURE):
        risk = one(given, VERIFY, harm)
        assert (risk.level, risk.share_high) == (NONE, 0)
    assert settle_s(given) is None
    assert leeway_s(given) is None
    assert settle_s(given._replace(issuer_ahead=exactly(0.5))) == pytest.approx(0.4)
    assert one(given, REFRESH, EXPIRED) == one(given._replace(opaque=False), REFRESH, EXPIRED)


def test_only_what_a_checker_looks_at_counts_for_the_future() -> None:
    """Without iat the nbf counts, with both the later one, and with neither nothing."""
    behind = inputs(-0.3)._replace(checker_here=Checker(checks_iat=False))
    assert one(behind, VERIFY, FUTURE).level is NONE
    assert one(behind._replace(nbf_after_iat_s=0.5), VERIFY, FUTURE).share_high == pytest.approx(0.75)
    assert one(inputs(-0.3)._replace(nbf_after_iat_s=0.5), VERIFY, FUTURE).share_high == pytest.approx(0.75)
    assert one(inputs(-0.3)._replace(nbf_after_iat_s=-60), VERIFY, FUTURE).share_high == pytest.approx(0.25)
    assert one(inputs(-0.3)._replace(stamp=None), VERIFY, FUTURE).level is NONE
    assert one(inputs(None)._replace(stamp=None), VERIFY, FUTURE).level is NONE
    assert settle_s(inputs(-0.3)._replace(stamp=None)) == 0


def test_a_comparison_without_rounding_refuses_all_or_nothing() -> None:
    """Where neither time is whole there is no slope; where that isn't known, anything in between is possible."""
    exact = inputs()._replace(stamp=Stamp.FRACTION, checker_here=Checker(whole_now=False, whole_claims=False))
    behind = exact._replace(ntp=exactly(-0.06))
    assert one(behind, VERIFY, FUTURE)[2:5] == (CERTAIN, 1, 1)
    assert one(exact, VERIFY, FUTURE)[2:5] == (NONE, 0, 0)
    assert settle_s(behind) == pytest.approx(0.01)
    unknown = one(exact._replace(checker_here=Checker()), VERIFY, FUTURE)
    assert (unknown.level, unknown.share_low) == (POSSIBLE, 0)
    assert unknown.share_high == pytest.approx(0.95)


def test_a_signature_for_one_use_is_judged_at_its_arrival() -> None:
    """A server for AudioHook may be nearly 3 s behind or 7 s ahead, less latency and the cut of a second."""
    given = inputs(0, 10)._replace(checker_here=verifier("audiohook").checker)
    for skew_s, expired, future in [(0, 0, 0), (-3.05, 0, 0), (-3.25, 0, 0.2), (5.9, 0, 0), (6.45, 0.5, 0), (7, 1, 0)]:
        found = given._replace(ntp=exactly(skew_s))
        assert one(found, VERIFY, EXPIRED).share_high == pytest.approx(expired), skew_s
        assert one(found, VERIFY, FUTURE).share_high == pytest.approx(future, abs=1e-9), skew_s


def test_lifetimes_that_are_not_known_or_endless_or_absurd() -> None:
    """No exp: nothing expires. Not known: no share where one would be needed. None left: all of it is lost."""
    for party in (REFRESH, VERIFY, SIGN):
        assert one(inputs(about(0, 90), math.inf), party, EXPIRED).level is NONE
        unknown = one(inputs(about(0, 90), None), party, EXPIRED)
        assert (unknown.level, unknown.share_high) == (POSSIBLE, None)
    assert one(inputs(1, None), REFRESH, EXPIRED).level is NONE
    assert one(inputs(-1, None, 5), REFRESH, EXPIRED).level is NONE
    assert one(inputs(-1, None), VERIFY, EXPIRED).level is NONE
    for lifetime_s in (0.0, -5.0):
        assert one(inputs(-1, lifetime_s), REFRESH, EXPIRED).share_low == 1
        assert one(inputs(1, lifetime_s), VERIFY, EXPIRED).share_low == 1
        assert one(inputs(1, lifetime_s), SIGN, EXPIRED).level in (CERTAIN, NONE)


def test_the_last_bit_of_a_sum_refuses_nobody() -> None:
    """A skew that is exactly as large as what is allowed does no harm, whatever binary fractions make of it."""
    for skew_s, latency_s, allowed_s in [(0.3, 0.2, 0.1), (0.8, 0.1, 0.7), (1.1, 0.4, 0.7)]:
        known = inputs(-skew_s, leeway_s=allowed_s)._replace(latency=exactly(latency_s))
        assert one(known, VERIFY, FUTURE).level is NONE
        assert one(known._replace(ntp=exactly(skew_s)), SIGN, FUTURE).level is NONE


# --- Who is harmed by the clock that is off, and what he sees ---

BEHIND = {REFRESH: "late-refresh", COUNTS: "none", VERIFY: "future-here", SIGN: "signed-old"}
AHEAD = {SIGN: "signed-future", VERIFY: "expired-here", REFRESH: "early-refresh"}


def seen(case: Clocks, token: Token | None = None) -> dict[Party, str]:
    """Return what each party sees, as an id; each has words, and facts that JSON can hold."""
    told = effects(case, None if token is None else judged(token, case))
    for effect in told:
        assert effect.id in EFFECTS
        assert all(is_number(value) for _, value in effect.facts)
    assert len({effect.party for effect in told}) == len(told)
    return {effect.party: effect.id for effect in told}


def figures(case: Clocks) -> dict[tuple[Party, str], object]:
    """Return the facts of all effects."""
    return {(effect.party, name): value for effect in effects(case, None) for name, value in effect.facts}


def test_a_clock_that_is_right_or_unknown_harms_nobody() -> None:
    """Beyond the limit alone somebody is harmed; where nothing is known, nobody is said to be."""
    for case in (by_ntp(0.0), by_ntp(-0.09), SILENT, OFFLINE, assuming(-0.05, 0.05), by_date(0.01), by_ntp(0.2, 5.0)):
        assert seen(case) == {}


def test_what_the_parties_see_of_this_hosts_clock() -> None:
    """Behind: too late by the far end of the range; ahead: too early, and from the shortest life on a storm."""
    assert seen(by_ntp(-0.346)) == seen(assuming(-0.35, -0.34)) == BEHIND
    told = figures(by_ntp(-0.346))
    assert told == {(REFRESH, "late_s"): pytest.approx(0.355), (SIGN, "early_s"): pytest.approx(0.346)}
    assert figures(by_ntp(-0.5, 0.1))[SIGN, "up_to_s"] == pytest.approx(0.6)  # too wide for one number
    assert seen(by_ntp(60.0)) == AHEAD
    assert figures(by_ntp(60.0))[SIGN, "up_to_s"] == pytest.approx(60.009)
    assert seen(by_ntp(301.0)) == AHEAD | {REFRESH: "storm"}
    assert figures(assuming(-math.inf, -5.0)) == {(REFRESH, "late_s"): None, (SIGN, "up_to_s"): None}


def test_whose_clock_is_off_decides_which_range_counts() -> None:
    """This host's: by NTP; the API's, or not known whose: the difference to the API; none where only NTP differs."""
    by_both = by_ntp(-0.3)._replace(api=api_part(-0.5))
    assert figures(by_both._replace(who=Who.LOCAL))[REFRESH, "late_s"] == pytest.approx(0.309)
    assert figures(by_both._replace(who=Who.BOTH))[REFRESH, "late_s"] == pytest.approx(0.52)
    assert seen(by_both._replace(who=Who.NTP)) == {}
    api = by_ntp(0.0)._replace(api=api_part(-0.4), who=Who.API)
    assert seen(api) == {REFRESH: "late-refresh", VERIFY: "future-here"}
    assert seen(api._replace(api=api_part(0.4))) == {SIGN: "signed-future", VERIFY: "expired-here"}
    assert seen(by_date(-25200.0)) == BEHIND
    assert seen(by_ntp(0.0)._replace(api=api_part(0.4), who=Who.OPEN)) == AHEAD


def test_what_the_service_does_to_its_own_tokens() -> None:
    """An issuer that is ahead of its API: a share of first uses; one that is behind: each dies early."""
    ahead, behind = by_date(0.0, -0.5), by_date(0.0, 3.0)
    assert seen(ahead) == {GATEWAY: "gateway-future"}
    assert figures(ahead)[GATEWAY, "share_high"] == pytest.approx(0.54)
    assert seen(behind) == {GATEWAY: "gateway-expired"}
    assert figures(behind)[GATEWAY, "early_s"] == pytest.approx(3.0)


def test_with_a_token_only_who_refuses_its_kind_is_named() -> None:
    """An opaque one is verified by nobody here and has no exp; with enough leeway nobody is harmed."""
    assert seen(by_ntp(-0.346), opaque(3600)) == {REFRESH: "late-refresh", COUNTS: "none"}
    assert seen(by_ntp(60.0), opaque(3600)) == {SIGN: "signed-future"}
    assert seen(by_ntp(-0.346), jwt()) == {REFRESH: "late-refresh", COUNTS: "none", VERIFY: "future-here"}
    assert seen(by_ntp(-299.5), jwt(-100, 200)) == BEHIND  # what is signed for 300 s arrives dead
    assert seen(asked(by_ntp(-0.346), verifiers=("spring",)), jwt()) == {REFRESH: "late-refresh", COUNTS: "none"}
    assert seen(by_ntp(61.0), jwt(-10, 50))[REFRESH] == "storm"


# --- For any input ---

seconds = st.floats(-1e6, 1e6) | st.floats(-2, 2)
positive = st.floats(0, 1e6) | st.floats(0, 2)
ends = st.tuples(seconds | st.just(-math.inf), seconds | st.just(math.inf)).map(
    lambda pair: Interval(min(pair), max(pair))
)
checkers = st.builds(
    Checker,
    st.floats(0, 600),
    st.none() | st.floats(-10, 600),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
    st.none() | positive,
    st.none() | positive,
    st.booleans(),
)
any_inputs = st.builds(
    Inputs,
    st.none() | seconds | st.just(math.inf),
    ntp=st.none() | ends,
    api=st.none() | ends,
    login=st.none() | ends,
    given=st.none(),
    issuer_ahead=st.none() | ends,
    latency=st.tuples(positive, positive | st.just(math.inf)).map(lambda pair: Interval(min(pair), max(pair))),
    drift_ppm=st.floats(0, 500),
    buffer_s=positive,
    opaque=st.booleans(),
    stamp=st.none() | st.sampled_from(Stamp),
    nbf_after_iat_s=st.none() | seconds,
    exp_fraction_s=st.floats(0, 0.999),
    first_use_after_s=positive,
    sign_for=st.sampled_from(["login", "api", "ntp"]),
    checker_here=checkers,
    checker_there=checkers,
    checker_of_ours=checkers,
)


@given(any_inputs)
def test_shares_are_shares(given: Inputs) -> None:
    """0 <= share_low <= share_high <= 1 and never NaN, however wide or endless the inputs; and the level follows."""
    for risk in risks(given):
        if risk.share_low is None or risk.share_high is None:
            assert risk.level is POSSIBLE
            continue
        assert 0 <= risk.share_low <= risk.share_high <= 1
        assert (risk.level is NONE) == (risk.share_high == 0)
        assert risk.level is not CERTAIN or risk.share_low > 0
    found = storm(given)
    assert found.refreshes_low <= found.refreshes_high
    assert found.share_low is None or found.share_high is None or 0 <= found.share_low <= found.share_high <= 1


@given(any_inputs, ends)
def test_a_wider_range_of_skew_gives_a_wider_range_of_shares(given: Inputs, other: Interval) -> None:
    """What is proven of a wide range holds for every part of it: each end is the worst that the range allows."""
    if given.ntp is None:
        return
    narrow = given._replace(api=None, login=None, issuer_ahead=given.ntp)
    hull = Interval(min(given.ntp.low_s, other.low_s), max(given.ntp.high_s, other.high_s))
    for part, whole in zip(risks(narrow), risks(narrow._replace(ntp=hull, issuer_ahead=hull)), strict=True):
        if whole.share_low is None or whole.share_high is None:
            continue
        assert part.share_low is not None
        assert part.share_high is not None
        assert whole.share_low <= part.share_low + 1e-12
        assert part.share_high <= whole.share_high + 1e-12


@given(any_inputs, seconds, positive)
def test_more_skew_never_means_less_harm(given: Inputs, skew_s: float, more_s: float) -> None:
    """The further ahead, the more that this host signs looks future; the further behind, what it checks."""
    here = given._replace(api=None, login=None, ntp=exactly(skew_s))
    ahead = here._replace(ntp=exactly(skew_s + more_s))
    for party, harm, worse, better in [
        (SIGN, FUTURE, ahead, here),
        (VERIFY, FUTURE, here, ahead),
        (SIGN, EXPIRED, here, ahead),
        (REFRESH, EXPIRED, here, ahead),
        (VERIFY, EXPIRED, ahead, here),
    ]:
        more, less = one(worse, party, harm), one(better, party, harm)
        if more.share_high is not None and less.share_high is not None:
            assert more.share_high >= less.share_high - 1e-12


@given(any_inputs)
def test_nothing_is_ahead_of_a_checker_that_does_not_look(given: Inputs) -> None:
    """Parties that compare no issue time never have a token from the future."""
    for party in (REFRESH, Party.REFRESH_BY_EXPIRES_IN):
        assert ahead_of_checker(given, party) == exactly(-math.inf)
