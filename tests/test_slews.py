"""A local clock that is pulled there and back during a run: every range allows for all of the way that it went."""

import random
import selectors
import socket
import time
from collections.abc import Iterator

import pytest
from bench.simulated_http import TARGET, Path, SimulatedTransport, World
from bench.slewed import Pull, SlewedHost

from skewcheck.lab.ntp import NtpServer
from skewcheck.measure.addresses import Address
from skewcheck.measure.date_evidence import Question
from skewcheck.measure.date_search import measure
from skewcheck.measure.localclock import DRIFT_PPM
from skewcheck.measure.poll import ServerPoll, poll_servers
from skewcheck.measure.servers import Server, parse_server
from skewcheck.model import DateReading, Family, LocalRun, NoReading, Pace, Reading, ServerList

MAX_RATE = 0.1
FASTEST_FAKE = 0.95
"""Backwards is not for this test: NTP's own tests refuse a reply that came before its request."""
RUNS = 400


class _VirtualTime:
    """True time that goes on when it is told to, for the client and for the server in its own thread."""

    def __init__(self) -> None:
        self.ns = 0
        self.out_s = 0.0
        self._stamps = 0

    def pass_(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)

    def elapsed_ns(self) -> int:
        return self.ns

    def server_s(self) -> float:
        """Return the server's clock; the request has come its way before the first of the two stamps of a reply."""
        self._stamps += 1
        if self._stamps % 2:
            self.pass_(self.out_s)
        return 1_800_000_000 + self.ns * 1e-9


@pytest.fixture(scope="module")
def virtual() -> Iterator[tuple[_VirtualTime, NtpServer]]:
    """Return virtual time, and a real server whose clock goes by it."""
    true = _VirtualTime()
    with NtpServer(clock=true.server_s, root_delay_s=0.0, root_dispersion_s=0.0) as server:
        yield true, server


def pulls(chance: random.Random, seconds: float, most: float = MAX_RATE) -> list[Pull]:
    """Return one of the ways to pull a clock for *seconds*, by 1 % or more: most end where they began."""
    rate = chance.uniform(0.01, most) * chance.choice((1, -1))
    periods = chance.randint(2, 5)
    rest_s = chance.uniform(0, seconds)
    return chance.choice((
        [Pull(seconds / 2, rate), Pull(seconds / 2, -rate)],
        [Pull(seconds / 2 / periods, rate), Pull(seconds / 2 / periods, -rate)] * periods,
        [Pull(rest_s, 0.0), Pull((seconds - rest_s) / 2, rate), Pull((seconds - rest_s) / 2, -rate)],
        [Pull(seconds / 4, rate), Pull(seconds / 2, -rate), Pull(seconds / 4, rate)],
        [Pull(seconds / 3, rate), Pull(seconds, -rate / 2)],
        [Pull(seconds, rate)],
    ))  # fmt: skip


def one_run(
    virtual: tuple[_VirtualTime, NtpServer], seed: int, *, still: bool = False, faked: bool = False
) -> tuple[Reading | NoReading, LocalRun, float]:
    """Take 1 to 8 samples of a real server in virtual time; return what came of it and the true skew at its end."""
    true, server = virtual
    chance, samples = random.Random(seed), seed % 8 + 1
    true.ns = 0
    before_s, after_s = chance.uniform(0, 1.5), chance.uniform(0, 1.5)
    seconds = before_s + 2.0 * (samples - 1) + after_s
    most = FASTEST_FAKE if faked else MAX_RATE
    host = SlewedHost([] if still else pulls(chance, seconds, most), true.elapsed_ns, faked=faked)
    clock = host.clock()
    true.pass_(before_s)  # its name takes a while to be resolved
    named = parse_server(f"{server.address[0]}:{server.address[1]}")
    with selectors.DefaultSelector() as selector:
        voter = ServerPoll(named, samples=samples, alone=False, clock=clock, selector=selector)
        true.out_s = chance.uniform(0, 2e-3)
        voter.found([Address(socket.AF_INET, server.address)])
        (channel,) = voter._channels
        while not voter.finished:
            if channel.requests > len(voter.samples):
                assert selector.select(5), seed
                true.pass_(chance.uniform(0, 2e-3))
                voter.hear(channel)
            else:
                true.out_s = chance.uniform(0, 2e-3)
                due_s = voter.act(clock.elapsed_s())
                true.pass_(max(0.0, due_s - clock.elapsed_s()) + 1e-6)
    true.pass_(after_s)  # others are waited for
    run = clock.finish()
    return voter.outcome(run, waited_for=True), run, host.ahead_s()


