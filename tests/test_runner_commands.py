"""What a runner of CI jobs would obey, said by servers, tokens, files and arguments: it obeys none of it."""

import json
import os
import threading
from collections.abc import Callable, Mapping

import jwt
import pytest
from bench import judges
from bench.every_output import every_output
from bench.hostile import kiss
from bench.hostile_http import Behaviour, HostileServer, answering, head, once, unasked
from bench.typed import Done, clean
from hypothesis import given, settings
from hypothesis import strategies as st

from skewcheck.cli import app, output
from skewcheck.examine import calls
from skewcheck.lab.ntp import NtpServer
from skewcheck.model import Report

COMMANDS = (
    "##vso[task.complete result=Failed]x", "x##vso[task.setvariable variable=PATH;]/tmp", "##VSO[task.logissue]x",
    "##teamcity[buildStatus status='FAILURE']", "x ##teamcity[setParameter name='a' value='b']", "##[error]x",
    "x##[group]y", "##[add-mask]a", "::error::x", "  ::add-mask::a", "::stop-commands::x", "::set-output name=a::b",
    "###vso[a.b]", "##vso##vso[a.b]", "--- x", "+++ x", "~~~ x", "^^^ +++", "travis_fold:start:x",
    "section_start:1:x\r\x1b[0K",
    "\x1b[0K##vso[a.b]", "##\x1b[0m[error]x", "##vso\u0085[a.b]",
)  # fmt: skip
"""Of Azure, TeamCity, GitHub and those like it, Buildkite, Travis and GitLab, spelt as each takes them or nearly so."""
FEW = settings(max_examples=6)
"""In each place."""


def _reply(*lines: str, status: str = "200 OK") -> bytes:
    return head(*lines, "Content-Length: 0", status=status)


IN_A_REPLY: Mapping[str, Callable[[str], Behaviour]] = {
    "server": lambda said: answering(_reply(f"Server: {said}")),
    "via": lambda said: answering(_reply(f"Via: 1.1 {said}")),
    "x-cache": lambda said: answering(_reply(f"X-Cache: {said}")),
    "correlation": lambda said: answering(_reply(f"Genesys-Correlation-Id: {said}")),
    "location": lambda said: answering(_reply(f"Location: {said}", status="302 Found")),
    "retry-after": lambda said: answering(_reply(f"Retry-After: {said}", status="429 Too Many")),
    "date": lambda said: answering(head("Content-Length: 0", date=said)),
    "reason": lambda said: answering(_reply(status=f"200 {said}")),
    "banner": lambda said: unasked(f"{said}\r\n".encode()),
    "no-http": lambda said: once(f"{said}\n".encode()),
    "two-headers": lambda said: answering(
        _reply(f"Server: {said[: len(said) // 2]}", f"Server: {said[len(said) // 2 :]}")
    ),
}


def check(report: Report) -> None:
    """No output of *report* commands a runner."""
    for name, written in every_output(report).items():
        if name == "github":
            judges.check_commands_nobody_else(written)
        elif name != "github, summary":  # nobody reads commands there
            judges.check_commands_nothing(written)


@FEW
@pytest.mark.parametrize("place", IN_A_REPLY)
@given(said=st.sampled_from(COMMANDS))
def test_a_web_server_commands_nobody(place: str, said: str) -> None:
    """In any header, in its banner, in what it says in place of HTTP: over a real socket, in every format."""
    with HostileServer(IN_A_REPLY[place](said.replace("\r", " "))) as server, pytest.MonkeyPatch.context() as only:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            only.delenv(name)
        url = f"http://127.0.0.1:{server.port}/"
        check(calls.api(url=url, ask_host=False, timeout_s=5.0, max_requests=1))


@pytest.mark.parametrize("code", [b"##[a", b"::a:", b"--- ", b"##v["])
def test_a_time_server_commands_nobody(code: bytes) -> None:
    """It has four bytes of its own to say."""
    with NtpServer(behaviour=kiss(code)) as server:
        host, port = server.address
        check(calls.clock(servers=(f"{host}:{port}",), ask_host=False, timeout_s=1.0))


@FEW
@pytest.mark.parametrize("place", ["iss", "typ", "kid", "exp"])
@given(said=st.sampled_from(COMMANDS))
def test_a_token_commands_nobody(place: str, said: str) -> None:
    """Whoever signed it chose its issuer, its header and what stands for a time."""
    claims, header = {"exp": 1795306824, **({place: said} if place in ("iss", "exp") else {})}, {}
    if place not in claims:
        header[place] = said
    token = jwt.api_jws.encode(_json(claims), "k" * 32, headers=header)
    check(calls.token(token, offline=True, ask_host=False))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


ARGUMENTS: Mapping[str, tuple[list[str], Mapping[str, str]]] = {
    # (command line, environment)
    "server": (["clock", "-H", "{}"], {}),
    "server-port": (["clock", "-H", "127.0.0.1:{}"], {}),
    "region": (["api", "--region", "{}"], {}),
    "region-variable": (["api"], {"GENESYSCLOUD_REGION": "{}"}),
    "url": (["api", "--url", "{}"], {}),
    "url-host": (["api", "--url", "https://{}/"], {}),
    "url-path": (["api", "--url", "http://127.0.0.1:1/{}"], {}),
    "ca-file": (["api", "--url", "https://127.0.0.1:1/", "--ca-file", "{}"], {}),
    "ca-variable": (["api", "--url", "https://127.0.0.1:1/"], {"SSL_CERT_FILE": "{}"}),
    "proxy": (["api", "--url", "https://127.0.0.1:1/"], {"HTTPS_PROXY": "http://127.0.0.1:{}"}),
    "duration": (["clock", "-w", "{}"], {}),
    "format": (["clock", "--format", "{}"], {}),
    "samples": (["clock", "--samples", "{}"], {}),
    "samples-variable": (["clock"], {"SKEWCHECK_SAMPLES": "{}"}),
    "output": (["demo", "-o", "/no/such/{}"], {}),
    "token-file": (["token", "--file", "{}", "--offline"], {}),
    "token-variable": (["token", "--env", "{}", "--offline"], {}),
    "verifier": (["token", "--verifier", "{}", "--offline", "x"], {}),
    "option": (["clock", "--{}"], {}),
    "command": (["{}"], {}),
    "extra": (["clock", "{}"], {}),
}


@settings(max_examples=4)
@pytest.mark.parametrize("place", ARGUMENTS)
@given(
    said=st.sampled_from(COMMANDS), form=st.sampled_from(["text", "json", "nagios", "github", "junit", "prometheus"])
)
def test_no_error_commands_anybody(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: str, said: str, form: str
) -> None:
    """What a script passes on may come from anybody: neither the words on stderr nor the document obey it."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # `run` replaces it: put pytest's own back
    words, environment = ARGUMENTS[place]
    with monkeypatch.context() as only:
        for name in set(os.environ) - set(clean()):
            only.delenv(name)
        only.setenv("SKEWCHECK_FORMAT", form)
        for name, value in environment.items():
            only.setenv(name, value.format(said))
        only.setattr(output._State, "begun", False)
        done = Done(app.run([word.format(said) for word in words]), *capsys.readouterr(), took_s=0.0)
    assert done.exit_code == 3
    judges.check_commands_nothing(done.err)
    if form == "github":
        judges.check_commands_nobody_else(done.out)
    else:
        judges.check_commands_nothing(done.out)
