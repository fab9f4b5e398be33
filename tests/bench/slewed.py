"""A host whose clock is pulled, there and back as a test wants it, while true time goes on as it does."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck.measure.localclock import ClockSources, LocalClock

_SECOND_NS = 1_000_000_000


class Pull(NamedTuple):
    """For so long the clock is pulled so hard."""

    seconds: float
    rate: float
    """Seconds per second; 0.1 is what chrony does at most (`maxslewrate`)."""


class SlewedHost:
    """The clocks of a host: the wall clock and the monotonic one are pulled together, the hardware counter is not.

    *faked*: nor is the kernel's time of day, and the hardware counter is pulled with the others, in this process alone.
    """

    def __init__(
        self,
        pulls: Sequence[Pull],
        elapsed_ns: Callable[[], int],
        wall_ns: int = 1_800_000_000_000_000_000,
        *,
        faked: bool = False,
    ) -> None:
        """Begin now; *elapsed_ns* counts true time, and at its 0 the wall clock shows *wall_ns*."""
        self._pulls, self._elapsed_ns, self._wall_ns, self._faked = pulls, elapsed_ns, wall_ns, faked

    def clock(self) -> LocalClock:
        """Return the clock that is tested, on this host."""
        raw_ns = self._steered_ns if self._faked else self._elapsed_ns
        return LocalClock(ClockSources(self._told_ns, self._steered_ns, raw_ns, kernel_ns=self._kernel_ns))

    def ahead_s(self, elapsed_ns: int | None = None) -> float:
        """Return how far the local clock has been pulled by *elapsed_ns*, or by now."""
        left_s = (self._elapsed_ns() if elapsed_ns is None else elapsed_ns) / _SECOND_NS
        ahead_s = 0.0
        for pull in self._pulls:
            ahead_s += min(left_s, pull.seconds) * pull.rate
            left_s -= pull.seconds
            if left_s <= 0:
                break
        return ahead_s

    def _told_ns(self) -> int:
        return self._wall_ns + self._steered_ns()

    def _kernel_ns(self) -> int:
        return self._wall_ns + (self._elapsed_ns() if self._faked else self._steered_ns())

    def _steered_ns(self) -> int:
        elapsed_ns = self._elapsed_ns()
        return elapsed_ns + round(self.ahead_s(elapsed_ns) * _SECOND_NS)
