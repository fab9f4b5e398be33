"""What the answer rests on, for `-v`: charts, each server and host, this host, a token's shares and sums, premises.

For `-vv` every packet and every reply, too, as they are checked by hand.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from skewcheck.judge.catalogue import BUFFER_LINES, PARTIES, REASONS, REFUSED_FOR
from skewcheck.model import (
    ApiPart,
    Basis,
    BufferLine,
    ClaimState,
    DateExchange,
    DateReading,
    Difference,
    Ended,
    Exchange,
    Hardware,
    Harm,
    HostFacts,
    Interval,
    KernelClock,
    Level,
    NoReading,
    NtpPart,
    Party,
    Place,
    Reading,
    Recommended,
    Report,
    Risk,
    Security,
    ServerStatus,
    Stale,
    StampedBy,
    Status,
    Thresholds,
    TokenPart,
    Unknown,
    VerifierVerdict,
    Vote,
    Zone,
)
from skewcheck.quantity import at_least_text, at_most_text, duration_text, local_text, one_in, signed_text, utc_text
from skewcheck.render.chart import LABEL, LIAR, Bar, Picture, picture
from skewcheck.render.page import GUTTER, MARGIN, PLAIN, STRONG, Line, Page, Row, columns
from skewcheck.render.tables import api_name, daemons, in_calendar, nodes


def blocks(page: Page, report: Report, *, packets: bool) -> list[list[Line]]:
    """Return all that a report has to show for itself; *packets*: every packet and reply as well."""
    shown: list[list[Line]] = []
    if report.ntp is not None:
        shown += [_servers_drawn(page, report, report.ntp), _server_facts(page, report.ntp)]
    if report.api is not None:
        shown += [_hosts_drawn(page, report, report.api), *_host_facts(page, report.api)]
    if report.host is not None:
        shown.append([line for said in host_sentences(report.host) for line in page.wrapped(said, PLAIN, MARGIN)])
    if report.token is not None:
        shown += _token(page, report, report.token)
    shown.append(_premises(page, report))
    if packets and report.ntp is not None:
        shown += _packets(page, report.ntp)
    if packets and report.api is not None:
        shown += _replies(page, report.api)
    return shown


_PREMISES = {
    "majority-honest": "most of these servers are honest",
    "path-not-hostile": "nobody rewrites NTP on the way",
    "certificates-honest": "the certificate authorities that this host trusts are honest",
    "lag-bounded": "no Date is older than said here",
}


def _premises(page: Page, report: Report) -> list[Line]:
    """Return what the ranges rest on, and whether the status is proven by them."""
    if not report.assumes:
        return []
    premises = " and ".join(_PREMISES.get(premise, premise) for premise in report.assumes)
    return page.wrapped(
        f"{'Proven' if report.proven else 'Not proven; these ranges hold'} if {premises}.", PLAIN, MARGIN
    )


# --- The chart ---

_WRONG = "WRONG"
_NARROWEST_PICTURE, _WIDEST_PICTURE = 16, 64
"""Cells. Below, a picture shows nothing; above, the eye loses the row."""
_SHORTEST_NAME = 14
"""Cells that a name may take on the smallest page; on others it is 3 of 10."""


class _Drawn(NamedTuple):
    """One clock: its name, its range in words, and what there is to draw."""

    name: str
    said: str
    bar: Bar


class _Scale(NamedTuple):
    """What the clocks are drawn against."""

    zero: str
    """What this host's clock equals where its skew is 0."""
    core: Interval | None
    """What is to be seen best; None: no range is better than another."""
    agreed: Interval | None
    """What all of them come to, doubled on the ruler; None: nothing."""
    name: str
    said: str
    """Beside the ruler."""
    thresholds: Thresholds | None
    status: Status


def _servers_drawn(page: Page, report: Report, part: NtpPart) -> list[Line]:
    consensus = part.survey.consensus
    drawn = [
        _Drawn(
            vote.outcome.server,
            signed_text(*vote.outcome.interval),
            Bar(vote.outcome.skew_s, vote.outcome.interval, wrong=vote.status is ServerStatus.FALSETICKER),
        )
        for vote in consensus.votes
        if isinstance(vote.outcome, Reading)
    ]
    agreed = consensus.interval
    said = "" if agreed is None else signed_text(*agreed)
    name = {
        Basis.MAJORITY: f"{consensus.agreeing} of {consensus.answered} agree",
        Basis.MINORITY: "unconfirmed",
        Basis.SINGLE: "one server",
        Basis.NONE: "no majority",
    }[consensus.basis]
    return _chart(page, drawn, _Scale("UTC", agreed, agreed, name, said, report.thresholds, part.judgement.status))


