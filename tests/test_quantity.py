"""Quantities as people write and read them: what is shown still holds the truth, as a person would write it."""

import contextlib
import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skewcheck.quantity import (
    MAX_DURATION_S,
    at_least_text,
    at_most_text,
    bound_text,
    duration_text,
    parse_duration,
    parse_signed_duration,
    parse_span,
    parse_time,
    range_text,
    share_text,
    signed_text,
    skew_text,
    utc_text,
)

SKEWS = st.one_of(
    st.floats(-1e-3, 1e-3), st.floats(-1.0, 1.0), st.floats(-100.0, 100.0), st.floats(-1e5, 1e5), st.floats(-2e9, 2e9)
)
RANGES = st.tuples(SKEWS, st.one_of(st.floats(0, 1e-3), st.floats(0, 1.0), st.floats(0, 2e5))).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1])
)
UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "years": 31557600.0}
FLOAT_NOISE = 1e-9
"""Of the size: what reading a printed decimal back may add."""
TINY_S = 1e-13
"""So much less than any clock can tell that rounding may swallow it."""
FINEST_S = 1e-5


def size_in(text: str, unit: str = "") -> float:
    """Return the seconds that `1 h 30 min` says; *unit* stands for a missing one: `195` of `195 to 211 ms`."""
    words = text.split()
    if len(words) == 1:
        words.append(unit)
    numbers, units = words[::2], words[1::2]
    assert len(numbers) == len(units)
    return math.fsum(float(number) * UNITS_S[unit] for number, unit in zip(numbers, units, strict=True))


def skew_in(text: str, way: str = "", unit: str = "") -> float:
    """Return the skew that `1 h 30 min behind` says."""
    size, _, said = text.rpartition(" ")
    if said not in ("ahead", "behind"):
        size, said = text, way
    return size_in(size, unit) * {"ahead": 1, "behind": -1}[said]


def range_in(text: str) -> tuple[float, float]:
    """Return the range that `195 to 211 ms ahead` says."""
    first, last = text.split(" to ")
    *_, unit, way = last.split()
    low_s, high_s = sorted([skew_in(first, way, unit), skew_in(last)])
    return low_s, high_s


def rounding_s(seconds: float) -> float:
    """Return how far a lone duration of about *seconds* may be from what is shown of it."""
    size_s = abs(seconds)
    if size_s < 59:
        return max(size_s / 200, FINEST_S / 2)
    if size_s > 2 * UNITS_S["years"]:
        return size_s / 200
    return 0.5 if size_s < 3599.5 else 30 if size_s < 86370 else 1800


@given(RANGES)
@example((0.195, 0.211))
@example((0.7, 0.99))
@example((0.9999, 1.0))
@example((59.96, 60.04))
@example((-5400.02, -5399.98))
@example((-3600.0, 18000.0))
@example((86000.0, 90000.0))
@example((0.2, 0.2))
@example((0.0, 0.0))
def test_a_printed_range_holds_the_range(drawn: tuple[float, float]) -> None:
    """Rounded outwards, whatever the unit; and no more than a fifth wider, as far as digits are shown at all."""
    low_s, high_s = drawn
    shown_low_s, shown_high_s = range_in(range_text(low_s, high_s))
    size_s = max(abs(low_s), abs(high_s))
    assert shown_low_s <= low_s + FLOAT_NOISE * size_s + TINY_S
    assert shown_high_s >= high_s - FLOAT_NOISE * size_s - TINY_S
    finest_s = FINEST_S if size_s < 1 else 1e-3
    assert shown_high_s - shown_low_s <= 1.2 * (high_s - low_s) + 2 * finest_s + 4 * FLOAT_NOISE * size_s


@given(RANGES)
def test_the_larger_side_is_rounded_up(drawn: tuple[float, float]) -> None:
    """`within 5 ms` must not be said of 5.2 ms."""
    low_s, high_s = -abs(drawn[0]), abs(drawn[1])
    assert size_in(bound_text(low_s, high_s)) >= max(-low_s, high_s) * (1 - FLOAT_NOISE) - TINY_S


@given(RANGES, st.floats(0, 1))
def test_an_estimate_lies_in_the_range_that_is_printed_beside_it(drawn: tuple[float, float], share: float) -> None:
    """`203 ms AHEAD, proven between 195 and 211 ms` never contradicts itself, up to what a minute on is rounded to."""
    low_s, high_s = drawn
    estimate_s = min(max(low_s + share * (high_s - low_s), low_s), high_s)
    shown_low_s, shown_high_s = range_in(range_text(low_s, high_s))
    shown_s = skew_in(skew_text(estimate_s, drawn))
    noise_s = FLOAT_NOISE * max(abs(low_s), abs(high_s)) + TINY_S
    if abs(estimate_s) > 59:
        noise_s += rounding_s(estimate_s)
    assert shown_low_s - noise_s <= shown_s <= shown_high_s + noise_s


