"""The screen: literal captures, and what holds of every screen: no control character, no line too long, no lie."""

import re
import sys
from itertools import pairwise
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reports import (
    ALL_WELL,
    BY_HAND,
    HOURS_BEHIND,
    MISUSE,
    NOBODY,
    ONE_LIAR,
    ONE_SERVER,
    STRADDLING,
    TWO_APART,
    clock,
    liar,
    reports,
    voter,
)
from rich.cells import cell_len

from skewcheck.model import Dropped, Finding, Report, Status
from skewcheck.render.page import Page
from skewcheck.render.text import render

WIDTHS = st.one_of(st.sampled_from([40, 80, 120, 200]), st.integers(40, 400))


def screen(report: Report, *, width: int = 80, verbose: int = 0, ascii_only: bool = False) -> str:
    """Return the screen for *report* without colour."""
    return render(report, width=width, color=False, verbose=verbose, quiet=False, ascii_only=ascii_only)


# --- Captures ---

ALL_WELL_SCREEN = """\
OK  your clock is within 7 ms of UTC, proven; 5 of 5 servers agree
    For a token: at this size the clock is an unlikely cause of a 401.

  time.cloudflare.com  ¦            ├─•┤            ¦  0 ms ± 8 ms
  ntp.netnod.se        ¦            ├─•─┤           ¦  1 ms ahead ± 15 ms
  ntp.time.nl          ¦            ├•┼┤            ¦  2 ms behind ± 10 ms
  ptbtime1.ptb.de      ¦           ├──•─┤           ¦  1 ms ahead ± 18 ms
  time.nist.gov        ¦      ├───────•───────┤     ¦  10 ms ahead ± 60 ms
  5 of 5 agree         ┴────────────╞═╪╡────────────┴  7 ms behind to 7 ms ahead
                       100 ms        UTC       100 ms  warning from 100 ms

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

next: curl -sI https://api.example.net/date
      shows the API's own clock
"""

ONE_LIAR_SCREEN = """\
WARNING  your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 3 of
         4 servers agree; 1 refused
         For a token: what this host signs looks issued in the future to a
         strict server.

  time.cloudflare.com    │          ¦           ├•          203 ms ahead ± 9 ms
× ntp.evil.example       │          ¦                    ►  1.2 s ahead  WRONG
  ntp.netnod.se          │          ¦          ├•─┤         201 ms ahead ± 13 ms
  time.nist.gov          │          ¦      ├──────•──────┤  210 ms ahead ± 70 ms
  3 of 4 agree         ──┼──────────┴───────────╞╡────────  195 to 211 ms ahead
                        UTC  warning 100 ms   280 ms ahead  critical from 1 s

  ptbtime1.ptb.de      refused: the server says that it is not synchronised

  ntp.evil.example is off by at least 980 ms: its vote doesn't count

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

do: sudo chronyc makestep
    sets this clock at once
"""

HOURS_BEHIND_SCREEN = """\
CRITICAL  your clock is 1 h 30 min BEHIND UTC, proven between 5399.98 and
          5400.02 s; 3 of 3 servers agree
          For a token: what that means for a token.

  a.example        •                           │     1 h 30 min behind ± 30 ms
  b.example        •                           │     1 h 30 min behind ± 50 ms
  c.example       ├•                           │     1 h 30 min behind ± 38 s
  3 of 3 agree  ───╬───────────────────────────┼───  5399.98 to 5400.02 s behind
                1 h 40 min behind             UTC    critical from 1 s

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

do: sudo chronyc makestep
    sets this clock at once
"""

STRADDLING_SCREEN = """\
OK  your clock is 84 ms AHEAD of UTC, proven between 37 and 111 ms; 3 of 3
    servers agree
    For a token: what that means for a token.

  a.example             │       ├──•──┼┤                    80 ms ahead ± 25 ms
  b.example             │    ├────•───┼┤                    74 ms ahead ± 37 ms
  c.example      ├──────┼────────────•┼─────────────────┤   90 ms ahead ± 140 ms
  3 of 3 agree  ────────┼────╞════════╪╡──────────────────  37 to 111 ms ahead
                       UTC     warning 100 ms        ahead

  Proven if most of these servers are honest and nobody rewrites NTP on the way.
"""

