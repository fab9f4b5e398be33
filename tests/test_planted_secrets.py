"""Secrets planted wherever foreign text comes from: no piece of one is in any format, view, error or traceback."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import jwt
import pytest
from bench.every_output import every_output
from bench.hostile_http import Behaviour, HostileServer, answering, head, once, unasked
from bench.secrets import KNOWN, RANDOM, made, pieces
from bench.typed import Done, clean
from hypothesis import given, settings
from hypothesis import strategies as st

from skewcheck import foreign
from skewcheck.cli import app, output
from skewcheck.examine import calls
from skewcheck.host.configured import read_configured
from skewcheck.host.files import Files
from skewcheck.host.kernel import find_fake
from skewcheck.host.place import read_place
from skewcheck.host.zone import read_zone
from skewcheck.model import KernelClock, Report

FEW = settings(max_examples=4)
"""In each place."""
SEEDS = st.integers(0, 999)


def _reply(*lines: str, status: str = "200 OK") -> bytes:
    return head(*lines, "Content-Length: 0", status=status, date="Sun, 06 Nov 2044 08:49:37 GMT")


def _leading(form: str) -> Callable[[str], Behaviour]:
    return lambda secret: answering(_reply(f"Location: {form.format(secret)}", status="302 Found"))


IN_A_REPLY: Mapping[str, Callable[[str], Behaviour]] = {
    "server": lambda secret: answering(_reply(f"Server: {secret}")),
    "server-comment": lambda secret: answering(_reply(f"Server: nginx/1.2 (as {secret})")),
    "server-password": lambda secret: answering(_reply(f"Server: x (http://user:{secret}@h/x)")),
    "via": lambda secret: answering(_reply(f"Via: 1.1 {secret}, 1.1 varnish")),
    "via-query": lambda secret: answering(_reply(f"Via: 1.1 https://proxy.example/?key={secret}")),
    "x-cache": lambda secret: answering(_reply(f"X-Cache: HIT from {secret}")),
    "age": lambda secret: answering(_reply(f"Age: {secret}")),
    "retry-after": lambda secret: answering(_reply(f"Retry-After: {secret}", status="429 Too Many Requests")),
    "retry-after-dateless": lambda secret: answering(head(f"Retry-After: {secret}", status="429 No", date=None)),
    "date": lambda secret: answering(head("Content-Length: 0", date=secret)),
    "reason": lambda secret: answering(_reply(status=f"401 {secret}")),
    "another-header": lambda secret: answering(_reply(f"Set-Cookie: session={secret}", f"WWW-Authenticate: {secret}")),
    "header-name": lambda secret: answering(_reply(f"{secret}: x")),
    "banner": lambda secret: unasked(f"220 {secret} ready\r\n".encode()),
    "long-banner": lambda secret: unasked(f"220 a server of mine that greets all its guests as {secret}\r\n".encode()),
    "no-http": lambda secret: once(f"{secret}\n".encode()),
    "no-http-login": lambda secret: once(f"ftp://user:{secret}@h\n".encode()),
    "location": _leading("{}"),
    "location-host": _leading("https://{}/x"),
    "location-path": _leading("https://h.example/{}/x"),
    "location-file": _leading("/a/{}.html"),
    "location-query": _leading("https://h.example/x?token={}"),
    "location-fragment": _leading("/x#access_token={}"),
    "location-session": _leading("https://h.example/x;jsessionid={}"),
    "location-parameter": _leading("/x;{}/y"),
    "location-password": _leading("https://user:{}@h.example/x"),
    "location-user": _leading("https://{}@h.example/x"),
    "location-one-slash": _leading("https:/user:{}@h.example/x"),
    "location-no-slash": _leading("https:user:{}@h.example/x"),
    "location-three-slashes": _leading("https:///user:{}@h.example"),
    "location-backslashes": _leading(r"https:\\user:{}@h.example"),
    "location-slash-in-password": _leading("https://user:a/{}@h.example"),
    "location-encoded-query": _leading("/login%3Ftoken%3D{}"),
    "location-next": _leading("/login/https%3A%2F%2Fuser%3A{}%40h.example"),
}
"""Where a server can say something."""
WITH_AN_ID: Mapping[str, Callable[[str], Behaviour]] = {
    "correlation": lambda secret: answering(_reply(f"Genesys-Correlation-Id: {secret}")),
    "old-correlation": lambda secret: answering(_reply(f"ININ-Correlation-Id: id {secret}")),
}
"""Where something random is an id that has to be shown: what is known to be a token isn't."""


@contextlib.contextmanager
def without_proxies() -> Iterator[None]:
    """Ask directly, whatever the environment of these tests says."""
    with pytest.MonkeyPatch.context() as only:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            only.delenv(name)
        yield


