"""Many clocks behind one name: when to ask on connections of their own, and how many clocks their replies need. Pure.

A balancer hands each connection to a node of its choice, so one connection sees one clock. Each reply bounds the clock
that wrote it; ranges of different connections are held against each other, and never made into one range of one clock
but to count the clocks that it takes to explain them all.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.measure import headers
from skewcheck.measure.date_evidence import Now, Record, Reply, alone, evidence_of
from skewcheck.model import Interval, NodeReply, Nodes, SeenClock

PACE_S = 0.28
"""From one connection of a thorough look to the next: 24 of them take more than 6 s."""
_GOLDEN = (math.sqrt(5) - 1) / 2
"""Its multiples fall evenly into a second, and in step with no balancer's turns."""
_BEYOND = 1.2
"""Of the least limit: so far from the flip, and more, a request of a thorough look is aimed."""
ASIDE_S = 0.02
"""By so much at least a request keeps out of the way of the search's own ones, which are nearer to the flip."""
_JITTER_S = 0.15
"""So much farther from the flip a request may be aimed, that several needn't go out at one moment."""
_BEFORE_S, _AFTER_S = 3e-3, 6e-3
"""As the confirmation's: before the flip, the round trip aside, and after it."""


class Unit(NamedTuple):
    """What stands for itself: all that one connection's replies prove together, or one reply."""

    interval: Interval
    address: str | None


# --- When to ask ---


def paced(n: int, from_s: float) -> list[float]:
    """Return *n* moments of a thorough look, spread evenly over the seconds and over each second."""
    return [from_s + PACE_S * number for number in range(n)]


def aimed(moments: Sequence[float], fresh: Interval, rtt_s: float, limits_s: Sequence[float] = ()) -> list[float]:
    """Return *moments*, each put off until just before the flip of the clock whose range is *fresh*, or just after it.

    A clock that is ahead of that one is seen before its flip, one that is behind after it, if it is so by more than the
    request is from the flip: its reply proves that much. So with limits it is a little more than the least. *rtt_s* is
    what a round trip may take. Which side is next follows the sequence of Thue and Morse: no balancer takes its turns
    in step with that.
    """
    beyond_s = max(ASIDE_S, _BEYOND * min(limits_s, default=0.0))
    jitter_s = _JITTER_S if limits_s else 0.0
    return [
        _next(at_s, fresh, rtt_s, beyond_s + jitter_s * (number * _GOLDEN % 1), before=number.bit_count() % 2 == 1)
        for number, at_s in enumerate(moments)
    ]


def _next(at_s: float, fresh: Interval, rtt_s: float, by_s: float, *, before: bool) -> float:
    phase_s = fresh.high_s + _AFTER_S + by_s
    if before:
        phase_s = fresh.low_s - rtt_s - _BEFORE_S - by_s
    return math.ceil(at_s - phase_s) + phase_s


# --- What it takes to explain the replies ---


def explained(units: Sequence[Unit], tolerance_s: float) -> tuple[tuple[NodeReply, ...], tuple[SeenClock, ...], int]:
    """Return the units with the clocks that they need, and how many of the first one's fit another, too.

    There are as few clocks as can be, and the first is the one that most units fit; of several such, the first unit's.
    One that differs from it by no more than *tolerance_s* is taken for it.
    """
    # Where as many as can be overlap, one of them ends.
    numbers, clocks = min((_around(units, unit.interval.high_s) for unit in units), key=_cost)
    far = [at for at, clock in enumerate(clocks) if at and clock.apart_s > tolerance_s]
    kept = [clocks[0], *(clocks[at] for at in far)]
    numbers = [far.index(at) + 1 if at in far else 0 for at in numbers]
    fitting = [unit for unit, at in zip(units, numbers, strict=True) if at == 0]
    sure = [unit for unit in fitting if all(unit.interval.gap_to(clock.interval) for clock in kept[1:])]
    if sure and len(kept) == len(clocks):  # what may be another's must not narrow the first one's range
        kept[0] = kept[0]._replace(interval=_shared([unit.interval for unit in sure]))
    kept[0] = kept[0]._replace(replies=len(fitting))
    replies = tuple(NodeReply(unit.address, unit.interval, at) for unit, at in zip(units, numbers, strict=True))
    return replies, tuple(kept), len(fitting) - len(sure)


def _around(units: Sequence[Unit], at_s: float) -> tuple[list[int], list[SeenClock]]:
    """Return the clocks that it takes if the first is where *at_s* is, and which of them each unit is counted to."""
    numbers = [0 if unit.interval.low_s <= at_s <= unit.interval.high_s else -1 for unit in units]
    first = _shared([unit.interval for unit, at in zip(units, numbers, strict=True) if at == 0])
    clocks = [SeenClock(numbers.count(0), first, 0.0)]
    for behind in (True, False):
        others = [n for n, at in enumerate(numbers) if at < 0 and (units[n].interval.low_s > at_s) is behind]
        for group, shared in _grouped(units, others, behind=behind):
            for number in group:
                numbers[number] = len(clocks)
            clocks.append(SeenClock(len(group), shared, shared.gap_to(first)))
    return numbers, clocks


def _cost(found: tuple[list[int], list[SeenClock]]) -> tuple[int, int, int]:
    numbers, clocks = found
    return len(clocks), -clocks[0].replies, numbers[0]


def _grouped(units: Sequence[Unit], numbers: Sequence[int], *, behind: bool) -> Iterator[tuple[list[int], Interval]]:
    """Yield the fewest groups of *numbers* each of which shares a value: by whichever range ends first, as is known."""
    left = sorted(numbers, key=lambda n: units[n].interval.high_s if behind else -units[n].interval.low_s)
    while left:
        at_s = units[left[0]].interval.high_s if behind else units[left[0]].interval.low_s
        group = [n for n in left if units[n].interval.low_s <= at_s <= units[n].interval.high_s]
        yield group, _shared([units[n].interval for n in group])
        left = [n for n in left if n not in group]


def _shared(ranges: Sequence[Interval]) -> Interval:
    return Interval(max(r.low_s for r in ranges), min(r.high_s for r in ranges))


def seen(units: Sequence[Unit], asked: int, tolerance_s: float, *, per_reply: bool, stopped: bool) -> Nodes | None:
    """Return what stands behind the name; None where nothing but one connection was seen."""
    if not asked and not per_reply:
        return None
    return Nodes(asked, *explained(units, tolerance_s), per_reply=per_reply, stopped=stopped)


def units_of_search(record: Record, lag_s: float, now: Now) -> list[Unit]:
    """Return what the search's own connection gives: each reply by itself where they exclude each other."""
    if record.spread_s > 0:
        both = zip(record.pieces, record.replies, strict=True)
        return [Unit(alone(piece, lag_s, now), address_of(reply)) for piece, reply in both]
    return [Unit(record.range(lag_s, now), address_of(record.replies[-1]))]


def units_of_others(replies: Sequence[Reply], now: Now, *, fresh: bool) -> list[Unit]:
    """Return what replies of other connections give, those without a `Date` left out; *fresh*: the user says so."""
    units = []
    for reply in replies:
        piece = evidence_of(reply)
        if piece is not None:
            lag = headers.SAYS_SO if fresh else headers.lag(reply.headers)
            units.append(Unit(alone(piece, lag.max_s, now), address_of(reply)))
    return units


def address_of(reply: Reply) -> str | None:
    """Return where *reply* came from, safe to show."""
    return None if reply.address is None else foreign.text(reply.address)