TWO_APART_SCREEN = """\
CANNOT TELL  the two servers that answered contradict each other: one of them is
             wrong, or both
             For a token: what that means for a token.

  a.example                              ¦          ¦│¦•    200 ms ahead ± 10 ms
  b.example      •                       ¦          ¦│¦     3 s behind ± 20 ms
  no majority  ──────────────────────────┴──────────┴┼┴───
               3.2 s behind        critical 1 s     UTC     warning from 100 ms
"""

NOBODY_SCREEN = """\
CANNOT TELL  none of 3 NTP servers answered in 3 s: UDP 123 is probably blocked
             here
             For a token: nothing can be said, neither that this clock causes a
             401 nor that it doesn't.

  time.cloudflare.com  no reply in 3 s
  ntp.netnod.se        no reply in 3 s
  nope.invalid         there is no such name

next: skewcheck clock -H ADDRESS
      with a time server that this network can reach
"""

ONE_SERVER_VERBOSE_SCREEN = """\
WARNING  your clock is 203 ms AHEAD of UTC, between 195 and 211 ms if
         ntp1.example.net is right
         For a token: what that means for a token.

  ntp1.example.net     │               ¦              ├─•┤   203 ms ahead ± 8 ms
  one server        ───┼───────────────┴──────────────╞══╡─  195 to 211 ms ahead
                      UTC       warning 100 ms        ahead  critical from 1 s

  ntp1.example.net at 192.0.2.1: unjudged
    local   T1 2027-01-15T12:00:00.000000Z  T4 2027-01-15T12:00:00.016125Z
    server  T2 2027-01-15T11:59:59.805000Z  T3 2027-01-15T11:59:59.805125Z
    round trip 16.000 ms  root delay 12.500 ms  root dispersion 0.500 ms
    precision 0.0596 µs  stratum 2  reference 192.0.2.9  set 30 s before
    leap 0 (none)  poll 6  version 4

  T1 request sent, T2 received, T3 reply sent, T4 received. The server's clock
  minus the local one lies between T3 - T4 and T2 - T1, give or take half of the
  root delay, the root dispersion and the precision.

next: skewcheck clock
      asks five independent servers, so that none has to be trusted alone
"""

ONE_LIAR_WIDE_SCREEN = """\
WARNING  your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 3 of 4 servers agree; 1 refused
         For a token: what this host signs looks issued in the future to a strict server.

  time.cloudflare.com      │                    ¦                   ├─•─┤                203 ms ahead ± 9 ms
× ntp.evil.example         │                    ¦                                     ►  1.2 s ahead  WRONG
  ntp.netnod.se            │                    ¦                  ├──•─┤                201 ms ahead ± 13 ms
  time.nist.gov            │                    ¦          ├────────────•─────────────┤  210 ms ahead ± 70 ms
  3 of 4 agree         ────┼────────────────────┴───────────────────╞═══╡──────────────  195 to 211 ms ahead
                          UTC            warning 100 ms                    280 ms ahead  critical from 1 s

  ptbtime1.ptb.de      refused: the server says that it is not synchronised

  ntp.evil.example is off by at least 980 ms: its vote doesn't count

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

do: sudo chronyc makestep
    sets this clock at once
"""

ONE_LIAR_ASCII_SCREEN = """\
WARNING  your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 3 of
         4 servers agree; 1 refused
         For a token: what this host signs looks issued in the future to a
         strict server.

  time.cloudflare.com    |          :         (o)         203 ms ahead +/- 9 ms
x ntp.evil.example       |          :                  >  1.2 s ahead  WRONG
  ntp.netnod.se          |          :        (-o)         201 ms ahead +/- 13 ms
  time.nist.gov          |          :    (------o------)  210 ms ahead +/- 70 ms
  3 of 4 agree         --+----------+---------[=]-------  195 to 211 ms ahead
                        UTC  warning 100 ms        ahead  critical from 1 s

  ptbtime1.ptb.de      refused: the server says that it is not synchronised

  ntp.evil.example is off by at least 980 ms: its vote doesn't count

  Proven if most of these servers are honest and nobody rewrites NTP on the way.

do: sudo chronyc makestep
    sets this clock at once
"""

