"""The lab's HTTP server does what it is set to do, seen with another program's eyes: what it teaches is true."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewcheck.lab.http import HttpServer, http_date


class Seen(NamedTuple):
    """A reply as another client sees it."""

    date_s: int
    sent_s: float
    received_s: float


@contextlib.contextmanager
def connected(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    """Connect with a client that isn't ours."""
    with contextlib.closing(http.client.HTTPConnection(*server.address, timeout=20)) as connection:
        yield connection


def ask(connection: http.client.HTTPConnection, method: str = "HEAD") -> Seen:
    """Ask once more on the same connection."""
    sent_s = time.time()
    connection.request(method, "/")
    response = connection.getresponse()
    received_s = time.time()
    assert (response.status, response.read(), response.getheader("Server")) == (200, b"", "nginx")
    return Seen(int(parsedate_to_datetime(response.headers["date"]).timestamp()), sent_s, received_s)


@pytest.mark.parametrize("ahead_s", [0.0, 0.2, -0.137, 7.0, -5400.0])
def test_its_clock_is_wrong_by_the_chosen_amount(ahead_s: float) -> None:
    """What one reply proves of a fresh `Date` holds for every one of them, to HEAD and GET."""
    with HttpServer(ahead_s) as server, connected(server) as connection:
        for reply in [ask(connection, method) for method in ("HEAD", "GET") * 10]:
            assert reply.sent_s + ahead_s - 1 < reply.date_s <= reply.received_s + ahead_s


def test_its_date_goes_over_where_its_clock_does() -> None:
    """The second is that of the wrong clock, not of the right one: .75 + .25 is the next."""
    for ahead_s, date_s in ((0.0, 1_000_000_000), (0.249, 1_000_000_000), (0.25, 1_000_000_001), (-0.76, 999_999_999)):
        with HttpServer(ahead_s, clock=lambda: 1_000_000_000.75) as server, connected(server) as connection:
            assert ask(connection).date_s == date_s


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
        with connected(server) as connection:
            ask(connection)


def test_leaving_it_is_immediate_and_frees_its_port() -> None:
    """Nobody waits for a reply that is still under way, nor for a client that keeps its connection."""
    with HttpServer(delay_out_s=30) as server, socket.create_connection(server.address) as client:
        client.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
        _, port = server.address
        with pytest.raises(OSError, match="in use"):
            HttpServer(port=port)
        started_s = time.monotonic()
        server.__exit__()
        assert time.monotonic() - started_s < 5
    with HttpServer(port=port) as again:
        assert again.address[1] == port


@given(st.floats(-60_000_000_000, 250_000_000_000))
def test_dates_are_those_of_the_rfc(unix_s: float) -> None:
    """As the standard library writes them: English, GMT, whole seconds, rounded down."""
    at = datetime.fromtimestamp(unix_s // 1, tz=timezone.utc)
    assert http_date(unix_s) == format_datetime(at, usegmt=True)