def _hosts_drawn(page: Page, report: Report, part: ApiPart) -> list[Line]:
    named = [(api_name(h.role, h.host), h.outcome) for h in part.survey.hosts if isinstance(h.outcome, DateReading)]
    if not named:
        return []
    old = all(math.isinf(reading.fresh.low_s) for _, reading in named)
    said = "however old it is" if old else "if each Date is fresh"
    drawn = [_Drawn(name, signed_text(*reading.range), _bar(reading)) for name, reading in named]
    core = named[0][1].fresh
    return _chart(page, drawn, _Scale("equal", core, None, "", said, report.thresholds, part.judgement.status))


def _bar(reading: DateReading) -> Bar:
    """Return what to draw of one host: dotted what only the age of its `Date` leaves open; one side has no middle."""
    estimate_s = None if reading.mix is not None or reading.stale is not None else reading.skew_s
    return Bar(estimate_s, reading.fresh, None if reading.interval == reading.fresh else reading.interval)


def _chart(page: Page, drawn: Sequence[_Drawn], scale: _Scale) -> list[Line]:
    """Return the ranges on one axis; nothing where there is no room for it, for the table has them all."""
    names = [page.cells(page.say(name)) for name in (scale.name, *(clock.name for clock in drawn))]
    name_width = min(max(names), max(page.width * 3 // 10, _SHORTEST_NAME))
    said = [page.say(clock.said) + (f"  {_WRONG}" if clock.bar.wrong else "") for clock in drawn]
    room = page.width - MARGIN - name_width - 2 * GUTTER - max(map(page.cells, [*said, page.say(scale.said)]))
    if not drawn or room < _NARROWEST_PICTURE:
        return []
    cells = min(room, _WIDEST_PICTURE)
    shown = picture([clock.bar for clock in drawn], scale.core, scale.thresholds, cells, page.glyphs, scale.zero)
    lines: list[Line] = []
    for clock in drawn:
        mark = page.glyphs.liar if clock.bar.wrong else ""
        name = " " * (MARGIN - len(mark)) + page.fitted(clock.name, name_width) + " " * GUTTER
        wrong = [("  ", PLAIN), (_WRONG, LIAR)] if clock.bar.wrong else []
        lines.append([(mark, LIAR), (name, PLAIN), *shown.row(clock.bar), (" " * GUTTER + clock.said, PLAIN), *wrong])
    ruler = " " * MARGIN + page.fitted(scale.name, name_width) + " " * GUTTER
    lines.append([(ruler, STRONG), *shown.ruler(scale.agreed), (" " * GUTTER + scale.said, STRONG)])
    return [*lines, _labels(page, scale, shown, MARGIN + name_width + GUTTER)]


def _labels(page: Page, scale: _Scale, drawn: Picture, indent: int) -> Line:
    """Return what stands below the picture: places on the axis, and beside it the next threshold that is off it."""
    labels = drawn.labels()
    line = " " * indent + labels
    if scale.thresholds is not None:
        limits = {"warning": scale.thresholds.warning_s, "critical": scale.thresholds.critical_s}
        if scale.status in (Status.OK, Status.CRITICAL):
            limits.pop("critical" if scale.status is Status.OK else "warning")
        missing = next((f"{name} from {duration_text(limits[name])}" for name in limits if name not in labels), "")
        beside = line.ljust(indent + drawn.axis.cells + GUTTER) + page.say(missing)
        line = beside if page.cells(beside) <= page.width else line
    return [(line, LABEL)]


# --- NTP servers ---


def _server_facts(page: Page, part: NtpPart) -> list[Line]:
    """Return where each server was asked, what became of it, and what it says of itself."""
    lines: list[Line] = []
    for vote in part.survey.consensus.votes:
        lines += page.flowed([f"{_where(vote)}: {_became(vote)}", *_claimed(vote)], MARGIN)
    return lines


def _where(vote: Vote) -> str:
    outcome = vote.outcome
    return outcome.server if outcome.address in (None, "", outcome.server) else f"{outcome.server} at {outcome.address}"


def _became(vote: Vote) -> str:
    said = vote.status.value
    if isinstance(vote.outcome, NoReading):
        return f"{said}, {vote.outcome.reason}"
    return said if vote.off_by_s is None else f"{said}, off by at least {at_least_text(vote.off_by_s)}"


def _claimed(vote: Vote) -> list[str]:
    outcome = vote.outcome
    if isinstance(outcome, NoReading) or not outcome.exchanges:
        return []
    last = outcome.exchanges[-1]
    return [
        f"root distance {duration_text(last.root_distance_s)}",
        f"reference {last.reference_id}",
        *([f"same source as {vote.same_source_as}"] if vote.same_source_as is not None else []),
        *([f"{len(outcome.exchanges)} samples"] if len(outcome.exchanges) > 1 else []),
    ]


_LEAP = {0: "none", 1: "a second more", 2: "a second less", 3: "not synchronised"}
_PACKET_LEGEND = (
    "T1 request sent, T2 received, T3 reply sent, T4 received. The server's clock minus the local one lies between "
    "T3 - T4 and T2 - T1, give or take half of the root delay, the root dispersion and the precision."
)


def _packets(page: Page, part: NtpPart) -> list[list[Line]]:
    """Return what the packets of each server said: a block for each that was believed, one for all others."""
    shown: list[list[Line]] = []
    silent: list[Line] = []
    for vote in part.survey.consensus.votes:
        lines = page.wrapped(f"{_where(vote)}: {_became(vote)}", STRONG, MARGIN)
        for facts in _exchanges(vote):
            lines += page.flowed(facts, 2 * MARGIN)
        if isinstance(vote.outcome, NoReading):
            silent += lines
        else:
            shown.append(lines)
    return [*shown, silent, page.wrapped(_PACKET_LEGEND, PLAIN, MARGIN) if shown else []]


def _exchanges(vote: Vote) -> Iterator[list[str]]:
    """Yield groups of short facts about one server; each group starts on a new line."""
    outcome = vote.outcome
    for exchange in outcome.exchanges if isinstance(outcome, Reading) else ():
        yield ["local ", f"T1 {_moment(exchange.t1_s)}", f"T4 {_moment(exchange.t4_s)}"]
        yield ["server", f"T2 {_moment(exchange.t2_s)}", f"T3 {_moment(exchange.t3_s)}"]
        yield _claims(exchange)
    if outcome.dropped:
        yield ["dropped:", *(f"{count} × {reason}" for reason, count in outcome.dropped)]


def _claims(exchange: Exchange) -> list[str]:
    """Tell what was seen of the way, and what the server says of itself and of its own doubt."""
    age_s = exchange.reference_age_s
    return [
        f"round trip {_milliseconds(exchange.delay_s)}",
        f"root delay {_milliseconds(exchange.root_delay_s)}",
        f"root dispersion {_milliseconds(exchange.root_dispersion_s)}",
        f"precision {exchange.precision_s * 1e6:.3g} µs",
        f"stratum {exchange.stratum}",
        f"reference {exchange.reference_id}",
        "never said when it was set" if age_s is None else f"set {duration_text(age_s)} before",
        f"leap {exchange.leap} ({_LEAP.get(exchange.leap, 'unknown')})",
        f"poll {exchange.poll}",
        f"version {exchange.version}",
    ]


def _milliseconds(seconds: float) -> str:
    """Return *seconds* as the packet has them, to the microsecond."""
    return f"{seconds * 1e3:.3f} ms"


def _moment(at_s: float) -> str:
    """Return a time of day to the nearest microsecond: a float of Unix seconds holds it to a quarter of one."""
    return utc_text(at_s + 0.5e-6, decimals=6)


def _second(at_s: float) -> str:
    """Return a time of day in whole seconds."""
    return utc_text(at_s).partition(".")[0] + "Z"


# --- Hosts of an API ---

_WHOSE = {
    StampedBy.EDGE: "the edge's; one behind it, if there is one, was not measured",
    StampedBy.ORIGIN: "the API server's own: no proxy wrote it",
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
_REPLY_LEGEND = (
    "A Date counts whole seconds and may be old, but is never from the future. So each reply proves that the local "
    "clock is ahead by at most received - Date, and, as old as this server lets its Date become, by at least "
    "sent - Date - 1 s - that age."
)


def _host_facts(page: Page, part: ApiPart) -> list[list[Line]]:
    """Return what is known of each host, and of the one that issues tokens against the one that checks them."""
    shown = []
    for host in part.survey.hosts:
        if isinstance(host.outcome, DateReading):
            name = page.wrapped(api_name(host.role, host.host), STRONG, MARGIN)
            shown.append([*name, *page.labelled(list(_facts(host.outcome)), 2 * MARGIN)])
    if part.issuer_ahead is not None:
        shown.append(page.wrapped(_difference(part.issuer_ahead), PLAIN, MARGIN))
    return shown


def _facts(reading: DateReading) -> Iterator[tuple[str, str]]:
    served = reading.served
    yield "requests", _requests(reading)
    yield "clock", _WHOSE[reading.stamped_by]
    yield "age of Date", _age(reading)
    headers = {"Server": served.server, "Via": served.via, "X-Cache": served.x_cache, "Location": served.location}
    shown = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    if served.age_s is not None:
        shown.append(f"Age: {served.age_s:g}")
    yield "headers", ";  ".join(shown) if shown else "no Server and no Via"
    on_the_way = ", through a proxy of the environment" if reading.proxied else ""
    yield "connection", f"{_SECURITY[reading.security]}{on_the_way}"
    if reading.nodes is not None:
        yield "nodes", nodes(reading.nodes)
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
        said = f"at most {at_most_text(lag.max_s)}: {lag.because}"
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
    old = "" if difference.interval == difference.fresh else f", else {signed_text(*difference.interval)}"
    said = f"login minus api: {signed_text(low_s, high_s)} if both are fresh{old}"
    if low_s > 0:
        return f"{said}: to the API a fresh token looks issued in the future by so much."
    if high_s < 0:
        return f"{said}: a token dies so much before its time."
    return f"{said}; neither is shown to be ahead."


def _replies(page: Page, part: ApiPart) -> list[list[Line]]:
    """Return every reply of each host, and how to check the range by hand."""
    shown: list[list[Line]] = []
    answered = False
    for host in part.survey.hosts:
        outcome = host.outcome
        where = "" if outcome.address in (None, host.host) else f" at {outcome.address}"
        if isinstance(outcome, NoReading):
            shown.append(page.wrapped(f"{host.host}{where}: {outcome.reason}", STRONG, MARGIN))
            continue
        answered = True
        lines = page.wrapped(f"{outcome.method} {outcome.url}{where}", STRONG, MARGIN)
        for reply in outcome.exchanges:
            lines += page.flowed([f"sent {_moment(reply.sent_s)}", f"received {_moment(reply.received_s)}"], 2 * MARGIN)
            lines += page.flowed(_reply(reply), 2 * MARGIN)
        if outcome.certificate is not None:
            first, last = map(_second, outcome.certificate)
            lines += page.wrapped(f"certificate valid from {first} to {last}", PLAIN, 2 * MARGIN)
        shown.append(lines)
    return [*shown, page.wrapped(_REPLY_LEGEND, PLAIN, MARGIN) if answered else []]


def _reply(reply: DateExchange) -> list[str]:
    return [
        f"Date {_second(reply.date_s)}",
        f"round trip {_milliseconds(reply.delay_s)}",
        f"status {reply.status}",
        f"connection {reply.connection}",
    ]


# --- This host ---

_CONTAINERS = {"container": "a container", "kubernetes": "a Kubernetes pod", "ecs": "an ECS task"}
_CLOUDS = {"aws": "AWS", "gce": "Google Cloud", "azure": "Azure"}


def host_sentences(host: HostFacts) -> list[str]:
    """Return what this host says of its clock, a line each, and what could not be read."""
    said = [*daemons(host, running=False), _kernel(host.kernel)]
    where = _place(host.place)
    said.append(f"in {where}, {_zone(host.zone)}" if where else _zone(host.zone))
    if host.configured:
        said.append(f"set up to ask {', '.join(f'{server.host} ({server.origin})' for server in host.configured)}")
    return [*said, *_hardware(host.hardware)]


def _kernel(kernel: KernelClock | Unknown) -> str:
    if isinstance(kernel, Unknown):
        return f"the kernel's own bound is unknown: {kernel.why}"
    if kernel.corrected_within_s is None:
        return "the kernel's own bound is at its end: no daemon keeps this clock, as far as the kernel knows"
    return f"the kernel's own bound: {at_most_text(kernel.max_error_s)}"


def _place(place: Place) -> str:
    parts = []
    if place.container is not None:
        parts.append(_CONTAINERS.get(place.container, f"a {place.container} container"))
    if place.docker_desktop:
        parts.append("Docker Desktop's virtual machine")
    if place.wsl is not None:
        parts.append(f"WSL {place.wsl}")
    if place.cloud is not None:
        parts.append(_CLOUDS.get(place.cloud, place.cloud))
    elif place.virtual is not None and not place.docker_desktop and place.wsl is None:
        parts.append(f"a {place.virtual} virtual machine")
    return " on ".join(parts)


def _zone(zone: Zone) -> str:
    sign = "-" if zone.utc_offset_s < 0 else "+"
    hours, minutes = divmod(abs(zone.utc_offset_s) // 60, 60)
    return f"time zone {zone.name or 'not set'} (UTC{sign}{hours:02d}:{minutes:02d})"


def _hardware(hardware: Hardware) -> list[str]:
    said = []
    if hardware.clocksource is not None:
        unsteady = ", which drifts or is slow to read" if hardware.unsteady_clocksource else ""
        said.append(f"clock source {hardware.clocksource}{unsteady}")
    if hardware.slept_s:
        said.append(f"this host slept {duration_text(hardware.slept_s)} since its start")
    if hardware.ptp:
        said.append(f"clock devices: {', '.join(hardware.ptp)}")
    return said


# --- A token: shares, the sum of its buffer, and its verifiers ---

_MEASURED_BY = {"ntp": "NTP", "api": "API"}
_BY_THIS_CLOCK = (Party.REFRESH_BY_EXP, Party.LOCAL_VERIFY, Party.LOCAL_SIGN)
_SHARES = "Shares: of all requests; of first uses, where the token works a moment later."
_RARE = 1e-6
_WAITS_S = ((1.0, 0.01), (60.0, 0.1), (math.inf, 1.0))
"""Below so long, a wait is rounded up to so much: nobody waits 1.23 ms."""
_NOISE = 1e-9


def _token(page: Page, report: Report, part: TokenPart) -> list[list[Line]]:
    odd = [oddity.summary for oddity in part.token.oddities]
    return [
        page.labelled(_local_times(part)),
        [line for said in odd for line in page.wrapped(said, PLAIN, MARGIN)],
        _risks(page, report, part),
        _buffer(page, part, part.recommended) if part.recommended is not None else [],
        page.labelled([(v.name, _of_verifier(v)) for v in part.verifiers]),
    ]


def _of_verifier(verdict: VerifierVerdict) -> str:
    """Return all that it refuses the token for, what its figures don't say, and how it is set."""
    reasons = [REASONS.get(verdict.why, verdict.why), *(REFUSED_FOR[id_] for id_ in verdict.also)]
    said = f"{', '.join(reasons)}{f' ({verdict.note})' if verdict.note else ''}"
    return f"{said}; leeway {verdict.leeway_s:g} s: {verdict.option}" if verdict.option else said


def _local_times(part: TokenPart) -> list[tuple[str, str]]:
    """Return the token's times by this host's time zone, where that isn't UTC."""
    times = [(moment.name, local_text(moment.at_s)) for moment in part.moments if in_calendar(moment.at_s)]
    return [(name, f"{said} by this host's time zone") for name, said in times if not said.endswith("+00:00")]


def _risks(page: Page, report: Report, part: TokenPart) -> list[Line]:
    """Return what each party refuses, a row each, and whose measurement that rests on where there are several."""
    by_party: dict[Party, dict[Harm, Risk]] = {}
    for risk in part.risks:
        by_party.setdefault(risk.party, {})[risk.harm] = risk
    if not by_party:
        return []
    gateway = next(iter(by_party.get(Party.GATEWAY, {}).values()), None)
    if gateway is not None and gateway.skew is None:
        del by_party[Party.GATEWAY]  # what is missing is said below
    first = {party: next(iter(by_party[party].values())) for party in _BY_THIS_CLOCK if party in by_party}
    by = {party: _MEASURED_BY.get(risk.reference or "", risk.reference) for party, risk in first.items()}
    several = len(set(by.values())) > 1
    head = ("REFUSED FOR", *(harm.value.replace("-", " ").upper() for harm in Harm))
    rows = [
        Row(
            PARTIES[party.value],
            tuple(_share(found[harm]) if harm in found else "" for harm in Harm),
            f"by {by[party]}" if several and by.get(party) else "",
        )
        for party, found in by_party.items()
    ]
    said = _of_shares(part, [risk for risk in part.risks if risk.party in by_party])
    said += [] if gateway is None else [_gateway(gateway, report)]
    return [*columns(page, head, rows), *(line for text in said for line in page.wrapped(text, PLAIN))]


def _of_shares(part: TokenPart, risks: Sequence[Risk]) -> list[str]:
    said = [_SHARES] if any(risk.share_high for risk in risks) else []
    if any(risk.share_low is None and risk.skew is None for risk in risks):
        said.append("Not known: that takes a measured clock.")
    if any(risk.share_low is None and risk.skew is not None for risk in risks):
        told = "; --expires-in tells it" if part.token.exp.state is ClaimState.ABSENT else ""
        said.append(f"Not known: that takes the lifetime{told}.")
    return said


def _share(risk: Risk) -> str:
    """Return how many are refused: `none`, `about 1 in 7`, `1 in 10 to 1 in 5`, `up to 1 in 4`."""
    if risk.level is Level.NONE:
        return "none"
    low, high = risk.share_low, risk.share_high
    if low is None or high is None:
        return "not known"
    if 0 < high < _RARE:
        return "under 1 in a million"
    if low <= 0 < high:
        return "none to all" if high >= 1 else f"up to {one_in(high)}"
    share = " to ".join(dict.fromkeys(one_in(end) for end in (low, high)))
    return f"perhaps {share}" if risk.level is Level.POSSIBLE and low > 0 else share


def _gateway(risk: Risk, report: Report) -> str:
    """Return what lies behind the row of the API itself, or why there is none."""
    if risk.skew is None:
        asked = report.api is not None and report.api.survey.region is not None
        how = "its own two clocks were not both measured" if asked else "--region measures its own two clocks"
        return f"The API itself: not known; {how}."
    return f"The API itself: only its own two clocks count there; login minus api: {signed_text(*risk.skew)}."


def _buffer(page: Page, part: TokenPart, advice: Recommended) -> list[Line]:
    """Return the sum of the buffer as one adds on paper, the leeway, and how long to wait."""
    buffer = "no buffer helps: it would be more than half of the life"
    if advice.buffer_s is not None:
        before = "exp" if part.token.exp.value_s is not None else "the end of expires_in, counted from the request"
        buffer = f"refresh {advice.buffer_s:,} s before {before}"
    rows = [("buffer", buffer)]
    after = []
    if advice.leeway_s is not None:
        after.append(("leeway", f"{advice.leeway_s:,} s for a validator on this host"))
    if advice.settle_s is not None:
        after.append(("settle", _settle(advice.settle_s)))
    return [*page.labelled(rows), *_sum(page, part, advice), *page.labelled(after)]


def _settle(settle_s: float) -> str:
    if math.isinf(settle_s):
        return "no wait makes sure that a new token isn't taken for issued in the future"
    if settle_s == 0:
        return "a new token can be used at once"
    step_s = next(step_s for below_s, step_s in _WAITS_S if settle_s < below_s)
    return f"wait {at_most_text(math.ceil(settle_s / step_s - _NOISE) * step_s)} before the first use of a new token"


def _sum(page: Page, part: TokenPart, advice: Recommended) -> list[Line]:
    total, most = ("needed", "most clients") if all(map(_measured, advice.because)) else ("needed at least", "most")
    if advice.buffer_s is not None and advice.buffer_s >= advice.needed_s + 1:
        total += f"; {most} take 60 s, or a fifth of a short life"
    rows = [(_amount(line.seconds) if _measured(line) else "?  ", _explained(line, part)) for line in advice.because]
    rows.append((_amount(advice.needed_s), total))
    indent, width = len("buffer") + MARGIN + GUTTER, max(len(amount) for amount, _ in rows)
    column = indent + width + GUTTER
    return [line for amount, what in rows for line in page.beside(amount.rjust(width), what, column, indent)]


def _measured(line: BufferLine) -> bool:
    return not line.what.endswith("-not-measured")


def _amount(seconds: float) -> str:
    return "no bound" if math.isinf(seconds) else f"{seconds:,.3f} s"


def _explained(line: BufferLine, part: TokenPart) -> str:
    if line.what == "drift":
        return f"drift: {part.drift_ppm:g} ppm over its life"
    if line.what == "latency":
        how = "up to the round trip" if part.latency_measured else "assumed, not measured"
        return f"latency: {'as given (--latency)' if part.latency_given else how}"
    return BUFFER_LINES.get(line.what, line.what)
