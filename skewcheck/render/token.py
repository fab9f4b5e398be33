"""A token on the page: what was found, its times against two clocks, who refuses it, and the buffer with its sum."""

import math
from collections.abc import Sequence

from skewcheck.model import (
    ApiPart,
    Basis,
    BufferLine,
    ClaimState,
    DateReading,
    Harm,
    Interval,
    Level,
    NtpPart,
    Party,
    Recommended,
    Report,
    Risk,
    Role,
    TimeClaim,
    Token,
    TokenKind,
    TokenPart,
    VerifierVerdict,
)
from skewcheck.quantity import (
    at_least_text,
    at_most_text,
    bound_text,
    duration_text,
    local_text,
    range_text,
    share_text,
    sizes_text,
    utc_text,
)
from skewcheck.render.grid import grid, labelled
from skewcheck.render.page import GUTTER, MARGIN, PLAIN, STRONG, Line, Page

_KINDS = {
    TokenKind.JWT: "a JWT of {length:,} characters",
    TokenKind.JWE: "an encrypted token (JWE) of {length:,} characters",
    TokenKind.OPAQUE: "an opaque token of {length:,} characters",
    TokenKind.RESPONSE: "an opaque token of {length:,} characters",
    TokenKind.TRUNCATED: "{length:,} characters of one that was cut",
}
_PARTIES = {
    Party.REFRESH_BY_EXP: "refresh by exp",
    Party.REFRESH_BY_EXPIRES_IN: "refresh by expires_in",
    Party.LOCAL_VERIFY: "verify on this host",
    Party.LOCAL_SIGN: "sign on this host",
    Party.GATEWAY: "gateway of the API",
}
_MEASURED_BY = {"ntp": "NTP", "api": "API", "login": "login"}
"""For each reference the row that says how far this clock is from it."""
_BY_THIS_CLOCK = (Party.REFRESH_BY_EXP, Party.LOCAL_VERIFY, Party.LOCAL_SIGN)
_NAMES = {"expires_in": "expires"}
_SHARES = "Shares: of all requests; of first uses, where the token works a moment later."
_RARE = 1e-6
_UNMEASURED = ": not measured"
"""Ends the words of a line of the sum that has no figure."""
_WAITS_S = ((1.0, 0.01), (60.0, 0.1), (math.inf, 1.0))
"""Below so long, a wait is rounded up to so much: nobody waits 1.23 ms."""
_ODD = {
    "milliseconds": "it looks like milliseconds",
    "microseconds": "it looks like microseconds",
    "nanoseconds": "it looks like nanoseconds",
    "string": "a text, not a number",
    "boolean": "true or false, not a number",
    "fraction": "it has a fraction",
    "negative": "before 1970",
    "not-a-number": "not a number",
    "not-a-time": "not a time",
    "duplicate": "it stands there more than once, and the last counts",
}
"""What is said of a claim beside its value; what it does to verifiers is for the findings to say."""
_NOISE = 1e-9
_FIRST_YEAR_S, _LAST_YEAR_S = -62135596800, 253402300799
"""The years 1 to 9999."""


def blocks(page: Page, report: Report, part: TokenPart, *, thorough: bool, pictured: bool) -> list[list[Line]]:
    """Return what there is to say of the token; *thorough*: of each risk in words as well.

    *pictured*: what was measured of the clocks has its own pictures.
    """
    times = _times(page, part)
    return [
        labelled(page, _found(part.token, {finding.summary for finding in report.findings}, timed=bool(times))),
        times,
        _measured(page, report, part, pictured=pictured),
        _risks(page, report, part, thorough=thorough) if part.token.kind is not TokenKind.TRUNCATED else [],
        _buffer(page, part, part.recommended) if part.recommended is not None else [],
        _verifiers(page, part.verifiers),
    ]


# --- What was found ---


