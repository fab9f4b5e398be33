"""The screens: golden ones in `screens/`, which a person can read, and what holds of every screen.

`python tests/test_render_text.py` writes them anew: look at what has changed before it is kept.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import api_reports
import pytest
import reports
from bench import golden
from hypothesis import given
from hypothesis import strategies as st
from judged_screens import SCREENS
from rendered import fits, screen
from reports import ALL_WELL, BEHIND, MISUSE, NOBODY, NOON, ONE_LIAR, THIRTY_TWO, clock, finding, reading
from rich.cells import cell_len

from skewcheck.judge import catalogue
from skewcheck.model import (
    Daemon,
    DaemonClaim,
    Dropped,
    Ended,
    Finding,
    Harm,
    Interval,
    Level,
    Party,
    Report,
    Risk,
    ServerStatus,
    Status,
    Unknown,
    Vote,
)
from skewcheck.render import evidence, tables
from skewcheck.render.page import FULL_WIDTH, Page
from skewcheck.render.text import render

BY_HAND = {**reports.BY_HAND, **api_reports.BY_HAND}

ALL = {**BY_HAND, **SCREENS}


SHOWN = frozenset({
    "clock all well", "clock with a daemon", "clock one liar", "clock 32 servers",
    "clock hours behind", "api fine", "api login ahead", "api backends", "api nobody",
})  # fmt: skip
"""Those made by hand whose findings say what their rows do; all of them are held to their size."""
GOLDEN: dict[str, Callable[[], str]] = {
    **{name: partial(screen, BY_HAND[name]) for name in BY_HAND if name in SHOWN},
    **{name: partial(screen, report) for name, report in SCREENS.items()},
    "clock behind at 120 columns": partial(screen, BEHIND, width=120),
    "clock one liar at 40 columns": partial(screen, ONE_LIAR, width=40),
    "clock one liar in ascii": partial(screen, ONE_LIAR, ascii_only=True),
    "clock with a daemon -v": partial(screen, BY_HAND["clock with a daemon"], verbose=1),
    "clock one server -vv": partial(screen, reports.ONE_SERVER, verbose=2),
    "api ahead -v": partial(screen, api_reports.AHEAD, verbose=1),
    "api login refused -vv": partial(screen, api_reports.REFUSED, verbose=2),
    "token early here -v": partial(screen, SCREENS["token early here"], verbose=1),
    "token response -v": partial(screen, SCREENS["token response"], verbose=1),
}


def file_of(name: str) -> str:
    """Return what the file of the screen of that *name* is called."""
    return f"{name.replace(',', '').replace(' ', '-')}.txt"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have local time be UTC, where a test says nothing else."""
    monkeypatch.setenv("TZ", "UTC0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", GOLDEN)
def test_the_screen_is_the_one_that_was_looked_at(name: str) -> None:
    """To the letter: whoever changes a screen sees here what it becomes."""
    golden.check(file_of(name), GOLDEN[name]())


def test_every_golden_screen_is_held() -> None:
    """No file is left from a screen that is gone."""
    other_formats = ("errors", "github", "junit", "log-", "nagios", "prometheus")
    kept = {path.name for path in golden.SCREENS.iterdir() if not path.name.startswith(other_formats)}
    assert kept == set(map(file_of, GOLDEN))


@pytest.mark.parametrize("report", ALL.values(), ids=list(ALL))
def test_a_screen_fits_a_terminal(report: Report) -> None:
    """24 lines of 80 columns; line 1 is all that -q says; what its commands do stands in one column."""
    shown = screen(report)
    fits(report, shown)
    rows = shown.splitlines()[-4:]
    said = [(step.command, catalogue.STEPS[step.kind].words) for step in report.steps]
    beside = {row.index(words) for row in rows for command, words in said if command in row and row.endswith(words)}
    assert len(beside) <= 1
    assert all("+ = " in row for row in shown.splitlines() if re.match("(SERVER|HOST|REFERENCE) +OFFSET", row))


