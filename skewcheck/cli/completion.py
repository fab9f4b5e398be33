"""The shell's completion, which is typer's: its question comes by a variable, its script by an option of its own.

typer writes by itself and exits with 1 for what it doesn't understand. Here the first goes through our writer, and the
second is a usage error like any other: 1 is a warning.
"""

import contextlib
import io
import os
from collections.abc import Sequence
from typing import Any

from skewcheck.cli import output
from skewcheck.errors import OutputError, UsageError

VARIABLE = "_SKEWCHECK_COMPLETE"
"""By this, and without arguments, the shell asks what may come next."""
OPTIONS = frozenset({"--install-completion", "--show-completion"})


def is_asked(arguments: Sequence[str]) -> bool:
    """Tell whether this run is one for the shell; typer's own test would take any for one while the variable is set."""
    if arguments:
        os.environ.pop(VARIABLE, None)
        return arguments[0] in OPTIONS
    return bool(os.environ.get(VARIABLE))


def answer(command: Any, arguments: Sequence[str]) -> int:
    """Have typer's *command* answer, and return the exit code. Raises UsageError and OutputError."""
    said, complained = io.StringIO(), io.StringIO()
    code: object = 0
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            command.main(args=list(arguments), prog_name="skewcheck", standalone_mode=False)
    except SystemExit as leaving:
        code = leaving.code
    except (KeyError, ValueError) as error:
        raise UsageError(
            f"{VARIABLE} is set, but what the shell sets beside it is missing or wrong: {error}",
            "Unset it, or make the shell's script anew: `skewcheck --show-completion`.",
        ) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows the home of this user
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise OutputError(
            f"the shell's completion can't be made or installed: {reason}",
            f"`{VARIABLE}=source_bash skewcheck` writes what your shell is to read; or with zsh, fish, powershell.",
        ) from error
    if complained.getvalue():
        why = " ".join(complained.getvalue().split()).rstrip(".")
        raise UsageError(f"completion: {why}", "There is one for bash, zsh, fish and PowerShell.")
    output.write_stdout(said.getvalue())
    return int(code == 1)  # without a word, so asks fish: it is the one exit with 1 that is no warning