def _found(token: Token, told: set[str], *, timed: bool) -> list[tuple[str, str]]:
    """Return what it is and where it stood, and what is odd about all of it where a finding doesn't say so.

    *timed*: its times are told, and its life with them.
    """
    where = "" if token.found_in == "a bare token" else f", in {token.found_in}"
    beside = f"; {token.others:,} more beside it {'was' if token.others == 1 else 'were'} not read"
    what = f"{_KINDS[token.kind].format(length=token.length)}{where}, SHA-256 {token.fingerprint}…"
    rows = [("token", f"{what}{beside if token.others else ''}")]
    words = (("alg", token.algorithm), ("enc", token.encryption), ("typ", token.type))
    header = [f"{name} {value}" for name, value in words if value is not None]
    if token.key_id is not None:
        header.append(f"kid {token.key_id}…")
    if header:
        rows.append(("header", "  ".join(header)))
    if token.issuer is not None:
        rows.append(("issuer", token.issuer))
    life = _lifetime(token)
    if life and not timed:
        rows.append(("life", life))
    if token.detail:
        rows.append(("note", token.detail))
    odd = (oddity.summary for oddity in token.oddities)
    return [*rows, *(("note", summary) for summary in odd if not any(summary in finding for finding in told))]


# --- Its times ---


def _times(page: Page, part: TokenPart) -> list[Line]:
    """Return each claim as UTC, by the local time zone, and from now by true time and by this clock."""
    dated = [moment for moment in part.moments if _FIRST_YEAR_S <= moment.at_s <= _LAST_YEAR_S]
    as_utc = all(local_text(moment.at_s).endswith("+00:00") for moment in dated)
    known = part.true_time is not None
    head = ["", "UTC, as local time" if as_utc else "UTC", *([] if as_utc else ["local"])]
    head += ["by true time", "by this clock"] if known else ["by this clock, unverified"]
    rows = []
    for moment in dated:
        from_now = [] if not known else ["not known" if moment.true is None else _from_now(moment.true)]
        from_now.append(_from_now(Interval(moment.here_s, moment.here_s)))
        rows.append([_NAMES.get(moment.name, moment.name), *_time_of_day(moment.at_s, as_utc=as_utc), *from_now])
    life = _lifetime(part.token)
    if rows and life:
        rows.append(["life", life, *([""] * (len(head) - 2))])
    claims = (part.token.iat, part.token.nbf, part.token.exp)
    shown = {moment.name for moment in dated}
    odd = [(claim.name, _odd(claim)) for claim in claims if claim.state is not ClaimState.ABSENT]
    said = [
        (name, ": ".join(filter(None, [as_is, "; ".join(why)])))
        for name, (as_is, *why) in odd
        if why or name not in shown
    ]
    names_width = max((page.cells(row[0]) for row in rows), default=0)
    return [*(grid(page, head, rows) if rows else []), *labelled(page, said, names_width)]


def _time_of_day(at_s: float, *, as_utc: bool) -> list[str]:
    """Return a time as UTC and by the local time zone, there without the date where that is the same."""
    day, _, of_day = utc_text(at_s).partition("T")
    local_day, local = local_text(at_s).split(" ", 1)
    utc = f"{day} {of_day[: len('12:00:00')]}Z"
    return [utc] if as_utc else [utc, local if local_day == day else f"{local_day[len('2027-') :]} {local}"]


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


def _odd(claim: TimeClaim) -> list[str]:
    """Return the claim as it stands in the token, and what is odd about it."""
    return [claim.shown or "can't be read", *(_ODD[oddity] for oddity in claim.oddities if oddity in _ODD)]


def _lifetime(token: Token) -> str:
    life_s = token.lifetime_s
    if life_s is None or not math.isfinite(life_s):
        return ""
    return duration_text(life_s) if life_s > 0 else "none"


# --- What was measured, in a line each ---


def _measured(page: Page, report: Report, part: TokenPart, *, pictured: bool) -> list[Line]:
    rows = []
    assumed = next((risk.skew for risk in part.risks if risk.reference == "given" and risk.skew is not None), None)
    if assumed is not None and assumed.width_s > 0:
        rows.append(("clock", f"taken to be {range_text(*assumed)} (--skew)"))
    if pictured:
        return labelled(page, rows)
    if report.ntp is not None:
        rows.append(("NTP", _ntp(report.ntp)))
    if report.api is not None:
        rows += _api(report.api)
    return labelled(page, rows)


def _ntp(part: NtpPart) -> str:
    consensus = part.survey.consensus
    who = {
        Basis.MAJORITY: f"{consensus.agreeing} of {consensus.answered} servers agree",
        Basis.MINORITY: f"unconfirmed, as only {consensus.agreeing} of {consensus.asked} servers asked agree",
        Basis.SINGLE: "by one server's word",
        Basis.NONE: f"{consensus.answered} of {consensus.asked} servers answered, and no majority agrees",
    }[consensus.basis]
    if not consensus.answered:
        who = f"none of {consensus.asked} servers answered"
    if consensus.interval is None:
        return f"not measured: {who}"
    return f"this clock is {_than(consensus.interval, 'UTC')}; {who}"


