"""One line on the terminal while a search goes on: rewritten with each reply, gone before the result is shown.

It needs no escape sequence: a carriage return and spaces. Where nobody watches, or the terminal can't go back to the
start of a line, there is none.
"""

import contextlib
import os
import select
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Protocol, TextIO
from unicodedata import east_asian_width

from skewcheck.cli import terminal
from skewcheck.model import Interval
from skewcheck.quantity import range_text

_TYPED_OVER = 2
"""Cells that a terminal writes on its own at Ctrl-C: `^C`."""


class Progress(Protocol):
    """How far the search at one host is."""

    @property
    def host(self) -> str:
        """Its name, safe to show."""

    @property
    def requests(self) -> int:
        """How many were sent."""

    @property
    def fresh(self) -> Interval:
        """What is known by now, if its `Date` is fresh."""


class Line:
    """The line of one search. Several threads tell it how far they are."""

    def __init__(self, stream: TextIO, width: int, *, ascii_only: bool) -> None:
        """Write to *stream*, at most *width* cells."""
        self._stream, self._width = stream, width
        self._dots = ".." if ascii_only else "…"
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._shown = 0
        self._over = False

    def __call__(self, progress: Progress) -> None:
        """Show what is known now."""
        requests = f"{progress.requests} request{'s' if progress.requests != 1 else ''}"
        with self._lock:
            self._known[progress.host] = f"{progress.host}: {requests}, {range_text(*progress.fresh)}"
            if not self._over:
                self._write(self._fitted(f"asking {'; '.join(self._known.values())} "))

    def erase(self) -> None:
        """Leave an empty line, and write nothing any more."""
        with self._lock:
            self._over = True
            if self._shown:
                self._shown = min(self._shown + _TYPED_OVER, self._width - 1)
                self._write("")

    def _fitted(self, text: str) -> str:
        """Return as much of *text* as there is room for: at the very edge some terminals start a new line."""
        room = self._width - 1 - len(self._dots)
        while text and _cells(text) > room:
            text = text[:-1]
        return text + self._dots

    def _write(self, text: str) -> None:
        """Put *text* in the place of what stands there; a terminal that was stopped (Ctrl-S) is not waited for."""
        with contextlib.suppress(OSError, ValueError):
            if not _writable(self._stream):
                return
            self._stream.write(f"\r{' ' * self._shown}\r{text}")
            self._stream.flush()
            self._shown = _cells(text)


@contextlib.contextmanager
def shown(*, quiet: bool) -> Iterator[Line | None]:
    """Give the line to tell how far the search is, and erase it at the end; None where there is to be none."""
    line = None if quiet else _line(sys.stderr, os.environ)
    try:
        yield line
    finally:
        if line is not None:
            line.erase()


def _line(stream: TextIO | None, environment: Mapping[str, str]) -> Line | None:
    if stream is None or not stream.isatty() or environment.get("TERM", "dumb") == "dumb":
        return None
    try:
        columns = os.get_terminal_size(stream.fileno()).columns or terminal.PIPED_WIDTH
    except OSError:
        columns = terminal.PIPED_WIDTH
    return Line(stream, columns, ascii_only=terminal.surface(stream, environment, "never").ascii_only)


def _writable(stream: TextIO) -> bool:
    try:
        return bool(select.select([], [stream], [], 0)[1])
    except (OSError, ValueError):  # Windows knows this of sockets alone, and its consoles don't stop a program
        return True


def _cells(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