@given(st.one_of(st.floats(0, 1e-3), st.floats(0, 1), st.floats(0, 100), st.floats(0, 1e6), st.floats(0, 1e9)))
@example(0.9994)
@example(0.99951)
@example(59.949)
@example(61.46875)
@example(59.96)
@example(3599.7)
@example(86399.0)
def test_a_duration_is_written_as_people_write_it(seconds: float) -> None:
    """Three digits or two units; never `1000 ms`, `60 s`, `1 h 60 min`, `0.50 s` or `1 h 0 min`."""
    text = duration_text(seconds)
    numbers = [float(number) for number in text.split()[::2]]
    units = text.split()[1::2]
    assert len(numbers) == len(units) <= 2
    for number, unit in zip(numbers, units, strict=True):
        assert number < {"ms": 1000, "s": 60, "min": 60, "h": 24, "d": 731, "years": math.inf}[unit]
        assert number > 0 or seconds < FINEST_S
    assert units in ([["ms"], ["s"], ["min"], ["h"], ["d"], ["min", "s"], ["h", "min"], ["d", "h"], ["years"]])
    assert not re.search(r"\.\d*0\b", text)
    if len(units) == 2:
        assert all(number.is_integer() for number in numbers)
    assert size_in(text) == pytest.approx(seconds, abs=1.0001 * rounding_s(seconds))
    assert duration_text(-seconds) == text


SHOWN = {
    0.0: "0 ms", 0.0123: "12.3 ms", 0.99951: "1 s", 1.25: "1.25 s", 59.96: "1 min", 75.0: "1 min 15 s",
    5400.0: "1 h 30 min", 86399.0: "1 d", 63115200.0: "2 years", 1e300: "3.17e+292 years", math.inf: "unbounded",
}  # fmt: skip


@pytest.mark.parametrize(("seconds", "text"), SHOWN.items())
def test_durations(seconds: float, text: str) -> None:
    """As they are shown."""
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("low_s", "high_s", "text"),
    [
        (0.195, 0.211, "195 to 211 ms ahead"),
        (-0.003, 0.008, "3 ms behind to 8 ms ahead"),
        (-5400.02, -5399.98, "5399.98 to 5400.02 s behind"),
        (-3600.0, 18000.0, "1 h behind to 5 h ahead"),
        (86400.0 * 2, 86400.0 * 2 + 5400, "2 d to 2 d 1 h 30 min ahead"),
        (0.0, 0.0, "0 to 0 ms behind"),
        (-math.inf, -3.0, "3 s to any amount behind"),
        (-math.inf, math.inf, "any amount behind to any amount ahead"),
    ],
)
def test_ranges(low_s: float, high_s: float, text: str) -> None:
    """As they are shown."""
    assert range_text(low_s, high_s) == text


@pytest.mark.parametrize(
    ("low_s", "high_s", "text"),
    [
        (-0.354, -0.337, "-354 to -337 ms"),
        (-0.0801, 0.0499, "-90 to +50 ms"),
        (0.0, 0.0125, "0 to +13 ms"),
        (0.0, 0.0, "0 ms"),
        (-200.02, -199.98, "-200.02 to -199.98 s"),
        (-5400.02, -5399.98, "-1 h 30 min ±20 ms"),
        (25202.6, 25202.7, "+7 h 3 s ±400 ms"),
        (25200.0, 25200.0, "+7 h ±0 ms"),
        (-3600.0, 18000.0, "-1 h to +5 h"),
        (-math.inf, 0.05, "at most +50 ms"),
        (-3.0, math.inf, "at least -3 s"),
        (-math.inf, math.inf, "any"),
        (-1.7987e9, -1.7986e9, "-57 to -56.9 years"),
    ],
)
def test_ranges_with_their_signs(low_s: float, high_s: float, text: str) -> None:
    """As tables show them: one unit at the end, `+` for ahead; of narrow ones of hours the middle."""
    assert signed_text(low_s, high_s) == text


