"""One host by HTTP/1.1: a connection that is ready beforehand, and requests that go out at the moment they are to.

There is no watchdog, because there is nothing for one to do: whatever waits here (for a name, a connection, a
handshake, some bytes) is given the time that is left until the deadline, anew each time, never a time of its own.
"""

import contextlib
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import NamedTuple

from skewcheck.measure import reply, tls
from skewcheck.measure.addresses import Address, look_up
from skewcheck.measure.http_date import Reply, Request, Trouble
from skewcheck.measure.localclock import LocalClock
from skewcheck.measure.proxy import Proxy, proxy_auth_withheld, proxy_for, refusal
from skewcheck.measure.tcp import CLOSED_EARLY, NOT_HTTP, STALLED, ExchangeError, Resolver, connect, find
from skewcheck.model import Certificate, Family, Security
from skewcheck.version import VERSION
from skewcheck.visible import visible

USUAL_PORTS = {"http": 80, "https": 443}
MAX_REQUESTS = 16
"""That a host gets in one run."""
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
            return self.socket.recv(reply.MAX_BANNER_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return b""


class HttpTransport:
    """Asks one host, over one connection at a time. Implements `http_date.Transport`.

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

        *trusted* returns `tls.context(ca_file)`, for several transports to share. After *max_requests* none that is
        lost with its connection is sent again.
        """
        self._endpoint, self._clock, self._deadline_s, self._family = endpoint, clock, deadline_s, family
        self._trusted, self._ca_file, self._resolver = trusted or (lambda: tls.context(ca_file)), ca_file, resolver
        self._connection: _Connection | None = None
        self._opened = 0
        self._sent, self._sent_before, self._max_requests = 0, 0, max_requests
        self._proxy: Proxy | None = None
        self.address: str | None = None
        """The address that was reached last, of the proxy where there is one; None before there was any."""

    def now_s(self) -> float:
        """Return the local time of day: one reading of it, carried on by the monotonic clock."""
        return self._clock.now_s()

    def left_s(self) -> float:
        """Return the seconds until the deadline; from 0 down it is over."""
        return self._deadline_s - self._clock.elapsed_s()

    def wander_s(self) -> float:
        """Return by how much the local clock has been slewed since the start."""
        return self._clock.finish().wander_s

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.socket.close()
            self._connection = None

    def exchange(self, request: Request, at_s: float, *, anew: bool = False) -> Reply | Trouble:
        """Send *request* at the local time *at_s*, at once if that is past, on a connection opened before.

        With *anew* the connection there is gets dropped first.
        """
        self._sent_before += self._sent
        self._sent = 0
        try:
            if anew:
                self.close()
            self._quiet_connection()
            self._wait_until(at_s)
            return self._ask(request)
        except ExchangeError as error:
            self.close()
            return error.trouble._replace(sent=self._sent)

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
        sent_s = self.now_s()
        reply.write(connection.socket, data)
        head = reply.read(connection.socket, request.method, now_s=self.now_s, left_s=self.left_s)
        connection.replies += 1
        if not head.reusable:
            self.close()
        if self._proxy is not None and head.status in self._said_by_a_proxy():  # the Date is the proxy's
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
        )

    def _said_by_a_proxy(self) -> tuple[int, ...]:
        """Return the statuses of a reply that the proxy may have written in place of the server (RFC 9110 §15.6).

        Inside a tunnel nobody answers for the server. Without one, nothing tells whose gateway failed.
        """
        return () if self._endpoint.scheme == "https" else (407, 502, 503, 504)

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

    def _wait_until(self, at_s: float) -> None:
        """Sleep, then stay awake, until the local time is *at_s*, not beyond the deadline."""
        while (ahead_s := min(at_s - self.now_s(), self._time())) > _SPIN_S:
            _rest(ahead_s - _SPIN_S)
        while self.now_s() < at_s:
            self._time()
            _rest(0)  # let the other hosts' threads run

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
        try:
            secured = tls.secure(self._reach, self._endpoint.sent_host, self._ca_file, usual=self._trusted())
        except tls.TlsFailure as failure:
            rejected = failure.reason not in (STALLED, "ca-file-unreadable")
            raise ExchangeError(Trouble(failure.reason, failure.detail, rejected)) from failure
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
        opened, address = connect(find(host, port, self._family, self.left_s, self._resolver), self.left_s)
        opened.settimeout(max(_LEAST_S, self.left_s()))
        return opened, address

    def _tunnel(self, opened: socket.socket, proxy: Proxy, *, second: bool) -> None:
        """Have the proxy connect to the endpoint (RFC 9110 §9.3.6)."""
        if second and proxy.authorization is not None:
            raise ExchangeError(proxy_auth_withheld())
        target = authority(self._endpoint.sent_host, self._endpoint.port)
        reply.write(
            opened,
            _block([f"CONNECT {target} HTTP/1.1", f"Host: {target}", _USER_AGENT, *_authorization(proxy)]),
        )
        try:
            head = reply.read(opened, "CONNECT", now_s=self.now_s, left_s=self.left_s)
        except ExchangeError as error:
            raise ExchangeError(_about_proxy(error.trouble, "proxy-refused")) from error
        if not 200 <= head.status < 300:
            raise ExchangeError(refusal(head.status, proxy))
        opened.settimeout(self._time())


def _rest(seconds: float) -> None:
    """Sleep. Not by `time.sleep` where there is another way: under libfaketime it fails from Python 3.11 on."""
    if os.name == "nt":  # where `select` takes sockets alone
        time.sleep(seconds)
    else:
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
    """Write an address as people do."""
    host, port = address.at[:2]
    return host if port == usual else authority(host, port)


def _spoke_first(said: bytes) -> Trouble:
    trouble = reply.not_http(said)
    return trouble._replace(detail="it answers before it is asked") if said.startswith(b"HTTP/") else trouble


_SAME_OF_PROXY = (STALLED, NOT_HTTP, "endless-continue", "headers-too-large", "too-many-headers")


def _about_proxy(trouble: Trouble, otherwise: str) -> Trouble:
    """Return what it means that it was the proxy, and not the server, that gave *trouble*."""
    reason = trouble.reason if trouble.reason in _SAME_OF_PROXY else otherwise
    return trouble._replace(reason=reason, detail=f"the proxy of the environment: {trouble.detail}")
