"""What was given, whatever the time is: a token's claims in themselves, and what stands beside it or in its place.

Beside it stand further tokens, when it was written, and what an error message says.
"""

import math
from collections.abc import Callable

from skewcheck.judge.case import Facts, finite
from skewcheck.judge.verifiers import Stamp
from skewcheck.model import ClaimState, Fact, Finding, Interval, Moment, Status, TimeClaim, Token, TokenKind
from skewcheck.model.token import Quoted

JUST_WRITTEN_S = 60.0
"""What was written within a minute is of now."""
COUNTED_S = 1.0
"""What most messages, and what is cut to whole seconds, count in."""
LONGEST_LIFE_S = 10 * 366 * 86400.0
"""Ten years: no issuer means a token to live longer, but one that forgot its unit or meant "for ever"."""
_UNITS = ("microseconds", "milliseconds", "nanoseconds")
"""Oddities of a time that is not counted in seconds."""
_ODD_TIMES = {
    "string": Status.WARNING,
    "boolean": Status.WARNING,
    "negative": Status.WARNING,
    "after-2038": Status.OK,
    "year-past-9999": Status.WARNING,
}
_SIGNED = (TokenKind.SAML, TokenKind.PRESIGNED, TokenKind.SIGNATURE)
"""Their servers have a life of their own for them where they name none."""


# --- Its time claims: units, lifetimes, and what verifiers differ on ---


def in_themselves(token: Token) -> list[Finding]:
    """Tell of times that are odd, missing, or none in seconds."""
    return [*_units(token), *_duration(token), *_no_end(token), *_odd_times(token)]


def counts_otherwise(claim: TimeClaim) -> bool:
    """Tell whether that time counts something else than seconds since 1970."""
    return any(unit in claim.oddities for unit in (*_UNITS, "duration"))


def _units(token: Token) -> list[Finding]:
    """Tell of times that are not counted in seconds: to a verifier they lie thousands of years ahead."""
    found = []
    for unit in _UNITS:
        claims = [claim for claim in token.claims if unit in claim.oddities]
        if claims:
            refused = any(claim.name != "exp" for claim in claims)
            facts = (("unit", unit), *named(claims))
            found.append(Finding("token-unit", Status.CRITICAL if refused else Status.WARNING, facts))
    return found


def _duration(token: Token) -> list[Finding]:
    """Tell of an exp that is a lifetime: to a verifier it ended in the year 1970."""
    exp = token.exp
    if "duration" not in exp.oddities:
        return []
    return [Finding("token-duration", Status.CRITICAL, (("lifetime_s", exp.value_s), ("shown", exp.shown)))]


def _no_end(token: Token) -> list[Finding]:
    ended = any(oddity.id == "inactive" for oddity in token.oddities)
    endless = not ended and (token.has_claims or token.kind in _SIGNED) and token.exp.state is ClaimState.ABSENT
    return [Finding("token-no-exp", Status.OK if token.kind in _SIGNED else Status.WARNING)] if endless else []


def _odd_times(token: Token) -> list[Finding]:
    """Tell of times that verifiers differ on; of one that is no time in seconds, that is told."""
    sound = [claim for claim in token.claims if claim.state is ClaimState.USABLE and not counts_otherwise(claim)]
    found = []
    for oddity, status in _ODD_TIMES.items():
        claims = [claim for claim in sound if oddity in claim.oddities]
        if claims:
            found.append(Finding("token-odd-time", status, (("oddity", oddity), *named(claims))))
    return found


def named(claims: list[TimeClaim]) -> Facts:
    """Return what claims are called, and what they say."""
    names, shown = (", ".join(texts) for texts in zip(*((claim.name, claim.shown) for claim in claims), strict=True))
    return ("claims", names), ("shown", shown)


def life_of(token: Token, at_s: float, skew: Interval | None) -> float | None:
    """Return the lifetime, if it can be one; inf where a JWT names no end; of an end alone, what is left to it."""
    life_s, exp_s = token.lifetime_s, token.exp.value_s
    if token.expires_in_s is None and token.has_claims and token.exp.state is ClaimState.ABSENT:
        return math.inf
    if any(counts_otherwise(claim) for claim in (token.claims if life_s is not None else (token.exp,))):
        return None
    if life_s is None and exp_s is not None:
        life_s = exp_s - at_s + (skew.middle_s if skew is not None and math.isfinite(skew.middle_s) else 0.0)
    return life_s if life_s is not None and 0 < life_s <= LONGEST_LIFE_S else None


