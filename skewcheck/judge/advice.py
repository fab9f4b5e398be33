"""What to set: how long before the expiry to refresh, how long a token rests, which leeway, how to date what is signed.

A buffer is what is needed, not a habit: the sum of all that makes a client come too late. Half of the lifetime is the
most that it may be, for a client that spends more of its time refreshing than using tokens has another illness.

What this host signs is dated by its clock as it is, so that whoever checks it by his takes it. With s this clock's skew
from the checker's (positive: ahead) and L the latency, both ranges, what is stamped here at `now` arrives when the
checker's clock shows `now - s + L`. The worst pairing of their ends counts, and no credit is taken for a clock that is
off in the harmless direction.
"""

import enum
import math

from skewcheck.judge.risk import Inputs, ahead_of_checker, roundings
from skewcheck.judge.verifiers import ANYBODY, Stamp, Verifier, signers, verifier
from skewcheck.model import BufferLine, Interval, Party, Recommended, Request, Signing, Token, TokenKind

HABIT_S = 60.0
"""What most clients take (golang oauth2 takes 10 s; Spring, authlib, oidc-client and Genesys' Go SDK 60 s)."""
HABIT_SHARE = 0.2
"""Of a short life: a fifth, as kubelet has it."""
WHOLE_SECOND_S = 1.0
"""A claim that is cut to whole seconds makes a token die up to so much earlier than its answer says."""
_NOISE_S = 1e-9
"""A sum of decimals that is a whole number but for the last bit must not cost another second."""

# The lines of the sum: ids of `judge.catalogue.BUFFER_LINES`.
CLOCK_BEHIND = "clock-behind"
CLOCK_NOT_MEASURED = "clock-not-measured"
DATE_AGE = "date-age"
DATE_AGE_NOT_MEASURED = "date-age-not-measured"
DRIFT = "drift"
LATENCY = "latency"
LEEWAY = "leeway"
EXP_FRACTION = "exp-fraction"
ANSWER_WAY = "answer-way"
WHOLE_SECONDS = "whole-seconds"
ISSUER_BEHIND = "issuer-behind"
ISSUER_NOT_MEASURED = "issuer-not-measured"
_NOT_MEASURED = (CLOCK_NOT_MEASURED, DATE_AGE_NOT_MEASURED, ISSUER_NOT_MEASURED)


class Deadline(enum.Enum):
    """What the client takes for the expiry."""

    EXP = "exp"
    """The token's own exp, by the local clock."""
    FROM_ANSWER = "from-answer"
    """expires_in, counted from the answer's arrival, on the monotonic clock."""
    FROM_REQUEST = "from-request"
    """The same, counted from sending the token request."""


def recommend(inputs: Inputs, deadline: Deadline = Deadline.EXP) -> Recommended | None:
    """Return the buffer with its sum, the settling time and the leeway.

    None where no buffer can be told: the lifetime isn't known, or the token never expires.
    """
    life_s = inputs.lifetime_s
    if life_s is None or not math.isfinite(life_s):
        return None
    because = _credited(_costs(inputs, deadline, life_s), inputs.checker_there.expiry_leeway)
    needed_s = max(0.0, sum(line.seconds for line in because))
    return Recommended(_buffer_s(inputs, life_s, needed_s), needed_s, leeway_s(inputs), settle_s(inputs), because)


def largest(recommended: Recommended) -> BufferLine | None:
    """Return what costs the most: what to cure where no buffer helps. None where nothing costs anything."""
    costs = [line for line in recommended.because if line.seconds > 0]
    return max(costs, key=lambda line: line.seconds, default=None)


def leeway_s(inputs: Inputs) -> int | None:
    """Return the leeway that a verifier on this host needs; None where the skew isn't known or has no bound.

    None for an opaque token, too: nobody verifies that here.
    """
    skew, _ = inputs.against(Party.LOCAL_VERIFY)
    if inputs.opaque or skew is None or not (math.isfinite(skew.low_s) and math.isfinite(skew.high_s)):
        return None
    early_s = -skew.low_s - inputs.latency.low_s + _widest(inputs, Party.LOCAL_VERIFY)
    return _whole_up(max(0.0, skew.high_s, early_s))


def settle_s(inputs: Inputs) -> float | None:
    """Return how long a new token must rest until neither this host nor the service thinks it issued in the future.

    None where neither clock was measured; inf where one has no bound. An opaque token's time is nothing to this host.
    """
    parties = (Party.GATEWAY,) if inputs.opaque else (Party.LOCAL_VERIFY, Party.GATEWAY)
    waits = [_wait_s(inputs, party) for party in parties]
    return max((wait_s for wait_s in waits if wait_s is not None), default=None)


