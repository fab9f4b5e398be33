"""The picture is honest: no range is drawn narrower than it is, whatever its numbers."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reports import LIMITS, MARGINS, intervals
from rich.text import Text

from skewcheck.model import Interval
from skewcheck.render.chart import ASCII, UNICODE, Axis, Bar, picture


def cells_of(spans: list[tuple[str, str]]) -> str:
    """Return a row as a string of cells."""
    return "".join(text for text, _ in spans)


def touched(axis: Axis, interval: Interval) -> list[int]:
    """Return the cells of *axis* that *interval* lies in, by more than rounding."""
    width_s = (axis.high_s - axis.low_s) / axis.cells
    left_s = [axis.low_s + at * width_s for at in range(axis.cells)]
    air_s = width_s * 1e-6
    return [
        at
        for at in range(axis.cells)
        if interval.low_s < left_s[at] + width_s - air_s and interval.high_s > left_s[at] + air_s
    ]


@given(st.lists(intervals(), min_size=1, max_size=5), st.integers(16, 64), st.booleans())
@example([(0.0, Interval(-1e-06, math.nextafter(1.0, 0.0)))], 16, True)  # rounds onto the axis' very end
def test_no_range_is_drawn_narrower_than_it_is(
    ranges: list[tuple[float, Interval]], cells: int, agreeing: bool
) -> None:
    """Every cell that a range touches is covered, and an end beyond the edge is an arrow; the estimate is inside."""
    bars = [Bar(skew_s, interval) for skew_s, interval in ranges]
    agreed = ranges[0][1] if agreeing else None
    shown = picture(bars, agreed, LIMITS, cells, UNICODE, "UTC")
    axis = shown.axis
    assert axis.low_s < 0 < axis.high_s
    for bar in bars:
        row = cells_of(shown.row(bar))
        assert len(row) == cells
        assert {at for at, character in enumerate(row) if character in "├┤─┼•◄►"} >= set(touched(axis, bar.interval))
        assert (row[0] == "◄") == (bar.interval.low_s < axis.low_s)
        assert (row[-1] == "►") == (bar.interval.high_s > axis.high_s)
    if agreed is not None:
        ruler = cells_of(shown.ruler(agreed))
        assert axis.holds(agreed.low_s)
        assert axis.holds(agreed.high_s)
        assert ruler[axis.cell(agreed.low_s)] in "╞╬"
        assert ruler[axis.cell(agreed.high_s)] in "╡╬"


@given(st.lists(st.tuples(intervals(), st.just(math.inf) | MARGINS), min_size=1, max_size=3), st.integers(16, 64))
def test_what_cannot_be_ruled_out_is_drawn_as_far_as_it_goes(
    ranges: list[tuple[tuple[float, Interval], float]], cells: int
) -> None:
    """Dots cover what only the age of a `Date` leaves open, an arrow what is beyond the edge: any age, for instance."""
    bars = [
        Bar(skew_s, interval, Interval(interval.low_s - lag_s, interval.high_s)) for (skew_s, interval), lag_s in ranges
    ]
    shown = picture(bars, bars[0].interval, LIMITS, cells, UNICODE, "equal")
    for bar in bars:
        assert bar.possible is not None
        row = cells_of(shown.row(bar))
        assert len(row) == cells
        assert {at for at, cell in enumerate(row) if cell in "├┤─┼•·◄►"} >= set(touched(shown.axis, bar.possible))
        assert {at for at, cell in enumerate(row) if cell in "├┤─┼•◄►"} >= set(touched(shown.axis, bar.interval))
        assert (row[0] == "◄") == (bar.possible.low_s < shown.axis.low_s)


@pytest.mark.parametrize(
    ("bar", "unicode", "ascii_"),
    [
        (Bar(0.2, Interval(0.17, 0.23)), "   │      ¦   ├─•─┤  ", "   |      :   (-o-)  "),
        (Bar(0.2, Interval(0.17, 0.23), Interval(-0.03, 0.23)), " ··┼······┼···├─•─┤  ", " ..+......+...(-o-)  "),
        (Bar(0.2, Interval(0.17, 0.23), Interval(-math.inf, 0.23)), "◄··┼······┼···├─•─┤  ", "<..+......+...(-o-)  "),
        (Bar(0.23, Interval(-math.inf, 0.23)), "◄──┼──────┼───────•  ", "<--+------+-------o  "),
        (Bar(None, Interval(0.02, 0.23)), "   │ ├────┼───────┤  ", "   | (----+-------)  "),
    ],
    ids=["fresh", "lag", "any lag", "any age", "contradicted"],
)
def test_the_shapes(bar: Bar, unicode: str, ascii_: str) -> None:
    """Solid is proven, dotted can't be ruled out, an arrow goes on, and without one clock there is no estimate."""
    for glyphs, expected in ((UNICODE, unicode), (ASCII, ascii_)):
        shown = picture([Bar(0.2, Interval(0.17, 0.23))], Interval(0.17, 0.23), LIMITS, 21, glyphs, "equal")
        axis = Axis(-0.06, 0.27, 21)
        assert cells_of(shown._replace(axis=axis).row(bar)) == expected


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(16, 64), st.floats(0, 1))
@example(0.0, 1.0, 16, 1.0)
def test_a_place_on_the_axis_has_a_cell(low_s: float, width_s: float, cells: int, share: float) -> None:
    """The last point belongs to the last cell."""
    axis = Axis(low_s, low_s + width_s, cells)
    point_s = min(low_s + share * width_s, axis.high_s)
    if axis.low_s < axis.high_s:
        assert 0 <= axis.cell(point_s) < cells
        assert axis.cell(float("-inf")) < 0
        assert axis.cell(float("inf")) >= cells


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 10.0, 300.0, 86400.0])
def test_the_axis_goes_from_one_round_number_to_another(scale: float) -> None:
    """`250 ms ahead`, `1 h 40 min behind`: labels that a person can read at a glance."""
    core = Interval(0.68 * scale, 0.72 * scale)
    shown = picture([Bar(0.7 * scale, core)], core, None, 40, UNICODE, "UTC")
    assert re.search(r"(^| )\d{1,3}(\.\d\d?)? (ms|s|min|h|d)( \d+ (s|min|h))? ahead$", shown.labels())
    assert Text(shown.labels()).cell_len <= 40
