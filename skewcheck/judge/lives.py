"""Events, in order, joined to the tokens that they carried: the life of each token, one at a time, the last ones kept.

By the fingerprint where the log has one, else by time: a request carries the last token that was there when it was
sent. Where that isn't known and a token came within ten seconds before the reply, it is ambiguous and no first use.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from skewcheck.model.log import Event

MOST = 400
"""Tokens that are kept; more don't make it surer."""
YOUNG_S = 10.0
"""Up to this age, and a quarter of its life, a token is new; what takes longer to be known is another illness."""
_WIDE_S = 0.5
_EARLY, _CLIENTS, _HOSTS, _URLS = 48, 256, 256, 1024
_FORBIDDEN = 403
_BACK_S = 5.0
"""Times that go back by more are a clock that was set, or another run: nothing is joined across."""
_NOT_JUDGED = frozenset({401, 403, 407, 429})
"""Statuses that don't say that the token was accepted."""


class Use(NamedTuple):
    """One use of a token."""

    start_s: float | None
    end_s: float | None
    width_s: float
    refused: bool
    date_s: float | None


class Asked:
    """What one host that was asked made of it."""

    __slots__ = ("_first_s", "accepted", "refused", "refused_for_s")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.accepted = self.refused = 0
        self._first_s: float | None = None
        self.refused_for_s = 0.0
        """From the first refusal to the last one."""

    def refuse(self, at_s: float | None) -> None:
        """Count one."""
        self.refused += 1
        if at_s is not None:
            self._first_s = at_s if self._first_s is None else self._first_s
            self.refused_for_s = max(self.refused_for_s, at_s - self._first_s)


class Life:
    """One token, from when it was there until the next one was."""

    __slots__ = (
        "accepted", "apart", "beside", "date_at_s", "date_high_s", "date_low_s", "dated", "forbidden", "granted_s",
        "idle_ok_s", "last_s", "late_accepted", "late_in_a_row", "late_refused", "lifetime_s", "received_s",
        "refused_last", "sent_s", "token", "uses", "width_s", "young_s",
    )  # fmt: skip

    def __init__(self, event: Event | None, token: str = "") -> None:
        """*event*: the token response; None: the token is older than the log."""
        self.sent_s = None if event is None else event.start_s
        at_s = None if event is None else event.end_s if event.end_s is not None else event.start_s
        self.received_s: float | None = at_s
        self.width_s = 0.0 if event is None else event.width_s
        self.lifetime_s = None if event is None else event.lifetime_s
        self.young_s = YOUNG_S if not self.lifetime_s else min(YOUNG_S, self.lifetime_s / 4)
        self.token = token if event is None else event.token
        self.granted_s = None if event is None else event.date_s
        """The `Date` of the token response."""
        self.beside = self.apart = False
        """Several clients write to one log, each with a token of its own; and this one lived on for seconds."""
        self.forbidden: tuple[str, str] | None = None
        """What was asked when it was new, and answered by a 403 that isn't counted."""
        self.uses: list[Use] = []
        """The first ones, and no more than so many."""
        self.accepted = self.late_accepted = self.late_refused = self.late_in_a_row = self.dated = 0
        self.refused_last: deque[Use] = deque(maxlen=8)
        """The refused since the last accepted use."""
        self.last_s: float | None = at_s
        self.idle_ok_s = 0.0
        self.date_low_s = self.date_high_s = None  # type: float | None
        self.date_at_s = 0.0

    def age_s(self, use: Use) -> float | None:
        """Return how old the token was, by the stamps as they stand."""
        at_s = use.start_s if use.start_s is not None else use.end_s
        return None if at_s is None or self.received_s is None else at_s - self.received_s

    def take(self, use: Use, age_s: float | None) -> None:
        """Count one use."""
        start_s = use.start_s if use.start_s is not None else use.end_s
        young = age_s is not None and age_s <= self.young_s
        if len(self.uses) < _EARLY and (young or not self.uses):
            self.uses.append(use)
        if use.refused:
            self.refused_last.append(use)
            self.late_refused += not young
            self.late_in_a_row += not young
        else:
            self.accepted += 1
            self.late_accepted += not young
            if self.refused_last:
                self.refused_last.clear()
                self.late_in_a_row = 0
            if start_s is not None and self.last_s is not None and start_s - self.last_s > self.idle_ok_s:
                self.idle_ok_s = start_s - self.last_s
        if start_s is not None and not use.refused:
            self.last_s = start_s
        if use.date_s is not None and not use.refused:
            self._date(use, use.date_s)

    def _date(self, use: Use, date_s: float) -> None:
        """Narrow local − `Date`: it was written after the request was sent, and before the reply was there."""
        self.dated += 1
        if use.start_s is not None:
            low_s = use.start_s - date_s - 1
            self.date_low_s = low_s if self.date_low_s is None else max(low_s, self.date_low_s)
        if use.end_s is not None:
            high_s = use.end_s + use.width_s - date_s
            if self.date_high_s is None or high_s < self.date_high_s:
                self.date_high_s, self.date_at_s = high_s, use.end_s