def _wait_s(inputs: Inputs, party: Party) -> float | None:
    ahead = ahead_of_checker(inputs, party)
    return None if ahead is None else max(0.0, ahead.high_s + _widest(inputs, party))


def _widest(inputs: Inputs, party: Party) -> float:
    return max(span_s or 0.0 for span_s in roundings(inputs, party))


def _costs(inputs: Inputs, deadline: Deadline, life_s: float) -> list[BufferLine]:
    """Return the lines of the sum but the leeway; those that weren't measured are there, with 0."""
    drift = BufferLine(DRIFT, inputs.drift_ppm * 1e-6 * _drifts_for_s(inputs, life_s))
    latency = BufferLine(LATENCY, inputs.latency.high_s)
    if deadline is Deadline.EXP:
        lines = [*_clock_lines(inputs), drift, latency, BufferLine(EXP_FRACTION, inputs.exp_fraction_s)]
    else:
        way_s = 0.0 if deadline is Deadline.FROM_REQUEST else inputs.latency.high_s
        counted = [BufferLine(ANSWER_WAY, way_s), BufferLine(WHOLE_SECONDS, WHOLE_SECOND_S)]
        lines = [drift, latency, *counted, _issuer_line(inputs)]
    return [line for line in lines if line.seconds != 0 or line.what in _NOT_MEASURED]


def _drifts_for_s(inputs: Inputs, life_s: float) -> float:
    """Return how long a token is accepted: a leeway, and an issuer that is ahead, leave more time to drift in."""
    ahead_s = 0.0 if inputs.issuer_ahead is None else inputs.issuer_ahead.high_s
    ahead_s = ahead_s if math.isfinite(ahead_s) else 0.0  # of no bound nothing follows
    return max(0.0, life_s) + max(0.0, inputs.checker_there.expiry_leeway) + max(0.0, ahead_s)


def _clock_lines(inputs: Inputs) -> list[BufferLine]:
    """Return what this host is behind by the `Date` as if that were fresh, and what it adds that it may be old."""
    skew, reference = inputs.against(Party.REFRESH_BY_EXP)
    if skew is None:
        return [BufferLine(CLOCK_NOT_MEASURED, 0.0)]
    behind = BufferLine(CLOCK_BEHIND, max(0.0, -skew.low_s))
    if reference != "api" or math.isinf(skew.low_s):
        return [behind]
    if math.isinf(inputs.date_age_s):
        return [behind, BufferLine(DATE_AGE_NOT_MEASURED, 0.0)]
    return [behind, BufferLine(DATE_AGE, max(0.0, inputs.date_age_s - skew.low_s) - behind.seconds)]


def _issuer_line(inputs: Inputs) -> BufferLine:
    ahead = inputs.issuer_ahead
    return BufferLine(ISSUER_NOT_MEASURED, 0.0) if ahead is None else BufferLine(ISSUER_BEHIND, max(0.0, -ahead.low_s))


def _credited(costs: list[BufferLine], leeway: float) -> tuple[BufferLine, ...]:
    """Return the lines with the leeway as the last, of which no more counts than the others cost."""
    credit_s = min(leeway, sum(line.seconds for line in costs))
    return tuple(costs) if credit_s == 0 else (*costs, BufferLine(LEEWAY, -credit_s))


def _buffer_s(inputs: Inputs, life_s: float, needed_s: float) -> int | None:
    """Return whole seconds: what is needed, and as much of the habit as an ahead clock leaves room for."""
    half_s = math.floor(life_s / 2)
    if needed_s - _NOISE_S > half_s:
        return None
    skew, _ = inputs.against(Party.LOCAL_VERIFY)  # login, which stamps exp: ahead of it one refreshes early by itself
    ahead_s = 0.0 if skew is None else max(0.0, skew.high_s)
    room_s = math.floor(max(0.0, half_s - ahead_s))
    habit_s = _whole_up(min(HABIT_S, HABIT_SHARE * life_s))
    return max(_whole_up(needed_s), min(habit_s, room_s))


def _whole_up(seconds: float) -> int:
    return max(0, math.ceil(seconds - _NOISE_S))


# --- How to date what this host signs ---


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


def datings(rows: list[Verifier], inputs: Inputs, token: Token, at_s: float) -> tuple[Signing, ...]:
    """Return how to date it for each of *rows* that checks a JWT which this host signs."""
    if token.kind is not TokenKind.JWT:
        return ()
    names = (ANYBODY.name, *signers())
    return tuple(dating(row, inputs, token, own_time(inputs, row, at_s)) for row in rows if row.name in names)


def dating(row: Verifier, inputs: Inputs, token: Token, now: Interval | None) -> Signing:
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
