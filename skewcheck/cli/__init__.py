"""The command line: parse, examine, render, write, exit. The only room that prints or exits."""

import contextlib
import os
import sys

from skewcheck.cli import signals

TYPE_CHECKING = False  # `typing` is loaded by what comes after the handlers
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

EXIT_CODE = 3
"""Wrong usage, I/O and internal errors: what monitoring plugins call UNKNOWN. Python's own is 1, which is a warning."""


def main(came: "Sequence[int]" = ()) -> "NoReturn":
    """Run what the command line asks for, and exit with its code; *came*: signals that came before there was this."""
    try:
        signals.install(came)
        _occupy_standard_descriptors()
        # Imported only now: Ctrl-C while typer loads must end as quietly as at any other time.
        from skewcheck.cli.app import run

        code = run(sys.argv[1:])
        signals.answer_waiting()
        _leave(code)
    except BaseException as error:  # noqa: BLE001 - a signal, or what `run` can't tell: Python would exit with 1
        signals.leave_at_once()
        _leave(_told(error))


def _told(error: BaseException) -> int:
    """Tell why there is no verdict, and return the exit code; in a bare line where there isn't memory for more."""
    try:
        from skewcheck.cli import failure

        if isinstance(error, signals.Stopped):
            return failure.interrupted(error, sys.argv[1:])
        return failure.unexpected(error, sys.argv[1:])
    except BaseException:  # noqa: BLE001 - the very last one
        line = f"skewcheck: there is no verdict: {type(error).__name__}; see `ulimit -v` and `ulimit -n`\n"
        with contextlib.suppress(OSError):
            os.write(2, line.encode())
        return error.exit_code if isinstance(error, signals.Stopped) else EXIT_CODE


def _occupy_standard_descriptors() -> None:
    """Put something where stdin, stdout or stderr is closed: else the next socket gets that number.

    /dev/null; where there is none, a pipe without another end: nothing comes out of it, and nobody reads it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            with contextlib.suppress(OSError):  # where nothing at all can be opened, no socket can either
                _occupy(descriptor)


def _occupy(descriptor: int) -> None:
    """Open something that gets the number *descriptor*: the lowest one that is free."""
    try:
        os.open(os.devnull, os.O_RDWR)
    except OSError:
        _reading, writing = os.pipe()
        if descriptor > 0:
            os.dup2(writing, descriptor)
        os.close(writing)


def _leave(code: int) -> "NoReturn":
    """End the process at once, whatever its threads are stuck in; Python's own tidying up would cost 10 ms."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass  # whoever wrote has been told already; nobody listens any more
    os._exit(code)
