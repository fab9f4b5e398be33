"""The lab's HTTP servers do what they are set to do, seen with another program's eyes: what they teach is true."""

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from bench.certificates import Authority
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.lab.http import (
    Backend,
    Behaviour,
    HttpServer,
    Lag,
    Query,
    Reply,
    Spread,
    dated,
    fresh,
    frozen,
    http_date,
    on_demand,
    patience_after,
    redirecting,
    refusing_head,
    timer,
    without_date,
)

NOW_S = 1_000_000_000.75
"""2001-09-09 01:46:40.75."""


class Seen(NamedTuple):
    """A reply as another client sees it."""

    status: int
    date_s: int | None
    headers: dict[str, str]
    sent_s: float
    received_s: float


@contextlib.contextmanager
def connected(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    """Connect with a client that isn't ours."""
    host, port = server.address
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, method: str = "HEAD") -> Seen:
    """Ask once more on the same connection."""
    sent_s = time.time()
    connection.request(method, "/")
    response = connection.getresponse()
    received_s = time.time()
    response.read()
    headers = {name.lower(): text for name, text in response.getheaders()}
    date_s = int(parsedate_to_datetime(headers["date"]).timestamp()) if "date" in headers else None
    return Seen(response.status, date_s, headers, sent_s, received_s)


def dates(server: HttpServer, requests: int, *, each_anew: bool = False) -> list[int | None]:
    """Return the `Date` of so many replies, all on one connection or each on its own."""
    if each_anew:
        return [date for _ in range(requests) for date in dates(server, 1)]
    with connected(server) as connection:
        return [ask(connection).date_s for _ in range(requests)]


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self, now_s: float = NOW_S) -> None:
        """Start at *now_s*."""
        self.now_s = now_s

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.mark.parametrize("ahead_s", [0.0, 0.2, -0.137, 7.0, -5400.0])
def test_its_clock_is_wrong_by_the_chosen_amount(ahead_s: float) -> None:
    """What one reply proves of a fresh `Date` holds for every one of them."""
    with HttpServer(ahead_s) as server, connected(server) as connection:
        for reply in [ask(connection) for _ in range(20)]:
            assert reply.date_s is not None
            assert reply.sent_s + ahead_s - 1 < reply.date_s <= reply.received_s + ahead_s


def test_its_date_goes_over_where_its_clock_does() -> None:
    """The second is that of the wrong clock, not of the right one: .75 + .25 is the next."""
    for ahead_s, date_s in ((0.0, 1_000_000_000), (0.249, 1_000_000_000), (0.25, 1_000_000_001), (-0.76, 999_999_999)):
        with HttpServer(ahead_s, clock=Clock()) as server:
            assert dates(server, 1) == [date_s]


@pytest.mark.parametrize(
    ("lag", "stamped_s"),
    [
        (lambda: fresh, [0.0, 0.4, 0.9, 1.0, 1.3, 3.0]),
        (lambda: timer(1.0, 0.3), [-0.7, 0.3, 0.3, 0.3, 1.3, 2.3]),
        (lambda: timer(0.5), [0.0, 0.0, 0.5, 1.0, 1.0, 3.0]),
        (lambda: on_demand(1.0), [0.0, 0.0, 0.0, 1.0, 1.0, 3.0]),
        (lambda: on_demand(0.9), [0.0, 0.0, 0.9, 0.9, 0.9, 3.0]),
        (frozen, [0.0] * 6),
    ],
    ids=["fresh", "timer-at-.3", "timer-of-half", "on-demand", "on-demand-.9", "frozen"],
)
def test_a_stamp_is_as_old_as_its_lag_lets_it_become(lag: Callable[[], Lag], stamped_s: Sequence[float]) -> None:
    """By the clock of the server: on time's own beat, from the first one who asks, or never again."""
    stamp = lag()
    assert [stamp(now_s) for now_s in (0.0, 0.4, 0.9, 1.0, 1.3, 3.0)] == pytest.approx(stamped_s)


def test_a_lag_shows_in_the_date() -> None:
    """The stamp is what goes out, and it lags behind the clock of the server, not behind the true one."""
    clock = Clock()
    with HttpServer(0.5, lag=on_demand(2.0), clock=clock) as server, connected(server) as connection:
        seen = []
        for _ in range(5):
            seen.append(ask(connection).date_s)
            clock.now_s += 0.75
    assert seen == [1_000_000_001] * 3 + [1_000_000_003] * 2


TWO = (Backend(), Backend(100.0))


