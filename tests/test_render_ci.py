"""The formats for CI, to the letter, and which case is red."""

import pytest
from api_reports import LOGIN_AHEAD, NOBODY, REFUSED
from bench import golden
from bench.judges import cases
from reports import ALL_WELL, MISUSE, ONE_LIAR, finding
from reports import NOBODY as NO_NTP

from skewcheck.model import Failure, Report, Status
from skewcheck.render.ci import github, github_summary, junit


@pytest.mark.parametrize(("name", "report"), [("liar", ONE_LIAR), ("well", ALL_WELL), ("misuse", MISUSE)])
def test_annotations(name: str, report: Report) -> None:
    """The answer with what it means and what to do, then what else is wrong; remarks are for the summary."""
    golden.check(f"github-{name}.txt", github(report))


def test_the_summary() -> None:
    """Title, meaning, a table of clocks, who is harmed, findings, what to do; every sign in a text is a reference."""
    golden.check("github-summary.txt", github_summary(ONE_LIAR))


def test_what_the_runner_would_misread_is_escaped() -> None:
    """Percent signs as the runner wants them; the old form of a command is broken wherever it stands."""
    said = finding("falseticker", Status.WARNING, server="100%, ::error::, ##[error]x", off_by_s=1.0)
    (line,) = github(ONE_LIAR._replace(findings=(said,), steps=())).splitlines()
    assert "100%25, ::err" in line
    assert "##[" not in line


def test_no_more_than_a_step_keeps() -> None:
    """Ten in all, the answer first."""
    servers = tuple(finding("falseticker", Status.WARNING, server=f"f-{n}", off_by_s=1.0) for n in range(30))
    lines = github(ONE_LIAR._replace(findings=servers)).splitlines()
    assert len(lines) == 10
    assert "::f-9 is off" in lines[-1]


def test_what_the_exit_code_forgives_is_no_error() -> None:
    """A job that passes shows no error; one that fails does."""
    critical = ONE_LIAR._replace(status=Status.CRITICAL, exit_code=2)
    assert github(critical).startswith("::error ")
    assert github(critical._replace(exit_code=0)).startswith("::warning ")


@pytest.mark.parametrize(("name", "report"), [("liar", ONE_LIAR), ("misuse", MISUSE), ("refused", REFUSED)])
def test_the_junit_file(name: str, report: Report) -> None:
    """The answer and each clock, the text in the body of the element; a mistake is named after its kind."""
    golden.check(f"junit-{name}.xml", junit(report))


ISSUER = finding("issuer-ahead", Status.CRITICAL, skew_s=1.2, low_s=1.1, high_s=1.3, login="login", host="api")


@pytest.mark.parametrize(
    ("report", "outcomes"),
    [
        (ALL_WELL, ["system-out", "system-out"]),
        (ALL_WELL._replace(exit_code=3), ["error", "system-out"]),
        (ONE_LIAR, ["failure", "failure"]),
        (ONE_LIAR._replace(exit_code=0), ["system-out", "system-out"]),
        (NO_NTP, ["error", "error"]),
        (NO_NTP._replace(exit_code=0), ["skipped", "skipped"]),
        (NO_NTP._replace(exit_code=1), ["error", "error"]),
        (NOBODY, ["error", "error", "skipped"]),
        (LOGIN_AHEAD._replace(findings=ALL_WELL.findings, exit_code=0), ["system-out", "system-out", "system-out"]),
        (
            LOGIN_AHEAD._replace(findings=(ISSUER,), status=Status.CRITICAL, exit_code=2),
            ["failure", "system-out", "failure"],
        ),
    ],
)
def test_which_case_is_red(report: Report, outcomes: list[str]) -> None:
    """A bad status fails, what could not be told is an error, and what the exit code forgives is neither."""
    assert [case.outcome for case in cases(junit(report)).values()] == outcomes


def test_what_xml_can_not_hold_is_made_visible() -> None:
    """Markup is text, and what XML 1.0 has no way to write is shown by its number."""
    report = MISUSE._replace(failure=Failure("usage", ']]> <b> & " \ufffe ß \U0001f570', ""))
    document = junit(report)
    assert "]]&gt; &lt;b&gt; &amp; &quot; \\ufffe &#223; &#128368;" in document
    (case,) = cases(document).values()
    assert case.message == ']]> <b> & " \\ufffe ß \U0001f570'
