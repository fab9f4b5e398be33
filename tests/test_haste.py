"""A `Date` with little time: what there is of it is used, to the end and not beyond."""

import random
import time
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from bench import command
from bench.simulated_http import EPOCH_S, TARGET, Path, SimulatedTransport, World

from skewcheck.judge.case import Case
from skewcheck.judge.severity import judge_date
from skewcheck.lab.http import HttpServer
from skewcheck.measure.addresses import Trouble
from skewcheck.measure.date_evidence import Question, Reply, Request
from skewcheck.measure.date_search import measure
from skewcheck.model import ApiHost, ApiPart, ApiSurvey, DateReading, Ended, LocalRun, Role, Status, Thresholds
from skewcheck.model import Request as Asked

LIMITS = Thresholds(0.1, 1.0)
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
    right = [
        run for run in _runs(WORLDS["far"], 2.0, Question((0.1, 1.0)), range(500)) if abs(run.transport.truth_s()) < 0.1
    ]
    assert sorted(run.reading.requests for run in right)[len(right) // 10] >= 3
    assert sorted(run.reading.fresh.width_s for run in right)[len(right) // 2] <= 0.3
    told = [judge_date(run.reading, LIMITS).status for run in right]
    assert told.count(Status.OK) >= 0.5 * len(told)
    assert Status.CRITICAL not in told


def test_a_coarse_range_is_no_alarm_where_there_is_time_to_look_closer() -> None:
    """A clock that is right and 2.3 s of time: what was confirmed used to be a range of a second, mostly a warning."""
    right = [
        run for run in _runs(WORLDS["far"], 2.3, Question((0.1, 1.0)), range(300)) if abs(run.transport.truth_s()) < 0.1
    ]
    told = [judge_date(run.reading, LIMITS).status for run in right]
    assert told.count(Status.WARNING) <= 0.4 * len(told)
    assert sum(run.reading.confirmed for run in right) >= 0.8 * len(right)


@pytest.mark.slow
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
