"""`skewcheck explain`: every finding and topic has a page, on 80 columns, without a network, and is listed."""

import re
import sys
from collections.abc import Callable

import pytest
from bench.typed import UNCOUNTED, Done, skewcheck

from skewcheck.cli.failure import COMMANDS
from skewcheck.judge.catalogue import CATALOGUE
from skewcheck.judge.explanations import TOPICS, pages

NAMES = (*TOPICS, *CATALOGUE)
LONG = (*TOPICS, "local-ahead", "local-behind")
"""Pages that are looked things up in: what to test, and how a clock is set on each kind of host."""
Told = Callable[..., Done]


def test_every_finding_has_a_page_and_every_page_a_finding() -> None:
    """What a screen or JSON can say can be looked up; and nothing is explained that can't be found."""
    assert set(pages()) == set(NAMES)
    assert list(pages())[: len(TOPICS)] == list(TOPICS)


@pytest.mark.parametrize("name", NAMES)
def test_a_page(name: str, told: Told) -> None:
    """Its first line is `ID: HEADLINE`, below it who notices, how to mend it or what to do; 24 lines of 80."""
    done = told("explain", name)
    assert (done.exit_code, done.err) == (0, "")
    head, empty, *body = done.out.splitlines()
    assert re.fullmatch(rf"{name}: [^ ].{{5,}}", head)
    assert empty == ""
    assert body[-1]
    assert all(len(line) <= 80 and line == line.rstrip() and line.isascii() for line in (head, *body))
    assert name in LONG or len(done.out.splitlines()) <= 24


def test_each_page_leads_only_to_what_there_is(told: Told) -> None:
    """`See also`, and each command of a page, names a page or a command that exists."""
    for name in NAMES:
        text = told("explain", name).out
        assert set(re.findall(r"skewcheck explain ([\w-]+)", text)) <= {*NAMES, "ID"}, name
        assert set(re.findall(r"(?m)(?:^|  |`)skewcheck ([a-z]+)\b", text)) <= set(COMMANDS), name


@pytest.mark.parametrize(
    ("topic", "parts"),
    [
        ("401", ("test ", "fix ", "propagation", "idle timeout", "wrong region", "refresh storm")),
        ("offset", ("Sign", "Range", "AHEAD", "Proven")),
        ("leeway", ("jwt.decode(..., leeway=N)", "clockTolerance", "clock_skew_in_seconds", "WithLeeway", "ClockSkew")),
    ],
)
def test_topics(topic: str, parts: tuple[str, ...], told: Told) -> None:
    """What a 401 can be, each with its test and its fix, those of a first request first; an offset; a leeway."""
    text = told("explain", topic).out
    assert all(part in text for part in parts)
    if topic == "401":
        assert text.index("The first request fails") < text.index("It fails until the next refresh")
        assert text.count("    test ") == text.count("    fix ") >= 8


def test_nothing_lists_all(told: Told) -> None:
    """Each with its headline, a line each, in the order of the pages."""
    done = told("explain")
    assert (done.exit_code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == list(pages())
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["LOCAL-BEHIND", " local-behind "])
def test_however_it_was_typed(name: str, told: Told) -> None:
    """Capitals and spaces of a paste are no mistake."""
    assert told("explain", name).out == told("explain", "local-behind").out


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("loacl-behind", "skewcheck explain local-behind"),
        ("api-ahed", "skewcheck explain api-ahead"),
        ("offsets", "skewcheck explain offset"),
        ("403", ""),
        ("zzzzzz", ""),
        ("x" * 500, ""),
        ("", ""),
    ],
)
def test_an_unknown_name_is_told_the_nearest(name: str, remedy: str, told: Told) -> None:
    """Exit 3, nothing on stdout, and what to type instead."""
    done = told("explain", name)
    assert (done.exit_code, done.out) == (3, "")
    first, *rest = done.err.splitlines()
    assert first.startswith("error: unknown finding: ")
    assert [line.split(None, 1)[-1].removeprefix("try: ") for line in rest[:-1]] == ([remedy] if remedy else [])
    assert rest[-1].endswith("skewcheck explain lists all")
    assert len(first) <= 120


def test_it_asks_nobody_and_loads_little() -> None:
    """No socket, nothing that measures or draws: a page is text."""
    code = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, _: opened.append(event) if event.startswith('socket.') else None)\n"
        "from skewcheck.cli import app; code = app.run(['explain', 'local-behind'])\n"
        "rooms = [n for n in sys.modules if n.startswith(('skewcheck.measure', 'skewcheck.host', 'rich'))]\n"
        "print(code, opened, rooms, 'socket' in sys.modules, file=sys.stderr)"
    )
    assert skewcheck(program=[sys.executable, "-c", code], environment=UNCOUNTED).err == "0 [] [] False\n"
