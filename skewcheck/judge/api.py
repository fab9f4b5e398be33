"""What is wrong with, or worth knowing of, an API's clock. Each illness is one small function in `_FINDERS`."""

from collections.abc import Callable

from skewcheck.judge import api_steps, local_run, zones
from skewcheck.judge.api_case import Case, may_lag, outdated
from skewcheck.judge.api_sentence import if_old, silence, two_sided
from skewcheck.judge.host import beside_an_api, kernel_skew
from skewcheck.judge.severity import date_range
from skewcheck.model import (
    DateReading,
    Ended,
    Finding,
    Interval,
    Mix,
    NoReading,
    Security,
    Stale,
    StampedBy,
    Status,
)
from skewcheck.quantity import at_least_text, duration_text, range_text, skew_text


def findings(case: Case) -> tuple[Finding, ...]:
    """Return all that is wrong or worth knowing, the most important first."""
    found = [finding for finder in _FINDERS for finding in finder(case)]
    if case.host is not None:
        interval = None if case.reading is None else date_range(case.reading)
        found += beside_an_api(case.host, interval, case.judgement)
    return tuple(found)


def assumes(case: Case) -> tuple[str, ...]:
    """Return the premises of the range: whom it believes, and what of him."""
    reading = case.reading
    if reading is None or reading.security is not Security.VERIFIED or reading.stale is not None or reading.spread_s:
        return ()
    if case.at_another_rate:
        return ()
    return ("certificates-honest", "lag-bounded")


def _either_way(interval: Interval) -> bool:
    return interval.low_s <= 0 <= interval.high_s


def _if_old(reading: DateReading) -> str:
    """Return what holds where a `Date` is not fresh; empty where that makes no difference."""
    return f" if its Date is fresh; {if_old(reading)}" if may_lag(reading) else ""


def _api_skew(case: Case) -> list[Finding]:
    reading = case.reading
    if reading is None or case.explained is Status.OK or _either_way(date_range(reading)):
        return []
    if reading.stale is None:
        far = f"{skew_text(reading.skew_s, reading.fresh)} ({range_text(*reading.fresh)}{_if_old(reading)})"
    else:
        far = f"at least {at_least_text(reading.interval.high_s)} behind"
    summary = (
        f"the local clock against {case.survey.first.host}: {far}; whose clock is off is not settled by this alone"
    )
    low_s, high_s = date_range(reading)
    evidence = (("skew_s", reading.skew_s), ("low_s", low_s), ("high_s", high_s))
    return [Finding("api-skew", case.explained, summary, evidence, (api_steps.WHOSE.command,))]


def _issuer(case: Case) -> list[Finding]:
    """Tell of tokens that are stamped by a clock which differs from the one that checks them."""
    ahead = case.issuer_ahead
    if ahead is None or _either_way(ahead.fresh) or case.login is None:
        return []
    login, api = case.login[0].host, case.survey.first.host
    is_ahead = ahead.fresh.low_s > 0
    far = skew_text(ahead.skew_s, ahead.fresh) + (f" of {api}" if is_ahead else f" {api}")
    old = f", else {range_text(*ahead.interval)}" if ahead.interval != ahead.fresh else ""
    ranges = f"{range_text(*ahead.fresh)} if both their Dates are fresh{old}"
    if not two_sided(ahead.fresh):
        far = f"at least {at_least_text(ahead.fresh.nearest_to_zero())} " + (
            f"ahead of {api}" if is_ahead else f"behind {api}"
        )
        ranges = "how much more is open: the Date of one of them can be of any age"
    evidence = (("skew_s", ahead.skew_s), ("low_s", ahead.fresh.low_s), ("high_s", ahead.fresh.high_s))
    if is_ahead:
        share = ahead.fresh.high_s
        refused = "every first request can be" if share >= 1 else f"at most {share:.0%} of first requests are"
        why = f"if Genesys Cloud checks a token's issue time, which is not known, {refused} refused"
        return [Finding("issuer-ahead", case.issuer_status, f"{login} is {far} ({ranges}): {why}", evidence)]
    why = f"a token's life ends that much before its time at {api}"
    return [Finding("issuer-behind", case.issuer_status, f"{login} is {far} ({ranges}): {why}", evidence)]


_FAILURES = (
    # (finding id, how its reasons begin)
    ("dns-failed", ("dns-", "no-address")),
    ("no-network", ("no-route", "unreachable", "prohibited")),
    ("proxy-failed", ("proxy-",)),
    ("api-untrusted", ("certificate-", "ca-not-")),
    ("rate-limited", ("rate-limited",)),
    ("api-no-date", ("no-date", "bad-date", "not-http", "headers-", "too-many-headers", "endless-continue")),
    ("api-unreached", ("",)),
)


def _no_reading(case: Case) -> list[Finding]:
    """Tell why a host gave nothing: unknown for the one that the verdict is about, a remark for the other."""
    found = []
    for host in case.survey.hosts:
        if isinstance(host.outcome, NoReading):
            reason = host.outcome.reason
            name = next(name for name, begins in _FAILURES if reason.startswith(begins))
            status = Status.UNKNOWN if host is case.survey.first else Status.OK
            evidence = (("host", host.host), ("reason", reason))
            remedy = (api_steps.reach(case, host.outcome, host.host).command,)
            found.append(Finding(name, status, silence(host, host.outcome), evidence, remedy))
    return found


