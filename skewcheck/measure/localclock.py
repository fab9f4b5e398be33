"""Local time while it is being measured: one reading of the wall clock, carried on by the monotonic clock.

A step of the wall clock in the middle of a measurement is then noticed instead of measured. The monotonic
clock is steered too (time daemons slew it); the raw hardware counter, where the system has one, shows that.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from skewcheck.model import LocalRun, Pace

DRIFT_PPM = 100.0
"""How far an undisciplined quartz may run off (RFC 5905 assumes 15 ppm, of a disciplined one). Every bound
grows by this with the age of what it rests on."""
STEP_S = 1e-3
"""A jump of the time of day below this is taken into the range's width, and from here on named a step."""
_TRIES = 3
_NS = 1e-9


class ClockSources(NamedTuple):
    """The clocks of a host, as functions that return nanoseconds; a test brings its own."""

    wall_ns: Callable[[], int] = time.time_ns
    monotonic_ns: Callable[[], int] = time.perf_counter_ns
    raw_ns: Callable[[], int] | None = None
    """The hardware counter that no daemon steers; None where the system has none."""
    resolution_s: float = 0.0
    """The grain of the wall clock (15.6 ms on older Windows)."""
    kernel_ns: Callable[[], int] | None = None
    """The kernel's own time of day, which no library replaces; raises OSError. None where it can't be asked."""
    other_rate: bool = False
    """What fakes this process's clocks is told to let them run at another rate."""


def system_sources() -> ClockSources:
    """Return the clocks of this host."""
    raw_id = getattr(time, "CLOCK_MONOTONIC_RAW", None)
    return ClockSources(
        raw_ns=None if raw_id is None else lambda: time.clock_gettime_ns(raw_id),
        resolution_s=time.get_clock_info("time").resolution,
    )


class _Stamp(NamedTuple):
    """All clocks read as one moment, and how long that took."""

    wall_ns: int
    monotonic_ns: int
    raw_ns: int
    spread_ns: int

    @property
    def slewed_ns(self) -> int:
        """How far the monotonic clock is ahead of the hardware's: what counts is how that changes."""
        return self.monotonic_ns - self.raw_ns


class LocalClock:
    """The time of day as it was at the start, carried on by the monotonic clock. All in seconds."""

    def __init__(self, sources: ClockSources | None = None) -> None:
        """Read the clocks once; from now on only the monotonic one counts, until `finish`."""
        self._sources = system_sources() if sources is None else sources
        self._start = self._seen = self._read()
        self._travel_ns = 0
        self._witness = Witness(self._sources.wall_ns, self._sources.monotonic_ns, self._sources.kernel_ns)
        self._lock = threading.Lock()
        self.resolution_s = self._sources.resolution_s + self._start.spread_ns * _NS
        """By how much a time of day told by this clock can be off from the wall clock's own."""

    def elapsed_s(self) -> float:
        """Return the seconds since the start; deadlines are counted in these."""
        return (self._sources.monotonic_ns() - self._start.monotonic_ns) * _NS

    def now_s(self) -> float:
        """Return the local time of day, Unix seconds."""
        return (self._start.wall_ns + self._sources.monotonic_ns() - self._start.monotonic_ns) * _NS

    def travelled_s(self) -> float:
        """Look how far the clock has been slewed since the start: all its way, back and forth added up.

        It is as if each stretch between two looks were straight, so look at the moments that a range rests on.
        """
        return self._look()[1] * _NS

    def finish(self) -> LocalRun:
        """Read all clocks again and tell what the local clock did since the start."""
        end, travel_ns = self._look()
        elapsed_ns = end.monotonic_ns - self._start.monotonic_ns
        noise_ns = self._start.spread_ns + end.spread_ns
        jump_s = (end.wall_ns - self._start.wall_ns - elapsed_ns) * _NS
        slewed_ns = end.slewed_ns - self._start.slewed_ns
        stepped = abs(jump_s) > STEP_S + self._sources.resolution_s
        slewing = abs(slewed_ns) > noise_ns and elapsed_ns > 0
        return LocalRun(
            ended_at_s=end.wall_ns * _NS,
            duration_s=elapsed_ns * _NS,
            step_s=jump_s if stepped else 0.0,
            slew_ppm=slewed_ns / elapsed_ns * 1e6 if slewing else 0.0,
            wander_s=(travel_ns + self._witness.travel_ns) * _NS + (0.0 if stepped else abs(jump_s)),
            pace=self._pace(),
        )

    def _pace(self) -> Pace:
        if not (self._sources.other_rate or self._witness.differs):
            return Pace.TRUE
        return Pace.OTHER if self._witness.there else Pace.OPEN

    def _look(self) -> tuple[_Stamp, int]:
        """Read the clocks; return that, and how many nanoseconds of slewing there were from look to look so far."""
        with self._lock:
            last, self._seen = self._seen, self._read()
            self._travel_ns += abs(self._seen.slewed_ns - last.slewed_ns)
            self._witness.look()
            return self._seen, self._travel_ns

    def _read(self) -> _Stamp:
        """Read the wall clock between two readings of the monotonic one; of a few tries keep the tightest."""
        return min((self._read_once() for _ in range(_TRIES)), key=lambda stamp: stamp.spread_ns)

    def _read_once(self) -> _Stamp:
        wall_ns, monotonic_ns, raw_ns = self._sources.wall_ns, self._sources.monotonic_ns, self._sources.raw_ns
        before_ns = monotonic_ns()
        now_ns, raw = wall_ns(), raw_ns() if raw_ns is not None else None
        after_ns = monotonic_ns()
        middle_ns = (before_ns + after_ns) // 2
        return _Stamp(now_ns, middle_ns, middle_ns if raw is None else raw, after_ns - before_ns)


