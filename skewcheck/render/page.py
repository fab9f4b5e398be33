"""The page: so many cells of a terminal, what fits on them, and how it is printed. Alone knows rich.

Words and shapes carry the meaning, colour repeats it: a page says the same without colour and in plain ASCII. Foreign
text was made visible when it came in; here it only ever becomes `Text`, never markup.
"""

import functools
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from skewcheck.model import Status
from skewcheck.render.chart import AGREED, ASCII, DOUBT, LABEL, LIAR, LINE, RANGE, UNICODE, Span
from skewcheck.visible import in_ascii, inert

if TYPE_CHECKING:
    from rich.console import Console

PLAIN, STRONG, VERDICT = "plain", "strong", "verdict"
"""Roles of text beside those of the picture."""
MARGIN, GUTTER = 2, 2
_NARROWEST_TEXT = 8
"""Cells that text beside a wide number is given at least, be the page too narrow for it."""
NARROWEST_HANGING = 60
"""Below so many cells a sentence starts again at the left edge instead of beside the word that it explains."""
_BEFORE_A_UNIT = re.compile(r"(?<=\d) (?=(?:d|h|min|s|ms|[µu]s|ppm)\b)")
"""A space at which no line is broken: "7.017" at the end of one and "s" at the start of the next reads badly."""
_GLUE = "\ue000"
"""Stands for such a space while lines are broken: of private use, which foreign text is never let in with."""

_WHERE_A_LINE_MAY_BEGIN = re.compile(r"(?:^|(?<=\s))::(?=[A-Za-z].*::)")
"""A command to a CI runner, as `inert` knows it: escaped before anything is measured, for that makes it longer."""

Line = list[Span]

# What is to be read stands in the terminal's own colours, at full strength: dim words are hard to read in many themes.
# A badge brings its ink and its ground along, of the 256 colours the fixed ones, which look alike in every theme: among
# the first sixteen no pair is readable in all of them.
_BLACK, _WHITE = "color(16)", "bold color(231)"
_GREEN, _YELLOW, _RED, _CYAN, _MAGENTA = "color(40)", "color(220)", "color(160)", "color(44)", "color(127)"
_STYLES = {
    PLAIN: "",
    STRONG: "bold",
    LINE: "dim",
    RANGE: "",
    LIAR: f"{_WHITE} on {_MAGENTA}",
    DOUBT: "",
    LABEL: "",
}
_VERDICT_STYLES = {
    Status.OK: f"{_BLACK} on {_GREEN}",
    Status.WARNING: f"{_BLACK} on {_YELLOW}",
    Status.CRITICAL: f"{_WHITE} on {_RED}",
    Status.UNKNOWN: f"{_BLACK} on {_CYAN}",
}

_ANY_HEIGHT = 100
"""Nothing is laid out by height; rich asks the terminal if none is given."""


