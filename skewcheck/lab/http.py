"""HTTP servers on this machine whose clocks, and the age of whose `Date`, are parameters (RFC 9110 §6.6.1).

Like the NTP server beside it, this shares no code with what measures it: the replies are made by hand.
"""

import contextlib
import enum
import itertools
import math
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    import ssl

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_REQUEST_BYTES = 65536


def http_date(unix_s: float) -> str:
    """Return the second that *unix_s* lies in, as `Date` has it (RFC 9110 §5.6.7), whatever the locale."""
    at = time.gmtime(math.floor(unix_s))
    day = f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year:04}"
    return f"{day} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"


# --- How old a server lets its `Date` become ---

Lag = Callable[[float], float]
"""Turns the time that a server's clock shows into the one that it stamps: the same, or an earlier one."""


def fresh(now_s: float) -> float:
    """Stamp the time of the reply itself, as nginx and Apache do."""
    return now_s


def timer(period_s: float, phase_s: float = 0.0) -> Lag:
    """Renew the stamp every *period_s*, asked or not, as uvicorn, Kestrel and fasthttp do each second."""

    def last_tick(now_s: float) -> float:
        return now_s - (now_s - phase_s) % period_s

    return last_tick


def on_demand(period_s: float) -> Lag:
    """Renew the stamp when it is asked for and *period_s* old, as Tomcat and hyper did."""
    stamped_s = -math.inf

    def last_renewal(now_s: float) -> float:
        nonlocal stamped_s
        if now_s - stamped_s >= period_s:
            stamped_s = now_s
        return stamped_s

    return last_renewal


def frozen() -> Lag:
    """Stamp the first reply's time on all replies, as a cache does."""
    return on_demand(math.inf)


class Backend(NamedTuple):
    """One clock of several behind a name."""

    ahead_s: float = 0.0
    lag: Lag = fresh


class Spread(enum.Enum):
    """Which of several backends answers."""

    EACH_REQUEST = "each-request"
    """One after the other, whatever the connection."""
    AT_RANDOM = "at-random"
    EACH_CONNECTION = "each-connection"
    """One after the other, and the same for all requests of a connection."""


# --- What a server answers ---


class Reply(NamedTuple):
    """A reply before it is written; a `Content-Length` is added to it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    closes: bool = False
    """The connection ends after it."""

    def without(self, name: str) -> "Reply":
        """Return it without the header *name*."""
        return self._replace(headers=tuple(header for header in self.headers if header[0] != name))


class Query(NamedTuple):
    """A request as it arrived, and the reply that an honest server gives to it."""

    method: str
    path: str
    number: int
    """Of all that came to this server, counted from 1."""
    connection: int
    """Counted from 1."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    honest: Reply


Behaviour = Callable[[Query], Reply | None]
"""None: the connection ends without a reply."""


def honest(query: Query) -> Reply:
    """Say what the clock says."""
    return query.honest


def without_date(query: Query) -> Reply:
    """Leave the `Date` out."""
    return query.honest.without("Date")


def dated(words: str) -> Behaviour:
    """Write *words* for a `Date`."""

    def answer(query: Query) -> Reply:
        return query.honest._replace(headers=(("Date", words), *query.honest.without("Date").headers))

    return answer


def refusing_head(query: Query) -> Reply:
    """Answer GET alone, and give HEAD not even a `Date`."""
    refused = query.honest.without("Date")._replace(status=405)
    return refused if query.method == "HEAD" else query.honest


def patience_after(replies: int, retry_after_s: int = 60) -> Behaviour:
    """Answer so often, and then 429 with `Retry-After`."""

    def answer(query: Query) -> Reply:
        if query.number <= replies:
            return query.honest
        return query.honest._replace(status=429, headers=(*query.honest.headers, ("Retry-After", str(retry_after_s))))

    return answer


def redirecting(location: str) -> Behaviour:
    """Send everybody to *location*."""

    def answer(query: Query) -> Reply:
        return query.honest._replace(status=302, headers=(*query.honest.headers, ("Location", location)))

    return answer


