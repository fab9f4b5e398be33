"""How it is judged, and the report that every renderer gets."""

import enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from skewcheck.model.host import HostFacts
from skewcheck.model.measured import ApiSurvey, Family, Interval, Survey
from skewcheck.model.token import Party, Recommended, Risk, Token

if TYPE_CHECKING:
    from skewcheck.model.log import LogPart


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


Fact: TypeAlias = "str | float | int | bool | None"
"""A typed value of a finding; its name carries its unit (`skew_s`, `share_high`)."""


class Finding(NamedTuple):
    """One thing that was found, under a stable id (kebab-case, named after whose fault it is).

    It has no words: `judge.catalogue` has a title, a meaning and an explanation for each id, over its facts.
    """

    id: str
    status: Status
    facts: tuple[tuple[str, Fact], ...] = ()
    """By name, as the catalogue's row lists them; also the `evidence` of the JSON document."""

    def fact(self, name: str) -> Fact:
        """Return the fact of that *name*; None where there is none."""
        return dict(self.facts).get(name)


class Step(NamedTuple):
    """One command to run next. What it does is said by `judge.catalogue.STEPS`, under its kind."""

    kind: str
    """`step-clock`, `explain`, `check-region`, ...: mends it here (`Fix:`), or finds out more (`Next:`)."""
    command: str


class Effect(NamedTuple):
    """What one party sees of the clock that is off; words under the id in `judge.catalogue.EFFECTS`."""

    party: Party
    id: str
    facts: tuple[tuple[str, Fact], ...] = ()


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
    """`iat`, `nbf`, `exp`; `expires_in`: what the token response says, counted from when it was obtained; `deadline`:
    what the client that kept the token wrote beside it."""
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
    """An id of `judge.catalogue.REASONS`."""
    version: str
    source: str
    note: str = ""
    also: tuple[str, ...] = ()
    """All else that it refuses the token for by its clock: more ids of `judge.catalogue.REASONS`."""
    option: str = ""
    """How its leeway is set, `N` being the seconds; empty: it can't be, or that isn't known."""


class Signing(NamedTuple):
    """How to date what this host signs, so that whoever checks it takes it, by this clock as it is."""

    name: str
    """Of whoever checks it, as `--signed-for` takes it."""
    title: str
    source: str
    cap_s: float | None
    """The longest life that it takes; None: none is known."""
    cap_from: str
    """What that counts from: `now`, its own time; `iat`, up to exp; `age`, from iat until it is checked."""
    back_s: int | None
    """Date `iat` back by so much at least; None: not known, for the clock isn't."""
    told_back_s: int
    """By how much its documents want it; 0: they say nothing."""
    least_s: int | None
    """`exp` has to be so far ahead of this clock at least, or it is past on arrival; None: not known."""
    most_s: int | None
    """And at most so far; None: not known, or there is no cap."""
    room_s: float | None = None
    """By how much later the exp of the token at hand could be, checked now; None: not known, or no such cap."""


class TokenPart(NamedTuple):
    """A token, its times against measured time, and what this host's clock does to tokens of its kind."""

    token: Token
    judged_by: str
    """What true time rests on: `ntp`, `api`, `skew` (as assumed), `at` (as of then), `local`: none was measured."""
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
    signing: tuple[Signing, ...] = ()
    """For each of those that checks what this host signs."""


class Policy(NamedTuple):
    """Where the limits are, and what counts as a failure."""

    warning_s: float = 0.1
    """About twice what a 50 ms path resolves."""
    critical_s: float = 1.0
    """From here on a verifier without leeway always refuses a fresh token."""
    fail_on: Status = Status.WARNING
    """`WARNING`, or `CRITICAL`: then a warning exits 0."""
    on_unknown: Status = Status.UNKNOWN
    """What a measurement that could not tell counts as, in the exit code alone."""


