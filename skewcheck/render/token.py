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
    utc_text,
)
from skewcheck.render.grid import grid, labelled
from skewcheck.render.page import FAINT, GUTTER, MARGIN, PLAIN, STRONG, Line, Page

_KINDS = {
    TokenKind.JWT: "a JWT",
    TokenKind.JWE: "an encrypted token (JWE)",
    TokenKind.OPAQUE: "an opaque token",
    TokenKind.RESPONSE: "an opaque token",
    TokenKind.TRUNCATED: "a part of a token",
}
_PARTIES = {
    Party.REFRESH_BY_EXP: "refresh by exp",
    Party.REFRESH_BY_EXPIRES_IN: "refresh by expires_in",
    Party.LOCAL_VERIFY: "verify on this host",
    Party.LOCAL_SIGN: "sign on this host",
    Party.GATEWAY: "gateway of the API",
}
_REFERENCES = {
    "ntp": "UTC",
    "api": "the API",
    "login": "the login host",
}
_BY_THIS_CLOCK = (Party.REFRESH_BY_EXP, Party.LOCAL_VERIFY, Party.LOCAL_SIGN)
_NAMES = {"expires_in": "expires"}
_SHARES = "Of all requests, and of first uses of a new token (a moment later it works)."
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
_FIRST_YEAR_S, _LAST_YEAR_S = -62135596800, 253402300799
"""The years 1 to 9999."""


def blocks(page: Page, report: Report, part: TokenPart, *, thorough: bool) -> list[list[Line]]:
    """Return what there is to say of the token; *thorough*: of each risk in words as well."""
    return [
        labelled(page, _found(part.token, {finding.summary for finding in report.findings})),
        _times(page, part),
        _measured(page, report) if not thorough else [],
        _risks(page, part, thorough=thorough),
        _buffer(page, part, part.recommended) if part.recommended is not None else [],
        _verifiers(page, part.verifiers),
    ]


# --- What was found ---


def _found(token: Token, told: set[str]) -> list[tuple[str, str]]:
    """Return what it is and where it stood, and what is odd about all of it where a finding doesn't say so."""
    where = "" if token.found_in == "a bare token" else f", in {token.found_in}"
    beside = f"; {token.others:,} more beside it {'was' if token.others == 1 else 'were'} not read"
    rows = [("token", f"{_KINDS[token.kind]} of {token.length:,} characters{where}{beside if token.others else ''}")]
    words = (("alg", token.algorithm), ("enc", token.encryption), ("typ", token.type))
    header = [f"{name} {value}" for name, value in words if value is not None]
    if token.key_id is not None:
        header.append(f"kid {token.key_id}…")
    if header:
        rows.append(("header", "  ".join(header)))
    if token.issuer is not None:
        rows.append(("issuer", token.issuer))
    rows.append(("sha-256", f"{token.fingerprint}…"))
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
    if life and not rows and not said:
        said.append(("life", life))
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
        size = range_text(near_s, far_s).removesuffix(" ahead")
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


def _measured(page: Page, report: Report) -> list[Line]:
    rows = []
    if report.ntp is not None:
        rows.append(("NTP", _ntp(report.ntp)))
    if report.api is not None:
        rows += _api(report.api)
    return labelled(page, rows)


def _ntp(part: NtpPart) -> str:
    consensus = part.survey.consensus
    who = {
        Basis.MAJORITY: f"{consensus.agreeing} of {consensus.asked} servers agree",
        Basis.SINGLE: "by one server's word",
        Basis.NONE: f"{consensus.answered} of {consensus.asked} servers answered, and no majority agrees",
    }[consensus.basis]
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
        rows.append((host.role.value if host.role.value != "url" else "API", said))
    if part.issuer_ahead is not None:
        rows.append(("login - api", f"{range_text(*part.issuer_ahead.fresh)}, if both are fresh"))
    return rows


# --- Who is harmed ---


