"""`skewcheck demo` measures what it has set up, on real sockets, and says what `clock` would make of it."""

import math
import sys

import pytest
from bench import screen
from bench.typed import Done, skewcheck

from skewcheck.quantity import parse_signed_duration


def demo(*words: str) -> Done:
    """Run it, as JSON; a proxy of this host changes nothing."""
    proxied = {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    return skewcheck("demo", "--json", *words, environment=proxied)


@pytest.mark.parametrize(
    ("skew", "liars"), [("200ms", 0), ("-200ms", 1), ("0", 2), ("-7s", 0), ("-7s", 2), ("1h", 1), ("37ms", 1)]
)
def test_truth_is_in_the_range_and_each_liar_is_named(skew: str, liars: int) -> None:
    """Any skew, up to two of five liars: contained, the direction right, exit 0, and what `clock` would exit with."""
    done = demo("--skew", skew, "--liars", str(liars))
    ntp, wanted_s = done.document["ntp"], parse_signed_duration(skew)
    assert done.exit_code == 0
    assert ntp["low_s"] <= wanted_s <= ntp["high_s"]
    assert 0.01 < ntp["high_s"] - ntp["low_s"] < 0.1, "as wide as on a network"
    assert (
        [server["status"] for server in ntp["servers"]].count("falseticker") == liars == done.ids.count("falseticker")
    )
    assert (ntp["basis"], ntp["asked"], ntp["agreeing"]) == ("majority", 5, 5 - liars)
    if abs(wanted_s) > 0.1:
        assert math.copysign(1, ntp["skew_s"]) == math.copysign(1, wanted_s)
        assert done.ids[0] == ("local-ahead" if wanted_s > 0 else "local-behind")
    assert done.evidence("demo") == {
        "set_up_skew_s": wanted_s,
        "liars": liars,
        "set_up_api_ahead_s": None,
        "set_up_login_ahead_s": None,
        "set_up_nodes": None,
        "set_up_node_behind_s": None,
        "exit_code": {"ok": 0, "warning": 1, "critical": 2}[done.document["status"]],
        "missed": None,
    }
    assert [step["command"] for step in done.document["next"]] == ["skewcheck clock"]


def test_a_negative_skew_is_a_value_and_no_option() -> None:
    """However it is written; by itself it is that of the rows above."""
    assert demo("--skew=-200ms").ids[0] == "local-behind"


@pytest.mark.parametrize("liars", ["3", "5"])
def test_a_majority_of_liars_is_no_proof(liars: str) -> None:
    """Too many liars: no answer is claimed, exit 3 and the reason."""
    done = demo("--liars", liars)
    assert (done.exit_code, done.document["status"], done.document["exit_code"]) == (3, "unknown", 3)
    assert (done.ids[0], done.evidence("demo")["missed"]) == ("demo", "no-majority")


@pytest.mark.parametrize(
    ("sabotage", "words", "missed"),
    [
        ("ntp.NtpServer._answer = lambda *_: None", "-t 1s", "too-few"),
        (
            "honest = demo._servers; demo._servers = lambda skew_s, lying: honest(skew_s + 1, lying)",
            "-t 1s",
            "outside",
        ),
        ("demo._LIES_S = (0.0,) * 5", "-t 1s", "unnamed"),
        ("http.http_date = lambda _: 'never'", "--api-ahead 0", "api-unmeasured"),
        (
            "http.HttpServer._clock = property(lambda _: lambda: time.time() + 30, lambda *_: None)",
            "--api-ahead 0",
            "outside",
        ),
    ],
)
def test_what_was_not_measured_is_said(sabotage: str, words: str, missed: str) -> None:
    """Where the measurement isn't what was set up, the demonstration exits 3 and doesn't pretend."""
    imports = "import sys, time; from skewcheck.cli import demo, main; from skewcheck.lab import http, ntp"
    code = f"{imports}; {sabotage}; sys.argv = ['skewcheck', 'demo', '--json', *{words.split()}]; main()"
    done = skewcheck(program=[sys.executable, "-c", code])
    assert (done.exit_code, done.document["exit_code"], done.document["status"]) == (3, 3, "unknown")
    assert done.evidence("demo")["missed"] == missed


# --- With an API ---


@pytest.mark.parametrize(
    ("skew", "api_ahead", "login_ahead"),
    [("200ms", "500ms", "1s"), ("0", "-350ms", None), ("-7s", None, "250ms")],
)
def test_an_api_is_set_up_beside_ntp(skew: str, api_ahead: str | None, login_ahead: str | None) -> None:
    """Both parts are measured at once and stand in one report; the one that is not named is right."""
    words = ["--api-ahead", api_ahead] if api_ahead else []
    words += ["--login-ahead", login_ahead] if login_ahead else []
    done = demo("--skew", skew, *words)
    report, wanted_s = done.document, parse_signed_duration(skew)
    assert (done.exit_code, report["command"]) == (0, "demo")
    assert report["ntp"]["low_s"] <= wanted_s <= report["ntp"]["high_s"]
    ahead_s = [parse_signed_duration(ahead or "0") for ahead in (api_ahead, login_ahead)]
    api, login = report["api"]["hosts"]
    assert (api["role"], login["role"]) == ("api", "login")
    for host, host_ahead_s in zip((api, login), ahead_s, strict=True):
        assert host["low_s"] <= wanted_s - host_ahead_s <= host["high_s"]
        assert host["high_s"] - host["low_s"] < 1.5
    evidence = done.evidence("demo")
    assert [evidence["set_up_api_ahead_s"], evidence["set_up_login_ahead_s"]] == pytest.approx(ahead_s)
    assert evidence["missed"] is None
    assert [step["command"] for step in report["next"]] == ["skewcheck check --region REGION"]


@pytest.mark.parametrize(
    ("words", "lead", "effects", "notes"),
    [
        (  # both clocks are off: each by its own error
            "--skew 200ms --api-ahead 3s",
            "local-ahead",
            {"refresh-by-exp": "late-refresh", "local-sign": "signed-future", "local-verify": "expired-here"},
            ("the API is ahead", "login is behind the API"),
        ),
        (
            "--skew -2s --api-ahead 0",
            "local-behind",
            {
                "refresh-by-exp": "late-refresh",
                "refresh-by-expires-in": "none",
                "local-verify": "future-here",
                "local-sign": "signed-old",
            },
            ("BEHIND; plain http", "BEHIND; plain http"),  # its range is a second wide: that clears no API
        ),
        (
            "--skew 0 --api-ahead 3s --login-ahead 3s",
            "api-ahead",
            {"refresh-by-exp": "late-refresh", "local-verify": "future-here"},
            ("the API is ahead", "login is ahead, too"),
        ),
    ],
)
def test_who_is_harmed_and_each_row_follow_what_was_found(
    words: str, lead: str, effects: dict[str, str], notes: tuple[str, str]
) -> None:
    """A clock that is ahead has no effects of one that is behind, and no row blames this host for the API's error."""
    done = demo(*words.split())
    assert done.ids[0] == lead
    found = {seen["party"]: seen["effect"] for seen in done.document["effects"]}
    found.pop("gateway", None)  # between the two hosts of the service
    assert found == effects
    shown = skewcheck("demo", *words.split()).out.splitlines()
    rows = [line for line in shown if line.startswith("127.0.0.1:") and (" (api) " in line or " (login) " in line)]
    assert len(shown) <= 24
    assert all(row.endswith(note) for row, note in zip(rows, notes, strict=True))


@pytest.mark.parametrize(
    "words",
    ["--skew 400d --liars 2", "--skew -50d --liars 5", "--skew 0 --api-ahead -3s --login-ahead 1s --liars 1", "-q"],
)
def test_each_screen_fits_a_terminal(words: str) -> None:
    """24 lines of 80 columns, and line 1 is one line: the status and the answer, which `-q` is all of."""
    done = skewcheck("demo", *words.split(), environment={"COLUMNS": "80"})
    assert (done.err, done.exit_code in (0, 3), done.out.count("\n") == 1) == ("", True, words == "-q")
    screen.check(done.out, None)


def test_a_node_behind_the_others_is_shown() -> None:
    """Eight nodes, one 1.5 s behind, by 24 connections: three reach it, it is the answer, and a retry would work."""
    done = demo("--nodes", "8", "--node-behind", "1.5s")
    assert (done.exit_code, done.ids[0]) == (0, "api-nodes-differ")
    found = done.evidence("api-nodes-differ")
    assert (found["by"], found["reached"], found["connections"]) == ("utc", 3, 24)
    assert found["low_s"] <= -1.5 <= found["high_s"] <= -0.1
    assert found["share_low"] <= 1 / 8 <= found["share_high"]
    host = done.document["api"]["hosts"][0]
    assert (host["nodes"]["asked"], len(host["nodes"]["replies"])) == (23, 24)
    assert "gateway-node" in {seen["effect"] for seen in done.document["effects"]}


@pytest.mark.parametrize("words", ["--nodes 1", "--nodes 17", "--node-behind 2s"])
def test_nodes_that_cannot_be(words: str) -> None:
    """Too few, too many, or an error of none."""
    assert (done := demo(*words.split())).exit_code == 3
    assert done.document["error"]["id"] == "usage"
