"""What is read without typer is what typer would have read; and all that leaves a doubt is left to it."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skewcheck.cli import argv
from skewcheck.cli.failure import COMMANDS
from skewcheck.cli.options import OPTIONS
from skewcheck.cli.parser import Command

WRITTEN = sorted({name for option in OPTIONS.values() for name in option.names})
VARIABLES = sorted({variable for option in OPTIONS.values() for variable in option.variables})
TEXTS = st.sampled_from(
    [
        "", "-", "--", "0", "1", "2", "5s", "-5s", "50ms", "200ms+-50ms", "x", "a b", "json", "nagios", "ok", "warning",
        "critical", "never", "eu-west-1", "127.0.0.1:9", "https://gateway.example.net/", "2027-01-15T12:00:00Z", "☃",
        "true", "no", "-v", "-vv", "-h", "--json", "=", "--format", "\udcff",
    ]
)  # fmt: skip
WORDS = st.lists(
    st.sampled_from(WRITTEN)
    | TEXTS
    | st.tuples(st.sampled_from(WRITTEN), TEXTS).map("=".join)
    | st.tuples(st.sampled_from(WRITTEN), TEXTS).map("".join),
    max_size=6,
)


def by_typer(command: str, words: list[str]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return what typer reads."""
    context = Command(command).make_context(command, list(words))
    sources = {name: context.get_parameter_source(name) for name in context.params}
    here = frozenset(name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE")
    return context.params, here


def alike(values: dict[str, Any]) -> dict[str, Any]:
    """Return *values* with one way to say that several were none."""
    many = {name.partition(":")[0] for name, option in OPTIONS.items() if option.many}
    return {name: tuple(value or ()) if name in many else value for name, value in values.items()}


@given(st.sampled_from(COMMANDS), WORDS, st.dictionaries(st.sampled_from(VARIABLES), TEXTS, max_size=3))
@example("clock", ["-H", "a", "-H", "b", "--json", "-t", "5s", "-w=1s"], {})
@example("api", ["--region", "eu-west-1"], {"SKEWCHECK_REGION": "eu-west-2", "GENESYSCLOUD_REGION": "eu-central-1"})
@example("clock", [], {"SKEWCHECK_SERVER": " a  b ", "SKEWCHECK_TIMEOUT": "5s", "SKEWCHECK_VERBOSE": "2"})
@example("clock", ["-v", "-v", "--quiet"], {"SKEWCHECK_VERBOSE": "1", "SKEWCHECK_QUIET": "0"})
def test_both_read_the_same(command: str, words: list[str], environment: dict[str, str]) -> None:
    """Every value, and whether it was typed; or it is left to typer."""
    home = import_module(f"skewcheck.cli.{command}")
    with pytest.MonkeyPatch.context() as variables:
        for name in VARIABLES:
            variables.delenv(name, raising=False)
        for name, value in environment.items():
            variables.setenv(name, value)
        plain = argv.read(home.OPTIONS, words, environment)
        if plain is not None:
            values, here = by_typer(command, words)
            assert (alike(plain.values), plain.here) == (alike(values), here)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--json",
        "--json -H ntp1.example.net -H ntp2.example.net -t 5s -w 50ms -c 500ms -o /tmp/x.json",
        "--format=nagios --server=ntp1.example.net --on-unknown critical --fail-on critical -q -v -v -4",
    ],
)
def test_what_programs_write_needs_no_typer(words: str) -> None:
    """Else the start of each would cost twice as much."""
    from skewcheck.cli import clock

    assert argv.read(clock.OPTIONS, words.split(), {"SKEWCHECK_TIMEOUT": "4s"}) is not None


@pytest.mark.parametrize(
    "words",
    [
        "-h", "--help", "--jsno", "--json=1", "-w", "-w x", "-w -5s", "-qv", "-w5s", "time.example.net", "--", "--js",
        "--format xml", "-t 0", "--samples 1.5", "-H",
    ],
)  # fmt: skip
def test_what_leaves_a_doubt_is_left_to_typer(words: str) -> None:
    """Help, mistakes, and all that is written in another way."""
    from skewcheck.cli import clock

    assert argv.read(clock.OPTIONS, words.split(), {}) is None