def _api(part: ApiPart) -> list[tuple[str, str]]:
    rows = []
    for host in part.survey.hosts:
        outcome = host.outcome
        if isinstance(outcome, DateReading):
            said = f"this clock is {_than(outcome.fresh, host.host)}, if its Date is fresh"
        else:
            said = f"{host.host}: {outcome.detail}"
        rows.append(("login" if host.role is Role.LOGIN else "API", said))
    if part.issuer_ahead is not None:
        rows.append(("login - API", f"{range_text(*part.issuer_ahead.fresh)}, if both are fresh"))
    return rows


# --- Who is harmed ---


def _risks(page: Page, report: Report, part: TokenPart, *, thorough: bool) -> list[Line]:
    """Return what each party refuses, a row each, and whose measurement that rests on where there are several."""
    risks = part.risks
    if not risks:
        return []
    by_party: dict[Party, dict[Harm, Risk]] = {}
    for risk in risks:
        by_party.setdefault(risk.party, {})[risk.harm] = risk
    gateway = next(iter(by_party.get(Party.GATEWAY, {}).values()), None)
    if gateway is not None and gateway.skew is None:
        del by_party[Party.GATEWAY]  # what is missing is said below
    by = {party: _measured_by(party, found) for party, found in by_party.items()}
    one = len({by[party] for party in by if party in _BY_THIS_CLOCK}) <= 1
    head = ["refused for", *(harm.value.replace("-", " ") for harm in Harm), *([] if one else ["by"])]
    rows = [
        [
            _PARTIES[party],
            *(_share(found[harm]) if harm in found else "" for harm in Harm),
            *([] if one else [by[party]]),
        ]
        for party, found in by_party.items()
    ]
    certain = {risk.party for risk in risks if risk.level is Level.CERTAIN}
    lines = grid(page, head, rows, [STRONG if party in certain else PLAIN for party in by_party])
    if any(risk.share_high for risk in risks if risk.party in by_party):
        lines += page.wrapped(_SHARES, PLAIN, MARGIN)
    if any(risk.share_low is None and risk.skew is None for risk in risks if risk.party in by_party):
        lines += page.wrapped("Not known: that takes a measured clock.", PLAIN, MARGIN)
    if any(risk.share_low is None and risk.skew is not None for risk in risks):
        told = "; --expires-in tells it" if part.token.exp.state is ClaimState.ABSENT else ""
        lines += page.wrapped(f"Not known: that takes the lifetime{told}.", PLAIN, MARGIN)
    if gateway is not None:
        lines += page.wrapped(_gateway(gateway, report), PLAIN, MARGIN)
    if thorough:
        said = dict.fromkeys(f"{_PARTIES[risk.party]}: {risk.summary[:1].lower()}{risk.summary[1:]}" for risk in risks)
        lines += [[], *(line for summary in said for line in page.wrapped(summary, PLAIN, MARGIN))]
    return lines


def _share(risk: Risk) -> str:
    """Return how many are refused: `none`, `about 1 in 7`, `1 in 10 to 1 in 5`, `up to 1 in 4`."""
    if risk.level is Level.NONE:
        return "none"
    if risk.share_low is None or risk.share_high is None:
        return "not known"
    if 0 < risk.share_high < _RARE:
        return "under 1 in a million"
    share = share_text(risk.share_low, risk.share_high).replace("up to about ", "up to ")
    if share.startswith("between about "):
        share = share.removeprefix("between about ").replace(" and ", " to ")
    if share == "up to all":
        return "none to all"
    maybe = risk.level is Level.POSSIBLE and risk.share_low > 0
    return f"perhaps {share}" if maybe else share


def _measured_by(party: Party, found: dict[Harm, Risk]) -> str:
    """Return the row above that says how far this clock is off for this party; empty where it plays no part."""
    reference = next(iter(found.values())).reference or ""
    return _MEASURED_BY.get(reference, reference) if party in _BY_THIS_CLOCK else ""


