"""The JUnit file, to the letter, and which case is red."""

import pytest
from api_reports import FUTURE, NOBODY, REFUSED
from bench.judges import cases
from reports import ALL_WELL, MISUSE, ONE_LIAR
from reports import NOBODY as NO_NTP

from skewcheck.model import Finding, Report, Status
from skewcheck.render.junit import render


def test_a_clock_that_is_off() -> None:
    """The verdict and each clock, the text in the body of the element."""
    assert render(ONE_LIAR) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuite name="skewcheck.clock" tests="2" failures="2" errors="0" skipped="0" time="0.250">\n'
        '  <testcase classname="skewcheck.clock" name="verdict">\n'
        '    <failure type="warning" message="your clock is 203 ms AHEAD of UTC, proven between 195 and '
        '211 ms; 3 of 4 servers agree; 1 refused">WARNING  your clock is 203 ms AHEAD of UTC, proven between 195 and '
        "211 ms; 3 of 4 servers agree; 1 refused\n"
        "For a token: what this host signs looks issued in the future to a strict server.\n"
        "finding local-ahead (warning): the local clock is ahead\n"
        "finding falseticker (ok): ntp.evil.example is off by at least 980 ms: its vote doesn't count\n"
        "do: sudo chronyc makestep (sets this clock at once)</failure>\n"
        "  </testcase>\n"
        '  <testcase classname="skewcheck.clock" name="ntp">\n'
        '    <failure type="warning" message="203 ms ahead, range 195 to 211 ms ahead; 4 of 5 servers '
        'answered, 3 agree">clock NTP: 203 ms ahead, range 195 to 211 ms ahead; 4 of 5 servers answered, 3 '
        "agree\n"
        "server time.cloudflare.com: truechimer, 194 to 212 ms ahead\n"
        "server ntp.evil.example: falseticker, 1.191 to 1.209 s ahead, off by at least 980 ms\n"
        "server ntp.netnod.se: truechimer, 188 to 214 ms ahead\n"
        "server ptbtime1.ptb.de: rejected, the server says that it is not synchronised\n"
        "server time.nist.gov: truechimer, 150 to 280 ms ahead</failure>\n"
        "  </testcase>\n"
        "</testsuite>\n"
    )


def test_a_mistake_is_an_error() -> None:
    """Named after what kind of mistake it is."""
    assert render(MISUSE) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuite name="skewcheck.clock" tests="1" failures="0" errors="1" skipped="0" time="0.000">\n'
        '  <testcase classname="skewcheck.clock" name="verdict">\n'
        '    <error type="usage" message="--warning: \'x\' is not a duration; write 50ms, 2s, 1.5m or 1h (a '
        "bare number is seconds)\">CANNOT TELL  --warning: 'x' is not a duration; write 50ms, 2s, 1.5m or "
        "1h (a bare number is seconds)\n"
        "Example: -w 50ms</error>\n"
        "  </testcase>\n"
        "</testsuite>\n"
    )


def test_a_host_that_nothing_depends_on_is_skipped() -> None:
    """The login host didn't answer; the verdict is on the API's clock."""
    assert render(REFUSED) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuite name="skewcheck.api" tests="3" failures="2" errors="0" skipped="1" time="2.500">\n'
        '  <testcase classname="skewcheck.api" name="verdict">\n'
        '    <failure type="warning" message="your clock is 250 ms BEHIND api.mypurecloud.ie, between 220 '
        'and 280 ms">WARNING  your clock is 250 ms BEHIND api.mypurecloud.ie, between 220 and 280 ms\n'
        "For a token: what that means for a token.</failure>\n"
        "  </testcase>\n"
        '  <testcase classname="skewcheck.api" name="api">\n'
        '    <failure type="warning" message="250 ms behind, range 220 to 280 ms behind if its Date is '
        'fresh">clock api.mypurecloud.ie: 250 ms behind, range 220 to 280 ms behind if its Date is '
        "fresh</failure>\n"
        "  </testcase>\n"
        '  <testcase classname="skewcheck.api" name="login">\n'
        '    <skipped type="no-reading" message="the connection was refused">clock login.mypurecloud.ie: '
        "the connection was refused</skipped>\n"
        "  </testcase>\n"
        "</testsuite>\n"
    )


ISSUER = Finding("issuer-ahead", Status.CRITICAL, "login is ahead of api")


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
        (FUTURE._replace(findings=(), exit_code=0), ["system-out", "system-out", "system-out"]),
        (
            FUTURE._replace(findings=(ISSUER,), status=Status.CRITICAL, exit_code=2),
            ["failure", "system-out", "failure"],
        ),
    ],
)
def test_which_case_is_red(report: Report, outcomes: list[str]) -> None:
    """A bad status fails, what could not be told is an error, and what the exit code forgives is neither."""
    assert [case.outcome for case in cases(render(report)).values()] == outcomes


def test_what_xml_can_not_hold_is_made_visible() -> None:
    """Markup is text, and what XML 1.0 has no way to write is shown by its number."""
    report = MISUSE._replace(verdict='CANNOT TELL  ]]> <b> & " \ufffe ß \U0001f570', meaning="")
    document = render(report)
    assert "]]&gt; &lt;b&gt; &amp; &quot; \\ufffe &#223; &#128368;" in document
    (case,) = cases(document).values()
    assert case.text == 'CANNOT TELL  ]]> <b> & " \\ufffe ß \U0001f570'
    assert case.message == case.text.partition("  ")[2]
