"""What to ask, for how long, and where the limits are. The defaults are those of the commands."""

from typing import NamedTuple

from skewcheck.model import Family, Status


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
