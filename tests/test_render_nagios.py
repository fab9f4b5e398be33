"""The line of a monitoring plugin, to the letter."""

from api_reports import AHEAD, CACHED
from reports import MISUSE, NOBODY, ONE_LIAR

from skewcheck.model import Finding, Status
from skewcheck.render.nagios import render


def test_a_clock_that_is_off() -> None:
    """Status, sentence, and the four figures of NTP under the labels that check_ntp_time's users know."""
    assert render(ONE_LIAR) == (
        "SKEWCHECK WARNING: your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 3 of 4 "
        "servers agree; 1 refused | offset=0.203s;0.1;1;0 skew=0.203s;-0.1:0.1;-1:1 skew_low=0.195s skew_high=0.211s\n"
    )


def test_more_lines_when_asked() -> None:
    """With -v: each server, each finding, and what to do."""
    assert render(ONE_LIAR, verbose=1) == (
        "SKEWCHECK WARNING: your clock is 203 ms AHEAD of UTC, proven between 195 and 211 ms; 3 of 4 "
        "servers agree; 1 refused | offset=0.203s;0.1;1;0 skew=0.203s;-0.1:0.1;-1:1 skew_low=0.195s skew_high=0.211s\n"
        "meaning: For a token: what this host signs looks issued in the future to a strict server.\n"
        "ntp: NTP: 203 ms ahead, range 195 to 211 ms ahead; 4 of 5 servers answered, 3 agree\n"
        "server time.cloudflare.com: truechimer, 194 to 212 ms ahead\n"
        "server ntp.evil.example: falseticker, 1.191 to 1.209 s ahead, off by at least 980 ms\n"
        "server ntp.netnod.se: truechimer, 188 to 214 ms ahead\n"
        "server ptbtime1.ptb.de: rejected, the server says that it is not synchronised\n"
        "server time.nist.gov: truechimer, 150 to 280 ms ahead\n"
        "finding local-ahead (warning): the local clock is ahead\n"
        "finding falseticker (ok): ntp.evil.example is off by at least 980 ms: its vote doesn't count\n"
        "do: sudo chronyc makestep (sets this clock at once)\n"
    )


def test_each_host_has_labels_of_its_own() -> None:
    """A label means the same clock at every run."""
    assert render(AHEAD) == (
        "SKEWCHECK WARNING: your clock is 200 ms AHEAD of api.mypurecloud.ie, between 170 and 230 ms if "
        "its Date is fresh | api_offset=0.2s;0.1;1;0 api_skew=0.2s;-0.1:0.1;-1:1 api_skew_low=-0.83s "
        "api_skew_high=0.23s login_offset=0.191s;0.1;1;0 login_skew=0.191s;-0.1:0.1;-1:1 "
        "login_skew_low=0.151s login_skew_high=0.231s\n"
    )


def test_a_side_without_a_bound_is_undetermined() -> None:
    """A cached Date bounds one side; the other is U and not a number that looks like one."""
    assert render(CACHED) == (
        "SKEWCHECK CRITICAL: your clock is at least 3.2 s BEHIND gateway.example.net:8443 | "
        "api_offset=3.2s;0.1;1;0 api_skew=-3.2s;-0.1:0.1;-1:1 api_skew_low=U api_skew_high=-3.2s\n"
    )


def test_what_is_missing_is_undetermined() -> None:
    """Who was asked and did not answer keeps its labels: a graph shows a gap, and no zero."""
    assert render(NOBODY) == (
        "SKEWCHECK UNKNOWN: none of 3 NTP servers answered in 3 s: UDP 123 is probably blocked here | "
        "offset=U;0.1;1;0 skew=U;-0.1:0.1;-1:1 skew_low=U skew_high=U\n"
    )


def test_a_mistake_is_told_on_the_line() -> None:
    """Nothing was asked, so there is no performance data."""
    assert render(MISUSE) == (
        "SKEWCHECK UNKNOWN: --warning: 'x' is not a duration; write 50ms, 2s, 1.5m or 1h (a bare number is seconds)\n"
    )


def test_a_bar_in_a_text_is_no_performance_data() -> None:
    """What separates text from figures stands on the line once."""
    report = ONE_LIAR._replace(verdict="OK  a | skew=0 ß ± 3", findings=(Finding("x", Status.OK, "b | c"),))
    first, *_ = render(report, verbose=1).splitlines()
    assert first.startswith(r"SKEWCHECK WARNING: a \u007c skew=0 \xdf +/- 3 | offset=0.203s;")
    assert render(report, verbose=1).count("|") == 1