def told(behaviour: Behaviour) -> Report:
    """Return the report on a server of that behaviour, by one request."""
    with HostileServer(behaviour) as server, without_proxies():
        url = f"http://127.0.0.1:{server.port}/"
        return calls.api(url=url, ask_host=False, timeout_s=5.0, max_requests=1)


def check(report: Report, secret: str) -> None:
    """No output has a piece of *secret*."""
    for name, written in every_output(report).items():
        plain = written.replace("\n", "")
        assert [piece for piece in pieces(secret) if piece in written or piece in plain] == [], name


@FEW
@pytest.mark.parametrize("place", IN_A_REPLY)
@given(kind=st.sampled_from([*KNOWN, *RANDOM]), seed=SEEDS)
def test_what_a_server_says_tells_no_secret(place: str, kind: str, seed: int) -> None:
    """In any header that is shown or not, in a redirect however it is spelt, in a banner: over a real socket."""
    secret = made(kind, seed)
    check(told(IN_A_REPLY[place](secret)), secret)


@FEW
@pytest.mark.parametrize("place", WITH_AN_ID)
@given(kind=st.sampled_from(KNOWN), seed=SEEDS)
def test_nor_does_an_id(place: str, kind: str, seed: int) -> None:
    """A correlation id is shown, a token in its place is not."""
    secret = made(kind, seed)
    check(told(WITH_AN_ID[place](secret)), secret)


@pytest.mark.parametrize("kind", [*KNOWN, *RANDOM])
def test_every_kind_in_all_places_at_once(kind: str) -> None:
    """Each kind at least once in each header that is shown."""
    secret = made(kind)
    headers = [f"{name}: {secret}" for name in ("Server", "Via", "X-Cache", "Age")]
    check(told(answering(_reply(*headers, f"Location: https://u:{secret}@h/{secret}", status="307 Moved"))), secret)


def test_what_is_no_secret_is_shown() -> None:
    """A server's name and version, hosts in `Via`, an id for the vendor's support, and where a redirect leads."""
    lines = (
        "Server: nginx/1.22.1 (Debian)", "Via: 1.1 d41d8cd98f00b204e9800998ecf8427e.cloudfront.net (CloudFront)",
        "X-Cache: Miss from cloudfront", "ININ-Correlation-Id: 4b1d7f0e-52a1-4c0c-9d3e-0a6f3c2b9e11",
        "Location: https://login.example.net:8443/oauth/authorize",
    )  # fmt: skip
    outputs = every_output(told(answering(_reply(*lines, status="302 Found"))))
    for line in lines:
        shown = line.partition(": ")[2]
        assert shown in outputs["json"]
        assert shown in outputs["text, 400 columns, -vv in ASCII in colour"]


IN_AN_ISSUER = (
    "https://user:{}@login.example/", "https:/user:{}@login.example/", "https:user:{}@login.example",
    "user:{}@host//realm", "{}:password@host//realm", "user:a/{}@host", "https://user:a?{}@host/", "//user:{}@host",
    "see https://user:{}@host", "https://user%3A{}%40host/", "https://login.example/?key={}", "login.example/x?key={}",
    "mailto:x?key={}", "urn:x:y#{}", "https://login.example/#{}", "https://login.example/x;jsessionid={}",
    "https://login.example/x;{}/y", "https://login.example/x?a=b@c&key={}",
)  # fmt: skip
KNOWN_IN_AN_ISSUER = ("{}", "Bearer {}", "https://login.example/{}/x", "urn:{}", "https://{}/", "{} {}")
ISSUERS = (
    *((form, (*KNOWN, *RANDOM)) for form in IN_AN_ISSUER),
    *((form, KNOWN) for form in KNOWN_IN_AN_ISSUER),
)


def judged(claims: Mapping[str, object], header: Mapping[str, object] | None = None) -> Report:
    """Return the report on a token of these *claims*."""
    token = jwt.encode({"exp": 1795306824, **claims}, "k" * 32, headers=None if header is None else dict(header))
    return calls.token(token, offline=True, ask_host=False)


@FEW
@pytest.mark.parametrize(("form", "kinds"), ISSUERS, ids=[form for form, _ in ISSUERS])
@given(data=st.data())
def test_an_issuer_tells_no_secret(form: str, kinds: Sequence[str], data: st.DataObject) -> None:
    """However its URL is spelt, and with a token for the whole of it or a part."""
    secret = made(data.draw(st.sampled_from(kinds)), data.draw(SEEDS))
    check(judged({"iss": form.format(secret, secret)}), secret)


