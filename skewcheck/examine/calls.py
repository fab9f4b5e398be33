"""For programs: the commands as functions, reading a token, who refuses it, and when to refresh it."""

import time
from typing import TYPE_CHECKING, Any

from skewcheck.errors import UsageError
from skewcheck.examine import examine
from skewcheck.examine.request import check_latency, check_lifetime, check_not_negative, check_skew
from skewcheck.judge import catalogue, risk
from skewcheck.judge.advice import Deadline, recommend
from skewcheck.model import Finding, Interval, Recommended, Report, Request, Risk, Token

if TYPE_CHECKING:
    from skewcheck.tokens.find import Found


def check(**asked: Any) -> Report:
    """Ask NTP, and the API that `region` or `url` names, at once, and say whose clock is off.

    *asked*: fields of `Request` by name, such as `servers=(…)`, `region="eu-west-1"`, `timeout_s=5.0`,
    `policy=Policy(warning_s=0.05)`. Raises UsageError; never for a silent network.
    """
    return examine(Request(command="check", **asked))


def clock(**asked: Any) -> Report:
    """Compare the local clock with NTP servers; *asked* as in `check`, without an API."""
    return examine(Request(command="clock", **asked)._replace(region=None, url=None))


def api(**asked: Any) -> Report:
    """Compare the local clock with an API's by its `Date`; *asked* as in `check`, without NTP servers."""
    return examine(Request(command="api", ask_ntp=False, **asked))


def token(text: str | bytes, **asked: Any) -> Report:
    """Judge the token in *text* (a header, a response, a bare token, ...) by measured time: `Report.token`.

    *asked* as in `check`, and `offline`, `skew`, `expires_in_s`, `obtained_at_s`, `verifiers`, `signed_for`,
    `max_life_s`, `leeway_s`, `latency`.
    Nothing of the token is sent anywhere. Raises UsageError where there is none.
    """
    return examine(Request(command="token", token=_find(text), **asked))


def title(finding: Finding) -> str:
    """Return *finding* in words, on one line."""
    return catalogue.title(finding)


def read_token(text: str | bytes) -> Token:
    """Return what the token in *text* says of itself, unverified and without anything secret.

    Raises UsageError where there is none.
    """
    from skewcheck.tokens.claims import read

    return read(_find(text))


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
    deadline = Deadline.FROM_REQUEST if skew is None else Deadline.EXP
    return recommend(risk.Inputs(lifetime_s, given=skew, latency=latency), deadline)


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
    check_lifetime(expires_in_s)
    check_not_negative("a buffer", buffer_s)
    if buffer_s is None:
        advice = buffer(expires_in_s)
        buffer_s = expires_in_s / 2 if advice is None or advice.buffer_s is None else advice.buffer_s
    now_s = time.monotonic() if now_s is None else now_s
    if not sent_s <= now_s:
        raise UsageError("a token request can't have been sent later than now", "Give time.monotonic() of its sending.")
    return now_s - sent_s >= expires_in_s - buffer_s


def _find(text: str | bytes) -> "Found":
    from skewcheck.tokens.find import find

    found = find(text)
    if found is None:
        raise UsageError(
            f"there is no token in the {len(text)} characters that were given", "Give the token, or what it came in."
        )
    return found


def _check(lifetime_s: float | None, skew: Interval | None, latency: Interval) -> None:
    check_lifetime(lifetime_s)
    check_skew(skew)
    check_latency(latency)
