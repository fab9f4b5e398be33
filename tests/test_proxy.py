"""The proxy of the environment is used as other programs use it, and its password is nowhere to be seen."""

import contextlib
from pathlib import Path

import pytest
from bench.certificates import PAST_S, Authority
from bench.hostile_http import REFUSED, HostileServer, Proxying, Visit, answering, head, once, over_tls

from skewcheck.measure.addresses import Trouble
from skewcheck.measure.connection import ExchangeError, Proxy, proxy_for
from skewcheck.measure.date_evidence import Reply, Request
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.transport import Endpoint, HttpTransport
from skewcheck.model import Security

HEAD = Request("HEAD", "/date")
EMPTY = head("Content-Length: 0")
SECRET = "tr0ub4dor%263"  # noqa: S105  nobody's
PLAIN_SECRET = "tr0ub4dor&3"  # noqa: S105  the same, unescaped
BASIC = "Basic dXNlcjp0cjB1YjRkb3ImMw=="
TIMEOUT_S = 10.0
SHORT_S = 0.6


def why_none(scheme: str = "https", host: str = "api.example.com", port: int = 443) -> Trouble:
    """Return why the environment's proxy can't be used."""
    with pytest.raises(ExchangeError) as caught:
        proxy_for(scheme, host, port)
    assert PLAIN_SECRET not in repr(caught.value)
    assert caught.value.trouble.detail.isprintable()
    return caught.value.trouble


@pytest.mark.parametrize(
    ("environment", "scheme", "proxy"),
    [
        ({}, "https", None),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "https", Proxy("proxy.test", 3128)),
        ({"https_proxy": "http://proxy.test:3128/"}, "https", Proxy("proxy.test", 3128)),
        ({"HTTPS_PROXY": "proxy.test:3128"}, "https", Proxy("proxy.test", 3128)),
        ({"HTTPS_PROXY": "http://proxy.test"}, "https", Proxy("proxy.test", 80)),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:3128"}, "https", Proxy("2001:db8::1", 3128)),
        ({"HTTPS_PROXY": f"http://user:{SECRET}@proxy.test:3128"}, "https", Proxy("proxy.test", 3128, BASIC)),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "http", None),
        ({"HTTP_PROXY": "http://proxy.test:3128"}, "http", Proxy("proxy.test", 3128)),
        ({"HTTP_PROXY": "http://proxy.test:3128"}, "https", None),
        ({"HTTP_PROXY": "http://proxy.test:3128", "REQUEST_METHOD": "GET"}, "http", None),
        ({"ALL_PROXY": "http://proxy.test:3128"}, "https", Proxy("proxy.test", 3128)),
        ({"HTTPS_PROXY": ""}, "https", None),
    ],
)
def test_the_proxy_of_the_environment(
    environment: dict[str, str], scheme: str, proxy: Proxy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the URL's scheme; small letters and ALL_PROXY count; HTTP_PROXY does not where a CGI client could set it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(scheme, "api.example.com", 443 if scheme == "https" else 80) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "direct"),
    [
        ("*", "api.example.com", 443, True),
        ("example.com", "api.example.com", 443, True),
        (".example.com", "api.example.com", 443, True),
        ("api.example.com:443", "api.example.com", 443, True),
        ("api.example.com:8443", "api.example.com", 443, False),
        ("ample.com", "api.example.com", 443, False),
        ("127.0.0.1, ::1", "::1", 443, True),
        ("127.0.0.1,::1", "127.0.0.1", 8443, True),
        ("localhost", "api.example.com", 443, False),
    ],
)
def test_no_proxy(no_proxy: str, host: str, port: int, direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names with all that is below them, with a port or without, addresses of both families."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for("https", host, port) is None) is direct


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"https://user:{SECRET}@proxy.test:3128", "proxy-scheme"),
        (f"socks5h://user:{SECRET}@proxy.test:1080", "proxy-scheme"),
        (f"{PLAIN_SECRET}://proxy.test", "proxy-unusable"),
        (f"http://user:{SECRET}@proxy.test:port", "proxy-unusable"),
        (f"http://user:{SECRET}@proxy.test:99999", "proxy-unusable"),
        (f"http://user:{SECRET}@", "proxy-unusable"),
        (f"http://user:{SECRET}@[2001:db8::1", "proxy-unusable"),
        (f"http://user:{SECRET}@pro xy.test", "proxy-unusable"),
    ],
)
def test_a_proxy_that_cannot_be_used(url: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not silently gone around, and nothing of its URL is repeated."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    trouble = why_none()
    assert trouble.reason == reason
    assert PLAIN_SECRET not in trouble.detail
    assert SECRET not in trouble.detail


def test_systems_with_settings_of_their_own_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """There an empty environment does not mean that there is no proxy."""
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://proxy.test:3128"})
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda host: host == "inside.test:443")
    assert proxy_for("https", "api.example.com", 443) == Proxy("proxy.test", 3128)
    assert proxy_for("https", "inside.test", 443) is None