@FEW
@pytest.mark.parametrize("claim", ["iat", "nbf", "exp"])
@given(kind=st.sampled_from([*KNOWN, *RANDOM]), seed=SEEDS)
def test_a_time_that_is_none_tells_no_secret(claim: str, kind: str, seed: int) -> None:
    """A text in the place of a number is shown as it stands, unless it is a secret; also where a claim is repeated."""
    secret = made(kind, seed)
    twice = f'{{"{claim}": "{secret}", "{claim}": "x {secret}"}}'.encode()
    for token in (
        jwt.api_jws.encode(twice, "k" * 32),
        jwt.api_jws.encode(f'{{"{claim}": "{secret}"}}'.encode(), "k" * 32),
    ):
        check(calls.token(token, offline=True, ask_host=False), secret)


@FEW
@pytest.mark.parametrize("member", ["kid", "typ", "cty", "jku", "x5t"])
@given(kind=st.sampled_from(KNOWN), seed=SEEDS)
def test_a_header_tells_no_secret(member: str, kind: str, seed: int) -> None:
    """Eight characters of a key's id are promised, of a token in its place none."""
    secret = made(kind, seed)
    report = judged({"iss": "x"}, {member: secret})
    check(report, secret)
    assert report.token is not None
    assert report.token.token.key_id in (None, foreign.MARK)


@settings(max_examples=10)
@given(kind=st.sampled_from(KNOWN), seed=SEEDS)
def test_files_and_the_environment_tell_no_secret(tmp_path: Path, kind: str, seed: int) -> None:
    """A server's name in a daemon's configuration, a time zone, a library that is preloaded, a distribution's id."""
    secret = made(kind, seed)
    (tmp_path / "etc" / "chrony").mkdir(parents=True, exist_ok=True)
    named = f"server {secret}\npool x-{secret} iburst\ninclude /etc/{secret}\n"
    (tmp_path / "etc" / "chrony" / "chrony.conf").write_text(named)
    (tmp_path / "etc" / "os-release").write_text(f"ID={secret}\n")
    (tmp_path / "etc" / "timezone").write_text(f"{secret}\n")
    files = Files(str(tmp_path))
    environment = {"TZ": secret, "LD_PRELOAD": f"/lib/{secret}.so"}
    kernel = KernelClock(0.01, flagged_unsynchronised=False, frequency_ppm=0.0, ahead_of_python_s=3600.0)
    said = repr([
        read_configured(files), read_zone(environment, files, 0.0), read_zone({}, files, 0.0),
        read_place(files, environment), find_fake(kernel, files, environment),
    ])  # fmt: skip
    assert [piece for piece in pieces(secret) if piece in said] == []


IN_AN_ERROR: Mapping[str, tuple[list[str], Mapping[str, str]]] = {
    # (command line, environment)
    "proxy": ([], {"HTTPS_PROXY": "http://user:{}@127.0.0.1:1"}),
    "proxy-user": ([], {"HTTPS_PROXY": "http://{}@127.0.0.1:1"}),
    "proxy-slash": ([], {"HTTPS_PROXY": "http://user:1/{}@127.0.0.1:1"}),
    "proxy-host": ([], {"HTTPS_PROXY": "http://{}/"}),
    "proxy-alone": ([], {"https_proxy": "{}"}),
    "proxy-scheme": ([], {"HTTPS_PROXY": "{}://127.0.0.1:1"}),
    "all-proxies": ([], {"ALL_PROXY": "socks5://user:{}@127.0.0.1:1"}),
    "ca-file": (["--ca-file", "{}"], {}),
    "ca-file-variable": ([], {"SSL_CERT_FILE": "/no/such/{}.pem"}),
    "output": (["-o", "/no/such/{}.json"], {}),
    "format": (["--format", "{}"], {}),
    "duration": (["-w", "{}"], {}),
}


@FEW
@pytest.mark.parametrize("place", IN_AN_ERROR)
@given(kind=st.sampled_from(KNOWN), seed=SEEDS)
def test_no_error_tells_a_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: str, kind: str, seed: int
) -> None:
    """Of a proxy, a file or an option: in words, in JSON and in a traceback."""
    secret = made(kind, seed)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # `run` replaces it: put pytest's own back
    words, environment = IN_AN_ERROR[place]
    with monkeypatch.context() as only:
        for name in set(os.environ) - set(clean()):
            only.delenv(name)
        only.setenv("SKEWCHECK_DEBUG", "1")
        for name, value in environment.items():
            only.setenv(name, value.format(secret))
        only.setattr(output._State, "begun", False)
        line = ["api", "--url", "https://127.0.0.1:1/", "-t", "1s", "--json", *(word.format(secret) for word in words)]
        done = Done(app.run(line), *capsys.readouterr(), took_s=0.0)
    assert done.exit_code == 3
    assert [piece for piece in pieces(secret) if piece in done.out + done.err] == []
