"""Reads one HTTP reply from a socket: bounded in bytes, in number and in time, whatever the server sends.

`http.client` reads it. What it reads *from* is ours, because its own limits are megabytes and no moment at all: each
read gets only the time that is left until the deadline, so that a drip can't outlive it, and knows when it ended.
"""

import http.client
import io
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from skewcheck import foreign
from skewcheck.measure.addresses import network_trouble
from skewcheck.measure.http_date import Trouble
from skewcheck.measure.tcp import CLOSED_EARLY, NOT_HTTP, STALLED, ExchangeError

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


def read(opened: socket.socket, method: str, *, now_s: Callable[[], float], left_s: Callable[[], float]) -> Head:
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


def write(opened: socket.socket, data: bytes) -> None:
    """Send *data* in one go, within the socket's timeout; raises ExchangeError."""
    try:
        opened.sendall(data)
    except OSError as error:
        raise ExchangeError(lost(error, "when it was asked")) from error


def lost(error: OSError, when: str) -> Trouble:
    """Return what a socket's error means *when* a connection was there already."""
    if isinstance(error, TimeoutError):
        return Trouble(STALLED, f"silent {when}, until the deadline")
    # A TLS error's number is none of the system's.
    if isinstance(error, (ConnectionError, ssl.SSLError)):
        return Trouble(CLOSED_EARLY, f"the connection was closed {when}")
    reason, detail, _ = network_trouble(error)
    return Trouble(reason, detail)


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
    """Return why there is no reply in what was read."""
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
        return not_http(bytes(inbox.seen))
    if isinstance(error, http.client.HTTPException):
        return Trouble("too-many-headers", "it sent more than 100 headers", rejected=True)
    return lost(error, "before it answered")


def _closed(inbox: _Inbox) -> Trouble:
    if inbox.seen:
        return Trouble(CLOSED_EARLY, "it closed the connection in the middle of its headers", rejected=True)
    return Trouble(CLOSED_EARLY, "it closed the connection before it answered")


def not_http(said: bytes) -> Trouble:
    """Return that what a server *said* is no HTTP."""
    if said[:1] and said[0] in _TLS_RECORDS:
        return Trouble(NOT_HTTP, "it speaks TLS: ask it by https", rejected=True)
    line = said.split(b"\n", 1)[0].rstrip().decode("latin-1")
    return Trouble(NOT_HTTP, f"it is no HTTP server: it says '{foreign.header(line, QUOTED)}'", rejected=True)
