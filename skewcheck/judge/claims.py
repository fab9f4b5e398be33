"""A token's time claims in themselves, whatever the time is: units, lifetimes, and what verifiers differ on."""

import math

from skewcheck.judge.case import Facts
from skewcheck.judge.checkers import Stamp
from skewcheck.model import ClaimState, Finding, Interval, Status, TimeClaim, Token, TokenKind

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