_MIXES = {
    Mix.CONNECTIONS: "within each connection they agree, so there are several servers behind that name",
    Mix.REQUESTS: "there are several servers behind that name, or its Date is old at times, or its clock was set",
}


def _inconsistent(case: Case) -> list[Finding]:
    return [
        Finding(
            "api-inconsistent",
            _unless_told(case, reading),
            f"the replies of {host.host} exclude each other by at least {at_least_text(reading.spread_s)}: "
            f"{_MIXES[reading.mix or Mix.REQUESTS]}",
            (("host", host.host), ("spread_s", reading.spread_s), ("mix", (reading.mix or Mix.REQUESTS).value)),
            (api_steps.WHOSE.command,),
        )
        for host, reading in case.readings
        if reading.spread_s > 0 and not case.at_another_rate  # that would explain it
    ]


def _late(case: Case) -> list[Finding]:
    return [
        Finding(
            "api-late",
            Status.OK,
            f"the Date of {host.host} was late by at least {at_least_text(reading.late_s)} at times, or a second clock "
            "behind that name differs by as little: allowed for",
            (("host", host.host), ("late_s", reading.late_s)),
        )
        for host, reading in case.readings
        if reading.late_s > 0 and not case.at_another_rate
    ]


def _unless_told(case: Case, reading: DateReading) -> Status:
    """Return unknown for what keeps the verdict from being told; for all else it is a remark."""
    kept = reading is case.reading and case.judgement.status is Status.UNKNOWN
    return Status.UNKNOWN if kept else Status.OK


def _stale(case: Case) -> list[Finding]:
    found = []
    for host, reading in case.readings:
        status = _unless_told(case, reading)
        if reading.stale is Stale.CACHED:
            served = reading.served
            summary = (
                f"a cache answers for {host.host}, so its Date can be of any age: only `behind` can be told from it"
            )
            evidence: tuple[tuple[str, str | float | None], ...] = (
                ("host", host.host), ("age_s", served.age_s), ("x_cache", served.x_cache), ("via", served.via)
            )  # fmt: skip
            found.append(Finding("api-cached", status, summary, evidence))
        elif reading.stale is Stale.FROZEN and not case.at_another_rate:
            summary = f"the Date of {host.host} stands still while seconds pass: only `behind` can be told from it"
            found.append(Finding("api-frozen", status, summary, (("host", host.host),)))
    return found


def _too_coarse(case: Case) -> list[Finding]:
    """Tell of a range that goes from ok to critical, or leaves even the direction open."""
    reading, unjudged = case.reading, case.judgement.status is Status.UNKNOWN
    if reading is None or reading.stale is not None or reading.spread_s or case.judgement.status is Status.OK:
        return []
    if case.survey.local.step_s or case.at_another_rate:
        return []  # that is why it is as wide
    if not unjudged and not _either_way(reading.fresh):
        return []
    open_s = "goes from ok to critical" if unjudged else "leaves open whether the local clock is ahead or behind"
    evidence = (("low_s", reading.fresh.low_s), ("high_s", reading.fresh.high_s))
    remedy = () if case.survey.full else (api_steps.full(case).command,)
    summary = f"the range, {range_text(*reading.fresh)}, {open_s}"
    return [Finding("too-coarse", case.judgement.status, summary, evidence, remedy)]


def _certificate(case: Case) -> list[Finding]:
    """Tell whose fault it is that a certificate is not valid now: its owner's, or that of the local clock."""
    found = []
    for host, reading in case.readings:
        if reading.security is not Security.DATES_IGNORED:
            continue
        dates, (date_s, local_s) = reading.certificate, _times(reading)
        evidence: tuple[tuple[str, str | float | None], ...] = (("host", host.host),)
        if dates is not None:
            evidence += (("not_before_s", dates.not_before_s), ("not_after_s", dates.not_after_s))
        if dates is not None and outdated(reading):
            how = _validity(date_s, dates.not_before_s, dates.not_after_s)
            summary = f"by its own Date the certificate of {host.host} {how}: its owner's fault, not the local clock's"
            found.append(Finding("certificate-expired", Status.WARNING, summary, evidence))
            continue
        if dates is None or dates.not_before_s <= local_s <= dates.not_after_s:
            how = f"a certificate that {host.host} relies on is not valid now"
        else:
            how = (
                f"the certificate of {host.host} {_validity(local_s, dates.not_before_s, dates.not_after_s)}, while by"
            )
            how += " its server's Date it is valid"
        summary = f"by the local clock {how}: TLS fails for other programs here; it was asked without these dates"
        found.append(Finding("tls-dates-ignored", case.explained, summary, evidence, (api_steps.WHOSE.command,)))
    return found


def _times(reading: DateReading) -> tuple[float, float]:
    """Return the server's time and the local one of the last reply."""
    last = reading.exchanges[-1]
    return last.date_s, last.received_s


