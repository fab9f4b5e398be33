"""The API's hosts on the page: what their `Date` headers prove, drawn, and whose clocks those were."""

import math
from collections.abc import Iterator, Sequence

from skewcheck.model import (
    ApiHost,
    ApiPart,
    DateExchange,
    DateReading,
    Difference,
    Ended,
    NoReading,
    Report,
    Role,
    Security,
    Stale,
    StampedBy,
)
from skewcheck.quantity import at_least_text, at_most_text, duration_text, range_text, utc_text
from skewcheck.render.page import MARGIN, NARROWEST_HANGING, PLAIN, STRONG, Line, Page
from skewcheck.render.picture import Bar
from skewcheck.render.rows import Row, Scale, table
from skewcheck.render.sources import date_range_text

_WHOSE = {
    StampedBy.EDGE: "the edge's; one behind it, if there is one, was not measured",
    StampedBy.ORIGIN: "the origin's: no proxy in front of it wrote the Date",
    StampedBy.UNKNOWN: "the edge's or the origin's: its headers don't tell",
}
_SECURITY = {
    Security.VERIFIED: "TLS, certificate verified",
    Security.DATES_IGNORED: "TLS, certificate verified but for its dates",
    Security.PLAIN: "plain http: anybody on the way could have answered",
}
_ENDED = {
    Ended.DECIDED: "settled",
    Ended.NARROW: "as narrow as the round trip allows",
    Ended.STALE: "more would tell no more",
    Ended.CONTRADICTED: "the replies contradict each other",
    Ended.REQUESTS: "one run sends no more",
    Ended.TOLD_TO_STOP: "it asked for patience",
    Ended.LOST: "then it no longer answered",
    Ended.DEADLINE: "then the time was up",
}
_STALE = {
    Stale.CACHED: "a cache answered",
    Stale.FROZEN: "it stood still while seconds passed",
}
_DECIMALS = 6
_LEGEND = (
    "A Date counts whole seconds and may be old, but is never from the future. So each reply proves that the local "
    "clock is ahead by at most received - Date, and, as old as this server lets its Date become, by at least "
    "sent - Date - 1 s - that age."
)
_LABEL_WIDTH = 13


def blocks(page: Page, report: Report, part: ApiPart, *, thorough: bool) -> list[list[Line]]:
    """Return the hosts as a picture, then what is known of each; *thorough*: every reply as well."""
    hosts = part.survey.hosts
    readings = [(host, host.outcome) for host in hosts if isinstance(host.outcome, DateReading)]
    answered = [Row(host.host, date_range_text(reading.fresh), bar=bar(reading)) for host, reading in readings]
    silent = [Row(host.host, host.outcome.detail) for host in hosts if isinstance(host.outcome, NoReading)]
    if not readings and len({row.said for row in silent}) == 1:  # that is the verdict already
        return [*_replies(page, part)] if thorough else []
    core = readings[0][1].fresh if readings else None
    together = Row("", _premise([reading for _, reading in readings]))
    scale = Scale("equal", core, None, together, report.thresholds, part.judgement.status)
    shown = table(page, answered, silent, scale)
    shown += [_known(page, host, reading, thorough=thorough) for host, reading in readings]
    explained = {finding.id for finding in report.findings} & {"issuer-ahead", "issuer-behind"}
    if part.issuer_ahead is not None and not explained:
        shown.append(page.wrapped(_difference(part.issuer_ahead), PLAIN, MARGIN))
    return [*shown, *(_replies(page, part) if thorough else [])]


def bar(reading: DateReading) -> Bar:
    """Return what to draw of one host: dotted what only the age of its `Date` leaves open; one side has no middle."""
    estimate_s = None if reading.mix is not None or reading.stale is not None else reading.skew_s
    return Bar(estimate_s, reading.fresh, None if reading.interval == reading.fresh else reading.interval)


def _premise(readings: Sequence[DateReading]) -> str:
    """Return what the solid ranges rest on."""
    if all(math.isinf(reading.fresh.low_s) for reading in readings):
        return "however old it is"
    return "if its Date is fresh" if len(readings) == 1 else "if each Date is fresh"


def _known(page: Page, host: ApiHost, reading: DateReading, *, thorough: bool) -> list[Line]:
    """Return what is known of one host, a label at the left of each fact."""
    lines = page.wrapped(_title(host), STRONG, MARGIN)
    for label, fact in _facts(reading, thorough=thorough):
        if page.width < NARROWEST_HANGING:
            lines += page.wrapped(f"{label}: {fact}", PLAIN, 2 * MARGIN)
            continue
        indent = 2 * MARGIN + _LABEL_WIDTH
        first, *more = page.wrapped(fact, PLAIN, indent)
        lines += [[(" " * 2 * MARGIN + label.ljust(_LABEL_WIDTH), PLAIN), *first[1:]], *more]
    return lines


