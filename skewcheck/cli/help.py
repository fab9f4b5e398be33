"""The two screens of help, made of the same options: `-h` fits a terminal of 24 lines, `--help` tells all."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from skewcheck.cli.options import OPTIONS, Option

WIDTH = 80
_GLUE = "\u00a0"
"""A space at which no line is broken; printed as a space."""
_BRIEF_WIDTH = 32
"""Of an explanation on one line, where a default stands behind it."""

CODES = """\
Exit codes:
  0  {ok:32} 130  interrupted (Ctrl-C)
  1  warning                          143  terminated
  2  {critical}
  3  {unknown}"""
MEASURED = CODES.format(
    ok="ok: below the warning limit",
    critical="critical",
    unknown="unknown: it could not be measured; or usage, I/O or internal error",
)
UNMEASURED = """\
Exit codes:
  0  {ok:32} 130  interrupted (Ctrl-C)
  3  usage, I/O or internal error     143  terminated"""
MEASURED_BRIEFLY = "Exit code: 0 ok, 1 warning, 2 critical, 3 unknown or error."
UNMEASURED_BRIEFLY = "Exit code: 0, or 3 for an error."
VALUES = """\
A DURATION or a SKEW is a number with us, ms, s, m, h or d; for a DURATION a
bare number is seconds. An option's variable is its name: SKEWCHECK_TIMEOUT for
--timeout. The command line beats it. There is none for {none}."""


class Screen(NamedTuple):
    """What the help of one command says beside its options."""

    title: str
    usage: str
    """What stands behind the command's name."""
    examples: str
    codes: str = MEASURED
    codes_briefly: str = MEASURED_BRIEFLY
    hidden: tuple[str, ...] = ()
    """Options that `-h` leaves to `--help`, though they have a line for it."""


def brief(path: str, screen: Screen, names: Sequence[str]) -> str:
    """Return `-h`: the options that people use, one line each."""
    options = [option for option in (OPTIONS[name] for name in names if name not in screen.hidden) if option.brief]
    width = max((len(_indented(option)) for option in options), default=0)
    lines = []
    for option in options:
        default = f"[{option.default}]" if option.default and len(option.brief) <= _BRIEF_WIDTH else ""
        lines.append(f"  {_indented(option):{width}}  {option.brief:{_BRIEF_WIDTH}} {default}".rstrip())
    end = f"{screen.codes_briefly}\nMore: {path} --help"
    return "\n\n".join(filter(None, (screen.title, _usage(path, screen), "\n".join(lines), end))) + "\n"


def full(path: str, screen: Screen, says: str, names: Sequence[str]) -> str:
    """Return `--help`: what the command *says* of itself, all its options by sections, examples, exit codes."""
    from textwrap import fill

    options = [OPTIONS[name] for name in names]
    width = max(len(_indented(option)) for option in options)
    sections: dict[str, list[str]] = {}
    for option in options:
        default = f"[default: {option.default}]".replace(" ", _GLUE) if option.default else ""
        said = f"{option.help} {default}".rstrip()
        sections.setdefault(option.section, []).extend(_two_columns(_indented(option), said, width))
    listed = [f"{section}:\n" + "\n".join(lines).replace(_GLUE, " ") for section, lines in sections.items()]
    unset = ", ".join(option.names[-1] for option in options if option.names and not option.variable)
    values = [fill(VALUES.format(none=unset), WIDTH, break_on_hyphens=False)] if len(options) > 1 else []
    return "\n\n".join([_usage(path, screen), says, *listed, screen.examples, screen.codes, *values]) + "\n"


def listing(rows: Iterable[tuple[str, str]]) -> str:
    """Return *rows* of two columns, the second broken at 80 columns."""
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    return "\n".join(line for name, said in rows for line in _two_columns(name, said, width))


def _usage(path: str, screen: Screen) -> str:
    return f"Usage: {path} {screen.usage}".rstrip()


def _indented(option: Option) -> str:
    """Return how it is written, long names below each other."""
    return option.written if re.match(r"-\w,|\[", option.written) else f"    {option.written}"


def _two_columns(name: str, said: str, width: int) -> list[str]:
    from textwrap import wrap

    begin = f"  {name:{width}}  "
    return wrap(
        said, WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
