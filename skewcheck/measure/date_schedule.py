"""When to send the next request, and when to send none. Pure.

The server's second k begins at the local time k + skew. So a range of skew is a stretch of every local second in
which `Date` moves on; a reply stamped inside of it says in which part.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.model import Interval

_PART = 0.36
"""Where in the stretch to aim. A reply with the old second leaves the rest of this second usable at once, one with the
new second costs waiting for the next: so the cheaper answer is made the likelier one."""
_LAST_PART = 0.7
"""Up to here a request in this second is worth more than waiting for the next."""
_NARROW = 1.3
_NARROW_S = 5e-3
"""One round trip is the floor, and each further request near it gains little: from 1.3 on one gains nothing."""
_MARGIN = 0.75
_MARGIN_S = 2e-3
"""How far from the stretch, in round trips, a reply is stamped whose `Date` is certain beforehand."""
_APART = 1.2
"""Round trips from one request of the confirmation to the next, before the flip."""


class Plan(NamedTuple):
    """One request of the confirmation: when, and which side of the flip into second `second` it must fall on."""

    at_s: float
    new: bool
    second: int


def decided(fresh: Interval, limits_s: Sequence[float]) -> bool:
    """Tell whether no threshold on the absolute skew lies inside of the range."""
    return not any(fresh.low_s < edge_s < fresh.high_s for limit_s in limits_s for edge_s in (-limit_s, limit_s))


def narrow(fresh: Interval, rtt_s: float) -> bool:
    """Tell whether the range is about as narrow as this path allows."""
    return fresh.width_s <= _NARROW * rtt_s + _NARROW_S


def next_search_s(fresh: Interval, rtt_s: float, ready_s: float) -> float:
    """Return when to send, from *ready_s* on, so that the reply splits the range best."""
    open_s = max(1e-4, fresh.width_s - rtt_s)  # what is not known about the flip
    second = math.ceil(ready_s - fresh.low_s - _PART * open_s)
    part = (ready_s - (second - 1 + fresh.low_s)) / open_s
    return ready_s if _PART < part <= _LAST_PART else second + fresh.low_s + _PART * open_s


def confirmation(fresh: Interval, rtt_s: float, ready_s: float, sides: Sequence[bool]) -> tuple[Plan, ...]:
    """Return requests whose answers are certain if the range is true: some before the flip of a second, some after.

    *sides* are False for before, which come first, and True for after. Two and two in this order: answers that
    alternate between two clocks can't fit them.
    """
    away_s = fresh.width_s / 2 + _MARGIN * rtt_s + _MARGIN_S
    olds = len(sides) - sum(sides)
    lead_s = away_s + rtt_s / 2 + max(0, olds - 1) * _APART * rtt_s if olds else rtt_s / 2 - away_s
    second = math.ceil(ready_s + lead_s - fresh.middle_s)
    flip_s = second + fresh.middle_s - rtt_s / 2
    before = [flip_s - away_s - later * _APART * rtt_s for later in reversed(range(olds))]
    after = [flip_s + away_s] * sum(sides)
    return (
        *(Plan(at_s, new=False, second=second) for at_s in before),
        *(Plan(at_s, new=True, second=second) for at_s in after),
    )


def confirmation_s(fresh: Interval, rtt_s: float) -> float:
    """Return how long that takes at most on an even path."""
    return 1 + fresh.width_s + 5 * rtt_s
