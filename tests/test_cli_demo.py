"""`skewcheck demo` measures what it has set up, on real sockets, and says what `clock` would make of it."""

import math
import sys

import pytest
from bench.typed import skewcheck

from skewcheck.quantity import parse_signed_duration


@pytest.mark.parametrize("liars", [0, 1, 2])
@pytest.mark.parametrize("skew", ["200ms", "-200ms", "0", "-7s", "1h", "37ms"])
def test_truth_is_in_the_range_and_each_liar_is_named(skew: str, liars: int) -> None:
    """Any skew, up to two of five liars: proven, contained, the direction right, exit 0."""
    done = skewcheck("demo", "--json", "--skew", skew, "--liars", str(liars))
    ntp, wanted_s = done.document["ntp"], parse_signed_duration(skew)
    assert done.exit_code == 0
    assert ntp["low_s"] <= wanted_s <= ntp["high_s"]
    assert 0.01 < ntp["high_s"] - ntp["low_s"] < 0.1, "as wide as on a network"
    assert [server["status"] for server in ntp["servers"]].count("falseticker") == liars
    assert (ntp["basis"], ntp["asked"], ntp["agreeing"]) == ("majority", 5, 5 - liars)
    if abs(wanted_s) > 0.1:
        assert math.copysign(1, ntp["skew_s"]) == math.copysign(1, wanted_s)
    finding = next(finding for finding in done.document["findings"] if finding["id"] == "demo")
    evidence = {
        "set_up_skew_s": wanted_s,
        "set_up_liars": liars,
        "clock_exit_code": finding["evidence"]["clock_exit_code"],
    }
    assert (finding["status"], finding["evidence"]) == ("ok", evidence)


@pytest.mark.parametrize("skew", ["--skew=-200ms", "--skew -200ms"])
def test_a_negative_skew_is_a_value_and_no_option(skew: str) -> None:
    """Both ways to write it are understood."""
    assert "BEHIND" in skewcheck("demo", "-q", *skew.split()).out


@pytest.mark.parametrize("liars", ["3", "4", "5"])
def test_a_majority_of_liars_is_no_proof(liars: str) -> None:
    """Too many liars: no verdict is claimed, exit 3 and the reason."""
    done = skewcheck("demo", "--liars", liars)
    assert (done.exit_code, done.out.startswith("CANNOT TELL")) == (3, True)
    assert "no vote can find the truth" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("sabotage", "told"),
    [
        ("ntp.NtpServer._answer = lambda *_: None", "too few servers answered in time"),
        (
            "honest = demo._servers; demo._servers = lambda skew_s, lying: honest(skew_s + 1, lying)",
            "outside of the range",
        ),
        ("demo._LIES_S = (0.0,) * 5", "not each liar was named"),
    ],
)
def test_what_was_not_measured_is_said(sabotage: str, told: str) -> None:
    """Where the measurement isn't what was set up, the demonstration exits 3 and doesn't pretend."""
    words = "['skewcheck', 'demo', '--json', '-t', '1s']"
    imports = "import sys; from skewcheck.cli import demo, main; from skewcheck.lab import ntp"
    code = f"{imports}; {sabotage}; sys.argv = {words}; main()"
    done = skewcheck(program=[sys.executable, "-c", code])
    finding = next(finding for finding in done.document["findings"] if finding["id"] == "demo")
    assert (done.exit_code, done.document["exit_code"], finding["status"]) == (3, 3, "unknown")
    assert told in finding["summary"]


def test_the_last_lines_tell_what_clock_would_exit_with() -> None:
    """Whoever tries it before trusting a pipeline to it sees the code that the pipeline would see."""
    done = skewcheck("demo", "--skew", "7s", environment={"COLUMNS": "100"})
    assert done.exit_code == 0
    last = done.out.splitlines()[-2:]
    assert last == ["next: skewcheck clock", "      measures the real clock; on a result like this it exits with 2"]


@pytest.mark.parametrize(
    ("skew", "api_ahead", "login_ahead"),
    [("200ms", "500ms", "1s"), ("0", "-350ms", None), ("-7s", None, "250ms")],
)
def test_an_api_is_set_up_beside_ntp(skew: str, api_ahead: str | None, login_ahead: str | None) -> None:
    """Both parts are measured at once and stand in one report; the one that is not named is right."""
    words = ["--api-ahead", api_ahead] if api_ahead else []
    words += ["--login-ahead", login_ahead] if login_ahead else []
    proxied = {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    done = skewcheck("demo", "--json", "--skew", skew, *words, environment=proxied)
    report, wanted_s = done.document, parse_signed_duration(skew)
    assert (done.exit_code, report["command"]) == (0, "demo")
    assert report["ntp"]["low_s"] <= wanted_s <= report["ntp"]["high_s"]
    ahead_s = [parse_signed_duration(ahead or "0") for ahead in (api_ahead, login_ahead)]
    api, login = report["api"]["hosts"]
    assert (api["role"], login["role"]) == ("api", "login")
    for host, host_ahead_s in zip((api, login), ahead_s, strict=True):
        assert host["low_s"] <= wanted_s - host_ahead_s <= host["high_s"]
        assert host["high_s"] - host["low_s"] < 1.5
    finding = next(finding for finding in report["findings"] if finding["id"] == "demo")
    told = (finding["evidence"]["set_up_api_ahead_s"], finding["evidence"]["set_up_login_ahead_s"])
    assert finding["status"] == "ok"
    assert list(told) == pytest.approx(ahead_s)


@pytest.mark.parametrize(
    ("sabotage", "told"),
    [
        ("http.HttpServer._honest = lambda *_: http.Reply(503, ())", "the clock of api was not measured"),
        ("http.HttpServer._clock = property(lambda _: lambda: time.time() + 30, lambda *_: None)", "what was measured"),
    ],
)
def test_what_was_not_measured_of_an_api_is_said(sabotage: str, told: str) -> None:
    """No `Date`, or one that isn't what was set up: the demonstration exits 3."""
    words = "['skewcheck', 'demo', '--json', '--api-ahead', '0']"
    imports = "import sys, time; from skewcheck.cli import main; from skewcheck.lab import http"
    code = f"{imports}; {sabotage}; sys.argv = {words}; main()"
    done = skewcheck(program=[sys.executable, "-c", code])
    finding = next(finding for finding in done.document["findings"] if finding["id"] == "demo")
    assert (done.exit_code, finding["status"]) == (3, "unknown")
    assert told in finding["summary"]
