"""Durations, ranges and times of day: parsed as people write them, shown as people read them.

Shown ranges are rounded *outwards*, so that what is printed still holds the truth.
"""

import math
import re
import time
from collections.abc import Callable

_UNITS_S = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = r"([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(us|µs|ms|s|m|min|h|d)?"
_MARGIN = r"±|\+/?-"
_UNIX = r"[0-9]{1,11}(?:\.[0-9]{1,9})?"
_TIME = (
    r"(?a)(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-](?:0\d|1[0-4]):?[0-5]\d)"
)
# Text, which `re` compiles and keeps when it is needed: a start pays for none.
MAX_DURATION_S = 1e9
"""About 31 years: more than any clock error that still leaves a year to recognise."""

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_YEAR_S = 365.25 * _DAY_S
_IN_YEARS_S = 2 * _YEAR_S
"""From here on nobody counts in days."""


class NotReadError(ValueError):
    """What a text is not, and how to write what is meant."""

    def __init__(self, what: str, write: str) -> None:
        """Keep both; together they are a sentence."""
        super().__init__(f"{what}; write {write}")
        self.what, self.write = what, write


_A_DURATION = "50ms, 2s, 1.5m or 1h (a bare number is seconds)"
_A_SPAN = "-200ms±50ms or -200ms+-50ms"
_A_TIME = "2027-01-15T12:00:00Z, with +01:00 for Z, or Unix seconds"


def parse_signed_duration(text: str) -> float:
    """Return *text* (`50ms`, `-2s`, `1.5m`, `1h`, bare numbers are seconds) in seconds.

    Raises ValueError, with a sentence for the user, for anything else: nan, inf, exponents, empty.
    """
    match = re.fullmatch(_DURATION, text.strip())
    if match is None:
        raise NotReadError("is not a duration", _A_DURATION)
    sign, number, unit = match.groups()
    seconds = float(number) * _UNITS_S[unit or "s"]
    if seconds > MAX_DURATION_S:
        raise ValueError("is longer than 31 years")
    return -seconds if sign == "-" else seconds


def parse_duration(text: str) -> float:
    """Return *text* in seconds, as `parse_signed_duration` does; raises ValueError where it isn't above 0."""
    seconds = parse_signed_duration(text)
    if seconds <= 0:
        raise NotReadError("must be more than 0", _A_DURATION)
    return seconds


def parse_span(text: str) -> tuple[float, float]:
    """Return the two ends of *text* in seconds: `200ms`, `-200ms±50ms` with `+-` or `+/-` for the sign, or `±50ms`.

    Raises ValueError, with a sentence for the user, for anything else.
    """
    middle, *margins = re.split(_MARGIN, text.strip())
    if len(margins) > 1:
        raise NotReadError("has more than one margin", _A_SPAN)
    skew_s = parse_signed_duration(middle) if middle or not margins else 0.0
    margin_s = parse_signed_duration(margins[0]) if margins else 0.0
    if margin_s < 0:
        raise NotReadError("has a negative margin", _A_SPAN)
    return skew_s - margin_s, skew_s + margin_s


def parse_time(text: str) -> float:
    """Return a time of day in Unix seconds: `2027-01-15T12:00:00Z`, or with +01:00 for the Z, or a number of them.

    Raises ValueError, with a sentence for the user, for anything else: without Z or an offset nobody knows the zone.
    """
    text = text.strip()
    if re.fullmatch(_UNIX, text):
        return float(text)
    match = re.fullmatch(_TIME, text)
    if match is None:
        raise NotReadError("is not a time of day", _A_TIME)
    import calendar

    date, hours, minutes, seconds, fraction, zone = match.groups()
    zone_s = 0 if zone in "Zz" else int(zone[0] + "1") * (int(zone[1:3]) * _HOUR_S + int(zone[-2:]) * _MINUTE_S)
    try:
        day_s = calendar.timegm(time.strptime(date, "%Y-%m-%d"))
    except ValueError:
        raise ValueError("is not a day of the calendar") from None
    of_day_s = int(hours) * _HOUR_S + int(minutes) * _MINUTE_S + int(seconds)
    return day_s + of_day_s - zone_s + float(f"0{fraction or '.0'}")