class Page:
    """So many cells of a terminal: foreign text fitted into them, and lines made into what is printed."""

    def __init__(self, width: int, *, color: bool, ascii_only: bool) -> None:
        """Note what the terminal can do."""
        self.width = width
        self.glyphs = ASCII if ascii_only else UNICODE
        self._color, self._ascii_only = color, ascii_only
        self._written = io.StringIO()

    def say(self, text: str) -> str:
        """Return *text* in characters that this page can show, and inert wherever a line of it may be broken."""
        text = inert(_WHERE_A_LINE_MAY_BEGIN.sub(r"\\u003a:", text))
        return in_ascii(text) if self._ascii_only else text

    def cells(self, text: str) -> int:
        """Return how many cells *text* takes: some characters take two, some none."""
        from rich.cells import cell_len

        return cell_len(text)

    def fitted(self, text: str, width: int) -> str:
        """Return *text* on exactly *width* cells; the middle is left out where it is too long."""
        text, dots = self.say(text), self.say("…")
        if self.cells(text) > width:
            head, tail = list(text[: len(text) // 2]), list(text[len(text) // 2 :])
            while self.cells(text := self.say("".join([*head, dots, *tail]))) > width:  # a cut can make a command, too
                if len(head) > len(tail):
                    head.pop()
                else:
                    tail.pop(0)
        return text + " " * (width - self.cells(text))

    def ended(self, text: str, width: int) -> str:
        """Return as many words of *text* as fit on *width* cells; what stands in brackets at its end goes first."""
        shown, dots = self.say(text), self.say("…")
        if self.cells(shown) <= width:
            return shown
        short = shown.rpartition(" (")[0]
        if short and shown.endswith(")") and self.cells(short) <= width:
            return short
        words = shown.split(" ")
        while len(words) > 1 and self.cells(" ".join(words) + dots) > width:
            words.pop()
        return self.fitted(" ".join(words) + dots, width).rstrip()

    def wrapped(self, text: str, role: str = PLAIN, indent: int = 0) -> list[Line]:
        """Return *text* on as many lines as it takes, each a span of *indent* spaces and one of text."""
        from rich.text import Text

        glued = _BEFORE_A_UNIT.sub(_GLUE, self.say(text))
        lines = Text(glued).wrap(self._console, max(self.width - indent, _NARROWEST_TEXT))
        return [[(" " * indent, PLAIN), (line.plain.rstrip().replace(_GLUE, " "), role)] for line in lines]

    def beside(self, label: str, text: str, column: int, indent: int = 0) -> list[Line]:
        """Return *label*, and *text* beside it from that *column* on, continued below itself."""
        first, *more = self.wrapped(text, PLAIN, column) or [[("", PLAIN), ("", PLAIN)]]
        gap = " " * (column - indent - len(label))
        return [[(" " * indent, PLAIN), (label, PLAIN), (gap, PLAIN), *first[1:]], *more]

    def labelled(self, rows: Sequence[tuple[str, str]], indent: int = MARGIN, column: int = 0) -> list[Line]:
        """Return facts from that *column* on, or from the longest label's end, each behind its label."""
        if self.width < NARROWEST_HANGING:
            return [line for label, said in rows for line in self.wrapped(f"{label}: {said}", PLAIN, indent)]
        column = column or indent + max((len(label) for label, _ in rows), default=0) + GUTTER
        return [line for label, said in rows for line in self.beside(label, said, column, indent)]

    def flowed(self, facts: Sequence[str], indent: int) -> list[Line]:
        """Return short *facts* on as few lines as they take, none of them broken that fits on one."""
        groups: list[str] = []
        for fact in facts:
            if groups and self.cells(self.say(f"{groups[-1]}  {fact}")) <= self.width - indent:
                groups[-1] += f"  {fact}"
            else:
                groups.append(fact)
        return [line for group in groups for line in self.wrapped(group, PLAIN, indent)]

    def more(self, count: int) -> Line:
        """Return the line in the place of what is left out."""
        return [(f"and {count:,} more (-v)", PLAIN)]

    def printed(self, lines: Sequence[Line], status: Status) -> str:
        """Return *lines* as text, coloured for *status* where this page has colours."""
        if not self._color:
            return inert("".join("".join(self.say(text) for text, _ in line).rstrip() + "\n" for line in lines))
        from rich.text import Text

        styles = {**_STYLES, VERDICT: _VERDICT_STYLES[status], AGREED: _VERDICT_STYLES[status]}
        for line in lines:
            styled = Text.assemble(*((self.say(text), styles[role]) for text, role in line))
            styled.rstrip()
            self._console.print(styled, soft_wrap=True)
        return inert(self._written.getvalue())

    @functools.cached_property
    def _console(self) -> "Console":
        """A console that writes to memory and asks neither the environment nor a terminal about anything."""
        from rich.console import Console

        return Console(
            file=self._written,
            width=self.width,
            height=_ANY_HEIGHT,
            force_terminal=self._color,
            color_system="256" if self._color else None,
            no_color=not self._color,
            force_jupyter=False,
            legacy_windows=False,
            markup=False,
            highlight=False,
            emoji=False,
            _environ={},
        )


# --- Columns ---

SHORTEST_NAME, _LONGEST_WHOLE_NAME, _SHORTEST_NOTE = 16, 26, 10
"""Cells of a table that are left for them, where the page is too narrow for all."""
NO_NUMBER = "-"
FULL_WIDTH = 80
"""From so many cells on a screen keeps to its lines; below, lines are broken."""


class Row(NamedTuple):
    """A name, its numbers, and what there is to say beside them."""

    name: str
    numbers: tuple[str, ...]
    """Empty: there are none."""
    note: str = ""
    rejected: bool = False


def columns(page: Page, head: tuple[str, ...], rows: Sequence[Row]) -> list[Line]:
    """Return *rows* below their *head*: names left, numbers right, then notes; a list where that is too wide."""
    said = [
        Row(page.say(row.name), tuple(map(page.say, row.numbers)), page.say(row.note), row.rejected) for row in rows
    ]
    widths = [
        max(map(page.cells, column)) for column in zip(head[1:], *(r.numbers for r in said if r.numbers), strict=True)
    ]
    note_width = max((page.cells(row.note) for row in said if row.numbers), default=0)
    room = page.width - sum(GUTTER + width for width in widths)
    name_width = max(page.cells(text) for text in (head[0], *(row.name for row in said)))
    fits_beside = [page.cells(row.note) for row in said if not row.numbers]
    spare = room - min(note_width, _SHORTEST_NOTE) - GUTTER * (note_width > 0)
    if spare < min(name_width, SHORTEST_NAME) and page.width < FULL_WIDTH:
        return [line for row in said for line in _listed(page, head, row)]
    beside_notes = room - note_width - GUTTER * (note_width > 0)
    name_width = max(min(name_width, max(beside_notes, min(spare, _LONGEST_WHOLE_NAME))), 1)
    note_width = max(room - name_width - GUTTER, 0)
    dashes = all(cells <= note_width for cells in fits_beside)
    lines: list[Line] = []
    signs = next((page.say(sign) for sign in _SIGNS if head[1] == "OFFSET" and len(sign) <= note_width), "")
    for row in [Row(head[0], head[1:], signs), *said]:
        numbers = row.numbers or ((NO_NUMBER,) * len(widths) if dashes or not row.note else ())
        cells = [number.rjust(len(number) + wide - page.cells(number)) for number, wide in zip(numbers, widths)]  # noqa: B905 - there may be none
        name = (" " * GUTTER).join([page.fitted(row.name, name_width), *cells, ""])
        note = page.ended(row.note, note_width if numbers else page.width - name_width - GUTTER)
        lines.append(
            [
                (name, PLAIN),
                (_REJECTED if row.rejected else "", LIAR),
                (note.removeprefix(_REJECTED) if row.rejected else note, PLAIN),
            ]
        )
    return lines


_SIGNS = ("+ = this host ahead", "+ = ahead")
"""What the signs of a column of offsets mean, beside its head where there is room."""
_REJECTED = "rejected"
"""How the note of a row begins that is."""


def _listed(page: Page, head: tuple[str, ...], row: Row) -> list[Line]:
    """Return a row on a page that is too narrow for columns: nothing is left out."""
    facts = [f"{title} {number}" for title, number in zip(head[1:], row.numbers, strict=False) if number != NO_NUMBER]
    facts += [row.note] if row.note else []
    return [*(page.wrapped(row.name) if row.name else []), *page.flowed(facts, 2)]