def _validity(at_s: float, not_before_s: float, not_after_s: float) -> str:
    if at_s > not_after_s:
        return f"ended {duration_text(at_s - not_after_s)} ago"
    return f"begins only in {duration_text(not_before_s - at_s)}"


def _time_zone(case: Case) -> list[Finding]:
    if case.reading is None:
        return []
    interval: Interval | None = date_range(case.reading)
    if case.host is not None:
        interval = kernel_skew(case.host, interval)
    if interval is None:
        return []
    zone_s = None if case.host is None else case.host.zone.utc_offset_s
    return zones.any_zone(interval, zone_s, case.explained, (api_steps.WHOSE.command,))


def _lag(case: Case) -> list[Finding]:
    """Tell how old a `Date` may be where that leaves the status open."""
    reading = case.reading
    if reading is None or reading.stale is not None or not may_lag(reading) or case.judgement.proven:
        return []
    name, far = case.survey.first.host, duration_text(reading.lag.max_s)
    evidence = (("max_lag_s", reading.lag.max_s), ("because", reading.lag.because))
    if reading.lag.known:
        summary = f"{name} lets its Date become up to {far} old ({reading.lag.because})"
        return [Finding("api-lags", Status.OK, summary, evidence, (api_steps.WHOSE.command,))]
    summary = f"how old {name} lets its Date become is not known ({reading.lag.because}): up to {far} is allowed for"
    return [Finding("lag-unknown", Status.OK, summary, evidence, (api_steps.WHOSE.command,))]


def _edge(case: Case) -> list[Finding]:
    names = [host.host for host, reading in case.readings if reading.stamped_by is StampedBy.EDGE]
    if not names:
        return []
    summary = (
        f"the Date of {' and of '.join(names)} is stamped at the edge: if a clock behind it checks tokens, that one "
        "was not measured"
    )
    return [Finding("api-edge", Status.OK, summary, (("hosts", ", ".join(names)),))]


def _plain_http(case: Case) -> list[Finding]:
    names = [host.host for host, reading in case.readings if reading.security is Security.PLAIN]
    if not names:
        return []
    were = "was" if len(names) == 1 else "were"
    summary = f"{' and '.join(names)} {were} asked by plain http: anybody on the way can have answered"
    return [Finding("plain-http", Status.OK, summary, (("hosts", ", ".join(names)),), ("ask it by https",))]


def _redirected(case: Case) -> list[Finding]:
    return [
        Finding(
            "redirected",
            Status.OK,
            f"{host.host} redirects ({reading.served.status}) to {reading.served.location}: its own Date was used, and "
            "the redirect not followed",
            (("host", host.host), ("status", reading.served.status), ("location", reading.served.location)),
        )
        for host, reading in case.readings
        if reading.served.location is not None and 300 <= reading.served.status < 400
    ]


def _rate_limited(case: Case) -> list[Finding]:
    return [
        Finding(
            "rate-limited",
            Status.OK,
            f"{host.host} asked for patience ({reading.served.status}): no more was asked of it",
            (("host", host.host), ("status", reading.served.status), ("requests", reading.requests)),
            (api_steps.again(case).command,),
        )
        for host, reading in case.readings
        if reading.ended is Ended.TOLD_TO_STOP
    ]


def _stepped(case: Case) -> list[Finding]:
    """Tell of a clock that was set meanwhile, which is why a status is what it is where the range holds both times."""
    found = local_run.stepped(case.survey.local, api_steps.again(case).command)
    wide = case.reading is not None and _either_way(date_range(case.reading))
    return [finding._replace(status=case.judgement.status) for finding in found] if wide else found


def _slewing(case: Case) -> list[Finding]:
    return local_run.slewing(case.survey.local)


def _cut_short(case: Case) -> list[Finding]:
    if not case.survey.cut_short:
        return []
    late = [host.host for host in case.survey.hosts if _was_late(host.outcome)]
    whom = " and ".join(late) or "not all that could be told"
    summary = f"the deadline ended the measurement after {duration_text(case.survey.local.duration_s)}: {whom}"
    summary += " could have told more" if late else " was told"
    advice = "allow more time with -t"
    if any(reading.once_only for _, reading in case.readings):
        summary += f"; that was too short for a second request, and -t {api_steps.enough_s(case)}s is enough"
        advice += f" {api_steps.enough_s(case)}s"
    return [Finding("cut-short", Status.OK, summary, (("hosts", ", ".join(late)),), (advice,))]


def _was_late(outcome: DateReading | NoReading) -> bool:
    if isinstance(outcome, DateReading):
        return outcome.ended is Ended.DEADLINE
    return outcome.reason in {"stalled", "connect-timeout", "dns-timeout", "endless-continue", "no-answer"}


_FINDERS: tuple[Callable[[Case], list[Finding]], ...] = (
    _api_skew,
    _issuer,
    _no_reading,
    _inconsistent,
    _stale,
    _stepped,
    _too_coarse,
    _time_zone,
    _certificate,
    _lag,
    _late,
    _edge,
    _plain_http,
    _redirected,
    _rate_limited,
    _slewing,
    _cut_short,
)
