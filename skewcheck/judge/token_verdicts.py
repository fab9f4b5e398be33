"""What each verifier that was asked for says to the token: by the clock that it goes by, and were that clock right."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from skewcheck.judge.token_case import Case, behind, times_unreadable
from skewcheck.judge.verifiers import Checker, Verifier
from skewcheck.model import ClaimState, Interval, Party, Token, TokenKind, VerifierVerdict


class Answer(NamedTuple):
    """What a verifier says at one moment."""

    accepts: bool | None
    """None: can't tell."""
    why: str


Ask = Callable[[float], Answer]
"""A verifier: its own time of day, Unix seconds -> what it says."""

_NO_TIMES = {
    TokenKind.JWE: "The token is encrypted: its times can't be read from outside.",
    TokenKind.OPAQUE: "No times are in the token: only the server that keeps it can tell.",
    TokenKind.RESPONSE: "No times are in the token: only the server that keeps it can tell.",
    TokenKind.TRUNCATED: "The token is cut: whole, it may be another matter.",
}
_EITHER_OF: Mapping[bool | None, tuple[bool, ...]] = {True: (True,), False: (False,), None: (True, False)}
"""What a rule may be; None: it isn't known."""
_NOT_MEASURED = "The clock that it goes by was not measured."


def verdicts(case: Case, rows: Sequence[Verifier], replays: Mapping[str, Ask]) -> tuple[VerifierVerdict, ...]:
    """Return the verdict of each of *rows*; *replays* are verifiers that can be run, by name."""
    return tuple(_verdict(case, row, replays.get(row.name)) for row in rows)


def _verdict(case: Case, row: Verifier, replay: Ask | None) -> VerifierVerdict:
    token, checker = case.token, _set(case, row)
    ask = replay or (lambda at_s: modelled(token, checker, at_s))
    if token.kind in _NO_TIMES:
        now = truly = Answer(None, _NO_TIMES[token.kind])
    elif times_unreadable(token):
        now = truly = Answer(None, "Its payload can't be read here.") if replay is None else ask(case.judged_at_s)
    else:
        now, truly = _over(_own_time(case, row), ask), _over(case.true_time, ask)
    return VerifierVerdict(
        row.name,
        row.title,
        checker.leeway_s,
        now.accepts,
        truly.accepts,
        now.why,
        row.version,
        row.source,
        row.note,
    )


def _set(case: Case, row: Verifier) -> Checker:
    """Return the row's checker with the leeway that was named for all, if one was."""
    named = case.leeway_s
    return row.checker if named is None else row.checker.with_leeway(named)


def _own_time(case: Case, row: Verifier) -> Interval | None:
    """Return the time of day by the clock that this verifier goes by; this host's own is known to the last digit."""
    if row.party is Party.LOCAL_VERIFY:
        return Interval(case.judged_at_s, case.judged_at_s)
    skew, _ = case.inputs._replace(sign_for=row.clock).against(Party.LOCAL_SIGN)
    return None if skew is None else behind(case.judged_at_s, skew)


def _over(times: Interval | None, ask: Ask) -> Answer:
    """Return what holds at every time of the range: who takes a token at both ends takes it in between."""
    if times is None:
        return Answer(None, _NOT_MEASURED)
    if not all(map(math.isfinite, times)):
        return Answer(None, "Its clock is known to one side only.")
    first, last = ask(times.low_s), ask(times.high_s)
    if first == last:
        return first
    return Answer(None, "That depends on where in the measured range its clock is.")


# --- A verifier by its rules ---


def modelled(token: Token, checker: Checker, at_s: float) -> Answer:
    """Return what *checker* says when its own clock is at *at_s*, by all that it may be where a rule isn't known."""
    unusable = [claim.name for claim in (token.iat, token.nbf, token.exp) if claim.state is ClaimState.UNUSABLE]
    if unusable:
        return Answer(None, f"How it reads such an {unusable[0]} is not known.")
    variants = [
        checker._replace(whole_now=whole_now, whole_claims=whole_claims)
        for whole_now in _EITHER_OF[checker.whole_now]
        for whole_claims in _EITHER_OF[checker.whole_claims]
    ]
    refusals = {_refusal(token, variant, at_s) for variant in variants}
    if len(refusals) > 1:
        return Answer(None, "At this very second that depends on how it rounds, which is not known.")
    (refusal,) = refusals
    if refusal is not None:
        return Answer(accepts=False, why=refusal)
    if token.exp.state is ClaimState.ABSENT:
        return Answer(None, "The token has no exp: whether it takes that is not known.")
    return Answer(accepts=True, why="It takes the token.")


def _refusal(token: Token, checker: Checker, at_s: float) -> str | None:
    """Return why it refuses, None where it doesn't; every rule of it is known here."""
    now_s = math.floor(at_s) if checker.whole_now else at_s
    iat_s, nbf_s, exp_s = (
        math.floor(claim.value_s) if claim.value_s is not None and checker.whole_claims else claim.value_s
        for claim in (token.iat, token.nbf, token.exp)
    )
    end_leeway_s = checker.leeway_s if checker.expiry_leeway_s is None else checker.expiry_leeway_s
    if checker.checks_iat and iat_s is not None and iat_s > now_s + checker.leeway_s:
        return "It refuses it as issued in the future (iat)."
    if checker.checks_nbf and nbf_s is not None and nbf_s > now_s + checker.leeway_s:
        return "It refuses it as not yet valid (nbf)."
    if exp_s is not None and _past(now_s, exp_s + end_leeway_s, accepts_at_end=checker.accepts_at_exp):
        return "It refuses it as expired (exp)."
    if checker.max_age_s is not None and iat_s is not None and now_s > iat_s + checker.max_age_s + end_leeway_s:
        return "It refuses it as too old (iat)."
    if checker.life_cap_s is not None and exp_s is not None and exp_s > now_s + checker.life_cap_s + checker.leeway_s:
        return "It refuses it because its exp is too far ahead."
    return None


def _past(now_s: float, end_s: float, *, accepts_at_end: bool) -> bool:
    return now_s > end_s if accepts_at_end else now_s >= end_s
