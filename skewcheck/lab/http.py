"""An HTTP server on this machine whose clock, and whose path, are parameters (RFC 9110 §6.6.1).

Like the NTP server beside it, this shares no code with what measures it: the replies are made by hand.
"""

import contextlib
import itertools
import math
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import final

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_REQUEST_BYTES = 65536


def http_date(unix_s: float) -> str:
    """Return the second that *unix_s* lies in, as `Date` has it (RFC 9110 §5.6.7), whatever the locale."""
    at = time.gmtime(math.floor(unix_s))
    day = f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year:04}"
    return f"{day} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"


@final
class HttpServer:
    """A server that answers while the context is open, in a thread for each connection, with a `Date` made anew.

    Its clock shows *clock* + *ahead_s*; with *nodes_s* each connection, in turn, reaches one that is so much further
    ahead. A request takes *delay_out_s* to reach it, a reply *delay_back_s* to leave it.
    """

    def __init__(
        self,
        ahead_s: float = 0.0,
        *,
        delay_out_s: float = 0.0,
        delay_back_s: float = 0.0,
        nodes_s: Sequence[float] = (0.0,),
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the socket, so that `address` is known; raises OSError. Answers begin with `__enter__`."""
        self._ahead_s, self._nodes_s, self._clock = ahead_s, nodes_s, clock
        self._delay_out_s, self._delay_back_s = delay_out_s, delay_back_s
        self._lock = threading.Lock()
        self._open: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", port))

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on."""
        host, port = self._listening.getsockname()
        return host, port

    @property
    def url(self) -> str:
        """How a user names it."""
        host, port = self.address
        return f"http://{host}:{port}/"

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

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, name="lab HTTP server", daemon=True)
        thread.start()
        self._threads.append(thread)  # and not before: where it can't be started there is none to wait for

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
        with opened, contextlib.suppress(OSError), opened.makefile("rb") as stream:
            with self._lock:
                self._open[number] = opened
                if self._over.is_set():
                    _shut(opened)
            while _is_request(stream.readline):
                self._over.wait(self._delay_out_s)
                node_s = self._nodes_s[(number - 1) % len(self._nodes_s)]
                date = http_date(self._clock() + self._ahead_s + node_s)
                self._over.wait(self._delay_back_s)
                reply = f"HTTP/1.1 200 Lab\r\nDate: {date}\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"
                opened.sendall(reply.encode("ascii"))


def _is_request(line: Callable[[int], bytes]) -> bool:
    """Tell whether a whole request came, up to the end of its headers."""
    first, left = b"", _LONGEST_REQUEST_BYTES
    while (read := line(left)) not in (b"\r\n", b"\n"):
        if not read.endswith(b"\n"):
            return False
        first = first or read
        left -= len(read)
    return len(first.split()) == 3


def _shut(opened: socket.socket) -> None:
    """End a connection under whoever waits for it."""
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
