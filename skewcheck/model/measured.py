"""What was asked of other clocks, and what they prove."""

import enum
import math
from typing import NamedTuple


class Interval(NamedTuple):
    """A closed range in which the truth lies; ±inf is an unbounded side."""

    low_s: float
    high_s: float

    @property
    def width_s(self) -> float:
        """How much is left open."""
        return self.high_s - self.low_s

    @property
    def middle_s(self) -> float:
        """The point that can be wrong by the least."""
        return self.low_s + (self.high_s - self.low_s) / 2

    @property
    def holds_zero(self) -> bool:
        """Tell whether even the direction is left open."""
        return self.low_s <= 0 <= self.high_s

    def widened(self, by_s: float) -> "Interval":
        """Return the range with *by_s* more on either side."""
        return Interval(self.low_s - by_s, self.high_s + by_s)

    def minus(self, other: "Interval") -> "Interval":
        """Return the range of the difference between a point of this one and a point of *other*."""
        return Interval(self.low_s - other.high_s, self.high_s - other.low_s)

    def gap_to(self, other: "Interval") -> float:
        """Return the distance between the two ranges, in seconds; 0 where they touch."""
        return max(0.0, other.low_s - self.high_s, self.low_s - other.high_s)

    def nearest_to_zero(self) -> float:
        """Return the point of the range that is nearest to 0."""
        return min(max(0.0, self.low_s), self.high_s)

    def farthest_from_zero(self) -> float:
        """Return the end of the range that is farthest from 0."""
        return max(self.low_s, self.high_s, key=abs)


class Exchange(NamedTuple):
    """The facts of one NTP exchange, as read from the packet (RFC 5905 §7.3) and from the local clock.

    `t1_s` and `t4_s` are local times, `t2_s` and `t3_s` the server's, all Unix seconds.
    """

    t1_s: float
    t2_s: float
    t3_s: float
    t4_s: float
    leap: int
    version: int
    stratum: int
    poll: int
    precision_s: float
    root_delay_s: float
    root_dispersion_s: float
    reference_id: str
    reference_age_s: float | None
    """Server's transmit time minus its reference time; None where it sent no reference time."""

    @property
    def root_distance_s(self) -> float:
        """How far from UTC the server claims to be at most, without our way to it (RFC 5905 §11.2)."""
        return self.root_delay_s / 2 + self.root_dispersion_s + self.precision_s

    @property
    def delay_s(self) -> float:
        """Round trip without the server's own time (RFC 5905 §8)."""
        return (self.t4_s - self.t1_s) - (self.t3_s - self.t2_s)


class ServerStatus(enum.Enum):
    """What became of one server in the vote."""

    TRUECHIMER = "truechimer"
    FALSETICKER = "falseticker"
    UNJUDGED = "unjudged"
    REJECTED = "rejected"
    NO_ANSWER = "no-answer"


class Dropped(NamedTuple):
    """Packets that were heard and not believed, by reason id."""

    reason: str
    packets: int


class Reading(NamedTuple):
    """One server's answer: the skew of the local clock against UTC as this server tells it."""

    server: str
    address: str
    """Empty where it isn't known: of a web server behind a proxy."""
    skew_s: float
    interval: Interval
    delay_s: float
    """The shortest round trip of its exchanges."""
    exchanges: tuple[Exchange, ...]
    """None of a web server, which said so by its `Date`."""
    dropped: tuple[Dropped, ...] = ()


SAME_ADDRESS = "same-address"
"""Reason of a name that leads to a server which has its vote already, under another name."""
SMEARED = "smeared"
"""Reason of a server that smears leap seconds and stands beside some that don't."""
NOT_WAITED_FOR = "not-waited-for"
"""Reason of a name that was still silent when enough of the others agreed."""


class NoReading(NamedTuple):
    """One server that gave nothing to measure with, and why."""

    server: str
    address: str | None
    """None where no address was ever known."""
    reason: str
    detail: str
    rejected: bool
    """True: something answered, and what it said was refused. False: nothing answered."""
    dropped: tuple[Dropped, ...] = ()


class Vote(NamedTuple):
    """One name's vote and what became of it."""

    outcome: Reading | NoReading
    status: ServerStatus
    off_by_s: float | None = None
    """A falseticker's distance from the agreed range: it is wrong by at least this. None for all others."""
    same_source_as: str | None = None
    """The first server that shows the same source of time; None where this one is that, or the only one."""


class Family(enum.Enum):
    """Which addresses of a name to ask."""

    ANY = "any"
    V4 = "4"
    V6 = "6"


class Basis(enum.Enum):
    """What a consensus rests on."""

    MAJORITY = "majority"
    """More than half of those asked share a time, each source of time counted once."""
    MINORITY = "minority"
    """Most of those that answered share one, and they are not more than half of those asked, or too few sources."""
    SINGLE = "single"
    NONE = "none"


