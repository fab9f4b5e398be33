"""A world in which tokens are issued, carried, refreshed and refused by clocks that are wrong. No formula in here.

True time is a float in seconds. Each party reads its own clock, writes whole seconds as real ones do, and compares as
real ones do; what is refused is counted. The checker's clock is true: all skews are against it, but where the issuer
has an error of its own.
"""

import enum
import math
import random
from collections.abc import Callable
from typing import NamedTuple

EPOCH_S = 1_000_000
"""True time starts here: small enough that floats hold microseconds of it."""
SPAN_S = 1_000_000
"""Within which the random moments lie."""


class Clock(NamedTuple):
    """A clock that is wrong by so much at a moment of true time, and gains so much from there on."""

    ahead_s: float = 0.0
    gains_ppm: float = 0.0
    set_at_s: float = 0.0

    def read(self, true_s: float) -> float:
        """Return what it shows."""
        return true_s + self.ahead_s + (true_s - self.set_at_s) * self.gains_ppm * 1e-6

    def shows(self, local_s: float) -> float:
        """Return the true time at which it shows *local_s*."""
        rate = 1 + self.gains_ppm * 1e-6
        return self.set_at_s + (local_s - self.ahead_s - self.set_at_s) / rate


TRUE = Clock()


class Token(NamedTuple):
    """What is inside, and what is said around it."""

    iat: float
    exp: float
    expires_in_s: float


def whole(seconds: float) -> float:
    """Write a time as nearly all do."""
    return float(math.floor(seconds))


def nearest(seconds: float) -> float:
    """Write a time as some do."""
    return float(math.floor(seconds + 0.5))


def exact(seconds: float) -> float:
    """Write a time with its fraction."""
    return seconds


def issue(true_s: float, clock: Clock, lifetime_s: float, write: Callable[[float], float] = whole) -> Token:
    """Stamp a token at a moment of true time."""
    iat = write(clock.read(true_s))
    return Token(iat, iat + lifetime_s, lifetime_s)


class Verifier(NamedTuple):
    """Whoever compares, by its own clock."""

    clock: Clock = TRUE
    leeway_s: float = 0.0
    whole_now: bool = False
    whole_claims: bool = False
    accepts_at_exp: bool = False
    life_cap_s: float = math.inf
    max_age_s: float = math.inf

    def refuses(self, token: Token, true_s: float) -> str:
        """Return `future`, `expired` or nothing, for a token that arrives at *true_s*."""
        now, iat, exp = self.clock.read(true_s), token.iat, token.exp
        if self.whole_now:
            now = math.floor(now)
        if self.whole_claims:
            iat, exp = math.floor(iat), math.floor(exp)
        if iat > now + self.leeway_s or exp > now + self.life_cap_s + self.leeway_s:
            return "future"
        end = min(exp, iat + self.max_age_s) + self.leeway_s
        if now > end or (now == end and not self.accepts_at_exp):
            return "expired"
        return ""


class Rule(enum.Enum):
    """What the client refreshes by."""

    EXP = "exp, by the time of day"
    FROM_ANSWER = "expires_in on the monotonic clock, from the answer on"
    FROM_REQUEST = "expires_in on the monotonic clock, from the request on"


class Client(NamedTuple):
    """A client that refreshes in time, as far as its clocks let it."""

    clock: Clock
    rule: Rule
    buffer_s: float

    def due_at_s(self, fetched: "Fetched") -> float:
        """Return the true time from which on the client finds the token due; it looks before each request."""
        token, asked_s, _, got_s = fetched
        life_s = token.expires_in_s - self.buffer_s
        rate = 1 + self.clock.gains_ppm * 1e-6
        match self.rule:
            case Rule.EXP:
                return self.clock.shows(token.exp - self.buffer_s)
            case Rule.FROM_ANSWER:
                return got_s + life_s / rate
            case Rule.FROM_REQUEST:
                return asked_s + life_s / rate


