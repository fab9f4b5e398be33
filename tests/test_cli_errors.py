"""Errors in one shape: what went wrong, what to try, in two to four lines; where one is near, the command meant."""

import re
import shlex
from collections.abc import Callable
from typing import NamedTuple

import pytest
from bench.golden import check
from bench.terminal import terminal
from bench.typed import PROGRAM, Done, clean, skewcheck

Told = Callable[..., Done]

SHOWN = """\
api --region eu-wset-1
api --region eu-west-3
api --region frankfurt
api
api https://gateway.example.net/
api eu-west-1
api --url gateway.example.net/health
api --region eu-west-1 --url https://gateway.example.net/
clock ntp1.example.net
clock ntp1.example.net ntp2.example.net
clock -H ntp1.example.net,ntp2.example.net
clock -H http://ntp1.example.net/
clock -H ntp1.example.net:0
clock -H -
clock -H https://user:hunter2hunter@127.0.0.1:9/
clock --region eu-west-1
clock --full
check --full
check --verifier pyjwt
token --verifier githib
token --signed-for githb
token --verifier zitadel
token --region eu-west-1 --offline
explain loacl-behind
explain 403
demo --skew 200
demo --skew 1e3
token --skew -200+-50
clcok
cl
frobnicate
/etc/passwd
--quiet clock
clock --jsno
clock -x
clock -c
clock --json=1
clock -w 5apples
clock -w 2s
clock -t 0
clock --format jsn
clock --format xml
clock -4 -6
clock --samples 0
clock --samples 1.5
api --ca-file=
api --url https://127.0.0.1:1/ --ca-file /nonexistent.pem --on-unknown ok
demo --liars 6
regions --region eu-west-1
--show-completion tcsh
"""
"""As typed; in the golden file each with what comes."""


class Try(NamedTuple):
    """A command line, and the command that it is told to try; empty: none is near."""

    typed: str
    command: str


@pytest.fixture
def shown(told: Told) -> list[tuple[str, Done]]:
    """Return what each comes to."""
    return [(typed, told(*shlex.split(typed))) for typed in SHOWN.splitlines()]


def test_all_of_them(shown: list[tuple[str, Done]]) -> None:
    """Each is as in the golden file."""
    check("errors.txt", "\n".join(f"$ skewcheck {typed}\n{done.err}" for typed, done in shown))


def test_they_have_one_shape(shown: list[tuple[str, Done]]) -> None:
    """Exit 3, nothing on stdout, two to four lines that fit a terminal, each as short as a sentence."""
    for typed, done in shown:
        assert (done.exit_code, done.out) == (3, ""), typed
        assert re.fullmatch(r"error: .*[^.]\n  try: .*[^.]\n(       .*[^.]\n){0,2}", done.err), typed
        assert max(map(len, done.err.splitlines())) <= 100, typed


@pytest.mark.parametrize(
    "typed",
    [
        "clock --format jsn",
        "api --ca-file= --region eu-west-1 --format xml",
        f"clock --region {'x' * 40}",
        f"api https://gateway.example.net/{'x' * 40}",
        "token --file /nowhere/token.json --offline",
    ],
)
def test_on_a_terminal_each_fits(typed: str) -> None:
    r"""No line is longer than the terminal, and nothing of what a pipe gets is lost; a command goes on behind a \\."""
    with terminal(*PROGRAM, *typed.split(), environment=clean({"TERM": "xterm"})) as shown:
        assert shown.end() == 3
        lines = shown.screen.splitlines()
    assert max(map(len, lines)) <= 80
    assert re.sub(r"[\s\\]", "", shown.screen) == re.sub(r"\s", "", skewcheck(*typed.split()).err)


@pytest.mark.parametrize(
    "typed",
    [
        "api --region eu-west-3",  # as near to one as to another
        "api --region nowhere",
        "token --verifier zitadel",
        "explain zzzzzz",
        "frobnicate",
        "clock --xyzzy",
        "clock --format xml",
    ],
)
def test_nothing_is_suggested_where_nothing_is_near(typed: str, told: Told) -> None:
    """A guess that is none would send people the wrong way: what lists all is named, and nothing else."""
    _, *rest = told(*typed.split()).err.splitlines()
    assert len(rest) == 1
    assert re.search(r"lists all|shows all|--help", rest[0])


@pytest.mark.parametrize(
    ("typed", "works"),
    [
        ("api --region eu-wset-1", "--region eu-west-1"),
        ("api https://gateway.example.net/", "skewcheck api --url https://gateway.example.net/"),
        ("check https://gateway.example.net/", "skewcheck check --url https://gateway.example.net/"),
        ("clock -H a.example,b.example", "-H a.example -H b.example"),
        ("clock -H http://a.example:8123/x", "-H a.example:8123"),
        ("api --url gateway.example.net/health", "--url https://gateway.example.net/health"),
        ("clock --region eu-west-1", "skewcheck check --region eu-west-1"),
        ("explain loacl-behind", "skewcheck explain local-behind"),
        ("token --verifier github-ap", "--verifier github-app"),
        ("demo --skew 200", "--skew 200ms or 200s"),
        ("clock --version", "skewcheck --version"),
    ],
)
def test_the_command_as_it_should_be(typed: str, works: str, told: Told) -> None:
    """The first thing to try is what was meant."""
    assert told(*typed.split()).err.splitlines()[1].startswith(f"  try: {works}")


def test_a_skew_needs_a_unit_and_nothing_else_does(told: Told) -> None:
    """0 is the same in all units, a skew with one is read, and for a duration a bare number is seconds."""
    for words in ("demo --skew 0 --liars 9", "demo --skew -0.2s --liars 9", "demo --skew 1m --liars 9 -t 5"):
        assert "liars" in told(*words.split()).err.splitlines()[0]
    for words in ("demo --skew=-200", "demo --api-ahead 1", "token --skew 0+-50", "token --skew 200ms+-50"):
        assert "ms or " in told(*words.split()).err.splitlines()[1]


def test_github_is_the_github_app(told: Told) -> None:
    """What people call it is an alias, not a guess."""
    words = "--offline --verifier github --on-unknown ok --json"
    done = told("token", "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", *words.split())
    assert (done.exit_code, "error" in done.document) == (0, False)


def test_a_value_that_is_too_long_for_one_is_not_repeated() -> None:
    """What looks like no token may still be a secret in the wrong place."""
    done = skewcheck("check", "-t", "hunter2opaque-abcdefgh")
    assert (done.exit_code, done.out, "hunter2" in done.err) == (3, "", False)
    assert "a value of 22 characters is not a duration" in done.err
