"""What replies with a `Date` prove, each alone and all together, and what it means when they exclude each other. Pure.

The server stamped the reply after the request was sent and before the reply was received, and the stamp may be old
by a lag, but is never from the future:  sent - date - 1 - lag  <=  local - server  <=  received - date.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.measure.localclock import DRIFT_PPM
from skewcheck.model import DateExchange, Interval, Mix

_FLOAT_S = 1e-6
"""A time of day in a float: one unit in the last place is 0.24 µs today."""
STILL_S = 2.0
"""A `Date` that is the same after this long stands still: no server is known that renews it as seldom."""


class Evidence(NamedTuple):
    """One exchange, and what happened to the local clock before it."""

    exchange: DateExchange
    travel_s: float
    """How far the local clock had been slewed, back and forth added up, when the request was sent."""
    aged: bool = False
    """Its `Date` may be of any age: only the high end counts."""


class Now(NamedTuple):
    """The moment that a range speaks of."""

    at_s: float
    """Local time of day."""
    travel_s: float


def alone(piece: Evidence, lag_s: float, now: Now) -> Interval:
    """Return the range that one exchange proves about *now*: older by as much as the clock may have moved since."""
    exchange = piece.exchange
    low_s = -math.inf if piece.aged else exchange.sent_s - exchange.date_s - 1 - lag_s
    moved_s = DRIFT_PPM * 1e-6 * max(0.0, now.at_s - exchange.sent_s) + max(0.0, now.travel_s - piece.travel_s)
    return Interval(low_s, exchange.received_s - exchange.date_s).widened(moved_s + _FLOAT_S)


def together(pieces: Sequence[Evidence], lag_s: float, now: Now) -> Interval:
    """Return the range that all prove if they speak of one clock; its ends are crossed where they exclude each other.

    Each end comes from whichever reply bounds it best, so slow ones do no harm and nothing is averaged.
    """
    ranges = [alone(piece, lag_s, now) for piece in pieces]
    return Interval(max(r.low_s for r in ranges), min(r.high_s for r in ranges))


def hull(pieces: Sequence[Evidence], lag_s: float, now: Now) -> Interval:
    """Return the range that holds every clock that was seen."""
    ranges = [alone(piece, lag_s, now) for piece in pieces if not piece.aged or all(p.aged for p in pieces)]
    return Interval(min(r.low_s for r in ranges), max(r.high_s for r in ranges))


def stands_still_since(pieces: Sequence[Evidence]) -> float:
    """Return when the request was sent from which on the `Date` was always the last one."""
    since_s, date_s = pieces[-1].exchange.sent_s, pieces[-1].exchange.date_s
    for piece in reversed(pieces):
        if piece.exchange.date_s != date_s:
            break
        since_s = piece.exchange.sent_s
    return since_s


def stands_still(pieces: Sequence[Evidence]) -> bool:
    """Tell whether the `Date` was the same for so long that it must have moved on."""
    return pieces[-1].exchange.sent_s - stands_still_since(pieces) >= STILL_S


def mix(pieces: Sequence[Evidence], lag_s: float, now: Now) -> Mix:
    """Tell how replies that exclude each other are spread over the connections."""
    groups: dict[int, list[Evidence]] = {}
    for piece in pieces:
        groups.setdefault(piece.exchange.connection, []).append(piece)
    agree = all(together(group, lag_s, now).width_s >= 0 for group in groups.values())
    told = any(len(group) > 1 for group in groups.values())  # one reply a connection agrees with itself, always
    return Mix.CONNECTIONS if agree and told and len(groups) > 1 else Mix.REQUESTS
