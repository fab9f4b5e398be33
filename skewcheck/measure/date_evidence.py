"""What is asked of a host about its clock, what replies with a `Date` prove, and what has to be allowed for. Pure.

The server stamped the reply after the request was sent and before the reply was received, and the stamp may be old
by a lag, but is never from the future:  sent - date - 1 - lag  <=  local - server  <=  received - date.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from skewcheck.measure import headers
from skewcheck.measure.addresses import Trouble
from skewcheck.measure.headers import parse_date
from skewcheck.measure.localclock import DRIFT_PPM
from skewcheck.model import Certificate, DateExchange, Interval, Lag, Mix, OddDate, Role, Security, Stale, StampedBy

# --- What is asked of a host about its clock, and what carries the question there ---


class Request(NamedTuple):
    """What to ask for: a method and a path."""

    method: str
    path: str


class Question(NamedTuple):
    """What is to be found out, and at what cost."""

    limits_s: tuple[float, ...]
    """Thresholds on the absolute skew; the question is settled when none lies inside of the range."""
    full: bool = False
    """As narrow as can be, instead of until the thresholds are settled."""
    max_requests: int = 16
    date_fresh: bool = False
    """The user vouches for it that this server's `Date` is fresh."""
    connections: int = 1
    """To so many in all at most, of which the search has one: what is left of the requests goes over the others."""
    thorough: bool = False
    """To all of them, a request each beyond *max_requests*, one after the other."""


class Target(NamedTuple):
    """A host to ask."""

    role: Role
    host: str
    """Its name, and its port where it isn't the usual one; safe to show."""
    url: str
    """Scheme, host, port and path, safe to show."""
    requests: tuple[Request, ...]
    """Tried in turn until the reply to one has a `Date`."""


class Reply(NamedTuple):
    """The headers of one reply, as they came: nothing in them is safe to show yet."""

    sent_s: float
    """Local time of day just before the first byte went out."""
    received_s: float
    """Local time of day just after the last byte of the headers was in."""
    connection: int
    """Counted from 1."""
    status: int
    headers: Mapping[str, str]
    """By names in lower case; what came several times joined by `, `."""
    security: Security
    address: str | None
    certificate: Certificate | None = None
    proxied: bool = False
    requests: int = 1
    """That went out for it: two where the first was lost with its connection."""
    opening_s: float = 0.0
    """What opening its connection took; 0 where there was one."""
    travel_s: float = 0.0
    """How far the local clock had been slewed, back and forth added up, when the first byte went out."""


class Transport(Protocol):
    """One host, reached: a clock, a deadline and a connection."""

    def now_s(self) -> float:
        """Return the local time of day: one reading of it, carried on by the monotonic clock."""

    def left_s(self) -> float:
        """Return the seconds until the deadline; from 0 down it is over."""

    def travelled_s(self) -> float:
        """Return how far the local clock has been slewed since the start, back and forth added up."""

    def exchange(self, request: Request, at_s: float, *, anew: bool = False) -> Reply | Trouble:
        """Send *request* at the local time *at_s*, at once if that is past, on a connection opened before.

        With *anew* the connection there is gets dropped first.
        """

    def spread(self, request: Request, moments_s: Sequence[float], stops: Callable[[Reply], bool]) -> "Spread":
        """Begin to send *request* at these local times, each over a new connection that is opened before.

        The connections go to all addresses of the host in turn. After a reply that *stops* no more are sent.
        """


class Spread(Protocol):
    """Requests over connections of their own, under way."""

    @property
    def stopped(self) -> bool:
        """Tell whether a reply has ended it."""

    def collect(self, patience_s: float) -> "list[Reply | Trouble]":
        """Return what came so far, and until *patience_s* after the last of the moments; no more are sent then.

        There is nothing of what was neither sent nor answered by then.
        """


class Progress(NamedTuple):
    """What is known so far."""

    host: str
    requests: int
    fresh: Interval


# --- What replies prove, each alone and all together, and what it means when they exclude each other ---

_FLOAT_S = 1e-6
"""A time of day in a float: one unit in the last place is 0.24 µs today."""
_LEAST_OF_RTT = 0.8
"""The fastest way there and the fastest way back may be those of two requests, which is a little less than one."""
STILL_S = 1.05
"""From one reply to the next, so that one clock that runs can't have stamped both with the same `Date`."""

