"""`skewcheck token` as people use it: every way to give it a token, at a terminal and without one."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from bench.terminal import shell, terminal
from bench.typed import Done, servers_for, skewcheck

from skewcheck.examine import signer_names

HOUR_S = 3600
Piped = Callable[..., Done]
PROMPT = "Token (paste, then Enter; not shown): "


def minted(issued_ago_s: float = 600, life_s: float = HOUR_S, padding: int = 0) -> str:
    """Return a JWT that was issued so long ago, with a claim of *padding* characters."""
    now_s = int(time.time())
    claims = {"iss": "https://login.example.net", "sub": "jane", "groups": "g" * padding}
    return jwt.encode(
        {**claims, "iat": now_s - int(issued_ago_s), "exp": now_s - int(issued_ago_s) + int(life_s)},
        "k" * 32,
        headers={"kid": "3f2b8c1e-9a4d"},
    )


@pytest.fixture
def piped(told: Callable[..., Done]) -> Piped:
    """Return what pipes a text into `skewcheck token`."""

    def run(text: str, *arguments: str, **more: Any) -> Done:
        return told("token", *arguments, given=text, **more)

    return run


def found(done: Done) -> tuple[str, str, int]:
    """Return what kind of token was found, where, and how long it is."""
    token = done.document["token"]
    return token["kind"], token["found_in"], token["length"]


# --- Every way to give it ---


def test_a_pipe(piped: Piped) -> None:
    """Standard input is read without being asked for, and by its name."""
    token = minted()
    for named in ((), ("-",), ("--file", "-")):
        done = piped(f"Authorization: Bearer {token}\n", "--offline", "--json", *named)
        assert (done.exit_code, done.err) == (0, "")
        assert found(done)[0] == "jwt"
        assert found(done)[2] == len(token)


def test_an_argument_works_and_is_warned_about() -> None:
    """On stderr, about the shell's history and the list of processes, in 80 columns; the result is the same."""
    token = minted()
    done = skewcheck("token", token, "--offline", "--json")
    assert found(done) == ("jwt", "a bare token", len(token))
    assert max(map(len, done.err.splitlines())) <= 80
    assert "history" in done.err
    assert "list of processes" in done.err


def test_an_argument_that_the_shell_broke_at_its_spaces() -> None:
    """Without quotes a header is several words: they are one text."""
    done = skewcheck("token", "Authorization:", "Bearer", minted(), "--offline", "--json")
    assert found(done)[0] == "jwt"


def test_a_file(tmp_path: Path) -> None:
    """A token response in a file, with its lifetime."""
    path = tmp_path / "token.json"
    path.write_text(
        '{"access_token": "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", "token_type": "bearer", "expires_in": 86399}'
    )
    done = skewcheck("token", "--file", str(path), "--offline", "--json")
    assert done.document["token"]["lifetime_s"] == 86399
    assert found(done)[0] == "response"


def test_a_life_in_milliseconds_is_a_figure_for_people(piped: Piped) -> None:
    """No power of ten, and nothing cut out of the line."""
    shown = piped('{"access_token": "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789", "expires_in": 3600000}', "--offline").out
    (line,) = (line for line in shown.splitlines() if line.startswith("expires "))
    assert "41 d 16 h" in line
    assert "…" not in line


def test_an_environment_variable() -> None:
    """By its name alone."""
    done = skewcheck("token", "--env", "MY_TOKEN", "--offline", "--json", environment={"MY_TOKEN": minted()})
    assert found(done)[0] == "jwt"


def test_a_fifo_with_a_slow_writer(tmp_path: Path) -> None:
    """It is waited for."""
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def write() -> None:
        time.sleep(0.3)
        path.write_text(minted())

    writer = threading.Thread(target=write)
    writer.start()
    done = skewcheck("token", "--file", str(path), "--offline", "--json", "-t", "20s")
    writer.join()
    assert found(done)[0] == "jwt"


