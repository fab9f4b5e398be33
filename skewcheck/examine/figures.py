"""Figures that a program gives, refused where they can't be meant.

A comparison with NaN says no to all: a token would never be due, and no clock off. The command line reads none such.
"""

import math

from skewcheck.errors import UsageError
from skewcheck.examine.request import TokenRequest
from skewcheck.model import Interval

_SECONDS = "Seconds are meant, as a number."


def check_skew(skew: Interval | None) -> None:
    """Raise UsageError unless *skew* is a range from its low to its high end; None: not known."""
    if skew is not None and not skew.low_s <= skew.high_s:
        raise UsageError("a skew is a range whose low end isn't above its high one", "Example: Interval(-0.25, -0.15).")


def check_latency(latency: Interval | None) -> None:
    """Raise UsageError unless *latency* is a range from 0 on; None: not known."""
    if latency is not None and not 0 <= latency.low_s <= latency.high_s:
        raise UsageError("a latency is a range that begins at 0 or above", "Example: Interval(0.0, 0.25).")


def check_lifetime(lifetime_s: float | None) -> None:
    """Raise UsageError unless *lifetime_s* is more than nothing; None: not known, inf: it never expires."""
    if lifetime_s is not None and not lifetime_s > 0:
        raise UsageError("a token's lifetime is more than 0 s", f"{_SECONDS} It came with the token, as expires_in.")


def check_no_less_than_nothing(what: str, seconds: float | None) -> None:
    """Raise UsageError unless *what*, of so many *seconds*, is 0 or more; None: not given."""
    if seconds is not None and not 0 <= seconds < math.inf:
        raise UsageError(f"{what} is a number from 0 on", _SECONDS)


def check(request: TokenRequest) -> None:
    """Raise UsageError for a figure of *request* that can't be meant."""
    check_skew(request.skew)
    if request.skew is not None and not math.isfinite(request.skew.width_s):
        raise UsageError("an assumed skew has two ends", "Example: Interval(-0.25, -0.15).")
    check_latency(request.latency)
    if request.latency is not None and math.isinf(request.latency.high_s):
        raise UsageError("a latency has an end", "Example: Interval(0.0, 0.25).")
    check_lifetime(request.expires_in_s)
    check_no_less_than_nothing("a leeway", request.leeway_s)
    check_no_less_than_nothing("the time when a token was obtained", request.obtained_at_s)
