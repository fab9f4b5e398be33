"""The shares and the buffer against a world of wrong clocks that knows none of the formulas."""

import math
import random
from typing import NamedTuple

import pytest
from bench.simulated_tokens import (
    EPOCH_S,
    SPAN_S,
    Carried,
    Client,
    Clock,
    Rule,
    Service,
    Verifier,
    exact,
    nearest,
    refreshes_in_a_life,
    refused_in_a_life,
    share_due_on_arrival,
    share_of_requests,
    share_over_life,
    whole,
)

from skewcheck.judge.advice import Deadline, leeway_s, recommend, settle_s
from skewcheck.judge.risk import Inputs, risks, storm
from skewcheck.judge.verifiers import Checker, Stamp
from skewcheck.model import Harm, Interval, Party, Risk

DEADLINES = {
    Rule.EXP: Deadline.EXP,
    Rule.FROM_ANSWER: Deadline.FROM_ANSWER,
    Rule.FROM_REQUEST: Deadline.FROM_REQUEST,
}
POINTS = 0.02
"""What a predicted share may be off by."""
WORLDS = 250
"""For each rule."""
LIVES = 3


class World(NamedTuple):
    """The truth, and what was measured of it."""

    client: Client
    service: Service
    known: Inputs


def _world(rng: random.Random, rule: Rule) -> World:
    """Return a random world whose truth lies anywhere within what is known of it, the ends included."""
    lifetime_s = rng.choice([300.0, 900.0, 3600.0, 86399.0, 172800.0])
    skew_s = rng.choice([0.0, rng.uniform(-1, 1), rng.uniform(-20, 20), rng.uniform(-lifetime_s, lifetime_s) / 2])
    margin_s = rng.choice([0.0, 0.01, 0.5, 5.0])
    issuer_s, issuer_margin_s = rng.choice([(0.0, 0.0), (rng.uniform(-3, 3), rng.choice([0.0, 0.3]))])
    drift_ppm = rng.choice([0.0, 15.0, 100.0])
    latency = Interval(0.01, rng.choice([0.02, 0.25, 2.0]))
    leeway_s = rng.choice([0.0, 0.0, 0.5, 5.0, 60.0])
    whole_now, accepts_at_exp = rng.random() < 0.5, rng.random() < 0.5
    fraction_s = rng.choice([0.0, 0.25, 0.875]) if rule is Rule.EXP else 0.0
    verifier = Verifier(
        leeway_s=leeway_s, whole_now=whole_now, whole_claims=rng.random() < 0.5, accepts_at_exp=accepts_at_exp
    )
    truth_s = skew_s + margin_s * rng.choice([-1.0, 1.0, rng.uniform(-1, 1)])
    issuer_true_s = issuer_s + issuer_margin_s * rng.choice([-1.0, 1.0])
    gains_ppm = drift_ppm * rng.choice([-1.0, 1.0, rng.uniform(-1, 1)])
    return World(
        Client(Clock(truth_s, gains_ppm), rule, 0.0),
        Service(
            lifetime_s,
            Clock(issuer_true_s),
            verifier,
            rng.choice([latency.low_s, latency.high_s]),
            rng.choice([latency.low_s, latency.high_s]),
            lambda seconds: math.floor(seconds) + fraction_s,
        ),
        Inputs(
            lifetime_s,
            ntp=Interval(skew_s - margin_s, skew_s + margin_s),
            issuer_ahead=Interval(issuer_s - issuer_margin_s, issuer_s + issuer_margin_s),
            latency=latency,
            drift_ppm=drift_ppm,
            exp_fraction_s=fraction_s,
            checker_there=Checker(leeway_s, whole_now=whole_now, accepts_at_exp=accepts_at_exp),
        ),
    )


def _worst(world: World) -> tuple[Client, Service]:
    """Return the end of all ranges at which the client comes the latest."""
    known = world.known
    assert known.ntp is not None
    assert known.issuer_ahead is not None
    client = world.client._replace(clock=Clock(known.ntp.low_s, -known.drift_ppm))
    service = world.service._replace(
        issuer=Clock(known.issuer_ahead.low_s),
        latency_s=known.latency.high_s,
        latency_of_asking_s=known.latency.low_s,
    )
    return client, service


