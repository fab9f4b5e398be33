"""How it is judged, and the report that every renderer gets."""

import enum
from typing import NamedTuple

from skewcheck.model.api import ApiSurvey
from skewcheck.model.host import HostFacts
from skewcheck.model.measured import Interval, Survey
from skewcheck.model.token import Recommended, Risk, Token


class Status(enum.Enum):
    """How bad it is; also the `status` of the JSON contract."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


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


class NtpPart(NamedTuple):
    """The local clock against NTP, judged."""

    survey: Survey
    judgement: Judgement


class Difference(NamedTuple):
    """One clock of a service against another: positive means that the first is ahead."""

    skew_s: float
    interval: Interval
    fresh: Interval
    """The same if both `Date` headers are fresh."""


class ApiPart(NamedTuple):
    """The local clock against the API's, judged; and the issuer of its tokens against the API."""

    survey: ApiSurvey
    judgement: Judgement
    """Of the first host."""
    issuer_ahead: Difference | None = None
    """login - api; None where either is missing."""


class Moment(NamedTuple):
    """A time that the token names, against this clock and against true time."""

    name: str
    """`iat`, `nbf`, `exp`; `expires_in`: what the token response says, counted from when it was obtained."""
    at_s: float
    """Unix seconds; of `expires_in` by this clock."""
    here_s: float
    """How far in the future by this clock; below 0: so long ago."""
    true: Interval | None
    """The same by true time; None where no clock was measured."""


class VerifierVerdict(NamedTuple):
    """What one verifier says to the token now."""

    name: str
    """As `--verifier` takes it."""
    title: str
    leeway_s: float
    accepts_now: bool | None
    """By the clock that it goes by: this host's, or that of whoever checks what this host signs. None: can't tell."""
    accepts_by_true_time: bool | None
    """Were its clock right; None: can't tell."""
    why: str
    version: str
    source: str
    note: str = ""


class TokenPart(NamedTuple):
    """A token, its times against measured time, and what this host's clock does to tokens of its kind."""

    token: Token
    judged_by: str
    """What true time rests on: `ntp`, `api`, `--skew`, or `local clock, unverified`."""
    judged_at_s: float
    """This clock's time of day that the token was judged at, Unix seconds."""
    true_time: Interval | None
    """True time at that moment; None where no clock was measured."""
    moments: tuple[Moment, ...]
    """In the order iat, nbf, exp, expires_in; none for a claim that is absent or no time."""
    latency: Interval
    """One way, as the risks and the buffer take it."""
    latency_measured: bool
    """False: the latency was given, or is the default."""
    drift_ppm: float
    risks: tuple[Risk, ...]
    """Each party and each harm; none where nothing but the clock could be looked at."""
    recommended: Recommended | None
    """None: the lifetime isn't known, or the token never expires."""
    verifiers: tuple[VerifierVerdict, ...] = ()
    """Those that were asked for."""
    latency_given: bool = False
    status: Status = Status.OK
    """The worst of what was found of the token, whatever its clocks are."""
    said: str = ""
    """What the first line says of the token."""


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
    api: ApiPart | None = None
    token: TokenPart | None = None
    host: HostFacts | None = None
    """None where the host was not asked (a demonstration)."""
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None
