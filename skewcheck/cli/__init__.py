"""The command line: parse, examine, render, write, exit. The only room that prints or exits."""

import os
import sys
from typing import NoReturn

from skewcheck.cli import signals


def main() -> NoReturn:
    """Run what the command line asks for, and exit with its code."""
    _occupy_standard_descriptors()
    try:
        signals.install()
        # Imported only now: Ctrl-C while typer loads must end as quietly as at any other time.
        from skewcheck.cli.app import run

        _leave(run(sys.argv[1:]))
    except signals.Stopped as stopped:
        from skewcheck.cli.failure import interrupted

        _leave(interrupted(stopped, sys.argv[1:]))


def _occupy_standard_descriptors() -> None:
    """Put /dev/null where stdin, stdout or stderr is closed: else the next socket gets that number."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _leave(code: int) -> NoReturn:
    """End the process at once, whatever its threads are stuck in; Python's own tidying up would cost 10 ms."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass  # whoever wrote has been told already; nobody listens any more
    os._exit(code)
