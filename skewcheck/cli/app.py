"""The program: a command line read, its command run, and whatever that raises told."""

import os
import threading
import time
from collections.abc import Sequence
from importlib import import_module

from skewcheck.cli import argv, completion, failure, last_resort, output, signals
from skewcheck.cli.deliver import TIMEOUT_S
from skewcheck.errors import SkewcheckError


def run(arguments: list[str]) -> int:
    """Run what *arguments* ask for; return the exit code. What goes wrong is told, not raised."""
    began_s = time.monotonic() - time.process_time()  # what the interpreter's own start took
    threading.excepthook = failure.in_thread
    output.wait_until(began_s + TIMEOUT_S)
    last_resort.prepare(lambda: failure.too_late(arguments))
    try:
        return _told(arguments, began_s)
    finally:
        last_resort.disarm()


def _told(arguments: Sequence[str], began_s: float) -> int:
    for_shell = completion.is_asked(arguments)
    try:
        if for_shell or not arguments:
            from skewcheck.cli.parser import BRIEFLY, Group

            return completion.answer(Group, arguments) if for_shell else failure.unasked(BRIEFLY)
        return _dispatch(arguments, began_s)
    except SkewcheckError as error:
        return failure.failed(error, arguments)
    except Exception as error:  # noqa: BLE001 - the last one: nobody above could tell the user
        if hasattr(error, "exit_code"):
            from skewcheck.cli import usage

            return failure.failed(usage.translated(error, arguments), arguments)
        return failure.unexpected(error, arguments)


def _dispatch(arguments: Sequence[str], began_s: float) -> int:
    """Run the command, by typer where its command line is not one as programs write it."""
    name, *words = arguments
    alone = name in failure.COMMANDS
    if alone:
        home = import_module(f"skewcheck.cli.{name}")
        signals.answer_waiting()
        plain = argv.read(home.OPTIONS, words, os.environ)
        if plain is not None:
            code: int = getattr(home, name)(argv.Typed(began_s, plain.here), plain.values)
            return code
    from skewcheck.cli.parser import PROGRAM, Command, Group

    command, words, path = (Command(name), words, f"{PROGRAM} {name}") if alone else (Group(), [*arguments], PROGRAM)
    signals.answer_waiting()
    return command.main(args=words, prog_name=path, standalone_mode=False, obj=began_s) or 0
