"""Every format, whatever the report: each accepted by what reads it, and no line of any a command."""

import re

import pytest
from any_reports import any_reports
from api_reports import BY_HAND as API_BY_HAND
from bench import judges
from bench.every_output import every_output
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_screens import SCREENS
from rendered import document, fits, screen
from reports import BY_HAND, SENTENCES

from skewcheck.judge import catalogue
from skewcheck.model import Report, Status
from skewcheck.render import text
from skewcheck.render.ci import github, github_summary, junit
from skewcheck.render.monitoring import nagios, prometheus
from skewcheck.render.sources import decimal, sources
from skewcheck.visible import inert, visible

TOKENS = {name: report for name, report in SCREENS.items() if report.token is not None}
REPORTS = {**BY_HAND, **{f"api, {name}": report for name, report in API_BY_HAND.items()}}


@pytest.mark.parametrize("report", REPORTS.values(), ids=list(REPORTS))
def test_each_judge_accepts_each_report(report: Report) -> None:
    """A report as it can really come, in every format."""
    judges.performance(nagios(report, verbose=1))
    judges.check_by_promtool(prometheus(report))
    judges.series(prometheus(report))
    judges.cases(junit(report))
    assert all(judges.command(line) for line in github(report).splitlines())


# --- Whatever is in a report ---


@settings(max_examples=min(60, settings().max_examples))
@given(any_reports(), st.integers(40, 200), st.integers(0, 2))
def test_any_report_in_every_format(report: Report, width: int, verbose: int) -> None:
    """One report, every format: each keeps its own promises, and no line of any is a command to any CI runner."""
    for name, output in every_output(report).items():
        assert name.startswith(("text", "github, summary")) or output.isascii()
        if name == "github":
            judges.check_commands_nobody_else(output)
        elif name != "github, summary":  # nobody reads commands there
            judges.check_commands_nothing(output)
    _keeps_to_the_schema(report)
    _keeps_to_the_terminal(report, width, verbose)
    _keeps_to_the_grammar_of_plugins(report)
    _is_valid_for_prometheus(report)
    _is_red_where_the_run_is(report)
    _is_read_back_by_the_runner(report)
    _is_a_small_summary_of_text(report)


def _keeps_to_the_schema(report: Report) -> None:
    """Hold that it is ASCII JSON on one line, without NaN, whatever the numbers and however foreign the text."""
    document(report)


def _keeps_to_the_terminal(report: Report, width: int, verbose: int) -> None:
    """24 lines of 80 columns by default; else its width, and no command broken; in ASCII, and the same in colour."""
    if report.failure is not None:
        return  # it is told on stderr
    fits(report, screen(report))
    fits(report, screen(report, width=max(width, 80)), max(width, 80))
    shown = screen(report, width=width, verbose=verbose)
    fits(report, shown, width, lines=10**6)
    judges.check_commands_nothing(shown)
    assert screen(report, width=width, verbose=verbose, ascii_only=True).isascii()
    quiet = screen(report, quiet=True, ascii_only=True)
    assert quiet.count("\n") == 1
    assert len(quiet) <= 81
    coloured = text.render(report, width=width, color=True, verbose=verbose, quiet=False)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == shown  # no foreign text is markup or anything that rich knows


def _keeps_to_the_grammar_of_plugins(report: Report) -> None:
    """One line, its performance data in the grammar, and of each figure the one that the report has."""
    output = nagios(report)
    assert output.count("\n") == 1
    data, asked = judges.performance(nagios(report, verbose=1)), sources(report)
    assert data == judges.performance(output)
    assert len(data) == 4 * len(asked)
    for source in asked:
        prefix = "" if source.name == "ntp" else f"{source.name}_"
        assert data[f"{prefix}skew"] == (None if source.skew_s is None else float(decimal(source.skew_s) or "nan"))
        skew_s, size_s = data[f"{prefix}skew"], data[f"{prefix}offset"]
        assert size_s == (None if skew_s is None else abs(skew_s))


def _is_valid_for_prometheus(report: Report) -> None:
    """Text format and OpenMetrics alike; each server named is up or not, nothing unknown is there, one status is 1."""
    metrics = prometheus(report)
    assert metrics.endswith("# EOF\n")
    judges.check_by_promtool(metrics)
    series = judges.series(metrics)
    assert [value for (name, _), value in series.items() if name == "skewcheck_status"].count(1.0) == 1
    labels = {pair for _, pairs in series for pair in pairs}
    assert {name for name, _ in labels} <= {"server", "source", "status", "version"}
    assert {value for name, value in labels if name == "source"} <= {"ntp", "api", "login"}
    assert {value for name, value in labels if name == "status"} == {status.value for status in Status}
    votes = () if report.ntp is None else report.ntp.survey.consensus.votes
    up = [value for (name, _), value in series.items() if name == "skewcheck_server_up"]
    assert len(up) == len({vote.outcome.server for vote in votes})
    assert sum(name == "skewcheck_server_skew_seconds" for name, _ in series) == sum(up)
    for source in sources(report):
        measured = ("skewcheck_skew_seconds", (("source", source.name),)) in series
        assert measured is (source.skew_s is not None)


