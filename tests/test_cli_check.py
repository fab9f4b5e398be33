"""`skewcheck check` on real sockets: whose clock is off, beside a token, with everything down, and how it exits."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from bench.typed import Done, clean, servers_for, silent, skewcheck

from skewcheck.judge import catalogue
from skewcheck.lab.http import HttpServer
from skewcheck.lab.ntp import NtpServer
from skewcheck.model import Finding, Status

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
LINES = 24


@contextlib.contextmanager
def clocks(ntp_s: float | None, api_s: float) -> Iterator[list[str]]:
    """Run servers that far ahead; give the words that name them. None: they never answer."""
    with contextlib.ExitStack() as running:
        servers = [NtpServer(behaviour=silent) if ntp_s is None else NtpServer(ntp_s) for _ in range(3)]
        named = ["{}:{}".format(*running.enter_context(server).address) for server in servers]
        url = running.enter_context(HttpServer(api_s)).url
        yield [word for name in named for word in ("-H", name)] + ["--url", url]


def lead_of(done: Done) -> Finding:
    """Return the finding that leads, as the document has it."""
    first = done.document["findings"][0]
    return Finding(first["id"], Status(first["status"]), tuple(first["evidence"].items()))


@pytest.mark.parametrize(
    ("ntp_s", "api_s", "exit_code", "lead"),
    [
        (0.0, 0.0, 0, "not-skew"),
        (0.0, 5.0, 2, "api-ahead"),
        (-5.0, -5.0, 2, "local-ahead"),
        (5.0, 0.0, 1, "ntp-differs"),
    ],
)
def test_whose_clock_it_is(ntp_s: float, api_s: float, exit_code: int, lead: str) -> None:
    """The finding that leads says it: by its id and facts in JSON, and by its title in the summary of the same run."""
    with clocks(ntp_s, api_s) as named:
        done = skewcheck("check", "--json", *named)
    document, found = done.document, lead_of(done)
    assert (done.exit_code, document["exit_code"], found.id) == (exit_code, exit_code, lead)
    assert document["status"] == document["findings"][0]["status"]
    assert document["summary"] == document["findings"][0]["summary"] == catalogue.title(found)
    assert {"ntp", "api", "host"} <= document.keys()
    for command in (step["command"] for step in document["next"]):
        more = "--token-file" in command or "--connections" in command or "-H https://" in command
        assert more or not command.startswith("skewcheck check -H ")  # never what just ran
    if lead == "local-ahead":
        agreeing = found.fact("api_host") or found.fact("wide_host")  # by how wide its range came out
        assert (document["proven"], agreeing) == (True, document["api"]["hosts"][0]["host"])
    assert bool(document["effects"]) is (lead in ("api-ahead", "local-ahead"))


def test_everything_down_ends_in_time() -> None:
    """Exit 3 by the deadline; `--on-unknown ok` makes that 0, and leaves the status and a typo as they are."""
    with clocks(None, 0.0) as named:
        named[-1] = "http://127.0.0.1:1/"
        began_s = time.monotonic()
        done = skewcheck("check", "--json", "-t", "2s", *named)
        assert time.monotonic() - began_s < 10
        forgiven = skewcheck("check", "--json", "-t", "2s", "--on-unknown", "ok", *named)
        mistyped = skewcheck("check", "--json", "--on-unknown", "ok", "--nonsense", *named)
    assert (done.exit_code, done.document["status"]) == (3, "unknown")
    assert (forgiven.exit_code, forgiven.document["status"]) == (0, "unknown")
    assert mistyped.exit_code == 3
    assert done.evidence("ntp-unreached")["reason"] == "blocked"
    assert done.evidence("api-unreached")["host"] == "127.0.0.1:1"
    assert "traceback" not in (done.err + forgiven.err + mistyped.err).lower()


def test_ntp_alone_costs_what_clock_costs() -> None:
    """A check without an API loads what `clock` loads, and no module more."""
    with servers_for("ok") as named:
        loaded = {}
        for command in ("clock", "check"):
            code = (
                "import os, sys; from skewcheck.cli import main; leave = os._exit\n"
                "def listed(code): print(*sys.modules, file=sys.stderr, flush=True); leave(code)\n"
                f"os._exit = listed; sys.argv = ['skewcheck', '{command}', '--json', *{named!r}]; main()"
            )
            environment = {name: value for name, value in clean().items() if not name.startswith("COVERAGE_")}
            done = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
            loaded[command] = set(done.stderr.split())
    assert {"skewcheck.measure.poll", "skewcheck.render.json"} < loaded["check"]
    assert loaded["check"] - loaded["clock"] == {"skewcheck.cli.check"}


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


@pytest.mark.parametrize(
    ("ntp_s", "times", "exit_code", "lead", "beside"),
    [
        (0.0, {"iat": -60, "exp": 3600}, 0, "not-skew", "token-valid"),
        (0.0, {"iat": -4000, "exp": -400}, 2, "token-expired", "not-skew"),
        (0.0, {"iat": 60, "exp": 3600}, 2, "token-future-issued", None),
        (-5.0, {"iat": -60, "exp": 3600}, 2, "local-ahead", "token-valid"),
        (-60.0, {"iat": -3600, "exp": -1}, 2, "token-expired-here", "local-ahead"),
        (-0.3, {"iat": -4000, "exp": -400}, 2, "token-expired", "local-ahead"),
    ],
)
def test_a_token_beside_the_clocks(
    ntp_s: float, times: dict[str, float], exit_code: int, lead: str, beside: str | None
) -> None:
    """The worst leads, of equals the token: an expired one is critical and no clock's fault."""
    token = signed(**times)
    with clocks(ntp_s, ntp_s) as named:
        done = with_token(token, "--json", *named)
    assert (done.exit_code, done.ids[0]) == (exit_code, lead)
    assert beside is None or beside in done.ids
    assert ("not-skew" in done.ids) is (ntp_s == 0 and lead != "token-future-issued")  # that one is a clock's fault
    assert done.document["token"]["judged_by"] == "ntp"
    assert not any(part in done.out for part in token.split("."))


def test_a_token_is_judged_by_one_measurement() -> None:
    """The API is asked for the clocks alone; the document has all parts, and no finding twice; the screen fits."""
    token = signed(iat=-4000, exp=-400)
    with clocks(0.0, 0.0) as named:
        done, screen = with_token(token, "--json", *named), with_token(token, *named)
    assert (screen.exit_code, len(screen.out.splitlines()) <= LINES) == (done.exit_code, True)
    assert not any(part in screen.out for part in token.split("."))
    assert {"ntp", "api", "token", "risks", "recommended"} <= done.document.keys()
    assert done.document["api"]["hosts"][0]["requests"] <= 10
    assert len(set(done.ids)) == len(done.ids)


@pytest.mark.parametrize(
    ("token", "exit_code", "found"),
    [
        ("DCl7jJaGx8Yd7sYg12sdGGa71_g0Q", 0, "token-opaque"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0N", 3, "token-cut"),
    ],
)
def test_a_token_that_tells_nothing(token: str, exit_code: int, found: str) -> None:
    """Opaque ones say nothing of time; what can't be read is unknown at least."""
    with clocks(0.0, 0.0) as named:
        done = with_token(token, "--json", *named[:-2])
    assert (done.exit_code, found in done.ids, token in done.out) == (exit_code, True, False)


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
    assert time.monotonic() - began_s < 10
