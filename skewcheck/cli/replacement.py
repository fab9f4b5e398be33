"""A file of `-o` is replaced by a finished one in one step, whatever becomes of the process or of the disk meanwhile.

Two things make that so. The file has no name while it is being written, where the file system can do that: then nothing
is left of it, however its writer ends. And another process does all of this, while ours waits for it as long as there
is time: nothing ends a process that waits for a disk, not even the kernel.
"""

import contextlib
import errno
import os
import select
import signal
import stat
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import NoReturn

TIDY_S = 0.2
"""What the other process gets to take back what it did, where its work is not wanted any more."""


_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_UNNAMED = getattr(os, "O_TMPFILE", 0)
_LONGEST_ANSWER = 4096

Wanted = Callable[[], bool]
"""Tells whether anybody still waits for the work."""


class Kind(Enum):
    """What is at a path."""

    FILE = "file"
    """Or nothing yet."""
    FIFO = "fifo"
    OTHER = "other"


class _NoAnswerError(Exception):
    """The other process could not be started, or ended without a word."""


class _Abandoned(BaseException):
    """Raised in the other process. Not an `Exception`, so that nothing on the way swallows it."""


def replace(path: Path, content: bytes, mode: int | None, until_s: float) -> Kind:
    """Put a file with *content* in the place of *path*, where there is a regular file or nothing; return what there is.

    Raises OSError, and then what was there is there; a TimeoutError where that takes until *until_s* of
    `time.monotonic`. *mode*: the rights of the file; None: those of the old one, or what the umask leaves.
    """
    try:
        return _by_another_process(lambda wanted: _replace(path, content, mode, wanted), until_s)
    except _NoAnswerError:
        return _replace(path, content, mode, lambda: True)


# --- The other process ---


def _by_another_process(work: Callable[[Wanted], Kind], until_s: float) -> Kind:
    """Return what *work* returns, or raise the OSError that it raised, in a copy of this process."""
    if not hasattr(os, "fork"):
        raise _NoAnswerError
    try:
        ours, theirs = os.pipe()
    except OSError:
        raise _NoAnswerError from None
    try:
        child = _started(work, ours, theirs)
        answer = _waited_for(child, ours, until_s)
    finally:
        os.close(ours)
    with contextlib.suppress(ChildProcessError):  # whoever started us may have had children ignored
        os.waitpid(child, 0)
    number, _, text = answer.decode("utf-8", "replace").partition(" ")
    if not number:
        raise _NoAnswerError
    if number == "0":
        return Kind(text)
    raise OSError(int(number), text)


def _started(work: Callable[[Wanted], Kind], ours: int, theirs: int) -> int:
    """Start the other process, which nothing disturbs but that it is not wanted any more; return its number."""
    import warnings

    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of other threads: they are no part of this work
            child = os.fork()
    except OSError:
        raise _NoAnswerError from None
    else:
        if child == 0:
            _do(work, ours, theirs)
        return child
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(theirs)


def _do(work: Callable[[Wanted], Kind], ours: int, theirs: int) -> NoReturn:
    """Do the *work* in the other process, answer in *theirs*, and end."""
    try:
        answer = ""
        try:
            os.close(ours)
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):  # whoever reads our output until its end must not wait for this process
                os.dup2(nothing, descriptor)
            _be_told_of_its_end(theirs)
            answer = f"0 {work(lambda: _is_open(theirs)).value}"
        except OSError as error:
            answer = f"{error.errno or errno.EIO} {error.strerror or error}"
        finally:
            _hear_no_more()  # also that the answer is being read is a SIGIO
            os.write(theirs, answer.encode("utf-8", "replace")[:_LONGEST_ANSWER])
    finally:
        os._exit(0)


def _be_told_of_its_end(theirs: int) -> None:
    """Have _Abandoned raised once the process that waits is no more, or calls the work off."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(theirs, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(theirs, fcntl.F_SETFL, os.O_WRONLY | os.O_ASYNC)  # SIGIO, when nobody can read it any more
    for number in (signal.SIGTERM, signal.SIGIO):
        signal.signal(number, _abandon)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM, signal.SIGIO])


def _abandon(_number: int, _frame: FrameType | None) -> None:
    _hear_no_more()  # raised a second time, it would get past what ends this process
    raise _Abandoned


def _hear_no_more() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def _waited_for(child: int, ours: int, until_s: float) -> bytes:
    """Return the answer of the other process, empty where it gave none. Raises TimeoutError."""
    try:
        if _came(ours, until_s):
            return os.read(ours, _LONGEST_ANSWER)
    except BaseException:
        _call_off(child, ours)
        raise
    if answer := _call_off(child, ours):
        return answer  # it was just done
    raise TimeoutError(errno.ETIMEDOUT, "the disk does not answer in time")


def _call_off(child: int, ours: int) -> bytes:
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGTERM)
    return os.read(ours, _LONGEST_ANSWER) if _came(ours, time.monotonic() + TIDY_S) else b""


def _came(descriptor: int, until_s: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(until_s - time.monotonic(), 0.0) * 1000))


def _is_open(theirs: int) -> bool:
    """Tell whether somebody can still read what is written to *theirs*."""
    poll = select.poll()
    poll.register(theirs, 0)
    return not poll.poll(0)


# --- The work ---


def _replace(path: Path, content: bytes, mode: int | None, wanted: Wanted) -> Kind:
    try:
        old = path.stat()
    except FileNotFoundError:
        old = None
    if old is not None:
        if stat.S_ISDIR(old.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(old.st_mode):
            return Kind.FIFO if stat.S_ISFIFO(old.st_mode) else Kind.OTHER
    path = path.resolve()
    if old is not None and not os.access(path, os.W_OK):  # renaming would get past a write protection
        raise PermissionError(errno.EACCES, "the file is write-protected")
    temporary = path.parent / f".skewcheck-{os.urandom(8).hex()}.tmp"

    def fill(descriptor: int) -> None:
        _fill(descriptor, content, old, mode)

    try:
        if not _named_when_finished(temporary, fill):
            _named_from_the_start(temporary, fill)
        _go_on(wanted)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return Kind.FILE


def _go_on(wanted: Wanted) -> None:
    """Raise _Abandoned where the work is not wanted any more."""
    if not wanted():
        raise _Abandoned


def _named_when_finished(path: Path, fill: Callable[[int], None]) -> bool:
    """Make a file that gets its name only when it is full; tell whether that can be done here."""
    if not _UNNAMED:
        return False
    try:
        descriptor = os.open(path.parent, os.O_WRONLY | _UNNAMED | _CLOEXEC, 0o666)
    except OSError:
        return False
    try:
        fill(descriptor)
        try:
            # A folder to start from makes Python follow the link; the path is absolute, so which one doesn't matter.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        except OSError:  # no /proc, or whoever was given the file must be the one who names it
            return False
    finally:
        os.close(descriptor)
    return True


def _named_from_the_start(path: Path, fill: Callable[[int], None]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC | _BINARY, 0o666)
    try:
        fill(descriptor)
    finally:
        os.close(descriptor)


def _fill(descriptor: int, content: bytes, old: os.stat_result | None, mode: int | None) -> None:
    """Write the file, with the rights *mode*, of *old*, or those that the umask leaves."""
    if mode is None and old is not None:
        mode = stat.S_IMODE(old.st_mode)
    if mode is not None and hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
    if old is not None and hasattr(os, "fchown") and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):  # only root gives files away; then it becomes ours
            os.fchown(descriptor, old.st_uid, old.st_gid)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)
