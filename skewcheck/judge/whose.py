"""Whose clock is off: what NTP says of the local clock, and what an API says of it, put together.

There are three clocks: UTC's, this host's and the API's. Two of their differences are measured, local - UTC and
local - API; the third, API - UTC, follows from them. `whose` is the table of what that comes to. Ranges decide: where
both readings have a time in common, one clock that is off explains both.
"""

import enum
from collections.abc import Callable
from typing import NamedTuple

from skewcheck.judge import api_case, diagnose, severity
from skewcheck.judge.local_run import moved_since
from skewcheck.judge.severity import date_range, worse
from skewcheck.model import Difference, HostFacts, Interval, Status

NARROW_S = 0.1
"""A flip of the second that is known so well, and is where UTC's is, is there by chance in one of ten cases."""


class Whose(enum.Enum):
    """Which clock is off, as far as it can be told."""

    NOBODY = "no clock is off"
    LOCAL = "the local clock"
    API = "the API's clock, its edge's or a cache's"
    BOTH = "the local clock and the API's"
    SHARED = "each a little: only together it is too much"
    NTP = "this host and the API agree, and NTP as seen from here differs"
    OPEN = "can't tell which"
    BY_API_ALONE = "NTP says nothing: as the API says"
    BY_NTP_ALONE = "the API says nothing: as NTP says"
    UNMEASURED = "neither says anything"


class Case(NamedTuple):
    """All that the sentence can rest on: both measurements, each judged for itself."""

    ntp: diagnose.Case
    api: api_case.Case
    token_given: bool = False
    """A token is judged by this: nobody has to be told to show one."""

    @property
    def host(self) -> HostFacts | None:
        """What this host says of its own clock."""
        return self.ntp.host

    @property
    def api_ahead(self) -> Difference | None:
        """API - UTC; None where either is missing."""
        utc, skew_s, reading = self.ntp.consensus.interval, self.ntp.consensus.skew_s, self.api.reading
        if utc is None or skew_s is None or reading is None:
            return None
        first, last = sorted((self.ntp.survey.local, self.api.survey.local), key=lambda run: run.ended_at_s)
        utc = utc.widened(moved_since(first, (last,), last.ended_at_s))
        return Difference(
            skew_s - reading.skew_s,
            Interval(utc.low_s - reading.interval.high_s, utc.high_s - reading.interval.low_s),
            Interval(utc.low_s - date_range(reading).high_s, utc.high_s - date_range(reading).low_s),
        )

    @property
    def voted(self) -> bool:
        """Tell whether a majority of servers vouches for UTC, and not this host's own alone."""
        return self.ntp.confirmed

    @property
    def flips_with_utc(self) -> bool:
        """Tell whether the API's second moves on where UTC's does: evidence that its `Date` is fresh, and no proof."""
        ahead = self.api_ahead
        if ahead is None or not self.voted or not _together(ahead):
            return False
        return ahead.fresh.width_s <= NARROW_S

    @property
    def contradicted(self) -> bool:
        """Tell whether servers answered and yet gave nothing to judge by, or nothing that the API could agree with."""
        ahead, consensus = self.api_ahead, self.ntp.consensus
        return consensus.answered > 0 and (ahead is None or not _together(ahead) or consensus.divided)


def whose(case: Case) -> Whose:
    """Return which clock is off: the table."""
    ntp, api = (_word(judged.judgement.status) for judged in (case.ntp, case.api))
    return _ROWS[ntp, api](case)


def status(case: Case, row: Whose) -> Status:
    """Return how bad it is: of the clocks, and of the service itself."""
    return worse(of_the_clocks(case, row), case.api.service_status)


def of_the_clocks(case: Case, row: Whose) -> Status:
    """Return how bad it is that clocks are off."""
    ntp, api = case.ntp.judgement.status, case.api.judgement.status
    if row is Whose.NTP or (row is Whose.OPEN and api is Status.OK):
        return Status.WARNING  # at most: this host and the API, which it is for, agree
    if row is Whose.BY_API_ALONE and not case.contradicted:
        return api
    return worse(ntp, api)


def proven(case: Case, row: Whose) -> bool:
    """Tell whether both the status and whose clock it is follow from what is proven."""
    ntp, api, ahead = case.ntp.judgement, case.api.judgement, case.api_ahead
    if status(case, row) is not of_the_clocks(case, row):
        return False  # what is said of the service rests on two `Date`s being fresh
    if row is Whose.BY_NTP_ALONE:
        return ntp.proven and ntp.status is worse(ntp.status, Status.UNKNOWN)
    if row is Whose.LOCAL:
        return ntp.proven and (api.proven or worse(ntp.status, api.status) is ntp.status)
    if row is Whose.NOBODY:
        return ntp.proven and api.proven
    if row in (Whose.API, Whose.BOTH):
        apart = ahead is not None and not ahead.interval.low_s <= 0 <= ahead.interval.high_s
        return apart and ntp.proven and api.proven
    return False


# --- The table ---


class _Word(enum.Enum):
    OK = "ok"
    OFF = "off"
    NONE = "none"


def _word(status: Status) -> _Word:
    return {Status.OK: _Word.OK, Status.UNKNOWN: _Word.NONE}.get(status, _Word.OFF)


def _together(ahead: Difference) -> bool:
    """Tell whether both readings have a time in common."""
    return ahead.fresh.low_s <= 0 <= ahead.fresh.high_s


def _near(case: Case) -> bool:
    """Tell whether the API's clock, at the best estimate, is not off by itself."""
    ahead = case.api_ahead
    return ahead is not None and severity.severity(ahead.skew_s, case.ntp.thresholds) is Status.OK


def _apart(case: Case) -> bool:
    ahead = case.api_ahead
    return ahead is not None and not _together(ahead)


def _only_the_api(case: Case) -> Whose:
    """Return whose it is where NTP finds nothing wrong and the API does."""
    if _near(case):
        return Whose.SHARED
    return Whose.API if _apart(case) else Whose.OPEN


def _only_ntp(case: Case) -> Whose:
    """Return whose it is where the API finds nothing wrong and NTP does."""
    if _near(case):
        return Whose.LOCAL
    return Whose.NTP if _apart(case) else Whose.OPEN


def _off_from_both(case: Case) -> Whose:
    """Return whose it is where the local clock is off from both: its own, if that explains both."""
    reading = case.api.reading
    same_way = reading is not None and (case.ntp.consensus.skew_s or 0.0) * reading.skew_s > 0
    if same_way and (_near(case) or not _apart(case)):
        return Whose.LOCAL
    return Whose.BOTH if _apart(case) and case.voted else Whose.OPEN


def _always(row: Whose) -> Callable[[Case], Whose]:
    return lambda _: row


_ROWS: dict[tuple[_Word, _Word], Callable[[Case], Whose]] = {
    # (what NTP says of the local clock, what the API says of it)
    (_Word.OK, _Word.OK): _always(Whose.NOBODY),
    (_Word.OK, _Word.OFF): _only_the_api,
    (_Word.OK, _Word.NONE): _always(Whose.BY_NTP_ALONE),
    (_Word.OFF, _Word.OK): _only_ntp,
    (_Word.OFF, _Word.OFF): _off_from_both,
    (_Word.OFF, _Word.NONE): _always(Whose.BY_NTP_ALONE),
    (_Word.NONE, _Word.OK): _always(Whose.BY_API_ALONE),
    (_Word.NONE, _Word.OFF): _always(Whose.BY_API_ALONE),
    (_Word.NONE, _Word.NONE): _always(Whose.UNMEASURED),
}