def _refused(client: Client, service: Service, rng: random.Random, lives: int) -> int:
    return sum(refused_in_a_life(client, service, EPOCH_S + SPAN_S * rng.random(), rng) for _ in range(lives))


@pytest.mark.parametrize("rule", Rule)
def test_with_the_recommended_buffer_no_request_is_refused_as_expired(rule: Rule) -> None:
    """Whatever the clocks do within their ranges; and the buffer never passes half of the lifetime."""
    rng = random.Random(f"enough {rule.name}")
    judged = 0
    for _ in range(WORLDS):
        world = _world(rng, rule)
        found = recommend(world.known, DEADLINES[rule])
        assert found is not None
        assert found.buffer_s is None or found.buffer_s <= world.service.lifetime_s / 2
        assert (found.buffer_s is None) == (math.ceil(found.needed_s - 1e-9) > math.floor(world.service.lifetime_s / 2))
        for buffer_s in {found.needed_s, found.buffer_s} - {None}:
            if buffer_s is None or buffer_s > world.service.lifetime_s / 2:
                continue
            for client, service in ((world.client, world.service), _worst(world)):
                assert _refused(client._replace(buffer_s=buffer_s), service, rng, LIVES) == 0, (world, found)
            judged += 1
    assert judged > WORLDS


@pytest.mark.parametrize("rule", Rule)
def test_with_two_seconds_less_than_needed_some_are_refused(rule: Rule) -> None:
    """In the worst world that the ranges allow: nothing in the sum is there for nothing."""
    rng = random.Random(f"too little {rule.name}")
    judged = 0
    for _ in range(WORLDS // 4):
        world = _world(rng, rule)
        found = recommend(world.known, DEADLINES[rule])
        known = world.known
        assert found is not None
        assert known.ntp is not None
        assert known.issuer_ahead is not None
        ahead = rule is Rule.EXP and known.ntp.low_s > 0  # no credit is taken for it, so there is spare
        spare = rule is not Rule.EXP and known.issuer_ahead.low_s > 0
        if found.needed_s <= 2 or found.buffer_s is None or ahead or spare:
            continue
        client, service = _worst(world)
        client = client._replace(buffer_s=found.needed_s - 2)
        assert _refused(client, service, rng, 20) > 0, (world, found)
        judged += 1
    assert judged >= 10


def _risk(known: Inputs, party: Party, harm: Harm) -> Risk:
    (found,) = [risk for risk in risks(known) if (risk.party, risk.harm) == (party, harm)]
    return found


def _agree(predicted: Risk, simulated: float) -> None:
    assert predicted.share_low is not None
    assert predicted.share_high is not None
    assert predicted.share_low - POINTS <= simulated <= predicted.share_high + POINTS


WRITTEN = {Stamp.CUT: whole, Stamp.ROUNDED: nearest, Stamp.FRACTION: exact}


@pytest.mark.parametrize("stamp", Stamp)
@pytest.mark.parametrize("whole_now", [False, True])
@pytest.mark.parametrize("whole_claims", [False, True])
def test_the_share_of_first_uses_issued_in_the_future(stamp: Stamp, whole_now: bool, whole_claims: bool) -> None:
    """A verifier here, what is signed here, and the service within itself, for every way to write and to compare."""
    rng = random.Random(f"future {stamp} {whole_now} {whole_claims}")
    for skew_s in (-1.4, -0.7, -0.2, 0.0, 0.3, 0.9, 1.6):
        leeway_s, way_s = rng.choice([0.0, 0.0, 0.4, 1.0]), rng.choice([0.0, 0.05, 0.3])
        checker = Checker(leeway_s, whole_now=whole_now, whole_claims=whole_claims)
        here = Verifier(Clock(skew_s), leeway_s, whole_now, whole_claims)
        there = here._replace(clock=Clock())
        known = Inputs(
            3600.0,
            ntp=Interval(skew_s, skew_s),
            issuer_ahead=Interval(skew_s, skew_s),
            latency=Interval(way_s, way_s),
            stamp=stamp,
            first_use_after_s=0.1,
            checker_here=checker,
            checker_there=checker,
            checker_of_ours=checker,
        )
        write = WRITTEN[stamp]
        for party, carried in (
            (Party.LOCAL_VERIFY, Carried(Clock(), here, way_s, write=write)),
            (Party.LOCAL_SIGN, Carried(Clock(skew_s), there, way_s, write=write)),
            (Party.GATEWAY, Carried(Clock(skew_s), there, 2 * way_s + 0.1, write=write)),
        ):
            _agree(_risk(known, party, Harm.FUTURE_ISSUED), carried.share("future", rng, 4000))


@pytest.mark.parametrize("skew_s", [-0.5, 0.0, 0.3, 0.8, 2.0])
def test_the_share_refused_for_a_life_that_is_capped(skew_s: float) -> None:
    """A signer that is ahead and uses the whole cap is refused by a checker that never looks at iat."""
    rng = random.Random(1)
    verifier = Verifier(life_cap_s=600)
    known = Inputs(
        600.0,
        ntp=Interval(skew_s, skew_s),
        latency=Interval(0.05, 0.05),
        checker_of_ours=Checker(checks_iat=False, life_cap_s=600),
    )
    simulated = Carried(Clock(skew_s), verifier, 0.05, 600).share("future", rng)
    _agree(_risk(known, Party.LOCAL_SIGN, Harm.FUTURE_ISSUED), simulated)


@pytest.mark.parametrize("skew_s", [-301.0, -299.5, -299.2, -298.0, -30.0, 30.0])
@pytest.mark.parametrize("max_age_s", [math.inf, 10.0])
def test_the_share_of_signed_requests_that_arrive_old(skew_s: float, max_age_s: float) -> None:
    """Signed by a clock that is behind by nearly all of the life, or of the age that its checker allows."""
    skew_s = skew_s if max_age_s == math.inf else skew_s + 290
    rng = random.Random(2)
    checker = Checker(max_age_s=None if max_age_s == math.inf else max_age_s)
    known = Inputs(300.0, ntp=Interval(skew_s, skew_s), latency=Interval(0.05, 0.05), checker_of_ours=checker)
    simulated = Carried(Clock(skew_s), Verifier(max_age_s=max_age_s), 0.05, 300).share("expired", rng)
    _agree(_risk(known, Party.LOCAL_SIGN, Harm.PREMATURE_EXPIRY), simulated)


@pytest.mark.parametrize("lifetime_s", [300.0, 3600.0])
@pytest.mark.parametrize("early_s", [-30.0, 0.0, 3.0, 30.0, 200.0, 400.0])
@pytest.mark.parametrize("leeway_s", [0.0, 20.0])
def test_the_share_of_uses_after_an_early_end(lifetime_s: float, early_s: float, leeway_s: float) -> None:
    """A verifier here that is ahead, and a service whose issuer is behind, cut the same off the life."""
    rng = random.Random(3)
    known = Inputs(
        lifetime_s,
        ntp=Interval(early_s, early_s),
        issuer_ahead=Interval(-early_s, -early_s),
        checker_here=Checker(leeway_s),
        checker_there=Checker(leeway_s),
    )
    here = Carried(Clock(), Verifier(Clock(early_s), leeway_s), 0.0, lifetime_s)
    _agree(_risk(known, Party.LOCAL_VERIFY, Harm.PREMATURE_EXPIRY), share_over_life(here, rng))


@pytest.mark.parametrize("lifetime_s", [300.0, 3600.0, 86400.0])
@pytest.mark.parametrize("behind_s", [-20.0, 0.0, 3.0, 90.0, 300.0, 3600.0])
@pytest.mark.parametrize("buffer_s", [0.0, 60.0])
def test_the_share_of_requests_with_an_expired_token(lifetime_s: float, behind_s: float, buffer_s: float) -> None:
    """A client that refreshes by exp with a clock that is behind."""
    rng = random.Random(4)
    known = Inputs(lifetime_s, ntp=Interval(-behind_s, -behind_s), latency=Interval(0.05, 0.05), buffer_s=buffer_s)
    client = Client(Clock(-behind_s), Rule.EXP, buffer_s)
    simulated = share_of_requests(client, Service(lifetime_s, Clock(), Verifier(), 0.05), rng)
    _agree(_risk(known, Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY), simulated)


@pytest.mark.parametrize("skew_s", [100.0, 238.8, 239.3, 239.7, 240.2, 500.0])
def test_the_share_of_tokens_that_are_due_on_arrival(skew_s: float) -> None:
    """A storm begins a second and the latency before the clock is ahead by all that the buffer leaves."""
    rng = random.Random(5)
    known = Inputs(300.0, ntp=Interval(skew_s, skew_s), latency=Interval(0.05, 0.05), buffer_s=60.0)
    client, service = Client(Clock(skew_s), Rule.EXP, 60.0), Service(300.0, Clock(), Verifier(), 0.05)
    simulated = share_due_on_arrival(client, service, rng)
    predicted = storm(known)
    assert predicted.share_high is not None
    assert abs(predicted.share_high - simulated) <= POINTS
    if skew_s < 230:
        assert refreshes_in_a_life(client, service, rng) == pytest.approx(predicted.refreshes_high, rel=0.01)


def test_a_constant_skew_does_nothing_to_a_client_by_expires_in() -> None:
    """By the monotonic clock an hour ahead or behind is the same: no request fails that wouldn't by a right clock."""
    for skew_s in (-3600.0, 0.0, 3600.0):
        rng = random.Random(6)
        client = Client(Clock(skew_s), Rule.FROM_ANSWER, 2.0)
        assert _refused(client, Service(300.0, Clock(), Verifier(), 0.05), rng, 200) == 0


@pytest.mark.parametrize("stamp", Stamp)
@pytest.mark.parametrize("whole_now", [False, True])
def test_after_the_settling_time_no_token_is_from_the_future(stamp: Stamp, whole_now: bool) -> None:
    """And a tenth of a second earlier some are: here, and in a service whose issuer is ahead of its checkers."""
    rng = random.Random(f"settle {stamp} {whole_now}")
    for skew_s, issuer_s in ((-0.3, 0.0), (-7.6, 0.0), (0.0, 0.9), (0.0, 4.0), (2.0, -2.0)):
        checker = Checker(whole_now=whole_now, whole_claims=False)
        known = Inputs(
            3600.0,
            ntp=Interval(skew_s, skew_s),
            issuer_ahead=Interval(issuer_s, issuer_s),
            latency=Interval(0.05, 0.05),
            stamp=stamp,
            checker_here=checker,
            checker_there=checker,
        )
        rest_s = settle_s(known)
        assert rest_s is not None
        here = Carried(Clock(), Verifier(Clock(skew_s), whole_now=whole_now), 0.05, write=WRITTEN[stamp])
        there = Carried(Clock(issuer_s), Verifier(whole_now=whole_now), 0.1, write=WRITTEN[stamp])
        early, rested = (
            [carried._replace(way_s=carried.way_s + wait_s).share("future", rng, 2000) for carried in (here, there)]
            for wait_s in (rest_s - 0.1, rest_s + 1e-4)
        )
        assert rested == [0, 0]
        assert any(early) == (rest_s > 0.1)


@pytest.mark.parametrize("stamp", Stamp)
@pytest.mark.parametrize("whole_now", [False, True])
@pytest.mark.parametrize("skew_s", [-12.3, -0.3, 0.0, 0.4, 7.0])
def test_with_the_leeway_a_verifier_here_refuses_no_good_token(stamp: Stamp, whole_now: bool, skew_s: float) -> None:
    """Neither as issued in the future nor as expired before it is."""
    rng = random.Random(f"leeway {stamp} {whole_now} {skew_s}")
    checker = Checker(whole_now=whole_now, whole_claims=False)
    known = Inputs(300.0, ntp=Interval(skew_s, skew_s), latency=Interval(0.02, 0.2), stamp=stamp, checker_here=checker)
    leeway = leeway_s(known)
    assert leeway is not None
    verifier = Verifier(Clock(skew_s), leeway, whole_now=whole_now)
    carried = Carried(Clock(), verifier, 0.02, 300.0, WRITTEN[stamp])
    assert carried.share("future", rng) == 0
    assert share_over_life(carried, rng) == 0