class Service(NamedTuple):
    """Who issues and who checks, and the way there."""

    lifetime_s: float
    issuer: Clock
    verifier: Verifier
    latency_s: float
    """From the client to the checker, and with an answer back to the client."""
    latency_of_asking_s: float | None = None
    """From the client to the issuer; None: the same."""
    write: Callable[[float], float] = whole

    def fetch(self, asked_s: float) -> "Fetched":
        """Issue a token that the client asks for at *asked_s*."""
        way_s = self.latency_s if self.latency_of_asking_s is None else self.latency_of_asking_s
        issued_s = asked_s + way_s
        token = issue(issued_s, self.issuer, self.lifetime_s, self.write)
        return Fetched(token, asked_s, issued_s, issued_s + self.latency_s)


class Fetched(NamedTuple):
    """A token, and when it was asked for, stamped and received."""

    token: Token
    asked_s: float
    issued_s: float
    got_s: float


def refused_in_a_life(client: Client, service: Service, asked_s: float, rng: random.Random, requests: int = 20) -> int:
    """Return how many requests are refused as expired until the token that is fetched now is replaced.

    They are sent at random moments and at the last one, as a busy client does.
    """
    fetched = service.fetch(asked_s)
    token, got_s = fetched.token, fetched.got_s
    client = client._replace(clock=client.clock._replace(set_at_s=asked_s))  # as it was when it was measured
    last_s = max(got_s, client.due_at_s(fetched) - 1e-5)  # a token that is due on arrival is used once, at once
    sent_at = [*(rng.uniform(got_s, last_s) for _ in range(requests)), last_s]
    verdicts = [service.verifier.refuses(token, sent_s + service.latency_s) == "expired" for sent_s in sent_at]
    return sum(verdicts)


def moments(rng: random.Random, count: int) -> list[float]:
    """Return so many random moments of true time; their fractions of a second cover it evenly, to spare us noise."""
    return [EPOCH_S + rng.randrange(SPAN_S) + (nth + rng.random()) / count for nth in range(count)]


class Carried(NamedTuple):
    """A token's first use: stamped by one clock, checked by a verifier, after so long a way."""

    stamper: Clock
    verifier: Verifier
    way_s: float
    lifetime_s: float = 3600.0
    write: Callable[[float], float] = whole

    def share(self, harm: str, rng: random.Random, count: int = 10_000) -> float:
        """Return which share of first uses at random moments is refused for *harm*."""
        refused = 0
        for stamped_s in moments(rng, count):
            token = issue(stamped_s, self.stamper, self.lifetime_s, self.write)
            refused += self.verifier.refuses(token, stamped_s + self.way_s) == harm
        return refused / count


def share_over_life(carried: Carried, rng: random.Random, count: int = 10_000) -> float:
    """Return which share of uses, spread evenly over the life of its token, is refused as expired."""
    refused = 0
    for stamped_s in moments(rng, count):
        token = issue(stamped_s, carried.stamper, carried.lifetime_s, carried.write)
        used_s = carried.stamper.shows(token.iat) + rng.random() * carried.lifetime_s
        refused += carried.verifier.refuses(token, used_s) == "expired"
    return refused / count


def share_of_requests(client: Client, service: Service, rng: random.Random, count: int = 10_000) -> float:
    """Return which share of all requests of a client, spread evenly over time, is refused as expired."""
    refused = 0
    for asked_s in moments(rng, count):
        fetched = service.fetch(asked_s)
        sent_s = rng.uniform(fetched.got_s, max(fetched.got_s, client.due_at_s(fetched)))
        refused += service.verifier.refuses(fetched.token, sent_s + service.latency_s) == "expired"
    return refused / count


def share_due_on_arrival(client: Client, service: Service, rng: random.Random, count: int = 10_000) -> float:
    """Return which share of new tokens the client finds due as it gets them."""
    due = 0
    for asked_s in moments(rng, count):
        fetched = service.fetch(asked_s)
        due += client.due_at_s(fetched) <= fetched.got_s
    return due / count


def refreshes_in_a_life(client: Client, service: Service, rng: random.Random, lives: int = 2_000) -> float:
    """Return how often a client refreshes within one lifetime, on average, where refreshing takes no time."""
    used_s = 0.0
    for asked_s in moments(rng, lives):
        fetched = service.fetch(asked_s)
        used_s += max(0.0, client.due_at_s(fetched) - fetched.got_s)
    return service.lifetime_s / (used_s / lives) if used_s else math.inf
