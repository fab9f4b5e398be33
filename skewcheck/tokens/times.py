"""`iat`, `nbf` and `exp` as a verifier reads them, shown as they stand, never repaired (RFC 7519 §2, NumericDate)."""

import json
from collections.abc import Mapping

from skewcheck import foreign
from skewcheck.model.token import ClaimState, TimeClaim
from skewcheck.tokens.segments import MAX_DIGITS, LongNumber, Pairs

YEAR_1_S = -62135596800
YEAR_9999_END_S = 253402300799
"""9999-12-31T23:59:59Z: the last second that most date libraries can name, and a common way to say "never"."""
LAST_32_BIT_S = 2**31 - 1
"""2038-01-19T03:14:07Z: a verifier that keeps seconds in 32 bits wraps behind it."""

MAX_SHOWN = 40
"""Characters shown of a claim that isn't a plain number."""
_LARGEST_S = 1e300
"""Integers in JSON have no end, floats do; differences of two of these still are numbers."""

_UNITS = {"milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
_BEGIN_S, _END_S = 1e9, 1e10
"""2001 to 2286: a time in another unit falls into this, in that unit. No second of the next 1,000 years does."""


def time_claim(name: str, claims: Mapping[str, object], *, duplicate: bool = False) -> TimeClaim:
    """Return the claim *name* of *claims*: absent, usable with its value, or unusable, and what is odd about it."""
    if name not in claims:
        return TimeClaim(name, ClaimState.ABSENT)
    value = claims[name]
    value_s = _as_verified(value)
    oddities = [*_odd_type(value, value_s), *(() if value_s is None else _odd_value(value_s))]
    if duplicate:
        oddities.append("duplicate")
    state = ClaimState.UNUSABLE if value_s is None else ClaimState.USABLE
    return TimeClaim(name, state, value_s, shown(value), tuple(oddities))


def unreadable(name: str) -> TimeClaim:
    """Return the claim *name* of a payload that can't be read: whether it is there can't be told."""
    return TimeClaim(name, ClaimState.UNUSABLE)


def shown(value: object) -> str:
    """Return a claim's value as it stands in the JSON, safe to show; of more than one value only what it is."""
    if isinstance(value, LongNumber):
        return f"a number of {value.digits} digits"
    if isinstance(value, list):  # of what is in there nobody said that it may be shown; an object is pairs in a list
        return "an object" if isinstance(value, Pairs) else "a list"
    if isinstance(value, dict):
        return "an object"
    try:
        return foreign.header(json.dumps(value, ensure_ascii=False), MAX_SHOWN)
    except ValueError:  # an integer of more digits than this Python is told to write
        return "…"


def _as_verified(value: object) -> float | None:
    """Return what PyJWT's `int()` makes of *value*, its fraction kept; None where it raises."""
    if not isinstance(value, int | float | str) or (isinstance(value, str) and len(value) > MAX_DIGITS):
        return None
    try:
        whole = int(value)
    except (ValueError, OverflowError):
        return None
    if isinstance(value, float):
        return max(-_LARGEST_S, min(value, _LARGEST_S))
    return float(max(-int(_LARGEST_S), min(whole, int(_LARGEST_S))))


def _odd_type(value: object, value_s: float | None) -> list[str]:
    if isinstance(value, bool):
        return ["boolean"]
    if isinstance(value, str):
        return ["string"] if value_s is not None else ["string", "not-a-time"]
    if isinstance(value, float | LongNumber):
        return ["not-a-number"] if value_s is None else []
    return [] if isinstance(value, int) else ["not-a-time"]


def _odd_value(value_s: float) -> list[str]:
    oddities = [unit for unit, times in _UNITS.items() if _BEGIN_S * times <= value_s < _END_S * times]
    if not value_s.is_integer():
        oddities.append("fraction")
    if value_s < 0:
        oddities.append("negative")
    if not YEAR_1_S <= value_s < YEAR_9999_END_S + 1:
        oddities.append("year-past-9999")
    elif value_s > LAST_32_BIT_S:
        oddities.append("after-2038")
    return oddities
