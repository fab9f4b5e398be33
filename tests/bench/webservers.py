"""Real HTTP servers on loopback, at true time or wrong by a chosen amount, without touching the clock.

libfaketime moves the clock of one process. That it does is measured here, by watching the `Date` go over to the next
second, with no code of what is tested.
"""

import contextlib
import http.client
import os
import random
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from bench import webserver_commands
from bench.faketime import wrong_clock
from bench.patience import until_calm

FRESH = ("nginx", "nginx-tls", "apache", "node", "http.server", "hypercorn")
"""These write the second in which they answer; Node's turns over up to 2.3 ms late."""
LAGGING = ("uvicorn", "lighttpd", "gunicorn", "varnish")
"""These keep a `Date` for up to a second, the cache in front of nginx for minutes."""

_LATE_S = 0.003
_READY_S = 20.0
_PEACE_S = 5.0
_POLL_S = 0.02
_ANSWER_S = 2.0
_AT_ONCE = 4
_CALM_S = 0.008
"""A flip that was watched no closer than this says more about this machine than about the server."""
_LOOKS = 30
"""Of at most a second each; a machine that is busy for so long is none to measure on."""


class Flip(NamedTuple):
    """The `Date` went over to a new second: how far ahead that shows the server's clock to be, at least and at most."""

    low_s: float
    high_s: float


