"""A probe pays for what it loads: what a start must not load is not loaded."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from bench.typed import PROGRAM, clean, servers_for

HEAVY = {
    "asyncio", "concurrent", "dataclasses", "email", "hashlib", "http", "importlib.metadata", "jwt", "logging",
    "pydantic", "rich", "ssl", "statistics", "tempfile", "urllib.request",
}  # fmt: skip
"""None of them is needed to ask a clock and print JSON."""
MEASURING = {"skewcheck.examine", "skewcheck.lab", "skewcheck.measure", "skewcheck.render", "ntplib", "json", "socket"}


def loaded(*arguments: str) -> set[str]:
    """Return the names of all that Python loads to run skewcheck with *arguments*, each with its parents."""
    python, *module = PROGRAM
    environment = {name: value for name, value in clean().items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [python, "-X", "importtime", *module, *arguments],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "skewcheck.cli" in names
    return {".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 2)}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["clock", "--help"],
        ["api", "--help"],
        ["check", "--help"],
        ["token", "--help"],
        ["demo", "--help"],
        ["explain", "--help"],
    ],
)
def test_information_loads_nothing_that_measures(arguments: Sequence[str]) -> None:
    """`--help` and `--version` cost typer alone."""
    assert loaded(*arguments) & (HEAVY | MEASURING) == set()


@pytest.mark.parametrize("command", ["check", "clock", "demo"])
def test_json_loads_nothing_heavy(command: str) -> None:
    """What runs every minute in thousands of containers loads no rich, no TLS, no HTTP, no token reader."""
    with servers_for("ok") as named:
        names = loaded(command, "--json", *([] if command == "demo" else named))
    assert names & HEAVY == set()
    assert "skewcheck.render.json" in names


@pytest.mark.parametrize("words", [(), ("--json",), ("--format=nagios", "-w", "50ms", "-c", "500ms", "-t", "5s")])
def test_what_programs_type_loads_no_typer(words: Sequence[str]) -> None:
    """Its start would be half of what a health check costs; and nothing of what only help and mistakes need."""
    with servers_for("ok") as named:
        names = loaded("clock", *words, *named)
    unasked = {"typer", "pathlib", "traceback"} if words else {"typer"}  # rich, of the screen, has the others
    assert names & {*unasked, "skewcheck.cli.parser", "skewcheck.cli.usage"} == set()


@pytest.mark.parametrize(
    ("format_", "home"), [("nagios", "monitoring"), ("prometheus", "monitoring"), ("github", "ci"), ("junit", "ci")]
)
def test_a_format_loads_no_other(format_: str, home: str) -> None:
    """A probe pays for its own kind of format alone, and for nothing heavy."""
    with servers_for("ok") as named:
        names = loaded("clock", "--format", format_, *named)
    ours = {name for name in names if name.startswith("skewcheck.render.")}
    assert ours == {"skewcheck.render.sources", f"skewcheck.render.{home}"}
    assert names & HEAVY == set()


@pytest.mark.parametrize("command", ["clock", "check"])
def test_a_clock_that_is_right_loads_no_consequences(command: str) -> None:
    """What judges an API, a token and its verifiers, and the long words about findings, are for whoever needs them."""
    with servers_for("ok") as named:
        names = loaded(command, "--json", *named)
    unasked = {f"skewcheck.judge.{name}" for name in ("advice", "api", "explanations", "risk", "token", "verifiers")}
    assert names & {*unasked, "skewcheck.tokens"} == set()


def test_explaining_loads_nothing_that_measures() -> None:
    """`explain` reads a text and asks nobody; `tempfile` comes with Python's own reader of a package's files."""
    assert loaded("explain", "401") & (HEAVY | MEASURING) <= {"tempfile"}


def test_an_opaque_token_loads_no_reader_of_jwts() -> None:
    """Nothing in it is to be decoded; and offline there is nothing to measure with."""
    names = loaded("token", "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", "--offline", "--json", "--on-unknown", "ok")
    assert names & {"jwt", "rich", "ssl", "http", "skewcheck.measure", "skewcheck.lab"} == set()


def test_only_the_screen_loads_rich() -> None:
    """The text screen is what rich is for."""
    with servers_for("ok") as named:
        assert "rich" in loaded("clock", *named)


def test_the_public_name_loads_what_it_stands_for() -> None:
    """`import skewcheck` alone loads neither sockets nor typer."""
    code = "import skewcheck, sys; print(*sorted({'socket', 'typer', 'skewcheck.examine'} & set(sys.modules)))"
    environment = {name: value for name, value in clean().items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_asking_an_api_loads_nothing_of_others() -> None:
    """HTTP and TLS come with Python: what asks an API for its `Date` needs no package beside them."""
    code = (
        "import sys; before = set(sys.modules); import skewcheck.measure.dates, skewcheck.measure.date_search\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    environment = {name: value for name, value in clean().items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["skewcheck"]
