"""Where a result goes: to stdout, or to the file of `-o`, whole or not at all; and where messages go.

All that leaves this process goes through one writer, past Python's own streams: those lose what a disk or a slow reader
didn't take at once. A regular or new file is replaced in one step by a finished one (`replacement`). A FIFO or a device
is written to and never replaced.
"""

import errno
import os
import re
import select
import stat
import sys
import time
from typing import TYPE_CHECKING, TextIO

from skewcheck.cli import last_resort
from skewcheck.errors import OutputError
from skewcheck.foreign import without_tokens
from skewcheck.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

READER_POLL_S = 0.02
"""How often something is tried that can't be waited for, as a FIFO that nobody has opened for reading yet."""
LAST_CHANCE_S, DISK_CHANCE_S = 0.1, 0.5
"""What a reader gets, and what a disk does, where measuring used up all the time."""
MAX_PATH_SHOWN = 500

_OWN_DESCRIPTOR = r"/dev/(?:fd/([0-9]+)|std(out|err))|/proc/self/fd/([0-9]+)"
_LONGEST_DESCRIPTOR = 9
"""Digits: the system's own type has room for 2147483647, and Python may refuse to read thousands."""
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # Windows has neither this nor a terminal to be taken over
_NOCTTY = getattr(os, "O_NOCTTY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_PIECE = getattr(select, "PIPE_BUF", 512)
"""Bytes that a pipe takes without blocking, once it says that it would take any."""
_GONE = (BrokenPipeError, ConnectionResetError)
"""Nobody reads any more: a pipe says the first, a socket either."""


class _State:
    """What became of both streams, and how long their readers are waited for."""

    begun = False
    """Something went to stdout: a second JSON document after half of one helps nobody."""
    deaf = False
    """stderr didn't take a message in time: then it gets no other, and nobody waits for each line anew."""
    until_s = 0.0
    """Of `time.monotonic`."""


def wait_until(until_s: float) -> None:
    """Wait for whoever reads stdout or stderr until *until_s* of `time.monotonic`, and no longer."""
    _State.until_s = until_s


def stdout_begun() -> bool:
    """Tell whether a result was written to stdout, in whole or in part."""
    return _State.begun


def write_stdout(text: str) -> None:
    """Write *text* to stdout. Nobody reading any more is no error; raises OutputError for all others."""
    if sys.stdout is None:
        return
    _State.begun = True
    try:
        _write_stream(sys.stdout, text, _State.until_s)
    except _GONE:
        pass
    except OSError as error:
        raise _failed("stdout", error) from error


def write_stderr(text: str, *, patient: bool = True) -> None:
    """Write *text* to stderr, as far as somebody takes it in time; not *patient*: at once or hardly later."""
    if sys.stderr is None or _State.deaf:
        return
    try:
        _write_stream(sys.stderr, text, _State.until_s if patient else 0.0)
    except TimeoutError:
        _State.deaf = patient
    except (OSError, ValueError):
        pass  # there is nowhere left to say so


def _write_stream(stream: TextIO, text: str, until_s: float) -> None:
    try:
        descriptor = stream.fileno() if hasattr(select, "poll") else None  # Windows' console is no file
    except (OSError, ValueError):
        descriptor = None  # a stream in memory, of a program that calls us
    if descriptor is None:
        stream.write(text)
        stream.flush()
        return
    content = text.encode(stream.encoding or "utf-8", "backslashreplace")
    if last_resort.armed():
        _write_all(descriptor, content, until_s)
        return
    last_resort.arm(until_s - time.monotonic(), hard=False)  # no -t yet, or no more
    try:
        _write_all(descriptor, content, until_s)
    finally:
        last_resort.disarm()


def write_file(path: str, text: str, *, until_s: float, mode: int | None = None) -> None:
    """Write *text* to *path*; whatever it is may make it wait, until *until_s* of `time.monotonic`.

    *mode*: the rights that a regular file is to have; None: those of the old one, or what the umask leaves.
    Raises OutputError, and then a regular file is as it was before.
    """
    content = text.encode("utf-8", "backslashreplace")
    try:
        descriptor = _own_descriptor(path)
        if descriptor is not None:
            _write_all(descriptor, content, until_s)
        elif path.endswith("/"):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))  # or would be, if it were there
        else:
            _write_path(path, content, until_s, mode)
    except _GONE:
        pass  # whoever read the FIFO has had enough, as with stdout
    except OSError as error:
        raise _failed(f"'{visible(without_tokens(path), MAX_PATH_SHOWN)}'", error) from error


