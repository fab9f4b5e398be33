"""Rows of one part of a report: a clock's name, its range drawn, and what there is to say; for every part alike."""

from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.model import Interval, Status, Thresholds
from skewcheck.quantity import duration_text
from skewcheck.render.page import GUTTER, MARGIN, NARROWEST_HANGING, PLAIN, STRONG, Line, Page
from skewcheck.render.picture import LABEL, LIAR, Bar, Picture, picture

_WRONG = "WRONG"
_NARROWEST_PICTURE, _WIDEST_PICTURE = 16, 64
"""Cells. Below, a picture shows nothing; above, the eye loses the row."""
_SHORTEST_NAME = 14
"""Cells that a name may take on the smallest page; on others it is 3 of 10."""


class Row(NamedTuple):
    """One clock, or all of them together: a name, what there is to say, and what there is to draw."""

    name: str
    said: str
    role: str = PLAIN
    bar: Bar | None = None

    @property
    def wrong(self) -> bool:
        """Tell whether this clock is proven wrong."""
        return self.bar is not None and self.bar.wrong


class Scale(NamedTuple):
    """What the rows are drawn against."""

    zero: str
    """What the local clock equals where its skew is 0."""
    core: Interval | None
    """What is to be seen best; None: no range is better than another."""
    agreed: Interval | None
    """What all rows come to, doubled on the ruler; None: nothing."""
    together: Row
    """The ruler's own name, and what is said beside it."""
    thresholds: Thresholds | None
    status: Status


def table(page: Page, answered: Sequence[Row], silent: Sequence[Row], scale: Scale) -> list[list[Line]]:
    """Return the clocks that *answered*, as a picture where there is room, and why the *silent* gave nothing."""
    together = [scale.together] if answered else []
    name_width, cells = _columns(page, [*answered, *together], silent)
    if not cells:
        named = [row for row in [*answered, *together, *silent] if row.name]
        return [[line for row in named for line in entry(page, row, name_width)]]
    bars = [row.bar for row in answered if row.bar is not None]
    drawn = picture(bars, scale.core, scale.thresholds, cells, page.glyphs, scale.zero)
    lines = [
        [
            *_name(page, row, name_width),
            *(drawn.ruler(scale.agreed) if row.bar is None else drawn.row(row.bar)),
            (" " * GUTTER, PLAIN),
            *_said(page, row),
        ]
        for row in [*answered, *together]
    ]
    lines.append(_labels(page, scale, drawn, name_width))
    return [lines, [line for row in silent for line in entry(page, row, name_width)]]


def _columns(page: Page, drawn: Sequence[Row], silent: Sequence[Row]) -> tuple[int, int]:
    """Return the cells for names and for the picture; 0 for the picture where there is no room for one."""
    longest_name = max(page.cells(page.say(row.name)) for row in [*drawn, *silent])
    longest_said = max((page.cells("".join(text for text, _ in _said(page, row))) for row in drawn), default=0)
    name_width = min(longest_name, max(page.width * 3 // 10, _SHORTEST_NAME))
    room = page.width - MARGIN - name_width - 2 * GUTTER - longest_said
    if drawn and room >= _NARROWEST_PICTURE:
        return name_width, min(room, _WIDEST_PICTURE)
    return min(longest_name, page.width // 2), 0


def _name(page: Page, row: Row, width: int) -> Line:
    mark = page.glyphs.liar if row.wrong else ""
    fitted = " " * (MARGIN - len(mark)) + page.fitted(row.name, width) + " " * GUTTER
    return [(mark, LIAR), (fitted, STRONG if row.role is STRONG else PLAIN)]


def _said(page: Page, row: Row) -> Line:
    return [(page.say(row.said), row.role), *([("  ", PLAIN), (_WRONG, LIAR)] if row.wrong else [])]


def _labels(page: Page, scale: Scale, drawn: Picture, name_width: int) -> Line:
    """Return what stands below the picture: places on the axis, and beside it the next threshold that is off it."""
    labels = drawn.labels()
    line = " " * (MARGIN + name_width + GUTTER) + labels
    if scale.thresholds is not None:
        limits = {"warning": scale.thresholds.warning_s, "critical": scale.thresholds.critical_s}
        if scale.status in (Status.OK, Status.CRITICAL):
            limits.pop("critical" if scale.status is Status.OK else "warning")
        missing = next((f"{name} from {duration_text(limits[name])}" for name in limits if name not in labels), "")
        beside = line.ljust(MARGIN + name_width + GUTTER + drawn.axis.cells + GUTTER) + page.say(missing)
        line = beside if page.cells(beside) <= page.width else line
    return [(line, LABEL)]


def entry(page: Page, row: Row, name_width: int) -> list[Line]:
    """Return a row without a drawing: what is said stands beside the name, or on a small page below it."""
    said, role = (f"{row.said}  {_WRONG}", STRONG) if row.wrong else (row.said, row.role)
    if page.width < NARROWEST_HANGING:
        below = page.wrapped(said, role, 2 * MARGIN) if said else []
        return [_name(page, row, page.width - MARGIN - GUTTER), *below]
    first, *more = page.wrapped(said, role, MARGIN + name_width + GUTTER)
    return [[*_name(page, row, name_width), *first[1:]], *more]