@final
class HttpServer:
    """A server that answers while the context is open, in a thread for each connection.

    The clock of each of its *backends* shows *clock* + its `ahead_s`; *ahead_s* and *lag* are those of the only one
    where none are given. A request takes *delay_out_s* to reach that clock, a reply *delay_back_s* to leave, each up to
    *jitter_s* more. Every reply has *status* and *headers*, until *behaviour* makes another one of it.
    """

    def __init__(
        self,
        ahead_s: float = 0.0,
        *,
        lag: Lag = fresh,
        backends: Sequence[Backend] = (),
        spread: Spread = Spread.EACH_REQUEST,
        status: int = 200,
        headers: Sequence[tuple[str, str]] = (("Server", "nginx"),),
        delay_out_s: float = 0.0,
        delay_back_s: float = 0.0,
        jitter_s: float = 0.0,
        seed: int = 0,
        close_after_reply: bool = False,
        behaviour: Behaviour = honest,
        ssl_context: "ssl.SSLContext | None" = None,
        address: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the socket, so that `address` is known; raises OSError. Answers begin with `__enter__`."""
        self._backends = tuple(backends) or (Backend(ahead_s, lag),)
        self._spread, self._random = spread, random.Random(seed)
        self._status, self._headers = status, tuple(headers)
        self._delay_out_s, self._delay_back_s, self._jitter_s = delay_out_s, delay_back_s, jitter_s
        self._closes, self._behaviour = close_after_reply, behaviour
        self._ssl_context, self._clock = ssl_context, clock
        self._lock = threading.Lock()
        self._requests, self._turns = itertools.count(1), itertools.count()
        self._open: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self.asked = 0
        """Requests that came so far."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listening = socket.create_server((address, port), family=family)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on."""
        host, port = self._listening.getsockname()[:2]
        return host, port

    @property
    def url(self) -> str:
        """How a user names it."""
        host, port = self.address
        scheme = "http" if self._ssl_context is None else "https"
        return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"

    def __enter__(self) -> "HttpServer":
        """Start to answer."""
        self._start(self._accept)
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop at once; replies that are still under way are lost."""
        with self._lock:
            self._over.set()
            for opened in (self._listening, *self._open.values()):
                _shut(opened)
        for thread in self._threads:
            thread.join()
        self._listening.close()

    # --- Connections ---

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, name="lab HTTP server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        for number in itertools.count(1):
            try:
                opened, _ = self._listening.accept()
            except OSError:
                return
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._serve, opened, number)

    def _serve(self, opened: socket.socket, number: int) -> None:
        """Answer on one connection until either side ends it."""
        with opened, contextlib.suppress(OSError):
            self._keep(number, opened)
            if self._ssl_context is None:
                self._converse(opened, number)
            else:
                # The handshake is a step of its own, so that whoever ends the server has the socket to end it by.
                with self._ssl_context.wrap_socket(opened, server_side=True, do_handshake_on_connect=False) as secured:
                    self._keep(number, secured)
                    secured.do_handshake()
                    self._converse(secured, number)

    def _keep(self, number: int, opened: socket.socket) -> None:
        """Have *opened* ended with the server, at once where that is over."""
        with self._lock:
            self._open[number] = opened
            if self._over.is_set():
                _shut(opened)

    def _converse(self, opened: socket.socket, connection: int) -> None:
        with opened.makefile("rb") as stream:
            while (query := self._read(stream.readline, connection)) is not None:
                reply = self._behaviour(query)
                if reply is None:
                    return
                self._over.wait(self._delay(self._delay_back_s))
                leave = reply.closes or ("connection", "close") in query.headers
                opened.sendall(_written(reply, with_body=query.method != "HEAD", last=leave))
                if leave:
                    return

    def _read(self, line: Callable[[int], bytes], connection: int) -> Query | None:
        """Return the next request, once it has come through its path; None where there is none."""
        lines, left = [], _LONGEST_REQUEST_BYTES
        while (read := line(left)) not in (b"\r\n", b"\n"):
            if not read.endswith(b"\n"):
                return None
            lines.append(read.decode("latin-1").strip())
            left -= len(read)
        first = lines[0].split() if lines else []
        if len(first) != 3:
            return None
        headers = (
            (name.strip().lower(), text.strip()) for name, _, text in (each.partition(":") for each in lines[1:])
        )
        with self._lock:
            number = self.asked = next(self._requests)
        self._over.wait(self._delay(self._delay_out_s))
        return Query(first[0], first[1], number, connection, tuple(headers), self._honest(connection))

    def _honest(self, connection: int) -> Reply:
        """Stamp a reply now."""
        with self._lock:
            backend = self._backends[self._turn(connection) % len(self._backends)]
            date = http_date(backend.lag(self._clock() + backend.ahead_s))
        return Reply(self._status, (("Date", date), *self._headers), closes=self._closes)

    def _turn(self, connection: int) -> int:
        """Return whose turn it is."""
        if self._spread is Spread.EACH_CONNECTION:
            return connection - 1
        if self._spread is Spread.AT_RANDOM:
            return self._random.randrange(len(self._backends))
        return next(self._turns)

    def _delay(self, least_s: float) -> float:
        with self._lock:
            return least_s + self._random.uniform(0, self._jitter_s)


def _shut(opened: socket.socket) -> None:
    """End a connection under whoever waits for it, TLS or not."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _written(reply: Reply, *, with_body: bool, last: bool) -> bytes:
    """Return *reply* as it goes out, in one piece."""
    lines = [f"HTTP/1.1 {reply.status} Lab", *(f"{name}: {text}" for name, text in reply.headers)]
    lines += [f"Content-Length: {len(reply.body)}", *(["Connection: close"] if last else []), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (reply.body if with_body else b"")
