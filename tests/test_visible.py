"""Foreign text: nothing that comes out of the gate can move a cursor, colour a line or turn the direction of text."""

import unicodedata

import pytest
from bench.judges import check_commands_nothing
from hypothesis import example, given
from hypothesis import strategies as st

from skewcheck.visible import MAX_SHOWN, visible

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)
"""Every code point, surrogates too."""


@given(ANYTHING)
@example("\x1b]0;pwned\x07\x1b[2J")
@example("".join(map(chr, range(0x300))))
@example("".join(map(chr, range(0x300, 0x10000, 199))))
@example("#\u034f#[error]x ##v\ufe0eso[task.complete result=Failed]x")
def test_what_comes_out_can_be_printed(text: str) -> None:
    """Of every category that can do more than look like something, nothing is left."""
    shown = visible(text)
    assert shown.isprintable()
    assert not {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} & {unicodedata.category(character) for character in shown}
    check_commands_nothing(shown)
    shown.encode("utf-8")


@given(ANYTHING)
def test_it_is_bounded_and_nothing_is_left_out_in_silence(text: str) -> None:
    """At most the limit of characters, each at most ten long; a cut leaves its mark."""
    shown = visible(text)
    assert len(shown) <= 10 * MAX_SHOWN + 1
    assert shown.endswith("…") >= (len(text) > MAX_SHOWN)
    assert visible(text, 3) == visible(text[:3]) + ("…" if len(text) > 3 else "")


@given(ANYTHING)
def test_twice_is_as_good_as_once(text: str) -> None:
    """Text that passes the gate a second time is not garbled, unless it is cut."""
    once = visible(text)
    if len(once) <= MAX_SHOWN:
        assert visible(once) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("time.example.net", "time.example.net"),
        ("zeit.österreich.example", "zeit.österreich.example"),
        ("時計 🕰", "時計 🕰"),
        ("\x1b[31m", "\\u001b[31m"),
        ("a\r\nb\tc\0", "a\\u000d\\u000ab\\u0009c\\u0000"),
        ("\x7f\x9b", "\\u007f\\u009b"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
        ("#\u034f#\ufe0f[", "#\\u034f#\\ufe0f["),
        ("\u3164\u115f\U000e0100", "\\u3164\\u115f\\U000e0100"),
        ("a ##vso[b]", "a ##vso\\u005bb]"),
        ("##teamcity[b]", "##teamcity\\u005bb]"),
        ("::error::b", "\\u003a:error::b"),
        ("--- b", "\\u002d-- b"),
        ("travis_fold:start:b", "travis_fold\\u003astart:b"),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    """Letters of any script as they are, all else by its code."""
    assert visible(text) == shown
