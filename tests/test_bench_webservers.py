"""What the tests of `Date` headers rest on: servers whose clocks are wrong as asked for, and a path that is slow."""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bench import webservers
from bench.patience import until_calm
from bench.tcp_relay import TcpRelay, Way
from bench.webservers import FRESH, LAGGING


@pytest.mark.slow
def test_each_server_is_as_wrong_as_was_asked_for(tmp_path: Path) -> None:
    """Each fresh one is held to it before it is used; the lagging ones are as far back as their lag allows."""
    with webservers.running(tmp_path, [(kind, 0.2) for kind in FRESH + LAGGING]) as farm:
        for kind in set(LAGGING) - {"varnish"}:  # a cache: its Date doesn't move on for minutes
            flip = until_calm(farm[kind, 0.2].watch, lambda flip: flip.high_s - flip.low_s < 0.02)[-1]
            assert flip.low_s <= 0.2 <= flip.high_s + 1.1, farm[kind, 0.2]


@pytest.mark.slow
def test_a_server_is_held_to_what_was_asked_for_and_ends_with_the_test(tmp_path: Path) -> None:
    """One that is 0.35 s behind is known from one that is 0.34 or 0.36 s behind, and is gone afterwards."""
    with webservers.running(tmp_path, [("http.server", -0.35)]) as farm:
        (server,) = farm.values()
        for other_s in (-0.34, -0.36):
            server.ahead_s = other_s
            with pytest.raises(AssertionError, match="not what was started"):
                server.wait_until_it_serves()
        address = server.host, server.port
    with pytest.raises(ConnectionRefusedError), socket.create_connection(address, 1):
        pass


@contextlib.contextmanager
def _echo() -> Iterator[tuple[str, int]]:
    """Send back, on every connection, what comes."""

    def answer(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65_536):
                connection.sendall(data)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        host, port = listener.getsockname()
        yield host, port
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _all_back(relay: TcpRelay, data: bytes) -> bytes:
    """Send *data* in pieces and close that side; return all that comes back."""
    with socket.create_connection((relay.host, relay.port), 20) as connection:
        for start in range(0, len(data), 1000):
            connection.sendall(data[start : start + 1000])
            time.sleep(0.001)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def test_a_slow_path_delays_each_way_and_loses_nothing() -> None:
    """A round trip takes both delays; eight connections at once get their bytes back, complete and in order."""
    with _echo() as target, TcpRelay(target, Way(0.04, 0.002), Way(0.01, 0.002)) as relay:

        def round_trip() -> float:
            with socket.create_connection((relay.host, relay.port), 20) as connection:
                began_s = time.monotonic()
                connection.sendall(b"?")
                assert connection.recv(1) == b"?"
                return time.monotonic() - began_s

        for took_s in until_calm(round_trip, lambda took_s: took_s < 0.06):
            assert took_s >= 0.046
        texts = [random.Random(number).randbytes(50_000) for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda text: _all_back(relay, text), texts)) == texts
        assert relay.connections >= 9
