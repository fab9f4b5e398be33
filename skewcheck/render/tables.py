"""The one table of each screen: NTP servers, hosts of an API, all references of this host's clock, or a token."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.judge.catalogue import REFUSED_FOR
from skewcheck.model import (
    ApiHost,
    ApiPart,
    Basis,
    ClaimState,
    Daemon,
    DateReading,
    Ended,
    HostFacts,
    Interval,
    Judgement,
    Nodes,
    NoReading,
    NtpPart,
    Reading,
    Report,
    Role,
    Security,
    ServerStatus,
    Signing,
    Stale,
    Status,
    Thresholds,
    Token,
    TokenKind,
    TokenPart,
    Unknown,
    VerifierVerdict,
    Vote,
)
from skewcheck.quantity import at_least_text, at_most_text, bound_text, duration_text, signed_text, sizes_text, utc_text
from skewcheck.render.page import FULL_WIDTH, NO_NUMBER, PLAIN, SHORTEST_NAME, Line, Page, Row, columns

INDENT = 10
"""Of what stands beside the labels of a token, and beside the status word."""
_DEAD = frozenset({"token-expired", "token-expired-unseen"})
"""No buffer and no leeway brings such a token back."""


# --- NTP servers ---


def servers(page: Page, report: Report, part: NtpPart, most: int | None) -> list[Line]:
    """Return what each server said, or why it said nothing; *most*: so many rows."""
    votes = part.survey.consensus.votes
    if not any(isinstance(vote.outcome, Reading) for vote in votes):
        return _unanswered(page, votes, most)
    shown = votes if most is None or len(votes) <= most else _telling(votes, most)
    figures = Figures.of([v for v in votes if v.status is not ServerStatus.FALSETICKER] or votes, report.thresholds)
    rows = [_server(vote, figures) for vote in shown]
    lines = columns(page, ("SERVER", "OFFSET", "ERROR", "RTT", "STRATUM"), rows)
    return [*lines, page.more(len(votes) - len(shown))] if len(shown) < len(votes) else lines


def _telling(votes: Sequence[Vote], most: int) -> list[Vote]:
    """Return the *most* telling votes, in their order: as many as agree, and up to half that don't."""
    agreeing = [vote for vote in votes if vote.status in (ServerStatus.TRUECHIMER, ServerStatus.UNJUDGED)]
    others = [vote for vote in votes if vote not in agreeing]
    of_others = min(len(others), max(most // 2, most - len(agreeing)))
    kept = [*others[:of_others], *agreeing[: most - of_others]]
    return [vote for vote in votes if vote in kept][:most]


def _unanswered(page: Page, votes: Sequence[Vote], most: int | None) -> list[Line]:
    """Return why nobody answered, one line for each reason."""
    if len(votes) < 2:
        return []  # that is line 1 already
    by_reason: dict[str, list[str]] = {}
    for vote in votes:
        if isinstance(vote.outcome, NoReading):
            by_reason.setdefault(vote.outcome.detail, []).append(vote.outcome.server)
    lines = []
    for detail, names in by_reason.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        room = page.width - page.cells(page.say(f"{more}: {detail}"))
        name = page.fitted(names[0], room).rstrip() if room >= SHORTEST_NAME else names[0]
        lines += page.wrapped(f"{name}{more}: {detail}", PLAIN)
    return lines if most is None or len(lines) <= most else [*lines[: most - 1], page.more(len(lines) - most + 1)]


class Figures(NamedTuple):
    """How the offsets of one table are written: one unit, and as many decimals as its best server is worth."""

    unit: str
    scale_s: float
    decimals: int
    rtt_decimals: int
    widest_s: float
    """What a range may be wide to have an estimate."""

    @classmethod
    def of(cls, votes: Sequence[Vote], thresholds: Thresholds | None) -> "Figures":
        """Choose them for *votes*."""
        readings = [vote.outcome for vote in votes if isinstance(vote.outcome, Reading)]
        unit, scale_s = ("ms", 1e-3) if all(abs(r.skew_s) < _IN_SECONDS_S for r in readings) else ("s", 1.0)
        best_s = min((r.interval.width_s / 2 for r in readings), default=0.0) / scale_s
        decimals = min(3, max(0, math.ceil(-math.log10(best_s / 2) - _NOISE))) if best_s > 0 else 2
        slowest_s = max((r.delay_s for r in readings), default=0.0)
        rtt_decimals = 0 if slowest_s >= 0.01 else 1 if slowest_s >= 0.001 else 2
        return cls(unit, scale_s, decimals, rtt_decimals, math.inf if thresholds is None else thresholds.warning_s)

    def offset(self, skew_s: float) -> str:
        """Return an offset with its sign; one that is far from all others in whole seconds."""
        if self.unit == "ms" and abs(skew_s) >= _FAR_OFF_S:
            return f"{skew_s:+.0f} s"
        shown = f"{skew_s / self.scale_s:+.{self.decimals}f}"
        return f"{shown if shown.strip('+-0.') else shown[1:]} {self.unit}"

    def error(self, reading: Reading) -> str:
        """Return how far the truth may be from the offset that is shown, rounded up."""
        quantum_s = self.scale_s / 10**self.decimals
        shown_s = round(reading.skew_s / quantum_s) * quantum_s
        reach_s = max(reading.interval.high_s - shown_s, shown_s - reading.interval.low_s)
        return f"±{math.ceil(reach_s / quantum_s - 1e-6) * quantum_s / self.scale_s:.{self.decimals}f} {self.unit}"


_NOISE = 1e-9
_IN_SECONDS_S = 10.0
_FAR_OFF_S = 100.0


def _server(vote: Vote, figures: Figures) -> Row:
    outcome = vote.outcome
    if isinstance(outcome, NoReading):
        return Row(outcome.server, (), f"refused: {outcome.detail}" if outcome.rejected else outcome.detail)
    wide = outcome.interval.width_s > figures.widest_s
    rejected = vote.status is ServerStatus.FALSETICKER
    numbers = (
        signed_text(*outcome.interval) if wide else figures.offset(outcome.skew_s),
        NO_NUMBER if wide else figures.error(outcome),
        f"{outcome.delay_s * 1e3:.{figures.rtt_decimals}f} ms",
        str(outcome.exchanges[-1].stratum) if outcome.exchanges else NO_NUMBER,
    )
    distance_s = outcome.exchanges[-1].root_distance_s if outcome.exchanges else 0.0
    doubt = f"root distance {duration_text(distance_s)}" if distance_s >= figures.widest_s else ""
    return Row(outcome.server, numbers, "rejected (falseticker)" if rejected else doubt, rejected)


# --- Hosts of an API ---


def api_name(role: Role, host: str) -> str:
    """Return a host's name, and what it is to a token where the name doesn't say."""
    return host if role is Role.URL or host.startswith(f"{role.value}.") else f"{host} ({role.value})"


def hosts(page: Page, report: Report, part: ApiPart) -> list[Line]:
    """Return what the `Date` of each host proves, and the one that issues tokens against the one that takes them."""
    rows = []
    for host in part.survey.hosts:
        name, outcome = api_name(host.role, host.host), host.outcome
        if isinstance(outcome, NoReading):
            rows.append(Row(name, (), outcome.detail))
            continue
        rtt = f"{outcome.min_rtt_s * 1e3:.{0 if outcome.min_rtt_s >= 0.01 else 1}f} ms"
        requests = outcome.requests + (0 if outcome.nodes is None else outcome.nodes.asked)
        note = _nodes_note(report, host) or _date_note(outcome)
        rows.append(Row(name, (signed_text(*outcome.range), rtt, str(requests)), note))
    if part.issuer_ahead is not None:
        low_s, high_s = part.issuer_ahead.fresh
        note = "login is ahead" if low_s > 0 else "login is behind" if high_s < 0 else "no difference detected"
        rows.append(Row("login minus api", (signed_text(low_s, high_s), "", ""), note))
    if not any(row.numbers for row in rows) and len({row.note for row in rows}) == 1 and len(rows) > 1:
        return page.wrapped(f"{rows[0].name} and {len(rows) - 1} more: {rows[0].note}", PLAIN)
    return columns(page, ("HOST", "OFFSET", "RTT", "REQUESTS"), rows)


def _nodes_note(report: Report, host: ApiHost) -> str:
    """Return how many connections to that *host* reached a clock that is off; empty where none was seen to."""
    for finding in report.findings:
        if finding.id == "api-nodes-differ" and finding.fact("host") == host.host:
            differ = "are off" if finding.fact("by") == "utc" else "differ"
            return f"{finding.fact('reached')} of {finding.fact('connections')} {differ}"
    return ""


def nodes(found: Nodes) -> str:
    """Return how many clocks the replies need, what each of them shares, and by which address they came."""
    what = "replies" if found.per_reply else "connections"
    said = [f"{len(found.replies) + found.silent} {what}, {found.asked} of them beside the search"]
    if found.silent:
        said.append(f"{found.silent} gave no Date")
    if len(found.clocks) > 1:
        ranges = (f"{clock.replies} at {signed_text(*clock.interval)}" for clock in found.clocks)
        said.append(f"{len(found.clocks)} clocks explain them: {', '.join(ranges)}")
    addresses = dict.fromkeys(reply.address for reply in found.replies if reply.address is not None)
    if len(addresses) > 1:
        said += [_by_address(found, address) for address in addresses]
    if found.stopped:
        said.append("then it asked for patience")
    return "; ".join([*said, "a server that keeps a client on its node, by address or cookie, shows no other"])


def _by_address(nodes: Nodes, address: str) -> str:
    clocks = [reply.clock for reply in nodes.replies if reply.address == address]
    others = len(clocks) - clocks.count(0)
    return f"{address}: {len(clocks)}" + (f", {others} of another clock" if others else "")


def _date_note(reading: DateReading) -> str:
    if reading.stale is not None:
        age_s = reading.served.age_s
        cached = "from a cache" if age_s is None else f"from a cache, Age {age_s:g}"
        return {Stale.CACHED: cached, Stale.FROZEN: "stands still"}[reading.stale]
    if reading.mix is not None:
        return f"replies {at_least_text(reading.spread_s)} apart"
    if reading.ended is Ended.TOLD_TO_STOP:
        status = reading.served.status  # another one than where it asked so on a connection beside
        return f"asked for patience ({status})" if status in (429, 503) else "asked for patience"
    return {Security.PLAIN: "plain http", Security.DATES_IGNORED: "TLS dates ignored"}.get(reading.security, "")


# --- All references of this host's clock ---


def references(page: Page, report: Report, ntp: NtpPart, api: ApiPart) -> list[Line]:
    """Return one range for each clock that this host's was compared with."""
    rows = [_utc(ntp)]
    for host in api.survey.hosts:
        name, outcome = api_name(host.role, host.host), host.outcome
        if isinstance(outcome, NoReading):
            rows.append(Row(name, (), outcome.detail))
            continue
        note = _nodes_note(report, host) or _api_note(report, ntp, api, host, outcome) or _date_note(outcome)
        rows.append(Row(name, (signed_text(*outcome.range),), note))
    return columns(page, ("REFERENCE", "OFFSET"), rows)


def _asked_web(part: NtpPart) -> bool:
    return any(vote.outcome.server.startswith("https://") for vote in part.survey.consensus.votes)


def _utc(part: NtpPart) -> Row:
    consensus = part.survey.consensus
    name = "UTC, by HTTPS" if part.survey.by_web else "UTC" if _asked_web(part) else "UTC, by NTP"
    if consensus.interval is None:
        details = [vote.outcome.detail for vote in consensus.votes if isinstance(vote.outcome, NoReading)]
        if consensus.answered:
            return Row(name, (), f"not measured: {consensus.answered} servers contradict each other")
        return Row(name, (), f"not measured: {max(details, key=details.count, default='nobody answered')}")
    unreached = consensus.asked - consensus.answered
    more = f"; {unreached} not reached" if unreached and consensus.basis is not Basis.MINORITY else ""
    state = _state(part.judgement, consensus.interval)
    return Row(name, (signed_text(*consensus.interval),), f"{state} ({_voices(part, 'server', '')}{more})")


def _voices(part: NtpPart, server: str, agree: str) -> str:
    """Return how many vouch for UTC, by what a server is called here."""
    consensus = part.survey.consensus
    if consensus.basis is Basis.SINGLE:
        return f"unconfirmed: one {server}"
    if consensus.dependent:
        sources = "1 source" if consensus.sources == 1 else f"{consensus.sources} sources"
        return f"unconfirmed: {consensus.agreeing} {server}s, {sources}"
    if consensus.basis is Basis.MINORITY:
        return f"unconfirmed: {consensus.agreeing} of {consensus.asked} {server}s asked"
    return f"{consensus.agreeing} of {consensus.answered} {server}s{agree}"


def _state(judged: Judgement, skew: Interval) -> str:
    if judged.status is Status.UNKNOWN or (judged.status is not Status.OK and skew.holds_zero):
        return "not settled"
    way = "off" if skew.holds_zero else "AHEAD" if skew.low_s > 0 else "BEHIND"
    if judged.least is not Status.OK:
        return way
    return "ok" if judged.most is Status.OK else f"ok or {way}"


def _api_note(report: Report, ntp: NtpPart, api: ApiPart, host: ApiHost, reading: DateReading) -> str:
    """Return what was found of the clock of that *host*, and else how this host's is from it."""
    first, login = api.survey.first, api.issuer_ahead
    if isinstance(first.outcome, NoReading):
        return ""
    if host.role is Role.LOGIN and login is not None and not login.fresh.low_s <= 0 <= login.fresh.high_s:
        return f"login is {'ahead of' if login.fresh.low_s > 0 else 'behind'} the API"
    shown, utc = reading.range, ntp.survey.consensus.interval
    found = {finding.id: finding for finding in report.findings}
    for way in ("ahead", "behind"):
        of_api = found.get(f"api-{way}")
        if of_api is not None and host is first:
            return f"the API is {way}"
        if of_api is not None and utc is not None and shown.gap_to(utc):
            return f"login is {way}, too"
    state = _state(api.judgement, shown) + ("; plain http" if reading.security is Security.PLAIN else "")
    same = any(ours in found and found[ours].fact("api_host") for ours in ("local-ahead", "local-behind"))
    return f"{state}, by the same error" if same else state


# --- A token ---

_FIRST_YEAR_S, _LAST_YEAR_S = -62135596800, 253402300799
"""The years 1 to 9999."""
_NOTICED_S = 1.0
"""By so much two clocks must differ for a token's times to be shown by both."""
_KINDS = {
    TokenKind.JWE: "encrypted (JWE)",
    TokenKind.JWT: "JWT",
    TokenKind.OPAQUE: "opaque",
    TokenKind.RESPONSE: "opaque",
    TokenKind.TRUNCATED: "cut",
    TokenKind.CLAIMS: "claims",
    TokenKind.SAML: "SAML",
    TokenKind.PRESIGNED: "presigned URL",
    TokenKind.SIGNATURE: "signature",
    TokenKind.MESSAGE: "none: an error message",
}
_TOLD = (TokenKind.CLAIMS, TokenKind.SAML, TokenKind.PRESIGNED, TokenKind.SIGNATURE, TokenKind.MESSAGE)
"""Kinds that say where they stood."""
_CLOCKS = {"ntp": "BY TRUE TIME", "api": "BY THE API'S CLOCK", "skew": "BY THE ASSUMED CLOCK"}
_UNSURE = "BY NTP, UNCONFIRMED"


def token(page: Page, report: Report, part: TokenPart) -> list[Line]:
    """Return the token's times, what it is, and the clock that it is judged by."""
    return [
        *times(page, report, part),
        *(line for said in _kind(part.token) for line in _row(page, *said)),
        *(line for said in _clocks(report, part) for line in _row(page, *said)),
    ]


def _row(page: Page, label: str, said: str) -> list[Line]:
    """Return a labelled line; a long one is cut in its middle where the page has its full width, and else broken."""
    if page.width >= FULL_WIDTH:
        return [[(label.ljust(INDENT), PLAIN), (page.fitted(said, page.width - INDENT).rstrip(), PLAIN)]]
    return page.beside(label, said, INDENT)


def times(page: Page, report: Report, part: TokenPart) -> list[Line]:
    """Return each time that the token names, and how far that is from now; by both clocks where they differ."""
    dated = [moment for moment in part.moments if in_calendar(moment.at_s)]
    iat = next((moment.at_s for moment in dated if moment.name == "iat"), None)
    dated = [moment for moment in dated if moment.name != "nbf" or moment.at_s != iat]
    differ = any(m.true is not None and m.true.gap_to(Interval(m.here_s, m.here_s)) >= _NOTICED_S for m in dated)
    rows = []
    for moment in dated:
        true = _from_now(moment.true) if moment.true is not None else ""
        here = _from_now(Interval(moment.here_s, moment.here_s))
        at = utc_text(moment.at_s).replace("T", " ").partition(".")[0] + ("" if differ else " UTC")
        rows.append(
            ("expires" if moment.name == "expires_in" else moment.name, [at, true or here, *([here] if differ else [])])
        )
    if differ:
        sure = part.judged_by != "ntp" or "majority-honest" in report.assumes
        rows.insert(0, ("", ["UTC", _CLOCKS.get(part.judged_by, "BY TRUE TIME") if sure else _UNSURE, "BY THIS HOST"]))
    widths = [max(len(cells[at]) for _, cells in rows) for at in range(len(rows[0][1]))] if rows else []
    shown = {moment.name for moment in dated} | {"nbf" for moment in part.moments if moment.at_s == iat}
    lines: list[Line] = []
    for label, cells in rows:
        said = "   ".join(cell.ljust(wide) for cell, wide in zip(cells, widths, strict=True)).rstrip()
        lines += _row(page, label, said)
    for claim in part.token.claims:
        if claim.state is not ClaimState.ABSENT and claim.name not in shown:
            lines += _row(page, claim.name, claim.shown or "can't be read")
    return lines


def in_calendar(at_s: float) -> bool:
    """Tell whether a time has a date."""
    return _FIRST_YEAR_S <= at_s <= _LAST_YEAR_S


def _from_now(ahead: Interval) -> str:
    """Return when that is, seen from now: `in 47 min`, `48 s ago`, as exactly as it is known."""
    low_s, high_s = ahead
    if low_s < 0 < high_s:
        return "can't tell" if math.isinf(high_s - low_s) else f"now, ± {bound_text(low_s, high_s)}"
    near_s, far_s = sorted((abs(low_s), abs(high_s)))
    if far_s == 0:
        return "now"
    if math.isinf(far_s):
        size = f"at least {at_least_text(near_s)}"
    elif duration_text(near_s) == duration_text(far_s):
        size = duration_text(near_s)
    else:
        size = sizes_text(near_s, far_s)
    return f"{size} ago" if high_s <= 0 else f"in {size}"


def _kind(token: Token) -> list[tuple[str, str]]:
    """Return what it is: by its header, by its size and fingerprint, and where it stood."""
    kid = None if token.key_id is None else f"kid {token.key_id}…"
    header = [part for part in (_KINDS[token.kind], token.algorithm, token.encryption, kid) if part]
    if token.issuer is not None:
        header.append(f"issuer {token.issuer}")
    size = [f"{token.length} characters", f"SHA-256 {token.fingerprint}…"]
    if token.kind is TokenKind.JWT:
        size.append("signature not verified")
    several = [f"{token.picked} of {token.others + 1} tokens"] if token.others else []
    where = several if token.found_in == "a bare token" or token.kind in _TOLD else [f"in {token.found_in}"]
    where = [", ".join(dict.fromkeys((*several, *where)))] if where else []
    rows = [("token", ", ".join([*header, *size, *where]))]
    if token.kind in (TokenKind.JWT, TokenKind.JWE):
        rows = [("token", ", ".join(header)), ("", ", ".join(size)), *(("", place) for place in where)]
    elif len(rows[0][1]) > FULL_WIDTH - INDENT:
        rows = [("token", ", ".join([*header, *size])), *(("", place) for place in where)]
    cut = any(oddity.id.startswith("signature-") for oddity in token.oddities)  # `token-cut` says it
    if token.detail and not cut and not token.opaque:  # a line below the table says it
        rows.append(("", token.detail))
    life_s = token.expires_in_s
    unplaced = token.obtained_at_s is None and token.deadline_s is None
    if token.kind is TokenKind.RESPONSE and life_s is not None and unplaced:
        hours = f" (about {duration_text(life_s)})" if life_s >= 3600 else ""
        rows.append(("expires", f"{life_s:.0f} s{hours} after it was issued; it doesn't say when"))
    return rows


def _clocks(report: Report, part: TokenPart) -> list[tuple[str, str]]:
    """Return the clocks that were measured, or what the token was judged by instead."""
    rows = []
    if report.ntp is not None:
        row = _utc(report.ntp)
        server = "server" if _asked_web(report.ntp) else "NTP server"
        rows.append(
            (
                "clock",
                f"{row.numbers[0]} from UTC ({_voices(report.ntp, server, ' agree')})" if row.numbers else row.note,
            )
        )
    for host in () if report.api is None else report.api.survey.hosts:
        label = "login" if host.role is Role.LOGIN else "api" if rows else "clock"
        outcome = host.outcome
        if isinstance(outcome, NoReading):
            rows.append((label, f"{outcome.detail} ({host.host})"))
            continue
        note = _date_note(outcome)
        said = f"{signed_text(*outcome.range)} from its Date ({host.host})"
        rows.append((label, f"{said}: {note}" if note else said))
    if not rows and part.true_time is not None:
        if part.judged_by == "at":
            return [("clock", "none: times are as of --at")]
        ends = (part.judged_at_s - part.true_time.high_s, part.judged_at_s - part.true_time.low_s)
        skew = Interval(*(round(end_s, 6) for end_s in ends))  # finer than that, a difference of Unix seconds is noise
        rows.append(("clock", f"{signed_text(*skew)} from UTC: assumed (--skew), not measured"))
    return rows or [("clock", "not checked (--offline): times are by this host's clock")]


def of_the_token(page: Page, report: Report, *, summed_up: bool) -> list[Line]:
    """Return when to refresh, and what the verifiers say that were asked for; within a check its times, too.

    *summed_up*: the evidence has the buffer and the leeway, with how they come to be.
    """
    part = report.token
    if part is None:
        return []
    lines = times(page, report, part) if report.command == "check" else []
    opaque = part.token.opaque
    if opaque and report.command != "check":
        usual = " Normal for Genesys Cloud." if part.token.genesys_form else ""
        lines += page.wrapped(f"An opaque token holds no times: it can't show skew.{usual}", PLAIN)
    advice = part.recommended
    dead = bool(_DEAD & {finding.id for finding in report.findings})
    if advice is not None and advice.buffer_s is not None and not dead and not summed_up:
        when = "exp." if not opaque else "the end of expires_in, counted from sending the request."
        said = f"Refresh {advice.buffer_s} s before {when}"
        if advice.leeway_s is not None and not opaque:
            said += f" Leeway for a validator on this host: {advice.leeway_s} s."
        lines += page.wrapped(said, PLAIN)
    lines += [line for signing in part.signing for line in page.wrapped(signing_text(signing), PLAIN)]
    return [*lines, *_verifiers(page, part.verifiers, None if advice is None else advice.leeway_s)]


def signing_text(signing: Signing) -> str:
    """Return how to date what is signed for whoever checks it, and why, in a sentence or two."""
    cap = "" if signing.cap_s is None else f"it takes {_CAPS[signing.cap_from].format(duration_text(signing.cap_s))}"
    if signing.back_s is None:
        return f"Signing for {signing.name}: " + "; ".join(filter(None, (cap, "this clock isn't known well enough.")))
    if signing.most_s is not None and signing.least_s is not None and signing.most_s < signing.least_s:
        return f"Signing for {signing.name}: no exp fits by this clock: set it right first; {cap}."
    back_s = max(signing.back_s, signing.told_back_s)
    need = f" (as documented; {signing.back_s} s would do)" if signing.back_s < signing.told_back_s else ""
    iat = f"date iat {back_s} s back{need}" if back_s else "iat needs no dating back"
    exp = "" if signing.most_s is None else f", {_ENDS[signing.cap_from]} {signing.most_s} s at most"
    room = ""
    if signing.room_s is not None and signing.room_s >= 0:
        room = f" This one has {duration_text(signing.room_s)} of room."
    return f"Signing for {signing.name}: {iat}{exp}{f'; {cap}' if cap else ''}.{room}"


_CAPS = {"now": "exp {} ahead of its clock", "iat": "{} from iat to exp", "age": "an iat {} old"}
_ENDS = {"now": "exp ahead by", "iat": "exp ahead by", "age": "good for"}


def _verifiers(page: Page, verdicts: Sequence[VerifierVerdict], needs_s: int | None) -> list[Line]:
    """Return a row for each: what it says, what for, or by which option it gets the leeway that this host needs."""
    if not verdicts:
        return []
    rows = [
        Row(
            v.name,
            (f"{v.leeway_s:g} s", _verdict(v.accepts_now), _verdict(v.accepts_by_true_time)),
            _beside_verdict(v, needs_s),
        )
        for v in verdicts
    ]
    return columns(page, ("VERIFIER", "LEEWAY", "NOW", "WITH RIGHT CLOCKS"), rows)


_LEEWAY_CURES = frozenset({"future-issued", "not-yet-valid", "expired"})


def _beside_verdict(verdict: VerifierVerdict, needs_s: int | None) -> str:
    refused = [REFUSED_FOR[id_] for id_ in (verdict.why, *verdict.also) if id_ in REFUSED_FOR]
    if refused and not (verdict.option and verdict.accepts_by_true_time and verdict.why in _LEEWAY_CURES):
        return ", ".join(refused)
    return re.sub(r"\bN\b", f"{max(verdict.leeway_s, needs_s or 0):g}", verdict.option)  # as users' code has it


def _verdict(accepts: bool | None) -> str:  # noqa: FBT001 - its three values are what is asked
    return "can't tell" if accepts is None else "accepts" if accepts else "REFUSES"


# --- The time daemons of this host ---


def daemons(host: HostFacts, *, running: bool = True) -> list[str]:
    """Return what each time daemon claims, in a line; *running*: of those that run, if any does."""
    shown = [daemon for daemon in host.daemons if daemon.running is not False] if running else host.daemons
    if shown or host.daemons:
        return [_daemon(daemon) for daemon in shown or host.daemons[:1]]
    return ["time daemon: none visible from in here" if host.place.container else "time daemon: none found"]


def _daemon(daemon: Daemon) -> str:
    claim = daemon.claim
    if daemon.running is False:
        return f"{daemon.name}: installed, not running"
    if isinstance(claim, Unknown):
        return f"{daemon.name}: {'running' if daemon.running else 'installed'}; {claim.why}"
    said = f"synchronised{'' if claim.source is None else f' to {claim.source}'}"
    if not claim.synchronised:
        said = "running, not synchronised"
    bound = "" if claim.bound_s is None else f", error at most {at_most_text(claim.bound_s)}"
    heard = "" if claim.age_s is None else f", heard {duration_text(claim.age_s)} ago"
    return f"{daemon.name}: {said}{bound}{heard}"
