"""The picture: the range of each clock on one common axis of skew. Pure: characters and their roles.

It is honest. A range covers every cell that it touches, so it is never drawn narrower than it is; what goes on beyond
the edge ends in an arrow. The shapes carry the meaning, colour only repeats it: a liar's estimate is a cross, the
agreed range is doubled, what can't be ruled out is dotted. All glyphs of the Unicode set are in WGL4, which consoles
and terminal fonts have.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from skewcheck.model import Interval, Thresholds
from skewcheck.quantity import direction, duration_text, skew_text

LINE, RANGE, DOUBT, LIAR, AGREED, LABEL = "line", "range", "doubt", "liar", "agreed", "label"
"""Roles of a piece of text: what a style is chosen by."""

Span = tuple[str, str]
"""A piece of text and its role."""


class Glyphs(NamedTuple):
    """The characters that pictures are drawn with."""

    zero: str
    limit: str
    left_end: str
    right_end: str
    body: str
    crossing: str
    estimate: str
    liar: str
    doubt: str
    beyond_left: str
    beyond_right: str
    axis: str
    axis_zero: str
    axis_limit: str
    agreed_left: str
    agreed_right: str
    agreed_body: str
    agreed_crossing: str
    agreed_cell: str


UNICODE = Glyphs(*"│¦├┤─┼•×·◄►─┼┴╞╡═╪╬")
ASCII = Glyphs(*"|:()-+ox.<>-++[]==#")


class Bar(NamedTuple):
    """What there is to draw of one clock, as skew of the local clock against it."""

    skew_s: float | None
    """The best estimate; None where there is none worth a mark."""
    interval: Interval
    possible: Interval | None = None
    """A wider range that can't be ruled out, where there is one."""
    wrong: bool = False
    """Proven wrong by the others."""


class Axis(NamedTuple):
    """A stretch of skew, laid over so many cells."""

    low_s: float
    high_s: float
    cells: int

    def cell(self, skew_s: float) -> int:
        """Return the cell that holds *skew_s*; -1 or `cells`: beyond the edge."""
        if not self.holds(skew_s):
            return -1 if skew_s < self.low_s else self.cells
        place = (skew_s - self.low_s) / (self.high_s - self.low_s) * self.cells
        return min(math.floor(place), self.cells - 1)  # the end of the axis, or what rounds to it, is in the last cell

    def holds(self, skew_s: float) -> bool:
        """Tell whether *skew_s* is on the axis."""
        return self.low_s <= skew_s <= self.high_s


