"""The program: its commands put together, run, and whatever they raise told."""

import threading
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from skewcheck.cli import completion, failure, last_resort, options, output, signals
from skewcheck.cli.deliver import TIMEOUT_S
from skewcheck.cli.help import Command, Group
from skewcheck.errors import SkewcheckError
from skewcheck.version import VERSION

BRIEFLY = """\
skewcheck: is it clock skew? Whose clock, by how much, how sure?

  skewcheck check --region R  this host, NTP and the API: whose clock is off?
  skewcheck clock             this host's clock against five NTP servers
  skewcheck api --region R    against the clock of the Genesys Cloud API
  skewcheck token             what a token says, and who refuses it
  skewcheck explain 401       what else a 401 can be, and how to test it
  skewcheck demo              what it looks like, without a network

  skewcheck check --help      all options, with examples
  skewcheck --help            all commands

Exit codes: 0 ok, 1 warning, 2 critical, 3 could not tell.
"""

EPILOG = """
\b
Examples:
  skewcheck demo                      see it work, without a network
  skewcheck check --region eu-west-1  whose clock is off, if one is
  skewcheck clock                     this host's clock against five servers
  skewcheck clock -H HOST             against a server of yours; repeat -H
  skewcheck clock --json | jq .ntp.skew_s
  skewcheck api --region eu-west-1    against the API's clock alone
  pbpaste | skewcheck token           a token's times, and who refuses it
  skewcheck explain local-behind      what a finding means, how to fix it

\b
Exit codes:
  0  ok            2  critical     130  interrupted (Ctrl-C)
  1  warning       3  unknown      143  terminated
  3 also stands for wrong usage, I/O and internal errors.
"""


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


def _told(arguments: list[str], began_s: float) -> int:
    for_shell = completion.is_asked(arguments)
    if not arguments and not for_shell:
        return failure.unasked(BRIEFLY)
    try:
        if for_shell:
            return completion.answer(_command(failure.COMMANDS), arguments)
        return _dispatch(arguments, began_s)
    except SkewcheckError as error:
        return failure.failed(error, arguments)
    except Exception as error:  # noqa: BLE001 - the last one: nobody above could tell the user
        if hasattr(error, "exit_code"):
            from skewcheck.cli import usage

            return failure.failed(usage.translated(error, arguments), arguments)
        return failure.unexpected(error, arguments)


def _dispatch(arguments: list[str], began_s: float) -> int:
    command = _command(arguments[:1] if arguments[0] in failure.COMMANDS else failure.COMMANDS)
    signals.answer_waiting()
    return command.main(args=arguments, prog_name="skewcheck", standalone_mode=False, obj=began_s) or 0


def _command(names: Sequence[str]) -> Any:
    """Return the program with the commands of those *names*: a health check doesn't pay for the options of others."""
    app = typer.Typer(
        cls=Group,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog=EPILOG,
        subcommand_metavar="COMMAND ...",
    )
    app.callback(context_settings={"help_option_names": ["-h", "--help"]})(_skewcheck)
    for name in names:
        home = import_module(f"skewcheck.cli.{name}")
        with_options = options.command(getattr(home, name), home.OPTIONS)
        app.command(name, cls=Command, epilog=home.EPILOG, short_help=home.BRIEFLY)(with_options)
    return typer.main.get_command(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.write_stdout(f"skewcheck {VERSION}\n")
        raise typer.Exit


def _skewcheck(
    _version: Annotated[
        bool,
        typer.Option(
            "-V",
            "--version",
            callback=_print_version,
            is_eager=True,
            expose_value=False,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Is it clock skew? Whose clock, by how much, how sure, and what to do.

    For tokens that are refused right after a refresh, and for all else that
    fails when clocks disagree.
    """
