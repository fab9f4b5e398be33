"""A log with a cause of choice: a client and a service that is ill in one way, written as the hooks of docs/log.md do.

Time is simulated, and the same at every run: nothing is asked, and nobody waits.
"""

import json
import math
import random
from collections.abc import Iterator
from typing import NamedTuple

from skewcheck.lab.http import http_date

_BEGAN_S = 1_800_014_400.0
_LOGIN, _API = "https://login.example.net/oauth/token", "https://api.example.net/api/v2/users/me"
_WAY_S, _RETRY_S = (0.012, 0.022), 0.5


class _Illness(NamedTuple):
    """What is wrong, and for how long it is looked at."""

    finding: str
    """What is to be found."""
    tokens: int = 80
    lives_s: float = 60.0
    issuer_ahead_s: float = 0.0
    lagging: float = 0.0
    """So many tokens are known late."""
    behind_s: float = 0.0
    """One node of eight is."""
    idle_s: float = math.inf
    late_s: float = 0.0
    """It refreshes so long after the end."""
    eager: bool = False
    """It sends one request with the old token after each refresh."""
    limited: bool = False
    any_age: float = 0.0
    never: bool = False


ILLNESSES = {
    "issuer-ahead": _Illness("log-issuer-ahead", issuer_ahead_s=0.17),
    "issuer-behind": _Illness("log-early-end", tokens=8, issuer_ahead_s=-9.0, late_s=0.6),
    "propagation": _Illness("log-lag-or-node", lagging=0.14),
    "one-node": _Illness("log-node-behind", behind_s=2.0),
    "late-refresh": _Illness("log-late-refresh", tokens=8, late_s=0.8),
    "idle": _Illness("log-idle", tokens=7, lives_s=86400.0, idle_s=1800.0),
    "in-flight": _Illness("log-in-flight", tokens=8, eager=True),
    "storm": _Illness("log-storm", tokens=30, limited=True),
    "wrong-region": _Illness("log-never-accepted", tokens=4, never=True),
    "any-age": _Illness("log-any-age", any_age=0.05),
}
"""By the name of the cause."""
FINDINGS = {cause: ill.finding for cause, ill in ILLNESSES.items()}


def written(cause: str) -> bytes:
    """Return a log as NDJSON."""
    lines = sorted(_Run(ILLNESSES[cause]).lines(), key=lambda line: float(line["t"]) + float(line["dur_s"]))
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


class _Run:
    def __init__(self, illness: _Illness) -> None:
        self._ill, self._dice = illness, random.Random(7)
        self._t = _BEGAN_S

    def lines(self) -> Iterator[dict[str, str | float]]:
        ill = self._ill
        previous = ""
        for number in range(ill.tokens):
            token = f"{self._dice.getrandbits(32):08x}"
            issued_s = self._t + self._way()
            status = 429 if ill.limited and number % 3 == 2 else 200
            yield self._line(_LOGIN, status, issued_s + self._way(), issued_s, token)
            begins_s = float(math.floor(issued_s + ill.issuer_ahead_s))
            if self._dice.random() < ill.lagging:
                begins_s = max(begins_s, issued_s + self._dice.expovariate(2))
            if ill.eager and number:
                yield self._line(_API, 401, self._t + 0.03, self._t, previous)
            previous = token
            self._t += 0.004
            while True:
                there_s, node_s = self._t + self._way(), ill.behind_s * (self._dice.randrange(8) == 0)
                refused = there_s - node_s < begins_s or there_s < begins_s or self._at_random()
                yield self._line(_API, 401 if refused else 200, there_s + self._way(), there_s - node_s, token)
                if not refused or ill.never:
                    break
                self._t += _RETRY_S
            yield from self._later(token, issued_s)

    def _later(self, token: str, issued_s: float) -> Iterator[dict[str, str | float]]:
        """Use the token now and then, until it is refreshed."""
        ill = self._ill
        if ill.limited:
            self._t += self._dice.uniform(0.2, 2.0)
            return
        dies_s = ill.lives_s + min(0.0, ill.issuer_ahead_s)  # by the API's clock
        life_s = 7200.0 if ill.lives_s > 7200 else dies_s - 2
        for at_s in sorted(self._dice.uniform(10.5, life_s) for _ in range(int(life_s // 400) * 4 or 8)):
            self._t = max(self._t, issued_s + at_s)
            yield self._line(_API, 401 if self._at_random() else 200, self._t + 2 * self._way(), self._t, token)
        if ill.idle_s < math.inf or ill.late_s:
            pause_s = ill.idle_s * self._dice.uniform(1.1, 3) if ill.idle_s < math.inf else 0.0
            end_s = self._t + pause_s if pause_s else issued_s + dies_s + ill.late_s * self._dice.uniform(0.5, 1)
            self._t = max(self._t, end_s)
            yield self._line(_API, 401, self._t + 2 * self._way(), self._t, token)
        self._t += self._dice.uniform(0.0, 1.0)

    def _at_random(self) -> bool:
        return self._ill.never or self._dice.random() < self._ill.any_age

    def _way(self) -> float:
        return self._dice.uniform(*_WAY_S)

    def _line(self, url: str, status: int, ended_s: float, served_s: float, token: str) -> dict[str, str | float]:
        line: dict[str, str | float] = {
            "t": round(self._t, 3),
            "dur_s": round(ended_s - self._t, 4),
            "url": url,
            "status": status,
            "date": http_date(served_s + (self._ill.issuer_ahead_s if url == _LOGIN else 0.0)),
            "token": token,
        }
        if url == _LOGIN and status == 200:
            line["expires_in"] = self._ill.lives_s
        self._t = ended_s
        return line