def _is_red_where_the_run_is(report: Report) -> None:
    """Whoever sends what, it is XML in JUnit's schema; and red exactly where the exit code isn't 0."""
    cases = judges.cases(junit(report))
    with_token = [] if report.token is None else ["token"]
    assert list(cases) == ["verdict", *(source.name for source in sources(report)), *with_token]
    assert any(case.outcome in ("failure", "error") for case in cases.values()) is (report.exit_code != 0)
    assert cases["verdict"].message or report.exit_code == 0  # a green case says it in its text


def _is_read_back_by_the_runner(report: Report) -> None:
    """Each line is one annotation, at most ten, and unescaped by the runner's rules it is the text."""
    lines = github(report).split("\n")
    assert lines.pop() == ""
    assert 1 <= len(lines) <= 10
    read = [judges.command(line) for line in lines]
    first, *others = [one for one in read if one is not None]
    assert len(others) == len(lines) - 1
    assert {one.name for one in (first, *others)} <= {"error", "warning", "notice"}
    assert first.properties == {"title": f"skewcheck {report.command}: {report.status.value}"}
    bad = [finding for finding in report.findings if finding.status is not Status.OK]
    assert [one.properties["title"] for one in others] == [
        f"skewcheck {report.command}: {finding.id}" for finding in bad[1:10]
    ]
    assert all(character.isprintable() for line in lines for character in line)


def _is_a_small_summary_of_text(report: Report) -> None:
    """No markup, no link, no control character from outside; and far from the 1 MiB that a step may have."""
    summary = github_summary(report)
    assert all(character.isprintable() or character == "\n" for character in summary)
    assert len(summary.encode()) < 2**19
    markup = summary
    for ours in ("### ", "<code>", "</code>", "**", "|---|---|", "- **", "| ", " |"):
        markup = markup.replace(ours, "")
    assert not set(markup.replace("&#", "").replace("&", "!")) & set("<>*_[]`\\!$@~{}")


# --- What makes a line inert, and numbers plain ---


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("::error::x", r"\u003a:error::x"),
        ("a\n  ::Debug::x", "a\n  \\u003a:Debug::x"),
        ("a ##[error]x", r"a ##\u005berror]x"),
        ("::1", "::1"),
        ("  ::ffff:192.0.2.1  ok", "  ::ffff:192.0.2.1  ok"),
        ("a ::error::x", "a ::error::x"),
        ("## [", "## ["),
        ("a ##vso[task.complete]x", r"a ##vso\u005btask.complete]x"),
        ("a##teamcity[x]", r"a##teamcity\u005bx]"),
        ("###[x]##a##b[", r"###\u005bx]##a##b\u005b"),
        ("a\n--- x\n+++ x\n~~~ x\n^^^ +++", "a\n\\u002d-- x\n\\u002b++ x\n\\u007e~~ x\n\\u005e^^ +++"),
        ("\x1b[1;31m--- x", "\x1b[1;31m\\u002d-- x"),
        ("##a\x1b[0m", "##a\x1b[0m"),
        ("a --- x\n----\n---x\n  --- x", "a --- x\n----\n---x\n  --- x"),
        ("a travis_fold:start:x", r"a travis_fold\u003astart:x"),
        ("## heading [1] # [2] #a[3]", "## heading [1] # [2] #a[3]"),
    ],
)
def test_what_is_made_inert(said: str, shown: str) -> None:
    """A command is broken, and an address that only looks a little like one is left alone."""
    assert inert(said) == shown


@given(SENTENCES)
def test_what_is_inert_stays_so(said: str) -> None:
    """Done twice, as on stderr, it is the same."""
    assert inert(inert(visible(said))) == inert(visible(said))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.203, "0.203"),
        (-100.0, "-100"),
        (2e9, "2000000000"),
        (-1e-12, "0"),
        (1e-9, "0.000000001"),
        (float("-inf"), None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_numbers_are_plain(number: float | None, written: str | None) -> None:
    """No exponent, no minus before nothing, and no word that only some parsers take for a number."""
    assert decimal(number) == written


@pytest.mark.parametrize("report", TOKENS.values(), ids=list(TOKENS))
def test_each_judge_accepts_each_token(report: Report) -> None:
    """With a token in it: one metric more, without a label, and one case more; nothing of the token is a series."""
    judges.performance(nagios(report, verbose=1))
    metrics = prometheus(report)
    judges.check_by_promtool(metrics)
    assert report.token is not None
    advised = report.token.recommended
    buffer_s = None if advised is None else advised.buffer_s
    assert [value for (name, _), value in judges.series(metrics).items() if "_buffer_" in name] == (
        [] if buffer_s is None else [buffer_s]
    )
    assert report.token.token.fingerprint not in metrics
    judges.cases(junit(report))
    assert 'name="token"' in junit(report)
    assert all(judges.command(line) for line in github(report).splitlines())


def test_a_token_has_a_case_of_its_own() -> None:
    """With the title of what was found of it, and its own status."""
    report = next(report for report in TOKENS.values() if report.findings[0].id.startswith("token-"))
    title = catalogue.title(report.findings[0])
    assert report.token is not None
    told = report._replace(token=report.token._replace(status=Status.CRITICAL), exit_code=2)
    case = judges.cases(junit(told))["token"]
    assert (case.outcome, case.message) == ("failure", title)
    assert f"finding {report.findings[0].id} " in nagios(told, verbose=1)
