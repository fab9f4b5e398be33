"""The screens of the demonstration, for whatever is set up: they fit a terminal, and line 1 is the answer."""

import itertools

import pytest
from bench import screen
from bench.typed import skewcheck

CLOCKS = [
    ["--skew", skew, "--liars", str(liars)]
    for skew, liars in itertools.product(("0ms", "200ms", "-7s", "400d", "-50d"), (0, 1, 2, 3, 5))
]
SERVICES = [
    ["--skew", skew, "--api-ahead", api, "--login-ahead", login, "--liars", "1"]
    for skew, api, login in itertools.product(("0ms", "-3s"), ("0ms", "-3s", "500ms"), ("0ms", "1s"))
]


@pytest.mark.parametrize("words", [*CLOCKS, *SERVICES], ids=" ".join)
def test_each_screen_fits_a_terminal(words: list[str]) -> None:
    """24 lines of 80 columns, and line 1 is one line: the status and the answer."""
    done = skewcheck("demo", *words, environment={"COLUMNS": "80"})
    assert done.err == ""
    assert done.exit_code in (0, 3)
    screen.check(done.out, None)


@pytest.mark.parametrize("words", [[], ["--liars", "3"], ["--api-ahead", "500ms"]], ids=["clock", "liars", "api"])
def test_quiet_is_line_1(words: list[str]) -> None:
    """`-q` prints the status and the answer, and nothing else."""
    done = skewcheck("demo", *words, "-q", environment={"COLUMNS": "80"})
    assert done.out.count("\n") == 1
    screen.check(done.out, None)
