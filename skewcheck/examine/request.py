"""What to ask, for how long, and where the limits are. The defaults are those of the commands."""

from typing import TYPE_CHECKING, NamedTuple

from skewcheck.model import Family, Interval, Status

if TYPE_CHECKING:
    from skewcheck.tokens.find import Found


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


class ClockRequest(NamedTuple):
    """What to ask NTP servers, for how long."""

    servers: tuple[str, ...] = ()
    """`HOST[:PORT]` each; none: the public list."""
    policy: Policy = Policy()
    timeout_s: float | None = None
    """None: 3 s, and as much more as the samples need."""
    family: Family = Family.ANY
    samples: int = 1
    """Of each server, 1 to 8, spaced 2 s (NIST 4 s)."""
    command: str = "clock"
    ask_host: bool = True
    """Read what this host says of its own clock, too."""
    spent_s: float = 0.0
    """How much of the timeout is gone already or will be needed afterwards: a process's own start and end."""


class ApiRequest(NamedTuple):
    """Whose `Date` to ask for, and for how long: exactly one of `region` and `url`."""

    region: str | None = None
    """Of Genesys Cloud, in any of its tools' spellings; there is no default."""
    url: str | None = None
    """Any other API, or a gateway: `https://gateway.example.net/path`."""
    login_url: str | None = None
    """The host that issues the tokens for *url*, to be compared with it."""
    policy: Policy = Policy()
    timeout_s: float | None = None
    """None: 10 s."""
    family: Family = Family.ANY
    full: bool = False
    """As narrow as can be, instead of until the thresholds are settled."""
    date_fresh: bool = False
    """The caller vouches for it that the hosts' `Date` is fresh."""
    ca_file: str | None = None
    """Certificates, in PEM, of the authorities that are trusted instead of the system's."""
    command: str = "api"
    ask_host: bool = True
    """Read what this host says of its own clock, too."""
    spent_s: float = 0.0
    """How much of the timeout is gone already or will be needed afterwards: a process's own start and end."""
    max_requests: int = 16
    """To each host."""


class CheckRequest(NamedTuple):
    """What to ask of NTP, and of an API where `region` or `url` names one, all at once; and a token to judge by it."""

    servers: tuple[str, ...] = ()
    """`HOST[:PORT]` each; none: this host's own and public ones."""
    region: str | None = None
    url: str | None = None
    login_url: str | None = None
    """The host that issues the tokens for *url*, to be compared with it."""
    policy: Policy = Policy()
    timeout_s: float | None = None
    """None: 10 s, of which NTP takes 3 s and as much more as the samples need."""
    family: Family = Family.ANY
    samples: int = 1
    """Of each NTP server, 1 to 8."""
    date_fresh: bool = False
    """The caller vouches for it that the API's `Date` is fresh."""
    ca_file: str | None = None
    """Certificates, in PEM, of the authorities that are trusted instead of the system's."""
    command: str = "check"
    ask_host: bool = True
    """Read what this host says of its own clock, too."""
    spent_s: float = 0.0
    """How much of the timeout is gone already or will be needed afterwards: a process's own start and end."""
    max_requests: int = 10
    """To each host of the API: enough to settle the limits and to confirm it, as a rule."""
    found: "Found | None" = None
    """A token, as `tokens.find.find` gives it, to be judged by the same measurement."""

    @property
    def of_ntp(self) -> ClockRequest:
        """What of it the NTP servers, and this host, are asked."""
        return ClockRequest(
            servers=self.servers,
            policy=self.policy,
            timeout_s=self.timeout_s,
            family=self.family,
            samples=self.samples,
            command=self.command,
            ask_host=self.ask_host,
            spent_s=self.spent_s,
        )

    @property
    def of_api(self) -> ApiRequest | None:
        """What of it the API is asked; None where none is named."""
        if self.region is None and self.url is None:
            return None
        return ApiRequest(
            region=self.region,
            url=self.url,
            login_url=self.login_url,
            policy=self.policy,
            timeout_s=self.timeout_s,
            family=self.family,
            date_fresh=self.date_fresh,
            ca_file=self.ca_file,
            command=self.command,
            ask_host=False,
            spent_s=self.spent_s,
            max_requests=self.max_requests,
        )


class TokenRequest(NamedTuple):
    """What token to look at, and which clocks to ask: NTP's, and the API's where `region` or `url` names one."""

    found: "Found | None"
    """As `tokens.find.find` gives it; None raises UsageError."""
    expires_in_s: float | None = None
    """What the token response said; it takes the place of what was pasted."""
    obtained_at_s: float | None = None
    """When the response came, by this clock, Unix seconds."""
    offline: bool = False
    """Ask nobody: no socket is opened."""
    skew: Interval | None = None
    """Assume this skew instead of measuring; no socket is opened."""
    region: str | None = None
    url: str | None = None
    login_url: str | None = None
    """The host that issues the tokens for *url*."""
    verifiers: tuple[str, ...] = ()
    """Names of `judge.verifiers`: each gives its verdict, and takes its place in the table of parties."""
    leeway_s: float | None = None
    """Of whoever checks the token; None: what each is known for, else 0."""
    latency: Interval | None = None
    """One way, from reading the token for a request until the checker compares; None: up to the measured round trip."""
    servers: tuple[str, ...] = ()
    """NTP servers, `HOST[:PORT]` each; none: this host's own and the public list."""
    policy: Policy = Policy()
    timeout_s: float | None = None
    """None: 3 s, and 10 s where an API is asked."""
    family: Family = Family.ANY
    ca_file: str | None = None
    date_fresh: bool = False
    command: str = "token"
    ask_host: bool = True
    """Read what this host says of its own clock, too; not where nobody is asked."""
    spent_s: float = 0.0
    """How much of the timeout is gone already or will be needed afterwards: a process's own start and end."""