ONE_LIAR_NARROW_SCREEN = """\
WARNING
your clock is 203 ms AHEAD of UTC,
proven between 195 and 211 ms; 3 of 4
servers agree; 1 refused
For a token: what this host signs looks
issued in the future to a strict server.

  time.cloudflare.com
    203 ms ahead ± 9 ms
× ntp.evil.example
    1.2 s ahead  WRONG
  ntp.netnod.se
    201 ms ahead ± 13 ms
  time.nist.gov
    210 ms ahead ± 70 ms
  3 of 4 agree
    195 to 211 ms ahead
  ptbtime1.ptb.de
    refused: the server says that it is
    not synchronised

  ntp.evil.example is off by at least
  980 ms: its vote doesn't count

  Proven if most of these servers are
  honest and nobody rewrites NTP on the
  way.

do: sudo chronyc makestep
    sets this clock at once
"""

MISUSE_SCREEN = """\
error: --warning: 'x' is not a duration; write 50ms, 2s, 1.5m or 1h (a bare
       number is seconds)
       Example: -w 50ms
"""


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (ALL_WELL, ALL_WELL_SCREEN),
        (ONE_LIAR, ONE_LIAR_SCREEN),
        (HOURS_BEHIND, HOURS_BEHIND_SCREEN),
        (STRADDLING, STRADDLING_SCREEN),
        (TWO_APART, TWO_APART_SCREEN),
        (NOBODY, NOBODY_SCREEN),
        (MISUSE, MISUSE_SCREEN),
    ],
    ids=["all well", "one liar", "hours behind", "straddling", "two apart", "nobody", "misuse"],
)
def test_the_screen_at_80_columns(report: Report, expected: str) -> None:
    """To the letter: whoever changes a screen sees here what it becomes."""
    assert screen(report) == expected


def test_verbose_shows_what_the_packets_said() -> None:
    """T1 to T4 and the server's claims, enough to check the range by hand."""
    assert screen(ONE_SERVER, verbose=1) == ONE_SERVER_VERBOSE_SCREEN


def test_the_screen_at_other_widths_and_in_ascii() -> None:
    """Wider pages draw finer, narrow ones only list, and ASCII says the same."""
    assert screen(ONE_LIAR, width=120) == ONE_LIAR_WIDE_SCREEN
    assert screen(ONE_LIAR, width=40) == ONE_LIAR_NARROW_SCREEN
    assert screen(ONE_LIAR, ascii_only=True) == ONE_LIAR_ASCII_SCREEN


def test_quiet_is_the_verdict_on_one_line() -> None:
    """However long it is, for a log; and it does not pay for rich."""
    assert render(ONE_LIAR, width=40, color=False, verbose=2, quiet=True) == f"{ONE_LIAR.verdict}\n"
    assert render(MISUSE, width=40, color=False, verbose=0, quiet=True) == (
        "error: --warning: 'x' is not a duration; write 50ms, 2s, 1.5m or 1h (a bare number is seconds)\n"
    )
    assert render(
        NOBODY._replace(verdict="CANNOT TELL  2 × no-reply"),
        width=80,
        color=False,
        verbose=0,
        quiet=True,
        ascii_only=True,
    ) == ("CANNOT TELL  2 x no-reply\n")


def test_quiet_does_not_load_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe in quiet mode pays for no screen."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert render(ALL_WELL, width=80, color=False, verbose=0, quiet=True) == f"{ALL_WELL.verdict}\n"


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
def test_a_number_keeps_its_unit(ascii_only: bool) -> None:
    """No line ends between them, wherever it must end, and nothing else becomes of the words."""
    text = "between 6.986 and 7.017 s, 230 ms or 5 µs; after 1 d 2 h 5 min at 100 ppm 5 servers, 4 minutes and 3 hosts"
    for width in range(10, 200):
        page = Page(width, color=False, ascii_only=ascii_only)
        lines = [line[1][0] for line in page.wrapped(text)]
        assert " ".join(lines) == page.say(text)
        for first, second in pairwise(lines):
            assert not (first[-1].isdigit() and re.match(r"(d|h|min|s|ms|[µu]s|ppm)\b", second)), (first, second)
            assert len(f"{first} {' '.join(second.split(' ')[:2])}") > width, "a line is no shorter than it must be"


