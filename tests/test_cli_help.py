"""`--help` is complete, aligned, and fits a terminal of 80 columns."""

import re

import pytest
from bench.typed import skewcheck

COMMANDS = ("check", "clock", "api", "token", "demo")
"""Those that measure."""
ALL = ((), *((command,) for command in (*COMMANDS, "explain")))
each_help = pytest.mark.parametrize("words", ALL, ids=["", *COMMANDS, "explain"])
NEVER_BY_ENVIRONMENT = {
    "--help", "--json", "--output", "--skew", "--liars", "--api-ahead", "--login-ahead", "--file", "--env",
    "--expires-in", "--obtained-at", "--token-file",
}  # fmt: skip


@each_help
@pytest.mark.parametrize("columns", ["80", "200"])
def test_fits(words: tuple[str, ...], columns: str) -> None:
    """No line is longer than 80 columns, and none ends in a space or in half of a variable's bracket."""
    lines = skewcheck(*words, "--help", environment={"COLUMNS": columns}).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() and line.isascii() for line in lines)
    assert not any(re.search(r"\[env( var:)?$", line) for line in lines)


def sections(command: str) -> str:
    """Return the part of a command's help that lists its options."""
    out = skewcheck(command, "--help", environment={"COLUMNS": "80"}).out
    return re.split(r"\n\n(?=\S)", out, maxsplit=1)[1].split("\n\n  Examples")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_options_stand_in_one_column(command: str) -> None:
    """Every section's explanations begin at the same place."""
    options = re.findall(r"(?m)^  (?=-)((?:-[A-Za-z0-9], )?--\S+(?: \S+)? +)\S", sections(command))
    assert len({len(option) for option in options}) == 1
    assert len(options) > 10


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_its_variable(command: str) -> None:
    """One variable each, named after the option and the same for all commands; none for what belongs to one run."""
    rows = re.split(r"(?m)^  (?=-)", sections(command))[1:]
    for row in rows:
        option = re.findall(r"--[a-z0-9-]+", row.split("  ")[0])[-1]
        wanted = [] if option in NEVER_BY_ENVIRONMENT else [f"SKEWCHECK_{option[2:].upper().replace('-', '_')}"]
        assert re.findall(r"env var:\s+(\w+)", row) == wanted


@each_help
def test_tells_the_exit_codes_and_gives_examples(words: tuple[str, ...]) -> None:
    """Whoever writes a script finds both without a browser."""
    out = skewcheck(*words, "--help").out
    codes = out.split("Exit codes:")[1]
    assert "Examples:" in out
    assert {int(code) for code in re.findall(r"\b(\d+)  ?\w", codes)} >= ({0, 3, 130, 143})


def test_tells_what_is_sent_where() -> None:
    """A security review starts with the help."""
    out = " ".join(skewcheck("clock", "--help").out.split())
    assert "48-byte NTP request" in out
    assert "Nothing else leaves this machine" in out
    asked = " ".join(skewcheck("api", "--help").out.split())
    assert "at most 16 HTTP requests" in asked
    assert "without a token, a cookie or any other credential" in asked
    assert "Nothing else leaves this machine but the look-up of the names" in asked
    checked = " ".join(skewcheck("check", "--help").out.split())
    assert "only if a region or a URL is named" in checked
    assert "at most 10 HTTP requests each, without a token, a cookie or any other credential" in checked
    judged = " ".join(skewcheck("token", "--help").out.split())
    assert "asks NTP servers for the time" in judged
    assert "Nothing of the token is sent" in judged
    assert "Nothing leaves this machine" in " ".join(skewcheck("demo", "--help").out.split())


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_short_and_long(word: str) -> None:
    """`-h` and `--help` are one."""
    assert skewcheck("clock", word).out == skewcheck("clock", "--help").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("typed", "offered", "other"),
    [
        ("cl", "clock", "demo"),
        ("clock --sam", "--samples", "--json"),
        ("explain local-b", "local-behind", "local-ahead"),
        ("explain 4", "401", "offset"),
    ],
)
def test_completion(shell: str, typed: str, offered: str, other: str) -> None:
    """The shell is offered commands, options, and what can be explained."""
    words = f"skewcheck {typed}"
    environment = {
        "_SKEWCHECK_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = skewcheck(environment=environment)
    assert (done.exit_code, offered in done.out, other in done.out) == (0, True, False)