_STILL_REPLIES = 3


SET_S = 365 * 86400
"""A `Date` in 1970 is that of a clock which nobody has set since its start."""


class Evidence(NamedTuple):
    """One exchange, and what happened to the local clock before it."""

    exchange: DateExchange
    travel_s: float
    """As `Reply.travel_s`."""
    aged: bool = False
    """Its `Date` may be of any age: only the high end counts."""
    odd: OddDate | None = None
    """What is malformed in its `Date`."""


def evidence_of(reply: Reply) -> Evidence | None:
    """Return what *reply* says by its `Date`; None where it has none that can be read, or that was ever set."""
    said = parse_date(reply.headers.get("date", ""), reply.received_s)
    if said is None or said.unix_s < SET_S:
        return None
    exchange = DateExchange(reply.sent_s, reply.received_s, said.unix_s, reply.status, reply.connection)
    return Evidence(exchange, reply.travel_s, headers.stale(reply.headers) is not None, said.odd)


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


_LATE_LIMIT = 0.5
_LATE_S = 0.05
"""So late, as a share of the least threshold and in seconds, a `Date` may be at times before two clocks are suspected:
a busy event loop seldom holds up the timer that renews it for longer, and no verdict turns on less."""
_USUAL, _QUICK = 1.25, 0.8
"""What a round trip takes with a quarter to spare; and the share of them that are quick."""
_HANDSHAKES = 3.0
"""Round trips to a new connection, at least: TCP, TLS, and one to spare."""
_OPENING = 1.5
"""How much longer than usual the next connection may take to open."""


