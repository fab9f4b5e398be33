"""Several clocks behind one name: which of them is off and by how much, for which share of connections. Pure.

Each reply bounds the clock that wrote it, from above whatever its age. So where UTC is known each is held against that,
and else against the one that most connections reach.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck.judge.severity import OFF, severities, severity
from skewcheck.model import ApiHost, DateReading, Interval, Nodes, Security, SeenClock, Status, Thresholds

EXAMPLE_SHARE = 1 / 8
"""Of connections that one node of eight serves: what is missed is told of that."""
WORTH_CONNECTIONS = 24
"""That miss such a node in one run of 25."""
_SURE = 0.95


class Look(NamedTuple):
    """What was found behind one name."""

    host: ApiHost
    nodes: Nodes
    ahead: Interval
    """The worst clock - UTC, or that of most connections. The end nearer to 0 is proven, the other one if one clock
    wrote all that is taken for it."""
    by_utc: bool
    worst: int
    """The number of that clock."""
    several: bool
    """Others are off, too."""
    status: Status
    proven: bool
    plain: bool
    """Anybody on the way could have answered."""
    old: bool
    """A `Date` that is older than is assumed of its server would explain it, too: not of one that is ahead of UTC."""

    @property
    def replies(self) -> int:
        """How many connections, or replies, came to that clock."""
        return sum(reply.clock == self.worst for reply in self.nodes.replies)

    @property
    def share(self) -> Interval:
        """Which share of all does, with 95 % certainty; those count for both that fit a right one and one that is off.

        Where only a part of one clock's replies tell it from another, the others can be either's.
        """
        return share_of(self.replies, self.replies + self.nodes.open, len(self.nodes.replies))

    @property
    def address(self) -> str | None:
        """The address whose replies are that clock's, all of them and no others; None where they don't tell by that."""
        found = {reply.address for reply in self.nodes.replies if reply.clock == self.worst}
        others = {reply.address for reply in self.nodes.replies if reply.clock != self.worst}
        return found.pop() if len(found) == 1 and others and not found & others else None


def look(host: ApiHost, utc: Interval | None, limits: Thresholds) -> Look | None:
    """Return what differs behind that name by a limit or more; None where nothing was shown to."""
    reading = host.outcome
    if not isinstance(reading, DateReading) or reading.nodes is None or len(reading.nodes.clocks) < 2:
        return None
    clocks = reading.nodes.clocks
    by_utc = {} if utc is None else _off_utc(clocks, utc, limits)
    off = by_utc or _off_others(clocks, limits)
    if not off:
        return None
    worst = max(off, key=lambda number: abs(off[number].nearest_to_zero()))
    ahead = off[worst]
    narrow = ahead.width_s <= limits.critical_s  # a wider range has no estimate: what is proven is the status
    status = severity(ahead.middle_s if narrow else ahead.nearest_to_zero(), limits)
    settled = severities(ahead, limits) == (status, status)
    old = not reading.lag.known and not (by_utc and ahead.low_s > 0)
    proven = bool(by_utc) and settled and not old and reading.security is Security.VERIFIED
    plain = reading.security is Security.PLAIN
    return Look(host, reading.nodes, ahead, bool(by_utc), worst, len(off) > 1, status, proven, plain, old)


def _off_utc(clocks: Sequence[SeenClock], utc: Interval, limits: Thresholds) -> dict[int, Interval]:
    """Return by how much those clocks are ahead of UTC that are surely off by a limit."""
    ahead = {number: utc.minus(clock.interval) for number, clock in enumerate(clocks)}
    return {n: by for n, by in ahead.items() if severity(by.nearest_to_zero(), limits) in OFF}


def _off_others(clocks: Sequence[SeenClock], limits: Thresholds) -> dict[int, Interval]:
    """Return by how much those clocks are ahead of the first that surely differ from it by a limit."""
    found = {}
    for number, (_, interval, apart_s) in enumerate(clocks[1:], start=1):
        if severity(apart_s, limits) in OFF:
            ahead = clocks[0].interval.minus(interval)
            behind = interval.low_s > clocks[0].interval.low_s
            found[number] = Interval(ahead.low_s, -apart_s) if behind else Interval(apart_s, ahead.high_s)
    return found


class Pair(NamedTuple):
    """A clock that issues tokens, and one that checks them."""

    share: Interval
    """Of first requests."""
    ahead: Interval
    """The issuer's clock - the checker's."""


def pairs(issuer: DateReading, checker: DateReading) -> tuple[Pair, ...]:
    """Return all that a token and its first request can meet; none where each has one clock."""
    issuing, checking = _clocks(issuer), _clocks(checker)
    if len(issuing) == len(checking) == 1:
        return ()
    return tuple(
        Pair(Interval(by.low_s * at.low_s, by.high_s * at.high_s), checks.minus(issues))
        for by, issues in issuing
        for at, checks in checking
    )


def _clocks(reading: DateReading) -> list[tuple[Interval, Interval]]:
    """Return the clocks behind a name: which share of requests each gets, and the local clock - it."""
    nodes = reading.nodes
    if nodes is None or len(nodes.clocks) == 1:
        return [(Interval(1.0, 1.0), reading.range)]
    n, found = len(nodes.replies), []
    for number, (replies, interval, _) in enumerate(nodes.clocks):
        least, most = (replies - nodes.open, replies) if number == 0 else (replies, replies + nodes.open)
        searched = not nodes.per_reply and nodes.replies[0].clock == number
        found.append((share_of(least, most, n), reading.range if searched else interval))
    return found


# --- Chances ---


def missed(share: float, connections: int) -> float:
    """Return in which share of runs nobody reaches a node that serves that *share* of all connections."""
    return float((1 - share) ** connections)


def percent_missed(connections: int) -> int:
    """Return in how many per cent of runs a node that serves 1 connection in 8 is missed."""
    return round(100 * missed(EXAMPLE_SHARE, connections))


def too_few(connections: int, wanted: int) -> bool:
    """Tell whether so many miss far more than what the user *wanted* would have."""
    return percent_missed(connections) > max(_FEW_MISSED, 2 * percent_missed(wanted))


_FEW_MISSED = 5
"""Per cent of runs."""


def share_of(least: int, most: int, n: int) -> Interval:
    """Return between which shares the truth lies, with 95 % certainty, if from *least* to *most* of *n* are of it."""
    sure = (1 + _SURE) / 2
    return Interval(share_low(least, n, sure), share_high(most, n, sure))


def binomial(k: int, n: int, p: float) -> float:
    """Return the chance of at most *k* of *n*."""
    if k >= n or p <= 0:
        return 1.0
    if p >= 1:
        return 0.0
    return min(
        1.0, math.fsum(math.exp(log_comb(n, i) + i * math.log(p) + (n - i) * math.log1p(-p)) for i in range(k + 1))
    )


def share_high(k: int, n: int, sure: float) -> float:
    """Return the upper bound of a share of which *k* of *n* were seen (one side).

    C. J. Clopper, E. S. Pearson: The use of confidence or fiducial limits, Biometrika 26 (1934).
    """
    return 1.0 if k >= n else _root(lambda p: binomial(k, n, p) - (1 - sure))


def share_low(k: int, n: int, sure: float) -> float:
    """Return the lower bound."""
    return 0.0 if k == 0 else _root(lambda p: (1 - sure) - (1 - binomial(k - 1, n, p)))


def log_comb(n: int, k: int) -> float:
    """Return the logarithm of how many ways there are to choose *k* of *n*."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _root(falls: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falls(middle) > 0 else (low, middle)
    return (low + high) / 2
