"""Colour, width and ASCII are decided in one place, by the rules that people know from elsewhere."""

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from skewcheck.cli.terminal import MAX_WIDTH, MIN_WIDTH, PIPED_WIDTH, surface


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """Open a terminal of 120 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        yield stream
    os.close(ours)


@pytest.fixture
def pipe() -> TextIO:
    """Return a stream that is no terminal."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


@pytest.mark.parametrize(
    ("environment", "color", "on_terminal", "piped", "in_file"),
    [
        ("", "auto", True, False, False),
        ("", "always", True, True, True),
        ("", "never", False, False, False),
        ("NO_COLOR=1", "auto", False, False, False),
        ("NO_COLOR=0", "auto", False, False, False),
        ("NO_COLOR=", "auto", True, False, False),
        ("NO_COLOR=1", "always", True, True, True),
        ("NO_COLOR=1 FORCE_COLOR=1", "auto", False, False, False),
        ("FORCE_COLOR=1", "auto", True, True, False),
        ("FORCE_COLOR=1", "never", False, False, False),
        ("FORCE_COLOR=0", "auto", False, False, False),
        ("FORCE_COLOR=", "auto", True, False, False),
        ("FORCE_COLOR=0 CLICOLOR_FORCE=1", "auto", False, False, False),
        ("CLICOLOR_FORCE=1", "auto", True, True, False),
        ("CLICOLOR_FORCE=1 NO_COLOR=1", "auto", False, False, False),
        ("CLICOLOR_FORCE=0", "auto", True, False, False),
        ("CLICOLOR_FORCE=1 CLICOLOR=0", "auto", True, True, False),
        ("CLICOLOR=0", "auto", False, False, False),
        ("CLICOLOR=1", "auto", True, False, False),
        ("TERM=dumb", "auto", False, False, False),
        ("TERM=dumb FORCE_COLOR=1", "auto", True, True, False),
    ],
)
def test_color(  # noqa: PLR0917 - pytest passes them by name
    environment: str, color: str, on_terminal: bool, piped: bool, in_file: bool, terminal: TextIO, pipe: TextIO
) -> None:
    """Our own option beats all, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM=dumb, then what it is.

    FORCE_COLOR=0 is off, unlike in rich; an empty variable is none. What is for logs colours no file.
    """
    variables = dict(word.split("=") for word in environment.split())
    wanted = [on_terminal, piped, in_file]
    assert [surface(stream, variables, color).color for stream in (terminal, pipe, None)] == wanted


@pytest.mark.parametrize(
    ("columns", "on_terminal", "piped"),
    [
        ("", 120, PIPED_WIDTH),
        ("100", 100, 100),
        ("0", 120, PIPED_WIDTH),
        ("-5", 120, PIPED_WIDTH),
        ("wide", 120, PIPED_WIDTH),
        ("٣٣", 120, PIPED_WIDTH),
        ("1", MIN_WIDTH, MIN_WIDTH),
        ("9" * 30, MAX_WIDTH, MAX_WIDTH),
    ],
)
def test_width(columns: str, on_terminal: int, piped: int, terminal: TextIO, pipe: TextIO) -> None:
    """COLUMNS, then the terminal, then 80; nonsense in COLUMNS makes no nonsense of the screen."""
    widths = [surface(stream, {"COLUMNS": columns}, "auto").width for stream in (terminal, pipe, None)]
    assert widths == [on_terminal, piped, piped]


def test_terminal_that_does_not_know_its_size() -> None:
    """A serial line says 0 columns; it gets 80."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        assert surface(stream, {}, "auto").width == PIPED_WIDTH
    os.close(ours)


@pytest.mark.parametrize(
    ("locale", "encoding", "ascii_only"),
    [
        ("", "utf-8", False),
        ("LANG=C.UTF-8", "utf-8", False),
        ("LANG=C", "utf-8", True),
        ("LC_ALL=POSIX", "utf-8", True),
        ("LC_ALL=C.UTF-8 LANG=C", "utf-8", False),
        ("LC_CTYPE=C LANG=de_DE.UTF-8", "utf-8", True),
        ("", "ascii", True),
        ("LANG=de_DE@euro", "iso8859-15", True),
        ("", "cp437", True),
        ("", "no-such-encoding", True),
        ("", None, True),
    ],
)
def test_ascii(locale: str, encoding: str | None, ascii_only: bool) -> None:
    """ASCII where the user's locale says so or the stream carries no more; in a container without a locale, UTF-8."""

    class Stream(io.StringIO):
        """A stream that says of itself what it carries."""

    Stream.encoding = encoding  # type: ignore[assignment]  # StringIO's is always None
    variables = dict(word.split("=") for word in locale.split())
    assert surface(Stream(), variables, "auto").ascii_only is ascii_only
