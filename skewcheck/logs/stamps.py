"""Times as logs write them -> Unix seconds and how wide the stamp is. A time without a zone is in one that is given."""

import calendar
import re
from functools import lru_cache
from typing import NamedTuple

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = {name: number for number, name in enumerate(_MONTHS, 1)}
_ISO = r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)"
_FINEST_S = 1e-6
_LATEST_S = 4e9
"""A number above is no count of seconds but of milli-, micro- or nanoseconds."""
_HTTP_DATE = re.compile(r"(?:\w{3}, )?(\d\d)[ -](\w{3})[ -](\d{4}) (\d\d):(\d\d):(\d\d)")
_SDK_DATE = re.compile(r"(\d\d)-(\d\d)-(\d{4}), (\d\d):(\d\d):(\d\d)")
_COUNT = re.compile(r"\d{9,19}(?:\.(\d{1,9}))?")
"""A number as text: the digits behind its point tell how fine it is."""
_TAIL = re.compile(r"(?::?(\d\d)(?:[.,](\d{1,9})\d*)?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?\b")


class Stamp(NamedTuple):
    """When it was, how wide the stamp is, and whether it names no zone."""

    at_s: float
    width_s: float
    naive: bool = False


def iso(text: str, zone_s: float) -> Stamp | None:
    """Return what `2026-11-28T12:00:00.123Z` says, or a variant of it; *zone_s*: of one that names no zone."""
    at_s = _minute(text[:16])
    tail = None if at_s is None else _TAIL.match(text, 16)
    if at_s is None or tail is None:
        return None
    seconds, fraction, zone = tail.groups()
    width_s = 60.0
    if seconds:
        at_s += int(seconds)
        width_s = 1.0
    if fraction:
        at_s += int(fraction) / 10 ** len(fraction)
        width_s = max(10.0 ** -len(fraction), _FINEST_S)
    return Stamp(at_s - (zone_s if zone is None else offset(zone)), width_s, zone is None)


@lru_cache(maxsize=8)
def _minute(text: str) -> float | None:
    found = re.fullmatch(_ISO, text)
    return None if found is None else _utc(*map(int, found.groups()))


@lru_cache(maxsize=8)
def common(text: str) -> Stamp | None:
    """Return what `10/Oct/2026:13:55:36 +0000` says, the stamp of access logs."""
    try:
        month = MONTHS[text[3:6]]
        parts = (int(text[7:11]), month, int(text[:2]), int(text[12:14]), int(text[15:17]))
        at_s = _utc(*parts)
        return None if at_s is None else Stamp(at_s + int(text[18:20]) - offset(text[21:].strip() or "Z"), 1.0)
    except (KeyError, ValueError):
        return None


def number(value: float) -> Stamp | None:
    """Return what a count of seconds says, or of milli-, micro- or nanoseconds since 1970."""
    if 0 < value < _LATEST_S:
        if value % 1 == 0:
            return Stamp(float(value), 1.0)
        fine = 1e-3 < value * 1000 % 1 < 1 - 1e-3
        return Stamp(value, _FINEST_S if fine else 1e-3)
    if not 0 < value < _LATEST_S * 1e9:  # an int may be too long for a float
        return None
    unit_s = next((unit_s for unit_s in (1e-3, 1e-6, 1e-9) if 0 < value * unit_s < _LATEST_S), None)
    return None if unit_s is None else Stamp(value * unit_s, max(unit_s, _FINEST_S))


def any_stamp(value: object, zone_s: float) -> Stamp | None:
    """Return what a field of a record says, whatever it is."""
    if not isinstance(value, str):
        return number(value) if isinstance(value, (int, float)) and value is not True else None
    if len(value) > 64:
        return None
    if counted := _COUNT.fullmatch(value):
        at_s, digits = float(value), counted[1]
        finer = digits and 0 < at_s < _LATEST_S
        return Stamp(at_s, max(10.0 ** -len(digits), _FINEST_S)) if finer else number(at_s)
    if found := iso(value, zone_s) or common(value):
        return found
    if match := _SDK_DATE.fullmatch(value):
        month, day, year, hour, minute, second = map(int, match.groups())
        begin_s = _utc(year, month, day, hour, minute)
        return None if begin_s is None else Stamp(begin_s + second - zone_s, 1.0, naive=True)
    return None


@lru_cache(maxsize=64)
def http_date(text: str) -> float | None:
    """Return what a `Date` header says."""
    found = _HTTP_DATE.match(text)
    if found is None or found[2] not in MONTHS:
        return None
    at_s = _utc(int(found[3]), MONTHS[found[2]], int(found[1]), int(found[4]), int(found[5]))
    return None if at_s is None else at_s + int(found[6])


def offset(zone: str) -> float:
    """Return how far ahead of UTC a zone is that is written `+02:00`, `+0200`, `-07`, `Z`."""
    digits = zone[1:].replace(":", "")
    if zone[0] not in "+-" or not digits.isdecimal():
        return 0.0
    return (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 3600.0 + int(digits[2:4] or 0) * 60)


def _utc(year: int, month: int, day: int, hour: int, minute: int) -> float | None:
    if not (1970 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60):
        return None
    return float(calendar.timegm((year, month, day, hour, minute, 0)))
