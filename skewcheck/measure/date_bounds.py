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
_LEAST_OF_RTT = 0.8
"""The fastest way there and the fastest way back may be those of two requests, which is a little less than one."""
STILL_S = 1.05
"""From one reply to the next, so that one clock that runs can't have stamped both with the same `Date`."""

_STILL_REPLIES = 3


class Evidence(NamedTuple):
    """One exchange, and what happened to the local clock before it."""

    exchange: DateExchange
    travel_s: float
    """As `Reply.travel_s`."""
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


def too_narrow(fresh: Interval, rtt_s: float) -> bool:
    """Tell whether the range is narrower than one clock's can be: the two ways together take a round trip.

    Two clocks whose replies happen to fit look like that, and one that was set in the middle.
    """
    return fresh.width_s < _LEAST_OF_RTT * rtt_s


def unmoved(pieces: Sequence[Evidence]) -> list[DateExchange]:
    """Return the last exchanges, all those from which on the `Date` was always the same."""
    last, found = pieces[-1].exchange, []
    for piece in reversed(pieces):
        if piece.exchange.date_s != last.date_s:
            break
        found.append(piece.exchange)
    return found[::-1]


def stands_still(pieces: Sequence[Evidence]) -> bool:
    """Tell whether the `Date` was the same in three replies, each so long after the one before that it moves on.

    Two don't tell: of two clocks that take turns, the one that is behind can say what the other said before.
    """
    count, from_s = 0, -math.inf
    for exchange in unmoved(pieces):
        if exchange.sent_s >= from_s:
            count, from_s = count + 1, exchange.received_s + STILL_S
    return count >= _STILL_REPLIES


def mix(pieces: Sequence[Evidence], lag_s: float, now: Now) -> Mix:
    """Tell how replies that exclude each other are spread over the connections."""
    groups: dict[int, list[Evidence]] = {}
    for piece in pieces:
        groups.setdefault(piece.exchange.connection, []).append(piece)
    agree = all(together(group, lag_s, now).width_s >= 0 for group in groups.values())
    told = any(len(group) > 1 for group in groups.values())  # one reply a connection agrees with itself, always
    return Mix.CONNECTIONS if agree and told and len(groups) > 1 else Mix.REQUESTS
