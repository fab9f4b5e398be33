"""A token in the place of a host or a region: no name server is asked for it, and nothing repeats it.

The guard of these tests notes every name that is looked up, and fails the test that does.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from bench.namespaces import namespace
from bench.secrets import KNOWN, RANDOM, made, pieces
from bench.typed import Done, clean
from hypothesis import given, settings
from hypothesis import strategies as st

from skewcheck import errors
from skewcheck.cli import app, output
from skewcheck.examine import calls

PLACES: Mapping[str, tuple[list[str], Mapping[str, str]]] = {
    # (command line, environment)
    "server": (["clock", "-H", "{}"], {}),
    "long-option": (["clock", "--server={}"], {}),
    "second-server": (["clock", "-H", "127.0.0.1:1", "-H", "{}"], {}),
    "server-of-check": (["check", "-H", "{}"], {}),
    "server-of-token": (["token", "-H", "{}"], {}),
    "servers-variable": (["clock"], {"SKEWCHECK_SERVER": "127.0.0.1:1 {}"}),
    "several-servers": (["clock", "-H", "ntp1.example.net,{}"], {}),
    "server-as-url": (["clock", "-H", "http://{}/"], {}),
    "url-of-a-server": (["clock", "-H", "https://ntp1.example.net/{}"], {}),
    "argument": (["clock", "{}"], {}),
    "argument-as-url": (["api", "https://{}/"], {}),
    "option-of-another": (["clock", "--region", "{}"], {}),
    "url-without-scheme": (["api", "--url", "gateway.example.net/{}"], {}),
    "verifier": (["token", "--offline", "--verifier", "{}"], {}),
    "finding": (["explain", "{}"], {}),
    "region": (["api", "--region", "{}"], {}),
    "region-twice": (["api", "--region", "{}", "--region", "{}"], {}),
    "region-of-check": (["check", "--region", "{}"], {}),
    "region-as-url": (["api", "--region", "https://api.{}/"], {}),
    "region-variable": (["api"], {"SKEWCHECK_REGION": "{}"}),
    "genesys-variable": (["api"], {"GENESYSCLOUD_REGION": "{}"}),
    "url": (["api", "--url", "https://{}/"], {}),
    "url-without-path": (["api", "--url", "http://{}"], {}),
    "url-alone": (["api", "--url", "{}"], {}),
    "url-login": (["api", "--url", "https://{}@gateway.example.net/"], {}),
    "url-password": (["check", "--url", "https://user:{}@gateway.example.net/"], {}),
    "url-slash": (["api", "--url", "https:/user:{}@gateway.example.net/"], {}),
    "url-query": (["api", "--url", "https://gateway.example.net/?access_token={}"], {}),
    "url-parameter": (["api", "--url", "https://gateway.example.net/a;jsessionid={}"], {}),
    "url-variable": (["api"], {"SKEWCHECK_URL": "https://{}/health"}),
}
PATHS: Mapping[str, tuple[list[str], Mapping[str, str]]] = {
    "url-path": (["api", "--url", "https://gateway.example.net/v1/{}/health"], {}),
    "url-port": (["api", "--url", "https://gateway.example.net:8443/{}"], {}),
}
"""An id may stand there, and a UUID or hex may be one."""

Told = Callable[..., Done]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what runs a command line in this process, with tracebacks asked for."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # `run` replaces it: put pytest's own back
    for name in set(os.environ) - set(clean()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SKEWCHECK_DEBUG", "1")

    def run(words: list[str], environment: Mapping[str, str]) -> Done:
        monkeypatch.setattr(output._State, "begun", False)
        with monkeypatch.context() as only:
            for name, value in environment.items():
                only.setenv(name, value)
            return Done(app.run(words), *capsys.readouterr(), took_s=0.0)

    return run


def check(told: Told, place: tuple[list[str], Mapping[str, str]], secret: str) -> None:
    """Run it with *secret* in that place: refused, and no piece of it in what is written."""
    words, environment = place
    done = told(
        [*(word.format(secret) for word in words), "-t", "1s", "--json"],
        {name: value.format(secret) for name, value in environment.items()},
    )
    assert done.exit_code == 3
    assert done.document["error"]["id"] == "usage"
    assert [piece for piece in pieces(secret) if piece in done.out + done.err] == []


@settings(max_examples=8)
@pytest.mark.parametrize("place", PLACES)
@given(kind=st.sampled_from([*KNOWN, *RANDOM]), seed=st.integers(0, 999))
def test_a_token_goes_nowhere_and_is_not_repeated(told: Told, place: str, kind: str, seed: int) -> None:
    """Of every kind, in every place of a host, a region or a login: a wrong usage, and nothing of it in any stream."""
    check(told, PLACES[place], made(kind, seed))


@settings(max_examples=8)
@pytest.mark.parametrize("place", PATHS)
@given(kind=st.sampled_from([*KNOWN, "base64url", "base62"]), seed=st.integers(0, 999))
def test_nor_does_one_in_a_path(told: Told, place: str, kind: str, seed: int) -> None:
    """A path is sent, to whatever host, and shown."""
    check(told, PATHS[place], made(kind, seed))


@settings(max_examples=40)
@given(kind=st.sampled_from([*KNOWN, *RANDOM]), seed=st.integers(0, 999), cut=st.sampled_from([None, 24, 30, 40]))
def test_from_python_too(kind: str, seed: int, cut: int | None) -> None:
    """Who calls it gets the same error, short tokens included."""
    secret = made(kind, seed)[:cut].rstrip("-_.")
    asked: list[Callable[[], object]] = [
        lambda: calls.clock(servers=(secret,), ask_host=False),
        lambda: calls.api(url=f"https://{secret}/", ask_host=False),
        lambda: calls.api(url="http://127.0.0.1:1/", login_url=f"https://{secret}/", ask_host=False),
        lambda: calls.api(region=secret, ask_host=False),
    ]
    whole = secret == made(kind, seed) or kind in KNOWN
    for ask in asked if whole else asked[-1:]:
        with pytest.raises(errors.UsageError) as caught:
            ask()
        said = caught.value.summary + caught.value.remedy
        assert not whole or [piece for piece in pieces(secret) if piece in said] == []


NAME_SERVER = """
import socket, sys
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(("127.0.0.1", 53))
heard.settimeout(30)
print("ready", flush=True)
try:
    while True:
        question = heard.recv(4096)
        with open(sys.argv[1], "ab") as log:
            log.write(question[12:] + b"\\n")
