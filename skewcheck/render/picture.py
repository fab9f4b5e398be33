"""The picture: every server's range on one common axis of skew, 0 being UTC. Pure: characters and their roles.

It is honest. A range covers every cell that it touches, so it is never drawn narrower than it is; what goes on beyond
the edge ends in an arrow. The shapes carry the meaning, colour only repeats it: a liar's estimate is a cross, the
agreed range is doubled. All glyphs of the Unicode set are in WGL4, which consoles and terminal fonts have.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from skewcheck.model import Consensus, Interval, Reading, ServerStatus, Thresholds
from skewcheck.quantity import direction, duration_text, skew_text

LINE, RANGE, LIAR, AGREED, LABEL = "line", "range", "liar", "agreed", "label"
"""Roles of a piece of text: what a style is chosen by."""

Span = tuple[str, str]
"""A piece of text and its role."""


class Glyphs(NamedTuple):
    """The characters that pictures are drawn with."""

    utc: str
    limit: str
    left_end: str
    right_end: str
    body: str
    crossing: str
    estimate: str
    liar: str
    beyond_left: str
    beyond_right: str
    axis: str
    axis_utc: str
    axis_limit: str
    agreed_left: str
    agreed_right: str
    agreed_body: str
    agreed_crossing: str
    agreed_cell: str


UNICODE = Glyphs(*"│¦├┤─┼•×◄►─┼┴╞╡═╪╬")
ASCII = Glyphs(*"|:()-+ox<>-++[]==#")


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
    """What one measurement looks like: rows of servers over a ruler with labels."""

    axis: Axis
    marks: tuple[tuple[float, str], ...]
    """Thresholds that are on the axis, apart from UTC, with their names."""
    glyphs: Glyphs

    def row(self, reading: Reading, *, liar: bool) -> list[Span]:
        """Return the range of one server, between the lines of UTC and the thresholds."""
        glyphs, last = self.glyphs, self.axis.cells - 1
        cells = [(" ", LINE)] * self.axis.cells
        for skew_s, _ in self.marks:
            cells[self.axis.cell(skew_s)] = (glyphs.limit, LINE)
        cells[self.axis.cell(0.0)] = (glyphs.utc, LINE)

        role = LIAR if liar else RANGE
        first, final = self.axis.cell(reading.interval.low_s), self.axis.cell(reading.interval.high_s)
        for at in range(max(first, 0), min(final, last) + 1):
            cells[at] = (glyphs.body if cells[at][0] == " " else glyphs.crossing, role)
        if 0 <= first <= last:
            cells[first] = (glyphs.left_end, role)
        if 0 <= final <= last:
            cells[final] = (glyphs.right_end, role)
        estimate = self.axis.cell(reading.skew_s)
        if 0 <= estimate <= last:
            cells[estimate] = (glyphs.liar if liar else glyphs.estimate, role)
        if first < 0:
            cells[0] = (glyphs.beyond_left, role)
        if final > last:
            cells[last] = (glyphs.beyond_right, role)
        return _runs(cells)

    def ruler(self, agreed: Interval | None) -> list[Span]:
        """Return the axis itself, with the agreed range doubled."""
        glyphs, last = self.glyphs, self.axis.cells - 1
        cells = [(glyphs.axis, LINE)] * self.axis.cells
        for skew_s, _ in self.marks:
            cells[self.axis.cell(skew_s)] = (glyphs.axis_limit, LINE)
        cells[self.axis.cell(0.0)] = (glyphs.axis_utc, LINE)
        if agreed is None:
            return _runs(cells)

        first, final = max(self.axis.cell(agreed.low_s), 0), min(self.axis.cell(agreed.high_s), last)
        for at in range(first, final + 1):
            cells[at] = (glyphs.agreed_body if cells[at][0] == glyphs.axis else glyphs.agreed_crossing, AGREED)
        cells[first] = (glyphs.agreed_left, AGREED)
        cells[final] = (glyphs.agreed_right if final > first else glyphs.agreed_cell, AGREED)
        return _runs(cells)

    def labels(self) -> str:
        """Return the line below the ruler: UTC, the thresholds, and where there is room the ends of the axis."""
        line = self._placed(" " * self.axis.cells, 0.0, ["UTC"])
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


def picture(consensus: Consensus, thresholds: Thresholds | None, cells: int, glyphs: Glyphs) -> Picture | None:
    """Return how to draw *consensus* on *cells* cells; None where nobody gave a reading."""
    readings = [vote.outcome for vote in consensus.votes if isinstance(vote.outcome, Reading)]
    if not readings:
        return None
    limits = [] if thresholds is None else [(thresholds.warning_s, "warning"), (thresholds.critical_s, "critical")]
    axis = Axis(*_stretch(consensus, [limit_s for limit_s, _ in limits]), cells)
    taken = {axis.cell(0.0)}
    marks = []
    for skew_s, name in [(sign * limit_s, name) for limit_s, name in limits for sign in (1, -1)]:
        if axis.holds(skew_s) and axis.cell(skew_s) not in taken:
            taken.add(axis.cell(skew_s))
            marks.append((skew_s, name))
    return Picture(axis, tuple(marks), glyphs)


# How many times wider the axis may become for the sake of ...
_FOR_ITS_VOTERS = 12  # ... the ranges that agree: of 24 cells the agreed range keeps two
_FOR_A_LIMIT = 2.5  # ... a threshold that isn't reached
_FOR_A_LIAR = 1.6  # ... a liar; an arrow says enough
_NARROWEST_S = 1e-4
"""No axis is narrower than 0.1 ms: what is smaller isn't skew."""


def _stretch(consensus: Consensus, limits_s: Iterable[float]) -> tuple[float, float]:
    """Return from where to where the axis goes: round numbers around UTC, the agreed range and what else fits."""
    votes = [(vote.status, vote.outcome.interval) for vote in consensus.votes if isinstance(vote.outcome, Reading)]
    voters = [interval for status, interval in votes if status is not ServerStatus.FALSETICKER]
    liars = [interval for status, interval in votes if status is ServerStatus.FALSETICKER]
    agreed = consensus.interval
    if agreed is None:
        return _rounded(_hull([0.0, *(end_s for interval in voters for end_s in interval)]))

    core = _hull([0.0, *agreed])
    hull = _grown(core, voters, _FOR_ITS_VOTERS)
    limits = [Interval(s, s) for s in limits_s if agreed.high_s > 0] + [
        Interval(-s, -s) for s in limits_s if agreed.low_s < 0
    ]
    hull = _grown(hull, limits, _FOR_A_LIMIT)
    return _rounded(_grown(hull, liars, _FOR_A_LIAR))


def _hull(points_s: Iterable[float]) -> Interval:
    finite = [point_s for point_s in points_s if math.isfinite(point_s)]
    low_s, high_s = min(finite), max(finite)
    lacking_s = max(0.0, _NARROWEST_S - (high_s - low_s))
    return Interval(low_s - lacking_s / 2, high_s + lacking_s / 2)


def _grown(hull: Interval, wanted: Iterable[Interval], factor: float) -> Interval:
    """Return *hull* with each of *wanted* that doesn't make it more than *factor* times wider, nearest first."""
    widest_s = hull.width_s * factor
    for interval in sorted(wanted, key=hull.gap_to):
        wider = _hull([*hull, *interval])
        if wider.width_s <= widest_s and all(map(math.isfinite, interval)):
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
    """Return the ends of *hull* moved outwards to round numbers, with air on both sides of UTC."""
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
