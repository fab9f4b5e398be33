"""One line on the terminal while something takes longer than a second: what is known, and how much time is left.

It is rewritten in place, always as wide, and gone before the result is shown. It needs no escape sequence: a carriage
return and spaces. Where nobody watches, or the terminal can't go back to the start of a line, there is none.
"""

import contextlib
import os
import select
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO
from unicodedata import east_asian_width

from skewcheck.cli import terminal
from skewcheck.model import Interval
from skewcheck.quantity import duration_text

if TYPE_CHECKING:
    from skewcheck.measure import date_evidence, poll

PATIENCE_S = 1.0
"""What is over by then needs no line."""
TICK_S = 0.25
_TYPED_OVER = 2
"""Cells that a terminal writes on its own at Ctrl-C: `^C`."""
_MAX_WIDTH, _MAX_NAME = 78, 28
_GAP = 2
_NTP = None
"""In the place of a host: the poll of the NTP servers."""


class Line:
    """The line. Several threads tell it how far they are, and one writes."""

    def __init__(self, stream: TextIO, columns: int, began_s: float, timeout_s: float, *, ascii_only: bool) -> None:
        """Write to *stream* of so many *columns*; *began_s*: when the process did, of `time.monotonic`."""
        # At its edge a terminal starts a new line.
        self._stream, self._width = stream, min(columns - 1 - _TYPED_OVER, _MAX_WIDTH)
        self._began_s, self._timeout_s = began_s, timeout_s
        self._dots, self._about = ("...", "+-") if ascii_only else ("…", "±")
        self._lock = threading.Lock()
        self._known: dict[str | None, Any] = {}
        self._shown = 0
        self._over = threading.Event()

    def __call__(self, progress: "date_evidence.Progress | poll.Progress") -> None:
        """Keep what is known now, of one host or of the NTP servers."""
        with self._lock:
            self._known[getattr(progress, "host", _NTP)] = progress

    def run(self) -> None:
        """Write it from when it was waited for long enough, and anew while time passes; until it is erased."""
        self._over.wait(self._began_s + PATIENCE_S - time.monotonic())
        while not self._over.is_set():
            self.write(time.monotonic() - self._began_s)
            self._over.wait(TICK_S)

    def write(self, elapsed_s: float) -> None:
        """Put what is known in the place of what stands there."""
        with self._lock:
            text = self._text(elapsed_s)
            if text and not self._over.is_set():
                self._put(text)

    def erase(self) -> None:
        """Leave an empty line, and write nothing any more."""
        with self._lock:
            self._over.set()
            if self._shown:
                self._put(" " * (self._shown + _TYPED_OVER) + "\r")

    def _text(self, elapsed_s: float) -> str:
        """Return the line: as many of its parts as there is room for, and the time at its right edge."""
        allowed_s = max(self._timeout_s, 1.0)
        when = f"{int(min(elapsed_s, allowed_s))} s of {duration_text(allowed_s)}"
        room = self._width - len(when) - _GAP
        if room < 0:
            return ""
        parts, end = self._parts(), f" {self._dots}"
        while parts and _cells("".join(parts) + end) > room:
            parts.pop()
        text = "".join(parts) + end if room >= len(end) else ""
        return f"{text}{' ' * (room - _cells(text) + _GAP)}{when}"

    def _parts(self) -> list[str]:
        """Return what is known, the most important first."""
        parts: list[str] = []
        for host, search in self._known.items():
            if host is not None:
                # of the second host its first label says enough: api and login
                name = host.partition(".")[0] if parts and not host[:1].isdigit() else host
                name = name if _cells(name) <= _MAX_NAME else f"{name[: _MAX_NAME // 2]}{self._dots}"
                requests = f"{search.requests} request{'s' if search.requests != 1 else ''}"
                known = self._range(search.fresh)
                parts.append(f", {name} {known}" if parts else f"{name}  {known} after {requests}")
        if poll := self._known.get(_NTP):
            at = f", sample {max(poll.sample, 1)} of {poll.samples}" if poll.samples > 1 else ""
            parts.append(f"{', ' if parts else ''}NTP: {poll.answered} of {poll.asked} servers{at}")
        return parts or ["asking"]

    def _range(self, fresh: Interval) -> str:
        half_s = (fresh.high_s - fresh.low_s) / 2
        return f"{self._about}{duration_text(half_s)}" if half_s < self._timeout_s + 1 else "no range yet"

    def _put(self, text: str) -> None:
        """Write it; a terminal that was stopped (Ctrl-S) is not waited for."""
        with contextlib.suppress(OSError, ValueError):
            if _writable(self._stream):
                self._shown = _cells(text)  # before: Ctrl-C can come while it is written, and wants all of it erased
                self._stream.write(f"\r{text}")
                self._stream.flush()


@contextlib.contextmanager
def shown(began_s: float, timeout_s: float) -> Iterator[Line | None]:
    """Give the line on stderr, a terminal, to tell how far it is, and erase it at the end; None: there is none."""
    stream = sys.stderr
    try:
        columns = os.get_terminal_size(stream.fileno()).columns or terminal.PIPED_WIDTH
    except OSError:
        columns = terminal.PIPED_WIDTH
    ascii_only = terminal.surface(stream, os.environ, "never").ascii_only
    line = Line(stream, columns, began_s, timeout_s, ascii_only=ascii_only)
    try:
        threading.Thread(target=line.run, daemon=True).start()
    except RuntimeError:  # this process may not start one more: then nothing is shown
        yield None
        return
    try:
        yield line
    finally:
        line.erase()


def _writable(stream: TextIO) -> bool:
    try:
        return bool(select.select([], [stream], [], 0)[1])
    except (OSError, ValueError):  # Windows knows this of sockets alone, and its consoles don't stop a program
        return True


def _cells(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