# --- Colour ---


@pytest.mark.parametrize("report", BY_HAND.values(), ids=list(BY_HAND))
@pytest.mark.parametrize("quiet", [False, True], ids=["screen", "quiet"])
def test_colour_adds_nothing_but_colour(report: Report, quiet: bool) -> None:
    """Without its escapes the coloured screen is the plain one: nothing is said by colour alone."""
    coloured = render(report, width=80, color=True, verbose=1, quiet=quiet)
    plain = render(report, width=80, color=False, verbose=1, quiet=quiet)
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize(
    ("report", "style"),
    [
        (ALL_WELL, "\x1b[38;5;16;48;5;40mOK\x1b[0m  "),
        (ONE_LIAR, "\x1b[38;5;16;48;5;220mWARNING\x1b[0m  "),
        (HOURS_BEHIND, "\x1b[1;38;5;231;48;5;160mCRITICAL\x1b[0m  "),
        (NOBODY, "\x1b[38;5;16;48;5;44mCANNOT TELL\x1b[0m  "),
        (MISUSE, "\x1b[1;38;5;231;48;5;160merror:\x1b[0m "),
    ],
    ids=["ok", "warning", "critical", "unknown", "error"],
)
def test_the_verdict_word_stands_out(report: Report, style: str) -> None:
    """On a ground of its own, in colours that are the same in every theme: light or dark doesn't matter."""
    assert render(report, width=80, color=True, verbose=0, quiet=False).startswith(style)


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Width and colour are parameters; the command line has decided before."""
    plain = render(ONE_LIAR, width=100, color=False, verbose=0, quiet=False)
    coloured = render(ONE_LIAR, width=100, color=True, verbose=0, quiet=False)
    for name, value in {
        "COLUMNS": "30",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
        "COLORTERM": "24bit",
    }.items():
        monkeypatch.setenv(name, value)
    assert render(ONE_LIAR, width=100, color=False, verbose=0, quiet=False) == plain
    assert render(ONE_LIAR, width=100, color=True, verbose=0, quiet=False) == coloured


# --- Any screen ---


@given(reports(), WIDTHS, st.integers(0, 1), st.booleans())
@example(TWO_APART, 40, 0, False)
def test_any_screen_is_plain_text_that_fits(report: Report, width: int, verbose: int, ascii_only: bool) -> None:
    """No control character but newlines, no trailing space, no double blank line, no line too wide but a command."""
    shown = screen(report, width=width, verbose=verbose, ascii_only=ascii_only)
    assert not ascii_only or shown.isascii()
    assert shown.endswith("\n")
    assert not shown.startswith("\n")
    assert "\n\n\n" not in shown
    assert not {"Cc", "Cf", "Cs"} & {category(character) for character in shown.replace("\n", "")}
    lines = shown.splitlines()
    for line in lines:
        assert line == line.rstrip()
    command = None if report.next_step is None else f"{report.next_step.kind}: {report.next_step.command}".rstrip()
    too_wide = [line for line in lines if cell_len(line) > width]
    if not ascii_only:
        assert too_wide in ([], [command])


@given(reports(), WIDTHS)
def test_any_screen_is_the_same_in_colour(report: Report, width: int) -> None:
    """Foreign text is never taken for markup, emoji codes or anything else that rich knows."""
    coloured = render(report, width=width, color=True, verbose=1, quiet=False)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == screen(report, width=width, verbose=1)


@given(reports(), st.sampled_from([80, 120]))
def test_every_server_has_its_row(report: Report, width: int) -> None:
    """As many rows as servers, whatever became of them."""
    assert report.ntp is not None
    named = [
        vote._replace(outcome=vote.outcome._replace(server=f"server{number:02d}"))
        for number, vote in enumerate(report.ntp.survey.consensus.votes)
    ]
    consensus = report.ntp.survey.consensus._replace(votes=tuple(named))
    part = report.ntp._replace(survey=report.ntp.survey._replace(consensus=consensus))
    shown = screen(report._replace(ntp=part, findings=()), width=width)
    for vote in named:
        assert len(re.findall(rf"(?m)^[ ×] {vote.outcome.server}\b", shown)) == 1
    assert shown.count("WRONG") >= sum(vote.off_by_s is not None for vote in named)


def test_markup_and_emoji_codes_are_text() -> None:
    """A server may be called anything."""
    hostile = clock(
        Status.OK,
        "OK  [red]fine[/red] :bomb: [/]",
        (voter("[bold]x[/bold] :smile:", 0.0, 0.01), voter("[link=x]y", 0.001, 0.01)),
        (-0.009, 0.0, 0.01),
        meaning="[/nothing] [b]",
    )
    shown = render(hostile, width=80, color=True, verbose=1, quiet=False)
    for text in ("[red]fine[/red] :bomb: [/]", "[/nothing] [b]", "[bold]x[/bold] :smile:", "[link=x]y"):
        assert text in re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_long_names_keep_both_ends_and_wide_ones_their_column() -> None:
    """Two addresses of one network stay apart; letters that take two cells don't push the picture aside."""
    names = [f"[2001:db8:85a3:8d3:1319:8a2e:370:{tail}]:1123" for tail in ("7344", "7345")]
    report = clock(
        Status.OK,
        "OK  fine",
        (*(voter(name, 0.0, 0.01) for name in names), voter("時計時計時計時計時計時計時計時計.example", 0.0, 0.01)),
        (-0.01, 0.0, 0.01),
    )
    rows = screen(report).splitlines()[3:6]
    assert [row[:27] for row in rows[:2]] == ["  [2001:db8:85…:7344]:1123 ", "  [2001:db8:85…:7345]:1123 "]
    assert rows[2].startswith("  時計時計時計")
    assert len({cell_len(row[: row.index("├")]) for row in rows}) == 1


