"""Where pasted text comes from: a file, a pipe, a device, the environment, a terminal. Bounded in size and in time.

A FIFO that nobody writes to, a device without an end and a file of gigabytes are all ended here, by name. Names are
quoted back only where they aren't tokens themselves: `--file eyJ…` is an easy mistake.
"""

import contextlib
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
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


# --- Pasted at a terminal: whole, without echo, and without leaving half of it to the shell ---
#
# A terminal's own line buffer cuts a line at 4095 bytes without a word (1023 on macOS), and `input` or `getpass` take
# one line and leave the others to the shell, which runs them. So the terminal is read byte by byte here, without its
# buffer, until the paste is over: Enter, and then silence.

SILENCE_S = 0.2
"""After so long without a byte a paste is over: its pieces come milliseconds apart, over a slow line some tens."""
TERMINAL = "/dev/tty"

_BEGIN, _END = b"\x1b[200~", b"\x1b[201~"
"""What a terminal puts around a paste, once it has been asked to (xterm, "bracketed paste mode")."""
_ASK_FOR_BRACKETS, _NO_MORE_BRACKETS = b"\x1b[?2004h", b"\x1b[?2004l"
_ENTER, _END_OF_INPUT = b"\n", b"\x04"
_ERASE, _ERASE_ALL = "\x7f\b", "\x15"

_SIGNAL_BASE = 128
"""What shells add to a signal's number to make an exit code of it."""
_HARMLESS = ("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGINFO")
_UNANSWERABLE = ("SIGKILL", "SIGSTOP", "SIGTTIN", "SIGTTOU", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL")
"""The first two by anybody. Who sets the terminal from the background gets the next two again. The others stand for a
fault of the process: Python would go back to it for ever."""
_LEFT_ALONE = {getattr(signal, name) for name in (*_HARMLESS, *_UNANSWERABLE) if hasattr(signal, name)}


def paste(prompt: str, *, terminal: str = TERMINAL) -> Given:
    """Show *prompt* and return what is pasted or typed until Enter, its last MiB; empty for Enter or Ctrl-D alone.

    Nothing is echoed, and the terminal is as it was before, whatever ends this: an error, Ctrl-C. Raises UsageError
    where there is no terminal.
    """
    if os.name == "nt":
        return _paste_on_windows(prompt)
    import termios

    try:
        descriptor = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise _no_terminal() from None
    try:
        with _silent(descriptor, prompt):
            pasted = _read(descriptor)
            return pasted._replace(content=_text(pasted.content).encode())
    except termios.error:
        return last(_line(prompt))
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _silent(descriptor: int, prompt: str) -> Iterator[None]:
    """Show *prompt*, hand on every byte at once and unseen; at the end drop what is unread, put back what was set."""
    import termios

    before = termios.tcgetattr(descriptor)
    ours = termios.tcgetattr(descriptor)
    ours[3] &= ~(termios.ICANON | termios.ECHO | termios.ECHONL)  # ISIG stays: Ctrl-C works
    ours[6][termios.VMIN], ours[6][termios.VTIME] = 1, 0
    for key in (termios.VSUSP, termios.VQUIT):  # would leave a shell in front of a silent terminal
        ours[6][key] = b"\0"

    def silence() -> None:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, ours)  # and not FLUSH: who pastes early loses nothing
        os.write(descriptor, _ASK_FOR_BRACKETS + prompt.encode("utf-8", "replace"))

    def restore() -> None:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        if select.select([], [descriptor], [], 0)[1]:  # else it is stopped (Ctrl-S), and would hold up the end
            os.write(descriptor, _NO_MORE_BRACKETS + _ENTER)

    with _around_signals(silence, restore):
        try:
            silence()
            yield
        finally:
            restore()


@contextlib.contextmanager
def _around_signals(silence: Callable[[], None], restore: Callable[[], None]) -> Iterator[None]:
    """Have *restore* called before a signal ends or stops the process that nobody here answers: no `finally` runs then.

    After a stop *silence* is called, and the prompt goes on.
    """

    def die(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(Exception):  # a terminal that hung up can't be set any more
            restore()
        os.kill(os.getpid(), number)
        # The kernel spares the first process of a container; it would read on, and all could see it.
        os._exit(_SIGNAL_BASE + number)  # noqa: TID251 - what the signal was sent for, and not done

    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(Exception):
            restore()
        os.kill(os.getpid(), number)
        signal.signal(number, stop)
        with contextlib.suppress(Exception):
            silence()

    ours = []
    with contextlib.suppress(ValueError):  # not in the main thread, where no signal arrives
        for number in signal.valid_signals() - _LEFT_ALONE:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, stop if number == signal.SIGTSTP else die)
                ours.append(number)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _read(descriptor: int) -> Given:
    """Return all bytes up to Enter and the silence after it, or the last MiB of them."""
    tail, complete = Tail(), False
    while not complete or select.select([descriptor], [], [], SILENCE_S)[0]:
        piece = os.read(descriptor, _CHUNK)
        if not piece:
            break
        tail.add(piece)
        # beyond a MiB the silence alone is waited for, so that nothing is left to the shell
        complete = tail.skipped > 0 or len(tail.kept) > MAX_BYTES or _is_complete(tail.kept)
    return tail.given()


def _is_complete(pasted: bytearray) -> bool:
    """Tell whether Enter or Ctrl-D came, and not inside of brackets."""
    begin, end = pasted.rfind(_BEGIN), pasted.rfind(_END)
    if begin > end:
        return False
    rest = pasted[end + len(_END) :] if end >= 0 else pasted
    return _ENTER in rest or _END_OF_INPUT in rest


def _text(pasted: bytes) -> str:
    text = pasted.replace(_BEGIN, b"").replace(_END, b"").decode("utf-8", "replace")
    return _edited(text).rstrip("\n\x04")


def _edited(text: str) -> str:
    """Return what is left of typed *text* where characters were taken back."""
    if not any(key in text for key in _ERASE + _ERASE_ALL):
        return text
    kept: list[str] = []
    for character in text:
        if character == _ERASE_ALL:
            kept.clear()
        elif character not in _ERASE:
            kept.append(character)
        elif kept:
            kept.pop()
    return "".join(kept)


def _line(prompt: str) -> str:
    """Return one line, from a terminal that can't be set; it may be cut, which is told from its length later."""
    import getpass

    try:
        return getpass.getpass(prompt)
    except EOFError:
        return ""


def _paste_on_windows(prompt: str) -> Given:
    """Do the same with the console of Windows, which has no descriptor to wait for."""
    if sys.platform == "win32" and os.isatty(0):  # pragma: no cover - no Windows here
        import msvcrt

        for character in prompt:
            msvcrt.putwch(character)
        kept, count = deque[str](maxlen=MAX_BYTES), 0
        silent_since_s: float | None = None
        while silent_since_s is None or msvcrt.kbhit() or time.monotonic() < silent_since_s + SILENCE_S:
            if silent_since_s is not None and not msvcrt.kbhit():
                time.sleep(SILENCE_S / 10)
                continue
            character = msvcrt.getwch().replace("\r", "\n")
            if character == "\x03":
                raise KeyboardInterrupt
            kept.append(character)
            count += 1
            if silent_since_s is not None or character in "\n\x1a" or count > MAX_BYTES:
                silent_since_s = time.monotonic()
        msvcrt.putwch("\n")
        return last(_edited("".join(kept)).rstrip("\n\x1a"))._replace(skipped=count - len(kept))
    raise _no_terminal()


def _no_terminal() -> UsageError:
    return UsageError("there is no terminal to paste a token at", "pipe it in, or --file FILE")
