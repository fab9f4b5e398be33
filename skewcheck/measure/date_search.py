"""The local clock against the `Date` of one HTTP server: when to ask next, when to stop, what it proves. Pure.

`Date` counts whole seconds (RFC 9110 §6.6.1), but when it moves on is a moment much shorter than that. So requests
are sent such that their replies are stamped near that moment; each one rules out what it can't be.
"""

import math
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.measure import headers, nodes
from skewcheck.measure.addresses import Trouble
from skewcheck.measure.date_evidence import (
    Now,
    Progress,
    Question,
    Record,
    Reply,
    Request,
    Spread,
    Target,
    Transport,
    stands_still,
    too_narrow,
    unmoved,
)
from skewcheck.measure.headers import parse_date
from skewcheck.model import DateReading, Ended, Interval, Lag, Nodes, NoReading, Security, Stale

EACH_SIDE = 2
"""Requests of the confirmation before the flip, and as many after it: of two clocks that take turns each is asked."""
_CONFIRMATION = 2 * EACH_SIDE
"""Requests that the search leaves for the confirmation."""
_ROUNDS = 3
"""How often the confirmation is tried: a late reply says nothing about its side of the flip."""
_WIDE_S = 1.0
"""What one reply leaves open at least. A range this wide claims nothing below a second."""
_SILENCE_S = 1.25
"""After this long a server that renews its `Date` on demand once a second has to renew it."""
_TELLING_S = 0.25
"""A thorough look at many connections begins with a range of that width: it tells a clock that is as much off."""
_AGEING_S = 2e-3
"""By how much a bound is widened until the run is over, at most: 100 ppm of what a confirmation and a slower host take.
A threshold nearer to the range than this would be in it by then."""
_SLOW = 1.5
_SLOW_S = 5e-3
"""Round trips that an exchange may take and still be expected to end in time."""
_SPARE_S = 1e-3
"""The last moment to send is so much earlier: who asks for it finds a little later that there still is time."""
_HANDSHAKES = 3.0
"""Round trips to a new connection: TCP, TLS, and one to spare."""
_OPENING_S = 0.15
"""What opening a few connections at once keeps this process busy, at most."""
_HASTE_S, _PATIENCE_S = 0.25, 1.0
"""How long another connection's reply is waited for, beside round trips: by default, and in a thorough look."""
_WEAKEST_FIRST = (Security.PLAIN, Security.DATES_IGNORED, Security.VERIFIED)
_MAX_SHOWN = 60


def measure(
    target: Target, question: Question, transport: Transport, progress: Callable[[Progress], None] | None = None
) -> DateReading | NoReading:
    """Return what the `Date` of *target* proves, about the moment when the last reply was received."""
    search = _Search(target, question, transport, progress)
    nothing = search.open()
    if nothing is not None:
        return nothing
    try:
        ended = _Over(search.run())
    except _Over as over:
        ended = over
    search.look_behind_the_name(ended)
    return search.reading(ended)


class _Over(Exception):  # noqa: N818  # no error: the search is over, and its result stands
    """No more requests may or need be sent."""

    def __init__(self, ended: Ended, detail: str | None = None) -> None:
        super().__init__(ended)
        self.ended = ended
        self.detail = detail