class Record:
    """One host's replies, in the order in which they came."""

    def __init__(self, question: Question, travelled_s: Callable[[], float]) -> None:
        """Begin with nothing; *travelled_s* tells how far the local clock has been slewed, all its way."""
        self._question, self._travelled_s = question, travelled_s
        self.pieces: list[Evidence] = []
        self.replies: list[Reply] = []
        self.stale: Stale | None = None
        """Why no reply bounds the other side, once that is known."""
        self.odd_date: OddDate | None = None
        """What is malformed in the first `Date` that is."""
        self._crossed_s = 0.0
        """By how much replies have excluded each other; what was proven stays so when the bounds grow old."""
        self._one_clock = True
        """What excludes each other by little is taken for late, until nothing speaks for that any more."""

    def believe(self, reply: Reply) -> bool:
        """Take the reply for evidence; tell whether it has a `Date`."""
        piece = evidence_of(reply)
        if piece is None:
            return False
        self.odd_date = self.odd_date or piece.odd
        self.pieces.append(piece)
        self.replies.append(reply)
        self._crossed_s = max(self._crossed_s, self._crossing_s())
        return True

    def age_all_before(self, number: int) -> None:
        """Take the first *number* of `Date`s for ones of any age from now on."""
        self.pieces[:number] = [piece._replace(aged=True) for piece in self.pieces[:number]]
        self._crossed_s = self._crossing_s()

    # --- Ranges

    def now(self) -> Now:
        """Return the moment of the last reply, which the ranges speak of."""
        return Now(self.pieces[-1].exchange.received_s, self._travelled_s())

    def _crossing_s(self) -> float:
        return max(0.0, -together(self.pieces, headers.FRESH_S, self.now()).width_s)

    @property
    def contradicted(self) -> bool:
        """Tell whether replies exclude each other by more than a `Date` that is a little late at times explains."""
        return self._crossed_s > 0 and self._late_s() > self._tolerance_s()

    @property
    def spread_s(self) -> float:
        """By how much they do; 0 where they don't, and where no reply can be held against another."""
        return self._crossed_s if self.stale is None and self.contradicted else 0.0

    @property
    def late_s(self) -> float:
        """By how much a `Date` was late at least, where that is why replies would exclude each other; else 0."""
        lateness_s = headers.FRESH_S + self._crossed_s
        return 0.0 if self.stale is not None or self.contradicted or self._crossed_s == 0 else lateness_s

    def doubt_lateness(self) -> None:
        """Take replies that exclude each other for those of two clocks, by however little they do."""
        self._one_clock = False

    def _late_s(self) -> float:
        """Return how late it must have been for that: one clock leaves a range open that is a round trip wide."""
        return headers.FRESH_S + self._crossed_s + self.rtt_s()

    def allowance_s(self) -> float:
        """Return how late a `Date` may be that counts as fresh."""
        return headers.FRESH_S if self.late_s == 0 else self._late_s()

    def fresh(self) -> Interval:
        """Return the range if the `Date` is fresh; its ends are crossed where replies exclude each other."""
        return together(self.pieces, self.allowance_s(), self.now())

    def confirmable(self) -> Interval:
        """Return the range outside of which one clock contradicts itself beyond all that is tolerated of it.

        Two clocks that are far apart may exclude each other by little at first: near the flip of one of them.
        """
        fresh, tolerance_s = self.fresh(), self._tolerance_s()
        before_s = 0.0 if self.late_s == 0 else max(0.0, tolerance_s - self.allowance_s())
        return Interval(fresh.low_s - before_s, fresh.high_s + max(0.0, tolerance_s - self.rtt_s()))

    def range(self, lag_s: float, now: Now) -> Interval:
        """Return the range with that lag; where replies exclude each other it holds every clock that was seen."""
        if self.stale is not None:
            # one old `Date`, and surely not the clocks of two
            bounds = together if self.stale is Stale.CACHED or stands_still(self.pieces) else hull
            return Interval(-math.inf, bounds(self.pieces, headers.FRESH_S, now).high_s)
        if self.contradicted:
            return hull(self.pieces, lag_s, now)
        return together(self.pieces, lag_s, now)

    def mix(self, now: Now) -> Mix | None:
        """Return how replies that exclude each other are spread; None where they don't."""
        return mix(self.pieces, headers.FRESH_S, now) if self.spread_s > 0 else None

    # --- What the headers tell

    def lag(self) -> Lag:
        """Return the worst lag that any of the replies has to be allowed."""
        if self.stale is not None:
            return headers.CACHED if self.stale is Stale.CACHED else headers.FROZEN
        if self._question.date_fresh:
            return headers.SAYS_SO
        lags = [headers.lag(reply.headers) for reply in self.replies]
        return max(lags, key=lambda lag: (lag.max_s, not lag.known))

    def _tolerance_s(self) -> float:
        """Return how late a `Date` may be at times: not at all where one of the servers is known to be fresh."""
        least_s = min(headers.lag(reply.headers).max_s for reply in self.replies)
        if not self._one_clock or self._question.date_fresh or least_s <= headers.FRESH_S:
            return 0.0
        return self.alike_s()

    def alike_s(self) -> float:
        """Return by how little the clocks of two nodes may differ and count as one: no verdict turns on less."""
        return min(_LATE_S, _LATE_LIMIT * min(self._question.limits_s, default=math.inf))

    def stamped_by(self) -> StampedBy:
        """Return whose clock wrote the `Date`s, where they agree on that."""
        found = {headers.stamped_by(reply.headers) for reply in self.replies}
        return found.pop() if len(found) == 1 else StampedBy.UNKNOWN

    # --- The path

    def rtt_s(self) -> float:
        """Return the shortest round trip."""
        return min(piece.exchange.delay_s for piece in self.pieces)

    def slow_rtt_s(self) -> float:
        """Return the round trip that one of five takes longer than."""
        delays_s = sorted(piece.exchange.delay_s for piece in self.pieces)
        return max(_USUAL * delays_s[0], delays_s[int(_QUICK * (len(delays_s) - 1))])

    def lead_s(self) -> float:
        """Return what passes before a request can go out: where each reply ends its connection, a new one opens."""
        closes = self.replies[-1].headers.get("connection", "").strip().lower() == "close"
        if len(self.replies) > 1:
            closes = closes or self.replies[-1].connection != self.replies[-2].connection
        if not closes:
            return 0.0
        # what ciphers cost is no matter of round trips; the first one has waited for a name and for a list of CAs, too
        took_s = [reply.opening_s for reply in self.replies if reply.opening_s > 0]
        usual_s = sorted(took_s[1:] or took_s or [0.0])[len(took_s[1:]) // 2]
        return max(_HANDSHAKES * self.rtt_s(), _OPENING * usual_s)
