"""`skewcheck token`: what a token says, who would refuse it, and the buffer to use; and where a token comes from."""

import os
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from skewcheck.cli import asked as asking
from skewcheck.cli import last_resort, options, output, terminal
from skewcheck.cli.argv import Typed
from skewcheck.cli.deliver import Deadline, run
from skewcheck.cli.help import CODES, Screen
from skewcheck.errors import InputError, UsageError

if TYPE_CHECKING:
    from skewcheck.judge.verifiers import Verifier
    from skewcheck.tokens.find import Found
    from skewcheck.tokens.source import Given

LIST = "list"
"""In the place of a verifier's name: show them all."""
WIDTH = 80
"""Cells of a line of that list."""
PROMPT = "Token (paste, then Enter; not shown): "
ON_COMMAND_LINE = (
    "skewcheck: a token on the command line stays in the shell's history, and every\n"
    "user here can see it in the list of processes; pipe it in, or use --file\n"
)
_STDIN = 0
_VARIABLE = r"[A-Z][A-Z0-9_]{0,40}"
"""As environment variables are mostly named."""

OPTIONS = (
    "words", "file", "env", "pick", "expires_in", "obtained_at", "offline", "at", "skew", "verifier", "signed_for",
    "max_life", "leeway", "latency", "server", *options.API, *options.TLS, "timeout:token", *options.FAMILY,
    *options.SHARED,
)  # fmt: skip
SCREEN = Screen(
    "Read a token: its times, who refuses it, the buffer to use.",
    "[TOKEN|-] [OPTIONS]",
    """\
Examples:
  skewcheck token                    asks for a token and doesn't show it
  pbpaste | skewcheck token          whatever was copied: a header, a response
  skewcheck token --file token.json --region eu-west-1 --verifier pyjwt
  skewcheck token --env ACCESS_TOKEN --expires-in 86399 --json
  skewcheck token --skew -200ms+-50ms --file token.txt
  skewcheck token --verifier list""",
    CODES.format(
        ok="ok",
        critical="critical: expired by true time, or the clock is off by the limit",
        unknown="unknown: it can't be told; or no token, usage, I/O or internal error",
    ),
    hidden=("env", "warning", "critical", "fail_on", "on_unknown", "color", "ipv4"),
)


def token(typed: Typed, values: Mapping[str, Any]) -> int:
    """Tell what a token says, who would refuse it, and how early to refresh it.

    Give it however you have it: bare, with Bearer, a header line, a response, a
    cookie, a URL, in base64, its claims alone, SAML, or the error message that
    refused it. A JWT is read and not verified; an opaque token says no time.

    It is judged by true time: this asks NTP servers for the time, and with --region
    or --url an API for its Date. Nothing of the token is sent, stored or shown but
    its times, issuer, header and the beginning of its SHA-256.
    """
    view, verifiers = asking.view(values), tuple(values["verifier"] or ())
    if LIST in (*verifiers, values["signed_for"]):
        return _list_verifiers(signing=LIST not in verifiers)
    if verifiers:  # one that isn't known is said before anybody pastes a token for nothing
        from skewcheck.examine import check_verifiers

        check_verifiers(verifiers)
    if values["signed_for"] is not None:
        from skewcheck.examine import check_signed_for

        check_signed_for(values["signed_for"])
    if values["offline"] and values["skew"] is not None:
        raise UsageError("--offline and --skew were both given", "--skew alone: it asks nobody, either")
    if values["offline"] or values["skew"] is not None or values["at"] is not None:
        _check_that_nobody_is_named(typed)
        values = {
            **values,
            "server": None,
            "region": None,
            "url": (),
            "issuer": (),
        }  # the environment's are for other runs
    asked = asking.request(typed, "token", values)
    source = Source(tuple(values["words"] or ()), values["file"], values["env"])
    asking.keep_apart(view.output, filter(None, (source.file,)))
    pick = 1 if values["pick"] is None else values["pick"]
    found, deadline = read(source, Deadline(typed.began_s, values["timeout"]).of(asked).enforced(), pick)
    asked = asked._replace(
        token=found,
        expires_in_s=values["expires_in"],
        obtained_at_s=values["obtained_at"],
        offline=values["offline"],
        skew=values["skew"],
        at_s=values["at"],
        verifiers=verifiers,
        signed_for=values["signed_for"],
        max_life_s=values["max_life"],
        leeway_s=values["leeway"],
        latency=values["latency"],
    )
    return run(asked, view, deadline)