class _Search:
    """One host's replies so far, and what to do about them."""

    def __init__(
        self, target: Target, question: Question, transport: Transport, progress: Callable[[Progress], None] | None
    ) -> None:
        self._target, self._question, self._transport, self._progress = target, question, transport, progress
        self._request = target.requests[0]
        self._record = Record(question, transport.travelled_s)
        self._requests = 0
        self._in_a_row = 0
        """Exchanges without a usable reply since the last one with."""
        self._unique = False
        """A cache was seen: ask for what it can't have."""
        self._reconnected = False
        self._confirmed = False
        self._spread: Spread | None = None
        self._spread_out = 0
        """Requests that are, or were, under way on connections of their own."""
        self._asked_beside = 0
        """Those of them that went out, as far as is known."""
        self._others: list[Reply] = []
        """What came of them."""

    # --- Asking

    def open(self) -> NoReading | None:
        """Try the forms of request until the reply to one has a `Date`; return why there is none."""
        why: NoReading | None = None
        for request in self._target.requests[: self._question.max_requests]:
            self._request = request
            reply = self._transport.exchange(request, self._transport.now_s())
            if isinstance(reply, Trouble):
                self._requests += reply.sent
                why = why or self._nothing(reply.reason, reply.detail, rejected=reply.rejected)
                if not reply.sent or reply.rejected or self._transport.left_s() <= 0:
                    return why
                continue
            self._requests += reply.requests
            if self._believe(reply):
                return None
            if _told_to_stop(reply):
                return self._nothing("rate-limited", _patience(reply), reply)
            why = self._without_date(reply)
        assert why is not None, "there is at least one request to try"
        return why

    def _nothing(self, reason: str, detail: str, reply: Reply | None = None, *, rejected: bool = False) -> NoReading:
        address = None if reply is None else nodes.address_of(reply)
        return NoReading(self._target.host, address, reason, detail, rejected or reply is not None)

    def _without_date(self, reply: Reply) -> NoReading:
        if (date := reply.headers.get("date")) is None:
            return self._nothing("no-date", f"its reply (status {reply.status}) has no Date", reply)
        if parse_date(date, reply.received_s) is not None:
            return self._nothing("date-unset", "its Date was never set: it says 1970", reply)
        return self._nothing("bad-date", f"what it sends as Date is no date: {foreign.header(date, _MAX_SHOWN)}", reply)

    def _ask(self, at_s: float, *, anew: bool = False) -> bool:
        """Send one request at *at_s* and believe what comes; tell whether a usable reply came."""
        if self._requests + self._spread_out >= self._question.max_requests:
            raise _Over(Ended.REQUESTS)
        if self._spread is not None and self._spread.stopped:
            raise _Over(Ended.TOLD_TO_STOP, "the server asks not to be asked")
        self._reserve(at_s, 0.0)
        reply = self._transport.exchange(self._form(), at_s, anew=anew)
        if isinstance(reply, Trouble):
            self._requests += reply.sent
            self._give_up_after(reply.detail, at_once=reply.rejected)
            return False
        self._requests += reply.requests
        usable = self._believe(reply)
        if _told_to_stop(reply):
            raise _Over(Ended.TOLD_TO_STOP, _patience(reply))
        if not usable:
            self._give_up_after("a reply without a readable Date", at_once=False)
        return usable

    def _form(self) -> Request:
        if not self._unique:
            return self._request
        mark = "&" if "?" in self._request.path else "?"
        return Request(self._request.method, f"{self._request.path}{mark}skewcheck={os.urandom(4).hex()}")

    def _reserve(self, at_s: float, more_s: float) -> None:
        """Go on only if a request at *at_s*, and what takes *more_s* after it, can end by the deadline."""
        wait_s = max(self._record.lead_s(), at_s - self._transport.now_s())
        if wait_s + _SLOW * self._record.rtt_s() + _SLOW_S + more_s > self._transport.left_s():
            raise _Over(Ended.DEADLINE)

    def _give_up_after(self, detail: str, *, at_once: bool) -> None:
        self._in_a_row += 1
        if self._transport.left_s() <= 0:
            raise _Over(Ended.DEADLINE, detail)
        if at_once or self._in_a_row > 1:
            raise _Over(Ended.LOST, detail)

    def _believe(self, reply: Reply) -> bool:
        """Take the reply for evidence; tell whether it has a `Date`."""
        record = self._record
        if not record.believe(reply):
            return False
        self._in_a_row = 0
        if self._progress is not None:
            fresh = record.range(record.allowance_s(), record.now())
            self._progress(Progress(self._target.host, self._requests, fresh))
        cached = record.pieces[-1].aged
        if cached and self._unique:
            record.stale = Stale.CACHED
            raise _Over(Ended.STALE)
        self._unique = self._unique or cached
        return True

    def _ready_s(self) -> float:
        return self._transport.now_s() + self._record.lead_s()

    # --- The course of it

    def run(self) -> Ended:
        """Narrow the range as far as the question needs, confirm it, explain what does not fit."""
        if _told_to_stop(self._record.replies[-1]):
            raise _Over(Ended.TOLD_TO_STOP, _patience(self._record.replies[-1]))
        while True:
            ended, late_s = self._narrow(), self._record.late_s
            if not self._record.contradicted:
                self._confirm()
            if self._record.contradicted:
                return self._explain()
            if self._record.late_s == late_s:
                return ended
            # a Date that came late meanwhile: more is allowed for now, and it is another range that is to be confirmed

    def _narrow(self) -> Ended:
        while True:
            fresh, at_s = self._record.fresh(), self._transport.now_s()
            if self._record.contradicted:
                return Ended.CONTRADICTED
            if math.isfinite(fresh.low_s):
                ended = self._narrow_enough(fresh)
                if ended is not None:
                    return ended
                at_s = next_search_s(fresh, self._record.rtt_s(), at_s, self._record.lead_s())
                if not self._leaves_time(at_s, thoroughly=self._is_decided(fresh)):
                    if fresh.width_s < _WIDE_S and self._leaves_time(None):
                        return Ended.DEADLINE  # a coarser range that is confirmed is worth more
                    at_s = self._in_haste(at_s)
            self._ask(at_s)

    def _narrow_enough(self, fresh: Interval) -> Ended | None:
        """Return why the range is as narrow as it has to be, or can be; None where it isn't.

        One that is wider than a second has to be narrower where no time is left to confirm it.
        """
        if fresh.width_s < _WIDE_S or self._leaves_seconds():
            if not self._question.full and self._is_decided(fresh) and not self._wide_for_nodes(fresh):
                return Ended.DECIDED
            if narrow(fresh, self._record.rtt_s()):
                return Ended.NARROW
        return Ended.REQUESTS if self._requests >= self._question.max_requests - _CONFIRMATION else None

    def _wide_for_nodes(self, fresh: Interval) -> bool:
        """Tell whether nodes are to be held against the range, and it is too wide to tell those that are off."""
        return self._question.thorough and fresh.width_s > _TELLING_S

    def _leaves_seconds(self) -> bool:
        """Tell whether a range wider than a second can be confirmed by the deadline."""
        wait_s = self._seconds_later() - self._transport.now_s()
        return wait_s + _SLOW * self._record.rtt_s() + _SLOW_S <= self._transport.left_s()

    def _seconds_later(self) -> float:
        """Return when to ask once more where the range is wider than a second.

        Whole seconds later, so that nothing is narrowed by it, and later than the range is wide: then a `Date` that
        stands still contradicts itself.
        """
        return self._record.pieces[-1].exchange.sent_s + math.ceil(self._record.fresh().width_s + 0.1)

    def _leaves_time(self, at_s: float | None, *, thoroughly: bool = False) -> bool:
        """Tell whether the range can be confirmed by the deadline after a request at *at_s*; None: without one."""
        now_s, setup_s, rtt_s = self._transport.now_s(), self._record.lead_s(), self._record.rtt_s()
        from_s = now_s if at_s is None else at_s + rtt_s
        if setup_s > 0 or thoroughly:
            confirm = thorough_s if thoroughly else confirmation_s
            ends_s = from_s + confirm(self._record.fresh(), rtt_s, setup_s)
        else:
            plans = confirmation(self._record.confirmable(), rtt_s, from_s, setup_s, (False, True))
            ends_s = plans[-1].at_s + EACH_SIDE * (_SLOW * rtt_s + _SLOW_S)
        return ends_s - now_s <= self._transport.left_s()

    def _in_haste(self, at_s: float) -> float:
        """Return when to send with too little time left to confirm: at *at_s*, or at the last moment that tells.

        Raises `_Over` where no moment is left whose answer isn't known.
        """
        now_s, rtt_s = self._transport.now_s(), self._record.rtt_s()
        last_s = now_s + self._transport.left_s() - _SLOW * rtt_s - _SLOW_S - _SPARE_S
        if at_s <= last_s:
            return at_s
        if last_s < now_s + self._record.lead_s() or not open_at(self._record.fresh(), rtt_s, last_s):
            raise _Over(Ended.DEADLINE)
        return last_s

    def _is_decided(self, fresh: Interval) -> bool:
        return decided(fresh.widened(_AGEING_S), self._question.limits_s)

    def _confirm(self) -> None:
        """Ask what the range already answers: a second clock, or one that stands still, would answer otherwise."""
        fresh, last = self._record.fresh(), self._record.pieces[-1].exchange
        if fresh.width_s >= _WIDE_S:
            at_s = self._seconds_later()
            self._spread_until(at_s)
            while not self._ask(at_s):
                pass
            fresh = self._record.fresh()
            moves = (
                self._record.pieces[-1].exchange.date_s != last.date_s
            )  # bounds of a slewed clock widen by more than that
            self._confirmed = moves and fresh.width_s >= _WIDE_S and not self._record.contradicted
            if self._confirmed or self._record.contradicted:
                return
        confirmable, open_sides, late_s = self._record.confirmable(), [False, True], self._record.late_s
        for _ in range(_ROUNDS):
            agreed = self._ask_both_sides(confirmable, open_sides)
            if self._record.contradicted or self._record.late_s != late_s:
                return
            open_sides = [side for side in open_sides if agreed.count(side) < EACH_SIDE]
            if not open_sides:
                self._confirmed = True
                return

    def _ask_both_sides(self, confirmable: Interval, sides: Sequence[bool]) -> list[bool]:
        """Ask before the flip of a second (False in *sides*) and after it (True); return the sides of what agreed."""
        agreed, late_s = [], self._record.late_s
        plans = confirmation(
            confirmable,
            self._record.rtt_s(),
            self._transport.now_s(),
            self._record.lead_s(),
            sides,
            left_s=self._transport.left_s(),
        )
        if plans[0].at_s - self._transport.now_s() > _OPENING_S:  # else opening connections would hold these up
            self._spread_until(plans[-1].at_s + nodes.ASIDE_S)
        for plan in plans:
            if self._ready_s() > plan.latest_s or not self._ask(plan.at_s):
                continue  # a slow reply has held it up: nothing is certain of it any more
            if self._record.contradicted or self._record.late_s != late_s:
                break
            if (self._record.pieces[-1].exchange.date_s >= plan.second) == plan.new:
                agreed.append(plan.new)
        return agreed

    # --- Other clocks behind the name

    def _spread_until(self, until_s: float) -> None:
        """Ask over connections of their own, beside the confirmation, what it leaves of the requests, by *until_s*."""
        n = self._question.max_requests - self._requests - _CONFIRMATION - EACH_SIDE  # one side of it may be asked anew
        if self._spread is None and not self._question.thorough:
            self._spread_over(min(n, self._question.connections - 1), until_s)

    def _spread_over(self, n: int, until_s: float) -> None:
        if n <= 0:
            return
        ready_s = self._transport.now_s() + _HANDSHAKES * self._record.rtt_s()
        moments_s = nodes.aimed([ready_s] * n, self._record.fresh(), self._record.slow_rtt_s())
        moments_s = [at_s if at_s <= until_s else max(ready_s, at_s - 1) for at_s in moments_s]
        self._spread = self._transport.spread(self._form(), moments_s, _asks_for_peace)
        self._spread_out = n

    def look_behind_the_name(self, over: "_Over") -> None:
        """Wait for what is under way on other connections; ask over others what is to be, and was not yet."""
        record, question, wanted = self._record, self._question, self._question.connections - 1
        hopeless = over.ended in (Ended.TOLD_TO_STOP, Ended.LOST, Ended.DEADLINE) or record.stale is not None
        if self._spread is None and wanted > 0 and not hopeless:
            if question.thorough:
                self._look_thoroughly(wanted)
            else:
                self._spread_over(min(question.max_requests - self._requests, wanted), self._transport.now_s())
        if self._spread is None:
            return
        patience_s = (_PATIENCE_S if question.thorough else _HASTE_S) + _HANDSHAKES * record.rtt_s()
        for came in self._spread.collect(patience_s):
            self._asked_beside += came.sent if isinstance(came, Trouble) else came.requests
            if isinstance(came, Reply):
                self._others.append(came)

    def _look_thoroughly(self, n: int) -> None:
        """Ask over *n* connections, one after the other, as far as there is time."""
        record, rtt_s, now_s = self._record, self._record.rtt_s(), self._transport.now_s()
        moments_s = nodes.paced(n, now_s + _HANDSHAKES * rtt_s)
        if not record.contradicted and record.lag().max_s <= headers.FRESH_S:  # else its flip is none to aim at
            moments_s = nodes.aimed(moments_s, record.fresh(), record.slow_rtt_s(), self._question.limits_s)
        last_s = now_s + self._transport.left_s() - _SLOW * rtt_s - _PATIENCE_S
        if moments_s := [at_s for at_s in moments_s if at_s <= last_s]:
            self._spread = self._transport.spread(self._form(), moments_s, _asks_for_peace)

    def _explain(self) -> Ended:
        """Find out what replies that exclude each other mean."""
        self._confirmed = False
        try:
            self._watch()
            if not stands_still(self._record.pieces):
                self._record.stale = Stale.FROZEN if self._reconnected else None
            elif self._reconnected or not self._moves_on_a_new_connection():
                self._record.stale = Stale.FROZEN
            else:
                return self.run()
        except _Over:
            never_moved = len({piece.exchange.date_s for piece in self._record.pieces}) == 1
            if never_moved or stands_still(self._record.pieces) or self._reconnected:
                self._record.stale = self._record.stale or Stale.FROZEN
        return Ended.CONTRADICTED if self._record.stale is None else Ended.STALE

    def _watch(self) -> None:
        """Ask, after a silence each time, until the `Date` has moved on, or has not for long enough."""
        while not stands_still(self._record.pieces):
            usable = self._ask(self._ready_s() + _SILENCE_S)
            if usable and len(unmoved(self._record.pieces)) == 1:
                return

    def _moves_on_a_new_connection(self) -> bool:
        """Tell whether the `Date` stood still on one connection alone; what was said there is then of any age."""
        self._reconnected = True
        before = len(self._record.pieces)
        if not self._ask(self._transport.now_s(), anew=True):
            return False
        self._watch()
        if stands_still(self._record.pieces):
            return False
        self._record.age_all_before(before)
        return True

    # --- The result

    def reading(self, over: _Over) -> DateReading:
        """Return what all of it proves."""
        record = self._record
        if record.stale is None and all(piece.aged for piece in record.pieces):
            record.stale = Stale.CACHED
        if not self._confirmed:
            record.doubt_lateness()
        now, lag, spread_s = record.now(), record.lag(), record.spread_s
        if self._spread is not None:  # which took longer than the search did
            now = now._replace(at_s=self._transport.now_s())
        fresh = record.range(record.allowance_s(), now)
        weakest = min(reversed(record.replies), key=lambda reply: _WEAKEST_FIRST.index(reply.security))
        last = record.replies[-1]
        return DateReading(
            url=self._url(),
            address=nodes.address_of(last),
            skew_s=fresh.middle_s if math.isfinite(fresh.low_s) else fresh.high_s,
            interval=record.range(lag.max_s, now),
            fresh=fresh,
            lag=lag,
            stamped_by=record.stamped_by(),
            security=weakest.security,
            exchanges=tuple(piece.exchange for piece in record.pieces),
            requests=self._requests,
            min_rtt_s=record.rtt_s(),
            confirmed=self._confirmed
            and spread_s == 0
            and record.stale is None
            and not too_narrow(fresh, record.rtt_s()),
            ended=Ended.CONTRADICTED if spread_s > 0 else over.ended,
            served=headers.served(last.status, last.headers),
            method=self._request.method,
            stale=record.stale,
            spread_s=spread_s,
            mix=record.mix(now),
            certificate=weakest.certificate,
            proxied=last.proxied,
            detail=over.detail,
            late_s=record.late_s,
            odd_date=record.odd_date,
            nodes=None if record.stale is not None else self._nodes(lag, now),
        )

    def _nodes(self, lag: Lag, now: Now) -> Nodes | None:
        """Return what stands behind the name, by all replies that there are."""
        units = nodes.units_of_search(self._record, lag.max_s, now)
        units += nodes.units_of_others(self._others, now, fresh=self._question.date_fresh)
        stopped = self._spread is not None and self._spread.stopped
        several = self._record.spread_s > 0
        return nodes.seen(units, self._asked_beside, self._record.alike_s(), per_reply=several, stopped=stopped)

    def _url(self) -> str:
        """Return the URL that was asked in the end: a later form of request may have another path."""
        first = self._target.requests[0].path
        if self._request.path == first or not self._target.url.endswith(first):
            return self._target.url
        return self._target.url.removesuffix(first) + self._request.path


def _asks_for_peace(reply: Reply) -> bool:
    """Tell whether no further connection is to be opened: more readily than for one that is there already."""
    return reply.status in (429, 503) or "retry-after" in reply.headers


def _told_to_stop(reply: Reply) -> bool:
    return reply.status == 429 or (reply.status == 503 and "retry-after" in reply.headers)


def _patience(reply: Reply) -> str:
    asked = reply.headers.get("retry-after")
    wait = "" if asked is None else f", Retry-After: {foreign.header(asked, _MAX_SHOWN)}"
    return f"the server asks not to be asked (status {reply.status}{wait})"


# --- When to send the next request, and when to send none ---
#
# The server's second k begins at the local time k + skew. So a range of skew is a stretch of every local second in
# which `Date` moves on; a reply stamped inside of it says in which part.

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
