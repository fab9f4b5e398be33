"""Whose clock is off: what NTP says of this host's clock, and what an API says of it, put together. One table.

There are three clocks: UTC's, this host's and the API's. Two of their differences are measured, local - UTC and
local - API; the third, API - UTC, follows from them. An API's clock is not true time. Ranges decide: where both
readings have a time in common, one clock that is off explains both.
"""

import math
from collections.abc import Callable

from skewcheck.judge.case import Case, Facts, Who, finite, low_at_any_age, may_lag, skew_facts
from skewcheck.judge.severity import OFF, judge_date, severities, severity, worse
from skewcheck.model import (
    ApiPart,
    Basis,
    DateReading,
    Difference,
    Finding,
    Interval,
    Judgement,
    NtpPart,
    Security,
    Stale,
    StampedBy,
    Status,
)
from skewcheck.quantity import direction

FAR_OFF_S = 86400.0
"""From a day on a size says less than the two times of day."""


def who(case: Case) -> Who:
    """Return which clock is off."""
    row = _ROWS[_word(case.ntp), _word(case.api)]
    return row if isinstance(row, Who) else row(case)


def status(case: Case) -> Status:
    """Return how bad it is: about the clocks, about the service itself, and about the NTP servers that were named."""
    return worse(clocks_status(case), case.service_status, case.servers_status)


def clocks_status(case: Case) -> Status:
    """Return how bad it is that clocks are off; ok where none was asked."""
    statuses = [part.judgement.status for part in (case.ntp, case.api) if part is not None]
    api = Status.UNKNOWN if case.api is None else case.api.judgement.status
    if case.who is Who.API and api is Status.OK:
        return _by_itself(case)
    if case.who is Who.NTP or (case.who is Who.OPEN and api is Status.OK):
        return Status.WARNING  # at most: this host and the API, which it is for, agree
    if case.who is Who.BY_API_ALONE and not _contradicted(case):
        return api
    return worse(Status.OK, *statuses)


def proven(case: Case) -> bool:
    """Tell whether both the status and whose clock it is follow from what is proven."""
    ntp, api = case.ntp, case.api
    if status(case) is not clocks_status(case):
        if case.nodes_status is status(case):
            return any(look.proven and look.status is case.nodes_status for look in case.looks)
        return False  # what is said of the service rests on two `Date`s being fresh, of a server on this host's clock
    if ntp is None or api is None:
        return any(part.judgement.proven for part in (ntp, api) if part is not None)
    if case.who is Who.BY_NTP_ALONE:
        return ntp.judgement.proven and ntp.judgement.status in OFF
    if case.who is Who.LOCAL:
        led = worse(ntp.judgement.status, api.judgement.status) is ntp.judgement.status
        return ntp.judgement.proven and (api.judgement.proven or led)
    if case.who is Who.NOBODY:
        return ntp.judgement.proven and api.judgement.proven
    if case.who in (Who.API, Who.BOTH) and api.judgement.status in OFF:
        ahead = case.api_ahead
        apart = ahead is not None and not ahead.interval.holds_zero
        return apart and ntp.judgement.proven and api.judgement.proven
    return False


def findings(case: Case) -> list[Finding]:
    """Return whose clock it is; nothing where there is no clock to name, or it was set meanwhile."""
    overall = clocks_status(case)
    if case.was_set and overall is not Status.OK:
        return []  # two clocks were measured: `clock-stepped` has the status, and nothing is blamed on either
    return _FINDERS[case.who](case, overall)


# --- The table ---


def _word(part: NtpPart | ApiPart | None) -> str:
    if part is None or part.judgement.status is Status.UNKNOWN:
        return "none"
    return "ok" if part.judgement.status is Status.OK else "off"


def _near(case: Case) -> bool:
    """Tell whether the API's clock, at the best estimate, is not off by itself."""
    return case.api_ahead is not None and _by_itself(case) is Status.OK


def _by_itself(case: Case) -> Status:
    """Return how bad the API's clock is against UTC, at the best estimate; ok where that is not known."""
    return Status.OK if case.api_ahead is None else severity(case.api_ahead.skew_s, case.limits)


def _both_right(case: Case) -> Who:
    """Return whose it is where this host is right by NTP and by the API: those two may be off to either side of it."""
    return Who.NOBODY if _by_itself(case) is Status.OK else Who.API


def _apart(case: Case) -> bool:
    return case.api_ahead is not None and not case.together


