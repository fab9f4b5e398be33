"""All that finders rest on: what was asked, what was measured, and whose clock is off."""

import enum
import math
from collections.abc import Iterable
from typing import NamedTuple

from skewcheck.judge.nodes import Look, look, too_few
from skewcheck.judge.severity import OFF, severity, worse
from skewcheck.model import (
    ApiHost,
    ApiPart,
    Basis,
    DateReading,
    Difference,
    HostFacts,
    Interval,
    LocalRun,
    NoReading,
    NtpPart,
    Pace,
    Policy,
    Reading,
    Request,
    Role,
    Security,
    Status,
    Thresholds,
    Token,
)

DRIFT_PPM = 100.0
"""What a quartz clock that nobody corrects is off by at most."""
DISTINCT_S = 1e-6
"""Ranges of one reading that differ by less differ by rounding alone."""
USUAL_S, USUAL_FULL_S = 10, 20
"""What an API is allowed by default: on a usual path enough to settle the limits, or for one round trip."""
ROUND_TRIPS = 20
"""That a run takes beside the seconds that it waits for, on a slow path."""
NARROW_S = 0.1
"""A flip of the second that is known so well, and is where UTC's is, is there by chance in one of ten cases."""


class Who(enum.Enum):
    """Which clock is off, as far as it can be told."""

    NOBODY = "nobody"
    LOCAL = "local"
    API = "api"
    """Its own, its edge's or a cache's."""
    BOTH = "both"
    SHARED = "shared"
    """This host's and the API's, each a little: only together it is too much."""
    NTP = "ntp"
    """This host and the API agree, and NTP as seen from here differs."""
    OPEN = "open"
    BY_API_ALONE = "by-api-alone"
    """NTP says nothing, or was not asked."""
    BY_NTP_ALONE = "by-ntp-alone"
    """The API says nothing, or was not asked."""
    UNMEASURED = "unmeasured"