def test_quiet_does_not_load_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe in quiet mode pays for no screen."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert screen(ALL_WELL, quiet=True) == "OK        Clock within 16 ms of UTC (5 of 5 NTP servers agree)\n"
    assert screen(MISUSE, quiet=True) == "error: --warning: 'x' is not a duration\n"


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Width and colour are parameters; the command line has decided before."""
    before = [render(ONE_LIAR, width=100, color=color, verbose=0, quiet=False) for color in (False, True)]
    for name, value in {"COLUMNS": "30", "TERM": "dumb", "NO_COLOR": "1", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    assert [render(ONE_LIAR, width=100, color=color, verbose=0, quiet=False) for color in (False, True)] == before


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


# --- What is cut, and what -v brings back ---


def test_long_lists_say_how_much_is_missing() -> None:
    """32 servers, three of them silent and four wrong: some of each kind are left, and -v has all."""
    rows = screen(THIRTY_TWO).splitlines()
    (more,) = (re.fullmatch(r"and (\d+) more \(-v\)", row) for row in rows if row.startswith("and "))
    assert more is not None
    names = r"^(ntp\d\d|liar\d|silent\d)\.example"
    shown = [row for row in rows if re.match(names, row)]
    assert len(shown) + int(more[1]) == 32
    assert {row[:3] for row in shown} == {"ntp", "lia", "sil"}
    thorough = screen(THIRTY_TWO, verbose=1).splitlines()
    assert len([row for row in thorough if re.match(names, row)]) >= 32
    assert not any(row.startswith("and ") for row in thorough)


def test_the_rows_of_the_table_go_before_remarks() -> None:
    """What was found beside the lead stays as long as a table of three servers does."""
    others = (finding("zone-files", Status.WARNING, detail="x"), finding("slept", slept_s=3600.0))
    report = THIRTY_TWO._replace(findings=(*THIRTY_TWO.findings, *others), effects=BEHIND.effects)
    shown = screen(report)
    fits(report, shown)
    assert "WARNING: " + catalogue.title(others[0]) in shown
    assert catalogue.title(others[1]) in shown


def test_several_of_one_kind_are_one_remark() -> None:
    """And more kinds than there is room for are counted."""
    ids = ("cut-short", "slept", "rtc-off", "two-daemons", "better-clock")
    found = [finding(id_) for id_ in ids]
    report = ALL_WELL._replace(findings=(*ALL_WELL.findings, found[0], *found))
    shown = screen(report)
    assert f"{catalogue.title(found[0])}; 1 more (-v)\n" in shown
    assert "and 2 more (-v)\n" in shown
    assert all(catalogue.title(each) in screen(report, verbose=1) for each in found)


def test_a_row_says_what_no_remark_repeats() -> None:
    """A falseticker has its row, with -v one more; beside an API, where servers have none, it has a remark."""
    title = catalogue.title(ONE_LIAR.findings[1], 80)
    assert title not in screen(ONE_LIAR) + screen(ONE_LIAR, verbose=1)
    assert title in screen(ONE_LIAR._replace(command="check", api=api_reports.FINE.api))


def test_the_same_error_of_all_is_one_line() -> None:
    """Where nobody answered, each reason is told once, with how many have it."""
    assert "time.cloudflare.com and 1 more: no reply in 3 s\nnope.invalid: there is no such name\n" in screen(NOBODY)


# --- Figures ---


@pytest.mark.parametrize(
    ("skew_s", "margin_s", "offset", "error"),
    [
        (0.0004, 0.0072, "0 ms", "±8 ms"),
        (-0.346, 0.0058, "-346 ms", "±6 ms"),
        (0.01234, 0.0004, "+12.3 ms", "±0.5 ms"),
        (-7.25, 0.02, "-7250 ms", "±20 ms"),
        (12.345, 0.02, "+12.35 s", "±0.03 s"),
        (0.2, 0.0501, "+140 to +260 ms", "-"),
    ],
)
def test_an_offset_and_its_error(skew_s: float, margin_s: float, offset: str, error: str) -> None:
    """With a sign; the error holds the range from the number that is shown; a range wider than the limit is alone."""
    rows = screen(clock(reading("a.example", skew_s, margin_s))).splitlines()
    (row,) = (row for row in rows if row.startswith("a.example"))
    assert re.fullmatch(rf"a\.example +{re.escape(offset)} +{re.escape(error)} +16 ms +2", row), row


@given(st.floats(-1e3, 1e3), st.floats(0, 0.05))
def test_the_error_holds_the_range(skew_s: float, margin_s: float) -> None:
    """From the offset that is printed, the printed error reaches both ends."""
    outcome = reading("a.example", skew_s, margin_s)
    figures = tables.Figures.of([Vote(outcome, ServerStatus.TRUECHIMER)], None)
    offset, error = figures.offset(skew_s), figures.error(outcome)
    scale_s = {"ms": 1e-3, "s": 1.0}[offset.split()[1]]
    shown_s, reach_s = float(offset.split()[0]) * scale_s, float(error[1:].split()[0]) * scale_s
    assert shown_s - reach_s <= outcome.interval.low_s + 1e-8
    assert shown_s + reach_s >= outcome.interval.high_s - 1e-8


def test_one_unit_for_all_but_who_is_far_off() -> None:
    """A falseticker seven hours away has its own; the others stay in milliseconds."""
    shown = screen(clock(reading("a", 0.2, 0.02), reading("b", 0.201, 0.03), reading("far", -25200.0, 0.02)))
    assert re.search(r"(?m)^a +\+200 ms +±20 ms", shown)
    assert re.search(r"(?m)^far +-25200 s .*rejected", shown)


@pytest.mark.parametrize(
    ("low_s", "high_s", "said"),
    [
        (2819.99, 2820.01, "in 47 min"),
        (-13.0, -13.0, "13 s ago"),
        (-0.02, 0.01, "now, ± 20 ms"),
        (0.0, 0.0, "now"),
        (47.2, 48.9, "in 47.2 to 48.9 s"),
        (-607.521, -607.489, "10 min 7 s to 10 min 8 s ago"),
        (3950.0, 4030.0, "in 1 h 5 min to 1 h 8 min"),
        (1.7987e9, 1.7987e9, "in 57 years"),
        (float("-inf"), -3.0, "at least 3 s ago"),
        (3.0, float("inf"), "in at least 3 s"),
        (float("-inf"), 3.0, "can't tell"),
    ],
)
def test_how_long_from_now(low_s: float, high_s: float, said: str) -> None:
    """One figure where the range has one, else the range; a bound that there isn't is not made up."""
    assert tables._from_now(Interval(low_s, high_s)) == said


