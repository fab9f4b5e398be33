"""Durations, ranges and times of day: parsed as people write them, shown as people read them.

Shown ranges are rounded *outwards*, so that what is printed still holds the truth.
"""

import math
import re
import time

_UNITS_S = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(us|µs|ms|s|m|min|h|d)?", re.ASCII)
MAX_DURATION_S = 1e9
"""About 31 years: more than any clock error that still leaves a year to recognise."""

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def parse_signed_duration(text: str) -> float:
    """Return *text* (`50ms`, `-2s`, `1.5m`, `1h`, bare numbers are seconds) in seconds.

    Raises ValueError, with a sentence for the user, for anything else: nan, inf, exponents, empty.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError("is not a duration; write 50ms, 2s, 1.5m or 1h (a bare number is seconds)")
    sign, number, unit = match.groups()
    seconds = float(number) * _UNITS_S[unit or "s"]
    if seconds > MAX_DURATION_S:
        raise ValueError("is longer than 31 years")
    return -seconds if sign == "-" else seconds


def parse_duration(text: str) -> float:
    """Return *text* in seconds, as `parse_signed_duration` does; raises ValueError where it isn't above 0."""
    seconds = parse_signed_duration(text)
    if seconds <= 0:
        raise ValueError("must be more than 0")
    return seconds


def duration_text(seconds: float, quantum_s: float | None = None) -> str:
    """Return the size of *seconds* for people, without a sign: `203 ms`, `1.25 s`, `1 h 30 min`.

    With *quantum_s*, a power of ten, it is rounded to that; else to three significant digits.
    """
    size_s = abs(seconds)
    if math.isinf(size_s):
        return "unbounded"
    if size_s >= _MINUTE_S:
        return _compound(round(size_s))
    unit, scale_s = _unit(size_s)
    if quantum_s is None:
        quantum_s = max(_power_of_ten(size_s / 100), _FINEST_S) if size_s else _FINEST_S
    (text,) = _trimmed(_decimal(round(size_s / quantum_s), quantum_s, scale_s))
    return f"{text} {unit}"


def skew_text(skew_s: float, bound: tuple[float, float] | None = None) -> str:
    """Return *skew_s* with its direction in a word: `203 ms ahead`, `1.2 s behind`.

    With *bound*, the range that it lies in, no digit is shown that the range makes meaningless, and enough
    are shown to lie inside of it.
    """
    quantum_s = None if bound is None else _quantum(*bound)
    return f"{duration_text(skew_s, quantum_s)} {direction(skew_s)}"


def direction(skew_s: float) -> str:
    """Return `ahead` for a positive skew (local clock - reference), else `behind`."""
    return "ahead" if skew_s > 0 else "behind"


def range_text(low_s: float, high_s: float) -> str:
    """Return a range of skew, rounded outwards: `195 to 211 ms ahead`, `3 ms behind to 8 ms ahead`."""
    if low_s < 0 < high_s:
        return " to ".join(_both_sides(low_s, high_s))
    near, far, unit = _one_side(low_s, high_s)
    return f"{near} to {far} {unit} {direction(low_s + high_s)}"


def between_text(low_s: float, high_s: float) -> str:
    """Return a range of skew for a sentence that has named the direction if there is only one.

    `between 195 and 211 ms`, or `between 3 ms behind and 8 ms ahead`. Rounded outwards.
    """
    if low_s < 0 < high_s:
        return "between " + " and ".join(_both_sides(low_s, high_s))
    near, far, unit = _one_side(low_s, high_s)
    return f"between {near} and {far} {unit}"


def bound_text(low_s: float, high_s: float) -> str:
    """Return the larger side of a range around 0, rounded up: `9 ms`."""
    size_s = max(-low_s, high_s)
    quantum_s = _quantum(low_s, high_s)
    unit, scale_s = _unit(size_s)
    (text,) = _trimmed(_decimal(_ceil(size_s / quantum_s), quantum_s, scale_s))
    return f"{text} {unit}"