def test_a_fifo_that_nobody_writes_to(tmp_path: Path) -> None:
    """The process ends by its deadline, and says why."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    done = skewcheck("token", "--file", str(path), "--json", "-t", "0.5s")
    assert (done.exit_code, done.document["error"]["id"]) == (3, "input")
    assert "in time" in done.err


def test_a_pipe_that_never_ends() -> None:
    """Nor is a silent pipe waited for beyond it."""
    ours, theirs = os.pipe()
    try:
        done = skewcheck("token", "-t", "0.5s", stdin=ours)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.exit_code == 3
    assert "in time" in done.err


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", [], "no token on stdin"),
        ("\n", ["-"], "no token on stdin"),
        ("nothing to see here", [], "there is no token in the 19 characters given"),
        ("x", ["--file", "-", "--env", "HOME"], "a token can come from one place alone"),
        ("x", ["eyJ", "--env", "HOME"], "a token can come from one place alone"),
        ("x", ["--file", "/no/such/file"], "'/no/such/file' can't be read"),
        ("x", ["--env", "NO_SUCH_VARIABLE"], "the environment variable 'NO_SUCH_VARIABLE' is not set"),
        ("x", ["--offline", "-H", "127.0.0.1"], "ask nobody, and -H names whom to ask"),
        ("x", ["--skew", "1s", "--region", "eu-west-1"], "ask nobody, and --region names whom to ask"),
        ("", ["--offline", "--skew", "1s"], "--offline and --skew were both given"),
        ("x", ["--verifier", "pyjtw"], "--verifier pyjwt"),
        ("x", ["--skew", "fast"], "--skew: the value (not repeated here) is not a duration"),
        ("x", ["--leeway", "-1s"], "--leeway: the value (not repeated here) is less than no time"),
        ("x", ["--latency", "10ms+-20ms"], "--latency: the value (not repeated here) is less than no time"),
        ("x", ["--obtained-at", "noon"], "--obtained-at: the value (not repeated here) is not a time of day"),
        ("x", ["--offlin"], "unknown option --offlin"),
        (
            "QHHCk4zZ8mN2pQrStUvW",
            ["--obtained-at", "0", "--skew", "0"],
            "--expires-in with the lifetime that came with it, or the whole response",
        ),
    ],
)
def test_what_goes_wrong_is_said(text: str, arguments: list[str], said: str, piped: Piped) -> None:
    """Exit 3, what happened, and what to try."""
    done = piped(text, *arguments, "--json")
    assert done.exit_code == 3
    assert said in done.err
    assert done.document["command"] == "token"
    assert done.document["error"]["remedy"]


# --- At a terminal ---


def test_a_person_is_asked_and_the_paste_is_not_shown() -> None:
    """6,000 bytes of a token come whole, unseen, and the time of the paste isn't counted."""
    token = minted(padding=4500)
    assert len(token) > 6000
    with terminal(sys.executable, "-m", "skewcheck", "token", "--offline", "-t", "1s", "--color", "never") as person:
        person.wait_for(PROMPT)
        time.sleep(1.2)
        asking = person.settings()
        person.send(f"Bearer {token}\r")
        person.wait_for(f"{len(token)} characters")
        assert person.end() == 0
        assert person.settings()[3] != asking[3]  # while it asked, nothing was echoed
        assert token[:12] not in person.screen
        assert token[-12:] not in person.screen


def test_control_c_at_the_prompt() -> None:
    """Exit 130, one line, and the terminal as it was."""
    with terminal("bash", "-c", f"{sys.executable} -m skewcheck token; echo code $?") as person:
        person.wait_for(PROMPT)
        asking = person.settings()
        person.send("\x03")
        person.wait_for("code 130")
        assert "Traceback" not in person.screen
        assert person.settings()[3] != asking[3]  # the echo is back


def test_terminated_at_the_prompt() -> None:
    """SIGTERM while a person is asked: exit 143, and the echo is back."""
    with terminal(sys.executable, "-m", "skewcheck", "token") as person:
        person.wait_for(PROMPT)
        asking = person.settings()
        os.kill(person._process.pid, signal.SIGTERM)
        assert person.end() == 143
        assert person.settings()[3] != asking[3]


@pytest.mark.parametrize("lines", [1, 3])
def test_nothing_is_left_to_the_shell(tmp_path: Path, lines: int) -> None:
    """A token that is wrapped over lines is read with all of them; the shell gets none to run."""
    token = minted(padding=100)
    step = len(token) // lines + 1
    pasted = "\r".join(token[at : at + step] for at in range(0, len(token), step))
    with shell(tmp_path) as person:
        person.send(f"{sys.executable} -m skewcheck token --offline --color never\r")
        at = person.wait_for(PROMPT)
        person.send(pasted + "\r")
        at = person.wait_for(f"{len(token)} characters", at)
        at = person.wait_for("ready>", at)
        person.send("echo still $((40+2))\r")
        person.wait_for("still 42", at)
        assert "command not found" not in person.screen
        assert token[:20] not in person.screen