@pytest.mark.parametrize(
    ("settle_s", "said"),
    [(0.00123, "10 ms"), (0.0101, "20 ms"), (0.2, "200 ms"), (7.005, "7.1 s"), (61.2, "1 min 2 s")],
)
def test_a_wait_is_one_that_somebody_can_wait(settle_s: float, said: str) -> None:
    """Rounded up, so that it stays enough."""
    assert evidence._settle(settle_s) == f"wait {said} before the first use of a new token"


# --- A token ---


def test_both_clocks_stand_there_where_they_differ() -> None:
    """By a second or more; one column else."""
    assert "BY THIS HOST" not in screen(SCREENS["token valid"])
    (head,) = (row for row in screen(SCREENS["token no buffer"]).splitlines() if "BY THIS HOST" in row)
    assert head.split("   ")[-2:] == ["  BY TRUE TIME  ", "BY THIS HOST"] or "BY TRUE TIME" in head
    unconfirmed = SCREENS["token no buffer"]._replace(assumes=())
    assert "BY TRUE TIME" not in screen(unconfirmed)
    assert "BY NTP, UNCONFIRMED" in screen(unconfirmed)
    part = SCREENS["token no buffer"].token
    assert part is not None
    by_api = SCREENS["token no buffer"]._replace(token=part._replace(judged_by="api"))
    assert "BY THE API'S CLOCK" in screen(by_api)


def test_a_dead_token_has_no_buffer() -> None:
    """Neither buffer nor leeway brings it back, whatever the sum is."""
    assert SCREENS["token valid"].token is not None
    part = SCREENS["token expired"].token
    assert part is not None
    report = SCREENS["token expired"]._replace(
        token=part._replace(recommended=SCREENS["token valid"].token.recommended)
    )
    assert "Refresh 60 s" in screen(SCREENS["token valid"])
    assert "Refresh" not in screen(report)


# --- The evidence ---


def test_dropped_packets_are_told_when_asked() -> None:
    """What was heard and not believed, and why."""
    assert NOBODY.ntp is not None
    survey = NOBODY.ntp.survey
    first, *others = survey.consensus.votes
    noted = first._replace(outcome=first.outcome._replace(dropped=(Dropped("runt", 2), Dropped("origin-zero", 1))))
    part = NOBODY.ntp._replace(survey=survey._replace(consensus=survey.consensus._replace(votes=(noted, *others))))
    assert "    dropped:  2 × runt  1 × origin-zero\n" in screen(NOBODY._replace(ntp=part), verbose=2)


def test_a_liar_near_by_is_drawn_with_a_cross_and_one_far_off_is_an_arrow() -> None:
    """A liar stands out by its shape, and never squeezes the truth into a corner."""
    said = {"a": 0.2, "b": 0.2, "c": 0.201, "near": 0.28, "far": -9.0}
    rows = screen(clock(*(reading(name, skew_s, 0.02) for name, skew_s in said.items())), verbose=1).splitlines()
    (near,) = (row for row in rows if row.startswith("× near"))
    (far,) = (row for row in rows if row.startswith("× far"))
    assert "×─" in near
    assert "◄" in far
    assert far.endswith("WRONG")