def stamp_of(token: Token) -> Stamp | None:
    """Return how its iat is written; None: there is none."""
    if token.iat.state is ClaimState.USABLE:
        return Stamp.FRACTION if "fraction" in token.iat.oddities else Stamp.CUT
    return None if token.has_claims else Stamp.CUT


def nbf_after_iat_s(token: Token) -> float | None:
    """Return how long after its iat it is valid, 0 where there is an nbf alone; None: there is no nbf."""
    if token.nbf.value_s is None or counts_otherwise(token.nbf) or counts_otherwise(token.iat):
        return None
    return 0.0 if token.iat.value_s is None else token.nbf.value_s - token.iat.value_s


# --- What stands beside it ---


def others(token: Token, span: Callable[[float], Interval | None], left_s: float | None) -> list[Finding]:
    """Tell of each further token what its times say; one that is not valid yet or a dead refresh token is bad news.

    *span*: how far from now a time is, in Unix seconds; None: it can't be told. *left_s*: how long the token that is
    read is valid at least; None where it isn't, or that can't be told.
    """
    found = []
    for number, other in enumerate(token.listed, start=1):
        if number == token.picked:
            continue
        end = None if other.exp_s is None else span(other.exp_s)
        begins_s = [at_s for at_s in (other.iat_s, other.nbf_s) if at_s is not None]
        begin = span(max(begins_s)) if begins_s else None
        state = _state(begin, end)
        dead = state == "expired" and other.named == "refresh_token"
        facts: Facts = (
            ("number", number),
            ("named", other.named or None),
            ("state", state),
            ("left_low_s", None if end is None else finite(end.low_s)),
            ("left_high_s", None if end is None else finite(end.high_s)),
            ("early_s", finite(begin.low_s) if begin is not None and state == "early" else None),
            ("relogin", True if dead else None),
            ("read", (token.listed[token.picked - 1].named or "token read") if dead else None),
            ("read_left_s", left_s if dead else None),
        )
        found.append(Finding("token-other", Status.WARNING if dead or state == "early" else Status.OK, facts))
    return found


def _state(begin: Interval | None, end: Interval | None) -> str:
    """Return what a token is whose times are so far from now, where all of both ranges says so."""
    if end is not None and end.high_s <= 0:
        return "expired"
    if begin is not None and begin.low_s > 0:
        return "early"
    return "valid" if end is not None and end.low_s > 0 and (begin is None or begin.high_s <= 0) else "untold"


def obtained_later(token: Token, at_s: float) -> list[Finding]:
    """Tell of a token that was obtained after *at_s*, which is now by this clock."""
    obtained_s = token.obtained_at_s
    if obtained_s is None or obtained_s <= at_s:
        return []
    facts = (("ahead_s", obtained_s - at_s), ("obtained_at_s", obtained_s))
    return [Finding("token-obtained-later", Status.UNKNOWN, facts)]


def obtained_early(token: Token) -> list[Finding]:
    """Tell of a token that was there before it was issued: this clock, or its issuer's, was off then."""
    obtained_s, issued_s = token.obtained_at_s, token.iat.value_s
    if obtained_s is None or issued_s is None or counts_otherwise(token.iat):
        return []
    apart_s = issued_s - obtained_s
    counted_s = COUNTED_S if obtained_s.is_integer() else 0.0
    if not counted_s < apart_s <= LONGEST_LIFE_S:
        return []
    facts = (("apart_s", apart_s), ("counted_s", counted_s or None), ("obtained_at_s", obtained_s))
    return [Finding("token-obtained-early", Status.WARNING, facts)]


def later(*begins: Moment | None) -> Moment | None:
    """Return the begin that decides."""
    return max((begin for begin in begins if begin is not None), key=lambda begin: begin.at_s, default=None)


def valid_for_s(span: Callable[[Moment], Interval | None], begin: Moment | None, end: Moment | None) -> float | None:
    """Return how long a token is valid at least; None where it isn't, or that can't be told."""
    begun, left = (None if moment is None else span(moment) for moment in (begin, end))
    if left is None or left.low_s <= 0 or (begin is not None and (begun is None or begun.high_s > 0)):
        return None
    return finite(left.low_s)


