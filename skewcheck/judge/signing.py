"""How to date what this host signs: by its clock as it is, so that whoever checks it by his takes it.

With s this clock's skew from the checker's (positive: ahead) and L the latency, both ranges, what is stamped here at
`now` arrives when the checker's clock shows `now - s + L`. The worst pairing of their ends counts, and no credit is
taken for a clock that is off in the harmless direction.
"""

import math

from skewcheck.judge.risk import Inputs
from skewcheck.judge.verifiers import ANYBODY, Stamp, Verifier, signers, verifier
from skewcheck.model import Interval, Party, Request, Signing, Token, TokenKind


def signed_for(request: Request) -> Verifier | None:
    """Return whom *request* says that it signs for, with the longest life as it says; None where it says neither."""
    if request.signed_for is None and request.max_life_s is None:
        return None
    row = ANYBODY if request.signed_for is None else verifier(request.signed_for)
    if request.max_life_s is None:
        return row
    capped = row.checker._replace(life_cap_s=request.max_life_s, span_cap_s=None)
    return row._replace(checker=capped)


def with_signer(request: Request, rows: list[Verifier]) -> list[Verifier]:
    """Return *rows* with whom *request* says that it signs for in the first place: that is whose place counts."""
    signer = signed_for(request)
    return rows if signer is None else [signer, *(row for row in rows if row.name != signer.name)]


def own_time(inputs: Inputs, row: Verifier, at_s: float) -> Interval | None:
    """Return the time of day by the clock that a verifier goes by; this host's own is known to the last digit."""
    if row.party is Party.LOCAL_VERIFY:
        return Interval(at_s, at_s)
    skew, _ = inputs._replace(sign_for=row.clock).against(Party.LOCAL_SIGN)
    return None if skew is None else Interval(at_s - skew.high_s, at_s - skew.low_s)


def signed_by(inputs: Inputs, row: Verifier, token: Token, at_s: float) -> Inputs:
    """Return the same with how long before it was signed the token's iat lies: as the documents want it.

    No more than its age: one that isn't dated back was signed at its iat at the latest.
    """
    if row.party is not Party.LOCAL_SIGN:
        return inputs
    now, iat_s = own_time(inputs, row, at_s), token.iat.value_s
    aged_s = 0.0 if now is None or iat_s is None or not math.isfinite(now.low_s) else now.low_s - iat_s
    return inputs._replace(backdated_s=max(0.0, min(float(row.backdate_s), aged_s)))


def advices(rows: list[Verifier], inputs: Inputs, token: Token, at_s: float) -> tuple[Signing, ...]:
    """Return how to date it for each of *rows* that checks a JWT which this host signs."""
    if token.kind is not TokenKind.JWT:
        return ()
    names = (ANYBODY.name, *signers())
    return tuple(advice(row, inputs, token, own_time(inputs, row, at_s)) for row in rows if row.name in names)


def advice(row: Verifier, inputs: Inputs, token: Token, now: Interval | None) -> Signing:
    """Return how to date what is signed for *row*, by what *inputs* know of the clocks and the way.

    *now* is the time of day by the checker's clock; None: not known.
    """
    checker, latency = row.checker, inputs.latency
    caps = ((checker.life_cap_s, "now"), (checker.span_cap_s, "iat"), (checker.max_age_s, "age"))
    known = [(cap_s, since) for cap_s, since in caps if cap_s is not None]
    cap_s, since = min(known, default=(None, "now"))
    skew, _ = inputs._replace(sign_for=row.clock).against(Party.LOCAL_SIGN)
    if skew is None or now is None or not all(map(math.isfinite, skew)):
        return Signing(row.name, row.title, row.source, cap_s, since, None, row.backdate_s, None, None)
    back_s = 0
    if checker.checks_iat is not False:
        back_s = math.ceil(max(0.0, skew.high_s - latency.low_s - checker.future_leeway(Stamp.CUT)))
    dated_s = max(back_s, row.backdate_s)
    lost_s = {
        "now": max(0.0, skew.high_s - latency.low_s - checker.leeway_s),
        "iat": dated_s,
        "age": dated_s + max(0.0, -skew.low_s) + latency.high_s,
    }
    most_s = min((math.floor(each_s - lost_s[since]) for each_s, since in known), default=None)
    least_s = math.floor(max(0.0, latency.high_s - skew.low_s - checker.expiry_leeway)) + 1
    room_s = None
    if checker.life_cap_s is not None and token.exp.value_s is not None:
        room_s = checker.life_cap_s + checker.leeway_s - (token.exp.value_s - now.low_s)
    return Signing(row.name, row.title, row.source, cap_s, since, back_s, row.backdate_s, least_s, most_s, room_s)
