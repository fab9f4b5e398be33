"""The first two lines about an API's clock: the verdict, and what it means for a token."""

import math

from skewcheck.judge.api_case import Case, may_lag, outdated
from skewcheck.judge.local_run import NOT_PROVEN
from skewcheck.judge.sentence import (
    AT_ANOTHER_RATE,
    NOTHING_KNOWN,
    WORDS,
    effect,
    either_way,
    open_limit,
    skewed,
    too_coarse,
    way_from,
    whose,
    within,
)
from skewcheck.judge.severity import date_range, judge_date
from skewcheck.model import (
    ApiHost,
    DateReading,
    Ended,
    Interval,
    Judgement,
    NoReading,
    Security,
    Stale,
    StampedBy,
    Status,
)
from skewcheck.quantity import at_least_text, at_most_text, between_text, direction, duration_text, range_text

_FINE = "For a token: this host and the API agree so well that the clock is an unlikely cause of a 401."
_FINE_IF_FRESH = "For a token: if that Date is fresh, the clock is an unlikely cause of a 401."
_FINE_AT_THE_EDGE = (
    "For a token: this host and the edge of the API agree so well that the clock is an unlikely cause of a 401."
)
_MIXED = (
    "For a token: one of these times may stamp it and another check it, so a strict check can refuse a token now and "
    "take the same one a moment later."
)
_ISSUER_AHEAD = (
    "For a token: a fresh one is from the future to the API's clock. If Genesys Cloud checks that at all, which is not "
    "known, first requests fail and later ones don't; no clock of yours can mend it."
)
_ISSUER_BEHIND = (
    "For a token: its life ends that much before its time. No clock of yours can mend it; a buffer hides it."
)
_AGELESS = {
    Stale.CACHED: "a cache answers, and its Date can be of any age",
    Stale.FROZEN: "its Date stands still, and can be of any age",
}
_UNCONFIRMED = {
    Ended.REQUESTS: "no requests were left to confirm that",
    Ended.TOLD_TO_STOP: "the server asked for patience before that was confirmed",
    Ended.LOST: "it stopped answering before that was confirmed",
}
_UNBELIEVED = ("certificate-", "ca-not-")
_UNREACHED = {
    "dns-failed", "dns-no-such-name", "dns-timeout", "no-address", "connection-refused", "unreachable", "no-route",
    "prohibited", "connect-timeout", "proxy-scheme", "proxy-unusable", "proxy-refused", "proxy-auth",
    "proxy-auth-withheld", "proxy-unreachable", "ca-file-unreadable",
}  # fmt: skip


def verdict(case: Case) -> str:
    """Return the first line: the verdict word, two spaces, whose clock, by how much, how sure."""
    return f"{WORDS[case.status]}  {beside_the_service(case, by_api(case), case.judgement.status, case.status)}"


def by_api(case: Case) -> str:
    """Return what the first host says of the clock, or why it says nothing."""
    first, mine = case.survey.first, whose(case.host)
    if isinstance(first.outcome, NoReading):
        sentence = silence(first, first.outcome, *_alike(case, first.outcome))
        if case.login is not None:
            host, reading = case.login
            sentence += f"; {mine} {_how_far(case, host, reading, judge_date(reading, case.thresholds))}"
        return sentence
    if first.outcome.spread_s and case.judgement.status is Status.UNKNOWN and not case.at_another_rate:
        return f"{first.host} tells more than one time: {_exclusion(first.outcome)}"
    return f"{mine} {_how_far(case, first, first.outcome, case.judgement)}"


def beside_the_service(case: Case, sentence: str, of_the_clock: Status, status: Status) -> str:
    """Return *sentence* about the clock, behind what is wrong with the service itself where only that is so bad."""
    if status is of_the_clock:
        return sentence
    if case.issuer_status is status:
        return f"{_issuer(case)}; {sentence}"
    if case.login is not None and outdated(case.login[1]):
        return f"the certificate of {case.login[0].host} is not valid by its own Date; {sentence}"
    return sentence


def meaning(case: Case) -> str:
    """Return the second line: what that means for a token, which depends on the direction and the size."""
    reading = case.reading
    if case.status is not case.judgement.status and case.issuer_status is case.status:
        assert case.issuer_ahead is not None  # else its status were ok
        return _ISSUER_AHEAD if case.issuer_ahead.fresh.low_s > 0 else _ISSUER_BEHIND
    if reading is None:
        return NOTHING_KNOWN
    if case.at_another_rate:
        return AT_ANOTHER_RATE
    if case.judgement.status is Status.UNKNOWN:
        return _MIXED if reading.spread_s else NOTHING_KNOWN
    return effect(reading.skew_s, date_range(reading), _fine(case, reading))


def _fine(case: Case, reading: DateReading) -> str:
    """Return what a small difference means, which is not more than was measured."""
    if may_lag(reading) and not case.judgement.proven:
        return _FINE_IF_FRESH
    return _FINE_AT_THE_EDGE if reading.stamped_by is StampedBy.EDGE else _FINE


def silence(host: ApiHost, outcome: NoReading, *alike: ApiHost) -> str:
    """Return that a host, and those that are *alike*, gave nothing, and why."""
    who, was = " and ".join(silent.host for silent in (host, *alike)), "were" if alike else "was"
    if alike and outcome.detail.startswith("its "):
        outcome = outcome._replace(detail="their " + outcome.detail.removeprefix("its "))
    if outcome.reason in _UNREACHED:
        return f"{who} {was} not reached: {outcome.detail}"
    if outcome.reason.startswith(_UNBELIEVED):
        return f"{who} {was} not believed: {outcome.detail}"
    return f"{who} {'gave no usable time' if outcome.rejected else 'did not answer'}: {outcome.detail}"


