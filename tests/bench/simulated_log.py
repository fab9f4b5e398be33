"""A service and a client that log what happened: an issuer, n nodes, clocks, ways; it shares no code with `judge`.

True time is t. Each clock shows t plus what it is off. Nothing in here knows what will be made of the log.
"""

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

T0 = 1_800_000_000.0


@dataclass(frozen=True)
class Service:
    """Who issues tokens, and who checks them."""

    issuer_ahead_s: float = 0.0
    """Negative: it is behind, and its tokens die so much earlier."""
    nodes: int = 1
    behind_s: float = 0.0
    """Of the last node alone, if there are several; else of the one."""
    leeway_s: float = 0.0
    lagging: float = 0.0
    """So many tokens are known late."""
    lag_s: float = 0.5
    """The mean of how late, exponential."""
    lives_s: float = 300.0
    revokes: bool = False
    """A refresh ends the old token at once."""
    idle_limit_s: float = math.inf
    background: float = 0.0
    """So many requests are refused for no reason."""
    outage: tuple[int, int] = (0, 0)
    """The first uses of these tokens are all refused."""
    rejects_all: bool = False
    dies: bool = False
    """Each token is ended somewhere in its life; the client then refreshes after the refusal."""
    limited_from: int = 0
    """From so many tokens on every third is refused by 429."""


@dataclass(frozen=True)
class Client:
    """Who asks, and logs."""

    tokens: int = 60
    uses: int = 10
    """Of a token, beside the first."""
    way_s: float = 0.015
    jitter_s: float = 0.010
    ahead_s: float = 0.0
    drift: float = 0.0
    stamp_s: float = 0.001
    retry_s: float = 1.0
    timer: bool = False
    """Refreshes by a timer of its own clock; else when a request finds the token old."""
    early_s: float = 30.0
    """Before the end; negative: it refreshes so late, and after a 401 alone."""
    pause_every: int = 0
    """After so many tokens it pauses for longer than an idle limit."""
    pause_s: float = 1000.0
    eager: float = 0.0
    """In so many refreshes it sends a request with the old token while the new one is on its way."""
    sent_after: bool = False
    """Such a request is sent when the new token is there already."""
    storm: bool = False
    fingerprints: bool = False
    dates: bool = True
    starts: bool = True


@dataclass
class Row:
    """One request, as the client saw it."""

    start_s: float
    end_s: float
    refresh: bool
    status: int
    date_s: float
    token: int
    lifetime_s: float | None = None


@dataclass
class _Token:
    number: int
    issued_s: float
    iat: int
    known_s: float
    used_s: float
    ended_s: float = math.inf


