"""Colours: whatever the theme of the terminal, what is to be read can be read."""

import re
from collections.abc import Iterator

import pytest
from api_reports import BY_HAND as API_BY_HAND
from judged_screens import SCREENS
from reports import ALL_WELL, BY_HAND, HOURS_BEHIND, NOBODY, ONE_LIAR

from skewcheck.model import Report
from skewcheck.render.text import render

READABLE = 4.5
"""What WCAG 2.2 §1.4.3 asks for between text and its ground."""
_LEVELS = (0, 95, 135, 175, 215, 255)
"""Of red, green and blue in the colours 16 to 231, as xterm has them and all others after it."""
_RULED = set(" │¦─┼┴|:-+")
"""What guides the eye and is no measurement: where the lines are, the labels say in words."""

REPORTS = {**BY_HAND, **API_BY_HAND, **SCREENS}


def styled(report: Report, *, quiet: bool, ascii_only: bool) -> Iterator[tuple[list[str], str]]:
    """Yield each piece of the screen that isn't plain, behind the parameters of its escape sequence."""
    shown = render(report, width=80, color=True, verbose=2, quiet=quiet, ascii_only=ascii_only)
    for codes, text in re.findall(r"\x1b\[([0-9;]*)m([^\x1b]*)", shown):
        if codes != "0":
            yield codes.split(";"), text


def luminance(color: str) -> float:
    """Return the relative luminance (WCAG 2.2) of a colour by its number: none of the first 16, which themes move."""
    number = int(color) - 16
    assert 0 <= number < 216, f"{color} looks different in every theme"
    channels = [_LEVELS[number // place % 6] / 255 for place in (36, 6, 1)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * channel for share, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("quiet", [False, True], ids=["screen", "quiet"])
@pytest.mark.parametrize("report", REPORTS.values(), ids=list(REPORTS))
def test_what_is_to_be_read_can_be_read(report: Report, quiet: bool, ascii_only: bool) -> None:
    """Words are in the terminal's own colours at full strength, or in ink and on a ground that no theme moves."""
    for codes, text in styled(report, quiet=quiet, ascii_only=ascii_only):
        if codes == ["2"]:
            assert set(text) <= _RULED, f"{text!r} is dim"
            continue
        rest = codes[1:] if codes[0] == "1" else codes
        if rest:
            assert (rest[:2], rest[3:5], len(rest)) == (["38", "5"], ["48", "5"], 6), f"{text!r} by {codes}"
            dark, light = sorted((luminance(rest[2]), luminance(rest[5])))
            assert (light + 0.05) / (dark + 0.05) >= READABLE, f"{text!r} by {codes}"


@pytest.mark.parametrize(
    ("report", "style"),
    [
        (ALL_WELL, "\x1b[38;5;16;48;5;40mOK\x1b[0m  "),
        (ONE_LIAR, "\x1b[38;5;16;48;5;220mWARNING\x1b[0m  "),
        (HOURS_BEHIND, "\x1b[1;38;5;231;48;5;160mCRITICAL\x1b[0m  "),
        (NOBODY, "\x1b[38;5;16;48;5;44mUNKNOWN\x1b[0m  "),
    ],
    ids=["ok", "warning", "critical", "unknown"],
)
def test_the_status_word_stands_out(report: Report, style: str) -> None:
    """On a ground of its own, in colours that are the same in every theme; and so does who was rejected."""
    for quiet in (False, True):
        shown = render(report, width=80, color=True, verbose=0, quiet=quiet)
        assert shown.startswith(style)
        assert ("\x1b[1;38;5;231;48;5;127mrejected" in shown) == (report is ONE_LIAR and not quiet)
