"""One host by HTTP/1.1: a connection that is ready beforehand, and requests that go out at the moment they are to.

There is no watchdog, because there is nothing for one to do: whatever waits here (for a name, a connection, a
handshake, some bytes) is given the time that is left until the deadline, anew each time, never a time of its own.
"""

import contextlib
import http.client
import io
import os
import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from skewcheck import foreign
from skewcheck.measure.addresses import Address, Resolver, Trouble, look_up, network_trouble
from skewcheck.measure.connection import (
    CLOSED_EARLY,
    NOT_HTTP,
    STALLED,
    ExchangeError,
    Proxy,
    connect,
    context,
    find,
    proxy_for,
    refusal,
    secure,
)
from skewcheck.measure.date_evidence import Reply, Request
from skewcheck.measure.localclock import LocalClock
from skewcheck.model import Certificate, Family, Security
from skewcheck.version import VERSION
from skewcheck.visible import visible

USUAL_PORTS = {"http": 80, "https": 443}
MAX_REQUESTS = 16
"""That a host gets in one run."""
_GATEWAYS = (407, 502, 503, 504)
"""Statuses that a proxy may write in place of the server (RFC 9110 §15.6): nothing tells whose gateway failed. Inside a
tunnel nobody answers for the server."""
_SPIN_S = 6e-4
"""Sleeping ends up to a tenth of a millisecond late; the last moment is spent awake."""
_LEAST_S = 1e-3
"""A socket's timeout of 0 would mean something else."""


def authority(host: str, port: int, usual: int = 0) -> str:
    """Write host and port as URLs do, the port only where it isn't the *usual* one."""
    written = f"[{host}]" if ":" in host else host
    return written if port == usual else f"{written}:{port}"


class Endpoint(NamedTuple):
    """Where to ask."""

    scheme: str
    host: str
    """A name or an address, without brackets."""
    port: int

    @property
    def sent_host(self) -> str:
        """The host as it goes into certificates and requests: without a final dot, a zone, or letters beyond ASCII."""
        host = self.host.removesuffix(".").partition("%")[0]
        return host if host.isascii() else host.encode("idna").decode("ascii")

    @property
    def authority(self) -> str:
        """What the header Host says (RFC 9110 §7.2)."""
        return authority(self.sent_host, self.port, USUAL_PORTS[self.scheme])


