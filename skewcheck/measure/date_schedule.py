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
_HALF = 0.5
"""Where to aim when the stretch is over before the first reply is back: then both answers cost a second."""
_NARROW = 1.3
_NARROW_S = 5e-3
"""One round trip is the floor, and each further request near it gains little: from 1.3 on one gains nothing."""
_BEFORE = 1.25
"""How many round trips before the stretch a request goes out whose reply is back before it: a quarter is to spare."""
_BEFORE_S = 3e-3
_AFTER_S = 6e-3
"""How far from the stretch both sides stay: more than a bound widens with age, and after it more than a fresh `Date`
may be old. Nearer than that no answer could contradict the range."""
_APART = 1.2
_APART_S = 3e-3
"""From one request of the confirmation to the next, before the flip, in round trips and seconds: sleeping ends late,
and this computer's own share of an exchange varies by more than a short round trip."""
_SETUP_S = 0.03
"""Opening a connection for longer than this would keep two requests of one side so far apart that the flip of a
second clock fits in between, and the one that is far from the flip would not see it."""
_MORE_SECONDS = 3
"""How much longer it takes if each request waits for a second of its own."""
EACH_SIDE = 2
"""Requests of the confirmation before the flip, and as many after it: of two clocks that take turns each is asked."""
_LATE = 0.1
_LATE_S = 1e-3
"""How late the last request before the flip may go out, in round trips and seconds: well within the margin."""


class Plan(NamedTuple):
    """One request of the confirmation."""

    at_s: float
    latest_s: float
    """After this its answer is not certain."""
    new: bool
    """It goes out after the flip into `second`, and not before it."""
    second: int


def decided(fresh: Interval, limits_s: Sequence[float]) -> bool:
    """Tell whether no threshold on the absolute skew lies inside of the range."""
    return not any(fresh.low_s < edge_s < fresh.high_s for limit_s in limits_s for edge_s in (-limit_s, limit_s))


def narrow(fresh: Interval, rtt_s: float) -> bool:
    """Tell whether the range is about as narrow as this path allows."""
    return fresh.width_s <= _NARROW * rtt_s + _NARROW_S


def next_search_s(fresh: Interval, rtt_s: float, now_s: float, setup_s: float) -> float:
    """Return when to send so that the reply splits the range best; *setup_s* is what opening a connection takes."""
    ready_s = now_s + setup_s
    open_s = max(1e-4, fresh.width_s - rtt_s)  # what is not known about the flip
    aim = _PART if (_LAST_PART - _PART) * open_s > rtt_s + setup_s else _HALF
    second = math.ceil(ready_s - fresh.low_s - aim * open_s)
    part = (ready_s - (second - 1 + fresh.low_s)) / open_s
    return ready_s if aim < part <= _LAST_PART else second + fresh.low_s + aim * open_s


def open_at(fresh: Interval, rtt_s: float, at_s: float) -> bool:
    """Tell whether it isn't known which second a reply is stamped with whose request is sent at *at_s*."""
    return math.ceil(at_s - fresh.low_s) - (at_s - fresh.low_s) > 1 - max(0.0, fresh.width_s - rtt_s)


def confirmation(
    fresh: Interval, rtt_s: float, now_s: float, setup_s: float, sides: Sequence[bool], *, left_s: float = math.inf
) -> tuple[Plan, ...]:
    """Return requests whose answers are certain if the range is true: before the flip of a second, then after it.

    *sides* has False if those before are wanted, True if those after are. Two and two in this order: the answers
    of two clocks that take turns can't fit them. *setup_s* is what opening a connection takes before each. Where that
    is long, each is sent in a second of its own if *left_s* allows: as near to the flip as a quick one.
    """
    apart_s = _APART * rtt_s + _APART_S + setup_s
    last_s, first_s = fresh.low_s - _BEFORE * rtt_s - _BEFORE_S, fresh.high_s + _AFTER_S
    slow = setup_s > _SETUP_S and thorough_s(fresh, rtt_s, setup_s) < left_s
    opening_s = last_s - (0 if slow else EACH_SIDE - 1) * apart_s if False in sides else first_s
    second = math.ceil(now_s + setup_s - opening_s)
    late_s = _LATE * rtt_s + _LATE_S
    plans = []
    if False in sides:
        for n in range(EACH_SIDE):
            flip = second + n if slow else second
            at_s = flip + last_s - (0 if slow else EACH_SIDE - 1 - n) * apart_s
            plans.append(Plan(at_s, flip + last_s + late_s, new=False, second=flip))
        second = plans[-1].second + (slow and first_s - last_s < apart_s)
    if True in sides:
        flips = [second + n if slow else second for n in range(EACH_SIDE)]
        plans += [Plan(flip + first_s, math.inf, new=True, second=flip) for flip in flips]
    return tuple(plans)


def confirmation_s(fresh: Interval, rtt_s: float, setup_s: float) -> float:
    """Return how long that takes at most on an even path."""
    return 1 + fresh.width_s + 5 * rtt_s + _APART_S + 4 * setup_s


def thorough_s(fresh: Interval, rtt_s: float, setup_s: float) -> float:
    """Return how long it takes where each request gets a second of its own if opening a connection takes long."""
    return confirmation_s(fresh, rtt_s, setup_s) + (_MORE_SECONDS if setup_s > _SETUP_S else 0)