@dataclass
class Run:
    """One run of *client* against *service*."""

    service: Service
    client: Client
    seed: int
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let it happen."""
        self._dice = random.Random(self.seed)
        self._t = T0 + self._dice.random() * 1000
        self._begun = self._t
        previous: _Token | None = None
        for number in range(self.client.tokens):
            previous = self._cycle(number, previous)

    def _clock(self, t: float) -> float:
        return t + self.client.ahead_s + (t - self._begun) * self.client.drift

    def _way(self) -> float:
        return self.client.way_s + abs(self._dice.gauss(0.0, self.client.jitter_s))

    def _refresh(self, number: int, status: int = 200) -> _Token:
        sent = self._t
        issued = sent + self._way()
        ended = issued + self._way()
        lag = self._dice.expovariate(1 / self.service.lag_s) if self._dice.random() < self.service.lagging else 0.0
        iat = math.floor(issued + self.service.issuer_ahead_s)
        self._log(sent, ended, True, status, issued + self.service.issuer_ahead_s, number, self.service.lives_s)
        self._t = ended
        return _Token(number, issued, iat, issued + lag, ended)

    def _use(self, token: _Token) -> bool:
        """Send one request now; return whether it was accepted."""
        sent = self._t
        there = sent + self._way()
        node = self._dice.randrange(self.service.nodes)
        now = there - (self.service.behind_s if node == self.service.nodes - 1 else 0.0)
        first, last = self.service.outage
        refused = (
            now + self.service.leeway_s < token.iat
            or there < token.known_s
            or now > token.iat + self.service.lives_s
            or there > token.ended_s
            or there - token.used_s > self.service.idle_limit_s
            or self._dice.random() < self.service.background
            or self.service.rejects_all
            or (first <= token.number < last and there - token.issued_s < 0.5)
        )
        ended = there + self._way()
        self._log(sent, ended, False, 401 if refused else 200, now, token.number)
        if not refused:
            token.used_s = there
        self._t = ended
        return not refused

    def _log(  # noqa: PLR0917 - a row
        self,
        sent: float,
        ended: float,
        refresh: bool,
        status: int,
        server: float,
        token: int,
        life: float | None = None,
    ) -> None:
        self.rows.append(Row(self._clock(sent), self._clock(ended), refresh, status, math.floor(server), token, life))

    def _cycle(self, number: int, old: _Token | None) -> _Token:
        """Refresh, use the new token at once until it is accepted, and then now and then until its end."""
        client, service = self.client, self.service
        if client.timer and number:
            period = service.lives_s - client.early_s
            due = math.ceil(self._clock(self._t) / period) * period
            self._t += max(0.0, (due - self._clock(self._t)) / (1 + client.drift))
        if client.early_s < 0 and old is not None:  # it learns by a 401 that the token is dead
            self._t = max(self._t, old.issued_s + service.lives_s - client.early_s * self._dice.uniform(0.8, 1.0))
            self._use(old)
        if client.storm:
            self._t += self._dice.uniform(0.05, 0.5)
            token = self._refresh(number, 429 if number % 3 == 2 else 200)
            self._use(token)
            return token
        token = self._refresh(number)
        if service.revokes and old is not None:
            old.ended_s = token.issued_s
        if old is not None and self._dice.random() < client.eager:
            after, self._t = self._t, self._t + 0.002 if client.sent_after else token.issued_s - 0.001
            self._use(old)
            self._t = max(after, self._t)
        self._t += 0.005
        for _ in range(12):
            if self._use(token):
                break
            self._t += client.retry_s
        self._later_uses(number, token)
        return token

    def _later_uses(self, number: int, token: _Token) -> None:
        client, service = self.client, self.service
        last = token.issued_s + (
            service.lives_s / 2 if client.pause_every else service.lives_s - max(client.early_s, 1.0) - 2
        )
        times = sorted(self._dice.uniform(self._t + 10.5, last) for _ in range(client.uses))
        token.ended_s = min(token.ended_s, self._dice.choice(times) - 1.0) if service.dies else token.ended_s
        for at in times:
            self._t = max(self._t, at)
            if not self._use(token) and (service.dies or service.issuer_ahead_s < 0):
                return
        if client.pause_every and number % client.pause_every == client.pause_every - 1:
            self._t += client.pause_s * self._dice.uniform(1.0, 1.5)
            self._use(token)
        elif not client.timer and client.early_s >= 0:
            self._t = max(self._t, token.issued_s + service.lives_s - client.early_s) + self._dice.uniform(0.0, 20.0)

    # --- As a log ---

    def stamp(self, at_s: float) -> float:
        """Return a time as the client's stamps have it."""
        return math.floor(at_s / self.client.stamp_s + 1e-6) * self.client.stamp_s

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield what the hook of docs/log.md would write, in the order of the replies."""
        for row in sorted(self.rows, key=lambda row: row.end_s):
            record: dict[str, Any] = {
                "t": round(self.stamp(row.start_s), 6),
                "dur_s": round(row.end_s - row.start_s, 6),
                "method": "POST" if row.refresh else "GET",
                "url": "https://login.example.net/oauth/token"
                if row.refresh
                else "https://api.example.net/api/v2/users/me",
                "status": row.status,
            }
            if not self.client.starts:
                record["timestamp"] = round(self.stamp(row.end_s), 6)
                del record["t"], record["dur_s"]
            if self.client.dates:
                record["date"] = formatdate(row.date_s, usegmt=True)
            if self.client.fingerprints:
                record["token"] = f"{row.token:08x}"
            if row.lifetime_s is not None and row.status == 200:
                record["expires_in"] = int(row.lifetime_s)
            yield record

    def ndjson(self) -> str:
        """Return the log as text."""
        return "".join(json.dumps(record) + "\n" for record in self.records())