def test_enter_alone() -> None:
    """No token is no token."""
    with terminal(sys.executable, "-m", "skewcheck", "token") as person:
        person.wait_for(PROMPT)
        person.send("\r")
        person.wait_for("no token was pasted")
        assert person.end() == 3


def test_a_signal_while_a_pipe_is_waited_for() -> None:
    """SIGTERM ends it with 143, as everywhere."""
    import subprocess

    from bench.typed import started

    with started("token", "-t", "30s", stdin=subprocess.PIPE) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143


# --- What it says ---


WATCHED = """
import sys
opened = []
sys.addaudithook(lambda event, _: opened.append(event) if event.startswith(("socket.__new__", "socket.conn")) else None)
from skewcheck.cli import app
code = app.run(sys.argv[1:])
print(code, opened, "skewcheck.measure" in sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize("nobody", [["--offline"], ["--skew", "-200ms"], ["--offline", "--verifier", "pyjwt", "-v"]])
def test_nobody_is_asked(nobody: list[str]) -> None:
    """`--offline` and `--skew` open no socket, and don't even load what could."""
    done = skewcheck("token", *nobody, program=[sys.executable, "-c", WATCHED], stdin=None, input=minted().encode())
    assert done.err.split(" ", 1)[1] == "[] False\n"


def test_against_measured_time(piped: Piped) -> None:
    """NTP by default: a clock that is behind is named, with what it does to this token."""
    with servers_for("warning") as named:
        done = piped(minted(), *named, "--json", "--verifier", "pyjwt", "--verifier", "spring")
    document = done.document
    assert (done.exit_code, document["status"], document["ntp"]["status"]) == (1, "warning", "warning")
    assert document["token"]["judged_by"] == "ntp"
    refused = {(risk["party"], risk["risk"]) for risk in document["risks"] if risk["level"] == "certain"}
    assert ("refresh-by-exp", "premature-expiry") in refused
    assert [row["name"] for row in document["token"]["verifiers"]] == ["pyjwt", "spring"]
    assert document["recommended"]["buffer_s"] == 60


@pytest.mark.parametrize(("issued_ago_s", "lead", "exit_code"), [(600, "token-valid", 0), (7200, "token-expired", 2)])
def test_the_screen_answers_first_and_fits(issued_ago_s: float, lead: str, exit_code: int, piped: Piped) -> None:
    """Line 1 is the title of what leads; then the times and the clock; an expired one gets no buffer and no leeway."""
    with servers_for("ok") as named:
        document = piped(minted(issued_ago_s), *named, "--json").document
        done = piped(minted(issued_ago_s), *named, environment={"COLUMNS": "80"})
    first, *lines = done.out.splitlines()
    assert (done.exit_code, document["findings"][0]["id"]) == (exit_code, lead)
    assert (document["proven"], document["ntp"]["status"]) == (True, "ok")  # what has expired by true time is no skew
    assert first.split()[0] == document["status"].upper()
    assert len(lines) < 24
    assert {"iat", "exp", "token", "clock"} <= {line.split()[0] for line in lines if line}
    assert any(line.startswith("Refresh ") for line in lines) is (lead == "token-valid")


def test_what_if(piped: Piped) -> None:
    """`--skew` takes the place of every measurement, with its margin."""
    done = piped(minted(), "--skew", "-200ms+-50ms", "--latency", "50ms", "--json")
    token, risks = done.document["token"], done.document["risks"]
    assert (token["judged_by"], "ntp" in done.document) == ("skew", False)
    (risk,) = [risk for risk in risks if (risk["party"], risk["risk"]) == ("local-verify", "future-issued")]
    assert (risk["level"], risk["share_low"], risk["share_high"]) == ("certain", 0.1, 0.2)
    assert (token["latency_low_s"], token["latency_high_s"]) == (0.05, 0.05)
    assert (token["latency_given"], token["latency_measured"]) == (True, False)
    assert (token["status"], done.document["status"]) == ("ok", "warning")
    assert done.ids[0] == "skew-assumed"
    assert "token-valid" in done.ids


