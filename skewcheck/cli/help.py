"""`--help` as this program prints it: options in sections, and no variable's name broken over two lines."""

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from skewcheck.cli.output import write_stdout

_GLUE = "\u00a0"
"""A space at which typer's help does not break a line; printed as a space."""
_OTHERS = "Other options"
_GIVEN_DEFAULT = re.compile(r"default: \((.*)\)\]$")
"""typer puts a default that was given in words into brackets."""


def _show_help(context: Any, _option: object, wanted: bool) -> None:
    """Print the help by our own writer, which knows what to do about a closed pipe or a full disk."""
    if wanted and not context.resilient_parsing:
        write_stdout(context.get_help().replace(_GLUE, " ") + "\n")
        raise typer.Exit


def _glued(text: str) -> str:
    """Return an option's help so that `[env var: X; default: Y]` at its end is broken at the semicolon alone."""
    words, bracket, rest = text.rpartition("  [")
    rest = _GIVEN_DEFAULT.sub(r"default: \1]", rest).replace(" ", _GLUE).replace(f";{_GLUE}", "; ")
    return f"{words} [{rest}" if bracket else text


def _write_options(command: TyperCommand | TyperGroup, context: Any, formatter: Any) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record is not None:
            section = getattr(option, "rich_help_panel", None) or _OTHERS
            sections.setdefault(section, []).append((record[0], _glued(record[1])))
    width = max(len(names) for rows in sections.values() for names, _ in rows)
    for section, ((names, text), *rest) in sections.items():
        with formatter.section(section if len(sections) > 1 else "Options"):
            formatter.write_dl([(names.ljust(width), text), *rest])  # one column for all sections


def _told_by_us(option: Any) -> Any:
    """Return typer's own help option with our writer behind it."""
    if option is not None:
        option.callback = _show_help
    return option


class Command(TyperCommand):
    """A command whose help shows its options in sections."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return `--help`, written by us."""
        return _told_by_us(super().get_help_option(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, section by section."""
        _write_options(self, ctx, formatter)


class Group(TyperGroup):
    """The program itself: its own options, then the commands."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return `--help`, written by us."""
        return _told_by_us(super().get_help_option(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands first: they are what one looks for."""
        self.format_commands(ctx, formatter)
        _write_options(self, ctx, formatter)
