"""The kernel's own time of day beside this process's clocks: what fakes these can fake them all, but not that one.

A library that lets time run at another rate (libfaketime's `x0.1`) scales every round trip, and the hardware's counter
with it: from within nothing tells.
"""

from collections.abc import Callable
from typing import NamedTuple

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
