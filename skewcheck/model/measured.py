"""What was asked of other clocks, and what they prove."""

import enum
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

    def widened(self, by_s: float) -> "Interval":
        """Return the range with *by_s* more on either side."""
        return Interval(self.low_s - by_s, self.high_s + by_s)

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
    skew_s: float
    interval: Interval
    delay_s: float
    """The shortest round trip of its exchanges."""
    exchanges: tuple[Exchange, ...]
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


class Family(enum.Enum):
    """Which addresses of a name to ask."""

    ANY = "any"
    V4 = "4"
    V6 = "6"


class Basis(enum.Enum):
    """What a consensus rests on."""

    MAJORITY = "majority"
    """More than half of those asked share a time."""
    MINORITY = "minority"
    """Most of those that answered share one, and they are not more than half of those asked."""
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
        if self.shared is not None:
            return self.answered - len(self.against)
        return sum(vote.status is ServerStatus.TRUECHIMER for vote in self.votes)

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

    @property
    def independent(self) -> bool:
        """Tell whether somebody vouches for the range whom this host doesn't follow anyway."""
        return not self.own or self.witness is not None
