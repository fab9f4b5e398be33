"""The local clock while it is being measured: steps and slewing are noticed and allowed for, and what fakes it is."""

import pytest

from skewcheck.measure.consensus import agree
from skewcheck.measure.localclock import ClockSources, LocalClock, system_sources
from skewcheck.measure.poll import _covering, _set_by
from skewcheck.model import Interval, NoReading, Pace, Reading

SECOND_NS = 1_000_000_000


class Host:
    """The clocks of a host and of a process on it, which a test moves by hand."""

    def __init__(self) -> None:
        """Start all its clocks."""
        self.wall_ns = self.kernel_ns = 1_800_000_000 * SECOND_NS
        self.monotonic_ns = self.raw_ns = 0
        self.reading_takes_ns = self.asking_takes_ns = 0
        """What a look at the time of day takes, and one at the kernel's, in all clocks."""
        self.refuses = False

    def wait(self, seconds: float, *, slew_ppm: float = 0.0, rate: float = 1.0, real_monotonic: bool = False) -> None:
        """Let *seconds* of true time go by, while a daemon pulls the clock, or a fake tells of another length."""
        true_ns = round(seconds * SECOND_NS)
        steered_ns = round(true_ns * (1 + slew_ppm * 1e-6))
        self.kernel_ns += steered_ns
        self.wall_ns += round(steered_ns * rate)
        self.monotonic_ns += round(steered_ns * (1.0 if real_monotonic else rate))
        self.raw_ns += round(true_ns * (1.0 if real_monotonic else rate))

    def clock(self, *, other_rate: bool = False) -> LocalClock:
        """Return the clock under test, on this host."""
        return LocalClock(
            ClockSources(
                self._wall, lambda: self.monotonic_ns, lambda: self.raw_ns, 0.0, self._kernel, other_rate=other_rate
            )
        )

    def _wall(self) -> int:
        self.monotonic_ns += self.reading_takes_ns
        return self.wall_ns

    def _kernel(self) -> int:
        if self.refuses:
            raise OSError("refused")
        self.wait(self.asking_takes_ns / SECOND_NS)
        return self.kernel_ns


def test_a_step_in_the_middle_is_noticed_and_not_measured() -> None:
    """Local time goes on as it was; the step is reported with its sign and size."""
    host = Host()
    clock = host.clock()
    host.wait(1)
    host.wall_ns -= 7 * SECOND_NS
    host.kernel_ns -= 7 * SECOND_NS
    host.wait(1)
    assert clock.now_s() == pytest.approx(1_800_000_002)
    run = clock.finish()
    assert run.step_s == pytest.approx(-7)
    assert run.ended_at_s == pytest.approx(1_799_999_995)
    assert run.wander_s == 0
    assert run.duration_s == pytest.approx(2)


def test_a_jump_too_small_for_a_step_widens_every_range() -> None:
    """Half a millisecond may be the noise of reading three clocks; it is allowed for all the same."""
    host = Host()
    clock = host.clock()
    host.wall_ns += 500_000
    host.kernel_ns += 500_000
    run = clock.finish()
    assert run.step_s == 0
    assert run.wander_s == pytest.approx(0.0005)


def test_slewing_is_seen_against_the_hardware_counter() -> None:
    """A daemon that pulls by 800 ppm over 2 s moves the clock by 1.6 ms, which every range allows for."""
    host = Host()
    clock = host.clock()
    host.wait(2, slew_ppm=-800)
    run = clock.finish()
    assert run.step_s == 0
    assert run.slew_ppm == pytest.approx(-800, rel=1e-2)
    assert run.wander_s == pytest.approx(0.0016)


def test_a_slew_there_and_back_is_added_up() -> None:
    """8 % for a second each way: the clock is where it was, and whoever read it in between has to allow for both."""
    host = Host()
    clock = host.clock()
    host.wait(1, slew_ppm=80_000)
    there_s = clock.travelled_s()
    host.wait(1, slew_ppm=-80_000)
    run = clock.finish()
    assert there_s == pytest.approx(0.08)
    assert run.wander_s == pytest.approx(0.16)
    assert run.slew_ppm == pytest.approx(0, abs=1e-3)
    assert clock.travelled_s() == pytest.approx(0.16)


def test_a_clock_that_is_pulled_back_past_its_start_has_moved_all_the_same() -> None:
    """As far from its start as before, on the other side: that is twice as far, and not nothing."""
    host = Host()
    clock = host.clock()
    host.wait(1, slew_ppm=40_000)
    before_s = clock.travelled_s()
    host.wait(2, slew_ppm=-40_000)
    assert clock.travelled_s() - before_s == pytest.approx(0.08)


def test_without_a_hardware_counter_no_slew_is_claimed() -> None:
    """Windows has none: 0, not a guess."""
    host = Host()
    sources = ClockSources(lambda: host.wall_ns, lambda: host.monotonic_ns, None, 0.0156)
    clock = LocalClock(sources)
    host.wait(1, slew_ppm=900)
    assert clock.finish().slew_ppm == 0
    assert clock.resolution_s == pytest.approx(0.0156)


def test_the_time_that_reading_the_clocks_takes_is_part_of_the_resolution() -> None:
    """A host that was interrupted between two readings doesn't know its time any better than that."""
    host = Host()
    host.reading_takes_ns = 40_000
    assert host.clock().resolution_s == pytest.approx(40e-6)


def test_this_host_can_be_read() -> None:
    """The system's own clocks: a short run neither steps nor slews, and takes no time to speak of."""
    clock = LocalClock(system_sources())
    run = clock.finish()
    assert run.step_s == 0
    assert 0 <= run.duration_s < 1
    assert run.wander_s < 0.001