def _contradicted(case: Case) -> bool:
    """Tell whether servers answered and yet gave nothing to judge by, or nothing that the API could agree with."""
    if case.ntp is None:
        return False
    votes = case.ntp.survey.consensus
    return votes.answered > 0 and (not case.together or votes.divided)


def _only_the_api(case: Case) -> Who:
    """Return whose it is where NTP finds nothing wrong and the API does."""
    if _near(case):
        return Who.SHARED
    return Who.API if _apart(case) else Who.OPEN


def _only_ntp(case: Case) -> Who:
    """Return whose it is where the API finds nothing wrong and NTP does."""
    if _near(case):
        return Who.LOCAL
    return Who.NTP if _apart(case) else Who.OPEN


def _unsettled_api(case: Case) -> Who:
    """Return whose it is where NTP finds this host off and the API settles no limit: its range may still exclude that.

    Where the two are apart by less than a limit, either may be the one that is off.
    """
    reading, ahead = case.reading, case.api_ahead
    if reading is None or ahead is None or case.together or case.at_another_rate:
        return Who.BY_NTP_ALONE
    agrees = reading.range.holds_zero and reading.stale is None and not reading.spread_s
    far = severity(ahead.fresh.nearest_to_zero(), case.limits) is not Status.OK
    return Who.NTP if agrees and far else Who.OPEN


def _off_from_both(case: Case) -> Who:
    """Return whose it is where the local clock is off from both: its own, if that explains both."""
    reading, ntp = case.reading, case.ntp
    skew_s = 0.0 if ntp is None else ntp.survey.consensus.skew_s or 0.0
    same_way = reading is not None and skew_s * reading.skew_s > 0
    if same_way and (_near(case) or not _apart(case)):
        return Who.LOCAL
    return Who.BOTH if _apart(case) and case.voted else Who.OPEN


def _without_ntp(case: Case) -> Who:
    """Return whose it is where NTP leaves this host open: the API's, if it is off wherever in that range UTC is."""
    ahead = case.api_ahead if case.voted else None
    surely = ahead is not None and severity(ahead.fresh.nearest_to_zero(), case.limits) is not Status.OK
    return Who.API if surely and _apart(case) else Who.BY_API_ALONE


_ROWS: dict[tuple[str, str], Who | Callable[[Case], Who]] = {
    # (what NTP says of the local clock, what the API says of it)
    ("ok", "ok"): _both_right,
    ("ok", "off"): _only_the_api,
    ("ok", "none"): Who.BY_NTP_ALONE,
    ("off", "ok"): _only_ntp,
    ("off", "off"): _off_from_both,
    ("off", "none"): _unsettled_api,
    ("none", "ok"): Who.BY_API_ALONE,
    ("none", "off"): _without_ntp,
    ("none", "none"): Who.UNMEASURED,
}


# --- Whose clock it is, as findings ---


def _nobody(case: Case, _: Status) -> list[Finding]:
    of_service = worse(case.issuer_status, case.nodes_status)
    if of_service is not Status.OK or case.ntp is None or case.api is None:
        return []  # that is clock skew, and nobody's here
    assert case.utc is not None  # neither would be ok
    assert case.reading is not None
    by_api, old = case.reading.range, case.rests_on_freshness and not case.flips_with_utc
    facts = (
        ("low_s", min(case.utc.low_s, by_api.low_s)),
        ("high_s", max(case.utc.high_s, by_api.high_s)),
        ("host", case.api_host),
        ("unconfirmed", True if not case.ntp.judgement.proven or _unconfirmed(case) else None),
        ("max_lag_s", case.reading.lag.max_s if old else None),
        ("genesys", True if case.api.survey.region is not None else None),
    )
    return [Finding("not-skew", Status.OK, facts)]


def _unconfirmed(case: Case) -> bool:
    """Tell whether what the API shows is not sure: one whose second flips with UTC's counts as fresh."""
    reading = case.reading
    if reading is not None and case.flips_with_utc:
        reading = reading._replace(interval=reading.fresh)
    return not judge_date(reading, case.limits).proven


def _by_ntp(case: Case, overall: Status) -> list[Finding]:
    """Return what NTP says of this host's clock, confirmed by no API."""
    ntp = case.ntp
    if ntp is None or ntp.judgement.status is Status.UNKNOWN or case.utc is None:
        return []
    if ntp.judgement.status in OFF:
        return _local(case, overall)
    doubt = _doubt(case)
    more = (
        ("unconfirmed", True if doubt not in (None, "limit") else None),
        ("why", doubt),
        ("limit_s", case.limits.warning_s if doubt == "limit" else None),
    )
    return [Finding("clock-ok", Status.OK, (*_skew(case), *_vote(case), *more))]