class WebServer:
    """One running server, its clock at true time + `ahead_s`."""

    host = "127.0.0.1"

    def __init__(self, kind: str, folder: Path, ahead_s: float = 0.0, behind: "Sequence[WebServer]" = ()) -> None:
        """Start it, in front of others or alone; a program that is missing skips the test. Raises OSError."""
        self.kind, self.ahead_s, self.behind = kind, ahead_s, behind
        self.port = free_port()
        self.ca_file: Path | None = None
        if kind == "nginx-tls":
            self.ca_file = webserver_commands.certify(folder)
        command = webserver_commands.COMMANDS[kind](folder, self.port, [server.port for server in behind])
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        if ahead_s:
            environment |= wrong_clock(ahead_s)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __repr__(self) -> str:
        """Return which server at which time it is, for the message of an assertion."""
        return f"{self.kind}{self.clocks_s}"

    @property
    def url(self) -> str:
        """How a user names it."""
        return f"{'http' if self.ca_file is None else 'https'}://{self.host}:{self.port}/"

    @property
    def clocks_s(self) -> tuple[float, ...]:
        """How far ahead the clocks are that its `Date` comes from."""
        return tuple(by_s for server in self.behind for by_s in server.clocks_s) or (self.ahead_s,)

    def wait_until_it_serves(self) -> None:
        """Return once it answers with the time that it should have; raises AssertionError if it never does."""
        end_s = time.monotonic() + _READY_S
        while not self._answers():
            assert self._process.poll() is None, f"{self} ended: {self._log.read_text()}"
            assert time.monotonic() < end_s, f"{self} does not answer: {self._log.read_text()}"
            time.sleep(_POLL_S)
        if self.kind == "node":
            self.watch()  # it sets its timer for the first second while its code is compiled: 25 ms late were seen
        if self.kind in FRESH:
            looks = until_calm(self._watch_closer(), lambda flip: flip.high_s - flip.low_s <= _CALM_S, _LOOKS)
            for flip in looks:
                assert flip.low_s <= self.ahead_s <= flip.high_s + _LATE_S, f"{self} is not what was started: {flip}"

    def watch(self) -> Flip:
        """Ask every millisecond around the moment at which its second should be over."""
        with contextlib.closing(self._connection()) as connection:
            second = int(time.time() + self.ahead_s + 0.1) + 1
            start_s = second - self.ahead_s - 0.03
            time.sleep(max(0.0, start_s - time.time()))
            last_old_s = -float("inf")
            while True:
                sent_s, date_s, received_s = _exchange(connection)
                if date_s >= second:
                    return Flip(date_s - received_s, date_s - last_old_s)
                assert sent_s < start_s + 3, f"the Date of {self} stands still"
                last_old_s = sent_s
                time.sleep(0.001)

    def _watch_closer(self) -> Callable[[], Flip]:
        """Return what watches once more and tells what all its looks show together: each may be coarse."""
        all_s = Flip(-float("inf"), float("inf"))

        def look() -> Flip:
            nonlocal all_s
            flip = self.watch()
            all_s = Flip(max(all_s.low_s, flip.low_s), min(all_s.high_s, flip.high_s))
            return all_s

        return look

    def end(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def wait_until_ended(self) -> None:
        """Return once it has ended, which it is made to where it doesn't by itself."""
        try:
            self._process.wait(_PEACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _connection(self) -> http.client.HTTPConnection:
        if self.ca_file is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=_ANSWER_S)
        context = ssl.create_default_context(cafile=str(self.ca_file))
        return http.client.HTTPSConnection(self.host, self.port, timeout=_ANSWER_S, context=context)

    def _answers(self) -> bool:
        """Tell whether it answers; raises AssertionError where its time is nobody's."""
        try:
            with contextlib.closing(self._connection()) as connection:
                sent_s, date_s, received_s = _exchange(connection)
        except (OSError, http.client.HTTPException):
            return False
        stale_s = 0 if self.kind in FRESH else 1.5 if self.kind != "varnish" else _READY_S
        possible = [date_s <= received_s + by_s and sent_s + by_s < date_s + 1.01 + stale_s for by_s in self.clocks_s]
        assert any(possible), f"{self} is not what was started: {date_s} between {sent_s} and {received_s}"
        return True


def _exchange(connection: http.client.HTTPConnection) -> tuple[float, float, float]:
    """Return when it was asked, the `Date`, and when that was there."""
    sent_s = time.time()
    connection.request("HEAD", "/")
    reply = connection.getresponse()
    received_s = time.time()
    reply.read()
    if reply.status >= 500:  # a proxy whose server does not answer yet
        raise http.client.HTTPException(reply.status)
    return sent_s, parsedate_to_datetime(reply.headers["Date"]).timestamp(), received_s


Farm = dict[tuple[str, float], WebServer]
"""Servers by kind and by how far ahead they are."""


@contextlib.contextmanager
def running(folder: Path, wanted: Sequence[tuple[str, float]]) -> Iterator[Farm]:
    """Run one server of each kind at each time in *wanted*; a cache gets an nginx of that time behind it."""
    with started() as start:
        farm: Farm = {}
        for kind, ahead_s in wanted:
            at = folder / f"{kind}{ahead_s:+}"
            behind = [start("nginx", at / "behind", ahead_s)] if kind == "varnish" else []
            farm[kind, ahead_s] = start(kind, at, 0.0 if behind else ahead_s, behind)
        settle([*farm.values()])
        yield farm


Start = Callable[..., WebServer]


@contextlib.contextmanager
def started() -> Iterator[Start]:
    """Give a function that starts a server as `WebServer` does, in a folder that it makes; they end together."""
    servers: list[WebServer] = []

    def start(kind: str, folder: Path, ahead_s: float = 0.0, behind: Sequence[WebServer] = ()) -> WebServer:
        folder.mkdir(parents=True, exist_ok=True)
        servers.append(WebServer(kind, folder, ahead_s, behind))
        return servers[-1]

    try:
        yield start
    finally:
        for server in servers:
            server.end()
        for server in servers:
            server.wait_until_ended()


def settle(servers: Sequence[WebServer]) -> None:
    """Wait until all serve, those behind others first."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(WebServer.wait_until_it_serves, [behind for server in servers for behind in server.behind]))
        list(pool.map(WebServer.wait_until_it_serves, servers))


_PORTS = range(10_000, 32_000)
"""Below those that the system gives to whoever calls: it may give one of these away before the server is there."""


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((WebServer.host, port))
            return port
