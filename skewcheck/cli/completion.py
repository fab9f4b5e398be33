"""The shell's completion, which is typer's: its question comes by a variable, its script by an option of its own.

typer writes by itself, exits with 1 for what it doesn't understand, and takes no shell by name where it can detect one.
Here all of it goes through our writer, and a mistake is a usage error like any other: 1 is a warning.
"""

import contextlib
import io
import os
from collections.abc import Callable, Sequence
from typing import Any

from skewcheck.cli import output
from skewcheck.errors import OutputError, UsageError

VARIABLE = "_SKEWCHECK_COMPLETE"
"""By this, and without arguments, the shell asks what may come next."""
SHOW, INSTALL = "--show-completion", "--install-completion"
OPTIONS = frozenset({SHOW, INSTALL})
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
_PROGRAM = "skewcheck"


def is_asked(arguments: Sequence[str]) -> bool:
    """Tell whether this run is one for the shell; typer's own test would take any for one while the variable is set."""
    if arguments:
        os.environ.pop(VARIABLE, None)
        return arguments[0].partition("=")[0] in OPTIONS
    return bool(os.environ.get(VARIABLE))


def answer(program: Callable[[], Any], arguments: Sequence[str]) -> int:
    """Have typer answer for *program*, and return the exit code. Raises UsageError and OutputError."""
    from typer._completion_classes import completion_init

    said, complained = io.StringIO(), io.StringIO()
    code: object = 0
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            if arguments:
                _script(arguments)
            else:
                completion_init()
                program().main(args=[], prog_name=_PROGRAM, standalone_mode=False)
    except SystemExit as leaving:
        code = leaving.code
    except (KeyError, ValueError) as error:
        raise UsageError(
            f"{VARIABLE} is set, but what the shell sets beside it is missing or wrong: {error}",
            f"unset it, or make the shell's script anew: {_PROGRAM} {SHOW}",
        ) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows the home of this user
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise OutputError(
            f"the shell's completion can't be made or installed: {reason}",
            f"{_PROGRAM} {SHOW} bash      writes what your shell is to read",
        ) from error
    if complained.getvalue():
        why = " ".join(complained.getvalue().split()).rstrip(".")
        raise UsageError(f"completion: {why}", f"{_PROGRAM} {SHOW} bash (or zsh, fish, powershell)")
    output.write_stdout(said.getvalue())
    return int(code == 1)  # without a word, so asks fish: it is the one exit with 1 that is no warning


def _script(arguments: Sequence[str]) -> None:
    """Print or install the script for the shell that is named, or for that which this was typed in."""
    from typer._completion_shared import _get_shell_name, get_completion_script, install

    name, equals, shell = arguments[0].partition("=")
    words = [shell, *arguments[1:]] if equals else list(arguments[1:])
    if len(words) > 1 or not {*words} <= {*SHELLS}:
        raise UsageError(f"{name} takes one shell", f"{_PROGRAM} {name} bash (or zsh, fish, powershell)")
    known = words[0] if words else _get_shell_name()
    if known not in SHELLS:
        raise UsageError("it can't be told which shell this is", f"{_PROGRAM} {name} bash (or zsh, fish, powershell)")
    if name == SHOW:
        print(get_completion_script(prog_name=_PROGRAM, complete_var=VARIABLE, shell=known))  # noqa: T201 - caught
        return
    shell, path = install(shell=known, prog_name=_PROGRAM, complete_var=VARIABLE)
    print(f"{shell} completion installed in {path}; it takes effect in a new terminal")  # noqa: T201 - caught