class Case(NamedTuple):
    """All that a finding can rest on."""

    request: Request
    limits: Thresholds
    platform: str = "linux"
    """As `sys.platform`."""
    host: HostFacts | None = None
    ntp: NtpPart | None = None
    """None: not asked."""
    api: ApiPart | None = None
    """None: not asked."""
    token: Token | None = None
    who: Who = Who.UNMEASURED

    # --- By NTP ---

    @property
    def utc(self) -> Interval | None:
        """The range of this host's clock against UTC, as NTP has it; None where it has none."""
        return None if self.ntp is None else self.ntp.survey.consensus.interval

    @property
    def readings_of_ntp(self) -> list[Reading]:
        """What the servers said that answered by NTP, rejected ones included."""
        votes = () if self.ntp is None else self.ntp.survey.consensus.votes
        return [vote.outcome for vote in votes if isinstance(vote.outcome, Reading) and vote.outcome.exchanges]

    @property
    def asked_web(self) -> bool:
        """Tell whether a web server was asked for UTC, by its `Date`."""
        votes = () if self.ntp is None else self.ntp.survey.consensus.votes
        asked = (*self.request.servers, *(vote.outcome.server for vote in votes))
        return any(server.startswith("https://") for server in asked)

    @property
    def voted(self) -> bool:
        """Tell whether a majority of servers vouches for UTC, and not this host's own alone."""
        ntp = self.ntp
        if ntp is None or self.at_another_rate:
            return False
        return ntp.survey.consensus.basis is Basis.MAJORITY and ntp.survey.independent

    @property
    def outside_is_silent(self) -> bool:
        """Tell whether of those whom this host doesn't follow anyway nobody answers, and nothing else tells why."""
        votes, own = ((), ()) if self.ntp is None else (self.ntp.survey.consensus.votes, self.ntp.survey.own)
        reasons = {reason_of(vote.outcome) or "answered" for vote in votes if vote.outcome.server not in own}
        return bool(reasons) and reasons <= {"no-reply", "prohibited"}

    # --- By the API ---

    @property
    def reading(self) -> DateReading | None:
        """What the API's first host gave; None where it gave nothing or was not asked."""
        outcome = None if self.api is None else self.api.survey.first.outcome
        return outcome if isinstance(outcome, DateReading) else None

    @property
    def readings(self) -> list[tuple[ApiHost, DateReading]]:
        """The API's hosts that gave something."""
        hosts = () if self.api is None else self.api.survey.hosts
        return [(host, host.outcome) for host in hosts if isinstance(host.outcome, DateReading)]

    @property
    def login(self) -> DateReading | None:
        """What the issuer of its tokens gave."""
        return None if self.api is None else self.api.survey.reading(Role.LOGIN)

    @property
    def api_host(self) -> str:
        """The name of the API's first host; empty where none was asked."""
        return "" if self.api is None else self.api.survey.first.host

    @property
    def issuer_status(self) -> Status:
        """How bad the difference between issuer and API is at least; ok where its direction is open, too."""
        ahead = None if self.api is None else self.api.issuer_ahead
        return Status.OK if ahead is None else severity(ahead.fresh.nearest_to_zero(), self.limits)

    @property
    def service_status(self) -> Status:
        """How bad it is about the service itself, whatever this host's clock is.

        A certificate that is not valid by its own server's `Date` is a warning: nobody can call it.
        """
        certificate = Status.WARNING if any(outdated(reading) for _, reading in self.readings) else Status.OK
        return worse(self.issuer_status, certificate, self.nodes_status)

    @property
    def looks(self) -> list[Look]:
        """What differs behind the names of the API's hosts: a process whose time runs at another rate can't tell."""
        if not any(reading.nodes for _, reading in self.readings) or self.at_another_rate or self.was_set:
            return []
        # Where this host and the API agree against NTP as seen from here, the nodes are held against one another.
        utc = self.utc_with_api if self.voted and self.who is not Who.NTP else None
        found = (look(host, utc, self.limits) for host, _ in self.readings)
        return [each for each in found if each is not None]

    @property
    def nodes_status(self) -> Status:
        """How bad it is that one of several nodes is off; ok where none was seen to be, and enough were looked at."""
        return worse(Status.UNKNOWN if self.nodes_unseen else Status.OK, *(each.status for each in self.looks))

    @property
    def nodes_unseen(self) -> bool:
        """Tell whether far fewer connections were made than the user asked for: nodes may stand behind the others."""
        wanted = self.request.connections
        seen = [reading.nodes for _, reading in self.readings if reading.stale is None]
        if wanted is None or not seen:
            return False
        return too_few(min(1 if nodes is None else len(nodes.replies) for nodes in seen), wanted)

    @property
    def servers_status(self) -> Status:
        """How bad it is that NTP servers are off."""
        votes = () if self.ntp is None else self.ntp.survey.consensus.votes
        return worse(*(self.server_status(vote.off_by_s or 0.0) for vote in votes), Status.OK)

    def server_status(self, off_by_s: float) -> Status:
        """Return how bad it is that an NTP server is off: ok, unless the user named servers and a limit for them."""
        default = Policy()
        held = bool(self.request.servers) and self.limits != (default.warning_s, default.critical_s)
        return severity(off_by_s, self.limits) if held and self.voted else Status.OK

    @property
    def rests_on_freshness(self) -> bool:
        """Tell whether what is judged of the API's clock holds only if its `Date` is not old."""
        reading, api = self.reading, self.api
        return reading is not None and api is not None and may_lag(reading) and not api.judgement.proven

    @property
    def enough_s(self) -> int | None:
        """How much time is enough, where it ended before a second request could go out; None where it did not."""
        trips_s = [reading.min_rtt_s for _, reading in self.readings if reading.once_only]
        if self.api is None or not trips_s:
            return None
        usual_s = USUAL_FULL_S if self.request.full else USUAL_S
        return math.ceil(usual_s + self.api.survey.local.duration_s + ROUND_TRIPS * max(trips_s))

    # --- Together ---

    @property
    def utc_with_api(self) -> Interval | None:
        """`utc` where an API was asked, too: the local clock may have drifted from one end to the other."""
        if self.utc is None or self.ntp is None or self.api is None:
            return None
        first, last = sorted((self.ntp.survey.local, self.api.survey.local), key=lambda run: run.ended_at_s)
        return self.utc.widened(moved_since(first, (last,), last.ended_at_s))

    @property
    def api_ahead(self) -> Difference | None:
        """API - UTC; None where either is missing."""
        utc, reading = self.utc_with_api, self.reading
        if utc is None or reading is None or self.ntp is None:
            return None
        skew_s = self.ntp.survey.consensus.skew_s or 0.0
        return Difference(
            skew_s - reading.skew_s,
            utc.minus(reading.interval),
            utc.minus(reading.range),
        )

    @property
    def together(self) -> bool:
        """Tell whether NTP and the API have a time in common; False where either says none."""
        ahead = self.api_ahead
        return ahead is not None and ahead.fresh.holds_zero

    @property
    def flips_with_utc(self) -> bool:
        """Tell whether the API's second moves on where UTC's does: evidence that its `Date` is fresh, and no proof."""
        ahead = self.api_ahead
        return ahead is not None and self.voted and self.together and ahead.fresh.width_s <= NARROW_S

    @property
    def is_off(self) -> bool:
        """Tell whether this host's clock is, or may be, one that is off."""
        parts = (part.judgement.status for part in (self.ntp, self.api) if part is not None)
        return self.who is not Who.API and any(status in OFF for status in parts)

    @property
    def runs(self) -> list[LocalRun]:
        """What the local clock did during each measurement."""
        return [part.survey.local for part in (self.ntp, self.api) if part is not None]

    @property
    def at_another_rate(self) -> bool:
        """Tell whether time runs at another rate in this process than in the kernel."""
        return any(run.pace is not Pace.TRUE for run in self.runs)

    @property
    def step_s(self) -> float:
        """By how much this host's clock jumped while it was measured; 0 where it did not."""
        return max((run.step_s for run in self.runs), key=abs, default=0.0)

    @property
    def was_set(self) -> bool:
        """Tell whether it jumped by so much that what was measured is of two clocks."""
        return abs(self.step_s) >= self.limits.warning_s


