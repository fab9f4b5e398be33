"""Reads a token that a person pastes: whole, without echo, and without leaving half of it to the shell.

A terminal's own line buffer cuts a line at 4095 bytes without a word (1023 on macOS), and `input` or `getpass` take one
line and leave the others to the shell, which runs them. So the terminal is read byte by byte here, without its buffer,
until the paste is over: Enter, and then silence.
"""

import contextlib
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import FrameType

from skewcheck.errors import UsageError
from skewcheck.tokens.find import MAX_BYTES
from skewcheck.tokens.source import Given, Tail, last

SILENCE_S = 0.2
"""After so long without a byte a paste is over: its pieces come milliseconds apart, over a slow line some tens."""
TERMINAL = "/dev/tty"

_READ_BYTES = 65536
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
        piece = os.read(descriptor, _READ_BYTES)
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
