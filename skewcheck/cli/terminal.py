"""What the output may look like: its width, whether colour, whether only ASCII; and whether input is typed.

Decided here and nowhere else.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple, TextIO

PIPED_WIDTH = 80
"""Columns where there is no terminal to ask."""
MIN_WIDTH, MAX_WIDTH = 40, 400
"""Nonsense in COLUMNS must not make nonsense of the screen."""

_DRAWN = "─│┼━●·…±µ"
"""Of what a screen is drawn with; a stream that can't carry it gets ASCII."""


class Surface(NamedTuple):
    """What a text is rendered for."""

    width: int
    color: bool
    ascii_only: bool


def surface(stream: TextIO | None, environment: Mapping[str, str], color: str) -> Surface:
    """Return what *stream* can show; None stands for a file. *color* is `auto`, `always` or `never`."""
    return Surface(_width(stream, environment), _color(stream, environment, color), _ascii_only(stream, environment))


def _color(stream: TextIO | None, environment: Mapping[str, str], color: str) -> bool:
    """Decide on colour: our own option first, then what is said for all programs, then what the stream is."""
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if stream is None:  # a file that somebody reads later: the rules below speak of screens and logs
        return False
    if forced := environment.get("FORCE_COLOR"):
        return forced != "0"
    if environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()


def _width(stream: TextIO | None, environment: Mapping[str, str]) -> int:
    columns = environment.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and int(columns[:9]) > 0:
        return _sane(int(columns[:9]))
    if stream is not None and stream.isatty():
        try:
            return _sane(os.get_terminal_size(stream.fileno()).columns or PIPED_WIDTH)
        except OSError:
            pass  # a terminal that doesn't know its size (a serial line)
    return PIPED_WIDTH


def _sane(columns: int) -> int:
    return min(max(columns, MIN_WIDTH), MAX_WIDTH)


def _ascii_only(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Tell whether only ASCII will do: the stream carries no more, or the user says so by a locale named C.

    Without any locale (most containers) Python's own choice stands, which is UTF-8.
    """
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    if locale in ("C", "POSIX"):
        return True
    if stream is None:
        return False
    try:
        _DRAWN.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def rewrites(stream: TextIO | None) -> bool:
    """Tell whether *stream* is a terminal that can go back to the start of a line."""
    return stream is not None and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def is_stdin() -> bool:
    """Tell whether a person may type what is read from standard input."""
    try:
        return os.isatty(0)
    except OSError:  # it is closed
        return False