class Request(NamedTuple):
    """What to ask, for how long, and where the limits are; one for every command."""

    command: str = "check"
    ask_ntp: bool = True
    """False: the API alone is asked."""
    servers: tuple[str, ...] = ()
    """NTP servers, `HOST[:PORT]` each; none: this host's own and public ones."""
    samples: int = 1
    """Of each NTP server, 1 to 8, spaced 2 s (NIST 4 s)."""
    region: str | None = None
    """Of Genesys Cloud, in any of its tools' spellings; there is no default."""
    url: str | None = None
    """Any other API, or a gateway, in its place: `https://gateway.example.net/path`."""
    login_url: str | None = None
    """The host that issues the tokens for *url*, to be compared with it."""
    full: bool = False
    """As narrow as the API's range can be, instead of until the limits are settled."""
    date_fresh: bool = False
    """The caller vouches for it that the API's `Date` is fresh."""
    ca_file: str | None = None
    """Certificates, in PEM, of the authorities that are trusted instead of the system's."""
    max_requests: int | None = None
    """To each host of the API; None: 16, or 10 where NTP is asked, too."""
    connections: int | None = None
    """To each host of the API, 2 to 64 in all, a request each beyond *max_requests*. None: up to 8, of what is left."""
    family: Family = Family.ANY
    timeout_s: float | None = None
    """None: 3 s, 10 s where an API is asked, 20 s with *full*; and what more samples need."""
    token: object = None
    """A token, as `tokens.find.find` gives it, to be judged by the same measurement."""
    expires_in_s: float | None = None
    """What the token response said; it takes the place of what was pasted."""
    obtained_at_s: float | None = None
    """When the response came, by this host's clock, Unix seconds."""
    offline: bool = False
    """Ask nobody, and judge the token by this host's clock: no socket is opened."""
    skew: Interval | None = None
    """Assume this skew instead of measuring; no socket is opened."""
    at_s: float | None = None
    """Judge the token as of this time, Unix seconds: true time, or by the clock of *skew*. No socket is opened."""
    verifiers: tuple[str, ...] = ()
    """Names of `judge.verifiers`: each gives its verdict, and takes its place among the parties."""
    signed_for: str | None = None
    """Name of `judge.verifiers`: whoever checks what this host signs."""
    max_life_s: float | None = None
    """The longest life that he takes; None: what he is known for."""
    leeway_s: float | None = None
    """Of whoever checks the token; None: what each is known for, else 0."""
    latency: Interval | None = None
    """One way, from reading the token for a request until the checker compares; None: up to the measured round trip."""
    policy: Policy = Policy()
    ask_host: bool = True
    """Read what this host says of its own clock, too."""
    began_s: float | None = None
    """When the timeout began to run, on `time.monotonic`: with the process, say. None: when this is examined."""
    way_out_s: float = 0.0
    """How much of the timeout will be needed afterwards."""

    @property
    def asks_api(self) -> bool:
        """Tell whether an API is asked."""
        return self.region is not None or self.url is not None or not self.ask_ntp

    @property
    def asks_nobody(self) -> bool:
        """Tell whether no clock is measured."""
        return self.offline or self.skew is not None or self.at_s is not None


class Measured(NamedTuple):
    """All that a report rests on: what was asked of others, what this host says, what the token says."""

    at_s: float
    """This host's time of day at the end, Unix seconds: the moment that a token is judged at."""
    platform: str = "linux"
    """As `sys.platform`: which command fits."""
    host: HostFacts | None = None
    ntp: Survey | None = None
    api: ApiSurvey | None = None
    token: Token | None = None


class Report(NamedTuple):
    """All that a renderer gets: what was measured and what was decided. It has no sentences.

    The findings are in order: the first is the worst, of equals the more important one. It is the answer: its title is
    line 1 of every format, its meaning line 2, its steps the last block.
    """

    command: str
    status: Status
    proven: bool
    exit_code: int
    findings: tuple[Finding, ...] = ()
    """At least one, unless there is a failure."""
    steps: tuple[Step, ...] = ()
    """At most two."""
    effects: tuple[Effect, ...] = ()
    """Who is harmed by the clock that is off, and what he sees of it; nobody else stands here."""
    thresholds: Thresholds | None = None
    """None where the command line could not be understood."""
    assumes: tuple[str, ...] = ()
    """Premises of the ranges: `majority-honest`, `path-not-hostile`, `certificates-honest`, `lag-bounded`."""
    measured_at_s: float | None = None
    """The local clock's time of day at the end, Unix seconds; None where nothing was measured."""
    true_time: Interval | None = None
    """Unix seconds between which the true time lay at `measured_at_s`; None where no range is known."""
    duration_s: float = 0.0
    ntp: NtpPart | None = None
    api: ApiPart | None = None
    token: TokenPart | None = None
    host: HostFacts | None = None
    """None where the host was not asked (a demonstration)."""
    failure: Failure | None = None
    log: "LogPart | None" = None
    """What recorded requests say; None where none were read."""

    @property
    def lead(self) -> Finding | None:
        """The finding that answers; None for a failure."""
        return self.findings[0] if self.findings else None
