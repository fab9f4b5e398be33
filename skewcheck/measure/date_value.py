"""What a `Date` header says: the three forms of RFC 9110 §5.6.7, and what else can only mean one moment. Pure.

By hand, because `email.utils` takes anything for a date, and `strptime` follows the locale. What names no zone is read
as UTC in the form of asctime alone, where the standard says so: else a guess would be a wrong verdict of hours.
"""

import re
from typing import NamedTuple

from skewcheck.model import OddDate

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_SHORT = "|".join(day[:3] for day in _DAYS)
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_FORMS = (
    rf"(?P<name>{_SHORT}), (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} (?P<zone>GMT)",
    rf"(?P<name>{'|'.join(_DAYS)}), (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} (?P<zone>GMT)",
    rf"(?P<name>{_SHORT}) {_MONTH} (?P<day>\d\d| \d) {_TIME} (?P<year>\d{{4}})(?P<zone>)",
)
"""IMF-fixdate, which everybody sends; RFC 850; asctime. All are in UTC and case-sensitive."""
_READABLE = (
    rf"(?:(?P<name>{_SHORT}|{'|'.join(_DAYS)}),? +)?(?P<day>\d\d?)[ -]{_MONTH}[ -](?P<year>\d{{4}}|\d\d) +"
    r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d) *"
    r"(?P<zone>(?:GMT|UTC|UT|Z)(?:[+-]\d\d?(?::?\d\d)?)?|[+-]\d\d:?\d\d)"
)
"""Whatever its letters' case: what servers write that fill in a format of their own."""
_FAR_YEARS = 50
"""A year of two digits that would be further ahead than this is of the century before (RFC 9110 §5.6.7)."""
_MAX_CHARACTERS = 60
_LONGEST_ZONE_S = 14 * 3600
_DAY_S = 86400
_EPOCH_DAYS = 719163
"""1970-01-01, as `toordinal` counts."""


class DateValue(NamedTuple):
    """A moment, and what is wrong with how it is written."""

    unix_s: int
    odd: OddDate | None = None


def parse_date(text: str, now_s: float) -> DateValue | None:
    """Return what *text* says; None where it is no date.

    *now_s*, the local time of day, tells the century of a year of two digits and nothing else.
    """
    written = text.strip(" \t")
    for form in _FORMS:
        match = re.fullmatch(form, written, re.ASCII)
        if match is not None and _is_its_day(match, now_s):
            unix_s = _unix_s(match, now_s)
            return None if unix_s is None else DateValue(unix_s)
    match = re.fullmatch(_READABLE, written[: _MAX_CHARACTERS + 1], re.ASCII | re.IGNORECASE)
    unix_s = None if match is None else _unix_s(match, now_s)
    if match is None or unix_s is None:
        return None
    return DateValue(unix_s, OddDate(_what_is_odd(match, now_s), written))


def _what_is_odd(match: re.Match[str], now_s: float) -> str:
    """Return the worst that is wrong with it: what a reader may take for another moment first."""
    if match["zone"].upper() != "GMT":
        return "zone"
    if match["name"] is None:
        return "no-weekday"
    return "form" if _is_its_day(match, now_s) else "wrong-weekday"


def _unix_s(match: re.Match[str], now_s: float) -> int | None:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    leap_second = (hour, minute, second) == (23, 59, 60)
    days, ahead_s = _days_since_1970(match, now_s), _ahead_s(match["zone"])
    if days is None or hour > 23 or minute > 59 or (second > 59 and not leap_second) or ahead_s is None:
        return None
    return days * _DAY_S + hour * 3600 + minute * 60 + second - ahead_s


def _ahead_s(zone: str) -> int | None:
    """Return how far a zone's time is ahead of UTC, in seconds; None of one that no place has."""
    sign, digits = re.fullmatch(r"[A-Za-z]*([+-]?)([\d:]*)", zone).groups()  # type: ignore[union-attr] # both may be empty
    digits = digits.replace(":", "")
    hours, minutes = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
    ahead_s = int(hours or 0) * 3600 + int(minutes) * 60
    if int(minutes) > 59 or ahead_s > _LONGEST_ZONE_S:
        return None
    return -ahead_s if sign == "-" else ahead_s


def _is_its_day(match: re.Match[str], now_s: float) -> bool:
    """Tell whether the weekday is that of the day."""
    days = _days_since_1970(match, now_s)
    return days is not None and _DAYS[(days + 3) % 7][:3] == match["name"][:3].capitalize()  # 1970-01-01: a Thursday


def _days_since_1970(match: re.Match[str], now_s: float) -> int | None:
    """Return the days until that day; None where there is no such day."""
    from datetime import date  # http.client has loaded it by then

    year, month, day = _year(match["year"], now_s), _MONTHS.index(match["month"].capitalize()) + 1, int(match["day"])
    try:
        return date(year, month, day).toordinal() - _EPOCH_DAYS
    except ValueError:
        return None


def _year(digits: str, now_s: float) -> int:
    """Return the year that *digits* mean; two of them are taken for the latest that is not too far ahead."""
    if len(digits) == 4:
        return int(digits)
    latest = 1970 + int(now_s // (365.2425 * _DAY_S)) + _FAR_YEARS
    return latest - (latest - int(digits)) % 100