def duration_text(seconds: float, quantum_s: float | None = None) -> str:
    """Return the size of *seconds* for people, without a sign: `203 ms`, `1.25 s`, `1 h 30 min`.

    With *quantum_s*, as ranges have it, it is rounded to that; else to three significant digits. From a minute
    on it is rounded to the smaller of its two largest units, and from two years on to years.
    """
    size_s = abs(seconds)
    if math.isinf(size_s):
        return "unbounded"
    if size_s >= _IN_YEARS_S:
        return f"{size_s / _YEAR_S:.3g} years"
    shown_s = _shown(size_s, quantum_s or _three_digits(size_s))
    if shown_s >= _MINUTE_S:
        return _compound(round(shown_s))
    quantum_s = quantum_s or _three_digits(shown_s)
    unit, scale_s = _unit(shown_s)
    (text,) = _trimmed([_decimal(shown_s / quantum_s, quantum_s, scale_s)])
    return f"{text} {unit}"


def skew_text(skew_s: float, bound: tuple[float, float] | None = None) -> str:
    """Return *skew_s* with its direction in a word: `203 ms ahead`, `1.2 s behind`.

    With *bound*, the range that it lies in, no digit is shown that the range makes meaningless, and enough
    are shown to lie inside of what `range_text` shows of it.
    """
    quantum_s = None if bound is None else _quantum(*bound)
    return f"{duration_text(skew_s, quantum_s)} {direction(skew_s)}"


def estimate_text(skew_s: float, bound: tuple[float, float]) -> str:
    """Return the size of *skew_s*, without its direction, with no digit that its range makes meaningless."""
    return duration_text(skew_s, _quantum(*bound))


def signed_text(low_s: float, high_s: float) -> str:
    """Return a range with its signs and one unit, rounded outwards: `-354 to -337 ms`, `-80 to +50 ms`.

    From an hour on, a narrow one as `+7 h ±3 ms`: nobody counts 25,200 seconds. `at most -3.2 s` and
    `at least +3.2 s` where one side is all there is; years where nothing finer matters.
    """
    if math.isinf(low_s) or math.isinf(high_s):
        return _one_sided(low_s, high_s)
    if min(abs(low_s), abs(high_s)) >= _IN_YEARS_S and (low_s < 0) == (high_s < 0):
        years = [low_s / _YEAR_S, high_s / _YEAR_S]
        ends = [f"{round_(10 * year) / 10:+g}" for round_, year in zip((math.floor, math.ceil), years, strict=True)]
        return f"{' to '.join(dict.fromkeys(ends))} years"
    middle_s = round((low_s + high_s) / 2)
    half_s = round(max(middle_s - low_s, high_s - middle_s), 9)
    if abs(middle_s) >= _HOUR_S and half_s < 1:
        return f"{'-' if middle_s < 0 else '+'}{_compound(abs(middle_s))} ±{at_most_text(half_s)}"
    quantum_s = _quantum(low_s, high_s)
    counts = [_floor(low_s / quantum_s), _ceil(high_s / quantum_s)]
    *texts, unit = _bounds([abs(count) for count in counts], quantum_s)
    ends = ["+-"[count < 0] * (count != 0) + text for count, text in zip(counts, texts, strict=True)]
    return " to ".join(dict.fromkeys(ends)) + unit


def _one_sided(low_s: float, high_s: float) -> str:
    if math.isinf(low_s) and math.isinf(high_s):
        return "any"
    word, end_s, below = ("at most", high_s, high_s < 0) if math.isinf(low_s) else ("at least", low_s, low_s > 0)
    sign = "-" if end_s < 0 else "+"
    return f"{word} {sign}{(at_least_text if below else at_most_text)(end_s)}"


def direction(skew_s: float) -> str:
    """Return `ahead` for a positive skew (local clock - reference), else `behind`."""
    return "ahead" if skew_s > 0 else "behind"


def range_text(low_s: float, high_s: float) -> str:
    """Return a range of skew, rounded outwards: `195 to 211 ms ahead`, `3 ms behind to 8 ms ahead`."""
    if low_s < 0 < high_s:
        return " to ".join(_both_sides(low_s, high_s))
    return f"{' to '.join(_one_side(low_s, high_s))} {direction(low_s + high_s)}"


