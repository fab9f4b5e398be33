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
    Interval,
    Mix,
    NoReading,
    Report,
    Role,
    Security,
    Stale,
    StampedBy,
)
from skewcheck.quantity import at_least_text, at_most_text, duration_text, range_text, utc_text
from skewcheck.render.page import FAINT, MARGIN, NARROWEST_HANGING, PLAIN, STRONG, Line, Page
from skewcheck.render.picture import Bar
from skewcheck.render.rows import Row, Scale, table

_WHOSE = {
    StampedBy.EDGE: "the edge's; one behind it, if there is one, was not measured",
    StampedBy.ORIGIN: "the origin's: no proxy in front of it wrote the Date",
    StampedBy.UNKNOWN: "the edge's or the origin's: its headers don't tell",
}
_SECURITY = {
    Security.VERIFIED: "TLS, certificate verified",
    Security.DATES_IGNORED: "TLS, certificate verified but for its dates: by the local clock it is not valid now",
    Security.PLAIN: "plain http: anybody on the way could have answered",
}
_ENDED = {
    Ended.DECIDED: "settled",
    Ended.NARROW: "as narrow as the round trip allows",
    Ended.STALE: "more could not have told more",
    Ended.CONTRADICTED: "the replies contradict each other",
    Ended.REQUESTS: "as many as one run may send",
    Ended.TOLD_TO_STOP: "it asked for patience",
    Ended.LOST: "then it no longer answered",
    Ended.DEADLINE: "then time was up",
}
_STALE = {
    Stale.CACHED: "a cache answered",
    Stale.FROZEN: "it stood still while seconds passed",
}
_MIX = {
    Mix.CONNECTIONS: "from one connection to another",
    Mix.REQUESTS: "from one request to another",
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
    answered = [Row(host.host, _said(reading.fresh), bar=bar(reading)) for host, reading in readings]
    silent = [Row(host.host, host.outcome.detail, FAINT) for host in hosts if isinstance(host.outcome, NoReading)]
    core = readings[0][1].fresh if readings else None
    together = Row("", _premise([reading for _, reading in readings]), FAINT)
    scale = Scale("equal", core, None, together, report.thresholds, report.status)
    shown = table(page, answered, silent, scale)
    shown += [_known(page, host, reading) for host, reading in readings]
    if part.issuer_ahead is not None:
        told = {finding.id for finding in report.findings} & {"issuer-ahead", "issuer-behind"}
        shown.append(page.wrapped(_difference(part.issuer_ahead, explained=bool(told)), PLAIN, MARGIN))
    return [*shown, *(_replies(page, part) if thorough else [])]


def bar(reading: DateReading) -> Bar:
    """Return what to draw of one host: dotted what only the age of its `Date` leaves open."""
    estimate_s = None if reading.mix is not None else reading.skew_s
    return Bar(estimate_s, reading.fresh, None if reading.interval == reading.fresh else reading.interval)


def _said(fresh: Interval) -> str:
    """Return the range, or the one side that there is."""
    low_s, high_s = fresh
    if math.isfinite(low_s):
        return range_text(low_s, high_s)
    return f"at least {at_least_text(high_s)} behind" if high_s < 0 else f"at most {at_most_text(high_s)} ahead"


def _premise(readings: Sequence[DateReading]) -> str:
    """Return what the solid ranges rest on."""
    if all(math.isinf(reading.fresh.low_s) for reading in readings):
        return "however old it is"
    return "if its Date is fresh" if len(readings) == 1 else "if each Date is fresh"


def _known(page: Page, host: ApiHost, reading: DateReading) -> list[Line]:
    """Return what is known of one host, a label at the left of each fact."""
    lines = page.wrapped(_title(host), STRONG, MARGIN)
    for label, fact in _facts(host.host, reading):
        if page.width < NARROWEST_HANGING:
            lines += page.wrapped(f"{label}: {fact}", PLAIN, 2 * MARGIN)
            continue
        indent = 2 * MARGIN + _LABEL_WIDTH
        first, *more = page.wrapped(fact, PLAIN, indent)
        lines += [[(" " * 2 * MARGIN + label.ljust(_LABEL_WIDTH), FAINT), *first[1:]], *more]
    return lines


def _title(host: ApiHost) -> str:
    """Return a host's name, and what it is to a token where the name doesn't say."""
    known = host.role is Role.URL or host.host.startswith(f"{host.role.value}.")
    return host.host if known else f"{host.host} ({host.role.value})"


def _facts(name: str, reading: DateReading) -> Iterator[tuple[str, str]]:
    served = reading.served
    yield "requests", _requests(reading)
    yield "clock", _WHOSE[reading.stamped_by]
    yield "age of Date", _age(reading)
    if reading.mix is not None:
        yield "differs", f"by at least {at_least_text(reading.spread_s)} {_MIX[reading.mix]}"
    headers = {"Server": served.server, "Via": served.via, "X-Cache": served.x_cache, "Location": served.location}
    shown = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    yield "headers", ";  ".join(shown) if shown else "no Server and no Via"
    on_the_way = ", through a proxy of the environment" if reading.proxied else ""
    where = "" if reading.address in (None, name) else f", at {reading.address}"
    yield "connection", f"{_SECURITY[reading.security]}{on_the_way}{where}"
    if served.correlation_id is not None:
        yield "support", f"correlation id {served.correlation_id}"


def _requests(reading: DateReading) -> str:
    ended = _ENDED[reading.ended]
    if reading.confirmed:
        ended += " and confirmed"
    detail = "" if reading.detail is None else f" ({reading.detail})"
    return f"{reading.requests}, round trip {duration_text(reading.min_rtt_s)}; {ended}{detail}"


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
        return f"{said}; then behind by any amount"
    if low_s > 0:
        return f"{said}; then at least {at_least_text(low_s)} ahead"
    return f"{said}; then at most {at_most_text(low_s)} behind"


def _difference(difference: Difference, *, explained: bool) -> str:
    """Return the clock that issues tokens against the one that checks them, and what that means."""
    low_s, high_s = difference.fresh
    said = f"login against api: {range_text(low_s, high_s)}, if both are fresh"
    if difference.interval != difference.fresh:
        said += f", else {range_text(*difference.interval)}"
    if explained:
        return f"{said}."
    if low_s > 0:
        return f"{said}: to the API a fresh token looks issued in the future by so much."
    if high_s < 0:
        return f"{said}: a token dies so much before its time."
    return f"{said}: nothing shows that one is ahead of the other."


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
    return [*shown, page.wrapped(_LEGEND, FAINT, MARGIN) if answered else []]


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