def _both_sides(low_s: float, high_s: float) -> tuple[str, str]:
    quantum_s = _quantum(low_s, high_s)
    unit, scale_s = _unit(max(-low_s, high_s))
    behind, ahead = _trimmed(*(_decimal(_ceil(size_s / quantum_s), quantum_s, scale_s) for size_s in (-low_s, high_s)))
    return f"{behind} {unit} behind", f"{ahead} {unit} ahead"


def _one_side(low_s: float, high_s: float) -> tuple[str, str, str]:
    near_s, far_s = sorted((abs(low_s), abs(high_s)))
    quantum_s = _quantum(low_s, high_s)
    unit, scale_s = _unit(far_s)
    near = _decimal(_floor(near_s / quantum_s), quantum_s, scale_s)
    far = _decimal(_ceil(far_s / quantum_s), quantum_s, scale_s)
    near, far = _trimmed(near, far)
    return near, far, unit


_FINEST_S = 1e-5
"""No clock that we read over a network is worth more digits than 0.01 ms."""
_SHOWN_AS_A_SECOND_S = 0.9995
"""From here three digits round to 1 s; `1000 ms` is no way to write it."""
_FLOAT_NOISE = 1e-9
"""Of a quantum: 0.2 / 1e-3 is 200.00000000000003 and must not become 201."""


def _quantum(low_s: float, high_s: float) -> float:
    """Return the power of ten to which a range is rounded: at most a tenth of its width, at least 0.01 ms."""
    width_s = high_s - low_s
    if math.isinf(width_s):
        return 1e-3
    finest_s = _FINEST_S if max(abs(low_s), abs(high_s)) < _SHOWN_AS_A_SECOND_S else 1e-3
    return max(_power_of_ten(width_s / 10), finest_s) if width_s > 0 else finest_s


def _power_of_ten(size: float) -> float:
    return 10.0 ** math.floor(math.log10(size))


def _unit(size_s: float) -> tuple[str, float]:
    return ("ms", 1e-3) if size_s < _SHOWN_AS_A_SECOND_S else ("s", 1.0)


def _decimal(quanta: float, quantum_s: float, scale_s: float) -> str:
    if math.isinf(quanta):
        return "unbounded"
    places = max(0, -round(math.log10(quantum_s / scale_s)))
    return f"{quanta * (quantum_s / scale_s):.{places}f}"


def _trimmed(*numbers: str) -> tuple[str, ...]:
    """Return *numbers*, which have equally many decimals, without the zeros that all of them end in."""
    while all("." in number and number[-1] in "0." for number in numbers):
        numbers = tuple(number[:-1] for number in numbers)
    return numbers


def _ceil(quanta: float) -> float:
    return quanta if math.isinf(quanta) else math.ceil(quanta - _FLOAT_NOISE)


def _floor(quanta: float) -> float:
    return quanta if math.isinf(quanta) else math.floor(quanta + _FLOAT_NOISE)


def _compound(seconds: int) -> str:
    """Return whole seconds from a minute on in their two largest units: `1 h 30 min`, `2 d`."""
    for large, large_s, small, small_s in (("d", _DAY_S, "h", _HOUR_S), ("h", _HOUR_S, "min", _MINUTE_S)):
        rounded_s = round(seconds / small_s) * small_s
        if rounded_s >= large_s:
            return _two_units(rounded_s, large, large_s, small, small_s)
    return _two_units(seconds, "min", _MINUTE_S, "s", 1)


def _two_units(seconds: int, large: str, large_s: int, small: str, small_s: int) -> str:
    count, rest_s = divmod(seconds, large_s)
    return f"{count} {large} {rest_s // small_s} {small}" if rest_s else f"{count} {large}"


def utc_text(unix_s: float) -> str:
    """Return a time of day as RFC 3339 in UTC with milliseconds, rounded down."""
    whole_s = math.floor(unix_s)
    milliseconds = math.floor((unix_s - whole_s) * 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole_s))}.{milliseconds:03d}Z"
