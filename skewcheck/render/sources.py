"""The clocks that a report compares this host's with, and the words, as the formats for programs tell of them.

Each is named by what it is, never by its address: `ntp` for all NTP servers together, `api` for the API or whatever
`--url` names, `login` for the host that issues its tokens. So a label or a series means the same at every run.
"""

import math
from typing import NamedTuple

from skewcheck.judge import catalogue
from skewcheck.model import ApiPart, DateReading, Interval, NoReading, NtpPart, Report, Role, Status
from skewcheck.quantity import at_least_text, at_most_text, range_text, skew_text

_DECIMALS = 9
"""A nanosecond, as in JSON."""


class Source(NamedTuple):
    """One of them, and what it gave."""

    name: str
    title: str
    """As people say it."""
    status: Status | None
    """None where it isn't judged by itself: the issuer's host is held against the API, and not against this clock."""
    skew_s: float | None
    """None where it gave nothing."""
    interval: Interval | None
    said: str
    """That in words, or why there is nothing."""
    details: tuple[str, ...] = ()
    """What each of several servers gave, for whoever asks for it."""


def sources(report: Report) -> list[Source]:
    """Return the clocks that were asked, whatever became of it."""
    ntp = [] if report.ntp is None else [_ntp(report.ntp)]
    return [*ntp, *([] if report.api is None else _hosts(report.api))]


def said(report: Report) -> str:
    """Return the answer without its status word."""
    if report.lead is not None:
        return catalogue.title(report.lead)
    return "" if report.failure is None else report.failure.summary


def meaning(report: Report) -> str:
    """Return what the answer means; of a failure what to try."""
    if report.lead is not None:
        return catalogue.means(report.lead)
    return "" if report.failure is None else report.failure.remedy


def effects(report: Report) -> list[str]:
    """Return who is harmed and what he sees, line by line; each begins with a word of ours."""
    return [f"effect {party}: {sees}" for party, sees in map(catalogue.effect, report.effects)]


def commands(report: Report) -> list[str]:
    """Return what to run, line by line."""
    return [f"{catalogue.STEPS[step.kind].label.lower()}: {step.command}" for step in report.steps]


def remarks(report: Report) -> list[str]:
    """Return what was found, who is harmed and what to do, line by line; each begins with a word of ours."""
    found = [f"finding {found.id} ({found.status.value}): {catalogue.title(found)}" for found in report.findings]
    return [*found, *effects(report), *commands(report)]


def decimal(value: float | None, decimals: int = _DECIMALS) -> str | None:
    """Return a number as every parser reads it, without an exponent; None for one that isn't known or has no bound."""
    if value is None or not math.isfinite(value):
        return None
    written = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def _ntp(part: NtpPart) -> Source:
    consensus = part.survey.consensus
    said = f"{consensus.answered} of {consensus.asked} servers answered"
    if consensus.interval is not None and consensus.skew_s is not None:
        skew = skew_text(consensus.skew_s, consensus.interval)
        said = f"{skew}, range {range_text(*consensus.interval)}; {said}, {consensus.agreeing} agree"
    details = []
    for vote in consensus.votes:
        outcome = vote.outcome
        gave = outcome.detail if isinstance(outcome, NoReading) else range_text(*outcome.interval)
        off = "" if vote.off_by_s is None else f", off by at least {at_least_text(vote.off_by_s)}"
        details.append(f"server {outcome.server}: {vote.status.value}, {gave}{off}")
    return Source(
        "ntp", "NTP", part.judgement.status, consensus.skew_s, consensus.interval, said, details=tuple(details)
    )


def _hosts(part: ApiPart) -> list[Source]:
    found = []
    for host in part.survey.hosts:
        name = "login" if host.role is Role.LOGIN else "api"
        status = part.judgement.status if host is part.survey.first else None
        if isinstance(host.outcome, NoReading):
            found.append(Source(name, host.host, status, None, None, host.outcome.detail))
        else:
            reading = host.outcome
            skew_s = reading.skew_s if reading.two_sided else None  # one side bounds it, and estimates nothing
            found.append(Source(name, host.host, status, skew_s, reading.interval, _date_said(reading)))
    return found


def _date_said(reading: DateReading) -> str:
    low_s, high_s = reading.fresh
    if math.isfinite(low_s):
        return f"{skew_text(reading.skew_s, reading.fresh)}, range {range_text(low_s, high_s)} if its Date is fresh"
    bound = f"at least {at_least_text(high_s)} behind" if high_s < 0 else f"at most {at_most_text(high_s)} ahead"
    return f"{bound}, however old its Date is"