class Picture(NamedTuple):
    """What one measurement looks like: rows of clocks over a ruler with labels."""

    axis: Axis
    marks: tuple[tuple[float, str], ...]
    """Thresholds that are on the axis, apart from its zero, with their names."""
    glyphs: Glyphs
    zero: str
    """What the local clock equals where its skew is 0."""

    def row(self, bar: Bar) -> list[Span]:
        """Return the range of one clock, between the lines of zero and the thresholds."""
        glyphs = self.glyphs
        cells = [(" ", LINE)] * self.axis.cells
        for skew_s, _ in self.marks:
            cells[self.axis.cell(skew_s)] = (glyphs.limit, LINE)
        cells[self.axis.cell(0.0)] = (glyphs.zero, LINE)

        role = LIAR if bar.wrong else RANGE
        if bar.possible is not None:
            self._lay(cells, bar.possible, glyphs.doubt, DOUBT)
        first, final = self._lay(cells, bar.interval, glyphs.body, role)
        if self.axis.holds(bar.interval.low_s):
            cells[first] = (glyphs.left_end, role)
        if self.axis.holds(bar.interval.high_s):
            cells[final] = (glyphs.right_end, role)
        if bar.skew_s is not None and self.axis.holds(bar.skew_s):
            cells[self.axis.cell(bar.skew_s)] = (glyphs.liar if bar.wrong else glyphs.estimate, role)
        if bar.possible is not None:
            self._lay_arrows(cells, bar.possible, DOUBT)
        self._lay_arrows(cells, bar.interval, role)
        return _runs(cells)

    def _lay(self, cells: list[Span], interval: Interval, body: str, role: str) -> tuple[int, int]:
        """Cover every cell that *interval* touches; return the first and the final one, which may be off the axis."""
        first, final = self.axis.cell(interval.low_s), self.axis.cell(interval.high_s)
        for at in range(max(first, 0), min(final, self.axis.cells - 1) + 1):
            crossed = cells[at][0] in (self.glyphs.zero, self.glyphs.limit, self.glyphs.crossing)
            cells[at] = (self.glyphs.crossing if crossed else body, role)
        return first, final

    def _lay_arrows(self, cells: list[Span], interval: Interval, role: str) -> None:
        """Tell where *interval* goes on beyond the axis."""
        if interval.low_s < self.axis.low_s:
            cells[0] = (self.glyphs.beyond_left, role)
        if interval.high_s > self.axis.high_s:
            cells[-1] = (self.glyphs.beyond_right, role)

    def ruler(self, agreed: Interval | None) -> list[Span]:
        """Return the axis itself, with the agreed range doubled."""
        glyphs, last = self.glyphs, self.axis.cells - 1
        cells = [(glyphs.axis, LINE)] * self.axis.cells
        for skew_s, _ in self.marks:
            cells[self.axis.cell(skew_s)] = (glyphs.axis_limit, LINE)
        cells[self.axis.cell(0.0)] = (glyphs.axis_zero, LINE)
        if agreed is None:
            return _runs(cells)

        first, final = max(self.axis.cell(agreed.low_s), 0), min(self.axis.cell(agreed.high_s), last)
        for at in range(first, final + 1):
            cells[at] = (glyphs.agreed_body if cells[at][0] == glyphs.axis else glyphs.agreed_crossing, AGREED)
        cells[first] = (glyphs.agreed_left, AGREED)
        cells[final] = (glyphs.agreed_right if final > first else glyphs.agreed_cell, AGREED)
        return _runs(cells)

    def labels(self) -> str:
        """Return the line below the ruler: its zero, the thresholds, and where there is room the ends of the axis."""
        line = self._placed(" " * self.axis.cells, 0.0, [self.zero])
        for skew_s, name in self.marks:
            short = duration_text(skew_s)
            line = self._placed(line, skew_s, [short] if name in line else [f"{name} {short}", short])
        for end_s in (self.axis.high_s, self.axis.low_s):
            line = self._placed(line, end_s, [skew_text(end_s), direction(end_s)])
        return line.rstrip()

    def _placed(self, line: str, skew_s: float, forms: list[str]) -> str:
        """Return *line* with the first of *forms* under *skew_s* that finds room there, if one does."""
        for label in forms:
            start = max(min(self.axis.cell(skew_s) - len(label) // 2, len(line) - len(label)), 0)
            end = start + len(label)
            if not line[max(start - 2, 0) : end + 2].strip():
                return line[:start] + label + line[end:]
        return line


def picture(  # noqa: PLR0917 - what is drawn, then on what
    bars: Sequence[Bar], core: Interval | None, thresholds: Thresholds | None, cells: int, glyphs: Glyphs, zero: str
) -> Picture:
    """Return how to draw *bars* on *cells* cells, so that *core* is seen best (None: all of them alike)."""
    limits = [] if thresholds is None else [(thresholds.warning_s, "warning"), (thresholds.critical_s, "critical")]
    axis = Axis(*_stretch(bars, core, [limit_s for limit_s, _ in limits]), cells)
    taken = {axis.cell(0.0)}
    marks = []
    for skew_s, name in [(sign * limit_s, name) for limit_s, name in limits for sign in (1, -1)]:
        if axis.holds(skew_s) and axis.cell(skew_s) not in taken:
            taken.add(axis.cell(skew_s))
            marks.append((skew_s, name))
    return Picture(axis, tuple(marks), glyphs, zero)


# How many times wider the axis may become for the sake of ...
_FOR_ITS_VOTERS = 12  # ... the ranges that agree: of 24 cells the agreed range keeps two
_FOR_A_LIMIT = 2.5  # ... a threshold that isn't reached
_FOR_A_DOUBT = 3.0  # ... what can't be ruled out
_FOR_A_LIAR = 1.6  # ... a liar; an arrow says enough
_NARROWEST_S = 1e-4
"""No axis is narrower than 0.1 ms: what is smaller isn't skew."""


def _stretch(bars: Sequence[Bar], core: Interval | None, limits_s: Iterable[float]) -> tuple[float, float]:
    """Return from where to where the axis goes: round numbers around 0, the core and what else fits."""
    voters = [bar.interval for bar in bars if not bar.wrong]
    if core is None:
        return _rounded(_hull([0.0, *(end_s for interval in voters for end_s in interval)]))

    hull = _grown(_hull([0.0, *core]), voters, _FOR_ITS_VOTERS)
    limits = [Interval(s, s) for s in limits_s if core.high_s > 0] + [
        Interval(-s, -s) for s in limits_s if core.low_s < 0
    ]
    hull = _grown(hull, limits, _FOR_A_LIMIT)
    hull = _grown(hull, [bar.possible for bar in bars if bar.possible is not None], _FOR_A_DOUBT)
    return _rounded(_grown(hull, [bar.interval for bar in bars if bar.wrong], _FOR_A_LIAR))


def _hull(points_s: Iterable[float]) -> Interval:
    finite = [point_s for point_s in points_s if math.isfinite(point_s)]
    low_s, high_s = min(finite), max(finite)
    lacking_s = max(0.0, _NARROWEST_S - (high_s - low_s))
    return Interval(low_s - lacking_s / 2, high_s + lacking_s / 2)


def _grown(hull: Interval, wanted: Iterable[Interval], factor: float) -> Interval:
    """Return *hull* with each of *wanted*, as far as it is bounded, that makes it at most *factor* times wider.

    The nearest come first.
    """
    widest_s = hull.width_s * factor
    for interval in sorted(wanted, key=hull.gap_to):
        wider = _hull([*hull, *interval])
        if wider.width_s <= widest_s:
            hull = wider
    return hull


_STEPS_S = tuple(
    sorted(
        [digit * 10.0**power for power in range(-6, 1) for digit in (1, 2, 5)]
        + [10.0, 20.0, 30.0]
        + [60.0 * minutes for minutes in (1, 2, 5, 10, 20, 30)]
        + [3600.0 * hours for hours in (1, 2, 3, 6, 12)]
        + [86400.0 * digit * 10**power for power in range(6) for digit in (1, 2, 5)]
    )
)
"""Round steps for people: 1, 2, 5 of a decimal place below a minute, then what clock faces have."""
_FEWEST_STEPS = 8


def _rounded(hull: Interval) -> tuple[float, float]:
    """Return the ends of *hull* moved outwards to round numbers, with air on both sides of 0."""
    step_s = next((step_s for step_s in reversed(_STEPS_S) if step_s * _FEWEST_STEPS <= hull.width_s), _STEPS_S[0])
    low_s = min(min(math.floor(hull.low_s / step_s), -1) * step_s, hull.low_s)
    high_s = max(max(math.ceil(hull.high_s / step_s), 1) * step_s, hull.high_s)
    return low_s, high_s


def _runs(cells: Sequence[Span]) -> list[Span]:
    """Return *cells* with neighbours of one role joined."""
    runs: list[Span] = []
    for text, role in cells:
        if runs and runs[-1][1] == role:
            runs[-1] = (runs[-1][0] + text, role)
        else:
            runs.append((text, role))
    return runs