def sizes_text(near_s: float, far_s: float) -> str:
    """Return a range of sizes, rounded outwards: `47.2 to 48.9 s`, `10 min 7 s to 10 min 8 s`."""
    if near_s < _MINUTE_S or math.isinf(far_s):
        return " to ".join(_one_side(near_s, far_s))
    if near_s >= _IN_YEARS_S:
        return f"{math.floor(10 * near_s / _YEAR_S) / 10:g} to {math.ceil(10 * far_s / _YEAR_S) / 10:g} years"
    step_s = 1 if far_s < _HOUR_S else _MINUTE_S
    return " to ".join(map(duration_text, (_floor(near_s / step_s) * step_s, _ceil(far_s / step_s) * step_s)))


def bound_text(low_s: float, high_s: float) -> str:
    """Return the larger side of a range around 0, rounded up: `9 ms`."""
    quantum_s = _quantum(low_s, high_s)
    number, unit = _bounds([_ceil(max(-low_s, high_s) / quantum_s)], quantum_s)
    return number + unit


def share_text(share: float) -> str:
    """Return a share for people, then comes what it is of, in the plural: `about 1 in 7`, `all requests`."""
    named = one_in(share)
    return named if named in _WHOLE else f"about {named}"


_WHOLE = ("no", "nearly all", "all")
_LARGE_SHARES = (
    ("1 in 3", 1 / 3),
    ("1 in 2", 1 / 2),
    ("2 in 3", 2 / 3),
    ("3 in 4", 3 / 4),
    *((f"{n} in 10", n / 10) for n in (4, 6, 7, 8, 9)),
)
_NEARLY_ALL = 0.95


def one_in(share: float) -> str:
    """Return the simplest fraction near *share*; of rare things two digits of the count."""
    if share <= 0:
        return "no"
    if share >= _NEARLY_ALL:
        return "all" if share >= 1 else "nearly all"
    if share > 0.29:
        return min(_LARGE_SHARES, key=lambda named: abs(named[1] - share))[0]
    count = 1 / max(share, 1e-9)
    digits = max(0, math.floor(math.log10(count)) - 1)
    return f"1 in {round(count / 10**digits) * 10**digits:,}"


def at_least_text(size_s: float) -> str:
    """Return *size_s* for `at least ...`: rounded down, so that it stays true."""
    return _rounded(abs(size_s), _floor)


def at_most_text(size_s: float) -> str:
    """Return *size_s* for `at most ...`: rounded up, so that it stays true."""
    return _rounded(abs(size_s), _ceil)


def _rounded(size_s: float, whole: Callable[[float], float]) -> str:
    """Return three digits' worth, from a minute on whole seconds, from an hour on minutes, and then tenths of years."""
    if _IN_YEARS_S <= size_s < math.inf:
        return f"{whole(10 * size_s / _YEAR_S) / 10:g} years"
    if _MINUTE_S <= size_s < _HOUR_S:
        return _compound(round(whole(size_s)))
    quantum_s = _three_digits(size_s) if size_s < _HOUR_S else _MINUTE_S
    number, unit = _bounds([whole(size_s / quantum_s)], quantum_s)
    return number + unit


def _both_sides(low_s: float, high_s: float) -> tuple[str, str]:
    quantum_s = _quantum(low_s, high_s)
    behind, ahead, unit = _bounds([_ceil(size_s / quantum_s) for size_s in (-low_s, high_s)], quantum_s)
    return f"{behind}{unit} behind", f"{ahead}{unit} ahead"


def _one_side(low_s: float, high_s: float) -> tuple[str, str]:
    """Return the nearer and the farther end; a unit that both have stands with the farther one."""
    quantum_s = _quantum(low_s, high_s)
    near_s, far_s = sorted((abs(low_s), abs(high_s)))
    near, far, unit = _bounds([_floor(near_s / quantum_s), _ceil(far_s / quantum_s)], quantum_s)
    return near, far + unit


def _bounds(counts: list[float], quantum_s: float) -> list[str]:
    """Return so many quanta each as text, nothing rounded any more, and last the unit that they share, or nothing."""
    finite = [round(count) for count in counts if math.isfinite(count)]
    if quantum_s >= _MINUTE_S:
        texts, shared = [_compound(count * round(quantum_s)) for count in finite], ""
    else:
        unit, scale_s = _unit(max(finite, default=0) * quantum_s)
        texts, shared = _trimmed([_decimal(count, quantum_s, scale_s) for count in finite]), f" {unit}"
    if len(finite) == len(counts):
        return [*texts, shared]
    whole = iter([text + shared for text in texts])
    return [*(next(whole) if math.isfinite(count) else "any amount" for count in counts), ""]


