"""typer's errors in this program's voice: what happened, and what to try; no secret repeated.

typer's classes for its errors are private since 0.26, so they are told apart by what they carry.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from skewcheck.cli import completion
from skewcheck.errors import UsageError, meant
from skewcheck.foreign import holds_token, names_no_url, redacted
from skewcheck.genesys import may_be_meant

_WORD = re.compile(r"[a-z][a-z-]{0,19}")
_OPTION_NAME = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9-]{0,29}")
_VALUE = re.compile(r"[A-Za-z0-9.:/_\[\]-]{1,60}")
"""What may be repeated in a command to try, where it looks like no secret."""
_BEFORE = frozenset({"-V", "--version", *completion.OPTIONS})
_TAKES_A_SECRET = "token"  # noqa: S105 - a command, not a secret
"""A token that a shell broke into words can have one that looks like an option, or its value."""
_QUOTED = re.compile(r"^'.*'(?= (?:is|has|must)\b)", re.DOTALL)
_PLACE = {"clock": "-H", "check": "--region", "api": "--region"}
"""By which option the one word behind these commands is named, where it is no URL."""


def translated(error: Any, arguments: Sequence[str]) -> UsageError:
    """Return typer's usage error *error* as our own."""
    from skewcheck.cli.failure import COMMANDS

    command = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    if hasattr(error, "possibilities"):
        return _no_such_option(error, arguments, command)
    if getattr(error, "param", None) is not None:
        return _wrong_value(error, command)
    if not command and not hasattr(error, "option_name"):
        return _no_such_command(arguments, COMMANDS)
    extra = re.search(r"extra argument\(s\) \((.*)\)$", error.message, re.DOTALL)
    if extra is not None:
        return _too_many(extra[1], command)
    return UsageError(_sentence(error.message), _see_help(command))


def _no_such_option(error: Any, arguments: Sequence[str], command: str) -> UsageError:
    name = error.option_name
    if name in _BEFORE:
        return UsageError(f"{name} stands before a command", f"skewcheck {name}")
    owners = _owners(name)
    if not command and owners:
        typed = next((word for word in arguments if word in owners), owners[0])
        return UsageError(f"{name} stands behind the command", f"skewcheck {typed} {name}")
    if owners:
        # The least that says more than the command that was typed: `check` has all options that ask somebody.
        owner = next((word for word in ("check", "api", "token") if word in owners), owners[0])
        return UsageError(f"{command} takes no {name}", f"skewcheck {owner} {name}{_value_of(name, arguments)}")
    names = [option for param in error.ctx.command.params for option in param.opts]
    near = meant(name, names)
    may_show = _OPTION_NAME.fullmatch(name) and (near or command != _TAKES_A_SECRET)
    summary = f"unknown option {name}" if may_show else "unknown option"
    return UsageError(summary, f"skewcheck {command} {near}".replace("  ", " ") if near else _see_help(command))


def _owners(name: str) -> list[str]:
    """Return the commands that have the option of that *name*."""
    from importlib import import_module

    from skewcheck.cli.failure import COMMANDS
    from skewcheck.cli.options import OPTIONS

    return [
        command
        for command in COMMANDS
        if any(name in OPTIONS[key].names for key in import_module(f"skewcheck.cli.{command}").OPTIONS)
    ]


def _value_of(name: str, arguments: Sequence[str]) -> str:
    """Return the value that was given to that option, with a space before it, where it may be repeated."""
    given = next((follows for word, follows in pairwise(arguments) if word == name), "")
    return f" {given}" if not given.startswith("-") and _may_be_repeated(given) else ""


def _may_be_repeated(value: str) -> bool:
    return bool(_VALUE.fullmatch(value)) and redacted(value) == value and not names_no_url(value)


def _wrong_value(error: Any, command: str) -> UsageError:
    said = _sentence(_unquoted(error.message) if command == _TAKES_A_SECRET else error.message)
    names, context = error.param.opts, getattr(error, "ctx", None)
    label, prefix = "/".join(names), f"{names[-1]} "
    source = None if context is None else context.get_parameter_source(error.param.name)
    if source is not None and source.name == "ENVIRONMENT":
        variable = error.param.envvar[0]
        label, prefix = f"environment variable {variable}", f"{variable}="
    write = getattr(error, "write", "")
    return UsageError(f"{label}: {said}", f"{prefix}{write}" if write else _see_help(command))


def _no_such_command(arguments: Sequence[str], commands: Sequence[str]) -> UsageError:
    word = next((argument for argument in arguments if not argument.startswith("-")), "")
    if not word:
        return UsageError("no command was given", _see_help(""))
    if holds_token(word):
        return UsageError("that is a token, not a command", "pipe it into: skewcheck token")
    if not _WORD.fullmatch(word):  # whatever was pasted there is not repeated
        return UsageError("that is no command of skewcheck", _see_help(""))
    near = next((command for command in commands if command.startswith(word)), meant(word, commands))
    return UsageError(f"unknown command '{word}'", f"skewcheck {near}" if near else _see_help(""))


def _too_many(extra: str, command: str) -> UsageError:
    """Return the error on arguments that are neither options nor their values, such as a token broken at spaces."""
    if _may_be_repeated(extra):
        option = "--url" if "://" in extra and command in ("check", "api", "token") else _PLACE.get(command)
        if option == "--region" and not may_be_meant(extra):
            return UsageError(f"unexpected argument of {len(extra)} characters", _see_help(command))
        remedy = f"skewcheck {command} {option} {extra}" if option else _see_help(command)
        return UsageError(f"unexpected argument '{extra}'", remedy)
    return UsageError("there is more on the command line than options and their values", _see_help(command))


def _see_help(command: str) -> str:
    return f"skewcheck {command} --help" if command else "skewcheck --help"


def _unquoted(message: str) -> str:
    """Return *message* without the value that it is about."""
    value = _QUOTED.search(message)
    return message if value is None else f"the value (not repeated here){message[value.end() :]}"


def _sentence(message: str) -> str:
    message = message.strip().rstrip(".").replace("requires an argument", "needs a value")
    message = re.sub(r"a valid boolean\. .*", "a switch; write 1 or 0", message)
    return message[:1].lower() + message[1:]