class Ended(NamedTuple):
    """A life that is over, with what ended it."""

    life: Life
    next: Life | None
    """The token that took its place; None: the log ends."""


class Lives:
    """All lives of a log."""

    def __init__(self, refused: Iterable[int] = (401,)) -> None:
        """*refused*: the statuses that say that a token was refused."""
        self._refused = frozenset(refused)
        self.ended: deque[Ended] = deque(maxlen=MOST)
        self.requests = self.refreshes = self.refused = self.ambiguous = self.steps = self.limited = 0
        self.unjoined = 0
        """Refused, of a token that isn't known."""
        self.in_flight = self.in_flight_refused = 0
        """Old tokens that were sent after the new one was there, by their fingerprints; and those refused."""
        self.hosts: dict[str, Asked] = {}
        self.urls: dict[tuple[str, str], Asked] = {}
        """By host and path."""
        self.forbidden = 0
        """New tokens that got a 403, which isn't counted, and later passed at the same URL."""
        self.gap_s, self.gaps = 0.0, 0
        """By messages that quote both times: how far the checker's clock is behind at least, and how many say so."""
        self.from_s: float | None = None
        self.to_s: float | None = None
        self._width_s = 0.0
        self._wide = self._events = 0
        self.without_start = self.with_token = self.with_date = 0
        self.received: deque[tuple[float, str]] = deque(maxlen=4 * MOST)
        """When tokens came, and whose."""
        self._current: dict[str, Life] = {}
        self._before: dict[str, Life] = {}
        self._by_token: dict[str, Life] = {}
        self._forbids = False

    def take(self, event: Event) -> None:
        """Count one event. They come in order, as far as a log has one."""
        at_s = event.start_s if event.start_s is not None else event.end_s or 0.0
        if self.to_s is None or at_s > self.to_s:
            self.to_s = at_s
        elif (
            at_s < self.to_s - _BACK_S
            and not event.refresh
            and event.end_s is not None
            and event.end_s < self.to_s - _BACK_S
        ):
            self._step(at_s)
        if self.from_s is None or at_s < self.from_s:
            self.from_s = at_s
        self._events += 1
        if event.width_s >= _WIDE_S:
            self._wide += 1
        elif event.width_s > self._width_s:
            self._width_s = event.width_s
        if event.refresh:
            self._refresh(event)
        else:
            self._request(event)

    @property
    def stamp_s(self) -> float:
        """How wide the stamps are: 1 where every tenth is a whole second."""
        return 1.0 if self._wide * 10 > self._events else self._width_s

    def end(self) -> None:
        """Close what is open."""
        for life in self._current.values():
            self.ended.append(Ended(life, None))
        self._current.clear()

    def _step(self, at_s: float) -> None:
        """Begin anew: the clock was set back, or another run's lines follow."""
        self.steps += 1
        self.end()
        self._by_token.clear()
        self._before.clear()
        self.to_s = at_s

    def _refresh(self, event: Event) -> None:
        self.refreshes += 1
        if not 200 <= event.status < 300:
            self.limited += event.limited
            return
        life = Life(event)
        client = event.client if event.client in self._current or len(self._current) < _CLIENTS else ""
        old = self._current.get(client)
        if old is not None:
            self.ended.append(Ended(old, life))
            self._before[client] = old
        self._current[client] = life
        if life.received_s is not None:
            self.received.append((life.received_s, client))
        if event.token:
            self._remember(event.token, life)

    def _request(self, event: Event) -> None:
        self.requests += 1
        start_s, end_s, width_s, _, status, client, host, token, _, date_s, _, path = event
        refused = status in self._refused
        counts = self.hosts.get(host)
        if counts is None:
            counts = self.hosts.setdefault(host if len(self.hosts) < _HOSTS else "", Asked())
        at_url = self.urls.get((host, path))
        if at_url is None:
            at_url = Asked()
            if len(self.urls) < _URLS:
                self.urls[host, path] = at_url
        if refused:
            self.refused += 1
            for asked in (counts, at_url):
                asked.refuse(end_s if end_s is not None else start_s)
        elif status >= 500 or status in _NOT_JUDGED:
            if status == _FORBIDDEN:
                self._forbid(client, token, (host, path))
            return
        else:
            counts.accepted += 1
            at_url.accepted += 1
            if self._forbids:
                self._allow(client, token, (host, path))
        self.without_start += start_s is None
        self.with_date += date_s is not None
        use = Use(start_s, end_s, width_s, refused, date_s)
        if token:
            self.with_token += 1
            self._by_fingerprint(client, token, use)
        else:
            self._by_time(client, use)

    def _holder(self, client: str, token: str) -> Life | None:
        return self._by_token.get(token) or self._current.get(client) or self._only()

    def _forbid(self, client: str, token: str, url: tuple[str, str]) -> None:
        life = self._holder(client, token)
        if life is not None and not life.accepted:
            life.forbidden, self._forbids = url, True

    def _allow(self, client: str, token: str, url: tuple[str, str]) -> None:
        life = self._holder(client, token)
        if life is not None and life.forbidden == url:
            life.forbidden = None
            self.forbidden += 1

    def _by_fingerprint(self, client: str, token: str, use: Use) -> None:
        life = self._by_token.get(token)
        current = self._current.get(client) or self._only()
        if life is None:
            # The log of an API knows no token responses' tokens: the first request with a new one tells.
            life = current if current is not None and not current.token and _after(use, current) else Life(None, token)
            life.token = token
            self._remember(token, life)
        age_s = life.age_s(use)
        if current is not None and life is not current and life.received_s is not None and _sent_after(use, current):
            self.in_flight += 1
            if use.refused and not life.beside:
                self.in_flight_refused += 1
                return
            life.beside = True  # it is accepted beside a newer one: another client's
            life.apart = life.apart or (use.start_s or 0.0) > (current.received_s or 0.0) + _BACK_S
        if life.received_s is None and use.refused:
            self.unjoined += 1
        life.take(use, age_s)

    def _by_time(self, client: str, use: Use) -> None:
        client = client if client in self._current else ""
        life = self._current.get(client) or self._only()
        if life is None or life.received_s is None:
            self.unjoined += use.refused
            return
        at_s = use.start_s
        if at_s is not None and at_s + use.width_s < life.received_s:  # it was sent before that token was there
            before = self._before.get(client)
            if before is not None and before.received_s is not None:
                before.take(use, at_s - before.received_s)
            else:
                self.unjoined += use.refused
            return
        if at_s is None and use.end_s is not None and use.end_s - life.received_s <= life.young_s:
            self.ambiguous += 1
            return
        life.take(use, life.age_s(use))

    def _only(self) -> Life | None:
        """Return the one token that there is, where no client of that name has any."""
        return next(iter(self._current.values())) if len(self._current) == 1 else None

    def _remember(self, token: str, life: Life) -> None:
        self._by_token[token] = life
        if len(self._by_token) > 2 * MOST:
            del self._by_token[next(iter(self._by_token))]


def _after(use: Use, life: Life) -> bool:
    return use.end_s is None or life.received_s is None or use.end_s + use.width_s >= life.received_s


def _sent_after(use: Use, life: Life) -> bool:
    return use.start_s is not None and life.received_s is not None and use.start_s >= life.received_s + life.width_s
