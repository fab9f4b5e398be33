"""The program: its commands put together, run, and whatever they raise told."""

import threading
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from skewcheck.cli import completion, failure, last_resort, options, output, signals
from skewcheck.cli.deliver import TIMEOUT_S
from skewcheck.errors import SkewcheckError
from skewcheck.version import VERSION

PROGRAM = "skewcheck"

BRIEFLY = """\
skewcheck: is it clock skew? Whose clock, by how much, how sure?

  skewcheck check --region R  this host, NTP and the API: whose clock is off?
  skewcheck clock             this host's clock against five NTP servers
  skewcheck api --region R    against the clock of the Genesys Cloud API
  skewcheck token             what a token says, and who refuses it
  skewcheck explain 401       what else a 401 can be, and how to test it
  skewcheck regions           what --region takes
  skewcheck demo              what it looks like, without a network

  skewcheck check -h          the options that people use
  skewcheck --help            all commands, with examples

Exit codes: 0 ok, 1 warning, 2 critical, 3 could not tell.
"""

SAYS = """\
Is it clock skew? Whose clock, by how much, how sure, and what to do.

For tokens that are refused right after a refresh, and for all else that
fails when clocks disagree."""

EXAMPLES = """\
Examples:
  skewcheck demo                      see it work, without a network
  skewcheck check --region eu-west-1  whose clock is off, if one is
  skewcheck clock                     this host's clock against five servers
  skewcheck clock -H HOST             against a server of yours; repeat -H
  skewcheck clock --json | jq .ntp.skew_s
  skewcheck api --region eu-west-1    against the API's clock alone
  pbpaste | skewcheck token           a token's times, and who refuses it
  skewcheck explain local-behind      what a finding means, how to fix it

Exit codes:
  0  ok            2  critical     130  interrupted (Ctrl-C)
  1  warning       3  unknown      143  terminated
  3 also stands for wrong usage, I/O and internal errors.
"""

OPTIONS = (
    ("-h", "The options that people use; behind a command, of that command."),
    ("    --help", "All of it."),
    ("-V, --version", "Show the version and exit."),
    (
        "    --show-completion SHELL",
        "Print what bash, zsh, fish or PowerShell is to read; else for this one.",
    ),
    ("    --install-completion SHELL", "Install that for the user."),
)


class Command(TyperCommand):
    """One command, made of what its module says: its options, its screens of help, and what it does."""

    def __init__(self, name: str) -> None:
        """Load the module of that name."""
        self._home = import_module(f"skewcheck.cli.{name}")
        params: list[Any] = [*map(options.parameter, self._home.OPTIONS), *_eager(self.screen)]
        title = self._home.SCREEN.title
        super().__init__(name, params=params, short_help=title, add_help_option=False, rich_markup_mode=None)

    def invoke(self, ctx: Any) -> int:
        """Do it, and return the exit code."""
        code: int = getattr(self._home, self._home.__name__.rpartition(".")[2])(ctx, ctx.params)
        return code

    def screen(self, name: str) -> str:
        """Return the help that the option of that *name* asks for."""
        from skewcheck.cli import help as screens

        home, command = self._home, str(self.name)
        if name == "-h":
            return screens.brief(f"{PROGRAM} {command}", home.SCREEN, home.OPTIONS)
        return screens.full(f"{PROGRAM} {command}", home.SCREEN, screens.says(getattr(home, command)), home.OPTIONS)


class Group(TyperGroup):
    """The program itself: what stands before a command, and the commands."""

    def __init__(self) -> None:
        """Load all of them."""
        commands: dict[str, Any] = {name: Command(name) for name in failure.COMMANDS}
        version = _eager_option("-V", "--version", shown=lambda _: f"{PROGRAM} {VERSION}\n")
        shells = [TyperOption(param_decls=[name]) for name in sorted(completion.OPTIONS)]  # for completion alone
        params: list[Any] = [version, *shells, *_eager(self.screen)]
        super().__init__(commands=commands, params=params, add_help_option=False, rich_markup_mode=None)

    def screen(self, name: str) -> str:
        """Return the help that the option of that *name* asks for."""
        if name == "-h":
            return BRIEFLY
        from skewcheck.cli.help import listing

        commands = listing((name, command.short_help or "") for name, command in self.commands.items())
        usage = f"Usage: {PROGRAM} COMMAND [OPTIONS]"
        return f"{usage}\n\n{SAYS}\n\nCommands:\n{commands}\n\nOptions:\n{listing(OPTIONS)}\n\n{EXAMPLES}"


def _eager(screen: Any) -> list[TyperOption]:
    return [_eager_option(name, shown=screen) for name in ("-h", "--help")]


def _eager_option(*names: str, shown: Any) -> TyperOption:
    """Return an option that prints what *shown* says for it, by our own writer, and ends the run."""

    def show(context: Any, _option: Any, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            output.write_stdout(shown(names[0]))
            raise typer.Exit

    what = {"-h": "The options that people use.", "--help": "All of it."}
    return TyperOption(
        param_decls=list(names), is_flag=True, is_eager=True, expose_value=False, callback=show,
        help=what.get(names[0], "The version."),
    )  # fmt: skip


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
    if not arguments and not for_shell:
        return failure.unasked(BRIEFLY)
    try:
        if for_shell:
            return completion.answer(Group, arguments)
        name, *rest = arguments
        alone = name in failure.COMMANDS  # a health check doesn't pay for the options of others
        command, words, path = (Command(name), rest, f"{PROGRAM} {name}") if alone else (Group(), arguments, PROGRAM)
        signals.answer_waiting()
        return command.main(args=words, prog_name=path, standalone_mode=False, obj=began_s) or 0
    except SkewcheckError as error:
        return failure.failed(error, arguments)
    except Exception as error:  # noqa: BLE001 - the last one: nobody above could tell the user
        if hasattr(error, "exit_code"):
            from skewcheck.cli import usage

            return failure.failed(usage.translated(error, arguments), arguments)
        return failure.unexpected(error, arguments)