except TimeoutError:
    pass
"""
ALL_AT_ONCE = """
import json, sys
from skewcheck.cli import app
for words in json.load(open(sys.argv[1])):
    app.run([*words, "-t", "0.5s", "-q"])
"""


def test_no_name_server_is_asked(tmp_path: Path) -> None:
    """Where one hears everything: not a question for any kind in any place, and one for an honest name."""
    heard, questions = tmp_path / "heard", tmp_path / "questions.json"
    (tmp_path / "names.py").write_text(NAME_SERVER)
    (tmp_path / "all.py").write_text(ALL_AT_ONCE)
    secrets = [made(kind) for kind in (*KNOWN, *RANDOM)]
    places = [words for words, environment in PLACES.values() if not environment and words[0] != "token"]
    tokens = [[word.format(secret) for word in words] for words in places for secret in secrets]
    resolver = {"/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"}
    python = sys.executable
    with (
        namespace(tmp_path, files=resolver) as net,
        subprocess.Popen(
            [*net.prefix, python, str(tmp_path / "names.py"), str(heard)], stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        try:
            for asked in (tokens, [["clock", "-H", "honest-name.example.net"]]):
                questions.write_text(json.dumps(asked))
                net.run([python, str(tmp_path / "all.py"), str(questions)], timeout_s=120, environment=clean())
                assert heard.exists() is (asked is not tokens)
        finally:
            server.kill()
    assert b"honest-name" in heard.read_bytes()
