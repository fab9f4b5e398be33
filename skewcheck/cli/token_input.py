"""Where `skewcheck token` gets the token from: one of the command line, a file, the environment, a pipe, a person."""

import os
import re
import time
from typing import NamedTuple

from skewcheck.cli import last_resort, output
from skewcheck.cli.deliver import Deadline
from skewcheck.errors import InputError, UsageError
from skewcheck.tokens.find import Found, find

PROMPT = "Token (paste, then Enter; not shown): "
ON_COMMAND_LINE = (
    "skewcheck: a token on the command line stays in the shell's history, and every user of this host can see it in "
    "the list of processes; pipe it in, or use --file\n"
)
_STDIN = 0
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,40}")
"""As environment variables are mostly named."""


class Source(NamedTuple):
    """What the command line says of where the token is."""

    words: tuple[str, ...]
    """The arguments; a token that the shell broke at its spaces is several."""
    file: str | None
    env: str | None
    option: str = "--file"
    """By which it is named."""

    @property
    def elsewhere(self) -> str:
        """Return where it could stand instead of on standard input."""
        return f"{self.option} FILE or --env NAME" if self.option == "--file" else f"{self.option} FILE"

    @property
    def from_stdin(self) -> bool:
        """Tell whether it is standard input, by name or because nothing is named."""
        if self.env is not None:
            return False
        return self.file == "-" if self.file is not None else self.words in {(), ("-",)}


def read(source: Source, deadline: Deadline) -> tuple[Found, Deadline]:
    """Return the token, and by when the process has to be gone: while a person pastes, no time is counted.

    Raises UsageError and InputError; nothing that was given stands in either.
    """
    text, deadline = _text(source, deadline)
    found = find(text)
    if found is None:
        raise _nothing(source, len(text) if text.strip() else 0)
    return found, deadline


def _text(source: Source, deadline: Deadline) -> tuple[str | bytes, Deadline]:
    if sum(map(bool, (source.words, source.file is not None, source.env is not None))) > 1:
        raise UsageError("a token can come from one place alone", "standard input, or --file FILE, or --env NAME")
    from skewcheck.tokens import source as tokens

    if source.env is not None:
        _check_variable(source.env)
        return tokens.read_environment(source.env, os.environ), deadline
    if not source.from_stdin and source.file is not None:
        return tokens.read_file(source.file, deadline.until_s), deadline
    if not source.from_stdin:
        output.write_stderr(ON_COMMAND_LINE, patient=False)  # the time is for measuring
        return " ".join(source.words), deadline
    if not _at_terminal():
        return tokens.read_stream(_STDIN, deadline.until_s), deadline
    from skewcheck.tokens.paste import paste

    last_resort.disarm()
    pasted = paste(PROMPT)
    return pasted, deadline._replace(began_s=time.monotonic()).enforced()


def _check_variable(name: str) -> None:
    """Raise UsageError for what is no variable and doesn't look like one: it may be a piece of a token."""
    if name not in os.environ and not _VARIABLE.fullmatch(name):
        raise UsageError(
            f"--env: there is no variable of the name given ({len(name)} characters, not repeated here)",
            "--env NAME, of a variable that holds the token",
        )


def _at_terminal() -> bool:
    try:
        return os.isatty(_STDIN)
    except OSError:
        return False


def _nothing(source: Source, length: int) -> InputError:
    """Return the error on input without a token, of which nothing is repeated."""
    if length:
        return InputError(
            f"there is no token in the {length:,} character{'' if length == 1 else 's'} given",
            "the token alone, or the header or response that it came in; on a command line in quotes",
        )
    if not source.from_stdin:
        return InputError("what was given is empty", "the token, or the response that it came in")
    if _at_terminal():
        return InputError("no token was pasted", f"paste it at the prompt, pipe it in, or {source.option} FILE")
    return InputError("no token on stdin", f"pipe one in, or {source.elsewhere}")