# --- The kernel's own time of day beside this process's clocks ---
#
# What fakes these can fake them all, but not that one. A library that lets time run at another rate (libfaketime's
# `x0.1`) scales every round trip, and the hardware's counter with it: from within nothing tells.

FAKED_NS = 1_000_000
"""Below this two clocks are the same: a coarse one ticks each millisecond or more seldom, and nobody fakes less."""

Clock = Callable[[], int]


class _Ahead(NamedTuple):
    """How far the kernel's time is ahead of two clocks of this process, as bounds: each is read before it and after."""

    wall_ns: tuple[int, int]
    monotonic_ns: tuple[int, int]


class Witness:
    """Watches how far the kernel's time and this process's run apart. Nanoseconds."""

    def __init__(self, wall_ns: Clock, monotonic_ns: Clock, kernel_ns: Clock | None) -> None:
        """Look for the first time; *kernel_ns* raises OSError where it can't be asked, None is the same."""
        self._wall_ns, self._monotonic_ns, self._kernel_ns = wall_ns, monotonic_ns, kernel_ns
        self._surely_ns = self._perhaps_ns = 0
        self.differs = False
        """The distance has changed, so this process's time runs otherwise than the kernel's."""
        self._last = self._read()
        self._all = self._last

    @property
    def there(self) -> bool:
        """Tell whether the kernel can be asked."""
        return self._all is not None

    @property
    def travel_ns(self) -> int:
        """How far what fakes them has moved the clocks that measure, back and forth added up.

        Where nothing does, what can be explained by the time that it takes to read clocks is none.
        """
        return self._perhaps_ns if self.differs else self._surely_ns

    def look(self) -> None:
        """Compare once more."""
        now = self._read()
        if now is None or self._last is None or self._all is None:
            self._all = None
            return
        # Where the clock itself was set, the time of day has not moved against the kernel's; where that alone is faked,
        # the monotonic clock, by which is measured, hasn't.
        self._surely_ns += min(map(_nearest, self._last, now))
        self._perhaps_ns += min(map(_farthest, self._last, now))
        self._last = now
        self._all = _Ahead(*(_shared(before, after) for before, after in zip(self._all, now, strict=True)))
        low_ns, high_ns = self._all.wall_ns
        self.differs = self.differs or low_ns - high_ns > FAKED_NS

    def _read(self) -> _Ahead | None:
        if self._kernel_ns is None:
            return None
        wall_ns, monotonic_ns = self._wall_ns(), self._monotonic_ns()
        try:
            kernel_ns = self._kernel_ns()
        except OSError:
            return None
        monotonic_after_ns, wall_after_ns = self._monotonic_ns(), self._wall_ns()
        return _Ahead(
            _bounds(kernel_ns - wall_ns, kernel_ns - wall_after_ns),
            _bounds(kernel_ns - monotonic_ns, kernel_ns - monotonic_after_ns),
        )


def _bounds(one_ns: int, other_ns: int) -> tuple[int, int]:
    """Return them in order: faked time can run backwards."""
    return min(one_ns, other_ns), max(one_ns, other_ns)


def _nearest(before: tuple[int, int], after: tuple[int, int]) -> int:
    """Return how far apart two values in these ranges are at least."""
    return max(0, after[0] - before[1], before[0] - after[1])


def _farthest(before: tuple[int, int], after: tuple[int, int]) -> int:
    """Return how far apart two values in these ranges can be."""
    return max(abs(after[1] - before[0]), abs(after[0] - before[1]))


def _shared(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return the range in which both values lie if they are one; its ends are crossed where they can't be."""
    return max(one[0], other[0]), min(one[1], other[1])