def _write_path(named: str, content: bytes, until_s: float, mode: int | None) -> None:
    from pathlib import Path  # 2 ms, which nobody pays who reads stdout

    from skewcheck.cli import replacement

    path = Path(named)
    kind = replacement.replace(path, content, mode, max(until_s, time.monotonic() + DISK_CHANCE_S))
    if kind is not replacement.Kind.FILE:
        _write_special(path, content, until_s, fifo=kind is replacement.Kind.FIFO)


def _own_descriptor(path: str) -> int | None:
    """Return the number where *path* names a descriptor of this process, as `/dev/stdout` does.

    Such a path may lead to a log file that the shell opened for appending: it is never replaced. Raises OSError for a
    number that no descriptor can have.
    """
    match = re.fullmatch(_OWN_DESCRIPTOR, path)
    if match is None:
        return None
    number, name, number_too = match.groups()
    if name:
        return {"out": 1, "err": 2}[name]
    digits = number or number_too
    if len(digits) > _LONGEST_DESCRIPTOR:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return int(digits)


def _write_special(path: "Path", content: bytes, until_s: float, *, fifo: bool) -> None:
    until_s = max(until_s, time.monotonic() + LAST_CHANCE_S)
    descriptor = _open_special(path, until_s if fifo else 0.0)
    try:
        _write_all(descriptor, content, until_s)
    finally:
        os.close(descriptor)


def _open_special(path: "Path", until_s: float) -> int:
    """Open *path* for writing; a FIFO that nobody reads yet is waited for until *until_s*."""
    while True:
        try:
            return os.open(path, os.O_WRONLY | _NONBLOCK | _NOCTTY | _CLOEXEC | _BINARY)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() >= until_s:
                reason = "nobody reads from it" if until_s else "there is nothing behind it"
                raise OSError(errno.ENXIO, reason) from error
        _pause()


def _pause() -> None:
    """Let some time pass, also where libfaketime makes `time.sleep` fail."""
    if hasattr(select, "poll"):
        select.poll().poll(READER_POLL_S * 1000)
    else:
        time.sleep(READER_POLL_S)


def _write_all(descriptor: int, content: bytes, until_s: float) -> None:
    """Write *content* to the end, to a descriptor of any kind, blocking or not, however little it takes at a time.

    It may make us wait until *until_s*, or for a last chance; raises OSError where it takes no more.
    """
    until_s = max(until_s, time.monotonic() + LAST_CHANCE_S)
    waits = not stat.S_ISREG(os.fstat(descriptor).st_mode)
    rest = memoryview(content)
    while rest:
        if waits:
            _wait(descriptor, until_s)
        try:
            rest = rest[os.write(descriptor, rest[:_PIECE] if waits else rest) :]
        except BlockingIOError:  # another writer was faster, or there is room for less than a packet
            _pause()


def _wait(descriptor: int, until_s: float) -> None:
    """Wait until *descriptor* takes something. Who takes a little each time is not waited for any longer either."""
    left_s = until_s - time.monotonic()
    if hasattr(select, "poll"):
        poll = select.poll()  # and not select(), which knows no descriptor above 1023
        poll.register(descriptor, select.POLLOUT)
        ready = bool(poll.poll(max(left_s, 0.0) * 1000))  # who takes it at once is not waited for
    else:
        ready = left_s > 0
    if not ready:
        raise TimeoutError(errno.ETIMEDOUT, "its reader does not keep up")


_REMEDIES = {
    errno.ENOSPC: "free some space, or choose another place",
    errno.EDQUOT: "free some of the quota, or choose another place",
    errno.EFBIG: "allow larger files (ulimit -f), or choose another place",
    errno.EACCES: "choose a place that this user may write to, or mend its rights",
    errno.EPERM: "choose a place that this user may write to, or mend its rights",
    errno.EROFS: "that file system is read-only: choose another place",
    errno.ENOENT: "create the folder first, or choose another place",
    errno.ENOTDIR: "a part of the path is a file: choose another place",
    errno.EISDIR: "name a file inside that folder",
    errno.EBUSY: "a single mounted file can't be replaced: mount its folder instead",
    errno.ENXIO: "start whatever is to read it first",
    errno.ETIMEDOUT: "see what holds it up, or allow more time with -t",
}


def _failed(where: str, error: OSError) -> OutputError:
    """Return what the user is told of *error*."""
    reason = (error.strerror or str(error) or "no reason given").rstrip(".")
    summary = f"the report could not be written to {where}: {visible(reason[:1].lower() + reason[1:])}"
    return OutputError(summary, _REMEDIES.get(error.errno or 0, "choose another place with -o, or none for stdout"))
