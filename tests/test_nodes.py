"""Several clocks behind one name: how many there are, which share is off, and what is certain of it; in simulated time.

Every run draws the balancer's choice, its path and its phases from its seed; a failure names the seed.
"""

import itertools
import math
import random

import pytest
from bench.simulated_http import TARGET, Path, SimulatedTransport, World
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.judge.nodes import look, missed, share_of
from skewcheck.measure import nodes
from skewcheck.measure.date_evidence import Question
from skewcheck.measure.date_search import measure
from skewcheck.model import ApiHost, DateReading, Interval, Role, SeenClock, Status, Thresholds

LIMITS = Thresholds(0.1, 1.0)
USUAL = Question((0.1, 1.0), connections=8)
THOROUGH = Question((0.1, 1.0), connections=24, thorough=True)
JITTERY = Path(0.005, jitter=5.0, sigma=0.8)
"""A round trip of 5 ms, and up to 80 more."""
UNKNOWN = ()
"""Headers of a server that doesn't say what it is: its `Date` may be 1.1 s old."""
ALIKE = (0.0,) * 8


def one(world: World, question: Question, seed: int) -> tuple[DateReading, SimulatedTransport]:
    """Return one run: what was measured, and by what."""
    drawn_s = random.Random(seed).uniform(-3, 3)
    transport = SimulatedTransport(world._replace(skew_s=drawn_s, timeout_s=30.0), seed)
    reading = measure(TARGET, question, transport)
    assert isinstance(reading, DateReading)
    return reading, transport


def with_one_off(by_s: float) -> World:
    """Return eight nodes, the last of which is ahead by that."""
    return World(backends=(*ALIKE[1:], by_s), balance="connection", path=JITTERY)


def check_shares(world: World, count: int) -> int:
    """Hold runs against a node that is off to the claims about such; return how many reached it."""
    reached = named = held = 0
    for seed in range(count):
        reading, transport = one(world, THOROUGH, seed)
        found = look(ApiHost(Role.URL, "sim", reading), None, LIMITS)
        if 7 not in transport.seen:
            assert found is None, seed
            continue
        reached += 1
        if found is None:
            continue
        named += 1
        assert abs(found.ahead.nearest_to_zero()) <= abs(world.backends[7]) + 1e-3, seed
        held += found.share.low_s <= 1 / 8 <= found.share.high_s
    assert named >= 0.99 * reached - 1
    assert held >= 0.95 * named - 2
    return reached


@pytest.mark.parametrize("balance", ["connection", "random", "round-robin"])
@pytest.mark.parametrize("by_s", [-1.2, 1.2, -1.5, 20.0, -1200.0, 1200.0])
def test_a_node_that_is_off_and_reached_is_named(by_s: float, balance: str) -> None:
    """Off by 1.2 s or more, to either side, by connection or by request: in 99 %, and never by more than it is."""
    assert check_shares(with_one_off(by_s)._replace(balance=balance), 60) >= 50


@pytest.mark.slow
@pytest.mark.parametrize("by_s", [-1.2, 1.2, -1.5, -20.0])
def test_it_is_named_in_thousands_of_runs_and_missed_as_often_as_is_said(by_s: float) -> None:
    """The share holds the truth in 95 %; what is missed is what (7/8)^24 says, within its error."""
    count = 2000
    missed_share = 1 - check_shares(with_one_off(by_s), count) / count
    said = missed(1 / 8, 24)
    assert abs(missed_share - said) <= 4 * math.sqrt(said * (1 - said) / count)


@pytest.mark.parametrize(
    ("lag", "headers"),
    [
        ("fresh", World().headers),  # nginx, which keeps no Date
        *((lag, headers) for lag in ("fresh", "timer", "on-demand") for headers in (UNKNOWN, (("server", "uvicorn"),))),
    ],
)
def test_eight_right_nodes_are_never_accused(lag: str, headers: tuple[tuple[str, str], ...]) -> None:
    """With jitter up to 80 ms, milliseconds between them, and a `Date` as old as its server is known to let it get."""
    right = tuple(0.002 * number for number in range(8))
    world = World(backends=right, balance="connection", path=JITTERY, headers=headers, lag=lag)
    for seed in range(25):
        for question in (USUAL, THOROUGH):
            reading, _ = one(world, question, seed)
            assert look(ApiHost(Role.URL, "sim", reading), None, LIMITS) is None, seed


@pytest.mark.parametrize("by_s", [-0.4, 0.4])
def test_what_can_be_found_of_four_tenths_of_a_second(by_s: float) -> None:
    """Only replies of half of the moments tell such a clock from the others: mostly it is named, never by too much."""
    named = sum(
        look(ApiHost(Role.URL, "sim", one(with_one_off(by_s), THOROUGH, seed)[0]), None, LIMITS) is not None
        for seed in range(40)
    )
    assert named >= 0.6 * 40


def test_requests_never_go_beyond_what_the_help_promises() -> None:
    """16 by default, the other connections included; one for each connection beyond the first otherwise."""
    for seed in range(60):
        reading, transport = one(with_one_off(-1.5), USUAL, seed)
        asked = 0 if reading.nodes is None else reading.nodes.asked
        assert transport.requests == reading.requests + asked <= 16, seed
        reading, transport = one(with_one_off(-1.5), THOROUGH, seed)
        assert reading.nodes is not None
        assert transport.requests == reading.requests + reading.nodes.asked <= 16 + 23, seed