def _risks(page: Page, part: TokenPart, *, thorough: bool) -> list[Line]:
    """Return what each party refuses, a row each, and the skew that makes it do so."""
    risks = part.risks
    if not risks:
        return []
    by_party: dict[Party, dict[Harm, Risk]] = {}
    for risk in risks:
        by_party.setdefault(risk.party, {})[risk.harm] = risk
    skews = {party: _skew(next(iter(found.values()))) for party, found in by_party.items()}
    one = len({skews[party] for party in skews if party in _BY_THIS_CLOCK}) <= 1
    head = [
        "who compares clocks",
        *(harm.value.replace("-", " ") for harm in Harm),
        *([] if one else ["this clock is"]),
    ]
    rows = [
        [
            _PARTIES[party],
            *(_share(found[harm]) if harm in found else "" for harm in Harm),
            *([] if one else [skews[party] if party in _BY_THIS_CLOCK else "of no account"]),
        ]
        for party, found in by_party.items()
    ]
    said = next((skews[party] for party in skews if party in _BY_THIS_CLOCK), "")
    lines = page.wrapped(f"Refused, with a clock {said}:", PLAIN, MARGIN) if one and said else []
    certain = {risk.party for risk in risks if risk.level is Level.CERTAIN}
    lines += grid(page, head, rows, [STRONG if party in certain else PLAIN for party in by_party])
    if any(risk.level is not Level.NONE for risk in risks):
        lines += page.wrapped(_SHARES, FAINT, MARGIN)
    if any(risk.share_low is None and risk.skew is not None for risk in risks):
        told = "; --expires-in tells it" if part.token.exp.state is ClaimState.ABSENT else ""
        lines += page.wrapped(f"Not known: that takes the lifetime{told}.", FAINT, MARGIN)
    if Party.GATEWAY in by_party:
        lines += page.wrapped(_gateway(next(iter(by_party[Party.GATEWAY].values()))), FAINT, MARGIN)
    if thorough:
        summaries = [page.wrapped(f"{_PARTIES[risk.party]}: {risk.summary}", PLAIN, MARGIN) for risk in risks]
        lines += [[], *(line for summary in summaries for line in summary)]
    return lines


def _share(risk: Risk) -> str:
    """Return how many are refused: `none`, `about 1 in 7`, `1 in 10 to 1 in 5`, `up to 1 in 4`."""
    if risk.level is Level.NONE:
        return "none"
    if risk.share_low is None or risk.share_high is None:
        return "not known"
    share = share_text(risk.share_low, risk.share_high).replace("up to about ", "up to ")
    if share.startswith("between about "):
        share = share.removeprefix("between about ").replace(" and ", " to ")
    if share == "up to all":
        return "none to all"
    maybe = risk.level is Level.POSSIBLE and risk.share_low > 0
    return f"perhaps {share}" if maybe else share


def _skew(risk: Risk) -> str:
    """Return the skew behind a risk: `190 to 210 ms behind UTC`."""
    if risk.skew is None:
        return "that was not measured"
    if risk.reference == "given":
        return f"{range_text(*risk.skew)} (--skew)"
    return _than(risk.skew, _REFERENCES.get(risk.reference or "", risk.reference or "another"))


def _than(skew: Interval, reference: str) -> str:
    said = range_text(*skew)
    return f"{said} of {reference}" if said.endswith("ahead") else f"{said} {reference}"


def _gateway(risk: Risk) -> str:
    """Return what lies behind the row of the gateway."""
    if risk.skew is None:
        return "Gateway: only the API's own two clocks count there; --region measures them."
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
    return f"wait {at_most_text(settle_s)} before the first use of a new token"


def _sum(page: Page, part: TokenPart, advice: Recommended) -> list[Line]:
    total = "needed"
    if advice.buffer_s is not None and advice.buffer_s >= advice.needed_s + 1:
        total += "; most clients take 60 s, or a fifth of a short life"
    rows = [(line.seconds, _explained(line, part), PLAIN) for line in advice.because]
    rows.append((advice.needed_s, total, STRONG))
    amounts = ["no bound" if math.isinf(seconds) else f"{seconds:,.3f} s" for seconds, *_ in rows]
    indent, width = len("buffer") + MARGIN + GUTTER, max(map(len, amounts))
    lines: list[Line] = []
    for (_, what, role), amount in zip(rows, amounts, strict=True):
        first, *more = page.wrapped(what, role, indent + width + GUTTER)
        lines += [[(f"{' ' * indent}{amount:>{width}}{' ' * GUTTER}", role), *first[1:]], *more]
    return lines


def _explained(line: BufferLine, part: TokenPart) -> str:
    if line.what == "drift":
        return f"drift: {part.drift_ppm:g} ppm over its life"
    if line.what == "latency":
        return f"latency: {'from the round trip' if part.latency_measured else 'not measured'}"
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
