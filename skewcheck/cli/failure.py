"""What is told when there is no result: to people on stderr, to programs in their format on stdout.

Whatever goes out from here has no secret in it, no control character and, without SKEWCHECK_DEBUG=1, no traceback.
"""

import contextlib
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from skewcheck.cli import EXIT_CODE, asked, deliver, last_resort, limits, output, terminal
from skewcheck.cli.signals import Stopped
from skewcheck.errors import HostError, InternalError, OutputError, SkewcheckError, UsageError
from skewcheck.foreign import redacted, without_tokens
from skewcheck.visible import inert, visible

if TYPE_CHECKING:
    import threading

COMMANDS = ("check", "clock", "api", "token", "log", "explain", "regions", "demo")
MAX_SHOWN = 1200
"""Characters of one line."""
MAX_LINES = 3
"""Of a remedy."""
_MARKS = ("  try: ", *(MAX_LINES - 1) * ("       ",))
DEBUG = "SKEWCHECK_DEBUG"


class _StoppedError(SkewcheckError):
    id = "interrupted"


def failed(error: SkewcheckError, arguments: Sequence[str]) -> int:
    """Tell of *error* and return the exit code."""
    shown = _tell(error, secret=_command(arguments) == "token")
    _write_document(shown, arguments, EXIT_CODE)
    return EXIT_CODE


def unasked(briefly: str) -> int:
    """Tell *briefly* what there is, because no command was given, and return the exit code."""
    complain(briefly)
    _write_document(UsageError("no command was given", "skewcheck --help"), (), EXIT_CODE)
    return EXIT_CODE


def unexpected(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell of an error that nobody expected, a limit of this host or a defect, and return the exit code."""
    return failed(_unexpected(error, secret=_command(arguments) == "token"), arguments)


def in_thread(caught: "threading.ExceptHookArgs") -> None:
    """Tell of such an error in a thread, as `threading.excepthook`; the run goes on and lacks what it was to bring."""
    if isinstance(caught.exc_value, Exception):
        _tell(_unexpected(caught.exc_value))


def interrupted(stopped: Stopped, arguments: Sequence[str]) -> int:
    """Tell in one line that a signal ended it, and return the exit code."""
    output.wait_until(0.0)  # whoever ends it doesn't want to wait for a reader
    how = "interrupted" if stopped.exit_code == 130 else "terminated"
    error = _StoppedError(f"{how}: there is no verdict", "run it again; -t limits how long it takes")
    new_line = "\n" if sys.stderr is not None and sys.stderr.isatty() else ""  # after the terminal's own ^C
    complain(f"{new_line}skewcheck: {error.summary}\n")
    _write_document(error, arguments, stopped.exit_code)
    return stopped.exit_code


def too_late(arguments: Sequence[str]) -> None:
    """Tell that the time is over, and that something still held the process up: the last words before its end."""
    output.wait_until(0.0)
    verdict = last_resort.verdict()
    if verdict is None:
        told: SkewcheckError = HostError(
            "the time was over, and this host still held the process up: there is no verdict",
            "see what doesn't answer or doesn't end: a file that is a FIFO or on a dead disk\n"
            "(OPENSSL_CONF, SSL_CERT_FILE), a faked clock (LD_PRELOAD)",
        )
    else:
        told = OutputError(
            f"the report could not be written in time; the answer was: {verdict}",
            "see what holds it up, or allow more time with -t",
        )
    failed(told, arguments)


def complain(text: str) -> None:
    """Write *text* to stderr, where somebody listens there."""
    output.write_stderr(inert(text))


def _command(arguments: Sequence[str]) -> str:
    return next((argument for argument in arguments if argument in COMMANDS), "skewcheck")


def _unexpected(error: BaseException, *, secret: bool = False) -> SkewcheckError:
    """Return a limit of this host or a defect; that without its words where a *secret* was at hand, as in them."""
    if (limit := limits.reached(error)) is not None:
        return limit
    said = ": ".join(part for part in (type(error).__name__, "" if secret else str(error)) if part)
    internal = InternalError(
        f"a defect of skewcheck itself: {said}",
        f"report it, please, with the traceback that {DEBUG}=1 adds to the same command",
    )
    internal.__cause__ = error
    return internal


def _tell(error: SkewcheckError, *, secret: bool = False) -> SkewcheckError:
    """Write *error* to stderr; return it as it may be shown. *secret*: what it came from may hold one."""
    clean = without_tokens if isinstance(error, OutputError) else redacted  # a file's name may look random
    lines = clean(error.remedy).split("\n")[:MAX_LINES]  # foreign text in it is visible already: these are ours
    lines = [visible(line, MAX_SHOWN) for line in lines]
    shown = type(error)(visible(clean(error.summary), MAX_SHOWN), "\n".join(lines))
    told = zip(("error: ", *_MARKS), (shown.summary, *lines), strict=False)
    complain("".join(f"{line}\n" for mark, said in told for line in _fitted(mark, said)))
    last_resort.told()
    _debug(error, secret=secret)
    return shown


def _fitted(mark: str, said: str) -> list[str]:
    """Return *said* behind its *mark*, on a terminal broken at its width: a command as a shell reads on, by options."""
    if sys.stderr is None or not sys.stderr.isatty():
        return [mark + said]
    width, indent = terminal.surface(sys.stderr, os.environ, "never").width, " " * len(mark)
    if len(mark + said) <= width:
        return [mark + said]
    from textwrap import wrap

    if said.startswith("skewcheck "):
        first, *options = re.split(" (?=-)", said)
        return " \\\n".join([mark + first, *(f"{indent}  {option}" for option in options)]).split("\n")
    return wrap(said, width, initial_indent=mark, subsequent_indent=indent, break_on_hyphens=False)


def _write_document(error: SkewcheckError, arguments: Sequence[str], exit_code: int) -> None:
    """Write the document on *error*, where a program reads the answer.

    The error has been told on stderr already: more trouble on the way is not told.
    """
    wanted = asked.format_of(arguments, os.environ)
    if wanted == "text" or output.stdout_begun():  # one document, or a part of one
        return
    command = _command(arguments)
    with contextlib.suppress(Exception):  # stdout may be full; a broken installation may not even load these
        from skewcheck import examine

        report = examine.failed(command, error)._replace(exit_code=exit_code)
        output.write_stdout(deliver.document(report, wanted))
        if wanted == "github":
            deliver.add_step_summary(report, os.environ)


def _debug(error: SkewcheckError, *, secret: bool) -> None:
    """Add the traceback, where that is asked for and there is something to trace; of a *secret*'s, places alone."""
    if os.environ.get(DEBUG, "0") in ("", "0") or isinstance(error, UsageError):
        return
    from traceback import format_exception

    told = _places(error) if secret else format_exception(error)
    for line in "".join(told).splitlines():
        complain(visible(redacted(line), MAX_SHOWN) + "\n")


def _places(error: BaseException) -> list[str]:
    """Return where *error* and what caused it were raised, the innermost first, and of what kind each is."""
    from traceback import format_tb

    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [] if cause is None else _places(cause)
    return [*before, *format_tb(error.__traceback__), f"{type(error).__name__}\n"]
