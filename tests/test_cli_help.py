"""`-h` fits a terminal and has what people use, `--help` is complete; both are made of the table of options."""

import re
from collections.abc import Callable
from importlib import import_module

import pytest
from bench.typed import Done

from skewcheck.cli.failure import COMMANDS
from skewcheck.cli.options import OPTIONS, Option

Told = Callable[..., Done]

MEASURING = ("check", "clock", "api", "token", "demo")
ALL = ((), *((command,) for command in COMMANDS))
each_help = pytest.mark.parametrize("words", ALL, ids=["", *COMMANDS])
each_screen = pytest.mark.parametrize("word", ["-h", "--help"])


def options(command: str) -> list[Option]:
    """Return the options of that command, in the order of its help."""
    return [OPTIONS[name] for name in import_module(f"skewcheck.cli.{command}").OPTIONS]


@each_help
@each_screen
def test_fits(words: tuple[str, ...], word: str, told: Told) -> None:
    """No line is longer than 80 columns or ends in a space, and `-h` has no more than 24 lines."""
    for columns in ("80", "200"):
        done = told(*words, word, environment={"COLUMNS": columns})
        lines = done.out.splitlines()
        assert (done.exit_code, done.err) == (0, "")
        assert max(map(len, lines)) <= 80
        assert all(line == line.rstrip() and line.isascii() for line in lines)
        assert word == "--help" or len(lines) <= 24


@pytest.mark.parametrize("command", COMMANDS)
def test_long_help_has_every_option_once(command: str, told: Told) -> None:
    """Each as it is written, in one column, with its default; the sections once each."""
    out = told(command, "--help").out
    written = [option.written for option in options(command)]
    rows = re.findall(r"(?m)^  ( {4}--\S.*|-\w, .*|\[.*)$", out)
    shown = [re.split(r" {2,}", row.strip())[0] for row in rows]
    assert shown == written
    assert len({len(row) - len(row.lstrip()) for row in re.findall(r"(?m)^ {20,}\S", out)}) <= 1
    for option in options(command):
        assert option.default == "" or f"[default: {option.default}]" in out
    sections = re.findall(r"(?m)^[A-Z][^:\n]*:$", out)
    assert len(sections) == len(set(sections))


@pytest.mark.parametrize("command", COMMANDS)
def test_short_help_has_what_people_use(command: str, told: Told) -> None:
    """Each line is an option of the table, and whoever wants more is told how; nobody is told of a variable."""
    out = told(command, "-h").out
    shown = re.findall(r"(?m)^  {1,6}(-\S.*|\[.*)$", out)
    briefs = {option.written: option.brief for option in options(command) if option.brief}
    assert shown
    for row in shown:
        written = re.split(r" {2,}", row)[0]
        assert briefs[written] in row
    assert out.endswith(f"More: skewcheck {command} --help\n")
    assert "SKEWCHECK_" not in out


def test_every_option_has_its_variable() -> None:
    """One each, named after the option and the same for all commands; none for what belongs to one run."""
    never = {
        "--json", "--output", "--skew", "--liars", "--api-ahead", "--login-ahead", "--file", "--env", "--expires-in",
        "--obtained-at", "--token-file", "--nodes", "--node-behind", "--log", "--at", "--pick",
    }  # fmt: skip
    for option in OPTIONS.values():
        if option.names:
            long = option.names[-1]
            own = [] if long in never else [f"SKEWCHECK_{long[2:].upper().replace('-', '_')}"]
            assert option.variables == own + (["GENESYSCLOUD_REGION"] if long == "--region" else [])


@pytest.mark.parametrize("command", MEASURING)
def test_variables_are_told_once(command: str, told: Told) -> None:
    """How a variable is named is one sentence, with the options that have none: not a word on each line."""
    out = " ".join(told(command, "--help").out.split())
    assert out.count("SKEWCHECK_TIMEOUT for --timeout") == 1
    unset = [option.names[-1] for option in options(command) if option.names and not option.variable]
    assert out.endswith(f"There is none for {', '.join(unset)}.")


@each_help
def test_tells_the_exit_codes_and_gives_examples(words: tuple[str, ...], told: Told) -> None:
    """Whoever writes a script finds both without a browser."""
    out = told(*words, "--help").out
    codes = out.split("Exit codes:")[1]
    assert "Examples:" in out
    assert {int(code) for code in re.findall(r"\b(\d+)  ?\w", codes)} >= ({0, 3, 130, 143})


def test_all_commands_are_listed(told: Told) -> None:
    """In both screens of the program itself."""
    for word in ("-h", "--help"):
        out = told(word).out
        assert all(re.search(rf"(?m)^  (skewcheck )?{command}\b", out) for command in COMMANDS)


def test_tells_what_is_sent_where(told: Told) -> None:
    """A security review starts with the help."""
    out = " ".join(told("clock", "--help").out.split())
    assert "48-byte NTP request" in out
    assert "Nothing else leaves this machine" in out
    asked = " ".join(told("api", "--help").out.split())
    assert "at most 16 HTTP requests" in asked
    assert "without a token, a cookie or any other credential" in asked
    assert "Nothing else leaves this machine but the look-up of the names" in asked
    checked = " ".join(told("check", "--help").out.split())
    assert "only if a region or a URL is named" in checked
    assert "at most 10 HTTP requests each, without a token, a cookie or any other credential" in checked
    judged = " ".join(told("token", "--help").out.split())
    assert "asks NTP servers for the time" in judged
    assert "Nothing of the token is sent" in judged
    assert "Nothing leaves this machine" in " ".join(told("demo", "--help").out.split())
    assert "nobody is asked" in " ".join(told("regions", "--help").out.split())