@given(RANGES)
def test_a_range_with_signs_holds_the_range(drawn: tuple[float, float]) -> None:
    """Rounded outwards as every other; from two years on to tenths of one."""
    low_s, high_s = drawn
    shown = signed_text(low_s, high_s)
    middle, _, half = shown.partition(" ±")
    if half:
        middle_s = size_in(middle[1:]) * (-1 if middle[0] == "-" else 1)
        assert middle_s - size_in(half) - FLOAT_NOISE * abs(middle_s) <= low_s
        assert high_s <= middle_s + size_in(half) + FLOAT_NOISE * abs(middle_s)
        return
    unit = shown.split()[-1]
    ends = [end if end[-1].isalpha() else f"{end} {unit}" for end in shown.split(" to ")]
    shown_low_s, shown_high_s = (
        -size_in(end[1:]) if end[0] == "-" else size_in(end.lstrip("+")) for end in (ends[0], ends[-1])
    )
    noise_s = FLOAT_NOISE * max(abs(low_s), abs(high_s)) + TINY_S
    assert shown_low_s - noise_s <= low_s <= high_s <= shown_high_s + noise_s
    if unit != "years":
        assert range_text(low_s, high_s).split()[-2] == unit


@given(st.floats(0, 4e9), st.sampled_from([3, 6]))
@example(1_800_014_399.9999999, 3)
def test_a_time_of_day_is_rounded_the_way_that_is_asked_for(unix_s: float, decimals: int) -> None:
    """Down or up, by less than the last digit, into the next second, day or year where need be; sorted as text."""
    down, up = utc_text(unix_s, decimals=decimals), utc_text(unix_s, decimals=decimals, round_up=True)
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{{decimals}}}Z", down)
    assert down <= up
    (fraction,) = re.findall(r"\.(\d+)Z", down)
    assert float(f"0.{fraction}") <= unix_s % 1 < float(f"0.{fraction}") + 10.0**-decimals * (1 + FLOAT_NOISE)


def test_times_of_day() -> None:
    """As they are shown."""
    assert utc_text(0.0) == "1970-01-01T00:00:00.000Z"
    assert utc_text(1_800_014_399.9996) == "2027-01-15T11:59:59.999Z"
    assert utc_text(1_800_014_399.9996, round_up=True) == "2027-01-15T12:00:00.000Z"
    assert utc_text(1_800_014_400.25, decimals=6) == "2027-01-15T12:00:00.250000Z"
    assert utc_text(-0.25) == "1969-12-31T23:59:59.750Z"


AS_WRITTEN_S = {
    "50ms": 0.05, "2": 2.0, "2s": 2.0, ".5": 0.5, "1.5m": 90.0, "1min": 60.0, "1h": 3600.0, "1d": 86400.0,
    "250us": 0.00025, "250µs": 0.00025, " 3s ": 3.0, "+3s": 3.0,
}  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), AS_WRITTEN_S.items())
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    """Every unit, and a bare number is seconds."""
    assert parse_duration(text) == pytest.approx(seconds)
    assert parse_signed_duration(text) == pytest.approx(seconds)


def test_a_duration_with_a_sign() -> None:
    """Only where one makes sense."""
    assert parse_signed_duration("-7s") == -7.0
    assert parse_signed_duration("0") == 0.0
    for text in ("-7s", "0"):
        with pytest.raises(ValueError, match="more than 0"):
            parse_duration(text)


@pytest.mark.parametrize(
    "text",
    ["", "s", "nan", "inf", "1e3", "0x10", "1 s", "1h30m", "--1", "1,5s", "٣s", "1_000", "5 ms", "1S", "1" * 400],
)
def test_what_is_no_duration(text: str) -> None:
    """Refused with a sentence, never taken for something else."""
    with pytest.raises(ValueError, match=r"is not a duration|is longer than"):
        parse_duration(text)


def test_the_longest_duration() -> None:
    """More than 31 years is a slip."""
    assert parse_duration(f"{MAX_DURATION_S:.0f}") == MAX_DURATION_S
    with pytest.raises(ValueError, match="31 years"):
        parse_duration(f"{MAX_DURATION_S + 1:.0f}")


@given(st.text(max_size=12))
def test_parsing_never_fails_in_another_way(text: str) -> None:
    """Only ValueError, and only finite seconds."""
    try:
        seconds = parse_signed_duration(text)
    except ValueError:
        return
    assert math.isfinite(seconds)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "no"),
        (1, "all"),
        (0.97, "nearly all"),
        (0.9, "about 9 in 10"),
        (0.32, "about 1 in 3"),
        (0.15, "about 1 in 7"),
        (0.0123, "about 1 in 81"),
        (0.000056, "about 1 in 18,000"),
        (1e-300, "about 1 in 1,000,000,000"),
    ],
)
def test_shares_are_shown_as_people_say_them(share: float, expected: str) -> None:
    """One in so many; of more than a third the nearest simple fraction; none and all only where it is so."""
    assert share_text(share) == expected


@given(st.floats(0, 1))
def test_a_share_is_never_shown_as_none_or_all_where_it_is_not(share: float) -> None:
    """Nearly all is not all, and next to none is not none."""
    assert (share_text(share) == "no") == (share == 0)
    assert (share_text(share) == "all") == (share == 1)