def _local(case: Case, overall: Status) -> list[Finding]:
    """Return that this host's clock is off; nothing where not even the direction is known (`too-coarse`)."""
    ntp, utc = case.ntp, case.utc
    if ntp is None or utc is None or utc.holds_zero:
        return []
    facts, doubt = (*_skew(case), *_vote(case), *_far(case, utc)), _doubt(case)
    if doubt is not None and not confirmed_by_api(case):
        limits = (("why", doubt), ("limit_s", case.limits.warning_s))
        return [Finding("local-unconfirmed", overall, (*facts, *limits))]
    way = direction(utc.low_s + utc.high_s)
    jwt = case.token is not None and case.token.has_claims
    more = (
        *_api_too(case),
        ("limit_s", _limit_within(case, ntp.judgement)),
        ("jwt", True if jwt or case.request.verifiers else None),
    )
    return [Finding(f"local-{way}", overall, (*facts, *more))]


def _limit_within(case: Case, judged: Judgement) -> float | None:
    """Return the limit that the range holds; None where it holds none."""
    if judged.least is judged.most:
        return None
    return case.limits.warning_s if judged.least is Status.OK else case.limits.critical_s


def _api_too(case: Case) -> Facts:
    """Return the API that says the same; or by how much that one may be off by itself, where its range is too wide."""
    ahead = case.api_ahead if _api_agrees(case) else None
    rest_s = 0.0 if ahead is None else abs(ahead.fresh.farthest_from_zero())
    wide = severity(rest_s, case.limits) is not Status.OK
    return (
        ("api_host", case.api_host if ahead is not None and not wide else None),
        ("wide_host", case.api_host if wide else None),
        ("wide_s", finite(rest_s) if wide else None),
    )


def _api_agrees(case: Case) -> bool:
    return case.who is Who.LOCAL and case.api is not None and case.api.judgement.status in OFF


def confirmed_by_api(case: Case) -> bool:
    """Tell whether the API finds this host's clock off as well, and not just anybody on the way can have said so."""
    return _api_agrees(case) and case.reading is not None and case.reading.security is not Security.PLAIN


def _doubt(case: Case) -> str | None:
    """Return what keeps NTP's range from being believed, or held against the limits; None where nothing does.

    Whoever has a majority's range on one side of 0, and surely beyond the limit, needs no more: whether it is a warning
    or critical changes nothing that he does.
    """
    ntp = case.ntp
    if ntp is None:
        return None
    survey, judgement = ntp.survey, ntp.judgement
    if case.at_another_rate:
        return "rate"
    if survey.consensus.basis is Basis.SINGLE:
        return "one-server"
    if survey.consensus.dependent:
        return "one-source" if survey.smear is None else "smear"
    if survey.consensus.basis is not Basis.MAJORITY:
        return "minority"
    if not survey.independent:
        return "own-servers"
    if case.who is Who.OPEN and judgement.status in OFF:
        return "api"
    if judgement.least is Status.OK and judgement.most is not Status.OK:
        return "limit"
    witness = survey.witness if survey.own else None
    if witness is None:
        return None
    nearest, farthest = severities(witness, case.limits)
    says_so = farthest is Status.OK if judgement.least is Status.OK else nearest is not Status.OK
    return None if says_so else "own-servers"


def _of_the_api(case: Case, overall: Status) -> list[Finding]:
    reading, ahead, utc, ntp = case.reading, case.api_ahead, case.utc_with_api, case.ntp
    if reading is None or ahead is None or utc is None or ntp is None:
        return []
    way, lags = direction(ahead.skew_s), may_lag(reading) or reading.stale is not None
    high_s = utc.high_s - low_at_any_age(reading) if way == "ahead" else ahead.fresh.high_s
    facts = (
        *skew_facts(ahead.skew_s, Interval(ahead.fresh.low_s, high_s), case.limits.warning_s),
        ("clock", _CLOCKS["cached" if reading.stale is Stale.CACHED else reading.stamped_by.value]),
        ("host", case.api_host),
        ("host_ok", True if case.who is Who.API and ntp.judgement.proven else None),
        ("unconfirmed", None if case.voted and _vouched_for(reading, ahead) else True),
        ("max_lag_s", finite(reading.lag.max_s) if lags else None),
    )
    old = (("old", True if math.isinf(high_s) else None),) if way == "ahead" else ()
    return [Finding(f"api-{way}", overall, (*facts, *old))]