@pytest.mark.parametrize(
    ("spread", "each_anew", "ahead_s"),
    [
        (Spread.EACH_REQUEST, False, [0, 100, 0, 100, 0, 100]),
        (Spread.EACH_REQUEST, True, [0, 100, 0, 100, 0, 100]),
        (Spread.EACH_CONNECTION, False, [0] * 6),
        (Spread.EACH_CONNECTION, True, [0, 100, 0, 100, 0, 100]),
    ],
)
def test_backends_take_turns(spread: Spread, each_anew: bool, ahead_s: list[int]) -> None:
    """By request or by connection."""
    with HttpServer(backends=TWO, spread=spread, clock=Clock()) as server:
        assert dates(server, 6, each_anew=each_anew) == [1_000_000_000 + ahead for ahead in ahead_s]


def test_backends_at_random_are_the_same_for_the_same_seed() -> None:
    """Both answer, and what was found once can be found again."""

    def run(seed: int) -> list[int | None]:
        with HttpServer(backends=TWO, spread=Spread.AT_RANDOM, seed=seed, clock=Clock()) as server:
            return dates(server, 30)

    assert run(1) == run(1) != run(2)
    assert set(run(1)) == {1_000_000_000, 1_000_000_100}


@pytest.mark.parametrize(("out_s", "back_s"), [(0.08, 0.0), (0.0, 0.08), (0.03, 0.01)])
def test_its_path_takes_as_long_as_chosen_on_each_way(out_s: float, back_s: float) -> None:
    """The clock is read after the way out and before the way back."""
    read_s = []

    def clock() -> float:
        read_s.append(time.time())
        return read_s[-1]

    with HttpServer(delay_out_s=out_s, delay_back_s=back_s, clock=clock) as server, connected(server) as connection:
        ask(connection)
        reply = ask(connection)
    assert read_s[-1] - reply.sent_s >= out_s - 1e-3
    assert reply.received_s - read_s[-1] >= back_s - 1e-3


def test_jitter_only_adds() -> None:
    """Each way takes up to so much longer, never less, and not always the same."""
    with HttpServer(delay_back_s=0.01, jitter_s=0.03) as server, connected(server) as connection:
        took_s = [reply.received_s - reply.sent_s for reply in [ask(connection) for _ in range(8)]]
    assert min(took_s) >= 0.009
    assert max(took_s) - min(took_s) > 0.003


def test_it_says_what_it_is_told_to_say() -> None:
    """Status and headers stand in the reply as chosen, on HEAD and GET alike, with an end to each."""
    headers = (("Server", "envoy"), ("Via", "1.1 varnish"), ("Age", "7"), ("ININ-Correlation-Id", "8a3b"))
    with HttpServer(status=401, headers=headers) as server, connected(server) as connection:
        for method in ("HEAD", "GET", "HEAD"):
            reply = ask(connection, method)
            assert reply.status == 401
            assert list(reply.headers) == ["date", "server", "via", "age", "inin-correlation-id", "content-length"]
            assert {name.lower(): text for name, text in headers}.items() <= reply.headers.items()
        assert server.asked == 3


def behave(behaviour: Behaviour, method: str = "HEAD", requests: int = 1) -> list[Seen]:
    """Return what a server that behaves like this answers."""
    with HttpServer(behaviour=behaviour) as server, connected(server) as connection:
        return [ask(connection, method) for _ in range(requests)]


def test_it_can_leave_the_date_out() -> None:
    """No `Date`, all else as it was."""
    (reply,) = behave(without_date)
    assert (reply.status, reply.date_s, reply.headers["server"]) == (200, None, "nginx")


def test_it_can_write_any_date() -> None:
    """A malformed one goes out letter by letter."""
    with HttpServer(behaviour=dated("Sun Nov 31 25:00:61")) as server, connected(server) as connection:
        connection.request("HEAD", "/")
        assert connection.getresponse().getheader("Date") == "Sun Nov 31 25:00:61"


def test_it_can_refuse_head() -> None:
    """405 and no `Date` to HEAD, an honest reply to GET."""
    assert [(reply.status, reply.date_s is None) for reply in behave(refusing_head)] == [(405, True)]
    assert [(reply.status, reply.date_s is None) for reply in behave(refusing_head, "GET")] == [(200, False)]


def test_it_can_lose_its_patience() -> None:
    """429 and `Retry-After` from the third request on."""
    replies = behave(patience_after(2, 30), requests=4)
    assert [reply.status for reply in replies] == [200, 200, 429, 429]
    assert [reply.headers.get("retry-after") for reply in replies] == [None, None, "30", "30"]


def test_it_can_redirect() -> None:
    """Elsewhere, with a `Date` of its own."""
    (reply,) = behave(redirecting("https://elsewhere.test/"))
    assert (reply.status, reply.headers["location"]) == (302, "https://elsewhere.test/")
    assert reply.date_s is not None