def test_a_proxy_keeps_its_password_to_itself() -> None:
    """Not in a traceback that shows local variables, not in a test's output."""
    assert BASIC not in repr(Proxy("proxy.test", 3128, BASIC))
    assert BASIC not in str([Proxy("proxy.test", 3128, BASIC)])


# --- Through one ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make a CA."""
    return Authority(tmp_path_factory.mktemp("ca"))


def exchange(
    endpoint: Endpoint, ca_file: Path | None = None, timeout_s: float = TIMEOUT_S, times: int = 1
) -> list[Reply | Trouble]:
    """Ask *endpoint*, and check that no outcome tells the password."""
    transport = HttpTransport(
        endpoint, clock=LocalClock(), deadline_s=timeout_s, ca_file=None if ca_file is None else str(ca_file)
    )
    with contextlib.closing(transport):
        outcomes = [transport.exchange(HEAD, 0.0) for _ in range(times)]
    for outcome in outcomes:
        assert not any(secret in repr(outcome) for secret in (SECRET, PLAIN_SECRET, BASIC))
    return outcomes


def through(proxy: HostileServer, monkeypatch: pytest.MonkeyPatch, credentials: str = "") -> None:
    """Set the environment to use *proxy*."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://{credentials}127.0.0.1:{proxy.port}")


def test_https_goes_through_a_tunnel(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONNECT to the name itself, which the proxy resolves; the password goes to the proxy, and not to the server."""
    asked: list[str] = []

    def behave(visit: Visit) -> None:
        while request := visit.request():
            asked.append(request)
            visit.send(EMPTY)

    with HostileServer(over_tls(authority.sign("good").server_context(), behave)) as server:
        proxying = Proxying(server.port)
        with HostileServer(proxying) as proxy:
            through(proxy, monkeypatch, f"user:{SECRET}@")
            outcomes = exchange(Endpoint("https", "api.test", 443), authority.ca_file, times=2)
    for outcome in outcomes:
        assert isinstance(outcome, Reply), outcome
        assert (outcome.proxied, outcome.security, outcome.connection) == (True, Security.VERIFIED, 1)
        assert outcome.address == f"127.0.0.1:{proxy.port}"
    (connect,) = proxying.requests
    assert connect.startswith("CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n")
    assert f"\r\nProxy-Authorization: {BASIC}\r\n" in connect
    assert [request.splitlines()[0] for request in asked] == ["HEAD /date HTTP/1.1"] * 2
    assert not any("Proxy-" in request for request in asked)