def test_an_opaque_token_with_what_the_response_said(piped: Piped) -> None:
    """The lifetime and when it was obtained make the same table."""
    done = piped(
        "QHHCk4zZ8mN2pQ-rStUvWxYz0123456789_abcdefghijklmnopqrst",
        *("--expires-in", "86399", "--obtained-at", str(int(time.time()) - 60), "--skew", "0", "--json"),
    )
    token = done.document["token"]
    assert (token["expires_in_s"], [moment["name"] for moment in token["moments"]]) == (86399, ["expires_in"])
    assert done.document["recommended"]["buffer_s"] == 60


def test_a_region_of_the_environment_is_not_asked_where_nobody_is() -> None:
    """GENESYSCLOUD_REGION stands in many environments, and `--offline` is what was typed."""
    environment = {"GENESYSCLOUD_REGION": "eu-west-1", "SKEWCHECK_SERVER": "127.0.0.1"}
    done = skewcheck("token", "--offline", "--json", stdin=None, input=minted().encode(), environment=environment)
    assert not {"ntp", "api", "error"} & set(done.document)


def test_the_table_of_verifiers() -> None:
    """`--verifier list` needs no token: leeway, rules, version and source of each, on 80 columns."""
    done = skewcheck("token", "--verifier", "list")
    assert (done.exit_code, done.err) == (0, "")
    assert "NAME " in done.out.splitlines()[0]
    for said in ("pyjwt ", "jwt/api_jwt.py", "spring ", "60 s", "github-app"):
        assert said in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_the_table_of_those_that_a_host_signs_for() -> None:
    """`--signed-for list` shows those whose names it takes, and no others; a slip leads to it."""
    done = skewcheck("token", "--signed-for", "list")
    names = {line.split()[0] for line in done.out.splitlines()[1:] if not line.startswith(" ")}
    assert (done.exit_code, names) == (0, set(signer_names()))
    assert "--signed-for list" in skewcheck("token", "--signed-for", "nobody").err


# --- What people have instead of one token ---


def test_as_of_the_incident(piped: Piped) -> None:
    """An old token was valid then; nobody is asked, and the answer is not called proven."""
    token, then_s = minted(issued_ago_s=90_000), int(time.time()) - 89_000
    done = piped(token, "--at", str(then_s), "--json")
    assert (done.exit_code, done.document["findings"][0]["id"], done.document["proven"]) == (0, "token-valid", False)
    assert done.document["token"]["judged_by"] == "at"
    assert piped(token, "--offline", "--json").exit_code == 2
    for other in (["-H", "ntp.example"], ["--region", "eu-west-1"]):
        assert piped(token, "--at", str(then_s), *other).exit_code == 3


@pytest.mark.parametrize(("skew", "id_"), [("-3500s", "token-expired-unseen"), ("1h", "token-future-issued")])
def test_by_a_clock_that_was_off_then(skew: str, id_: str, piped: Piped) -> None:
    """`--at` with `--skew` is what a clock showed that was so far off: true time is what it showed less that."""
    token, then_s = minted(issued_ago_s=90_000), int(time.time()) - 89_000
    done = piped(token, "--at", str(then_s), "--skew", skew, "--json")
    assert done.exit_code == 2
    assert (done.document["findings"][0]["id"], done.document["token"]["judged_by"]) == (id_, "skew")


def test_one_of_several_is_picked(piped: Piped) -> None:
    """`-q` says that there are more; a number that there is none of is wrong usage, and says how many there are."""
    both = f"{minted()}\n{minted(issued_ago_s=9000)}"
    first, second, third = (piped(both, "--offline", "-q", "--pick", number) for number in "123")
    assert (first.exit_code, second.exit_code, third.exit_code) == (0, 2, 3)
    assert first.out.endswith(("(1 of 2 tokens)\n", "(1 of 2)\n"))
    assert "--pick 1 to 2" in third.err


def test_the_end_of_a_long_log_is_read(piped: Piped) -> None:
    """The last MiB of it; what was not looked at is told."""
    done = piped("a line of a log\n" * 300_000 + f"Authorization: Bearer {minted()}\n", "--offline", "--json")
    assert done.exit_code == 0
    assert done.document["token"]["skipped"] > 3 << 20
    assert "paste-skipped" in {finding["id"] for finding in done.document["findings"]}


def test_an_error_message(piped: Piped) -> None:
    """It is told from its own numbers, however old it is."""
    done = piped("Token used too early, 1691058380 < 1691058403.", "--offline", "--json")
    assert (done.exit_code, done.document["token"]["kind"]) == (1, "message")
    assert done.document["token"]["message"]["apart_s"] == 23