def test_the_premises_stand_where_something_is_proven() -> None:
    """With -v; and what rests on them without being proven says so."""
    assert "Proven if most" in screen(ONE_LIAR, verbose=1)
    assert "Proven if" not in screen(ONE_LIAR)
    assert "Not proven; these ranges hold if" in screen(ONE_LIAR._replace(proven=False), verbose=1)
    assert "Proven" not in screen(reports.ONE_SERVER, verbose=1)


@pytest.mark.parametrize("why", Ended)
def test_why_no_more_was_asked(why: Ended) -> None:
    """Every end has its words, confirmed or not; a server that asks for patience is quoted, not put in brackets."""
    reading = api_reports.reading("https://api.example/", 0.2, 0.03)._replace(ended=why, detail="status 429")
    for confirmed in (False, True):
        said = evidence._requests(reading._replace(confirmed=confirmed))
        assert ("confirmed" in said) == confirmed
        assert said.endswith("48 ms; status 429" if why is Ended.TOLD_TO_STOP and not confirmed else " (status 429)")


@pytest.mark.parametrize(
    ("daemon", "said"),
    [
        (Daemon("chronyd", True, Unknown("no answer on UDP port 323")), "chronyd: running; no answer on UDP port 323"),
        (Daemon("chronyd", True, DaemonClaim(synchronised=False)), "chronyd: running, not synchronised"),
        (
            Daemon("chronyd", True, DaemonClaim(True, 0.009, "a.example")),
            "chronyd: synchronised to a.example, error at most 9 ms",
        ),
        (Daemon("chronyd", False, Unknown("")), "chronyd: installed, not running"),
        (Daemon("ntpd", None, Unknown("it can't be seen")), "ntpd: installed; it can't be seen"),
        (None, "time daemon: none found"),
    ],
)
def test_a_daemon_in_any_state_has_its_line(daemon: Daemon | None, said: str) -> None:
    """Running, lost, stopped, unseen: none is mistaken for another; and a finding on it takes the line's place."""
    host = reports.CHRONY_HOST._replace(daemons=() if daemon is None else (daemon,))
    assert f"\n{said}\n" in screen(ALL_WELL._replace(host=host))
    found = finding("daemon-unsynchronised", daemon="chronyd")
    assert said not in screen(ALL_WELL._replace(host=host, findings=(*ALL_WELL.findings, found)))
    assert "time daemon: none visible from in here" in screen(ALL_WELL._replace(host=reports.POD))


@pytest.mark.parametrize(
    ("level", "low", "high", "said"),
    [
        (Level.NONE, 0.0, 0.0, "none"),
        (Level.POSSIBLE, None, None, "not known"),
        (Level.CERTAIN, 0.15, 0.15, "1 in 7"),
        (Level.CERTAIN, 0.1, 0.2, "1 in 10 to 1 in 5"),
        (Level.POSSIBLE, 0.0, 0.25, "up to 1 in 4"),
        (Level.POSSIBLE, 0.1, 0.1, "perhaps 1 in 10"),
        (Level.CERTAIN, 1.0, 1.0, "all"),
        (Level.POSSIBLE, 0.0, 1.0, "none to all"),
        (Level.CERTAIN, 1e-9, 2e-9, "under 1 in a million"),
    ],
)
def test_a_share_in_a_cell(level: Level, low: float, high: float, said: str) -> None:
    """Short enough for a column, and never surer than the level."""
    assert evidence._share(Risk(Party.LOCAL_VERIFY, Harm.FUTURE_ISSUED, level, low, high)) == said


def test_a_row_names_the_measurement_behind_it_where_they_differ() -> None:
    """With an API the parties have different references; and the API's own two clocks have their range."""
    part = SCREENS["token of two minds"].token
    assert part is not None
    risks = [
        risk._replace(reference="api", skew=Interval(0.1, 0.2)) if risk.party is Party.REFRESH_BY_EXP else risk
        for risk in part.risks
    ]
    risks = [risk._replace(skew=Interval(-0.05, 0.01)) if risk.party is Party.GATEWAY else risk for risk in risks]
    shown = screen(
        SCREENS["token of two minds"]._replace(token=part._replace(risks=tuple(risks))), width=120, verbose=1
    )
    words = " ".join(shown.split())
    assert "refresh by exp 1 in 250 to 1 in 210 none by API" in words
    assert "validate JWTs here none 9 in 10 to all by NTP" in words
    assert "login minus api: -50 to +10 ms." in words