def test_http_goes_through_in_absolute_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole URL in the request line, the password in each request."""
    with HostileServer(answering(EMPTY)) as server:
        proxying = Proxying(server.port)
        with HostileServer(proxying) as proxy:
            through(proxy, monkeypatch, f"user:{SECRET}@")
            (outcome,) = exchange(Endpoint("http", "api.test", 8080))
    assert isinstance(outcome, Reply), outcome
    assert outcome.proxied
    (request,) = proxying.requests
    assert request.startswith("HEAD http://api.test:8080/date HTTP/1.1\r\nHost: api.test:8080\r\n")
    assert f"\r\nProxy-Authorization: {BASIC}\r\n" in request


@pytest.mark.parametrize(
    ("status", "credentials", "reason"),
    [
        ("407 Authentication \x1b[2J", "", "proxy-auth"),
        ("407 No", f"user:{SECRET}@", "proxy-auth"),
        ("502 Bad Gateway", f"user:{SECRET}@", "proxy-refused"),
        ("302 Found", "", "proxy-refused"),
    ],
)
def test_a_proxy_that_refuses(status: str, credentials: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its reason; the `Date` of the refusal is the proxy's, and no reading."""
    with HostileServer(Proxying(answer=head("Content-Length: 0", status=status))) as proxy:
        through(proxy, monkeypatch, credentials)
        (outcome,) = exchange(Endpoint("https", "api.test", 443))
    assert isinstance(outcome, Trouble)
    assert (outcome.reason, outcome.rejected, outcome.sent) == (reason, True, False)
    assert outcome.detail.isprintable()


@pytest.mark.parametrize(("status", "reason"), [("407 No", "proxy-auth"), ("504 Gateway Timeout", "proxy-refused")])
def test_a_proxy_that_answers_for_a_server_of_plain_http(
    status: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing tells its reply from the server's own: a gateway's failure has no clock that could be named."""
    with HostileServer(Proxying(answer=head("Content-Length: 0", status=status))) as proxy:
        through(proxy, monkeypatch)
        (outcome,) = exchange(Endpoint("http", "api.test", 80))
    assert isinstance(outcome, Trouble)
    assert outcome.reason == reason


SENSELESS = ("ssh", "closes-when-asked", "silent", "continue-endless", "headers-endless")


@pytest.mark.parametrize("name", SENSELESS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_none(name: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage, silence and endless headers have the reasons that they have from a server."""
    with HostileServer(REFUSED[name].behaviour) as proxy:
        through(proxy, monkeypatch)
        (outcome,) = exchange(Endpoint(scheme, "api.test", 443), timeout_s=SHORT_S if name == "silent" else TIMEOUT_S)
    assert isinstance(outcome, Trouble)
    expected = REFUSED[name].reason
    assert outcome.reason == ("proxy-refused" if (expected, scheme) == ("closed-early", "https") else expected)
    assert scheme == "http" or "proxy" in outcome.detail


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server behind it is not to blame."""
    with HostileServer(once()) as proxy:
        through(proxy, monkeypatch)
    (outcome,) = exchange(Endpoint("https", "api.test", 443))
    assert isinstance(outcome, Trouble)
    assert outcome.reason == "proxy-unreachable"


def test_no_password_goes_out_where_dates_are_not_checked(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that is out of date leads to a second attempt, through a proxy without a password only."""
    expired = authority.sign("expired", PAST_S).server_context()
    asked: list[list[str]] = []
    outcomes = []
    with HostileServer(over_tls(expired, answering(EMPTY))) as server:
        for credentials in ("", f"user:{SECRET}@"):
            proxying = Proxying(server.port)
            with HostileServer(proxying) as proxy:
                through(proxy, monkeypatch, credentials)
                outcomes += exchange(Endpoint("https", "api.test", 443), authority.ca_file)
            asked.append(proxying.requests)
    without, with_password = outcomes
    assert isinstance(without, Reply), without
    assert without.security is Security.DATES_IGNORED
    assert isinstance(with_password, Trouble)
    assert with_password.reason == "proxy-auth-withheld"
    assert [len(requests) for requests in asked] == [2, 1]
