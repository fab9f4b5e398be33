"""Where a result goes: to stdout, or to the file of `-o`, whole or not at all.

A regular or new file is replaced in one step by a finished one, so that a reader never sees half a report
and a full disk never costs the old one. A FIFO or a device is written to and never replaced.
"""

import contextlib
import errno
import os
import re
import select
import stat
import sys
import time
from pathlib import Path

from skewcheck.cli.redact import without_tokens
from skewcheck.errors import OutputError
from skewcheck.visible import visible

READER_POLL_S = 0.02
"""How often a FIFO is tried that nobody has opened for reading yet."""
LAST_CHANCE_S = 0.1
"""What a FIFO gets where measuring used up all the time."""
MAX_PATH_SHOWN = 500

_OWN_DESCRIPTOR = re.compile(r"/dev/(?:fd/(\d+)|std(out|err))|/proc/self/fd/(\d+)", re.ASCII)
_LONGEST_DESCRIPTOR = 9
"""Digits: the system's own type has room for 2147483647, and Python may refuse to read thousands."""
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # Windows has neither this nor a terminal to be taken over
_NOCTTY = getattr(os, "O_NOCTTY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class _Stdout:
    """Whether anything went to stdout: a second JSON document after half of one helps nobody."""

    begun = False


def stdout_begun() -> bool:
    """Tell whether a result was written to stdout, in whole or in part."""
    return _Stdout.begun


def write_stdout(text: str) -> None:
    """Write *text* to stdout. Nobody reading any more is no error; raises OutputError for all others."""
    if sys.stdout is None:
        return
    _Stdout.begun = True
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        raise _failed("stdout", error) from error


def write_file(path: str, text: str, *, until_s: float, mode: int | None = None) -> None:
    """Write *text* to *path*; a FIFO or device may make it wait, until *until_s* of `time.monotonic`.

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
            _write_path(Path(path), content, until_s, mode)
    except BrokenPipeError:
        pass  # whoever read the FIFO has had enough, as with stdout
    except OSError as error:
        raise _failed(f"'{visible(without_tokens(path), MAX_PATH_SHOWN)}'", error) from error


def _write_path(path: Path, content: bytes, until_s: float, mode: int | None) -> None:
    try:
        old = path.stat()
    except FileNotFoundError:
        old = None
    if old is None or stat.S_ISREG(old.st_mode):
        _replace(path.resolve(), content, old, mode)
    elif stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    else:
        _write_special(path, content, until_s, fifo=stat.S_ISFIFO(old.st_mode))


def _own_descriptor(path: str) -> int | None:
    """Return the number where *path* names a descriptor of this process, as `/dev/stdout` does.

    Such a path may lead to a log file that the shell opened for appending: it is never replaced. Raises OSError for a
    number that no descriptor can have.
    """
    match = _OWN_DESCRIPTOR.fullmatch(path)
    if match is None:
        return None
    number, name, number_too = match.groups()
    if name:
        return {"out": 1, "err": 2}[name]
    digits = number or number_too
    if len(digits) > _LONGEST_DESCRIPTOR:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return int(digits)


def _replace(path: Path, content: bytes, old: os.stat_result | None, mode: int | None) -> None:
    """Put a finished file in the place of *path*, with the rights *mode*, of *old*, or those that the umask leaves."""
    if old is not None and not os.access(path, os.W_OK):  # renaming would get past a write protection
        raise PermissionError(errno.EACCES, "the file is write-protected")
    temporary = path.parent / f".skewcheck-{os.urandom(8).hex()}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC | _BINARY, 0o666)
        try:
            if old is not None:
                _take_rights(descriptor, old)
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            _write_all(descriptor, content, None)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:  # a signal too must leave nothing behind
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _take_rights(descriptor: int, old: os.stat_result) -> None:
    if hasattr(os, "fchown") and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):  # only root gives files away; then it becomes ours
            os.fchown(descriptor, old.st_uid, old.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _write_special(path: Path, content: bytes, until_s: float, *, fifo: bool) -> None:
    until_s = max(until_s, time.monotonic() + LAST_CHANCE_S)
    descriptor = _open_special(path, until_s if fifo else 0.0)
    try:
        _write_all(descriptor, content, until_s)
    finally:
        os.close(descriptor)


def _open_special(path: Path, until_s: float) -> int:
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
        time.sleep(READER_POLL_S)


def _write_all(descriptor: int, content: bytes, until_s: float | None) -> None:
    """Write *content* to the end; where the descriptor would block, wait until *until_s* (None: it won't)."""
    rest = memoryview(content)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            left_s = 0.0 if until_s is None else until_s - time.monotonic()
            if left_s <= 0 or not select.select([], [descriptor], [], left_s)[1]:
                raise TimeoutError(errno.ETIMEDOUT, "its reader does not keep up") from None


_REMEDIES = {
    errno.ENOSPC: "Free some space, or choose another place.",
    errno.EDQUOT: "Free some of the quota, or choose another place.",
    errno.EACCES: "Choose a place that this user may write to, or mend its rights.",
    errno.EPERM: "Choose a place that this user may write to, or mend its rights.",
    errno.EROFS: "That file system is read-only: choose another place.",
    errno.ENOENT: "Create the folder first, or choose another place.",
    errno.ENOTDIR: "A part of the path is a file: choose another place.",
    errno.EISDIR: "Name a file inside that folder.",
    errno.EBUSY: "A single mounted file can't be replaced: mount its folder instead.",
    errno.ENXIO: "Start whatever is to read it first.",
    errno.ETIMEDOUT: "Let its reader read faster, or allow more time with -t.",
}


def _failed(where: str, error: OSError) -> OutputError:
    """Return what the user is told of *error*."""
    reason = (error.strerror or str(error) or "no reason given").rstrip(".")
    summary = f"the report could not be written to {where}: {visible(reason[:1].lower() + reason[1:])}"
    return OutputError(summary, _REMEDIES.get(error.errno or 0, "Choose another place with -o, or none for stdout."))