def _vouched_for(reading: DateReading, ahead: Difference) -> bool:
    """Tell whether nothing else can explain it than the API's clock: an old `Date`, a first look, a forger."""
    looked_twice = reading.confirmed or reading.stale is not None  # of any age: one reply bounds the one side
    return not ahead.interval.holds_zero and reading.security is Security.VERIFIED and looked_twice


_CLOCKS = {
    "cached": "API or a cache",
    StampedBy.EDGE.value: "API's edge",
    StampedBy.ORIGIN.value: "API",
    StampedBy.UNKNOWN.value: "API or its edge",
}


def _undecided(case: Case, overall: Status, id_: str = "skew-undecided") -> list[Finding]:
    """Return that this host and the API differ; nothing where that leaves the direction open (`too-coarse`)."""
    reading, off = case.reading, case.api is not None and case.api.judgement.status in OFF
    if reading is None or not off or reading.range.holds_zero:
        return []
    low_s, high_s = reading.range
    low_s = low_at_any_age(reading) if high_s < 0 else low_s
    facts = (*skew_facts(reading.skew_s, Interval(low_s, high_s), case.limits.warning_s), ("host", case.api_host))
    if id_ == "skew-shared":
        return [Finding(id_, overall, (*facts, ("limit_s", case.limits.warning_s)))]
    by_ntp = (None, None) if case.utc is None else case.utc
    silent = case.ntp is not None and not case.ntp.survey.consensus.answered
    old = "old" if reading.range.low_s > 0 and may_lag(reading) else None
    why = "one-sided" if reading.stale is not None else old or ("ntp-silent" if silent else None)
    return [Finding(id_, overall, (*facts, ("why", why), ("ntp_low_s", by_ntp[0]), ("ntp_high_s", by_ntp[1])))]


def _by_the_api(case: Case, overall: Status) -> list[Finding]:
    reading, api, ntp = case.reading, case.api, case.ntp
    if reading is None or api is None or api.judgement.status is not Status.OK:
        return _undecided(case, overall)
    if case.nodes_status is not Status.OK:
        return []
    facts = (
        *skew_facts(reading.skew_s, reading.range, case.limits.warning_s),
        ("host", case.api_host),
        ("unconfirmed", True if _unconfirmed(case) else None),
        ("ntp_silent", True if ntp is not None and not ntp.survey.consensus.answered else None),
    )
    return [Finding("api-ok", Status.OK, facts)]


def _against_both(case: Case, _: Status) -> list[Finding]:
    facts = (*_skew(case), ("host", case.api_host), ("https", case.asked_web or None))
    return [Finding("ntp-differs", Status.WARNING, facts)]


_FINDERS: dict[Who, Callable[[Case, Status], list[Finding]]] = {
    Who.NOBODY: _nobody,
    Who.LOCAL: lambda case, overall: _local(case, overall) or _undecided(case, overall),  # NTP may leave the way open
    Who.API: _of_the_api,
    Who.BOTH: lambda case, overall: [
        *_local(case, overall),
        *_of_the_api(case, worse(Status.WARNING, _by_itself(case))),
    ],
    Who.SHARED: lambda case, overall: _undecided(case, overall, "skew-shared"),
    Who.NTP: _against_both,
    Who.OPEN: lambda case, overall: _undecided(case, overall) or _by_ntp(case, overall),
    Who.BY_API_ALONE: _by_the_api,
    Who.BY_NTP_ALONE: _by_ntp,
    Who.UNMEASURED: lambda _, __: [],
}


# --- Facts ---


def _skew(case: Case) -> Facts:
    assert case.ntp is not None  # else no row names UTC
    assert case.utc is not None
    return skew_facts(case.ntp.survey.consensus.skew_s or 0.0, case.utc, case.limits.warning_s)


def _vote(case: Case) -> Facts:
    assert case.ntp is not None
    votes = case.ntp.survey.consensus
    agreeing = votes.answered if votes.basis is Basis.SINGLE else votes.agreeing
    return (
        ("agreeing", agreeing),
        ("answered", votes.answered),
        ("asked", votes.asked),
        ("unreached", votes.asked - votes.answered),
        ("https", case.asked_web or None),
    )


def _far(case: Case, utc: Interval) -> Facts:
    """Return both times of day where the clock is so far off that its size says little."""
    assert case.ntp is not None
    here_s = case.ntp.survey.local.ended_at_s
    far = abs(utc.middle_s) >= FAR_OFF_S
    return ("here_at_s", here_s if far else None), ("utc_at_s", here_s - utc.middle_s if far else None)
