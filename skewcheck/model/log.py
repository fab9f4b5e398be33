"""What recorded requests say of their refusals. No line, URL, token or user name of a log is in here."""

import enum
from typing import NamedTuple

from skewcheck.model.measured import Interval


class Event(NamedTuple):
    """One request of a log, or one token response. A time is Unix seconds, as the log's clock and zone have it.

    A stamp has a width: a whole second says that the time lies in it.
    """

    start_s: float | None
    """When it was sent; None: the log doesn't say."""
    end_s: float | None
    """When its reply was there; None: the log doesn't say."""
    width_s: float
    """Of both stamps."""
    refresh: bool
    """It asked for a token."""
    status: int
    client: str = ""
    """Who sent it, where several clients write to one log: never shown."""
    host: str = ""
    """Whom it asked: never shown."""
    token: str = ""
    """What tells the token apart, of a token response the one in it; empty: the log doesn't say. Never shown."""
    lifetime_s: float | None = None
    """`expires_in` of a token response."""
    date_s: float | None = None
    """The reply's `Date`."""
    limited: bool = False
    """The reply says that it was asked too often."""
    path: str = ""
    """What it asked for, without a query: never shown."""


class LogFile(NamedTuple):
    """One file, as far as it was read."""

    name: str
    """Safe to show; `-` is standard input."""
    read_as: str
    """`ndjson`, `csv`, `har`, `lines`."""
    lines: int = 0
    used: int = 0
    not_understood: int = 0
    first_not_understood: int | None = None
    """The number of that line, or record; None: there is none."""
    ended: str | None = None
    """Why it was not read to its end: `no-lines`, `unpacked`, `damaged`; None: it was."""


class CauseVerdict(enum.Enum):
    """What the log says to a cause."""

    SHOWN = "shown"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    EXCLUDED = "excluded"
    CANT_TELL = "cant-tell"


class Cause(NamedTuple):
    """One cause of refusals, and what the log says to it; why, as `judge.catalogue.BECAUSE` has it."""

    id: str
    verdict: CauseVerdict
    refused: int
    """How many refusals it explains."""
    because: str
    facts: tuple[tuple[str, str | float | int | bool | None], ...] = ()


class Hold(NamedTuple):
    """So long after tokens came: what is known of those that were used by then, or were refused before."""

    after_s: float
    refused: int
    open: int
    """Refused before, and not accepted yet."""
    accepted: int
    high: float
    """Upper 95 % bound of the share that is not accepted."""


class First(NamedTuple):
    """New tokens that were refused at their first use."""

    refused: int
    of: int
    share_low: float
    share_high: float
    """Clopper and Pearson's 95 % range."""


class Phase(NamedTuple):
    """Whether the refused tokens came in one part of the second."""

    p: float | None
    """By chance, so many stand so near together; None: not tested."""
    window: int
    """Neighbours of which it counts the refused."""
    usable: bool
    """The clock is steady enough, and the stamps are finer than a second: phases can exclude."""
    counts: tuple[tuple[int, int], ...]
    """Refused, and all, in each twentieth of the second."""


class DateOffset(NamedTuple):
    """The clock of the log against the `Date` in the replies."""

    interval: Interval
    """Local − `Date`; positive is ahead. Where the replies exclude each other, what lies between."""
    replies: int
    steady_s: float | None
    """It moved by so much at most; None: too few replies to tell."""
    refused_apart_s: float | None
    """By so much at least the refused replies' clock is behind the accepted ones'; None: by nothing that shows."""


class LogPart(NamedTuple):
    """All that was read and counted, and what it says to each cause."""

    files: tuple[LogFile, ...]
    from_s: float | None
    to_s: float | None
    stamp_s: float | None
    """How wide the stamps are: 1 is a whole second."""
    zone_assumed: str | None
    """The zone that times without one were read in; None: each has its own."""
    requests: int
    refreshes: int
    tokens: int
    """Those that were looked at: the last ones of a long log."""
    refused: int
    ambiguous: int
    """Requests of which it isn't known whether they carried the old token or the new."""
    steps: int
    """How often the times went back."""
    first: First | None
    hold: tuple[Hold, ...]
    wait_s: float | None
    """By then each token that had been refused was accepted, of at least 20; None: not known."""
    date: DateOffset | None
    phase: Phase | None
    lateness: Interval | None
    """How long after their end tokens were refused before they were refreshed."""
    idle_ok_s: float | None
    """The longest pause after which a token was still accepted."""
    idle_refused_s: float | None
    """The shortest pause after which one was refused."""
    causes: tuple[Cause, ...]
    missing: tuple[str, ...]
    """What would tell more: ids of `judge.catalogue.MISSING`."""
    tokens_needed: int | None
    """So many refreshes are needed in all; None: no more."""
