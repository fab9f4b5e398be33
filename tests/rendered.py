"""A report rendered, and what holds of each screen and each document."""

from typing import Any
from unicodedata import category

from bench.typed import checked
from rich.cells import cell_len

from skewcheck.model import Report
from skewcheck.render import json as documents
from skewcheck.render.page import Page
from skewcheck.render.text import render


def screen(report: Report, *, width: int = 80, verbose: int = 0, ascii_only: bool = False, quiet: bool = False) -> str:
    """Return the screen for *report* without colour."""
    return render(report, width=width, color=False, verbose=verbose, quiet=quiet, ascii_only=ascii_only)


def fits(report: Report, shown: str, width: int = 80, *, lines: int = 24) -> None:
    """Hold what every screen keeps: its size, and that it is plain text."""
    assert shown.endswith("\n")
    assert not shown.startswith("\n")
    assert "\n\n\n" not in shown
    assert not {"Cc", "Cf", "Cs"} & {category(character) for character in shown.replace("\n", "")}
    rows = shown.splitlines()
    plain = Page(width, color=False, ascii_only=False)
    commands = [plain.say(command) for step in report.steps if (command := step.command.rstrip())]
    for row in rows:
        assert row == row.rstrip()
        escaped = "\\u" in row  # what two foreign texts make together is escaped last of all, and may take more room
        assert cell_len(row) <= width or escaped or any(command in row for command in commands), row
    assert len(rows) <= lines
    if width >= 80 and report.failure is None:
        assert screen(report, quiet=True) == f"{rows[0]}\n"
        assert len(rows[0]) <= 80
        assert rows[0].startswith(report.status.value.upper().ljust(10))


def document(report: Report) -> dict[str, Any]:
    """Return the document of *report*, read back and held against the schema."""
    return checked(documents.render(report))
