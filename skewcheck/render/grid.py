"""Columns of words on the page: as wide as what stands in them, broken within a cell where the page is too narrow."""

from collections.abc import Sequence

from skewcheck.render.page import GUTTER, MARGIN, PLAIN, STRONG, Line, Page

_NARROWEST = 10
"""Cells of a column; below, a list is easier to read."""


def grid(
    page: Page, head: Sequence[str], rows: Sequence[Sequence[str]], roles: Sequence[str] | None = None
) -> list[Line]:
    """Return *rows* below their *head*; where no columns fit, as a list of what each row says under which head.

    *roles*: of each row; all plain if not given.
    """
    widths = _widths(page, [head, *rows])
    if widths is None:
        return [line for row in rows for line in _listed(page, head, row)]
    lines = _row(page, head, widths, PLAIN)
    for row, role in zip(rows, roles or [PLAIN] * len(rows), strict=True):
        lines += _row(page, row, widths, role)
    return lines


def labelled(page: Page, rows: Sequence[tuple[str, str]], least: int = 0) -> list[Line]:
    """Return facts, each behind its label of *least* cells or more, what is too long continued below itself."""
    width = max([least, *(page.cells(page.say(label)) for label, _ in rows)])
    if width > page.width // 3:
        return [line for label, said in rows for line in page.wrapped(f"{label}: {said}", PLAIN, MARGIN)]
    lines: list[Line] = []
    for label, said in rows:
        first, *more = page.wrapped(said, PLAIN, MARGIN + width + GUTTER) or [[("", PLAIN), ("", PLAIN)]]
        lines += [[(" " * MARGIN + page.fitted(label, width) + " " * GUTTER, PLAIN), *first[1:]], *more]
    return lines


def _widths(page: Page, rows: Sequence[Sequence[str]]) -> list[int] | None:
    """Return the width of each column, the widest made narrower until all fit; None where they can't."""
    widths = [max(page.cells(page.say(cell)) for cell in column) for column in zip(*rows, strict=True)]
    spare = page.width - MARGIN - GUTTER * (len(widths) - 1) - sum(widths)
    while spare < 0:
        widest = max(range(1, len(widths)), key=widths.__getitem__)  # the first column names the row: it stays whole
        if widths[widest] <= _NARROWEST:
            return None
        widths[widest] -= 1
        spare += 1
    return widths


def _row(page: Page, row: Sequence[str], widths: Sequence[int], role: str) -> list[Line]:
    columns = [
        [line[1][0] for line in page.wrapped(cell, PLAIN, page.width - width)] if cell else [""]
        for cell, width in zip(row, widths, strict=True)
    ]
    height = max(map(len, columns))
    lines: list[Line] = []
    for at in range(height):
        cells = [column[at] if at < len(column) else "" for column in columns]
        texts = [page.fitted(cell, width) for cell, width in zip(cells, widths, strict=True)]
        lines.append([(" " * MARGIN + (" " * GUTTER).join(texts), role)])
    return lines


def _listed(page: Page, head: Sequence[str], row: Sequence[str]) -> list[Line]:
    name, *cells = row
    lines = page.wrapped(name, STRONG, MARGIN)
    for title, cell in zip(head[1:], cells, strict=True):
        if cell:
            lines += page.wrapped(f"{title}: {cell}" if title else cell, PLAIN, 2 * MARGIN)
    return lines
