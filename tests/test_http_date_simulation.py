"""The search of a `Date` held to its claims over thousands of seeded runs, in simulated time.

Every run draws its skew, its path and the server's phase from its seed; a failure names the seed.
"""

import random
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from bench import command
from bench.simulated_http import EPOCH_S, TARGET, Path, SimulatedTransport, World

from skewcheck.judge.case import Case
from skewcheck.judge.severity import judge_date, severity
from skewcheck.lab.http import HttpServer
from skewcheck.measure.addresses import Trouble
from skewcheck.measure.date_evidence import Question, Reply, Request
from skewcheck.measure.date_search import measure
from skewcheck.model import (
    ApiHost,
    ApiPart,
    ApiSurvey,
    DateReading,
    Ended,
    Interval,
    LocalRun,
    Role,
    Stale,
    Status,
    Thresholds,
)
from skewcheck.model import Request as Asked

pytestmark = pytest.mark.slow

DECIDE = Question((0.1, 1.0))
FULL = Question((0.1, 1.0), full=True)
WITHIN_100_MS = Question((0.1,))
LIMITS = Thresholds(0.1, 1.0)
LAGGING = (("server", "uvicorn"),)
PATHS = (
    Path(0.005),
    Path(0.05),
    Path(0.2),
    Path(0.05, out=0.95),
    Path(0.05, out=0.05),
    Path(0.05, jitter=0.4, sigma=1.2),
    Path(0.0002, spikes=0.0),
)
RELAY = Path(0.05, jitter=0.02, sigma=0.5, spikes=0.0)
"""25 ms each way, ± 2: the relay that real servers are measured through."""


class Run(NamedTuple):
    """One run: what was measured, and what was true."""

    seed: int
    reading: DateReading
    truths_s: tuple[float, ...]
    seconds: float

    def holds(self, interval: Interval) -> bool:
        """Tell whether the clocks of all backends that answered are inside."""
        return all(interval.low_s <= truth_s <= interval.high_s for truth_s in self.truths_s)

    @property
    def flagged(self) -> bool:
        """Tell whether the reading says that there is no one clock to read."""
        return self.reading.spread_s > 0 or self.reading.stale is not None


def runs(world: World, question: Question, count: int, skew_s: float | None = None) -> list[Run]:
    """Return *count* runs, with a skew drawn from ±3 s where none is given."""
    return [run for seed in range(count) if (run := one_run(world, question, seed, skew_s)) is not None]


def one_run(world: World, question: Question, seed: int, skew_s: float | None = None) -> Run | None:
    """Return one run; None where the path swallowed all of it."""
    drawn_s = random.Random(seed).uniform(-3, 3) if skew_s is None else skew_s
    transport = SimulatedTransport(world._replace(skew_s=drawn_s), seed)
    reading = measure(TARGET, question, transport)
    if not isinstance(reading, DateReading):
        assert world.path.losses > 0 or world.timeout_s < 1, reading
        return None
    return Run(seed, reading, tuple(transport.truths_s()), transport.elapsed_s())


def wrong(of: Iterable[Run], claim: Callable[[Run], bool]) -> list[int]:
    """Return the seeds of the runs that break *claim*."""
    return [run.seed for run in of if not claim(run)]