def test_a_server_that_asks_for_patience_gets_no_more_connections() -> None:
    """After the first 429 nothing goes out, and what was seen stays."""
    for patience in range(9, 24):
        reading, transport = one(World(path=JITTERY, patience=patience), THOROUGH, patience)
        assert transport.requests <= max(patience + 1, 16)
        assert reading.nodes is None or reading.nodes.stopped


def test_one_clock_is_measured_as_before() -> None:
    """Its range, its requests and whether it is confirmed are those of a search that looks at no other connection."""
    for seed in range(300):
        world = World(path=JITTERY)
        alone, _ = one(world, USUAL._replace(connections=1), seed)
        beside, _ = one(world, USUAL, seed)
        assert (beside.requests, beside.confirmed, beside.ended) == (alone.requests, alone.confirmed, alone.ended)
        assert beside.fresh.width_s == pytest.approx(alone.fresh.width_s, abs=3e-3)  # 100 ppm of the time that it took


# --- When ---


@given(st.integers(2, 64), st.floats(0, 2e9))
def test_many_connections_are_spread(n: int, from_s: float) -> None:
    """24 over more than 6 s, and never two at once."""
    moments = nodes.paced(n, from_s)
    assert all(later - earlier > 0.25 for earlier, later in itertools.pairwise(moments))
    assert moments[-1] - moments[0] >= (n - 1) * 0.27
    assert n < 24 or moments[-1] - moments[0] >= 6


# --- Clocks ---

UNITS = st.lists(
    st.builds(
        lambda middle_s, reach_s: nodes.Unit(Interval(middle_s - reach_s, middle_s + reach_s), None),
        st.floats(-5, 5),
        st.floats(0.001, 1),
    ),
    min_size=1,
    max_size=12,
)


@given(UNITS)
def test_each_reply_is_of_one_clock_and_no_two_clocks_are_one(units: list[nodes.Unit]) -> None:
    """Each unit touches the clock that it is counted to, and all other clocks are proven not to be the first."""
    replies, clocks, both = nodes.explained(units, 0.0)
    assert [reply.interval for reply in replies] == [unit.interval for unit in units]
    assert sum(clock.replies for clock in clocks) == len(units)
    for reply in replies:
        assert reply.interval.gap_to(clocks[reply.clock].interval) == 0
    assert all(clock.apart_s > 0 for clock in clocks[1:])
    for clock in clocks[1:]:  # and no two replies are farther apart than is told of
        gaps = [a.interval.gap_to(b.interval) for a in units for b in units]
        assert clock.apart_s <= max(gaps) + 1e-9
    assert 0 <= both <= clocks[0].replies


def test_a_few_by_hand() -> None:
    """Two clocks of three; the first unit's wins among equals; what differs by less than is told is one."""
    units = [nodes.Unit(Interval(low_s, low_s + 1), None) for low_s in (0.0, 1.2, 0.1)]
    replies, clocks, both = nodes.explained(units, 0.05)
    assert [reply.clock for reply in replies] == [0, 1, 0]
    assert clocks[0] == SeenClock(2, Interval(0.1, 1.0), 0.0)
    assert clocks[1]._replace(apart_s=0.2) == SeenClock(1, Interval(1.2, 2.2), 0.2)
    assert clocks[1].apart_s == pytest.approx(0.2)
    assert both == 0
    assert [reply.clock for reply in nodes.explained(units[:2], 0.05)[0]] == [0, 1]
    assert [reply.clock for reply in nodes.explained(units[:2][::-1], 0.05)[0]] == [0, 1]
    assert [reply.clock for reply in nodes.explained(units[:2], 0.3)[0]] == [0, 0]


# --- Chances ---


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(0, 24, 0.0, 0.1425), (3, 24, 0.0266, 0.3236), (24, 24, 0.8575, 1.0), (1, 1, 0.025, 1)]
)
def test_shares_are_clopper_and_pearson_s(k: int, n: int, low: float, high: float) -> None:
    """As printed in tables."""
    assert share_of(k, k, n) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 64), st.data())
def test_a_share_holds_what_was_counted(n: int, data: st.DataObject) -> None:
    """And grows with what is open."""
    least = data.draw(st.integers(0, n))
    most = data.draw(st.integers(least, n))
    low, high = share_of(least, most, n)
    assert 0 <= low <= least / n <= most / n <= high <= 1


def test_what_is_missed() -> None:
    """One in eight: a third of runs of 8 connections, one of 25 of 24."""
    assert [round(100 * missed(1 / 8, k)) for k in (1, 8, 24, 64)] == [88, 34, 4, 0]


def test_a_status_follows_the_worst() -> None:
    """By its estimate, as everywhere; where nothing is surely beyond a limit there is none."""
    reading, _ = one(with_one_off(-20.0), THOROUGH, 1)
    found = look(ApiHost(Role.URL, "sim", reading), None, LIMITS)
    assert found is not None
    assert (found.status, found.by_utc, found.proven) == (Status.CRITICAL, False, False)
    assert look(ApiHost(Role.URL, "sim", reading), None, Thresholds(30.0, 60.0)) is None
