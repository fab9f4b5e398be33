"""The first two lines where NTP and an API were asked: whose clock it is, and what that means for a token."""

import math
from collections.abc import Callable

from skewcheck.judge import api_sentence, sentence
from skewcheck.judge.api_case import DISTINCT_S, may_lag
from skewcheck.judge.host import contradicted_daemon
from skewcheck.judge.sentence import (
    NOT_SKEW,
    NOTHING_KNOWN,
    WORDS,
    either_way,
    late_text,
    skewed,
    way_from,
    whose,
    within,
)
from skewcheck.judge.severity import date_range
from skewcheck.judge.whose import Case, Whose, of_the_clocks, status
from skewcheck.model import Basis, DateReading, Difference, Stale, StampedBy, Status
from skewcheck.quantity import at_least_text, between_text, duration_text

_FINE = "For a token: no clock explains a 401 here. What does, stands below, in the order to look."
_FINE_IF_FRESH = (
    "For a token: if that Date is fresh, no clock explains a 401 here. What does, stands below, in the order to look."
)
_FINE_AT_THE_EDGE = (
    "For a token: no clock that was measured explains a 401; one behind the API's edge, if it checks tokens, was not. "
    "What else does, stands below, in the order to look."
)
_NTP_DIFFERS = (
    "For a token: this host and the API agree, so between these two the clock is an unlikely cause of a 401. Whoever "
    "goes by UTC may see it otherwise: NTP is smeared or intercepted on the way here, or both of these clocks are off."
)
_NOT_YOURS = "No clock of yours can mend it."
_BETWEEN_BOTH = (
    "For a token: the API's clock is farther ahead than this one, so a client that refreshes by exp with a buffer "
    "below {size} can come too late for it: 401s at the end of each token's life. What this host signs (JWT bearer, "
    "SAML) looks issued in the future to a strict server that goes by UTC."
)


def verdict(case: Case, row: Whose) -> str:
    """Return the first line: the verdict word, two spaces, whose clock, by how much, how sure."""
    worst, of_clocks = status(case, row), of_the_clocks(case, row)
    said = _SENTENCES[row](case)
    if row is Whose.NOBODY and case.api.issuer_status is Status.OK:
        said = f"{NOT_SKEW}: {said}"
    return f"{WORDS[worst]}  {api_sentence.beside_the_service(case.api, said, of_clocks, worst)}"


def meaning(case: Case, row: Whose) -> str:
    """Return the second line: what that means for a token."""
    by_api = api_sentence.meaning(case.api)
    if status(case, row) is not of_the_clocks(case, row):
        return by_api
    if row is Whose.NOBODY:
        return _fine(case)
    if row is Whose.BOTH:
        return _both_off(case)
    if row in (Whose.LOCAL, Whose.BY_NTP_ALONE):
        return sentence.meaning(case.ntp.survey)
    return {Whose.NTP: _NTP_DIFFERS, Whose.API: f"{by_api} {_NOT_YOURS}", Whose.UNMEASURED: NOTHING_KNOWN}.get(
        row, by_api
    )


def _both_off(case: Case) -> str:
    """Return what two wrong clocks mean: who refreshes by exp has the API's against it, not UTC's."""
    utc, reading = case.ntp.consensus.interval, case.api.reading
    assert utc is not None  # else neither were known to be off
    assert reading is not None
    by_api = date_range(reading)
    if not by_api.high_s < 0 or not by_api.low_s < utc.low_s:
        return sentence.meaning(case.ntp.survey)
    if utc.low_s > 0 and math.isfinite(by_api.low_s):
        return _BETWEEN_BOTH.format(size=late_text(by_api))
    return api_sentence.meaning(case.api)


def _fine(case: Case) -> str:
    """Return what it means that no clock is off, which is not more than was measured."""
    reading = case.api.reading
    if reading is not None and _rests_on_freshness(case, reading) and not case.flips_with_utc:
        return _FINE_IF_FRESH
    return _FINE_AT_THE_EDGE if reading is not None and reading.stamped_by is StampedBy.EDGE else _FINE


# --- What is known of each pair of clocks, as parts of a sentence ---


def by_ntp(case: Case) -> str:
    """Return what the servers say: `your clock is 203 ms AHEAD of UTC, proven ...`, or why they say nothing."""
    return sentence.by_ntp(case.ntp.survey, case.ntp.judgement, case.ntp.thresholds, case.host)


def from_api(case: Case) -> str:
    """Return how far the local clock is from the API's: `is 201 ms AHEAD of api.example.net, between …`."""
    reading, name = case.api.reading, case.api.survey.first.host
    assert reading is not None  # only rows for which the API says something ask for it
    interval = date_range(reading)
    if reading.stale is not None:  # judged at all only where it shows the local clock far behind
        return f"is at least {at_least_text(interval.high_s)} {way_from(interval.high_s, name)}"
    if either_way(interval):
        return f"is {within(interval)} of {name}{_premise(case, reading)}"
    return f"{skewed(reading.skew_s, interval, name)}, {between_text(*interval)}{_premise(case, reading)}"


