"""What typer reads and completes: any command line, with all that can be wrong with it."""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from skewcheck.cli import completion, failure, output
from skewcheck.cli.argv import Typed
from skewcheck.cli.help import brief, full, listing
from skewcheck.cli.options import OPTIONS, Option
from skewcheck.foreign import quoted
from skewcheck.version import VERSION

PROGRAM = "skewcheck"
_LONGEST_REPEATED = 20
"""Characters of a wrong value: no duration and no name of a format has more, and a secret by mistake may."""

BRIEFLY = """\
skewcheck: is it clock skew? Whose clock, by how much, how sure?

  skewcheck check --region R  this host, NTP and the API: whose clock is off?
  skewcheck clock             this host's clock against five NTP servers
  skewcheck api --region R    against the clock of the Genesys Cloud API
  skewcheck token             what a token says, and who refuses it
  skewcheck log FILE          why recorded requests were refused
  skewcheck explain 401       what else a 401 can be, and how to test it
  skewcheck regions           what --region takes
  skewcheck demo              what it looks like, without a network

  skewcheck --help            all commands, with examples; check -h: its options

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
  skewcheck log access.log            why recorded requests were refused
  skewcheck explain local-behind      what a finding means, how to fix it

Exit codes:
  0  ok            2  critical     130  interrupted (Ctrl-C)
  1  warning       3  unknown      143  terminated
  3 also stands for wrong usage, I/O and internal errors.
"""

_OWN_OPTIONS = (
    ("-h", "The options that people use; behind a command, of that command."),
    ("    --help", "All of it."),
    ("-V, --version", "Show the version and exit."),
    ("    --show-completion SHELL", "Print what that shell is to read; else for this one."),
    ("    --install-completion SHELL", "Install that for the user."),
)


class Command(TyperCommand):
    """One command, made of what its module says: its options, its screens of help, and what it does."""

    def __init__(self, name: str) -> None:
        """Load the module of that name."""
        self._home = import_module(f"skewcheck.cli.{name}")
        params: list[Any] = [*map(_parameter, self._home.OPTIONS), *_eager(self.screen)]
        title = self._home.SCREEN.title
        super().__init__(name, params=params, short_help=title, add_help_option=False, rich_markup_mode=None)

    def invoke(self, ctx: Any) -> int:
        """Do it, and return the exit code."""
        here = frozenset(name for name in ctx.params if ctx.get_parameter_source(name).name == "COMMANDLINE")
        code: int = getattr(self._home, str(self.name))(Typed(ctx.obj, here), ctx.params)
        return code

    def screen(self, name: str) -> str:
        """Return the help that the option of that *name* asks for."""
        home, path = self._home, f"{PROGRAM} {self.name}"
        if name == "-h":
            return brief(path, home.SCREEN, home.OPTIONS)
        return full(path, home.SCREEN, inspect.getdoc(getattr(home, str(self.name))) or "", home.OPTIONS)


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
        commands = listing((name, command.short_help or "") for name, command in self.commands.items())
        usage = f"Usage: {PROGRAM} COMMAND [OPTIONS]"
        return f"{usage}\n\n{SAYS}\n\nCommands:\n{commands}\n\nOptions:\n{listing(_OWN_OPTIONS)}\n\n{EXAMPLES}"


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


def _parameter(name: str) -> TyperOption | TyperArgument:
    """Return the option of that name in `OPTIONS` as typer takes it; its value is called what stands before a colon."""
    option, name = OPTIONS[name], name.partition(":")[0]
    offers = option.offers
    offered = None if offers is None else lambda *_: offers()
    if not option.names:
        return TyperArgument(
            param_decls=[name], type=_reader(option), nargs=-1 if option.many else 1, metavar=option.written,
            autocompletion=offered,
        )  # fmt: skip
    return TyperOption(
        param_decls=[name, *option.names],
        help=option.brief or option.help,
        type=_reader(option),
        default=option.value,
        is_flag=option.is_switch and not option.counted,
        multiple=option.many,
        count=option.counted,
        envvar=option.variables or None,
        autocompletion=offered,
    )


def _reader(option: Option) -> Callable[[str], Any] | None:
    """Return what reads a value and raises typer's own error for a wrong one: that one knows the option's name.

    What to write in its place goes with it as `write`.
    """
    if option.read is None:
        return None
    read = option.read

    def value(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            shown = quoted(text) if len(text) <= _LONGEST_REPEATED else f"a value of {len(text)} characters"
            wrong = typer.BadParameter(f"{shown} {getattr(error, 'what', error)}")
            wrong.write = getattr(error, "write", "")  # type: ignore[attr-defined]
            raise wrong from None

    return value