def stamped(by: str, *, ours: bool) -> dict[str, Fact]:
    """Return whose clock, or whose word, puts a begin ahead: --at's, this host's that signs, or the issuer's."""
    as_of = by == "at"
    who = by if by in {"at", "local"} else "here" if ours else "issuer"
    ours = ours and not as_of
    unchecked = by == "local" and not ours
    theirs = not (as_of or ours or unchecked)
    flags = {"as_of": as_of, "ours": ours, "theirs": theirs, "unchecked": unchecked}
    return {"stamped": who, **{name: is_so or None for name, is_so in flags.items()}}


def surroundings(
    token: Token, now_s: float, as_of_s: float | None, begin: Moment | None, end: Moment | None
) -> list[Finding]:
    """Tell of a time that stands beside the token, of the one that --at names, and of what was not looked at.

    *now_s*: by this host's clock.
    """
    size = f"{token.skipped >> 20} MiB" if token.skipped >= 1 << 20 else f"{token.skipped:,} bytes"
    found = [Finding("paste-skipped", Status.OK, (("size", size),))] if token.skipped else []
    written_s = token.written_at_s
    if token.deadline_name is not None and token.deadline_s is None and end is None:
        found.append(Finding("deadline-unread", Status.UNKNOWN, (("name", token.deadline_name),)))
    if as_of_s is not None:
        today = None if end is None else "expired" if end.at_s <= now_s else "valid"
        today = "not yet valid" if begin is not None and begin.at_s > now_s and today != "expired" else today
        return [*found, Finding("token-as-of", Status.OK, (("as_of_at_s", as_of_s), ("today", today)))]
    if token.kind is TokenKind.MESSAGE or written_s is None or now_s - written_s < JUST_WRITTEN_S:
        return found
    untold = "no-times" if token.opaque else "untold"
    state = untold if end is None else "expired" if end.at_s <= written_s else "valid"
    state = "early" if begin is not None and begin.at_s > written_s else state
    facts: Facts = (("then_at_s", written_s), ("state", state), ("since_s", now_s - written_s))
    return [*found, Finding("token-then", Status.OK, facts)]


def message(token: Token) -> list[Finding]:
    """Tell what an error message says of the two clocks, when that was; nothing of it is held against this clock."""
    said = token.message
    every = () if said is None else (said, *said.others)
    return [finding for each in every for finding in _message(token, each)]


def _message(token: Token, said: Quoted) -> list[Finding]:
    if said.kind == "genesys-rate-limit":
        return [Finding(said.kind, Status.WARNING, (("wait_s", said.wait_s),))]
    alone = token.kind is TokenKind.MESSAGE  # beside a token, that one tells more
    if said.kind == "genesys-credentials":
        status = Status.UNKNOWN if alone or token.opaque else Status.OK
        return [Finding(said.kind, status, (("host", token.host),))]
    either = said.day_first
    if said.apart_s is None or said.kind in {"two-readings", "contradictory"}:
        facts: Facts = (
            ("kind", said.kind),
            ("claim", said.claim),
            ("month_first_s", None if either is None or said.apart_s is None else abs(said.apart_s)),
            ("day_first_s", None if either is None or either.apart_s is None else abs(either.apart_s)),
            ("either", None if either is None else True),
        )
        return [Finding("message-no-times", Status.UNKNOWN if alone else Status.OK, facts)]
    apart_s = abs(said.apart_s)
    beyond_s = None if said.allowed_s is None else apart_s - said.allowed_s
    facts = (
        ("checker", said.checker),
        ("claim", said.claim),
        ("apart_s", apart_s),
        ("certificate", True if said.checker == "host" else None),
        ("messages", said.messages if said.messages > 1 else None),
        ("spread_s", said.resolution_s if said.resolution_s >= COUNTED_S else None),
        ("checker_at_s", said.checker_s if either is None else None),
        ("month_first_at_s", None if either is None else said.checker_s),
        ("day_first_at_s", None if either is None else either.checker_s),
        ("leeway_taken_s", said.leeway_taken_s or None),
        ("allowed_s", said.allowed_s or None),
        ("beyond_s", beyond_s if beyond_s is not None and beyond_s > 0 else None),
        ("cure_s", math.ceil(apart_s + said.resolution_s) if said.checker == "verifier" else None),
    )
    late = "message-late" if said.checker == "server" else "message-expired"
    return [
        Finding("message-early" if said.apart_s > 0 or said.kind.endswith("-early") else late, Status.WARNING, facts)
    ]