def test_what_the_lifetime_is_missing_for_is_said() -> None:
    """A share that takes the lifetime is not known without it; where the token could not tell, the option is named."""
    part = SCREENS["token response"].token
    assert part is not None
    risk = Risk(Party.REFRESH_BY_EXP, Harm.PREMATURE_EXPIRY, Level.POSSIBLE, None, None, Interval(-0.1, 0.1), "ntp")
    shown = screen(SCREENS["token response"]._replace(token=part._replace(risks=(risk,))), verbose=1)
    assert shown.count("Not known: that takes the lifetime; --expires-in tells it.") == 1


def test_local_times_are_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this host's time zone isn't UTC; the screen itself has UTC alone."""
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    assert "exp  2027-01-15 18:29:00 +05:30 by this host's time zone\n" in screen(SCREENS["token valid"], verbose=1)
    assert "+05:30" not in screen(SCREENS["token valid"])
    monkeypatch.undo()
    time.tzset()


def test_what_nobody_knows_is_not_hidden() -> None:
    """A finding of an id that no screen knows has its line."""
    assert "\nbrand-new\n" in screen(ALL_WELL._replace(findings=(*ALL_WELL.findings, Finding("brand-new", Status.OK))))


def test_no_middle_of_what_has_one_end() -> None:
    """A cache leaves one side: a dot in it would look like an estimate."""
    assert "•" not in screen(api_reports.CACHED, verbose=1)


def test_what_was_not_measured_is_no_zero() -> None:
    """A line of the sum without a figure has none, and the sum says that it is a part."""
    shown = screen(SCREENS["token response"], verbose=1)
    assert "?    issuer behind checker: not measured\n" in shown
    assert "10.140 s  needed at least; " in shown


def test_where_the_latency_comes_from() -> None:
    """Given, measured or assumed: each has its own word."""
    assert SCREENS["token valid"].token is not None
    part = SCREENS["token valid"].token
    given, measured, assumed = (
        screen(
            SCREENS["token valid"]._replace(token=part._replace(latency_given=given, latency_measured=measured)),
            verbose=1,
        )
        for given, measured in ((True, False), (False, True), (False, False))
    )
    assert "latency: as given (--latency)\n" in given
    assert "latency: up to the round trip\n" in measured
    assert "latency: assumed, not measured\n" in assumed


def test_names_are_text() -> None:
    """A server may be called anything; letters that take two cells don't push the columns aside."""
    names = (
        "[bold]x[/bold] :smile:",
        "[link=x]y",
        "時計時計時計.example",
        "[2001:db8:85a3:8d3:1319:8a2e:370:7344]:1123",
    )
    report = clock(*(reading(name, 0.0, 0.01) for name in names))
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", render(report, width=80, color=True, verbose=0, quiet=False))
    rows = coloured.splitlines()[4:8]
    assert all(row.startswith(name) for row, name in zip(rows[:3], names, strict=False))
    assert rows[3].startswith("[2001:db8:")
    assert len({cell_len(row[: row.index("±")]) for row in rows}) == 1


# --- Steps ---


def test_a_command_is_broken_only_as_a_shell_reads_on() -> None:
    """On a full page behind backslashes, and no line too long; else not at all; what it does stands beside or below."""
    command = "skewcheck check --url https://gateway.example.net:8443/api/v2/health -H ntp.example.net"
    report = ALL_WELL._replace(steps=(ALL_WELL.steps[0]._replace(command=command),))
    for width in (40, 80, 120):
        shown = screen(report, width=width)
        assert f"Next: {command}\n" in re.sub(r" \\\n +", " ", shown)
        assert " \\\n" not in shown or width == FULL_WIDTH
        assert width < FULL_WIDTH or max(map(len, shown.splitlines())) <= width
        assert "compares with the API's clock, too" in " ".join(shown.split())


def test_fix_and_next_are_told_apart() -> None:
    """By the kind of the first step; the second stands below it."""
    assert "\nFix:  sudo chronyc makestep " in screen(SCREENS["clock behind"])
    assert "\nNext: skewcheck check " in screen(ALL_WELL)


def lines_of(report: Report) -> Iterator[str]:
    """Yield the lines of the screen."""
    yield from screen(report).splitlines()


def test_no_sentence_stands_twice() -> None:
    """On no screen that is made by hand."""
    for name, report in BY_HAND.items():
        rows = [row.strip() for row in lines_of(report) if len(row.strip()) > 30]
        assert len(rows) == len(set(rows)), name


def test_a_report_without_a_moment_is_told_too() -> None:
    """Nothing measured, nothing found but the lead."""
    bare = Report("check", Status.UNKNOWN, proven=False, exit_code=3, findings=(Finding("brand-new", Status.UNKNOWN),))
    assert screen(bare) == "UNKNOWN   brand-new\n"
    assert NOON
