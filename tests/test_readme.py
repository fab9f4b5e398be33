"""The README tells the truth: what it shows is what the program prints, and what it says to type works."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import jwt
import pytest
from bench import screen
from bench.namespaces import namespace

import skewcheck
from skewcheck.judge.catalogue import CATALOGUE
from skewcheck.judge.explanations import pages
from skewcheck.measure.servers import PUBLIC

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = [sys.executable, "-m", "skewcheck"]
COMMANDS = ("check", "clock", "api", "token", "explain", "demo")
FIRST_SCREEN_LINES = 50


class Block(NamedTuple):
    """A fenced block of the README."""

    language: str
    text: str
    line: int


BLOCKS = [
    Block(match[1], match[2], README[: match.start()].count("\n") + 1)
    for match in re.finditer(r"(?ms)^```(\w*)\n(.*?)^```$", README)
]
SHELL_LINES = [line for block in BLOCKS if block.language == "sh" for line in block.text.splitlines() if line]
SET_UP = [line for line in SHELL_LINES if line.startswith("python3 -m venv")]
TRANSCRIPTS = [
    (command.strip(), output)
    for block in BLOCKS
    if block.language == "console"
    for command, output in re.findall(r"(?m)^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text)
]
HELP = {command: output for command, output in TRANSCRIPTS if command.endswith("--help")}
PICTURES = [(command, output) for command, output in TRANSCRIPTS if not command.endswith("--help")]


def _run(arguments: list[str], *, prefix: Sequence[str] = (), token: str = "") -> subprocess.CompletedProcess[str]:
    """Run skewcheck as a person does whose terminal is 80 columns wide and who has set nothing.

    *token*: what is piped in, and stands in the variable that the README names.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SKEWCHECK_")}
    return subprocess.run(
        [*prefix, *PROGRAM, *arguments],
        env={**clean, "COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "ACCESS_TOKEN": token},
        input=token,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _without_trailing_space(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def _table(heading: str) -> list[list[str]]:
    """Return the cells of the first table below *heading*, without its head."""
    below = README.split(f"## {heading}\n", 1)[1].split("\n##", 1)[0]
    rows = [line.strip("|").split("|") for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_what_the_program_says(command: str) -> None:
    """The README's help blocks are the program's own help, to the letter."""
    typed = " ".join(["skewcheck", *command.split(), "--help"])
    assert typed in HELP, f"README has no block `$ {typed}`"
    assert _without_trailing_space(HELP[typed]) == _without_trailing_space(_run([*command.split(), "--help"]).stdout)


@pytest.mark.parametrize(("command", "shown"), PICTURES, ids=[command for command, _ in PICTURES])
def test_pictures_have_the_shape_of_real_output(command: str, shown: str) -> None:
    """What the README shows is what the command prints, but for the figures, which no two runs share."""
    program, *arguments = shlex.split(command)
    assert program == "skewcheck"
    assert _shape(_run(arguments).stdout) == _shape(shown)


def _shape(screen: str) -> list[str]:
    """Return the words of a screen: no figures, no drawing, no units, and no line ends, which hang on the figures."""
    return re.findall(r"[A-Za-z]{3,}", screen)


SCREENS = [block.text.partition("\n")[2] for block in BLOCKS if block.language == "text"]
SCREENS += [shown for _, shown in PICTURES]


@pytest.mark.parametrize("shown", SCREENS, ids=[shown.partition("\n")[0] for shown in SCREENS])
def test_screens_fit_a_terminal(shown: str) -> None:
    """Each screen is shown whole: 24 lines of 80 columns, the answer on the first."""
    screen.check(shown.rstrip("\n") + "\n", None)


COMMAND_LINES = dict.fromkeys(
    re.sub(r" <.*| \| .*", "", line.split("  #")[0].removeprefix("pbpaste | ")).strip()
    for line in SHELL_LINES
    if line.startswith(("skewcheck ", "pbpaste ")) and "skewcheck explain" not in line
)
EXPLAINED = sorted({*re.findall(r"skewcheck explain ([a-z0-9-]+)", README)} - {"--help"})


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_is_said_to_be_explained_is(name: str) -> None:
    """Every `skewcheck explain ID` of the README says something."""
    done = _run(["explain", name])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{name}: ")


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_commands_are_understood(line: str, tmp_path: Path, no_network: Sequence[str]) -> None:
    """Every command of the README runs; in a network with nobody in it, who asks can't tell, and says so."""
    words = shlex.split(line.split(" || ", maxsplit=1)[0].replace("/tmp", str(tmp_path)))  # noqa: S108 - the README's own example
    issued_s = int(time.time())
    token = jwt.encode({"iat": issued_s, "exp": issued_s + 3600}, "k" * 32)
    (tmp_path / "token.json").write_text(json.dumps({"access_token": token, "expires_in": 3600}))
    done = _run([*words[1:], "--json"], prefix=no_network, token=token)
    written = tmp_path / "skewcheck.json"
    report = json.loads(written.read_text() if written.exists() else done.stdout)
    assert "error" not in report, report["error"]
    assert report["command"] == words[1]
    if words[1] == "demo":
        assert report["exit_code"] == 0
        return
    by_itself = {"--skew": "warning", "--offline": "ok"}  # else it takes others, and there are none
    assert report["status"] == next((status for option, status in by_itself.items() if option in words), "unknown")


@pytest.fixture(scope="session")
def no_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[str]]:
    """Return the words that start a command in a network with nobody in it."""
    with namespace(tmp_path_factory.mktemp("no-network")) as empty:
        yield empty.prefix


ASKING, REFRESHING = [block.text for block in BLOCKS if block.language == "python"]


def test_python_examples_run(no_network: Sequence[str]) -> None:
    """The Python of the README runs as it stands; what the second example does is proven with the public API."""
    compile(REFRESHING, "README.md", "exec")
    done = subprocess.run(
        [*no_network, sys.executable, "-W", "error", "-c", ASKING],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("unknown ntp-unreached Not measured: DNS fails")


def test_first_screen() -> None:
    """What it does, what it looks like and the two commands stand where a reader looks first."""
    first = "\n".join(README.splitlines()[:FIRST_SCREEN_LINES])
    assert PICTURES
    assert PICTURES[0][0] in first
    assert all(line in first for line in SET_UP)


def test_set_up_is_two_commands_and_ci_runs_the_second() -> None:
    """One line shows the program, one line checks it, and the latter is what CI runs, word for word."""
    show, check = SET_UP
    assert show.endswith(".venv/bin/skewcheck demo")
    assert check.endswith("tests/run")
    assert check in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_environment_table() -> None:
    """The table of environment variables is that of `--help`, each with an option that reads it."""
    told = {}
    for command in COMMANDS:
        for option, variable in re.findall(
            r"(?s)(--[a-z0-9-]+)(?:(?!--[a-z]).)*?\[env var:\s+(\w+)", _run([command, "--help"]).stdout
        ):
            told[f"`{variable}`"] = f"`{option}`"
    table = {variable: option for variable, option, *_ in _table("Options and environment")}
    assert {variable: option for variable, option in table.items() if option.startswith("`--")} == told


def test_exit_codes_table() -> None:
    """Every exit code has its row."""
    assert [row[0] for row in _table("Exit codes")] == ["0", "1", "2", "3", "130", "143"]


def test_default_servers_table() -> None:
    """The servers that are asked by default are those that the README owns up to."""
    assert [row[0] for row in _table("Etiquette")] == [f"`{server.given}`" for server in PUBLIC]


def test_findings_table() -> None:
    """The findings that the README lists are those of the catalogue, each with the headline of its explanation."""
    headlines = {name: page.partition("\n")[0].removeprefix(f"{name}: ") for name, page in pages().items()}
    assert _table("Findings") == [[f"`{name}`", headlines[name]] for name in sorted(CATALOGUE)]


OPAQUE = "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789"


def test_keys_table() -> None:
    """The keys that the README names are those of a document, and of what is in its lists."""
    named = {key for row in _table("JSON") for key in re.findall(r"`(\w+)`", row[0])}
    told = json.loads(_run(["demo", "--json"]).stdout)
    token = json.loads(_run(["token", "--offline", "--json"], token=OPAQUE).stdout)
    wrong = json.loads(_run(["clock", "--nonsense", "--json"]).stdout)
    host = {"api", "host"}  # nobody asks them in a demonstration
    assert named - host <= told.keys() | token.keys() | wrong.keys()
    rows = {row[0].strip("`"): row[1] for row in _table("JSON")}
    for key, document in (("findings", told), ("effects", told), ("next", told)):
        (listed, *_) = document[key]
        assert {*re.findall(r"`(\w+)`", rows[key])} - {"fix", "next"} == listed.keys()
    assert {*re.findall(r"`(\w+)`", rows["error"])} == wrong["error"].keys()


def test_rooms_table() -> None:
    """The table of the house names every room there is."""
    package = Path(skewcheck.__file__).parent
    rooms = {path.name if path.is_file() else f"{path.name}/" for path in package.iterdir()}
    passages = {"__init__.py", "__main__.py", "__pycache__/", "py.typed", "version.py"}
    assert set(re.findall(r"`(\w+\.py|\w+/)`", " ".join(row[0] for row in _table("Contributing")))) == rooms - passages


def test_links_to_files_and_headings_resolve() -> None:
    """No link of the README leads nowhere, as far as this repository goes."""
    headings = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in re.findall(r"(?m)^#+ (.*)", README)
    }
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if not target.startswith("https:"):
            path, _, heading = target.partition("#")
            assert (ROOT / path).exists(), target
            assert not heading or heading in headings, target
