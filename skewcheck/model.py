"""The nouns: what was measured, how it is judged, and the report that every renderer gets.

All of them are immutable. They are named tuples, not frozen dataclasses, because a health check pays for
every class at each start (twenty frozen dataclasses cost 7 ms, twenty named tuples a tenth of that).

Units and signs, everywhere: seconds as floats; `skew` is *local clock - reference*, so positive means that
the local clock is **ahead**; a time of day is Unix seconds UTC. Ranges are closed. Absence is a type with
a reason (`NoReading`), or None where the field's own docstring says what None means.
"""

import enum
from typing import NamedTuple


class Status(enum.Enum):
    """How bad it is; also the `status` of the JSON contract."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


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
"""Reason of a name that was answered by an address which has its reading already, under another name."""
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
    SINGLE = "single"
    NONE = "none"


class Consensus(NamedTuple):
    """Many readings made into one range."""

    basis: Basis
    interval: Interval | None
    """None exactly where the basis is `NONE`."""
    skew_s: float | None
    """The best estimate, inside the interval."""
    votes: tuple[Vote, ...]

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
        """Names whose range touches the agreed one."""
        return sum(vote.status is ServerStatus.TRUECHIMER for vote in self.votes)


class ServerList(enum.Enum):
    """Where the list of servers came from."""

    NAMED = "named"
    HOST = "host"
    CLOUD = "cloud"
    PUBLIC = "public"
    MIXED = "mixed"


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

    @property
    def independent(self) -> bool:
        """Tell whether somebody answered whom this host doesn't follow anyway."""
        return any(v.outcome.server not in self.own for v in self.consensus.votes if isinstance(v.outcome, Reading))


class Thresholds(NamedTuple):
    """From where on skew is a warning and critical, of its absolute value."""

    warning_s: float
    critical_s: float


class Judgement(NamedTuple):
    """A measured range held against the thresholds."""

    status: Status
    proven: bool
    least: Status
    """Severity of the range's point nearest to 0."""
    most: Status
    """Severity of the range's end farthest from 0."""


class Finding(NamedTuple):
    """One thing that was found, under a stable id (kebab-case, named after whose fault it is)."""

    id: str
    status: Status
    summary: str
    evidence: tuple[tuple[str, str | float | int | None], ...] = ()
    remedy: tuple[str, ...] = ()


class NextStep(NamedTuple):
    """The last line of a screen: one command. `do` mends it here, `next` settles the question."""

    kind: str
    command: str
    why: str


class Failure(NamedTuple):
    """Why there is no measurement at all: wrong usage, I/O, an internal error."""

    id: str
    summary: str
    remedy: str


class Unknown(NamedTuple):
    """A fact of this host that could not be read: never bad news in itself."""

    why: str


class KernelClock(NamedTuple):
    """What the kernel says of its clock (adjtimex(2))."""

    max_error_s: float
    """The kernel's own bound; it grows by 500 ppm from the last correction on, up to 16 s."""
    flagged_unsynchronised: bool
    """STA_UNSYNC. Not to be trusted alone: daemons set it for other reasons."""
    frequency_ppm: float
    """The correction that is applied to the hardware's rate."""
    ahead_of_python_s: float | None = None
    """The kernel's time of day minus what this process is told; None where it could not be compared."""

    @property
    def corrected_within_s(self) -> float | None:
        """The longest time for which nobody can have corrected it; None where the bound says no more (16 s)."""
        return self.max_error_s / 500e-6 if self.max_error_s < 16 else None


class DaemonClaim(NamedTuple):
    """What a time daemon says of the clock."""

    synchronised: bool
    bound_s: float | None = None
    """How far off it says that the clock is at most; None where it doesn't say."""
    source: str | None = None
    """Whom it follows, safe to show; None where it doesn't say."""
    stratum: int | None = None
    age_s: float | None = None
    """How long ago it last heard from there; None where it doesn't say."""


class Daemon(NamedTuple):
    """A time daemon on this host, by its program's usual name."""

    name: str
    """`chronyd`, `systemd-timesyncd`, `ntpd`, `ntpd-rs`, `openntpd`."""
    running: bool | None
    """None: can't tell from here."""
    claim: DaemonClaim | Unknown


class Place(NamedTuple):
    """Where this process runs; None and False mean that nothing says so."""

    container: str | None = None
    """`docker`, `podman`, `kubernetes`, `ecs`, `lxc`, `nspawn`, or `container` where its kind can't be told."""
    wsl: int | None = None
    """1 or 2."""
    docker_desktop: bool = False
    virtual: str | None = None
    """The hypervisor: `kvm`, `hyperv`, `vmware`, `xen`, `virtualbox`, ..."""
    cloud: str | None = None
    """`aws`, `gce`, `azure`."""
    distribution: str | None = None
    """The ID of os-release: `debian`, `alpine`, `amzn`, ..."""


class Zone(NamedTuple):
    """The time zone that this process is told."""

    name: str | None
    """Safe to show; None where it has none."""
    utc_offset_s: int
    trouble: str | None = None
    """Finding id: `zone-missing`, `-dangling`, `-unreadable`, `-not-a-zone`, `-tz-ignored`, `-stale`."""
    detail: str = ""


class Hardware(NamedTuple):
    """What carries the clock."""

    clocksource: str | None = None
    unsteady_clocksource: bool = False
    """A source that drifts or is slow to read although a better one is there, or one that the kernel gave up."""
    slept_s: float = 0.0
    """How long this kernel was suspended since its start."""
    rtc_ahead_s: float | None = None
    """The battery-backed clock minus the local one; None where it can't be read."""
    rtc_in_local_time: bool = False
    ptp: tuple[str, ...] = ()
    """Clock devices of the host or hypervisor that a daemon could follow: `KVM virtual PTP`, `hyperv`, `ena-ptp-…`."""


class Fake(NamedTuple):
    """Something that tells this process another time than the kernel's."""

    how: str
    """What it is, safe to show: `libfaketime`."""
    ahead_s: float | None
    """This process's clock minus the kernel's; None where that can't be told."""


class ConfiguredServer(NamedTuple):
    """A time server that this host is set up to ask."""

    host: str
    """As written, safe to show."""
    origin: str
    """The file that names it."""


class HostFacts(NamedTuple):
    """All that this host says of its own clock."""

    kernel: KernelClock | Unknown
    daemons: tuple[Daemon, ...]
    place: Place
    zone: Zone
    hardware: Hardware
    fake: Fake | None
    configured: tuple[ConfiguredServer, ...]


class NtpPart(NamedTuple):
    """The local clock against NTP, judged."""

    survey: Survey
    judgement: Judgement


class Report(NamedTuple):
    """All that a renderer gets. Nothing in it needs computing, nothing in it is unsafe to show."""

    command: str
    status: Status
    proven: bool
    exit_code: int
    verdict: str
    """The first line of the text: the verdict word, two spaces, the sentence."""
    meaning: str
    """What that means for a token."""
    thresholds: Thresholds | None = None
    """None where the command line could not be understood."""
    next_step: NextStep | None = None
    assumes: tuple[str, ...] = ()
    measured_at_s: float | None = None
    """The suspect clock's time of day at the end, Unix seconds; None where nothing was measured."""
    true_time: Interval | None = None
    """Unix seconds between which the true time lay at `measured_at_s`; None where no range is known."""
    duration_s: float = 0.0
    ntp: NtpPart | None = None
    host: HostFacts | None = None
    """None where the host was not asked (a demonstration)."""
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None
