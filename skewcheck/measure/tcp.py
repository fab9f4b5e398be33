"""Opens a TCP connection to a name under a deadline: looked up aside, its addresses tried one after another."""

import contextlib
import errno
import queue
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck.measure.addresses import Address, look_up, network_trouble, resolver_trouble
from skewcheck.measure.http_date import Trouble
from skewcheck.model import Family

NEXT_ADDRESS_S = 0.25
"""How long an address may stay silent before the next one is tried beside it (RFC 8305 §5)."""
CLOSED_EARLY, NOT_HTTP, STALLED = "closed-early", "not-http", "stalled"

Resolver = Callable[[str, int, Family], Sequence[Address]]

_TCP = {
    errno.ECONNREFUSED: Trouble("connection-refused", "nothing listens on that TCP port there"),
    errno.ETIMEDOUT: Trouble("connect-timeout", "no answer from there"),
    errno.ECONNRESET: Trouble(CLOSED_EARLY, "the connection was reset as soon as it was opened"),
}
_IN_PROGRESS = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN)
# Of a name whose every address failed, the reason that says most comes first.
_MOST_TELLING = ("connection-refused", CLOSED_EARLY, "prohibited", "connect-timeout", "unreachable", "no-route")


class ExchangeError(Exception):
    """There is no reply to be had; `trouble` says why, and is safe to show."""

    def __init__(self, trouble: Trouble) -> None:
        """Keep the reason."""
        super().__init__(trouble.reason)
        self.trouble = trouble


class Opened(NamedTuple):
    """A connected socket and the address that took it."""

    socket: socket.socket
    address: Address


def find(host: str, port: int, family: Family, left_s: Callable[[], float], resolver: Resolver) -> Sequence[Address]:
    """Return the addresses of *host*; raises ExchangeError, at the latest when *left_s* is 0.

    A resolver has no deadline of its own, so it runs in a daemon thread, and is left behind when time is up.
    """
    with contextlib.suppress(OSError, UnicodeError):
        if written_out := look_up(host, port, family, socket.AI_NUMERICHOST):
            return written_out
    answers: queue.SimpleQueue[Sequence[Address] | BaseException] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(host, port, family))
        except BaseException as error:  # noqa: BLE001  not swallowed: whoever waits gets it
            answers.put(error)

    try:
        threading.Thread(target=ask, daemon=True).start()
        found = answers.get(timeout=max(0.0, left_s()))
    except RuntimeError as error:
        trouble = Trouble("dns-failed", "this host can't start a thread to resolve the name")
        raise ExchangeError(trouble) from error
    except queue.Empty:
        raise ExchangeError(Trouble("dns-timeout", "the name was not resolved until the deadline")) from None
    if isinstance(found, (OSError, UnicodeError)):
        reason, detail, _ = resolver_trouble(found)
        raise ExchangeError(Trouble(reason, detail)) from found
    if isinstance(found, BaseException):
        raise found
    if not found:
        raise ExchangeError(Trouble("no-address", "the name has no address"))
    return found


def connect(addresses: Sequence[Address], left_s: Callable[[], float]) -> Opened:
    """Connect to the first of *addresses* that accepts, the first one of each family before the others.

    Each gets a moment's lead over the next one. Raises ExchangeError, at the latest when *left_s* is 0.
    """
    first: dict[socket.AddressFamily, Address] = {}
    for address in addresses:
        first.setdefault(address.family, address)
    with contextlib.closing(_Race(list(dict.fromkeys([*first.values(), *addresses])))) as race:
        return race.run(left_s)


class _Race:
    """Connections being opened, of which one is wanted."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._waiting = deque(addresses)
        self._selector = selectors.DefaultSelector()
        self._open: dict[socket.socket, Address] = {}
        self._troubles: list[Trouble] = []

    def close(self) -> None:
        """Close what has not won."""
        self._selector.close()
        for opened in self._open:
            opened.close()

    def run(self, left_s: Callable[[], float]) -> Opened:
        """Return the winner."""
        next_at_s = 0.0
        while True:
            now_s = time.monotonic()
            if left_s() <= 0:
                raise ExchangeError(Trouble("connect-timeout", "no connection until the deadline"))
            if self._waiting and (not self._open or now_s >= next_at_s):
                next_at_s = now_s + NEXT_ADDRESS_S
                self._start(self._waiting.popleft())
            elif not self._open:
                raise ExchangeError(min(self._troubles, key=_tells))
            wait_s = min(left_s(), max(0.0, next_at_s - time.monotonic())) if self._waiting else left_s()
            for key, _ in self._selector.select(max(0.0, wait_s)) if self._open else ():
                opened = key.fileobj
                if isinstance(opened, socket.socket) and self._has_won(opened):
                    return Opened(opened, self._open.pop(opened))

    def _start(self, address: Address) -> None:
        """Begin to connect to one address."""
        try:
            opened = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:
            self._troubles.append(_trouble(error))
            return
        self._open[opened] = address
        opened.settimeout(0)
        self._selector.register(opened, selectors.EVENT_WRITE)
        # A request is one small write, and is to leave at once.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = opened.connect_ex(address.at)
        if number and number not in _IN_PROGRESS:
            self._give_up(opened, number)

    def _has_won(self, opened: socket.socket) -> bool:
        number = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._give_up(opened, number)
            return False
        self._selector.unregister(opened)
        return True

    def _give_up(self, opened: socket.socket, number: int) -> None:
        self._troubles.append(_trouble(OSError(number, "")))
        self._selector.unregister(opened)
        del self._open[opened]
        opened.close()


def _trouble(error: OSError) -> Trouble:
    """Return why a connection could not be opened."""
    known = _TCP.get(error.errno or 0)
    if known is not None:
        return known
    reason, detail, _ = network_trouble(error)
    return Trouble(reason, detail)


def _tells(trouble: Trouble) -> int:
    return _MOST_TELLING.index(trouble.reason) if trouble.reason in _MOST_TELLING else len(_MOST_TELLING)
