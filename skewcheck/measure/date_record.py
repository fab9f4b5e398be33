"""What the replies of one host came to so far: the ranges that they prove, and what had to be allowed for. Pure."""

import math
from collections.abc import Callable

from skewcheck.measure import date_bounds, freshness
from skewcheck.measure.date_bounds import Evidence, Now
from skewcheck.measure.date_header import parse_date
from skewcheck.measure.date_question import Question, Reply
from skewcheck.model import DateExchange, Interval, Lag, Mix, Stale, StampedBy

_LATE_LIMIT = 0.5
_LATE_S = 0.05
"""So late, as a share of the least threshold and in seconds, a `Date` may be at times before two clocks are suspected:
a busy event loop seldom holds up the timer that renews it for longer, and no verdict turns on less."""
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
        self._crossed_s = 0.0
        """By how much replies have excluded each other; what was proven stays so when the bounds grow old."""
        self._one_clock = True
        """What excludes each other by little is taken for late, until nothing speaks for that any more."""

    def believe(self, reply: Reply) -> bool:
        """Take the reply for evidence; tell whether it has a `Date`."""
        date_s = parse_date(reply.headers.get("date", ""), reply.received_s)
        if date_s is None:
            return False
        cached = freshness.stale(reply.headers) is not None
        exchange = DateExchange(reply.sent_s, reply.received_s, date_s, reply.status, reply.connection)
        self.pieces.append(Evidence(exchange, reply.travel_s, cached))
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
        return max(0.0, -date_bounds.together(self.pieces, freshness.FRESH_S, self.now()).width_s)

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
        lateness_s = freshness.FRESH_S + self._crossed_s
        return 0.0 if self.stale is not None or self.contradicted or self._crossed_s == 0 else lateness_s

    def doubt_lateness(self) -> None:
        """Take replies that exclude each other for those of two clocks, by however little they do."""
        self._one_clock = False

    def _late_s(self) -> float:
        """Return how late it must have been for that: one clock leaves a range open that is a round trip wide."""
        return freshness.FRESH_S + self._crossed_s + self.rtt_s()

    def allowance_s(self) -> float:
        """Return how late a `Date` may be that counts as fresh."""
        return freshness.FRESH_S if self.late_s == 0 else self._late_s()

    def fresh(self) -> Interval:
        """Return the range if the `Date` is fresh; its ends are crossed where replies exclude each other."""
        return date_bounds.together(self.pieces, self.allowance_s(), self.now())

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
            bounds = date_bounds.together if self._surely_stale() else date_bounds.hull
            return Interval(-math.inf, bounds(self.pieces, freshness.FRESH_S, now).high_s)
        if self.contradicted:
            return date_bounds.hull(self.pieces, lag_s, now)
        return date_bounds.together(self.pieces, lag_s, now)

    def _surely_stale(self) -> bool:
        """Tell whether it is one old `Date`, and can't be the clocks of two."""
        return self.stale is Stale.CACHED or date_bounds.stands_still(self.pieces)

    def mix(self, now: Now) -> Mix | None:
        """Return how replies that exclude each other are spread; None where they don't."""
        return date_bounds.mix(self.pieces, freshness.FRESH_S, now) if self.spread_s > 0 else None

    # --- What the headers tell

    def lag(self) -> Lag:
        """Return the worst lag that any of the replies has to be allowed."""
        if self.stale is not None:
            return freshness.CACHED if self.stale is Stale.CACHED else freshness.FROZEN
        if self._question.date_fresh:
            return freshness.SAYS_SO
        lags = [freshness.lag(reply.headers) for reply in self.replies]
        return max(lags, key=lambda lag: (lag.max_s, not lag.known))

    def _tolerance_s(self) -> float:
        """Return how late a `Date` may be at times: not at all where one of the servers is known to be fresh."""
        least_s = min(freshness.lag(reply.headers).max_s for reply in self.replies)
        if not self._one_clock or self._question.date_fresh or least_s <= freshness.FRESH_S:
            return 0.0
        return min(_LATE_S, _LATE_LIMIT * min(self._question.limits_s, default=math.inf))

    def stamped_by(self) -> StampedBy:
        """Return whose clock wrote the `Date`s, where they agree on that."""
        found = {freshness.stamped_by(reply.headers) for reply in self.replies}
        return found.pop() if len(found) == 1 else StampedBy.UNKNOWN

    # --- The path

    def rtt_s(self) -> float:
        """Return the shortest round trip."""
        return min(piece.exchange.delay_s for piece in self.pieces)

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
