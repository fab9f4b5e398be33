"""typer's errors in this program's voice: what happened, and what to try; no secret repeated.

typer's classes for them are private since 0.26, so they are told apart by what they carry.
"""

import re
from difflib import get_close_matches
from typing import Any

from skewcheck.cli.redact import holds_token, redacted
from skewcheck.errors import UsageError

_WORD = re.compile(r"[a-z][a-z-]{0,19}")
_OPTION_NAME = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9-]{0,29}")
_TAKES_A_SECRET = "skewcheck token"  # noqa: S105 - a command, not a secret
"""A token that a shell broke into words can have one that looks like an option, or its value."""
_QUOTED = re.compile(r"^'.*'(?= (?:is|has|must)\b)", re.DOTALL)
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,60}")


def translated(error: Any, arguments: list[str]) -> UsageError:
    """Return typer's usage error *error* as our own."""
    context = getattr(error, "ctx", None)
    path = _command_path(arguments) if context is None else context.command_path
    see_help = f"`{path} --help` tells what there is."
    if hasattr(error, "possibilities"):
        return _no_such_option(error, arguments, path, see_help)
    if getattr(error, "param", None) is not None:
        said = _sentence(_unquoted(error.message) if path == _TAKES_A_SECRET else error.message)
        return UsageError(f"{_label(error.param, context)}: {said}", see_help)
    commands = getattr(getattr(context, "command", None), "commands", None)
    if commands is not None and not hasattr(error, "option_name"):
        return _no_such_command(arguments, list(commands), see_help)
    extra = re.search(r"extra argument\(s\) \((.*)\)$", error.message, re.DOTALL)
    if extra is not None:
        return _too_many(extra[1], path, see_help)
    return UsageError(_sentence(error.message), see_help)


def _no_such_option(error: Any, arguments: list[str], path: str, see_help: str) -> UsageError:
    name = error.option_name
    may_show = path != _TAKES_A_SECRET or error.possibilities  # there, only what is nearly an option
    shown = name if may_show and _OPTION_NAME.fullmatch(name) else ""
    summary = f"there is no option {shown}" if shown else "there is no such option"
    commands = getattr(error.ctx.command, "commands", {})
    owners = [word for word, command in commands.items() if any(name in param.opts for param in command.params)]
    if owners:
        owner = next((word for word in arguments if word in owners), owners[0])
        return UsageError(f"{summary} before the command", f"Put it behind: `{path} {owner} {shown}`.")
    if error.possibilities:
        return UsageError(summary, f"Did you mean {' or '.join(error.possibilities)}? {see_help}")
    return UsageError(summary, see_help)


def _no_such_command(arguments: list[str], commands: list[str], see_help: str) -> UsageError:
    word = next((argument for argument in arguments if not argument.startswith("-")), "")
    if not word:
        return UsageError("no command was given", see_help)
    if holds_token(word):
        return UsageError("that is a token, not a command", "To have it read, pipe it into `skewcheck token`.")
    if not _WORD.fullmatch(word):  # whatever was pasted there is not repeated
        return UsageError("that is no command of skewcheck", see_help)
    close = get_close_matches(word, commands) or [command for command in commands if command.startswith(word)]
    remedy = f"Did you mean `skewcheck {close[0]}`? {see_help}" if close else see_help
    return UsageError(f"there is no command '{word}'", remedy)


def _too_many(extra: str, path: str, see_help: str) -> UsageError:
    """Return the error on arguments that are neither options nor their values, such as a token broken at spaces."""
    what, option = {"skewcheck clock": ("server", "-H"), "skewcheck api": ("region", "--region")}.get(path, ("", ""))
    if option and _HOST.fullmatch(extra) and redacted(extra) == extra:
        return UsageError(f"'{extra}' is no option", f"A {what} is named by {option}: `{path} {option} {extra}`.")
    return UsageError("there is more on the command line than options and their values", see_help)


def _command_path(arguments: list[str]) -> str:
    return " ".join(["skewcheck", *[argument for argument in arguments[:1] if _WORD.fullmatch(argument)]])


def _label(param: Any, context: Any) -> str:
    """Return the option that a wrong value belongs to, or the variable that it came from."""
    source = None if context is None else context.get_parameter_source(param.name)
    if source is not None and source.name == "ENVIRONMENT":
        return f"environment variable {param.envvar}"
    return "/".join(param.opts)


def _unquoted(message: str) -> str:
    """Return *message* without the value that it is about."""
    value = _QUOTED.search(message)
    return message if value is None else f"the value (not repeated here){message[value.end() :]}"


def _sentence(message: str) -> str:
    message = message.strip().rstrip(".").replace("requires an argument", "needs a value")
    message = re.sub(r"a valid boolean\. .*", "a switch; write 1 or 0", message)
    return message[:1].lower() + message[1:]
