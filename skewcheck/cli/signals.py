"""Ctrl-C and SIGTERM end the process at once and cleanly: temporary files go, the exit code tells."""

import os
import signal
from types import FrameType

SIGNAL_BASE = 128
"""What shells add to a signal's number to make an exit code of it: 130 for SIGINT, 143 for SIGTERM."""


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


def install() -> None:
    """Turn SIGINT and SIGTERM into `Stopped`, but for those that the parent wants ignored (nohup, `&` in sh)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(each) is _stop:
            signal.signal(each, _leave)
    raise Stopped(number)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Answer the second signal: whatever is still being tidied up, end now."""
    os._exit(SIGNAL_BASE + number)