def test_a_behaviour_sees_the_request() -> None:
    """It can answer by what was asked, with a body, and end the connection or not answer at all."""
    seen: list[Query] = []

    def behaviour(query: Query) -> Reply | None:
        seen.append(query)
        return query.honest._replace(body=b"body", closes=True) if query.number == 1 else None

    with HttpServer(behaviour=behaviour) as server:
        with connected(server) as connection:
            connection.request("GET", "/path?query", headers={"X-Asked": "yes"})
            response = connection.getresponse()
            assert (response.read(), response.getheader("Connection")) == (b"body", "close")
        with connected(server) as connection, pytest.raises(http.client.RemoteDisconnected):
            ask(connection)
    assert [(query.method, query.path, query.number, query.connection) for query in seen] == [
        ("GET", "/path?query", 1, 1),
        ("HEAD", "/", 2, 2),
    ]
    assert ("x-asked", "yes") in seen[0].headers


def test_it_can_close_after_each_reply() -> None:
    """As gunicorn's sync workers do; and it does so for who asks for it."""
    with HttpServer(close_after_reply=True) as server:
        assert None not in dates(server, 3, each_anew=True)
        with connected(server) as connection:
            assert ask(connection).headers["connection"] == "close"
    with HttpServer() as server, connected(server) as connection:
        connection.request("HEAD", "/", headers={"Connection": "close"})
        assert connection.getresponse().getheader("Connection") == "close"


def test_it_speaks_tls(tmp_path: Path) -> None:
    """With the context that it is given; who can't shake hands harms nobody."""
    authority = Authority(tmp_path)
    with HttpServer(ssl_context=authority.sign("localhost").server_context()) as server:
        host, port = server.address
        assert server.url == f"https://{host}:{port}/"
        with socket.create_connection(server.address) as plain, contextlib.suppress(ConnectionError):
            plain.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
            while plain.recv(1000):
                pass
        trusting = ssl.create_default_context(cafile=str(authority.ca_file))
        connection = http.client.HTTPSConnection(host, port, timeout=20, context=trusting)
        with contextlib.closing(connection):
            assert ask(connection).date_s is not None
            assert ask(connection).date_s is not None
        silent = socket.create_connection(server.address)  # one that says nothing doesn't hold up the end
    silent.close()


def test_it_speaks_ipv6() -> None:
    """The address decides the family."""
    with HttpServer(address="::1") as server:
        host, port = server.address
        assert (host, server.url) == ("::1", f"http://[::1]:{port}/")
        assert None not in dates(server, 1)


@pytest.mark.parametrize("words", [b"", b"\r\n\r\n", b"HEAD\r\n\r\n", b"HEAD / HTTP/1.1\r\n", b"x" * 70_000])
def test_what_is_no_request_ends_the_connection(words: bytes) -> None:
    """Nothing is answered, nothing is kept, and the next one is served."""
    with HttpServer() as server:
        with socket.create_connection(server.address, timeout=20) as client:
            with contextlib.suppress(OSError):  # the server has seen enough, and is gone (also ENOTCONN)
                client.sendall(words)
                client.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                assert client.recv(100) == b""
        assert server.asked == 0
        assert None not in dates(server, 1)


def test_leaving_it_is_immediate_and_frees_its_port() -> None:
    """Nobody waits for a reply that is still under way, nor for a client that keeps its connection."""
    with HttpServer(delay_out_s=30) as server, socket.create_connection(server.address) as client:
        client.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
        host, port = server.address
        started_s = time.monotonic()
        server.__exit__()
        assert time.monotonic() - started_s < 5
    with HttpServer(address=host, port=port) as again:
        assert again.address == (host, port)


def test_a_port_that_is_taken_is_an_error() -> None:
    """It says so before anybody relies on it."""
    with HttpServer() as server, pytest.raises(OSError, match="in use"):
        HttpServer(port=server.address[1])


@given(st.floats(-60_000_000_000, 250_000_000_000))
def test_dates_are_those_of_the_rfc(unix_s: float) -> None:
    """As the standard library writes them: English, GMT, whole seconds, rounded down."""
    at = datetime.fromtimestamp(unix_s // 1, tz=timezone.utc)
    assert http_date(unix_s) == format_datetime(at, usegmt=True)


def test_no_locale_changes_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of days and months are the RFC's, where others would be the user's."""
    monkeypatch.setattr(time, "strftime", lambda *_: "locale")
    assert http_date(784_111_777.9) == "Sun, 06 Nov 1994 08:49:37 GMT"