_FINEST_S = 1e-5
"""No clock that we read over a network is worth more digits than 0.01 ms."""
_FINEST_OF_SECONDS_S = 1e-3
"""From a second on."""
_QUANTA = 10
"""A range is at least so many quanta wide: rounding both ends outwards adds less than a fifth to it."""
_NOISE = 1e-9
"""Of a quantum: 0.2 / 1e-3 is 200.00000000000003 and must not become 201."""


def _quantum(low_s: float, high_s: float) -> float:
    """Return what a range is rounded to: a power of ten; of ranges of minutes and more a minute, hour or day."""
    sizes_s = [abs(end_s) for end_s in (low_s, high_s) if math.isfinite(end_s)]
    size_s = max(sizes_s, default=1.0)
    share_s = (high_s - low_s if len(sizes_s) == 2 else size_s / 100) / _QUANTA
    if share_s >= _MINUTE_S:
        return max(unit_s for unit_s in (_MINUTE_S, _HOUR_S, _DAY_S) if unit_s <= share_s)
    finest_s = _FINEST_S if size_s < 1 else _FINEST_OF_SECONDS_S
    return _power_of_ten(max(share_s, finest_s))


def _three_digits(size_s: float) -> float:
    """Return the quantum that leaves three significant digits below a minute, and whole seconds from there on."""
    return min(_power_of_ten(max(size_s / 100, _FINEST_S)), 1.0)


def _power_of_ten(size: float) -> float:
    return 10.0 ** math.floor(math.log10(size) + _NOISE)


def _shown(size_s: float, quantum_s: float) -> float:
    """Return the number that is shown for an estimate of *size_s*."""
    rounded_s = round(size_s / quantum_s) * quantum_s
    if rounded_s < _MINUTE_S - _NOISE:
        return rounded_s
    exact_s = rounded_s if quantum_s >= _MINUTE_S else size_s  # not rounded twice: 61.47 s is 61.5 s, but not 62 s
    whole_s = round(exact_s)
    if whole_s >= _HOUR_S:
        whole_s = round(exact_s / _MINUTE_S) * _MINUTE_S
    if whole_s >= _DAY_S:
        whole_s = round(exact_s / _HOUR_S) * _HOUR_S
    return whole_s


def _unit(shown_s: float) -> tuple[str, float]:
    return ("ms", 1e-3) if shown_s < 1 - _NOISE else ("s", 1.0)


def _decimal(quanta: float, quantum_s: float, scale_s: float) -> str:
    places = max(0, -round(math.log10(quantum_s / scale_s)))
    return f"{quanta * (quantum_s / scale_s):.{places}f}"


def _trimmed(numbers: list[str]) -> list[str]:
    """Return *numbers*, which have equally many decimals, without the zeros that all of them end in."""
    while numbers and all("." in number and number[-1] in "0." for number in numbers):
        numbers = [number[:-1] for number in numbers]
    return numbers


def _ceil(quanta: float) -> float:
    return quanta if math.isinf(quanta) else math.ceil(quanta - _NOISE)


def _floor(quanta: float) -> float:
    return quanta if math.isinf(quanta) else math.floor(quanta + _NOISE)


def _compound(seconds: int) -> str:
    """Return whole seconds in all the units that they fill: `1 h 30 min`, `2 d`, `1 d 2 h 5 min`."""
    parts, rest_s = [], seconds
    for unit, unit_s in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S), ("s", 1)):
        count, rest_s = divmod(rest_s, unit_s)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 min"


def utc_text(unix_s: float, *, decimals: int = 3, round_up: bool = False) -> str:
    """Return a time of day as RFC 3339 in UTC, rounded down to so many decimals of a second, or up."""
    whole_s, ticks = math.floor(unix_s), 10**decimals
    fraction = (unix_s - whole_s) * ticks
    whole_s, fraction = divmod(whole_s * ticks + (math.ceil(fraction) if round_up else math.floor(fraction)), ticks)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole_s))}.{fraction:0{decimals}d}Z"


def local_text(unix_s: float) -> str:
    """Return a time of day by this host's time zone, rounded down to a second: `2027-01-15 13:00:00 +01:00`."""
    local = time.localtime(math.floor(unix_s))
    minutes = abs(local.tm_gmtoff) // _MINUTE_S
    zone = f"{'-' if local.tm_gmtoff < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', local)} {zone}"