def _alike(case: Case, outcome: NoReading) -> list[ApiHost]:
    """Return the other hosts that gave nothing for the same reason."""
    others = (host for host in case.survey.hosts if host is not case.survey.first)
    why = (outcome.reason, outcome.detail)
    return [
        host
        for host in others
        if isinstance(host.outcome, NoReading) and (host.outcome.reason, host.outcome.detail) == why
    ]


def _exclusion(reading: DateReading) -> str:
    return f"its replies exclude each other by at least {at_least_text(reading.spread_s)}"


def _how_far(case: Case, host: ApiHost, reading: DateReading, judgement: Judgement) -> str:
    """Return how far the local clock is from this host's, and what that rests on."""
    if case.at_another_rate:
        return f"{_at_another_rate(host, reading)}, {NOT_PROVEN}"
    if reading.stale is not None:
        return f"is {_one_sided(host, reading.interval.high_s)}: {_AGELESS[reading.stale]}"
    if judgement.status is Status.UNKNOWN:
        if case.survey.local.step_s:
            return f"was set by {duration_text(case.survey.local.step_s)} while it was being measured"
        time_up = f"; {_time_up(reading)}" if reading.ended is Ended.DEADLINE else ""
        return too_coarse(reading.fresh, case.thresholds, host.host) + time_up
    parts = [_range(host, reading, judgement), open_limit(judgement, case.thresholds), *_doubts(reading)]
    return "; ".join(part for part in parts if part)


def _at_another_rate(host: ApiHost, reading: DateReading) -> str:
    """Return the range alone: replies that exclude each other, or a `Date` that stands still, may be this process's."""
    interval = date_range(reading)
    if not two_sided(interval):
        return f"is {_one_sided(host, interval.high_s)}"
    if either_way(interval):
        return f"is {within(interval)} of {host.host}"
    return f"{skewed(reading.skew_s, interval, host.host)}, {between_text(*interval)}"


def _one_sided(host: ApiHost, high_s: float) -> str:
    """Return the one side that an old `Date` can't move."""
    if high_s < 0:
        return f"at least {at_least_text(high_s)} {way_from(high_s, host.host)}"
    return f"at most {at_most_text(high_s)} ahead of {host.host}"


def _range(host: ApiHost, reading: DateReading, judgement: Judgement) -> str:
    """Return the range, proven or if its `Date` is fresh."""
    fresh, lags = reading.fresh, may_lag(reading)
    off = within(fresh) + f" of {host.host}" if either_way(fresh) else ""
    if not lags:
        proven = "proven" if judgement.proven else ""
        if off:
            return f"is {off}{', ' if proven else ''}{proven}"
        return f"{skewed(reading.skew_s, fresh, host.host)}, {proven}{' ' if proven else ''}{between_text(*fresh)}"
    if fresh.high_s < 0 and not judgement.proven:
        least = at_least_text(fresh.high_s)
        return f"{skewed(reading.skew_s, fresh, host.host)}, by at least {least} whatever the age of its Date"
    found = f"is {off}" if off else f"{skewed(reading.skew_s, fresh, host.host)}, {between_text(*fresh)}"
    return f"{found} if its Date is fresh; {if_old(reading, proven=judgement.proven)}"


def if_old(reading: DateReading, *, proven: bool = False) -> str:
    """Return the end of the range that moves with the age of a `Date`: the near one of a clock that is ahead."""
    old, low_s = f"if it is up to {duration_text(reading.lag.max_s)} old", reading.interval.low_s
    if proven:
        end = f"at least {at_least_text(low_s)} ahead" if low_s > 0 else f"at most {at_most_text(low_s)} behind"
        return f"proven, and {end} {old}"
    end = f"only {at_least_text(low_s)} ahead" if low_s > 0 else f"{at_most_text(low_s)} behind"
    return f"{old}, perhaps {end}"


def _doubts(reading: DateReading) -> list[str]:
    """Return what keeps it from being proven, beside the age of a `Date`."""
    doubts = []
    if reading.spread_s:
        doubts.append(_exclusion(reading))
    elif not reading.confirmed:
        time_up = _time_up(reading) if reading.ended is Ended.DEADLINE else "not confirmed by a second look"
        doubts.append(_UNCONFIRMED.get(reading.ended, time_up))
    if reading.security is Security.PLAIN:
        doubts.append("plain http: nobody vouches for who answered")
    elif outdated(reading):
        doubts.append("its certificate is not valid by its own Date, which is not this clock's fault")
    elif reading.security is Security.DATES_IGNORED:
        doubts.append("by this clock its certificate is not valid, so TLS vouches for its name alone")
    return doubts


def _time_up(reading: DateReading) -> str:
    """Return what the deadline came before."""
    if reading.once_only:
        return "the time was up before a second request"
    return "the time was up" if reading.confirmed else "the time was up before that was confirmed"


def two_sided(interval: Interval) -> bool:
    """Tell whether both ends are known: a `Date` of any age bounds one."""
    return math.isfinite(interval.low_s) and math.isfinite(interval.high_s)


def _issuer(case: Case) -> str:
    """Return how far the issuer of tokens is from the API that checks them."""
    ahead, login = case.issuer_ahead, case.login
    assert ahead is not None  # else its status were ok
    assert login is not None
    if not two_sided(ahead.fresh):
        least, way = at_least_text(ahead.fresh.nearest_to_zero()), way_from(ahead.fresh.low_s, case.survey.first.host)
        return f"{login[0].host}, which issues tokens, is at least {least} {way}"
    far = range_text(*ahead.fresh).removesuffix(f" {direction(ahead.fresh.low_s + ahead.fresh.high_s)}")
    way = way_from(ahead.skew_s, case.survey.first.host)
    return f"{login[0].host}, which issues tokens, is {far} {way} if both their Dates are fresh"
