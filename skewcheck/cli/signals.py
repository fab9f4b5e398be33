"""Ctrl-C and SIGTERM end the process at once and cleanly: temporary files go, the exit code tells."""

import _thread
import os
import signal
import sys
import time

TYPE_CHECKING = False  # `typing` is loaded by what comes after the handlers
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]

SIGNAL_BASE = 128
"""What shells add to a signal's number to make an exit code of it: 130 for SIGINT, 143 for SIGTERM."""
_LATER_S = 0.002
_IMPORT_SYSTEM = "<frozen importlib"
_PROGRAM = "skewcheck.cli"


class Stopped(BaseException):
    """A signal asks the process to end. Not an `Exception`, so that nothing on the way swallows it."""

    def __init__(self, number: int) -> None:
        """Keep the signal's *number*."""
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """The exit code that a shell would show for the signal."""
        return SIGNAL_BASE + self.number


def install(came: "Sequence[int]" = ()) -> None:
    """Turn SIGINT and SIGTERM into `Stopped`, but for those that the parent wants ignored (nohup, `&` in sh).

    Raises it for the first that *came* already.
    """
    sys.unraisablehook = _unraisable
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    if came:
        leave_at_once()
        raise Stopped(came[0])


def leave_at_once() -> None:
    """Have the next signal end the process on the spot: whatever is still being told or tidied up."""
    _answer_by(_leave, instead_of=_stop)


def answer_waiting() -> None:
    """Raise `Stopped` for a signal that came while a module was loaded, before the result of the run is shown."""
    if _Later.number:
        leave_at_once()
        raise Stopped(_Later.number)


def _stop(number: int, frame: "FrameType | None") -> None:
    if _Later.number and not _Later.sent:
        os._exit(SIGNAL_BASE + number)  # whoever sends a second one doesn't want to wait
    _Later.sent = False
    if _is_importing(frame):
        _later(number)
    else:
        leave_at_once()
        raise Stopped(number)


def _leave(number: int, _frame: "FrameType | None") -> None:
    """Answer the second signal."""
    if _Later.sent:
        _Later.sent = False  # it was the first one again, which is answered by now
    else:
        os._exit(SIGNAL_BASE + number)


def _answer_by(handler: "Handler", *, instead_of: "Handler") -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is instead_of:
            signal.signal(number, handler)


# --- Where nothing may be raised ---


class _Later:
    """The signal that comes again because it could not be answered at once."""

    number = 0
    sent = False
    """The next one to arrive is that."""


def _later(number: int) -> None:
    """Have the signal come again in a moment."""
    _Later.number = number
    try:
        _thread.start_new_thread(_send_again, (number,))
    except RuntimeError:
        os._exit(SIGNAL_BASE + number)


def _send_again(number: int) -> None:
    time.sleep(_LATER_S)
    _Later.sent = True
    os.kill(os.getpid(), number)


def _is_importing(frame: "FrameType | None") -> bool:
    """Tell whether a module is being loaded: torn out of that, Python keeps its locks, and waits for them forever."""
    while frame is not None and frame.f_globals.get("__name__") != _PROGRAM:
        if frame.f_code.co_filename.startswith(_IMPORT_SYSTEM):
            return True
        frame = frame.f_back
    return False


def _unraisable(caught: "sys.UnraisableHookArgs") -> None:
    """Have a signal come again that came where Python lets no exception out, and would lose it: in a `__del__`, say.

    Nothing is told of all others: what was to be tidied up there was done with.
    """
    if isinstance(caught.exc_value, Stopped):
        _answer_by(_stop, instead_of=_leave)
        _later(caught.exc_value.number)
