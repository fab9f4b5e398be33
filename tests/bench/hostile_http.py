"""HTTP servers and proxies that no honest one is like: what each does, and the reason for which it gives nothing."""

import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import NamedTuple, final

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
DRIP_S = 0.1
_LONGEST_REQUEST = 64 * 1024


class Visit:
    """One connection that a client made."""

    def __init__(self, opened: socket.socket, number: int, stopped: threading.Event) -> None:
        """Take the connection; *number* counts from 1."""
        self.socket, self.number, self._stopped = opened, number, stopped

    def request(self) -> str:
        """Return the next request's head, empty where the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data and len(data) < _LONGEST_REQUEST:
            more = self.socket.recv(4096)
            if not more:
                return ""
            data += more
        return data.decode("latin-1")

    def send(self, data: bytes) -> None:
        """Send *data*."""
        self.socket.sendall(data)

    def wait(self, seconds: float = 60.0) -> None:
        """Say nothing for a while; ends the visit where the server is being stopped."""
        if self._stopped.wait(seconds):
            raise ConnectionAbortedError

    def drip(self, data: bytes) -> None:
        """Send *data* byte by byte, slowly."""
        for byte in data:
            self.send(bytes([byte]))
            self.wait(DRIP_S)

    def reset(self) -> None:
        """End the connection by a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Behaviour = Callable[[Visit], None]


@final
class HostileServer:
    """A server on loopback that does *behaviour* to each of its visitors."""

    def __init__(self, behaviour: Behaviour) -> None:
        """Open the socket; it answers inside of a `with`."""
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.visits = 0

    def __enter__(self) -> "HostileServer":
        """Begin to answer."""
        self._listener.settimeout(0.05)
        self._begin(self._serve)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all visits."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _begin(self, run: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=run, daemon=True))
        self._threads[-1].start()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError):
                opened, _ = self._listener.accept()
                opened.settimeout(10)
                self.visits += 1
                visit = Visit(opened, self.visits, self._stopped)
                self._begin(lambda visit=visit: self._receive(visit))  # type: ignore[misc]

    def _receive(self, visit: Visit) -> None:
        with visit.socket, contextlib.suppress(OSError):
            self._behaviour(visit)


def head(*lines: str, status: str = "200 OK", date: str | None = DATE) -> bytes:
    """Return the head of a reply."""
    dated = [] if date is None else [f"Date: {date}"]
    return "\r\n".join([f"HTTP/1.1 {status}", *dated, *lines, "", ""]).encode("latin-1")


def answering(*parts: bytes) -> Behaviour:
    """Answer each request by *parts*, until the client goes."""

    def behave(visit: Visit) -> None:
        while visit.request():
            for part in parts:
                visit.send(part)

    return behave


def once(*parts: bytes) -> Behaviour:
    """Answer one request, and close."""

    def behave(visit: Visit) -> None:
        visit.request()
        for part in parts:
            visit.send(part)

    return behave


def unasked(data: bytes) -> Behaviour:
    """Speak first, and then no more."""

    def behave(visit: Visit) -> None:
        visit.send(data)
        visit.wait()

    return behave


def endless(beginning: bytes, part: bytes, pause_s: float = 0.0) -> Behaviour:
    """Begin to answer, and never end."""

    def behave(visit: Visit) -> None:
        visit.request()
        visit.send(beginning)
        while True:
            visit.send(part)
            visit.wait(pause_s)

    return behave


def dripping(data: bytes) -> Behaviour:
    """Answer at one byte in a tenth of a second."""

    def behave(visit: Visit) -> None:
        visit.request()
        visit.drip(data)

    return behave


def _silent(visit: Visit) -> None:
    visit.wait()


def _dripping_at_once(visit: Visit) -> None:
    visit.drip(bytes.fromhex("16030300ff") + bytes(255))


def _closing(_visit: Visit) -> None:
    pass


def _resetting(visit: Visit) -> None:
    visit.request()
    visit.reset()