def _rests_on_freshness(case: Case, reading: DateReading) -> bool:
    return may_lag(reading) and not case.api.judgement.proven


def _premise(case: Case, reading: DateReading) -> str:
    if not _rests_on_freshness(case, reading):
        return ""
    return ", whose second moves on where UTC's does" if case.flips_with_utc else " if its Date is fresh"


def off_from_utc(ahead: Difference) -> str:
    """Return how far the API's clock, which differs from UTC, is from it: `is 3.1 s BEHIND UTC, between ...`."""
    low_s, high_s = ahead.fresh
    lags = ahead.interval.high_s > high_s + DISTINCT_S
    if low_s > 0 and (lags or not math.isfinite(high_s)):  # the older its `Date`, the farther ahead
        return f"is at least {at_least_text(low_s)} AHEAD of UTC"
    premise = " if its Date is fresh" if lags else ""
    return f"{skewed(ahead.skew_s, ahead.fresh)}, {between_text(low_s, high_s)}{premise}"


def which_of_the_api(case: Case) -> str:
    """Return which clock of the API's it can be, and what else than a clock."""
    reading, ahead = case.api.reading, case.api_ahead
    assert reading is not None
    assert ahead is not None
    if reading.stale is Stale.CACHED:
        return "the clock of the API or of a cache before it"
    clock = {
        StampedBy.EDGE: "the clock of the API's edge",
        StampedBy.ORIGIN: "the API's clock",
        StampedBy.UNKNOWN: "the API's clock or its edge's",
    }[reading.stamped_by]
    old = ahead.fresh.high_s < 0 <= ahead.interval.high_s  # an old `Date` explains no clock that is ahead
    return f"{clock} or a Date that is up to {duration_text(reading.lag.max_s)} old" if old else clock


# --- The rows ---


def _mine(case: Case) -> str:
    return whose(case.host)


def _nobody(case: Case) -> str:
    return f"{by_ntp(case)}; it {from_api(case)}"


def _local(case: Case) -> str:
    too = ", too" if case.api.judgement.status is not Status.OK else ""
    return f"{by_ntp(case)}; it {from_api(case)}{too}"


def _api(case: Case) -> str:
    assert case.api_ahead is not None
    not_mine = "not yours" if _mine(case) == "your clock" else f"not {_mine(case).removesuffix(' clock')}"
    name = case.api.survey.first.host
    return f"{which_of_the_api(case)}, {not_mine}: {name} {off_from_utc(case.api_ahead)}; {by_ntp(case)}"


def _both(case: Case) -> str:
    assert case.api_ahead is not None
    name = case.api.survey.first.host
    return f"two clocks are off: {by_ntp(case)}; {name} {off_from_utc(case.api_ahead)}"


def _shared(case: Case) -> str:
    limit = duration_text(case.ntp.thresholds.warning_s)
    return f"{_mine(case)} {from_api(case)}, and neither of them is {limit} off by itself: {by_ntp(case)}"


def _ntp_differs(case: Case) -> str:
    agree = "this host and the API agree, and NTP as seen from here differs"
    return f"{agree}: {_mine(case)} {from_api(case)}, and by NTP {by_ntp(case)}"


def _open(case: Case) -> str:
    why = "the ranges leave it open"
    if case.ntp.consensus.basis is Basis.SINGLE:
        why = "one NTP server can't tell"
    elif case.ntp.consensus.basis is Basis.MINORITY:
        why = "so few NTP servers can't tell"
    elif not case.voted:
        why = "this host's own servers can't tell"
    return f"whose clock is off can't be told, {why}: {by_ntp(case)}; it {from_api(case)}"


def _by_api_alone(case: Case) -> str:
    name = case.api.survey.first.host
    if case.api.judgement.status is Status.OK:
        return f"by {name} alone: {_mine(case)} {from_api(case)}; {by_ntp(case)}"
    host, reading = case.host, case.api.reading
    assert reading is not None
    claim = None if host is None else contradicted_daemon(host, date_range(reading))
    says = "" if claim is None else f"; {claim.name} here says within {duration_text(claim.bound_s)} of UTC"
    return f"this clock or the API's, which can't be told: {_mine(case)} {from_api(case)}; {by_ntp(case)}{says}"


def _by_ntp_alone(case: Case) -> str:
    return f"{by_ntp(case)}; {api_sentence.by_api(case.api)}"


_SENTENCES: dict[Whose, Callable[[Case], str]] = {
    Whose.NOBODY: _nobody,
    Whose.LOCAL: _local,
    Whose.API: _api,
    Whose.BOTH: _both,
    Whose.SHARED: _shared,
    Whose.NTP: _ntp_differs,
    Whose.OPEN: _open,
    Whose.BY_API_ALONE: _by_api_alone,
    Whose.BY_NTP_ALONE: _by_ntp_alone,
    Whose.UNMEASURED: _by_ntp_alone,
}