def _title(host: ApiHost) -> str:
    """Return a host's name, and what it is to a token where the name doesn't say."""
    known = host.role is Role.URL or host.host.startswith(f"{host.role.value}.")
    return host.host if known else f"{host.host} ({host.role.value})"


def _facts(reading: DateReading, *, thorough: bool) -> Iterator[tuple[str, str]]:
    """Yield what is known; not *thorough*: no more than what the range rests on and what is out of the ordinary."""
    served = reading.served
    yield "requests", _requests(reading)
    yield "clock", _WHOSE[reading.stamped_by]
    yield "age of Date", _age(reading)
    if thorough or reading.stale is not None or not reading.lag.known:
        headers = {"Server": served.server, "Via": served.via, "X-Cache": served.x_cache, "Location": served.location}
        shown = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        yield "headers", ";  ".join(shown) if shown else "no Server and no Via"
    if thorough or reading.proxied or reading.security is not Security.VERIFIED:
        on_the_way = ", through a proxy of the environment" if reading.proxied else ""
        yield "connection", f"{_SECURITY[reading.security]}{on_the_way}"
    if served.correlation_id is not None:
        yield "support", f"correlation id {served.correlation_id}"


def _requests(reading: DateReading) -> str:
    """Return how many there were, and why no more; what asked for patience says that itself."""
    said = f"{reading.requests}, round trip {duration_text(reading.min_rtt_s)}; "
    if reading.confirmed:
        said += "settled and confirmed" if reading.ended is Ended.DECIDED else f"confirmed; {_ENDED[reading.ended]}"
    elif reading.ended is Ended.TOLD_TO_STOP and reading.detail is not None:
        return said + reading.detail
    else:
        said += _ENDED[reading.ended]
    return said if reading.detail is None else f"{said} ({reading.detail})"


def _age(reading: DateReading) -> str:
    """Tell how old the `Date` may be, and where the range begins then; its other end stays."""
    lag, low_s = reading.lag, reading.interval.low_s
    if reading.stale is not None or math.isinf(lag.max_s):
        said = f"any: {_STALE[reading.stale] if reading.stale is not None else lag.because}"
    elif lag.known:
        said = f"at most {duration_text(lag.max_s)}: {lag.because}"
    else:
        said = f"not known, {duration_text(lag.max_s)} assumed: {lag.because}"
    if reading.interval == reading.fresh:
        return said
    if math.isinf(low_s):
        return f"{said}; if so old, behind by any amount"
    if low_s > 0:
        return f"{said}; if so old, at least {at_least_text(low_s)} ahead"
    return f"{said}; if so old, at most {at_most_text(low_s)} behind"


def _difference(difference: Difference) -> str:
    """Return the clock that issues tokens against the one that checks them, and what that means."""
    low_s, high_s = difference.fresh
    old = "" if difference.interval == difference.fresh else f", else {range_text(*difference.interval)}"
    said = f"login against api: {range_text(low_s, high_s)} if both are fresh{old}"
    if low_s > 0:
        return f"{said}: to the API a fresh token looks issued in the future by so much."
    if high_s < 0:
        return f"{said}: a token dies so much before its time."
    return f"{said}; neither is shown to be ahead."


def _replies(page: Page, part: ApiPart) -> list[list[Line]]:
    """Return every reply of each host, and how to check the range by hand."""
    shown: list[list[Line]] = []
    for host in part.survey.hosts:
        outcome = host.outcome
        where = "" if outcome.address in (None, host.host) else f" at {outcome.address}"
        if isinstance(outcome, NoReading):
            shown.append(page.wrapped(f"{host.host}{where}: {outcome.reason}", STRONG, MARGIN))
            continue
        lines = page.wrapped(f"{outcome.method} {outcome.url}{where}", STRONG, MARGIN)
        for reply in outcome.exchanges:
            lines += page.flowed([f"sent {_moment(reply.sent_s)}", f"received {_moment(reply.received_s)}"], 2 * MARGIN)
            lines += page.flowed(_reply(reply), 2 * MARGIN)
        if outcome.certificate is not None:
            first, last = map(_second, outcome.certificate)
            lines += page.wrapped(f"certificate valid from {first} to {last}", PLAIN, 2 * MARGIN)
        shown.append(lines)
    answered = any(isinstance(host.outcome, DateReading) for host in part.survey.hosts)
    return [*shown, page.wrapped(_LEGEND, PLAIN, MARGIN) if answered else []]


def _reply(reply: DateExchange) -> list[str]:
    return [
        f"Date {_second(reply.date_s)}",
        f"round trip {reply.delay_s * 1e3:.3f} ms",
        f"status {reply.status}",
        f"connection {reply.connection}",
    ]


def _moment(at_s: float) -> str:
    """Return a time of day to the nearest microsecond: a float of Unix seconds holds it to a quarter of one."""
    return utc_text(at_s + 0.5e-6, decimals=_DECIMALS)


def _second(at_s: float) -> str:
    """Return a time of day in whole seconds."""
    return utc_text(at_s).partition(".")[0] + "Z"
