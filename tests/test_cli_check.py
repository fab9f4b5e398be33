"""The command line of `skewcheck check`: whom it asks, what it refuses, what it shows, and how it exits."""

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from api_reports import BOTH
from bench.typed import Done, clean, servers_for, silent, skewcheck

from skewcheck import examine
from skewcheck.cli import app, output
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer
from skewcheck.model import Family, Status

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
Told = Callable[..., Done]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put a report made by hand in the place of all measuring; return what was asked."""
    requests: list[Any] = []

    def check(request: Any, progress: object = None) -> Any:
        assert progress is None  # nobody watches here
        requests.append(request)
        return BOTH._replace(command="check")

    monkeypatch.setitem(vars(examine), "check", check)
    return requests


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what runs a command line in this process, in an environment in which nothing is set."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    for name in set(os.environ) - set(clean()) | {"GENESYSCLOUD_REGION"}:
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, environment: Mapping[str, str] | None = None) -> Done:
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(output._Stdout, "begun", False)
        return Done(app.run(list(words)), *capsys.readouterr(), took_s=0.0)

    return run


def test_what_is_asked(told: Told, asked: list[Any]) -> None:
    """Every option reaches the measurement, and the report comes back with its exit code."""
    words = "check -H a -H b --region EU_WEST_1 --samples 2 --date-fresh --ca-file ca.pem -6 -w 50ms -c 2s"
    done = told(*words.split(), "--fail-on", "critical", "--on-unknown", "ok", "-t", "4s", "--json")
    assert (done.exit_code, done.err) == (1, "")
    assert done.document["command"] == "check"
    (request,) = asked
    assert request.spent_s > 0
    assert request._replace(spent_s=0.0) == examine.CheckRequest(
        servers=("a", "b"),
        region="EU_WEST_1",
        policy=examine.Policy(0.05, 2.0, Status.CRITICAL, Status.OK),
        timeout_s=4.0,
        family=Family.V6,
        samples=2,
        date_fresh=True,
        ca_file="ca.pem",
    )


@pytest.mark.parametrize(
    ("words", "environment", "region", "url"),
    [
        ("", {}, None, None),
        ("", {"SKEWCHECK_REGION": "a"}, "a", None),
        ("", {"GENESYSCLOUD_REGION": "b"}, "b", None),
        ("", {"SKEWCHECK_URL": "http://u"}, None, "http://u"),
        ("--url http://u", {"GENESYSCLOUD_REGION": "b"}, None, "http://u"),
        ("--region c", {"SKEWCHECK_URL": "http://u"}, "c", None),
    ],
)
def test_an_api_is_asked_only_where_one_is_named(  # noqa: PLR0917 - pytest passes them by name
    words: str, environment: dict[str, str], region: str | None, url: str | None, told: Told, asked: list[Any]
) -> None:
    """On the command line, which counts first, or in the environment; else NTP alone."""
    told("check", *words.split(), environment=environment)
    assert (asked[0].region, asked[0].url, asked[0].timeout_s) == (region, url, None)


@pytest.mark.parametrize(
    "words",
    [
        "--region eu-west-1 --url http://u",
        f"--url https://gw.example/{JWT}",
        f"-H {JWT}",
        "-4 -6",
        "--ca-file=",
        "-t 0",
        "--region nowhere",
        "--nonsense",
    ],
)
def test_what_is_refused(words: str, told: Told) -> None:
    """Exit 3 before anything is asked, with a reason on stderr and in JSON, and no secret repeated."""
    done = told("check", "--json", *words.split())
    assert done.exit_code == 3
    assert done.document["error"]["id"] == "usage"
    assert done.document["command"] == "check"
    assert JWT not in done.out + done.err
    assert "Nothing was measured." in done.err


# --- On real sockets ---


@contextlib.contextmanager
def clocks(ntp_s: float | None, api_s: float) -> Iterator[list[str]]:
    """Run servers that far ahead; give the words that name them. None: they never answer."""
    with contextlib.ExitStack() as running:
        servers = [NtpServer(behaviour=silent) if ntp_s is None else NtpServer(ntp_s) for _ in range(3)]
        named = ["{}:{}".format(*running.enter_context(server).address) for server in servers]
        url = running.enter_context(HttpServer(api_s)).url
        yield [word for name in named for word in ("-H", name)] + ["--url", url]


def test_the_screen_where_no_clock_is_off() -> None:
    """Line 1 says so, line 2 what it means, both pictures follow, then the suspects by number, last what to do."""
    with clocks(0.0, 0.0) as named:
        done = skewcheck("check", *named, environment={"COLUMNS": "80"})
    lines = done.out.splitlines()
    assert done.exit_code == 0
    assert lines[0].startswith("OK  NOT CLOCK SKEW: your clock is within")
    assert max(map(len, lines[:-3])) <= 80
    flat = " ".join(done.out.split())
    assert "For a token: no clock" in flat
    assert (
        flat.index(" 3 of 3 agree ") < flat.index(" equal ") < flat.index("1. Idle timeout: ") < flat.index("6. An old")
    )
    assert lines[-3].startswith("next: skewcheck token -H 127.0.0.1:")
    assert len(skewcheck_words(done.out, "NOT CLOCK SKEW")) == 2


def skewcheck_words(text: str, words: str) -> list[str]:
    """Return each time that *words* stand in *text*, line breaks or not."""
    return [words] * " ".join(text.split()).count(words)


@pytest.mark.parametrize(
    ("ntp_s", "api_s", "exit_code", "says"),
    [
        (0.0, 5.0, 2, "CRITICAL the clock of the API's edge, not yours: "),
        (-5.0, -5.0, 2, "CRITICAL your clock is "),
        (5.0, 0.0, 1, "WARNING this host and the API agree, and NTP as seen from here differs: "),
    ],
)
def test_one_line_tells_whose_clock_it_is(ntp_s: float, api_s: float, exit_code: int, says: str) -> None:
    """`-q` is for whoever greps a log."""
    with clocks(ntp_s, api_s) as named:
        done = skewcheck("check", "-q", *named)
    assert (done.exit_code, done.out.count("\n")) == (exit_code, 1)
    assert " ".join(done.out.split()).startswith(says)
    assert ("AHEAD of UTC, proven" in done.out) == (ntp_s < 0)


def test_everything_down_ends_in_time() -> None:
    """Exit 3 by the deadline; `--on-unknown ok` makes that 0, and leaves the status and a typo as they are."""
    with clocks(None, 0.0) as named:
        named[-1] = "http://127.0.0.1:1/"
        began_s = time.monotonic()
        done = skewcheck("check", "--json", "-t", "2s", *named)
        assert time.monotonic() - began_s < 6
        forgiven = skewcheck("check", "--json", "-t", "2s", "--on-unknown", "ok", *named)
        mistyped = skewcheck("check", "--json", "--on-unknown", "ok", "--nonsense", *named)
    assert (done.exit_code, done.document["status"]) == (3, "unknown")
    assert (forgiven.exit_code, forgiven.document["status"]) == (0, "unknown")
    assert mistyped.exit_code == 3
    assert {"udp-123-blocked", "api-unreached"} <= {finding["id"] for finding in done.document["findings"]}
    assert "traceback" not in (done.err + forgiven.err + mistyped.err).lower()


def test_json_keeps_to_the_schema_with_both_parts() -> None:
    """One document with `ntp`, `api`, `host` and `findings`."""
    with clocks(-0.5, -0.5) as named:
        done = skewcheck("check", "--json", *named)
    assert done.exit_code == 1
    assert {"ntp", "api", "host", "findings", "next"} <= done.document.keys()
    assert "local-ahead" in {finding["id"] for finding in done.document["findings"]}
    assert done.document["next"]["command"]


def test_ntp_alone_costs_what_clock_costs() -> None:
    """A check without an API loads what `clock` loads, and two small modules of its own."""
    with servers_for("ok") as named:
        loaded = {}
        for command in ("clock", "check"):
            code = (
                "import sys; from skewcheck.cli import main\n"
                f"sys.argv = ['skewcheck', '{command}', '--json', *{named!r}]\n"
                "try: main()\nfinally: print(*sys.modules, file=sys.stderr)"
            )
            environment = {name: value for name, value in clean().items() if not name.startswith("COVERAGE_")}
            done = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
            loaded[command] = set(done.stderr.split())
    assert loaded["check"] - loaded["clock"] <= {"skewcheck.examine.all_at_once", "queue", "_queue"}


# --- With a token ---


def signed(**seconds_from_now: float) -> str:
    """Return a JWT with these times."""
    now_s = int(time.time())
    return jwt.encode({name: now_s + round(s) for name, s in seconds_from_now.items()}, "k" * 32)


def with_token(token: str, *words: str) -> Done:
    """Return what `check` says of a token that is piped in."""
    reading, writing = os.pipe()
    try:
        os.write(writing, token.encode())
        os.close(writing)
        return skewcheck("check", "--token-file", "-", *words, stdin=reading, environment={"COLUMNS": "80"})
    finally:
        os.close(reading)


FAST = r"CRITICAL your clock is (4\.9\d+|5|5\.0\d+) s AHEAD of UTC, proven"
"""By 5 s, give or take what a busy machine adds."""


@pytest.mark.parametrize(
    ("ntp_s", "times", "exit_code", "says", "ends"),
    [
        (0.0, {"iat": -60, "exp": 3600}, 0, "OK NOT CLOCK SKEW: your clock is within", "token is valid for 59 min"),
        (0.0, {"iat": -4000, "exp": -400}, 2, "CRITICAL NOT CLOCK SKEW: ", " ago by true time"),
        (0.0, {"iat": 60, "exp": 3600}, 2, "CRITICAL your clock is within", "its issuer's clock is ahead"),
        (-5.0, {"iat": -60, "exp": 3600}, 2, FAST, "by true time"),
        (-5.0, {"iat": -3600, "exp": -1}, 2, FAST, "it is valid for"),
        (-0.3, {"iat": -4000, "exp": -400}, 2, "CRITICAL your clock is ", "that is not clock skew"),
    ],
)
def test_a_token_beside_the_clocks(ntp_s: float, times: dict[str, float], exit_code: int, says: str, ends: str) -> None:
    """The sentence of the clocks stays on top; an expired token is critical, and never clock skew."""
    token = signed(**times)
    with clocks(ntp_s, ntp_s) as named:
        done = with_token(token, "-q", *named)
    assert (done.exit_code, done.err) == (exit_code, "")
    assert re.match(says, " ".join(done.out.split()))
    assert ends in done.out
    assert not any(part in done.out for part in token.split("."))


def test_a_token_is_judged_by_one_measurement() -> None:
    """The API is asked for the clocks alone; JSON and screen have both parts, and no finding twice."""
    token = signed(iat=-4000, exp=-400)
    with clocks(0.0, 0.0) as named:
        done = with_token(token, "--json", *named)
        screen = with_token(token, *named)
    assert done.document["command"] == "check"
    assert {"ntp", "api", "token", "risks", "recommended"} <= done.document.keys()
    assert done.document["token"]["judged_by"] == "ntp"
    assert done.document["api"]["hosts"][0]["requests"] <= 10
    ids = [finding["id"] for finding in done.document["findings"]]
    assert "token-expired" in ids
    assert len({"not-skew", "ntp-differs", "time-zone"} & set(ids)) == sum(
        ids.count(name) for name in ("not-skew", "ntp-differs", "time-zone")
    )
    flat = " ".join(screen.out.split())
    assert flat.index(" 3 of 3 agree ") < flat.index(" token a JWT of ") < flat.index(" buffer refresh ")
    assert "this clock is" not in flat  # its pictures say it


@pytest.mark.parametrize(
    ("token", "exit_code", "says"),
    [
        ("DCl7jJaGx8Yd7sYg12sdGGa71_g0Q", 0, "the token is opaque"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0N", 3, "the token is cut"),
    ],
)
def test_a_token_that_tells_nothing(token: str, exit_code: int, says: str) -> None:
    """Opaque ones say nothing of time; what can't be read is unknown at least."""
    with clocks(0.0, 0.0) as named:
        done = with_token(token, "-q", *named[:-2])
    assert done.exit_code == exit_code
    assert says in done.out
    assert token not in done.out


def test_no_token_where_one_was_to_be(tmp_path: Path) -> None:
    """Nothing is measured, nothing of what was given is repeated, and a pipe that never ends is left in time."""
    empty = with_token("")
    assert (empty.exit_code, "--token-file FILE" in empty.err) == (3, True)
    assert skewcheck("check", "--token-file", str(tmp_path / "none")).exit_code == 3
    named = skewcheck("check", "--token-file", JWT, "--json")
    assert (named.exit_code, JWT in named.out + named.err) == (3, False)
    os.mkfifo(tmp_path / "fifo")
    began_s = time.monotonic()
    late = skewcheck("check", "--token-file", str(tmp_path / "fifo"), "-t", "1s")
    assert late.exit_code == 3
    assert time.monotonic() - began_s < 6