def quantile(values: Iterable[float], share: float) -> float:
    """Return the value below which that share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def check_fresh(done: list[Run]) -> None:
    """Hold runs against a single fresh clock to the claims about such."""
    assert wrong(done, lambda run: run.holds(run.reading.fresh)) == []
    assert wrong(done, lambda run: run.holds(run.reading.interval)) == []
    assert wrong(done, lambda run: not run.flagged) == []
    assert wrong(done, lambda run: run.reading.requests <= 16) == []


@pytest.mark.parametrize("question", [DECIDE, FULL], ids=["decide", "full"])
@pytest.mark.parametrize("path", PATHS, ids=[f"{path.rtt_s}-{path.out}-{path.jitter}" for path in PATHS])
def test_a_fresh_clock_is_always_inside_and_never_accused(path: Path, question: Question) -> None:
    """On every path, symmetric or not, calm or with spikes."""
    check_fresh(runs(World(path=path), question, 400))


@pytest.mark.parametrize(
    "world",
    [World(), World(drift_ppm=100), World(drift_ppm=-100), World(slew_ppm=500)],
    ids=["plain", "fast", "slow", "slewed"],
)
def test_no_false_alarm_in_two_thousand_runs(world: World) -> None:
    """Nor is the truth ever outside: with a quartz that runs off, or a clock that is being slewed."""
    check_fresh(runs(world, FULL, 2000))


@pytest.mark.parametrize(
    "world",
    [World(slew_ppm=-80_000), World(closes=True), World(path=Path(losses=0.05)), World(timeout_s=2.5)],
    ids=["slewed-hard", "closes", "losses", "hurried"],
)
def test_no_false_alarm_where_things_are_difficult(world: World) -> None:
    """A clock slewed as hard as can be, a server that hangs up each time, lost replies, little time."""
    done = runs(world, FULL, 500)
    check_fresh(done)
    assert len(done) > 450


def test_full_at_fifty_milliseconds() -> None:
    """On an even path: at most 13 requests and 1.5 round trips wide, confirmed, about five seconds."""
    done = runs(World(path=RELAY), FULL, 1000)
    check_fresh(done)
    assert wrong(done, lambda run: run.reading.requests <= 13) == []
    assert wrong(done, lambda run: run.reading.fresh.width_s <= 1.5 * run.reading.min_rtt_s) == []
    assert wrong(done, lambda run: run.reading.confirmed and run.reading.ended is Ended.NARROW) == []
    assert quantile((run.seconds for run in done), 0.5) <= 6
    assert quantile((run.seconds for run in done), 0.95) <= 8


def test_full_with_jitter_and_spikes() -> None:
    """On a rough path the median still is what an even one takes."""
    done = runs(World(), FULL, 1000)
    assert quantile((run.reading.requests for run in done), 0.5) <= 13
    assert quantile((run.reading.fresh.width_s for run in done), 0.95) <= 1.5 * 0.0535
    assert quantile((run.seconds for run in done), 0.5) <= 6.5
    assert sum(run.reading.confirmed for run in done) >= 960


@pytest.mark.parametrize("skew_s", [0.0, 0.2, -0.2, 0.6, 2.3])
def test_deciding_at_a_hundred_milliseconds(skew_s: float) -> None:
    """The verdict is right each time, for nine requests and under three seconds in the median."""
    done = runs(World(path=RELAY), WITHIN_100_MS, 500, skew_s)
    check_fresh(done)
    assert wrong(done, lambda run: run.reading.ended is Ended.DECIDED and run.reading.confirmed) == []
    assert quantile((run.reading.requests for run in done), 0.5) <= 9
    assert quantile((run.reading.requests for run in done), 0.95) <= 11
    assert quantile((run.seconds for run in done), 0.5) <= 2.8


@pytest.mark.parametrize("question", [DECIDE, FULL], ids=["decide", "full"])
@pytest.mark.parametrize(
    "world",
    [
        World(lag="timer", headers=LAGGING),
        World(lag="timer", period_s=1.09, headers=LAGGING, path=Path(0.005)),
        World(lag="timer", period_s=1.004, headers=()),
        World(lag="timer", period_s=0.5, headers=(("server", "envoy"),)),
        World(lag="on-demand", headers=LAGGING),
        World(lag="on-demand", headers=(), path=Path(0.2)),
        World(lag="on-demand", headers=(), closes=True),
    ],
    ids=["timer", "timer-late", "timer-unknown", "timer-half", "on-demand", "on-demand-slow", "on-demand-closes"],
)
def test_an_old_date_never_takes_the_truth_out_of_the_range(world: World, question: Question) -> None:
    """With the lag that is known or assumed the range is true; its high end is true without it."""
    done = runs(world, question, 500)
    assert wrong(done, lambda run: run.holds(run.reading.interval)) == []
    assert wrong(done, lambda run: max(run.truths_s) <= run.reading.fresh.high_s) == []
    assert wrong(done, lambda run: run.reading.interval.width_s > 1 or run.reading.lag.max_s < 1) == []


@pytest.mark.parametrize("question", [DECIDE, FULL, FULL._replace(max_requests=10), DECIDE._replace(max_requests=6)])
@pytest.mark.parametrize("headers", [World().headers, ()], ids=["nginx", "unknown"])
@pytest.mark.parametrize("lag", ["frozen", "frozen-connection", "in-a-hurry"])
def test_a_frozen_date_is_found_and_bounds_one_side(
    lag: str, headers: tuple[tuple[str, str], ...], question: Question
) -> None:
    """Always, and the side that it bounds is true; it is no Date that is a little late, whatever wrote it.

    Also where the deadline leaves no time to try a new connection.
    """
    hurried = World(lag="frozen", headers=headers, timeout_s=3.0)
    done = runs(hurried if lag == "in-a-hurry" else World(lag=lag, headers=headers), question, 150)
    assert wrong(done, lambda run: run.reading.stale is Stale.FROZEN and run.reading.late_s == 0) == []
    assert wrong(done, lambda run: run.holds(run.reading.interval) and run.holds(run.reading.fresh)) == []


@pytest.mark.parametrize("out", [0.05, 0.5])
def test_what_is_narrower_than_a_round_trip_is_never_confirmed(out: float) -> None:
    """The replies of two clocks can fit into less than those of one clock can."""
    path = Path(0.15, out=out)
    two = runs(World(backends=(0.0, 0.3), closes=True, path=path), FULL, 500)
    assert any(narrower(run) for run in two)
    assert wrong(two, lambda run: not run.reading.confirmed or not narrower(run)) == []
    assert wrong(runs(World(path=path), FULL, 500), lambda run: not narrower(run)) == []


def narrower(run: Run) -> bool:
    """Tell whether the range is well below a round trip."""
    return 0 <= run.reading.fresh.width_s < 0.8 * run.reading.min_rtt_s


def test_a_frozen_date_is_never_confirmed_while_the_clock_is_slewed() -> None:
    """On a slow path the bounds of a clock that is slewed hard widen by more than the confirmation waits for."""
    slow = World(lag="frozen", headers=(), slew_ppm=-80_000, path=Path(0.8, jitter=3.0), timeout_s=999)
    done = runs(slow, Question((1.0, 5.0)), 1000, skew_s=-1.0)
    assert wrong(done, lambda run: not run.reading.confirmed) == []
    assert len(done) > 900


@pytest.mark.parametrize("period_s", [2.0, 5.0, 30.0])
@pytest.mark.parametrize("question", [DECIDE, FULL], ids=["decide", "full"])
def test_a_cache_that_does_not_say_so_is_noticed(period_s: float, question: Question) -> None:
    """It contradicts itself or stands still, or every reply happened to be new; and the high end is true."""
    done = runs(World(lag="silently-cached", period_s=period_s), question, 300)
    assert wrong(done, lambda run: run.flagged or run.holds(run.reading.fresh)) == []
    assert wrong(done, lambda run: max(run.truths_s) <= run.reading.fresh.high_s) == []


def test_a_cache_that_says_so_is_got_past_or_bounds_one_side() -> None:
    """A unique query gets a fresh Date; where it does not, two replies are enough to say so."""
    check_fresh(runs(World(lag="cached"), FULL, 500))
    done = runs(World(lag="cached", bustable=False), FULL, 500)
    assert wrong(done, lambda run: run.reading.stale is Stale.CACHED and run.reading.requests == 2) == []
    assert wrong(done, lambda run: run.holds(run.reading.interval)) == []


def test_backends_that_take_turns_are_flagged() -> None:
    """300 ms apart, at a round trip of 50 ms with jitter and spikes: nine of ten at least, in 2,000 runs."""
    done = runs(World(backends=(0.0, 0.3)), FULL, 2000)
    assert sum(run.flagged for run in done) >= 0.95 * len(done)
    assert wrong((run for run in done if run.flagged), lambda run: run.holds(run.reading.fresh)) == []
    assert wrong(done, lambda run: run.reading.spread_s <= 0.3 + 1e-3) == []
    contradicted = [run for run in done if run.reading.ended is Ended.CONTRADICTED]
    assert wrong(contradicted, lambda run: run.reading.spread_s > 0 and run.reading.mix is not None) == []


@pytest.mark.parametrize("path", [Path(0.0004, spikes=0.0), Path(0.005), Path(0.05)], ids=["lan", "near", "far"])
@pytest.mark.parametrize("question", [DECIDE, FULL], ids=["decide", "full"])
def test_a_date_that_is_late_at_times_is_no_second_clock(path: Path, question: Question) -> None:
    """A fresh server of unknown make, one of 20 of whose Dates is up to 20 ms late: a verdict, and nothing proven."""
    busy = World(headers=(), late=0.05, path=path)
    done = [run for skew_s in (0.0, 0.03, 0.5, -0.5) for run in runs(busy, question, 150, skew_s)]
    assert wrong(done, lambda run: run.holds(run.reading.interval)) == []
    assert wrong(done, lambda run: max(run.truths_s) <= run.reading.fresh.high_s) == []
    told = [run for run in done if judge_date(run.reading, LIMITS).status is not Status.UNKNOWN]
    assert len(told) >= 0.99 * len(done)
    assert len([run for run in done if not run.flagged]) >= 0.99 * len(done)
    assert wrong(done, lambda run: run.reading.interval.width_s > 1) == []
    assert wrong(done, lambda run: run.reading.late_s <= 0.02) == []  # never more than it was
    assert wrong(done, lambda run: not judge_date(run.reading, LIMITS).proven or run.reading.fresh.high_s < 0) == []


def test_a_late_date_is_allowed_for_and_told() -> None:
    """Where it was seen, the range that counts as fresh is wider by it, confirmed, and as wide as a round trip."""
    done = runs(World(headers=(), late=0.3, path=Path(0.0004, spikes=0.0)), FULL, 400)
    late = [run for run in done if run.reading.late_s > 0]
    assert len(late) > 15
    assert wrong(late, lambda run: run.reading.confirmed and run.reading.spread_s == 0) == []
    assert wrong(late, lambda run: 0.003 < run.reading.late_s <= 0.02) == []
    known = runs(World(late=0.3, path=Path(0.0004, spikes=0.0)), FULL, 100)
    assert wrong(known, lambda run: run.reading.late_s == 0) == []
    assert any(run.flagged for run in known)


@pytest.mark.parametrize("path", [Path(0.0004, spikes=0.0), Path(0.005), Path(0.05)], ids=["lan", "near", "far"])
def test_two_clocks_of_unknown_make_are_not_taken_for_a_late_one(path: Path) -> None:
    """300 ms apart, near the flip of one they exclude each other by little: they are asked far from it, too."""
    done = runs(World(headers=(), backends=(0.0, 0.3), path=path), FULL, 500)
    assert sum(run.flagged for run in done) >= 0.94 * len(done)
    assert wrong((run for run in done if run.flagged), lambda run: run.holds(run.reading.fresh)) == []
    assert wrong(done, lambda run: run.reading.spread_s <= 0.3 + 1e-3) == []


def test_a_server_that_hangs_up_over_tls_on_a_short_path_is_confirmed() -> None:
    """What a handshake takes beside its round trips is learnt: 5 ms of it are twelve times the way there and back."""
    done = runs(World(closes=True, opening_s=0.005, path=Path(0.0004, spikes=0.0)), FULL, 300)
    check_fresh(done)
    assert sum(run.reading.confirmed for run in done) >= 0.98 * len(done)


def test_backends_on_a_short_path_are_flagged_where_they_differ_by_little() -> None:
    """50 ms apart, at a round trip of 0.2 ms: each of them."""
    done = runs(World(backends=(0.0, 0.05), path=Path(0.0002, spikes=0.0)), FULL, 300)
    assert wrong(done, lambda run: run.flagged) == []


def test_backends_are_flagged_or_inside_when_a_verdict_is_enough() -> None:
    """Around a threshold, where it matters which of them was asked."""
    done = runs(World(backends=(0.0, 0.3)), WITHIN_100_MS, 1000, skew_s=0.0)
    assert len(wrong(done, lambda run: run.flagged or run.holds(run.reading.fresh))) <= 0.05 * len(done)


@pytest.mark.parametrize("step_s", [0.2, -0.2, 0.5])
def test_a_server_that_steps_while_it_is_measured(step_s: float) -> None:
    """Three of four are flagged; a range that is narrow and wrong is rare."""
    done = []
    for seed in range(1000):
        after_s = random.Random(seed).uniform(0.3, 5)
        run = one_run(World(step_s=step_s, step_after_s=after_s), FULL, seed)
        assert run is not None
        done.append(run)
    narrow_and_wrong = wrong(done, lambda run: run.flagged or run.holds(run.reading.fresh))
    assert sum(run.flagged for run in done) >= 0.75 * len(done)
    assert len(narrow_and_wrong) <= 0.06 * len(done)


def test_told_to_stop_and_out_of_time() -> None:
    """What is proven by then is true, wherever it ends."""
    for patience in range(1, 12):
        check_fresh(runs(World(patience=patience), FULL, 100))
    for tenths in range(3, 60, 4):
        check_fresh(runs(World(timeout_s=tenths / 10), FULL, 100))


@pytest.mark.parametrize("question", [DECIDE, FULL], ids=["decide", "full"])
@pytest.mark.parametrize("balance", ["round-robin", "random"])
@pytest.mark.parametrize("apart_s", [1.5, 2.0, 2.5])
def test_two_clocks_seconds_apart_are_not_taken_for_one_that_stands_still(
    apart_s: float, balance: str, question: Question
) -> None:
    """The one that is behind says what the other one said before; the range holds both."""
    done = runs(World(backends=(0.0, apart_s), balance=balance, path=Path(spikes=0.0)), question, 200)
    flagged = [run for run in done if run.flagged]
    assert len(flagged) >= 0.6 * len(done)
    assert wrong(flagged, lambda run: run.reading.stale is None and run.holds(run.reading.interval)) == []


@pytest.mark.parametrize(
    ("question", "timeout_s"), [(DECIDE, 10.0), (FULL, 10.0), (FULL, 20.0)], ids=["decide", "full-in-haste", "full"]
)
def test_backends_of_a_server_that_hangs_up_are_noticed(question: Question, timeout_s: float) -> None:
    """300 ms apart, taking turns: opening a connection does not keep the confirmation far from the flip."""
    two = World(backends=(0.0, 0.3), closes=True, path=Path(spikes=0.0), timeout_s=timeout_s)
    done = runs(two, question, 500, skew_s=0.0)
    misjudged = wrong(
        (run for run in done if judge_date(run.reading, LIMITS).proven),
        lambda run: {severity(truth_s, LIMITS) for truth_s in run.truths_s} == {judge_date(run.reading, LIMITS).status},
    )
    assert len(misjudged) <= 0.06 * len(done)
    assert sum(run.flagged or run.holds(run.reading.fresh) for run in done) >= 0.75 * len(done)


# --- A `Date` with little time: what there is of it is used, to the end and not beyond ---

TIMES_S = [tenths / 10 for tenths in range(2, 60)] + [6.0, 7.0, 8.0, 10.0]
WORLDS = {
    "lan": World(path=Path(0.0004, spikes=0.0)),
    "near": World(path=Path(0.005)),
    "far": World(path=Path(0.05, spikes=0.0)),
    "uneven": World(path=Path(0.05, out=0.9)),
    "farther": World(path=Path(0.4, spikes=0.0)),
    "unknown": World(path=Path(0.01, spikes=0.0), headers=()),
    "closes": World(path=Path(0.05, spikes=0.0), closes=True),
    "tls": World(path=Path(0.005, spikes=0.0), closes=True, opening_s=0.02),
}
SKEWS_S = (0.0, 0.06, -0.2, 3.0, -7200.3)


class _Timed(SimulatedTransport):
    """Notes when the first reply had come."""

    first_at_s: float | None = None

    def exchange(self, request: Request, at_s: float, *, anew: bool = False) -> Reply | Trouble:
        """Carry it out."""
        came = super().exchange(request, at_s, anew=anew)
        if self.first_at_s is None and isinstance(came, Reply):
            self.first_at_s = self.elapsed_s()
        return came


class _Run(NamedTuple):
    reading: DateReading
    transport: _Timed


def _runs(world: World, timeout_s: float, question: Question, seeds: Iterable[int]) -> list[_Run]:
    """Return the runs that came to a reading."""
    done = []
    for seed in seeds:
        skew_s = SKEWS_S[seed % len(SKEWS_S)] + random.Random(seed).uniform(0, 1e-3)
        transport = _Timed(world._replace(skew_s=skew_s, timeout_s=timeout_s), seed)
        reading = measure(TARGET, question, transport)
        if isinstance(reading, DateReading):
            done.append(_Run(reading, transport))
    return done


@pytest.mark.parametrize("full", [False, True], ids=["decide", "full"])
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_time_is_used_to_its_end_and_not_beyond(world: World, *, full: bool) -> None:
    """More than one request wherever another round trip fits in, no more than allowed, all done by then, and true."""
    question = Question((0.1, 1.0), full=full)
    for timeout_s in TIMES_S:
        for reading, transport in _runs(world, timeout_s, question, range(len(SKEWS_S))):
            where = (timeout_s, reading)
            late_s = 0.1 if world.closes else 1e-6  # nothing ends opening a connection, in this simulation
            assert transport.elapsed_s() <= timeout_s + late_s, where
            assert transport.requests == reading.requests <= question.max_requests, where
            assert reading.fresh.low_s <= transport.truth_s() <= reading.fresh.high_s, where
            assert transport.first_at_s is not None
            opens_s = 4 * reading.min_rtt_s + 0.06 if world.closes else 0.0
            if timeout_s - transport.first_at_s > opens_s + 2 * reading.min_rtt_s + 0.01:
                assert reading.requests > 1, where
            if reading.requests == 1:
                assert (reading.ended, reading.confirmed) == (Ended.DEADLINE, False), where


def test_two_seconds_are_enough_to_tell_where_the_second_moves_on() -> None:
    """At 50 ms and of a clock that is right: a handful of requests, and a few tenths of a second that are left open."""
    right = [run for run in _runs(WORLDS["far"], 2.0, DECIDE, range(500)) if abs(run.transport.truth_s()) < 0.1]
    assert sorted(run.reading.requests for run in right)[len(right) // 10] >= 3
    assert sorted(run.reading.fresh.width_s for run in right)[len(right) // 2] <= 0.3
    told = [judge_date(run.reading, LIMITS).status for run in right]
    assert told.count(Status.OK) >= 0.5 * len(told)
    assert Status.CRITICAL not in told


def test_a_coarse_range_is_no_alarm_where_there_is_time_to_look_closer() -> None:
    """A clock that is right and 2.3 s of time: what was confirmed used to be a range of a second, mostly a warning."""
    right = [run for run in _runs(WORLDS["far"], 2.3, DECIDE, range(300)) if abs(run.transport.truth_s()) < 0.1]
    told = [judge_date(run.reading, LIMITS).status for run in right]
    assert told.count(Status.WARNING) <= 0.4 * len(told)
    assert sum(run.reading.confirmed for run in right) >= 0.8 * len(right)


@pytest.mark.parametrize("timeout_s", [0.5, 2.0, 5.0])
def test_the_program_uses_its_time(timeout_s: float) -> None:
    """A real process and a real server: it ends in time, and asks more than once if it had the time to ask at all."""
    with HttpServer() as server:
        began_s = time.monotonic()
        run = command.api(server.url, "-t", f"{timeout_s}s")
        assert time.monotonic() - began_s < timeout_s + 30  # the machine may be slow, but nothing hangs
    (host,) = run.report["api"]["hosts"]
    assert run.report["duration_s"] <= timeout_s + 0.2
    assert host["fresh_low_s"] <= 0 <= host["fresh_high_s"]
    assert host["requests"] > 1 or host["ended"] == "deadline"


@pytest.mark.parametrize("full", [False, True], ids=["decide", "full"])
@pytest.mark.parametrize("rtt_s", [0.05, 0.4, 1.0, 2.5])
def test_the_time_that_is_said_to_be_enough_is(rtt_s: float, *, full: bool) -> None:
    """For a second request always, and nearly always to settle it: on every path on which one request was all."""
    question, again = Question((0.1, 1.0), full=full), []
    for timeout_s in (3.0 * rtt_s, 3.5 * rtt_s, 4.0 * rtt_s):
        world = World(path=Path(rtt_s, spikes=0.0))
        for seed in range(40):
            for reading, transport in _runs(world, timeout_s, question, [seed]):
                if reading.once_only:
                    run = LocalRun(EPOCH_S, transport.elapsed_s(), step_s=0.0, slew_ppm=0.0, wander_s=0.0)
                    survey = ApiSurvey(None, (ApiHost(Role.URL, "sim", reading),), run, cut_short=True, full=full)
                    part = ApiPart(survey, judge_date(reading, LIMITS), None)
                    enough_s = Case(Asked("api", full=full), LIMITS, api=part).enough_s
                    assert enough_s is not None
                    assert enough_s > timeout_s
                    again += [done.reading for done in _runs(world, enough_s, question, [seed])]
    assert len(again) > 20
    assert min(reading.requests for reading in again) > 1
    assert sum(reading.ended is Ended.DEADLINE for reading in again) <= 0.05 * len(again)
