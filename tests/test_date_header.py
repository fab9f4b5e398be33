"""A `Date` is read in the three forms that RFC 9110 knows, and nothing else is taken for one."""

import time

import pytest
from bench.simulated_http import imf_date
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.measure.date_evidence import parse_date

NOW_S = 1_800_000_000.0
EXAMPLE_S = 784111777

LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "  Sun, 06 Nov 1994 08:49:37 GMT\t",
    ],
)
def test_the_three_forms_of_the_rfc_are_the_same_moment(text: str) -> None:
    """The RFC's own examples are read as what they say."""
    assert parse_date(text, NOW_S) == EXAMPLE_S


@given(st.integers(0, 4_102_444_799))
def test_every_second_is_read_back(unix_s: int) -> None:
    """Each second until 2099 is what the standard library wrote, in all three forms."""
    parts = time.gmtime(unix_s)
    day = LONG_DAYS[parts.tm_wday]
    old = f"{day}, " + time.strftime("%d-%b-%y %H:%M:%S GMT", parts)
    assert parse_date(imf_date(unix_s), NOW_S) == unix_s
    assert parse_date(time.asctime(parts), NOW_S) == unix_s
    assert parse_date(old, float(unix_s)) == unix_s


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "0",
        "1800000000",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Mon, 06 Nov 1994 08:49:37 GMT",  # it was a Sunday
        "Tue, 29 Feb 2022 00:00:00 GMT",  # no such day
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:60 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Sun Nov 06 08:49:37 94",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    """Zones, lists, wrong days and what only looks like a date are refused."""
    assert parse_date(text, NOW_S) is None


def test_a_leap_second_is_the_next_minute() -> None:
    """Unix seconds don't count it."""
    assert parse_date("Sat, 31 Dec 2016 23:59:60 GMT", NOW_S) == 1483228800


def test_two_digits_are_at_most_fifty_years_ahead() -> None:
    """The century is the latest that is not too far in the future (RFC 9110 §5.6.7)."""
    assert parse_date("Sunday, 06-Nov-94 08:49:37 GMT", 1_800_000_000.0) == EXAMPLE_S
    assert parse_date("Saturday, 06-Nov-94 08:49:37 GMT", 2_600_000_000.0) == EXAMPLE_S + 36525 * 86400


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a server sends, the answer is a number or None."""
    assert parse_date(text, NOW_S) is None
