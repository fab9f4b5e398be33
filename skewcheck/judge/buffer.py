"""How long before the expiry to refresh, line by line; how long to wait before the first use; which leeway to set.

A buffer is what is needed, not a habit: the sum of all that makes a client come too late. Half of the lifetime is the
most that it may be, for a client that spends more of its time refreshing than using tokens has another illness.
"""

import enum
import math

from skewcheck.judge.risk import Inputs, ahead_of_checker, roundings
from skewcheck.model import BufferLine, Party, Recommended

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
DRIFT = "drift"
LATENCY = "latency"
LEEWAY = "leeway"
EXP_FRACTION = "exp-fraction"
ANSWER_WAY = "answer-way"
WHOLE_SECONDS = "whole-seconds"
ISSUER_BEHIND = "issuer-behind"
ISSUER_NOT_MEASURED = "issuer-not-measured"
_NOT_MEASURED = (CLOCK_NOT_MEASURED, ISSUER_NOT_MEASURED)


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
        lines = [_clock_line(inputs), drift, latency, BufferLine(EXP_FRACTION, inputs.exp_fraction_s)]
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


def _clock_line(inputs: Inputs) -> BufferLine:
    skew, _ = inputs.against(Party.REFRESH_BY_EXP)
    return BufferLine(CLOCK_NOT_MEASURED, 0.0) if skew is None else BufferLine(CLOCK_BEHIND, max(0.0, -skew.low_s))


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
