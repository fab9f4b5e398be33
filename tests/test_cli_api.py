"""Whom the commands ask, as typed: `api` and `check`, what they refuse, and what they never repeat."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api_reports import AHEAD
from bench.typed import Done

from skewcheck import examine
from skewcheck.model import Family, Policy, Request, Status

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
UUID = "3f2b8c1e-9a4d-4e57-8b60-1c2d3e4f5a6b"
OPAQUE = "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789_abcdefghijklmnopqrst"

Told = Callable[..., Done]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put a report made by hand in the place of all measuring; return what was asked."""
    requests: list[Any] = []

    def measured(request: Request, progress: object = None) -> Any:
        assert progress is None  # nobody watches here
        requests.append(request)
        return AHEAD._replace(command=request.command)

    monkeypatch.setattr(examine, "examine", measured)
    return requests


BOTH_TAKE = "--region EU_WEST_1 --date-fresh --ca-file ca.pem -w 50ms -c 2s --fail-on critical --on-unknown ok -t 4s"
ASKED = Request(
    "api",
    ask_ntp=False,
    region="EU_WEST_1",
    policy=Policy(0.05, 2.0, Status.CRITICAL, Status.OK),
    timeout_s=4.0,
    date_fresh=True,
    ca_file="ca.pem",
)


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ("api -4 --full", ASKED._replace(family=Family.V4, full=True)),
        (
            "check -6 -H a -H b --samples 2",
            ASKED._replace(command="check", ask_ntp=True, family=Family.V6, servers=("a", "b"), samples=2),
        ),
    ],
)
def test_what_is_asked(words: str, request_: Request, told: Told, asked: list[Any]) -> None:
    """Every option reaches the measurement, and the report comes back with its exit code."""
    done = told(*words.split(), *BOTH_TAKE.split(), "--json")
    assert (done.exit_code, done.err, done.document["command"]) == (1, "", request_.command)
    (request,) = asked
    assert request.began_s < time.monotonic()
    assert request.way_out_s > 0
    assert request._replace(began_s=None, way_out_s=0.0) == request_
    told(*words.split()[:1], "--url", "http://127.0.0.1:1")
    assert (asked[1].region, asked[1].url, asked[1].timeout_s) == (None, "http://127.0.0.1:1", None)


@pytest.mark.parametrize("command", ["api", "check"])
@pytest.mark.parametrize(
    ("words", "environment", "region", "url"),
    [
        ("", {"SKEWCHECK_REGION": "a"}, "a", None),
        ("", {"GENESYSCLOUD_REGION": "b"}, "b", None),
        ("", {"SKEWCHECK_REGION": "a", "GENESYSCLOUD_REGION": "b"}, "a", None),
        ("", {"SKEWCHECK_URL": "http://u"}, None, "http://u"),
        ("--url http://u", {"SKEWCHECK_REGION": "a"}, None, "http://u"),
        ("--url http://u", {"GENESYSCLOUD_REGION": "b"}, None, "http://u"),
        ("--region c", {"SKEWCHECK_URL": "http://u", "GENESYSCLOUD_REGION": "b"}, "c", None),
        ("", {"SKEWCHECK_URL": "http://u", "GENESYSCLOUD_REGION": "b"}, None, "http://u"),
    ],
)
def test_the_command_line_beats_the_environment(  # noqa: PLR0917 - pytest passes them by name
    command: str,
    words: str,
    environment: dict[str, str],
    region: str | None,
    url: str | None,
    told: Told,
    asked: list[Any],
) -> None:
    """What was typed counts; among variables, this program's own beat the one that all of the vendor's tools read."""
    told(command, *words.split(), environment=environment)
    assert (asked[0].region, asked[0].url) == (region, url)


@pytest.mark.parametrize("command", ["api", "check"])
def test_an_issuer_beside_its_api(command: str, told: Told, asked: list[Any]) -> None:
    """Who checks and who issues are named apart, here or in the environment; a region has its own issuer."""
    told(command, "--url", "http://u", "--issuer", "http://i")
    told(command, environment={"SKEWCHECK_URL": "http://u", "SKEWCHECK_ISSUER": "http://i"})
    told(command, "--region", "eu-west-1", environment={"SKEWCHECK_ISSUER": "http://i"})
    told(command, "--url", "http://u", "--issuer", f"https://login.example.net/{UUID}/v2.0")
    pairs = [(request.url, request.login_url) for request in asked]
    both = ("http://u", "http://i")
    assert pairs == [both, both, (None, None), ("http://u", f"https://login.example.net/{UUID}/v2.0")]


@pytest.mark.parametrize("command", ["api", "check"])
@pytest.mark.parametrize(
    "words",
    ["--url http://a --url http://b", "--url http://a --url http://a", "--issuer http://i --region eu-west-1",
     "--url=http://a --issuer http://i --issuer http://i", "--issuer http://i", "--url http://a --issuer i",
     "--url http://a --issuer="],
)  # fmt: skip
def test_two_urls_are_refused_with_what_is_meant(command: str, words: str, told: Told, asked: list[Any]) -> None:
    """Which of two is the checker nobody knows: nothing is asked, and `--issuer` is named."""
    done = told(command, *words.split(), "--json")
    assert (done.exit_code, asked, done.document["error"]["id"]) == (3, [], "usage")
    assert "--issuer" in done.err or "region" in done.err


