"""For programs that hold tokens: read one, tell who refuses it with a clock that is off, and when to refresh it.

All of it is computed: no clock is asked but the monotonic one, nothing is sent, and no token is kept.
"""

import time
from typing import TYPE_CHECKING

from skewcheck.errors import UsageError
from skewcheck.examine import figures
from skewcheck.judge import buffer as sums
from skewcheck.judge import risk
from skewcheck.model import Interval, Recommended, Risk, Token

if TYPE_CHECKING:
    from skewcheck.tokens.find import Found


def find_token(text: str | bytes) -> "Found":
    """Return the token in *text* (a header, a response, a bare token, ...) for a `TokenRequest`; it never shows itself.

    Raises UsageError where there is none.
    """
    from skewcheck.tokens.find import find

    found = find(text)
    if found is None:
        raise UsageError(
            f"there is no token in the {len(text)} characters that were given", "Give the token, or what it came in."
        )
    return found


def read_token(text: str | bytes) -> Token:
    """Return what the token in *text* says of itself, unverified and without anything secret.

    Raises UsageError where there is none.
    """
    from skewcheck.tokens.claims import read

    return read(find_token(text))


def assess(lifetime_s: float | None, skew: Interval | None, latency: Interval = risk.LATENCY) -> tuple[Risk, ...]:
    """Return who refuses a token of that lifetime, and which share, where the local clock is off by *skew*.

    *skew* is local clock - reference, positive is ahead, None not known; *latency* is one way.
    """
    _check(lifetime_s, skew, latency)
    return risk.risks(risk.Inputs(lifetime_s, given=skew, latency=latency))


def buffer(lifetime_s: float, skew: Interval | None = None, latency: Interval = risk.LATENCY) -> Recommended | None:
    """Return how long before the expiry to refresh, and why; None for a token that never expires.

    With a *skew* for a client that goes by exp and the local clock; without one for a client that counts expires_in on
    a monotonic clock from when it sent the token request. Of that one no clock matters.
    """
    _check(lifetime_s, skew, latency)
    deadline = sums.Deadline.FROM_REQUEST if skew is None else sums.Deadline.EXP
    return sums.recommend(risk.Inputs(lifetime_s, given=skew, latency=latency), deadline)


def refresh_due(
    sent_s: float, expires_in_s: float, *, buffer_s: float | None = None, now_s: float | None = None
) -> bool:
    """Tell whether a token is to be refreshed now.

    *sent_s* is when its request was sent, of `time.monotonic`: no step of the wall clock moves that. *buffer_s* is what
    `buffer` recommends, or half of a life that is too short for any. Where a host slept, that clock may have stood
    still: refresh once after a 401, too.

    Raises UsageError for a *sent_s* that is still to come: it is another clock's, such as `time.time`.
    """
    if expires_in_s <= 0:
        return True
    figures.check_lifetime(expires_in_s)
    figures.check_no_less_than_nothing("a buffer", buffer_s)
    if buffer_s is None:
        advice = buffer(expires_in_s)
        buffer_s = expires_in_s / 2 if advice is None or advice.buffer_s is None else advice.buffer_s
    now_s = time.monotonic() if now_s is None else now_s
    if not sent_s <= now_s:
        raise UsageError("a token request can't have been sent later than now", "Give time.monotonic() of its sending.")
    return now_s - sent_s >= expires_in_s - buffer_s


def _check(lifetime_s: float | None, skew: Interval | None, latency: Interval) -> None:
    figures.check_lifetime(lifetime_s)
    figures.check_skew(skew)
    figures.check_latency(latency)
