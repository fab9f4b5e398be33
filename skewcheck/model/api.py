"""What the `Date` headers of HTTP servers prove about the local clock (RFC 9110 §6.6.1)."""

import enum
import math
from typing import NamedTuple

from skewcheck.model.measured import Interval, LocalRun, NoReading


class Role(enum.Enum):
    """What a host is to a caller of the API."""

    API = "api"
    LOGIN = "login"
    URL = "url"
    """Named by the user: a gateway, or any other API."""


class StampedBy(enum.Enum):
    """Whose clock wrote the `Date`, as far as the headers tell."""

    EDGE = "edge"
    """A proxy in front, which writes its own: the clock of the application behind it was not measured."""
    ORIGIN = "origin"
    """What is behind the proxies, which hand on its `Date`."""
    UNKNOWN = "unknown"


class Security(enum.Enum):
    """How much the connection vouches for who answered."""

    VERIFIED = "verified"
    """TLS: certificate chain, name and dates."""
    DATES_IGNORED = "dates-ignored"
    """TLS: chain and name; by the local clock the certificate is not valid now, so its dates were not checked."""
    PLAIN = "plain"
    """http: anybody on the way could have answered."""


class Ended(enum.Enum):
    """Why no more requests were sent."""

    DECIDED = "decided"
    """No threshold is left inside of the range."""
    NARROW = "narrow"
    """The range is about one round trip wide: no request can make it narrower."""
    STALE = "stale"
    """A cache answers, or the `Date` stands still: no request can bound the other side."""
    CONTRADICTED = "contradicted"
    """The replies exclude each other: there is more than one clock, or a `Date` of varying age."""
    REQUESTS = "requests"
    """So many as one run may send were sent."""
    TOLD_TO_STOP = "told-to-stop"
    """The server answered 429, or asked for patience by `Retry-After`."""
    LOST = "lost"
    """It answered, and then no longer."""
    DEADLINE = "deadline"


class Stale(enum.Enum):
    """Why a `Date` may be of any age."""

    CACHED = "cached"
    """`Age`, `X-Cache` or `Via` tell of a cache."""
    FROZEN = "frozen"
    """It did not move on while seconds passed."""


class Mix(enum.Enum):
    """How replies that exclude each other are spread."""

    CONNECTIONS = "connections"
    """Within each connection they agree: several backends, each connection with its own."""
    REQUESTS = "requests"
    """Within one connection: several backends, a server whose `Date` is old at times, or a step of its clock."""


class Lag(NamedTuple):
    """How old this server lets its own `Date` become."""

    max_s: float
    """inf: any age, as in a cache."""
    known: bool
    """False: nothing is known of such a server, and a little more than a second is assumed."""
    because: str
    """What that rests on, for people."""


class Certificate(NamedTuple):
    """The leaf's own dates, Unix seconds."""

    not_before_s: float
    not_after_s: float


class Served(NamedTuple):
    """What the headers of the last reply say, made visible; None where a header is missing."""

    status: int
    server: str | None = None
    via: str | None = None
    x_cache: str | None = None
    age_s: float | None = None
    correlation_id: str | None = None
    """What the vendor's support asks for."""
    location: str | None = None
    """Where a redirect leads, without its query; it was not followed."""


class DateExchange(NamedTuple):
    """One request and the `Date` of its reply. Local times of day, Unix seconds."""

    sent_s: float
    """Just before the first byte went out."""
    received_s: float
    """Just after the last byte of the headers was in."""
    date_s: int
    status: int
    connection: int
    """Which connection it was, counted from 1."""

    @property
    def delay_s(self) -> float:
        """Round trip, the server's own time included."""
        return self.received_s - self.sent_s


class DateReading(NamedTuple):
    """What one host's `Date` proves: the skew of the local clock against the clock that wrote it."""

    url: str
    """What was asked, safe to show."""
    address: str | None
    """Of the host, or of the proxy on the way; None where it isn't known."""
    skew_s: float
    """The best estimate: the middle of `fresh`, or the end of it that there is."""
    interval: Interval
    """Proven, with the lag that this server is known for; its low end is -inf where a `Date` may have any age."""
    fresh: Interval
    """The same if its `Date` is fresh. The high end is that of `interval`: an old `Date` can't make the local clock
    look behind. Where replies contradict each other, both cover every clock that was seen."""
    lag: Lag
    stamped_by: StampedBy
    security: Security
    exchanges: tuple[DateExchange, ...]
    requests: int
    """All that were sent, those without a usable reply included."""
    min_rtt_s: float
    """The shortest round trip."""
    confirmed: bool
    """Two more replies on either side of the flip of the second agreed; or, where the range is wider than a second,
    one more, seconds later."""
    ended: Ended
    served: Served
    method: str = "HEAD"
    stale: Stale | None = None
    spread_s: float = 0.0
    """By how much the replies exclude each other at least; 0 where they agree."""
    mix: Mix | None = None
    """None exactly where `spread_s` is 0."""
    certificate: Certificate | None = None
    proxied: bool = False
    """A proxy of the environment was on the way."""
    detail: str | None = None
    """Why it ended, where there is more to say than `ended` does."""
    late_s: float = 0.0
    """By how much its `Date` was late at times, at least, which `fresh` allows for: only where its server isn't known
    to be fresh, and it is so little that nothing turns on it. 0: no reply was found to be."""

    @property
    def once_only(self) -> bool:
        """Tell whether the deadline came before a second request could go out."""
        return self.ended is Ended.DEADLINE and self.requests == 1

    @property
    def two_sided(self) -> bool:
        """Tell whether both sides are bounded."""
        return math.isfinite(self.interval.low_s)


class ApiHost(NamedTuple):
    """One host that was asked, and what became of it."""

    role: Role
    host: str
    """Its name (and port, where it isn't the usual one), as people say it; safe to show."""
    outcome: DateReading | NoReading


class ApiSurvey(NamedTuple):
    """All that asking for `Date` headers gave."""

    region: str | None
    """Its code, as `eu-west-1`; None where a URL was named."""
    hosts: tuple[ApiHost, ...]
    """The one whose clock matters first: api before login."""
    local: LocalRun
    cut_short: bool
    """The deadline ended it while a reply could still have told more."""
    full: bool = False
    """As narrow as can be was asked for, and not only until the thresholds are settled."""

    @property
    def first(self) -> ApiHost:
        """The host whose clock the verdict is about."""
        return self.hosts[0]

    def reading(self, role: Role) -> DateReading | None:
        """Return what the host of that *role* gave; None where it gave nothing or was not asked."""
        for host in self.hosts:
            if host.role is role and isinstance(host.outcome, DateReading):
                return host.outcome
        return None