def test_the_truth_is_inside_of_what_ntp_proves_however_the_clock_is_pulled(
    virtual: tuple[_VirtualTime, NtpServer],
) -> None:
    """Pulled by 1 to 10 %, there and back, over several periods, with 1 to 8 samples: inside each time."""
    outside, silent = [], []
    for seed in range(RUNS):
        outcome, _, ahead_s = one_run(virtual, seed)
        if not isinstance(outcome, Reading):
            silent.append(seed)
        elif not outcome.interval.low_s <= ahead_s <= outcome.interval.high_s:
            outside.append(seed)
    assert outside == []
    assert silent == []


def test_what_fakes_the_clocks_is_never_taken_for_the_kernels_pace(virtual: tuple[_VirtualTime, NtpServer]) -> None:
    """The hardware's counter is faked as well, so nothing but the kernel tells. All are inside even so."""
    outside, believed = [], []
    for seed in range(RUNS):
        outcome, run, ahead_s = one_run(virtual, seed, faked=True)
        assert isinstance(outcome, Reading), (seed, outcome)
        if not outcome.interval.low_s <= ahead_s <= outcome.interval.high_s:
            outside.append(seed)
        if abs(ahead_s) > 2e-3 and run.pace is not Pace.OTHER:
            believed.append(seed)
    assert outside == []
    assert believed == []


def test_a_clock_that_is_not_pulled_costs_no_width(virtual: tuple[_VirtualTime, NtpServer]) -> None:
    """The range is that of the best samples, and what drift may be, as ever."""
    for seed in range(50):
        outcome, run, ahead_s = one_run(virtual, seed, still=True)
        assert isinstance(outcome, Reading)
        assert outcome.interval.low_s <= ahead_s <= outcome.interval.high_s
        assert (run.wander_s, run.pace) == (0, Pace.TRUE)
        drift_s = DRIFT_PPM * 1e-6 * run.duration_s
        assert outcome.interval.width_s <= outcome.delay_s + 2 * drift_s + 1e-5


@pytest.mark.slow
def test_what_was_read_in_the_middle_of_a_pull_holds_at_its_end() -> None:
    """Two samples each of three real servers, one resolved late, while the clock is pulled by 8 % and back."""
    began_ns = time.perf_counter_ns()
    host = SlewedHost(
        [Pull(0.9, 0.08), Pull(0.9, -0.08)], lambda: time.perf_counter_ns() - began_ns, wall_ns=time.time_ns()
    )
    with NtpServer() as a, NtpServer() as b, NtpServer() as c:
        at = {"a": a.address, "b": b.address, "c": c.address}

        def resolver(host: str, _port: int, _family: Family) -> list[Address]:
            time.sleep(0.9 if host == "c.test" else 0.0)
            return [Address(socket.AF_INET, at[host.removesuffix(".test")])]

        servers = [Server(name, f"{name}.test") for name in at]
        found = poll_servers(
            servers, ServerList.NAMED, timeout_s=10.0, samples=2, clock=host.clock(), resolver=resolver
        )
    readings = [vote.outcome for vote in found.consensus.votes if isinstance(vote.outcome, Reading)]
    assert [(r.server, len(r.exchanges), r.interval.low_s <= 0 <= r.interval.high_s) for r in readings] == [
        (name, 2, True) for name in at
    ]
    assert found.local.wander_s == pytest.approx(0.144, abs=0.02)


@pytest.mark.parametrize("rtt_s", [0.0004, 0.05])
@pytest.mark.parametrize("full", [False, True], ids=["decide", "full"])
def test_the_truth_is_inside_of_what_a_date_proves_however_the_clock_is_pulled(rtt_s: float, *, full: bool) -> None:
    """The same of replies with a `Date`: pulled back past where it began, a clock has moved all the same."""
    outside = []
    for seed in range(RUNS):
        chance = random.Random(seed)
        world = World(
            skew_s=chance.uniform(-3, 3),
            path=Path(rtt_s, spikes=0.0),
            pulls=tuple(pulls(chance, chance.uniform(0.5, 6))),
            timeout_s=20.0,
        )
        transport = SimulatedTransport(world, seed)
        reading = measure(TARGET, Question((0.1, 1.0), full=full), transport)
        assert isinstance(reading, DateReading)
        if not reading.fresh.low_s <= transport.truth_s() <= reading.fresh.high_s:
            outside.append(seed)
    assert outside == []
