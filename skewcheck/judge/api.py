"""What is wrong with, or worth knowing of, an API's clock and that of the host that issues its tokens."""

from collections.abc import Callable

from skewcheck.judge.case import Case, Who, finite, may_lag, outdated, skew_facts
from skewcheck.judge.clock import limits
from skewcheck.judge.nodes import WORTH_CONNECTIONS, percent_missed
from skewcheck.judge.severity import OFF
from skewcheck.model import (
    ApiHost,
    ApiPart,
    DateReading,
    Finding,
    Mix,
    NoReading,
    Role,
    Security,
    Stale,
    Status,
)


def findings(case: Case) -> list[Finding]:
    """Return all that is wrong or worth knowing; whose clock is off is said by `attribution`."""
    api = case.api
    if api is None:
        return []
    found = [finding for finder in _FINDERS for finding in finder(case, api)]
    return found + [finding for host in api.survey.hosts for finding in _of_a_host(case, api, host)]


# --- The service as a whole ---


def _issuer(case: Case, api: ApiPart) -> list[Finding]:
    """Tell of tokens that are stamped by a clock which differs from the one that checks them."""
    ahead = api.issuer_ahead
    if ahead is None or ahead.fresh.holds_zero:
        return []
    login = next(host.host for host in api.survey.hosts if host.role is Role.LOGIN)
    old = any(may_lag(reading) for _, reading in case.readings)
    facts = (
        *skew_facts(ahead.skew_s, ahead.fresh, case.limits.warning_s),
        ("login", login),
        ("host", case.api_host),
        ("old", True if old else None),
    )
    return [Finding(f"issuer-{'behind' if ahead.fresh.low_s < 0 else 'ahead'}", case.issuer_status, facts)]


def _too_coarse(case: Case, api: ApiPart) -> list[Finding]:
    """Tell of a range that goes from ok to critical, or leaves even the direction open."""
    reading, status = case.reading, api.judgement.status
    if reading is None or reading.stale is not None or reading.spread_s or status is Status.OK:
        return []
    if case.was_set or case.at_another_rate:
        return []
    if status is not Status.UNKNOWN and not reading.fresh.holds_zero:
        return []
    facts = (("low_s", reading.fresh.low_s), ("high_s", reading.fresh.high_s), ("reference", case.api_host))
    return [Finding("too-coarse", status, (*facts, *limits(case), ("because", None)))]


def _lag(case: Case, api: ApiPart) -> list[Finding]:
    """Tell how old a `Date` may be where that leaves the status open, and UTC's second doesn't settle it."""
    reading = case.reading
    if reading is None or reading.stale is not None or not case.rests_on_freshness:
        return []
    if case.who is Who.API or (case.flips_with_utc and not reading.lag.known):
        return []  # `api-ahead` and `api-behind` say themselves how old it may be
    low_s = reading.interval.low_s
    facts = (
        ("host", api.survey.first.host),
        ("max_lag_s", reading.lag.max_s),
        ("because", reading.lag.because),
        ("known", reading.lag.known),
        ("low_bound_s", -low_s if low_s < 0 else None),
    )
    return [Finding("api-lag", Status.OK, facts)]


def _nodes(case: Case, _: ApiPart) -> list[Finding]:
    """Tell of clocks behind one name that are off, or differ, by a limit or more."""
    found = []
    for look in case.looks:
        low_s, high_s = look.ahead
        share = look.share
        facts = (
            ("host", look.host.host),
            ("reached", look.replies),
            ("connections", len(look.nodes.replies)),
            ("units", "replies" if look.nodes.per_reply else "connections"),
            ("clocks", len(look.nodes.clocks)),
            ("low_s", finite(low_s)),
            ("high_s", finite(high_s)),
            ("least_s", abs(look.ahead.nearest_to_zero())),
            ("by", "utc" if look.by_utc else None),
            ("several", True if look.several else None),
            ("old", True if look.old else None),
            ("plain", True if look.plain else None),
            ("vague", True if 2 * look.nodes.open > len(look.nodes.replies) else None),
            ("address", look.address),
            ("share_low", share.low_s),
            ("share_high", share.high_s),
        )
        found.append(Finding("api-nodes-differ", look.status, facts))
    return found


def _nodes_seen(case: Case, _: ApiPart) -> list[Finding]:
    """Tell how likely it is that a node which is off was not reached at all: of the host where it is likeliest."""
    wanted = case.request.connections
    looked = [
        (host.host, 1 if reading.nodes is None else len(reading.nodes.replies), reading.nodes)
        for host, reading in case.readings
        if reading.nodes is not None or (wanted is not None and reading.stale is None)
    ]
    if not looked:
        return []
    host, n, nodes = min(looked, key=lambda named: named[1])
    short, per_reply = case.nodes_unseen, nodes is not None and nodes.per_reply
    stopped = nodes is not None and nodes.stopped
    silent = 0 if nodes is None else nodes.silent
    facts = (
        ("host", host),
        ("connections", n),
        ("units", "replies" if per_reply else "connection" if n == 1 else "connections"),
        ("percent", percent_missed(n)),
        ("few", True if n < WORTH_CONNECTIONS else None),
        ("wanted", wanted if short or stopped else None),
        ("short", "stopped" if stopped else "time" if short else "silent" if silent else None),
        ("silent", silent or None),
        ("tried", silent + n if silent else None),
    )
    return [Finding("nodes-seen", Status.UNKNOWN if short else Status.OK, facts)]


