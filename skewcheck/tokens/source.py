"""Where pasted text comes from: a file, a pipe, a device, the environment. Bounded in size and in time.

A FIFO that nobody writes to, a device without an end and a file of gigabytes are all ended here, by name. Names are
quoted back only where they aren't tokens themselves: `--file eyJ…` is an easy mistake.
"""

import os
import select
import time
from collections.abc import Mapping
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.errors import InputError, UsageError
from skewcheck.tokens.find import MAX_BYTES, find
from skewcheck.visible import visible

_CHUNK = 1 << 16
MOST_READ = 1 << 28
"""Bytes of what has an end: the last of them are kept. What has none is given up."""
_MAX_NAME = 100


class Given(NamedTuple):
    """What was given, or its end."""

    content: bytes
    skipped: int = 0
    """Bytes before it."""

    def __repr__(self) -> str:
        """Show nothing of it."""
        return f"Given({len(self.content)} bytes)"


class Tail:
    """The last MiB of what comes in pieces."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.kept, self.skipped = bytearray(), 0

    def add(self, piece: bytes) -> None:
        """Add *piece* at the end."""
        self.kept += piece
        if len(self.kept) > 2 * MAX_BYTES:  # not at each piece: what is kept is moved
            self._cut()

    def given(self) -> Given:
        """Return what is kept."""
        self._cut()
        return Given(bytes(self.kept), self.skipped)

    def _cut(self) -> None:
        over = max(0, len(self.kept) - MAX_BYTES)
        self.skipped += over
        del self.kept[:over]


def last(text: str) -> Given:
    """Return the last MiB of *text*."""
    tail = Tail()
    tail.add(text.encode("utf-8", "surrogateescape"))
    return tail.given()


def read_file(path: str, until_s: float) -> Given:
    """Return what is in the file, FIFO or device at *path*; *until_s*: of `time.monotonic`, when to give up.

    Raise `UsageError` where there is nothing to read, `InputError` where it doesn't end in time or in size.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO waits for its writer; with O_NOCTTY, a terminal isn't taken over.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    try:
        return _content(descriptor, until_s)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(descriptor)


def read_stream(fd: int, until_s: float | None) -> Given:
    """Return all that comes from *fd* until its end; *until_s*: as in `read_file`, None to wait without an end.

    Raise `InputError` where it doesn't end in time or in size, or is closed.
    """
    try:
        return _content(fd, until_s)
    except OSError as error:
        raise InputError(
            f"standard input can't be read: {foreign.text(error.strerror or 'it is closed')}",
            "pipe the token in, or --file FILE",
        ) from None


def read_environment(name: str, environ: Mapping[str, str]) -> Given:
    """Return the value of the environment variable *name*; raise `UsageError` where there is none or it is empty."""
    text = environ.get(name, "")
    if not text.strip():
        what = "is empty" if name in environ else "is not set"
        raise UsageError(
            f"the environment variable {_quoted(name)} {what}", "--env NAME, of a variable that holds the token"
        )
    return last(text)


def _content(fd: int, until_s: float | None) -> Given:
    tail = Tail()
    while tail.skipped <= MOST_READ:
        _wait(fd, until_s)
        try:
            more = os.read(fd, _CHUNK)
        except BlockingIOError:  # another reader of the same pipe was faster
            continue
        if not more:
            return tail.given()
        tail.add(more)
    raise InputError(
        f"what was given is longer than {MOST_READ >> 20} MiB", "the token alone, or the response that it came in"
    )


def _wait(fd: int, until_s: float | None) -> None:
    """Wait until *fd* has something to read or has ended. A FIFO that had no writer yet has not ended: it is silent."""
    if not hasattr(select, "poll"):  # Windows can't wait for a pipe: there it is just read
        return
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLHUP)
    left_s = None if until_s is None else until_s - time.monotonic()
    # Who keeps dripping has something to read each time: past the end nobody is asked.
    if (left_s is not None and left_s <= 0) or not poll.poll(None if left_s is None else left_s * 1000):
        raise InputError(
            "what should hold the token didn't come, or didn't end, in time",
            "see whether its writer is still there, or allow more time with -t",
        )


def _unreadable(path: str, error: OSError | ValueError) -> UsageError:
    """Return an error that tells the system's reason and not its words, in which the path stands."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "no file can have that name"
    remedy = "a FILE that holds the token, or - for standard input"
    return UsageError(f"{_quoted(path)} can't be read: {foreign.text(reason)}", remedy)


def _quoted(name: str) -> str:
    """Return *name* in quotes, safe to show; where it is a token by itself, only how long it is."""
    if find(name[:MAX_BYTES]) is not None or foreign.without_secrets(name, queries=False) != name:
        return f"what was given ({len(name)} characters, itself a token and not repeated here)"
    return f"'{visible(name, _MAX_NAME)}'"