@given(st.floats(-1e9, 1e9).filter(lambda size: abs(size) >= 1e-4))
@example(0.1804)
@example(5399.02)
def test_at_least_and_at_most_stay_true(size_s: float) -> None:
    """Rounded down and up: neither claims more than is known, and both stay near."""
    least_s, most_s = (size_in(text(size_s)) for text in (at_least_text, at_most_text))
    assert least_s - 1e-9 <= abs(size_s) <= most_s + 1e-9 * max(1.0, abs(size_s))
    assert most_s - least_s <= max(0.1 * abs(size_s), 1e-5) + 1e-9


def test_at_least_and_at_most_as_read() -> None:
    """Three digits, from a minute on whole seconds, from an hour on minutes, then tenths of years; without a sign."""
    assert (at_least_text(-2.9049), at_most_text(2.9049)) == ("2.9 s", "2.91 s")
    assert (at_least_text(0.18049), at_most_text(-0.18041)) == ("180 ms", "181 ms")
    assert (at_least_text(180.2), at_most_text(180.2)) == ("3 min", "3 min 1 s")
    assert (at_least_text(1.6e9), at_most_text(1.6e9)) == ("50.7 years", "50.8 years")
    assert (at_least_text(5399.02), at_most_text(5399.02)) == ("1 h 29 min", "1 h 30 min")


@pytest.mark.parametrize(
    ("text", "low_s", "high_s"),
    [
        ("200ms", 0.2, 0.2),
        ("-200ms±50ms", -0.25, -0.15),
        ("-200ms +- 50ms", -0.25, -0.15),
        ("1+/-2", -1, 3),
        ("+1s±0", 1, 1),
        ("±1s", -1, 1),
        (" -7s ", -7, -7),
    ],
)
def test_a_skew_with_its_margin(text: str, low_s: float, high_s: float) -> None:
    """The margin goes both ways; a sign that no keyboard has can be typed as two or three that all have."""
    assert parse_span(text) == pytest.approx((low_s, high_s))


@pytest.mark.parametrize("text", ["", "±", "1s±", "1s±2s±3s", "1s±-2s", "a±b", "1s+2s", "nan±1", "1e3"])
def test_no_skew_with_a_margin(text: str) -> None:
    """All else is refused, with a sentence."""
    with pytest.raises(ValueError, match=r"write|margin"):
        parse_span(text)


NOON_S = 1_800_014_400.0


@pytest.mark.parametrize(
    ("text", "unix_s"),
    [
        ("2027-01-15T12:00:00Z", NOON_S),
        ("2027-01-15 12:00:00z", NOON_S),
        ("2027-01-15T13:00:00+01:00", NOON_S),
        ("2027-01-15T06:30:00-0530", NOON_S),
        ("2027-01-15T12:00:00.25Z", NOON_S + 0.25),
        ("1800014400", NOON_S),
        (" 1800014400.5 ", NOON_S + 0.5),
        ("1970-01-01T00:00:00Z", 0.0),
        ("2028-02-29T00:00:00Z", 1_835_395_200.0),
    ],
)
def test_a_time_of_day(text: str, unix_s: float) -> None:
    """RFC 3339, as logs and `date` write it, and Unix seconds."""
    assert parse_time(text) == unix_s


@pytest.mark.parametrize(
    "text",
    ["", "noon", "12:00", "2027-01-15", "2027-01-15T12:00:00", "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z",
     "2027-01-15T24:00:00Z", "2027-01-15T12:00:00+29:59", "-5", "1e9", "nan", "٢٠٢٧-01-15T12:00:00Z", "1800014400000"],
)  # fmt: skip
def test_no_time_of_day(text: str) -> None:
    """Without a zone nobody knows when it is; milliseconds are no seconds."""
    with pytest.raises(ValueError, match=r"write|calendar"):
        parse_time(text)


@given(st.integers(0, 4_102_444_800), st.integers(-14 * 4, 14 * 4))
def test_times_of_day_come_back(unix_s: int, quarters: int) -> None:
    """What is shown in UTC, or shifted to any zone, is read as the same moment."""
    assert parse_time(utc_text(unix_s)) == unix_s
    sign, (hours, minutes) = "-" if quarters < 0 else "+", divmod(abs(quarters) * 15, 60)
    local = utc_text(unix_s + quarters * 900, decimals=3).removesuffix("Z")
    assert parse_time(f"{local}{sign}{hours:02d}:{minutes:02d}") == unix_s


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Nothing else is raised."""
    for parse in (parse_time, parse_span):
        with contextlib.suppress(ValueError):
            parse(text)