READINGS = [Reading(name, "192.0.2.1", 0.5, Interval(0.4, 0.6), 0.01, ()) for name in "abc"]


@pytest.mark.parametrize(
    ("step_s", "skew_s", "interval"),
    [(-0.5, 0.0, Interval(-0.1, 0.6)), (0.5, 1.0, Interval(0.4, 1.1)), (0.0, 0.5, Interval(0.4, 0.6))],
)
def test_after_a_step_the_range_covers_both_clocks_and_the_estimate_is_the_new_one(
    step_s: float, skew_s: float, interval: Interval
) -> None:
    """Set back by 0.5 s, a clock that was 0.5 s ahead is right, but was measured before."""
    silent = NoReading("d", None, "no-reply", "", rejected=False)
    outcomes: list[Reading | NoReading] = [*READINGS, silent]
    agreed = _covering(agree([_set_by(outcome, step_s) for outcome in outcomes]), step_s)
    assert agreed.skew_s == pytest.approx(skew_s)
    assert agreed.interval == pytest.approx(interval)


def test_a_step_makes_no_verdict_where_there_was_none() -> None:
    """Nobody answered: the step changes nothing about that."""
    assert _covering(agree([]), 7.0).interval is None


# --- The kernel's clock beside this process's ---


def test_an_honest_process_runs_at_the_kernels_pace() -> None:
    """However long each look takes: nothing is noticed, and no range gets wider."""
    process = Host()
    process.asking_takes_ns = 5_000_000
    clock = process.clock()
    for _ in range(100):
        process.wait(0.1)
        clock.travelled_s()
    run = clock.finish()
    assert (run.pace, run.wander_s, run.step_s) == (Pace.TRUE, 0, 0)


@pytest.mark.parametrize("step_s", [7, 60, -7])
def test_a_clock_that_is_set_and_a_host_that_sleeps_are_no_fake(step_s: int) -> None:
    """The kernel's own time moves with the time of day, and the monotonic clock does not."""
    process = Host()
    clock = process.clock()
    process.wall_ns += step_s * SECOND_NS
    process.kernel_ns += step_s * SECOND_NS
    run = clock.finish()
    assert run.pace is Pace.TRUE
    assert [run.step_s, run.wander_s] == pytest.approx([step_s, 0])


def test_a_clock_that_is_slewed_is_no_fake() -> None:
    """Only the hardware's counter is not, which is seen as ever."""
    process = Host()
    clock = process.clock()
    process.wait(1, slew_ppm=80_000)
    run = clock.finish()
    assert run.pace is Pace.TRUE
    assert run.wander_s == pytest.approx(0.08)


@pytest.mark.parametrize("rate", [-1.0, 0.0, 0.1, 0.5, 0.9, 0.99, 1.01, 2.0, 10.0, 100.0])
def test_another_rate_is_noticed_and_allowed_for(rate: float) -> None:
    """All clocks of the process agree with each other, and every range allows for how far they ran off."""
    process = Host()
    clock = process.clock()
    process.wait(0.3, rate=rate)
    run = clock.finish()
    assert run.pace is Pace.OTHER
    assert run.wander_s == pytest.approx(0.3 * abs(rate - 1))
    assert run.step_s == 0


@pytest.mark.parametrize("rate", [0.0, 0.1, 2.0])
def test_a_time_of_day_that_alone_runs_at_another_rate_is_noticed(rate: float) -> None:
    """The monotonic clock measures as it should, and the range covers what the time of day did, as after a step."""
    process = Host()
    clock = process.clock()
    process.wait(0.3, rate=rate, real_monotonic=True)
    run = clock.finish()
    assert run.pace is Pace.OTHER
    assert [run.wander_s, run.step_s] == pytest.approx([0, 0.3 * (rate - 1)])


def test_there_and_back_between_two_looks_is_noticed() -> None:
    """At the end all is as it was; what was read in between is off by what it was then."""
    process = Host()
    clock = process.clock()
    process.wait(1, rate=1.05)
    clock.travelled_s()
    process.wait(1, rate=0.95)
    run = clock.finish()
    assert run.pace is Pace.OTHER
    assert run.wander_s == pytest.approx(0.1)


def test_less_than_any_fake_is_allowed_for_all_the_same() -> None:
    """It is no reason to doubt the clock, and no reason to leave it out of a range."""
    process = Host()
    clock = process.clock()
    process.wait(0.5, rate=1.001)
    run = clock.finish()
    assert run.pace is Pace.TRUE
    assert run.wander_s == pytest.approx(0.0005)


def test_what_is_told_to_run_otherwise_is_believed() -> None:
    """Even where it is too early to notice it; and where the kernel can't be asked how far it is by now."""
    process = Host()
    assert process.clock(other_rate=True).finish().pace is Pace.OTHER
    process.refuses = True
    clock = process.clock(other_rate=True)
    process.wait(1, rate=0.1)
    assert clock.finish().pace is Pace.OPEN
    assert process.clock().finish().pace is Pace.TRUE


def test_a_kernel_that_refuses_later_is_not_asked_again() -> None:
    """A filter of system calls can come at any time: what was noticed by then stays."""
    process = Host()
    clock = process.clock()
    process.refuses = True
    process.wait(1, rate=0.5)
    assert clock.finish().pace is Pace.TRUE
    process.refuses = False
    clock = process.clock()
    process.wait(1, rate=0.5)
    clock.travelled_s()
    process.refuses = True
    clock.travelled_s()
    assert clock.finish().pace is Pace.OPEN