def test_only_what_the_verdict_does_not_say_is_added() -> None:
    """The screen repeats no finding, and hides none that it doesn't know."""
    findings = tuple(Finding(name, Status.OK, f"summary of {name}") for name in ("local-ahead", "slewing", "brand-new"))
    shown = screen(ALL_WELL._replace(findings=findings))
    assert "  summary of slewing\n  summary of brand-new\n" in shown
    assert "summary of local-ahead" not in shown


def test_the_premises_stand_where_something_is_called_proven() -> None:
    """Once; and not below a verdict that proves nothing."""
    assert screen(ONE_LIAR).count("Proven if") == 1
    assert "Proven if" not in screen(ONE_SERVER)
    assert "Proven if" not in screen(TWO_APART._replace(assumes=ONE_LIAR.assumes))


def test_dropped_packets_are_told_when_asked() -> None:
    """What was heard and not believed, and why."""
    assert NOBODY.ntp is not None
    survey = NOBODY.ntp.survey
    first, *others = survey.consensus.votes
    noted = first._replace(outcome=first.outcome._replace(dropped=(Dropped("runt", 2), Dropped("origin-zero", 1))))
    part = NOBODY.ntp._replace(survey=survey._replace(consensus=survey.consensus._replace(votes=(noted, *others))))
    assert (
        "  time.cloudflare.com at 192.0.2.7: no-answer, no-reply\n"
        "    dropped:  2 × runt  1 × origin-zero\n"
        "  ntp.netnod.se at 192.0.2.7: no-answer, no-reply\n"
        "  nope.invalid: no-answer, dns-no-such-name\n"
    ) in screen(NOBODY._replace(ntp=part), verbose=1)


def test_a_liar_near_by_is_drawn_with_a_cross_and_one_far_off_is_an_arrow() -> None:
    """A liar stands out by its shape, and never squeezes the truth into a corner."""
    votes = (voter("a", 0.2, 0.02), voter("b", 0.2, 0.03), liar("near", 0.28, 0.02, 0.03), liar("far", -9.0, 0.02, 9.0))
    rows = screen(clock(Status.WARNING, "WARNING  x", votes, (0.18, 0.2, 0.22))).splitlines()[3:7]
    assert "├──×─┤" in rows[2]
    assert "◄" in rows[3]
    assert rows[2].startswith("× near")
    assert rows[3].endswith("9 s behind  WRONG")