def test_a_check_asks_an_api_only_where_one_is_named(told: Told, asked: list[Any]) -> None:
    """On the command line or in the environment; else NTP alone."""
    told("check")
    assert (asked[0].region, asked[0].url, asked[0].asks_api) == (None, None, False)


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ("--region eu-west-1 --url http://u", {}),
        ("", {"SKEWCHECK_REGION": "eu-west-1", "SKEWCHECK_URL": "http://u"}),
    ],
)
def test_a_region_and_a_url_exclude_each_other(
    words: str, environment: dict[str, str], told: Told, asked: list[Any]
) -> None:
    """Both meant alike: nobody knows which clock the answer would be about."""
    done = told("api", *words.split(), environment=environment)
    assert (done.exit_code, asked) == (3, [])
    assert done.err.startswith("error: a region and a URL exclude each other\n")


def test_without_a_region_there_is_no_answer(told: Told, asked: list[Any]) -> None:
    """A wrong default would be a wrong "ok": exit 3, and what lists all, in words and in JSON."""
    done = told("api", "--json")
    assert (done.exit_code, asked) == (3, [])
    assert "skewcheck regions" in done.err
    assert "skewcheck regions" in done.document["error"]["remedy"]
    assert done.document["command"] == "api"


@pytest.mark.parametrize("url", [f"https://login.example.net/{UUID}/v2.0", "https://gateway.example.net/health"])
def test_honest_paths_are_asked(url: str, told: Told, asked: list[Any]) -> None:
    """A tenant's number in a path is no secret."""
    told("api", "--url", url)
    assert asked[0].url == url


# --- What is refused ---


@pytest.mark.parametrize("words", ["check --url", "clock -H", "api --url"])
@pytest.mark.parametrize("proxy", ["garbage:://x@", "http://proxy.test:port", "proxy test"])
def test_a_proxy_that_is_a_slip_is_no_silence(proxy: str, words: str, told: Told) -> None:
    """What nobody can be asked by is wrong usage, whatever silence counts as; NO_PROXY goes past it."""
    line = f"{words} https://127.0.0.1:1 -t 1s --on-unknown ok --json".split()
    done = told(*line, environment={"HTTPS_PROXY": proxy})
    assert (done.exit_code, done.document["error"]["id"]) == (3, "usage")
    assert proxy not in done.out + done.err
    if line[0] == "api":
        assert told(*line, environment={"HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"}).exit_code == 0


def test_a_ca_file_that_is_a_slip_is_no_silence(told: Told, tmp_path: Path) -> None:
    """Not there, a folder, no PEM: wrong usage, whatever silence counts as; what can be read but once is not tried."""
    (tmp_path / "ca.pem").write_text("no PEM")
    line = ["api", "--url", "https://127.0.0.1:1/", "-t", "1s", "--on-unknown", "ok", "--json", "--ca-file"]
    for wrong in ("ca.pem", "nonexistent.pem", "."):
        done = told(*line, str(tmp_path / wrong))
        assert (done.exit_code, done.document["error"]["id"]) == (3, "usage"), wrong
    assert told(*line, "/dev/null").exit_code == 0


def test_a_proxy_of_another_kind_is_measured_as_no_way_there(told: Told) -> None:
    """SOCKS is right for other programs: what NTP says counts all the same, and silence as it was asked to."""
    line = ["api", "--url", "https://127.0.0.1:1/", "-t", "1s", "--on-unknown", "ok", "--json"]
    done = told(*line, environment={"ALL_PROXY": "socks5://127.0.0.1:1"})
    assert (done.exit_code, done.document["status"]) == (0, "unknown")


@pytest.mark.parametrize("command", ["clock", "check"])
def test_a_web_server_is_asked_for_its_date_by_its_url(command: str, told: Told, asked: list[Any]) -> None:
    """`-H https://HOST` reaches the measurement as it is, beside NTP servers; plain http is refused."""
    told(command, "-H", "https://www.example.org", "-H", "ntp1")
    assert asked[0].servers == ("https://www.example.org", "ntp1")
    for wrong in ("http://www.example.org", f"https://user:hunter2hunter@www.example.org/?x={OPAQUE}"):
        done = told(command, "-H", wrong, "--json")
        assert (done.exit_code, len(asked), done.document["error"]["id"]) == (3, 1, "usage")
        assert not any(piece in done.out + done.err for piece in (OPAQUE[:12], "hunter2"))


def test_a_url_that_is_no_source_of_time_is_refused_before_anything_is_asked(told: Told) -> None:
    """A query, a path that holds a token, no host: told of and not shown."""
    for wrong in (
        "https://www.example.org/?key=hunter2",
        "https://",
        f"https://www.example.org/{JWT}",
        "https://h.org/hunter2",
    ):
        done = told("clock", "-H", wrong, "--json")
        assert (done.exit_code, done.document["error"]["id"]) == (3, "usage")
        assert not any(piece in done.out + done.err for piece in (JWT[:20], "hunter2"))
