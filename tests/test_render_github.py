"""Annotations and the step summary, to the letter."""

from reports import ALL_WELL, MISUSE, ONE_LIAR

from skewcheck.model import Finding, Status
from skewcheck.render.github import render, summary


def test_a_clock_that_is_off() -> None:
    """The verdict with what it means and what to do, then what is wrong; remarks are for the summary."""
    assert render(ONE_LIAR) == (
        "::warning title=skewcheck clock%3A warning::your clock is 203 ms AHEAD of UTC, proven between 195 "
        "and 211 ms; 3 of 4 servers agree; 1 refused%0AFor a token: what this host signs looks issued in the future "
        "to a strict server.%0Ado: sudo chronyc makestep\n"
        "::warning title=skewcheck clock%3A local-ahead::the local clock is ahead\n"
    )


def test_all_well_is_a_notice() -> None:
    """It is told, and fails nothing."""
    assert render(ALL_WELL) == (
        "::notice title=skewcheck clock%3A ok::your clock is within 7 ms of UTC, proven; 5 of 5 servers "
        "agree%0AFor a token: at this size the clock is an unlikely cause of a 401.%0Anext: curl -sI "
        "https://api.example.net/date\n"
    )


def test_a_mistake_is_an_error() -> None:
    """With what to try."""
    assert render(MISUSE) == (
        "::error title=skewcheck clock%3A unknown::--warning: 'x' is not a duration; write 50ms, 2s, 1.5m "
        "or 1h (a bare number is seconds)%0AExample: -w 50ms\n"
    )


def test_the_summary() -> None:
    """Verdict, meaning, a table of clocks, findings, what to do; every sign in a text is a reference."""
    assert summary(ONE_LIAR) == (
        "### skewcheck clock: WARNING\n"
        "\n"
        "your clock is 203 ms AHEAD of UTC&#44; proven between 195 and 211 ms&#59; 3 of 4 servers agree&#59; 1 "
        "refused\n"
        "\n"
        "For a token&#58; what this host signs looks issued in the future to a strict server&#46;\n"
        "\n"
        "| clock | this host's clock against it |\n"
        "|---|---|\n"
        "| ntp: NTP | 203 ms ahead&#44; range 195 to 211 ms ahead&#59; 4 of 5 servers answered&#44; 3 agree |\n"
        "\n"
        "- **warning** local&#45;ahead: the local clock is ahead\n"
        "- **ok** falseticker: ntp&#46;evil&#46;example is off by at least 980 ms&#58; its vote "
        "doesn&#39;t count\n"
        "\n"
        "**do**: <code>sudo chronyc makestep</code> sets this clock at once\n"
        "\n"
    )


def test_what_the_runner_would_misread_is_escaped() -> None:
    """Percent signs as the runner wants them; the old form of a command is broken wherever it stands."""
    report = ONE_LIAR._replace(verdict="WORD  100%, ::error::, ##[error]x", meaning="", next_step=None, findings=())
    expected = "::warning title=skewcheck clock%3A warning::100%25, ::error::, ##\\u005berror]x\n"
    assert render(report) == expected


def test_no_more_than_a_step_keeps() -> None:
    """Ten in all, the verdict first."""
    findings = tuple(Finding(f"f-{number}", Status.WARNING, "one") for number in range(30))
    lines = render(ONE_LIAR._replace(findings=findings)).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::warning title=skewcheck clock%3A f-8::one"


def test_what_the_exit_code_forgives_is_no_error() -> None:
    """A job that passes shows no error; one that fails does."""
    critical = ONE_LIAR._replace(status=Status.CRITICAL, exit_code=2, findings=())
    assert render(critical).startswith("::error ")
    assert render(critical._replace(exit_code=0)).startswith("::warning ")
