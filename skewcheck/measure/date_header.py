"""What a `Date` header says: the three forms of RFC 9110 §5.6.7, strictly. Pure.

By hand, because `email.utils` takes anything for a date, and `strptime` follows the locale.
"""

import re

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_SHORT = "|".join(day[:3] for day in _DAYS)
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_FORMS = (
    rf"(?P<name>{_SHORT}), (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT",
    rf"(?P<name>{'|'.join(_DAYS)}), (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT",
    rf"(?P<name>{_SHORT}) {_MONTH} (?P<day>\d\d| \d) {_TIME} (?P<year>\d{{4}})",
)
"""IMF-fixdate, which everybody sends; RFC 850; asctime. All are in UTC and case-sensitive."""
_FAR_YEARS = 50
"""A year of two digits that would be further ahead than this is of the century before (RFC 9110 §5.6.7)."""
_DAY_S = 86400
_EPOCH_DAYS = 719468
"""Days from 0000-03-01 to 1970-01-01."""


def parse_date(text: str, now_s: float) -> int | None:
    """Return the Unix seconds that *text* says; None where it is no date.

    *now_s*, the local time of day, tells the century of a year of two digits and nothing else.
    """
    for form in _FORMS:
        match = re.fullmatch(form, text.strip(" \t"), re.ASCII)
        if match is not None:
            return _unix_s(match, now_s)
    return None


def _unix_s(match: re.Match[str], now_s: float) -> int | None:
    year, month, day = _year(match["year"], now_s), _MONTHS.index(match["month"]) + 1, int(match["day"])
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    leap_day_missing = (month, day) == (2, 29) and (year % 4 != 0 or (year % 100 == 0 and year % 400 != 0))
    leap_second = (hour, minute, second) == (23, 59, 60)
    if year < 1 or not 1 <= day <= _MONTH_DAYS[month - 1] or leap_day_missing:
        return None
    if hour > 23 or minute > 59 or (second > 59 and not leap_second):
        return None
    days = _days(year, month, day)
    if not _DAYS[(days + 3) % 7].startswith(match["name"]):  # 1970-01-01 was a Thursday
        return None
    return days * _DAY_S + hour * 3600 + minute * 60 + second


def _year(digits: str, now_s: float) -> int:
    """Return the year that *digits* mean; two of them are taken for the latest that is not too far ahead."""
    if len(digits) == 4:
        return int(digits)
    latest = 1970 + int(now_s // (365.2425 * _DAY_S)) + _FAR_YEARS
    return latest - (latest - int(digits)) % 100


def _days(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01, counted in years that begin in March: then the leap day is the last."""
    years = year - (month <= 2)
    months = (month + 9) % 12
    return years * 365 + years // 4 - years // 100 + years // 400 + (153 * months + 2) // 5 + day - 1 - _EPOCH_DAYS