class Refused(NamedTuple):
    """A way to behave, and the reason for which it gives no reply."""

    reason: str
    behaviour: Behaviour


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REFUSED: Mapping[str, Refused] = {
    "silent": Refused("stalled", _silent),
    "drip": Refused("stalled", dripping(head("Server: slow"))),
    "headers-drip": Refused("stalled", endless(head()[:-2], b"A", DRIP_S)),
    "headers-endless": Refused("too-many-headers", endless(head()[:-2], b"A: b\r\n")),
    "headers-101": Refused("too-many-headers", answering(head(*[f"A{n}: b" for n in range(101)]))),
    "header-endless": Refused("headers-too-large", endless(head()[:-2], b"A" * 1000)),
    "header-huge": Refused("headers-too-large", answering(head(f"Server: {'x' * 60_000}"))),
    "status-endless": Refused("headers-too-large", endless(b"HTTP/1.1 200 ", b"A" * 1000)),
    "continue-endless": Refused("endless-continue", endless(b"", CONTINUE)),
    "continue-slow": Refused("endless-continue", endless(CONTINUE * 8, CONTINUE, DRIP_S)),
    "hints-endless": Refused("endless-continue", endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")),
    "ssh": Refused("not-http", unasked(b"SSH-2.0-OpenSSH_9.2\x1b[2J\r\n")),
    "smtp": Refused("not-http", answering(b"220 mail.example ESMTP\r\n")),
    "random": Refused("not-http", answering(b"\xff" + os.urandom(2000))),
    "ntp": Refused("not-http", answering(b"\x24\x01\x06\xe9" + bytes(44))),
    "one-byte": Refused("not-http", answering(b"\x00")),
    "tls": Refused("not-http", answering(bytes.fromhex("15030300020228"))),
    "http-2": Refused("not-http", answering(b"HTTP/2 200\r\n\r\n")),
    "status-words": Refused("not-http", answering(b"HTTP/1.1 OK\r\n\r\n")),
    "status-large": Refused("not-http", answering(b"HTTP/1.1 9999999999999 \x1b[2J\r\n\r\n")),
    "closes": Refused("closed-early", _closing),
    "closes-when-asked": Refused("closed-early", once()),
    "closes-in-status": Refused("closed-early", once(b"HTTP/1.1 20")),
    "closes-in-headers": Refused("closed-early", once(head("Server: x")[:-4])),
    "closes-between-headers": Refused("closed-early", once(head("Server: x")[:-2])),
    "resets": Refused("closed-early", _resetting),
}
"""Servers that give no reply at all."""
SHAKES_NO_HANDS: Mapping[str, Behaviour] = {"silent": _silent, "drip": _dripping_at_once}
"""Servers that take a connection, and then don't speak TLS before the deadline."""

NASTY = "\x1b[2J\x1b]0;owned\x07\x00\x7f\x9b1m\u00ad"
"""Clears a screen, sets a title, ends a string, and the C1 form of an escape."""
_EMPTY = "Content-Length: 0"


def _fine_but_for_head(visit: Visit) -> None:
    while request := visit.request():
        if request.startswith("HEAD"):
            visit.reset()
            return
        visit.send(head("Content-Length: 2") + b"ok")


ANSWERS: Mapping[str, Behaviour] = {
    "plain": answering(head(_EMPTY)),
    "no-length": answering(head()),
    "closes-after-each": once(head("Connection: close")),
    "http-1.0": once(head().replace(b"HTTP/1.1", b"HTTP/1.0")),
    "closes-unsaid": once(head(_EMPTY)),
    "bare-newlines": answering(head(_EMPTY).replace(b"\r\n", b"\n")),
    "byte-by-byte": answering(*[bytes([byte]) for byte in head(_EMPTY)]),
    "continue-first": answering(CONTINUE, b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", head(_EMPTY)),
    "folded": answering(head("Server: a\r\n b\r\n\tc", _EMPTY)),
    "nasty": answering(head(f"Server: {NASTY}", f"Via: {NASTY}", _EMPTY, status=f"200 {NASTY}")),
    "nasty-redirect": answering(head(f"Location: https://a.example/{NASTY}?token=x", _EMPTY, status="302 Found")),
    "headers-99": answering(head(*[f"A{n}: b" for n in range(97)], _EMPTY)),
    "header-large": answering(head(f"Server: {'x' * 30_000}", _EMPTY)),
    "colonless": answering(head(_EMPTY, "no header at all")),
    "length-senseless": answering(head("Content-Length: -5x")),
    "body-on-head": answering(head("Content-Length: 5") + b"hello"),
    "body-endless": endless(head("Transfer-Encoding: chunked"), b"5\r\nhello\r\n"),
    "body-huge": endless(head("Content-Length: 99999999999"), b"A" * 1000),
    "body-silent": answering(head("Content-Length: 5")),
    "body-chunk-senseless": answering(head("Transfer-Encoding: chunked") + b"zz\r\n"),
}
"""Servers whose reply is one, with a `Date`, however odd."""
UNDATED: Mapping[str, Behaviour] = {
    "missing": answering(head(_EMPTY, date=None)),
    "empty": answering(head(_EMPTY, date="")),
    "words": answering(head(_EMPTY, date=f"yesterday {NASTY}")),
    "number": answering(head(_EMPTY, date="784111777")),
    "twice": answering(head(f"Date: {DATE}", _EMPTY, date="Sun, 06 Nov 1994 08:49:38 GMT")),
    "no-such-zone": answering(head(_EMPTY, date="Sun, 06 Nov 1994 08:49:37 CEST")),
    "no-such-day": answering(head(_EMPTY, date="Sun, 31 Feb 1994 08:49:37 GMT")),
    "long": answering(head(_EMPTY, date=DATE + " x" * 4000)),
}
"""Servers whose reply has no `Date` that could be believed."""
HEAD_RESET: Behaviour = _fine_but_for_head


@contextlib.contextmanager
def serving(behaviours: Mapping[str, Behaviour]) -> Iterator[dict[str, HostileServer]]:
    """Run a server of each behaviour."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(HostileServer(behaviour)) for name, behaviour in behaviours.items()}


# --- Proxies ---


class Proxying:
    """A proxy: passes CONNECT and absolute-form requests on to a port of this machine, or answers with what it is told.

    `requests` are the heads that it got.
    """

    def __init__(self, to_port: int = 0, *, answer: bytes | None = None) -> None:
        """Lead everything to *to_port* of loopback; with *answer*, send that instead."""
        self._to_port, self._answer = to_port, answer
        self.requests: list[str] = []

    def __call__(self, visit: Visit) -> None:
        """Serve one connection."""
        while request := visit.request():
            self.requests.append(request)
            if self._answer is not None:
                visit.send(self._answer)
                continue
            with socket.create_connection(("127.0.0.1", self._to_port)) as onward:
                if request.startswith("CONNECT "):
                    visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    onward.sendall(request.encode("latin-1"))
                self._pass_on(visit, onward)
            return

    def _pass_on(self, visit: Visit, onward: socket.socket) -> None:
        back = threading.Thread(target=_pump, args=(onward, visit.socket), daemon=True)
        back.start()
        _pump(visit.socket, onward)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def over_tls(context: ssl.SSLContext, behaviour: Behaviour) -> Behaviour:
    """Behave so behind a TLS handshake."""

    def behave(visit: Visit) -> None:
        with context.wrap_socket(visit.socket, server_side=True) as secured:
            visit.socket = secured
            behaviour(visit)

    return behave