class _Connection:
    """An open connection; `replies` counts what came over it, `opening_s` is what it took to open."""

    def __init__(
        self, opened: socket.socket, address: str, security: Security, certificate: Certificate | None
    ) -> None:
        self.socket, self.address, self.security, self.certificate = opened, address, security, certificate
        self.replies = 0
        self.opening_s = 0.0

    def said_unasked(self) -> bytes | None:
        """Return what came without a request, b"" where it was closed; None where nothing did, as it should be.

        A reply that was sent before its request would have a `Date` from before it, which proves nothing.
        """
        self.socket.settimeout(0)
        try:
            return self.socket.recv(MAX_BANNER_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return b""


class HttpTransport:
    """Asks one host, over one connection at a time.

    A connection that the server closes after its reply, or meanwhile, is opened again before the next one is due.
    Redirects are not followed, cookies not kept. Moments are seconds of `LocalClock`.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        clock: LocalClock,
        deadline_s: float,
        family: Family = Family.ANY,
        trusted: Callable[[], ssl.SSLContext] | None = None,
        ca_file: str | None = None,
        resolver: Resolver = look_up,
        max_requests: int = MAX_REQUESTS,
    ) -> None:
        """Prepare to ask *endpoint* until *clock* has run for *deadline_s*; nothing is opened yet.

        *trusted* returns `context(ca_file)`, for several transports to share. After *max_requests* none that is
        lost with its connection is sent again.
        """
        self._endpoint, self._clock, self._deadline_s, self._family = endpoint, clock, deadline_s, family
        self._trusted, self._ca_file, self._resolver = trusted or (lambda: context(ca_file)), ca_file, resolver
        self._connection: _Connection | None = None
        self.found: Sequence[Address] = ()
        """The addresses of the name, or of the proxy, once it was resolved."""
        self._opened = 0
        self._sent, self._sent_before, self._max_requests = 0, 0, max_requests
        self._proxy: Proxy | None = None
        self.travel_s = 0.0
        """What `travelled_s` told last."""
        self.address: str | None = None
        """The address that was reached last, of the proxy where there is one; None before there was any."""

    def now_s(self) -> float:
        """Return the local time of day: one reading of it, carried on by the monotonic clock."""
        return self._clock.now_s()

    def left_s(self) -> float:
        """Return the seconds until the deadline; from 0 down it is over."""
        return self._deadline_s - self._clock.elapsed_s()

    def travelled_s(self) -> float:
        """Return how far the local clock has been slewed since the start, back and forth added up."""
        self.travel_s = self._clock.travelled_s()
        return self.travel_s

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.socket.close()
            self._connection = None

    def exchange(
        self, request: Request, at_s: float, *, anew: bool = False, unless: Callable[[], bool] = lambda: False
    ) -> Reply | Trouble:
        """Send *request* at the local time *at_s*, at once if that is past, on a connection opened before.

        With *anew* the connection there is gets dropped first. Nothing is sent where *unless* holds by then.
        """
        self._sent_before += self._sent
        self._sent = 0
        try:
            if anew:
                self.close()
            self._quiet_connection()
            self._wait_until(at_s, unless)
            return self._ask(request)
        except ExchangeError as error:
            self.close()
            return error.trouble._replace(sent=self._sent)
        except OSError as error:  # not the network's: a part of Python that no file was left to load from
            self.close()
            return network_trouble(error)._replace(sent=self._sent)

    def _ask(self, request: Request) -> Reply:
        """Send the request; once more where a connection that had served before can't serve again.

        It was closed at that moment, or what came is the rest of the reply before: a body where there should be none.
        """
        connection = self._quiet_connection()
        try:
            return self._converse(connection, request)
        except ExchangeError as error:
            spent = self._sent_before + self._sent >= self._max_requests
            if spent or not connection.replies or error.trouble.reason not in (CLOSED_EARLY, NOT_HTTP):
                raise
        self.close()
        return self._converse(self._quiet_connection(), request)

    def _converse(self, connection: _Connection, request: Request) -> Reply:
        data = self._written(request)
        connection.socket.settimeout(self._time())
        self._sent += 1
        travel_s, sent_s = self.travelled_s(), self.now_s()
        _send(connection.socket, data)
        head = _read(connection.socket, request.method, now_s=self.now_s, left_s=self.left_s)
        connection.replies += 1
        if not head.reusable:
            self.close()
        if self._proxy is not None and self._endpoint.scheme == "http" and head.status in _GATEWAYS:  # its own Date
            raise ExchangeError(refusal(head.status, self._proxy))
        return Reply(
            sent_s,
            head.received_s,
            self._opened,
            head.status,
            head.headers,
            connection.security,
            connection.address,
            connection.certificate,
            self._proxy is not None,
            self._sent,
            connection.opening_s if connection.replies == 1 else 0.0,
            travel_s,
        )

    def _written(self, request: Request) -> bytes:
        """Return all bytes of a request, so that they leave in one piece."""
        path = request.path
        lines = []
        if self._proxy is not None and self._endpoint.scheme == "http":  # RFC 9112 §3.2.2
            path = f"http://{self._endpoint.authority}{path}"
            lines += _authorization(self._proxy)
        lines = [
            f"{request.method} {path} HTTP/1.1",
            f"Host: {self._endpoint.authority}",
            _USER_AGENT,
            "Accept: */*",
            "Connection: keep-alive",
            *lines,
        ]
        return _block(lines)

    def _wait_until(self, at_s: float, unless: Callable[[], bool]) -> None:
        """Sleep, then stay awake, until the local time is *at_s*, not beyond the deadline, nor where *unless* holds."""
        while (ahead_s := min(at_s - self.now_s(), self._time())) > _SPIN_S:
            rest(ahead_s - _SPIN_S)
        while self.now_s() < at_s:
            self._time()
            rest(0)  # let the other hosts' threads run
        if unless():
            raise ExchangeError(Trouble(STALLED, "nothing more was to be asked"))

    def _time(self) -> float:
        """Return the seconds that are left; raises ExchangeError where none are."""
        left_s = self.left_s()
        if left_s <= 0:
            raise ExchangeError(Trouble(STALLED, "the deadline came first"))
        return max(_LEAST_S, left_s)

    # --- Connections ---

    def _quiet_connection(self) -> _Connection:
        """Return a connection on which nothing comes unasked: the one there is, else a new one."""
        for _ in range(2):
            if self._connection is None:
                began_s = self._clock.elapsed_s()
                self._connection = self._open()
                self._connection.opening_s = self._clock.elapsed_s() - began_s
                self._opened += 1
            connection, unasked = self._connection, self._connection.said_unasked()
            if unasked is None:
                return connection
            self.close()
            if (
                unasked and not connection.replies
            ):  # it would say the same on the next, perhaps a moment too late to tell
                raise ExchangeError(_spoke_first(unasked))
        raise ExchangeError(Trouble(CLOSED_EARLY, "it closed the connection before it was asked"))

    def _open(self) -> _Connection:
        scheme, host, port = self._endpoint
        self._proxy = proxy_for(scheme, host.removesuffix("."), port)
        if scheme == "http":
            opened = self._reach()
            return _Connection(opened, self.address or "", Security.PLAIN, None)
        secured = secure(self._reach, self._endpoint.sent_host, self._ca_file, usual=self._trusted())
        return _Connection(secured.socket, self.address or "", secured.security, secured.certificate)

    def _reach(self, *, second: bool = False) -> socket.socket:
        """Return a socket that leads to the endpoint, through the tunnel of a proxy where there is one.

        *second*: certificate dates won't be checked on it, so no password goes out for it.
        """
        proxy = self._proxy
        if proxy is None:
            opened, address = self._connect(self._endpoint.host, self._endpoint.port)
            self.address = _shown(address, USUAL_PORTS[self._endpoint.scheme])
            return opened
        try:
            opened, address = self._connect(proxy.host, proxy.port)
        except ExchangeError as error:
            raise ExchangeError(_about_proxy(error.trouble, "proxy-unreachable")) from error
        self.address = _shown(address, 0)
        if self._endpoint.scheme == "http":
            return opened
        with contextlib.ExitStack() as undo:
            undo.callback(opened.close)
            self._tunnel(opened, proxy, second=second)
            undo.pop_all()
        return opened

    def _connect(self, host: str, port: int) -> tuple[socket.socket, Address]:
        self.found = find(host, port, self._family, self.left_s, self._resolver)
        opened, address = connect(self.found, self.left_s)
        opened.settimeout(max(_LEAST_S, self.left_s()))
        return opened, address

    def _tunnel(self, opened: socket.socket, proxy: Proxy, *, second: bool) -> None:
        """Have the proxy connect to the endpoint (RFC 9110 §9.3.6)."""
        if second and proxy.authorization is not None:
            withheld = (
                "the proxy's password is not sent again for a connection on which certificate dates are not checked"
            )
            raise ExchangeError(Trouble("proxy-auth-withheld", withheld))
        target = authority(self._endpoint.sent_host, self._endpoint.port)
        _send(
            opened,
            _block([f"CONNECT {target} HTTP/1.1", f"Host: {target}", _USER_AGENT, *_authorization(proxy)]),
        )
        try:
            head = _read(opened, "CONNECT", now_s=self.now_s, left_s=self.left_s)
        except ExchangeError as error:
            raise ExchangeError(_about_proxy(error.trouble, "proxy-refused")) from error
        if not 200 <= head.status < 300:
            raise ExchangeError(refusal(head.status, proxy))
        opened.settimeout(self._time())


def rest(seconds: float) -> None:
    """Sleep, or don't: whoever waits looks at the clock anew.

    Not by `time.sleep` where there is another way: under libfaketime it fails from Python 3.11 on, and where that lets
    time stand still or run backwards no system takes what it makes of the seconds.
    """
    if os.name == "nt":  # where `select` takes sockets alone
        time.sleep(seconds)
    else:
        with contextlib.suppress(OSError):
            select.select((), (), (), seconds)


_USER_AGENT = f"User-Agent: skewcheck/{VERSION}"


def _block(lines: list[str]) -> bytes:
    """Return *lines* as the head of a request; what could be taken for more lines is a defect, and raises."""
    for line in lines:
        if not (line.isascii() and line.isprintable()):
            raise ValueError(f"no line of a request: {visible(line.partition(':')[0])}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _authorization(proxy: Proxy) -> list[str]:
    return [] if proxy.authorization is None else [f"Proxy-Authorization: {proxy.authorization}"]


def _shown(address: Address, usual: int) -> str:
    host, port = address.at[:2]
    return host if port == usual else authority(host, port)


def _spoke_first(said: bytes) -> Trouble:
    trouble = _not_http(said)
    return trouble._replace(detail="it answers before it is asked") if said.startswith(b"HTTP/") else trouble


_SAME_OF_PROXY = (STALLED, NOT_HTTP, "endless-continue", "headers-too-large", "too-many-headers")


def _about_proxy(trouble: Trouble, otherwise: str) -> Trouble:
    """Return what it means that it was the proxy, and not the server, that gave *trouble*."""
    reason = trouble.reason if trouble.reason in _SAME_OF_PROXY else otherwise
    return trouble._replace(reason=reason, detail=f"the proxy of the environment: {trouble.detail}")


# --- One HTTP reply: bounded in bytes, in number and in time, whatever the server sends ---
#
# `http.client` reads it. What it reads *from* is ours, because its own limits are megabytes and no moment at all: each
# read gets only the time that is left until the deadline, so that a drip can't outlive it, and knows when it ended.

MAX_HEADER_BYTES = 32 * 1024
"""Of a header block with the interim replies before it: four times what the usual servers send at most."""
MAX_INTERIM = 8
"""Interim replies (100, 102, 103) before the one that counts."""
MAX_BODY_BYTES, BODY_S = 64 * 1024, 0.5
"""So much of a body is read and dropped to keep the connection; more is not worth it."""
MAX_BANNER_BYTES, QUOTED = 4096, 60
"""Read of what is no HTTP, and characters shown of it: in what a cut has shortened, no secret is known any more."""
_INTERIM_LINE = re.compile(rb"^HTTP/1\.[0-9] 1[0-9][0-9]", re.MULTILINE)
_TLS_RECORDS = (0x15, 0x16)
"""Alert and handshake (RFC 8446 §5.1), as the first byte."""


class Head(NamedTuple):
    """The head of one reply."""

    status: int
    headers: dict[str, str]
    """By names in lower case; what came several times joined by `, `. As they came: not safe to show."""
    received_s: float
    """Local time of day just after its last byte was in."""
    reusable: bool
    """The connection can take another request."""


def _read(opened: socket.socket, method: str, *, now_s: Callable[[], float], left_s: Callable[[], float]) -> Head:
    """Return the reply to a request of *method*; raises ExchangeError, at the latest when *left_s* is 0."""
    inbox = _Inbox(opened, now_s, left_s)
    try:
        response = _final(inbox, method)
    except (OSError, http.client.HTTPException) as error:
        raise ExchangeError(_trouble(error, inbox)) from error
    if inbox.ended:  # http.client takes the end of the connection for the end of the headers
        raise ExchangeError(_closed(inbox))
    received_s = inbox.received_s
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Head(response.status, headers, received_s, _read_to_its_end(response, method, inbox))


def _send(opened: socket.socket, data: bytes) -> None:
    """Send *data* in one go, within the socket's timeout; raises ExchangeError."""
    try:
        opened.sendall(data)
    except OSError as error:
        raise ExchangeError(_lost(error, "when it was asked")) from error


def _lost(error: OSError, when: str) -> Trouble:
    """Return what a socket's error means *when* a connection was there already."""
    if isinstance(error, TimeoutError):
        return Trouble(STALLED, f"silent {when}, until the deadline")
    # A TLS error's number is none of the system's.
    if isinstance(error, (ConnectionError, ssl.SSLError)):
        return Trouble(CLOSED_EARLY, f"the connection was closed {when}")
    return network_trouble(error)


class _TooMuchError(http.client.HTTPException):
    """More bytes than a header block may have."""


class _Inbox(io.RawIOBase):
    """What comes in on a socket, counted and timed. Stands in for the socket that `http.client` reads from."""

    def __init__(self, opened: socket.socket, now_s: Callable[[], float], left_s: Callable[[], float]) -> None:
        super().__init__()
        self.seen = bytearray()
        """The header block so far, and what came along with its end."""
        self.received_s = 0.0
        self.ended = False
        self._socket, self._now_s, self._left_s = opened, now_s, left_s
        self._may_bytes = MAX_HEADER_BYTES
        self._in_body = False
        self._file = io.BufferedReader(self)

    def makefile(self, _mode: str) -> Any:
        """Return the one file of this reply: what is in its buffer may belong to the next part."""
        return self._file

    def readable(self) -> bool:
        """Say so to `io`."""
        return True

    def body_follows(self) -> None:
        """Allow so much more as a body may have."""
        self._in_body, self._may_bytes = True, MAX_BODY_BYTES
        left_s, until_s = self._left_s, self._left_s() - BODY_S
        self._left_s = lambda: min(left_s(), left_s() - until_s)

    def readinto(self, buffer: Any) -> int:
        """Wait for some bytes, not longer than there is time."""
        left_s = self._left_s()
        if left_s <= 0:
            raise TimeoutError
        if self._may_bytes <= 0:
            raise _TooMuchError
        self._socket.settimeout(left_s)
        size = self._socket.recv_into(buffer)
        self.received_s = self._now_s()
        self.ended = size == 0
        self._may_bytes -= size
        if not self._in_body:
            self.seen += memoryview(buffer)[:size]
            if not self.ended and not self.seen.startswith(b"HTTP/"[: len(self.seen)]):
                raise http.client.BadStatusLine("")  # now, instead of waiting for the end of a line
        return size


def _final(inbox: _Inbox, method: str) -> http.client.HTTPResponse:
    """Return the reply that counts, its headers read."""
    for _ in range(1 + MAX_INTERIM):
        response = http.client.HTTPResponse(cast("socket.socket", inbox), method=method)
        response.begin()
        if response.status >= 200:
            return response
        response.fp = None  # type: ignore[assignment]  # else it closes the file that the next one is read from
    raise _TooMuchError


def _read_to_its_end(response: http.client.HTTPResponse, method: str, inbox: _Inbox) -> bool:
    """Read the body and drop it, where that is cheap; tell whether the connection is ready for the next request."""
    if response.will_close or method == "CONNECT":
        return False
    inbox.body_follows()
    try:
        response.read(MAX_BODY_BYTES)
    except (OSError, ValueError, http.client.HTTPException):
        return False
    return response.isclosed()


def _trouble(error: OSError | http.client.HTTPException, inbox: _Inbox) -> Trouble:
    if len(_INTERIM_LINE.findall(inbox.seen)) > MAX_INTERIM:
        return Trouble("endless-continue", "it says 100 Continue, or the like, again and again", rejected=True)
    if inbox.ended or isinstance(error, (ConnectionError, ssl.SSLError)):
        return _closed(inbox)
    if isinstance(error, TimeoutError):
        began = "it began to answer, and did not finish until the deadline"
        return Trouble(STALLED, began if inbox.seen else "no reply until the deadline")
    if isinstance(error, (_TooMuchError, http.client.LineTooLong)):
        return Trouble("headers-too-large", f"its headers are longer than {MAX_HEADER_BYTES} bytes", rejected=True)
    if isinstance(error, (http.client.BadStatusLine, http.client.UnknownProtocol)):
        return _not_http(bytes(inbox.seen))
    if isinstance(error, http.client.HTTPException):
        return Trouble("too-many-headers", "it sent more than 100 headers", rejected=True)
    return _lost(error, "before it answered")


def _closed(inbox: _Inbox) -> Trouble:
    if inbox.seen:
        return Trouble(CLOSED_EARLY, "it closed the connection in the middle of its headers", rejected=True)
    return Trouble(CLOSED_EARLY, "it closed the connection before it answered")


def _not_http(said: bytes) -> Trouble:
    if said[:1] and said[0] in _TLS_RECORDS:
        return Trouble(NOT_HTTP, "it speaks TLS: ask it by https", rejected=True)
    line = said.split(b"\n", 1)[0].rstrip().decode("latin-1")
    return Trouble(NOT_HTTP, f"it is no HTTP server: it says '{foreign.header(line, QUOTED)}'", rejected=True)