class Consensus(NamedTuple):
    """Many readings made into one range."""

    basis: Basis
    interval: Interval | None
    """None exactly where the basis is `NONE`. Of a minority: all that any of those who answered allows."""
    skew_s: float | None
    """The best estimate, inside the interval."""
    votes: tuple[Vote, ...]
    shared: Interval | None = None
    """Of a minority: what most of those that answered share; None for every other basis."""
    sources: int = 0
    """Of those that agree, how many sources of time they show: servers that follow one upstream are one witness."""

    @property
    def dependent(self) -> bool:
        """Tell whether more than half of those asked share a time, and all the same too few independent ones."""
        return self.shared is not None and 2 * self.agreeing > self.asked

    @property
    def asked(self) -> int:
        """Votes asked for: a second name for an address that was asked already is none."""
        return sum(not (isinstance(v.outcome, NoReading) and v.outcome.reason == SAME_ADDRESS) for v in self.votes)

    @property
    def answered(self) -> int:
        """Names that gave a usable reading."""
        return sum(isinstance(vote.outcome, Reading) for vote in self.votes)

    @property
    def agreeing(self) -> int:
        """Names whose range touches the agreed one, or what a minority shares."""
        return sum(map(self.agrees, self.votes))

    def agrees(self, vote: Vote) -> bool:
        """Tell whether a vote's range touches the agreed one, or what a minority shares."""
        if self.shared is None:
            return vote.status is ServerStatus.TRUECHIMER
        return isinstance(vote.outcome, Reading) and not self._contradicts(vote)

    @property
    def against(self) -> list[Reading]:
        """Readings that contradict the others: falsetickers, and those apart from what a minority shares."""
        return [vote.outcome for vote in self.votes if isinstance(vote.outcome, Reading) and self._contradicts(vote)]

    @property
    def divided(self) -> bool:
        """Tell whether a minority agrees, and others that answered contradict it: nobody can say who is right."""
        return self.shared is not None and bool(self.against)

    def _contradicts(self, vote: Vote) -> bool:
        if self.shared is None or isinstance(vote.outcome, NoReading):
            return vote.status is ServerStatus.FALSETICKER
        return vote.outcome.interval.gap_to(self.shared) > 0


class ServerList(enum.Enum):
    """Where the list of servers came from."""

    NAMED = "named"
    HOST = "host"
    CLOUD = "cloud"
    PUBLIC = "public"
    MIXED = "mixed"


class Pace(enum.Enum):
    """How fast time runs in this process, against the kernel's."""

    TRUE = "true"
    """As fast, as far as can be told."""
    OTHER = "other"
    """At another rate. Every range allows for what that made of this measurement, and is of its end alone."""
    OPEN = "open"
    """At another rate, and what that made of this measurement can't be told."""


class LocalRun(NamedTuple):
    """What the local clock did while it was being measured."""

    ended_at_s: float
    """Local time of day when the measurement ended, Unix seconds; the moment that the ranges speak of."""
    duration_s: float
    step_s: float
    """By how much the time of day jumped meanwhile (positive: forward); 0 where it did not."""
    slew_ppm: float
    """How fast the clock is being pulled on purpose (positive: faster); 0 where that can't be told."""
    wander_s: float
    """How far the clock may have moved meanwhile for any other reason than a step; every range allows for it."""
    pace: Pace = Pace.TRUE


class Survey(NamedTuple):
    """All that asking the NTP servers gave."""

    consensus: Consensus
    listed: ServerList
    local: LocalRun
    cut_short: bool
    """The deadline ended it while an answer could still have come."""
    samples: int = 1
    """How many were asked of each server."""
    own: tuple[str, ...] = ()
    """The servers, as given, that this host follows anyway or its cloud offers: they can't vouch for each other."""
    witness: Interval | None = None
    """What all others prove without them; None where nobody else answered, or they contradict each other."""
    smear: tuple[str, ...] | None = None
    """Those that seem to smear a leap second where servers split around one, empty: not known which. None: no split."""

    @property
    def by_web(self) -> bool:
        """Tell whether all that were asked are web servers, by their `Date`."""
        asked = [vote.outcome.server for vote in self.consensus.votes]
        return bool(asked) and all(server.startswith("https://") for server in asked)

    @property
    def independent(self) -> bool:
        """Tell whether somebody vouches for the range whom this host doesn't follow anyway."""
        return not self.own or self.witness is not None


# --- What the `Date` headers of HTTP servers prove about the local clock (RFC 9110 §6.6.1) ---


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


class OddDate(NamedTuple):
    """A `Date` that can be read, and is not written as the standard says: strict clients fail on it."""

    what: str
    """`zone`, `no-weekday`, `wrong-weekday` or `form`."""
    shown: str
    """As it was written: nothing but a weekday, a month, figures and a zone."""


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


class NodeReply(NamedTuple):
    """What one connection, or one reply, proves of the clock behind it, apart from all others."""

    address: str | None
    """As in `DateReading`."""
    interval: Interval
    """The local clock - that one, with the lag that its server is known for; -inf where its `Date` may have any age."""
    clock: int
    """Which of `Nodes.clocks` it is, from 0."""


class SeenClock(NamedTuple):
    """Replies that one clock can have written."""

    replies: int
    interval: Interval
    """What all of them share, but for those that fit another clock, too: the local clock - that one, if it is one."""
    apart_s: float
    """By how much it differs from the first clock at least: two replies prove it. 0 for the first."""


class Nodes(NamedTuple):
    """What stands behind one name, as far as connections of their own show it: the search's own is the first."""

    asked: int
    """Requests that went out on connections of their own, beside those of the search."""
    replies: tuple[NodeReply, ...]
    """One for each connection that gave a `Date`; one for each reply where the search's own exclude each other."""
    clocks: tuple[SeenClock, ...]
    """The one that most replies fit first, then those that can't be it."""
    open: int = 0
    """How many of the first one's replies fit another clock, too."""
    per_reply: bool = False
    """Each reply stands for itself: one connection reached several clocks."""
    stopped: bool = False
    """A server asked not to be asked, so fewer went out than were to."""

    @property
    def silent(self) -> int:
        """How many connections gave no `Date`; 0 where each reply stands for itself."""
        return 0 if self.per_reply else max(0, self.asked + 1 - len(self.replies))


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
    odd_date: OddDate | None = None
    """What is malformed in its `Date`; None where nothing is."""
    nodes: Nodes | None = None
    """None: no connection but the search's own was tried, and its replies agree."""

    @property
    def range(self) -> Interval:
        """The range to go by: as if the `Date` were fresh, but where it can be of any age."""
        return self.fresh if self.stale is None else self.interval

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
