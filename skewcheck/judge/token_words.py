"""How long ago, how long from now: what is said of a token's times, each with its range."""

import math

from skewcheck.model import Interval
from skewcheck.quantity import at_least_text, at_most_text, duration_text, range_text

_NARROW = 0.02
"""A range that is so narrow for its size is told as one figure of three digits."""
_CENTURY_S = 100 * 365.25 * 86400


def size_words(size: Interval) -> str:
    """Return how long, of a range on one side of 0: `12 min`, `40 to 50 s`, `at least 3 s`."""
    near_s, far_s = sorted(abs(end_s) for end_s in size)
    if near_s > _CENTURY_S:
        return "more than 100 years"
    if math.isinf(far_s) or far_s > _CENTURY_S:
        return f"at least {at_least_text(near_s)}"
    if far_s - near_s <= _NARROW * far_s:
        return duration_text((near_s + far_s) / 2)
    return range_text(near_s, far_s).removesuffix(" ahead")


def exact_words(size_s: float) -> str:
    """Return how long by a clock that is read exactly."""
    return size_words(Interval(size_s, size_s))


def when_words(when: Interval) -> str:
    """Return when, of a range around now: `between 2 s ago and 3 s from now`, `at most 3 s from now`."""
    ago, ahead = (
        "more than 100 years" if abs(end_s) > _CENTURY_S else at_most_text(end_s)  # also where there is no bound
        for end_s in when
    )
    if math.isinf(when.low_s):
        return f"at most {ahead} from now"
    return f"at least {ago} ago" if math.isinf(when.high_s) else f"between {ago} ago and {ahead} from now"