def _than(skew: Interval, reference: str) -> str:
    said = range_text(*skew)
    return f"{said} of {reference}" if said.endswith("ahead") else f"{said} {reference}"


def _gateway(risk: Risk, report: Report) -> str:
    """Return what lies behind the row of the gateway, or why there is none."""
    if risk.skew is None:
        asked = report.api is not None and report.api.survey.region is not None
        how = "its own two clocks were not both measured" if asked else "--region measures its own two clocks"
        return f"Gateway of the API: not known; {how}."
    return f"Gateway: only the API's own two clocks count there; its issuer is {_than(risk.skew, 'its checkers')}."


# --- The buffer ---


def _buffer(page: Page, part: TokenPart, advice: Recommended) -> list[Line]:
    """Return when to refresh and its sum as one adds on paper, the leeway, and how long to wait."""
    before = "exp" if part.token.exp.value_s is not None else "expires_in is over"
    refresh = "no buffer helps: it would be over half of the life"
    if advice.buffer_s is not None:
        refresh = f"refresh {advice.buffer_s:,} s before {before}"
    rows = []
    if advice.leeway_s is not None:
        rows.append(("leeway", f"{advice.leeway_s:,} s for a verifier on this host"))
    if advice.settle_s is not None:
        rows.append(("settle", _settle(advice.settle_s)))
    return [*labelled(page, [("buffer", refresh)]), *_sum(page, part, advice), *labelled(page, rows)]


def _settle(settle_s: float) -> str:
    if math.isinf(settle_s):
        return "no wait makes sure that a new token isn't taken for issued in the future"
    if settle_s == 0:
        return "a new token can be used at once"
    step_s = next(step_s for below_s, step_s in _WAITS_S if settle_s < below_s)
    return f"wait {at_most_text(math.ceil(settle_s / step_s - _NOISE) * step_s)} before the first use of a new token"


def _sum(page: Page, part: TokenPart, advice: Recommended) -> list[Line]:
    total, most = ("needed", "most clients") if all(map(_told, advice.because)) else ("needed at least", "most")
    if advice.buffer_s is not None and advice.buffer_s >= advice.needed_s + 1:
        total += f"; {most} take 60 s, or a fifth of a short life"
    rows = [(_amount(line.seconds) if _told(line) else "?  ", _explained(line, part), PLAIN) for line in advice.because]
    rows.append((_amount(advice.needed_s), total, STRONG))
    amounts = [amount for amount, *_ in rows]
    indent, width = len("buffer") + MARGIN + GUTTER, max(map(len, amounts))
    lines: list[Line] = []
    for (_, what, role), amount in zip(rows, amounts, strict=True):
        first, *more = page.wrapped(what, role, indent + width + GUTTER)
        lines += [[(f"{' ' * indent}{amount:>{width}}{' ' * GUTTER}", role), *first[1:]], *more]
    return lines


def _told(line: BufferLine) -> bool:
    return not line.what.endswith(_UNMEASURED)


def _amount(seconds: float) -> str:
    return "no bound" if math.isinf(seconds) else f"{seconds:,.3f} s"


def _explained(line: BufferLine, part: TokenPart) -> str:
    if line.what == "drift":
        return f"drift: {part.drift_ppm:g} ppm over its life"
    if line.what == "latency":
        how = "up to the round trip" if part.latency_measured else "assumed, not measured"
        return f"latency: {'as given (--latency)' if part.latency_given else how}"
    return line.what


# --- Verifiers asked for ---


def _verifiers(page: Page, verdicts: Sequence[VerifierVerdict]) -> list[Line]:
    if not verdicts:
        return []
    head = ["verifier", "leeway", "now", "with right clocks", "why"]
    rows = [
        [
            f"{verdict.name} {verdict.version}" if len(verdict.version) < len("as of") else verdict.name,
            duration_text(verdict.leeway_s) if verdict.leeway_s else "0 s",
            _verdict(verdict.accepts_now),
            _verdict(verdict.accepts_by_true_time),
            f"{verdict.why}{f' ({verdict.note})' if verdict.note else ''}",
        ]
        for verdict in verdicts
    ]
    return grid(page, head, rows)


def _verdict(accepts: bool | None) -> str:  # noqa: FBT001 - its three values are what is asked
    return "can't tell" if accepts is None else "accepts" if accepts else "REFUSES"