Facts = tuple[tuple[str, "str | float | int | bool | None"], ...]


def moved_since(run: LocalRun, others: Iterable[LocalRun], until_s: float) -> float:
    """Return how far the local clock may have moved from the end of *run* until *until_s*, in seconds.

    *others*: what was measured at the same time. One that ended later saw how the clock was pulled since.
    """
    pulled_s = max((other.wander_s for other in others if other.ended_at_s > run.ended_at_s), default=0.0)
    return DRIFT_PPM * 1e-6 * abs(until_s - run.ended_at_s) + pulled_s


def skew_facts(skew_s: float, interval: Interval, limit_s: float) -> Facts:
    """Return the facts of a skew: its estimate only where the range is no wider than *limit_s*; open ends as None."""
    estimate_s = min(max(skew_s, interval.low_s), interval.high_s) if interval.width_s <= limit_s else None
    return ("skew_s", estimate_s), ("low_s", finite(interval.low_s)), ("high_s", finite(interval.high_s))


def finite(end_s: float) -> float | None:
    """Return the end of a range; None of an open one."""
    return end_s if math.isfinite(end_s) else None


def may_lag(reading: DateReading) -> bool:
    """Tell whether this server's `Date` may be so old that it makes a difference."""
    return reading.interval.low_s < reading.fresh.low_s - DISTINCT_S


def low_at_any_age(reading: DateReading) -> float:
    """Return the low end of what this server's `Date` shows, however old that is: none where its age isn't known.

    An old `Date` is of a clock that is ahead of what it says.
    """
    return -math.inf if may_lag(reading) and not reading.lag.known else reading.interval.low_s


def outdated(reading: DateReading) -> bool:
    """Tell whether the certificate is not valid at the time that its own server has."""
    dates = reading.certificate
    if reading.security is not Security.DATES_IGNORED or dates is None or not reading.exchanges:
        return False
    return not dates.not_before_s <= reading.exchanges[-1].date_s <= dates.not_after_s


def reason_of(outcome: Reading | DateReading | NoReading) -> str:
    """Return why a host gave nothing; empty where it gave something."""
    return outcome.reason if isinstance(outcome, NoReading) else ""
