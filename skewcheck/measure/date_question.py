"""What is asked of a host about its clock, and what carries the question there."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from skewcheck.model import Certificate, Interval, Role, Security


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


class Trouble(NamedTuple):
    """Why there is no reply. Safe to show."""

    reason: str
    detail: str
    rejected: bool = False
    """Something came back that isn't believed."""
    sent: int = 0
    """So many requests went out all the same."""


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


class Progress(NamedTuple):
    """What is known so far."""

    host: str
    requests: int
    fresh: Interval