def _check_that_nobody_is_named(typed: Typed) -> None:
    """Raise UsageError where the command line says both to ask nobody and whom to ask."""
    for name, option in (("server", "-H"), ("region", "--region"), ("url", "--url"), ("issuer", "--issuer")):
        if name in typed.here:
            raise UsageError(
                f"--offline, --at and --skew ask nobody, and {option} names whom to ask", "one without the other"
            )


# --- Where the token comes from ---


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


def read(source: Source, deadline: Deadline, pick: int = 1) -> "tuple[Found, Deadline]":
    """Return the token of that number, and by when the process has to be gone: a person's paste takes none of it.

    Raises UsageError and InputError; nothing that was given stands in either.
    """
    from skewcheck.tokens.find import find
    from skewcheck.tokens.plain import characters

    (content, skipped), deadline = _given(source, deadline)
    text = characters(content)
    found = find(text, pick, skipped=skipped)
    if found is None:
        first = find(text) if pick != 1 else None
        if first is not None:
            raise UsageError(
                f"there is no token {pick} in what was given",
                f"--pick 1 to {len(first.every)}" if len(first.every) > 1 else "without --pick: there is one",
            )
        raise _nothing(source, len(text) if text.strip() else 0)
    return found, deadline


def _given(source: Source, deadline: Deadline) -> "tuple[Given, Deadline]":
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
        return tokens.last(" ".join(source.words)), deadline
    if not terminal.is_stdin():
        return tokens.read_stream(_STDIN, deadline.until_s), deadline
    last_resort.disarm()
    pasted = tokens.paste(PROMPT)
    return pasted, deadline._replace(began_s=time.monotonic()).enforced()


def _check_variable(name: str) -> None:
    """Raise UsageError for what is no variable and doesn't look like one: it may be a piece of a token."""
    if name not in os.environ and not re.fullmatch(_VARIABLE, name):
        raise UsageError(
            f"--env: there is no variable of the name given ({len(name)} characters, not repeated here)",
            "--env NAME, of a variable that holds the token",
        )


def _nothing(source: Source, length: int) -> InputError:
    """Return the error on input without a token, of which nothing is repeated."""
    if length:
        return InputError(
            f"there is no token in the {length:,} character{'' if length == 1 else 's'} given",
            "the token alone, or the header or response that it came in; on a command line in quotes",
        )
    if not source.from_stdin:
        return InputError("what was given is empty", "the token, or the response that it came in")
    if terminal.is_stdin():
        return InputError("no token was pasted", f"paste it at the prompt, pipe it in, or {source.option} FILE")
    return InputError("no token on stdin", f"pipe one in, or {source.elsewhere}")


# --- The table of verifiers ---


def _list_verifiers(*, signing: bool) -> int:
    """Write those that are known; *signing*: of them those that a host signs for."""
    from textwrap import wrap

    from skewcheck.examine import signer_names, verifier_rows

    every = [known for known in verifier_rows() if not signing or known.name in signer_names()]
    rows = [("NAME", "LEEWAY", "IAT AHEAD", "NOW = EXP", "KNOWN BY"), *map(_row, every)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, row in enumerate(rows):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number:
            known = every[number - 1]
            option = f"leeway: {known.option}" if known.option else ""
            for said in filter(None, (f"{known.title}: {known.source}", known.note, option)):
                lines += wrap(said, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    output.write_stdout("\n".join(lines) + "\n")
    return 0


def _row(known: "Verifier") -> tuple[str, str, str, str, str]:
    checker = known.checker
    return (
        known.name,
        f"{checker.leeway_s:g} s",
        {True: "refuses", False: "accepts", None: "not known"}[checker.checks_iat],
        "accepts" if checker.accepts_at_exp else "refuses",
        f"{known.how.value}, {known.version}",
    )