_FINDERS: tuple[Callable[[Case, ApiPart], list[Finding]], ...] = (_issuer, _too_coarse, _lag, _nodes, _nodes_seen)


# --- One host ---


def _of_a_host(case: Case, api: ApiPart, host: ApiHost) -> list[Finding]:
    """Return what is wrong with one host: unknown where it keeps the status from being known, else a remark."""
    first, kept = host is api.survey.first, api.judgement.status is Status.UNKNOWN
    status = Status.UNKNOWN if first and kept else Status.OK
    if isinstance(host.outcome, NoReading):
        other, own = api.survey.first.outcome, host.outcome
        alike = isinstance(other, NoReading) and (other.reason, other.detail) == (own.reason, own.detail)
        return [] if not first and alike else [_unreached(case, host, own, status)]  # the same reason is told once
    found = [_inconsistent, _stale, _certificate, _odd_date]
    return [finding for finder in found for finding in finder(case, host.host, host.outcome, status)]


_REASONS = (
    # (what it comes to, how its reasons begin)
    ("dns", ("dns-",)),
    ("no-address", ("no-address",)),
    ("no-network", ("no-route", "unreachable", "prohibited")),
    ("proxy", ("proxy-",)),
    ("ca-file", ("ca-file-",)),
    ("untrusted", ("certificate-", "ca-")),
    ("rate-limited", ("rate-limited",)),
    ("unset", ("date-unset",)),
    ("no-date", ("no-date", "bad-date", "not-http", "headers-", "too-many-headers", "endless-continue")),
)


def _unreached(case: Case, host: ApiHost, outcome: NoReading, status: Status) -> Finding:
    reason = next((name for name, begins in _REASONS if outcome.reason.startswith(begins)), None)
    facts = (("host", host.host), ("reason", reason), ("detail", outcome.detail), _by_ntp(case))
    return Finding("api-unreached", status, facts)


def _by_ntp(case: Case) -> tuple[str, float | None]:
    """Return how far this host is off UTC at most, where NTP finds nothing wrong with it."""
    fine = case.ntp is not None and case.ntp.judgement.status is Status.OK
    return "ntp_bound_s", abs(case.utc.farthest_from_zero()) if fine and case.utc is not None else None


def _inconsistent(case: Case, host: str, reading: DateReading, status: Status) -> list[Finding]:
    if not reading.spread_s > 0 or case.at_another_rate:  # that would explain it
        return []
    if any(look.host.host == host for look in case.looks):
        return []  # `api-nodes-differ` says more
    mix = (reading.mix or Mix.REQUESTS).value
    facts = (("host", host), ("spread_s", reading.spread_s), ("mix", mix), _by_ntp(case))
    return [Finding("api-inconsistent", status, facts)]


def _stale(case: Case, host: str, reading: DateReading, status: Status) -> list[Finding]:
    if reading.stale is None or (reading.stale is Stale.FROZEN and case.at_another_rate):  # that would explain it
        return []
    served, high_s = reading.served, reading.interval.high_s
    facts = (
        ("host", host),
        ("stale", reading.stale.value),
        ("age_s", served.age_s),
        ("x_cache", served.x_cache),
        ("via", served.via),
        ("least_s", -high_s if high_s < 0 else None),
        _by_ntp(case),
    )
    return [Finding("api-stale", status, facts)]


def _certificate(case: Case, host: str, reading: DateReading, _: Status) -> list[Finding]:
    """Tell whose fault it is that a certificate is not valid now: its owner's, or that of this host's clock."""
    if reading.security is not Security.DATES_IGNORED:
        return []
    dates, last = reading.certificate, reading.exchanges[-1]
    theirs = outdated(reading)
    at_s = last.date_s if theirs else last.received_s
    validity, by_s = None, None
    if dates is not None and at_s > dates.not_after_s:
        validity, by_s = "ended", at_s - dates.not_after_s
    elif dates is not None and at_s < dates.not_before_s:
        validity, by_s = "begins", dates.not_before_s - at_s
    facts = (
        ("host", host),
        ("validity", validity),
        ("by_s", by_s),
        ("not_before_at_s", None if dates is None else finite(dates.not_before_s)),
        ("not_after_at_s", None if dates is None else finite(dates.not_after_s)),
    )
    if theirs:
        return [Finding("api-certificate", Status.WARNING, facts)]
    skew = Status.OK if case.api is None or case.was_set else case.api.judgement.status
    return [Finding("tls-dates", skew if skew in OFF else Status.OK, facts)]


def _odd_date(_: Case, host: str, reading: DateReading, __: Status) -> list[Finding]:
    """Tell of a `Date` that was read all the same."""
    odd = reading.odd_date
    if odd is None:
        return []
    return [Finding("api-date-odd", Status.OK, (("host", host), ("what", odd.what), ("shown", odd.shown)))]
