"""The kernel's clock beside this process's: what fakes them all is noticed, and what is no fake never taken for one."""

import pytest

from skewcheck.measure.localclock import ClockSources, LocalClock
from skewcheck.model import Pace

SECOND_NS = 1_000_000_000


class _Process:
    """The clocks of a process, which a test moves by hand."""

    def __init__(self) -> None:
        self.wall_ns = self.kernel_ns = 1_800_000_000 * SECOND_NS
        self.monotonic_ns = self.raw_ns = 0
        self.read_ns = 0
        """What each look at the kernel's clock takes, in all clocks."""
        self.refuses = False

    def wait(self, seconds: float, *, rate: float = 1.0, real_monotonic: bool = False) -> None:
        """Let true time go by, of which this process's clocks are told another length."""
        true_ns = round(seconds * SECOND_NS)
        told_ns = round(true_ns * rate)
        self.kernel_ns += true_ns
        self.wall_ns += told_ns
        self.monotonic_ns += true_ns if real_monotonic else told_ns
        self.raw_ns += true_ns if real_monotonic else told_ns

    def clock(self, *, other_rate: bool = False) -> LocalClock:
        """Return the clock under test."""
        return LocalClock(
            ClockSources(
                lambda: self.wall_ns,
                lambda: self.monotonic_ns,
                lambda: self.raw_ns,
                kernel_ns=self._kernel,
                other_rate=other_rate,
            )
        )

    def _kernel(self) -> int:
        if self.refuses:
            raise OSError("refused")
        self.wait(self.read_ns / SECOND_NS)
        return self.kernel_ns


def test_an_honest_process_runs_at_the_kernels_pace() -> None:
    """However long each look takes: nothing is noticed, and no range gets wider."""
    process = _Process()
    process.read_ns = 5_000_000
    clock = process.clock()
    for _ in range(100):
        process.wait(0.1)
        clock.travelled_s()
    run = clock.finish()
    assert (run.pace, run.wander_s, run.step_s) == (Pace.TRUE, 0, 0)


def test_a_clock_that_is_set_is_no_fake() -> None:
    """The kernel's own time is set with it."""
    process = _Process()
    clock = process.clock()
    process.wait(1)
    process.wall_ns += 7 * SECOND_NS
    process.kernel_ns += 7 * SECOND_NS
    run = clock.finish()
    assert run.pace is Pace.TRUE
    assert [run.step_s, run.wander_s] == pytest.approx([7, 0])


def test_a_clock_that_is_slewed_is_no_fake() -> None:
    """Only the hardware's counter is not, which is seen as ever."""
    process = _Process()
    clock = process.clock()
    process.wait(1, rate=1.08)
    process.kernel_ns += 80_000_000
    process.raw_ns -= 80_000_000
    run = clock.finish()
    assert run.pace is Pace.TRUE
    assert run.wander_s == pytest.approx(0.08)


def test_a_host_that_sleeps_is_no_fake() -> None:
    """Its monotonic clock stands still meanwhile, and the time of day goes on with the kernel's."""
    process = _Process()
    clock = process.clock()
    process.wall_ns += 60 * SECOND_NS
    process.kernel_ns += 60 * SECOND_NS
    run = clock.finish()
    assert run.pace is Pace.TRUE
    assert [run.step_s, run.wander_s] == pytest.approx([60, 0])


@pytest.mark.parametrize("rate", [-1.0, 0.0, 0.1, 0.5, 0.9, 0.99, 1.01, 2.0, 10.0, 100.0])
def test_another_rate_is_noticed_and_allowed_for(rate: float) -> None:
    """All clocks of the process agree with each other, and every range allows for how far they ran off."""
    process = _Process()
    clock = process.clock()
    process.wait(0.3, rate=rate)
    run = clock.finish()
    assert run.pace is Pace.OTHER
    assert run.wander_s == pytest.approx(0.3 * abs(rate - 1))
    assert run.step_s == 0


@pytest.mark.parametrize("rate", [0.0, 0.1, 2.0])
def test_a_time_of_day_that_alone_runs_at_another_rate_is_noticed(rate: float) -> None:
    """The monotonic clock measures as it should, and the range covers what the time of day did, as after a step."""
    process = _Process()
    clock = process.clock()
    process.wait(0.3, rate=rate, real_monotonic=True)
    run = clock.finish()
    assert run.pace is Pace.OTHER
    assert [run.wander_s, run.step_s] == pytest.approx([0, 0.3 * (rate - 1)])


def test_there_and_back_between_two_looks_is_noticed() -> None:
    """At the end all is as it was; what was read in between is off by what it was then."""
    process = _Process()
    clock = process.clock()
    process.wait(1, rate=1.05)
    clock.travelled_s()
    process.wait(1, rate=0.95)
    run = clock.finish()
    assert run.pace is Pace.OTHER
    assert run.wander_s == pytest.approx(0.1)


def test_less_than_any_fake_is_allowed_for_all_the_same() -> None:
    """It is no reason to doubt the clock, and no reason to leave it out of a range."""
    process = _Process()
    clock = process.clock()
    process.wait(0.5, rate=1.001)
    run = clock.finish()
    assert run.pace is Pace.TRUE
    assert run.wander_s == pytest.approx(0.0005)


def test_what_is_told_to_run_otherwise_is_believed() -> None:
    """Even where it is too early to notice it; and where the kernel can't be asked how far it is by now."""
    process = _Process()
    assert process.clock(other_rate=True).finish().pace is Pace.OTHER
    process.refuses = True
    clock = process.clock(other_rate=True)
    process.wait(1, rate=0.1)
    assert clock.finish().pace is Pace.OPEN
    assert process.clock().finish().pace is Pace.TRUE


def test_a_kernel_that_refuses_later_is_not_asked_again() -> None:
    """A filter of system calls can come at any time: what was noticed by then stays."""
    process = _Process()
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
