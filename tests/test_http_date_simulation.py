"""The search of a `Date` held to its claims over thousands of seeded runs, in simulated time.

Every run draws its skew, its path and the server's phase from its seed; a failure names the seed.
"""

import random
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from bench.simulated_http import TARGET, Path, SimulatedTransport, World

from skewcheck.measure.http_date import Question, measure
from skewcheck.model import DateReading, Ended, Interval, Stale

DECIDE = Question((0.1, 1.0))
FULL = Question((0.1, 1.0), full=True)
WITHIN_100_MS = Question((0.1,))
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
@pytest.mark.parametrize("lag", ["frozen", "frozen-connection"])
def test_a_frozen_date_is_found_and_bounds_one_side(lag: str, question: Question) -> None:
    """Always; and the side that it bounds is true."""
    done = runs(World(lag=lag), question, 300)
    assert wrong(done, lambda run: run.reading.stale is Stale.FROZEN) == []
    assert wrong(done, lambda run: run.holds(run.reading.interval) and run.holds(run.reading.fresh)) == []


def test_a_frozen_date_is_found_in_a_hurry() -> None:
    """Also where the deadline leaves no time to try a new connection."""
    done = runs(World(lag="frozen", timeout_s=3.0), FULL, 300)
    assert wrong(done, lambda run: run.reading.stale is Stale.FROZEN) == []


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
