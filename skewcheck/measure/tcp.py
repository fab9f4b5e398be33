"""Opens a TCP connection to a name under a deadline: looked up aside, its addresses tried one after another.

And tells of the proxy that it leads to, where the environment names one.
"""

import binascii
import contextlib
import errno
import os
import queue
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from skewcheck.errors import HostError
from skewcheck.measure.addresses import Address, Trouble, aside, network_trouble, resolver_trouble, written_out
from skewcheck.measure.servers import could_be_a_host
from skewcheck.model import Family
from skewcheck.secret_shapes import names_no_host

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
    if numeric := written_out(host, port, family):
        return numeric
    try:
        found = aside(lambda: resolver(host, port, family))(max(0.0, left_s()))
    except HostError as error:
        trouble = Trouble("dns-failed", "this host can't start a thread to resolve the name")
        raise ExchangeError(trouble) from error
    except queue.Empty:
        raise ExchangeError(Trouble("dns-timeout", "the name was not resolved until the deadline")) from None
    except (OSError, UnicodeError) as error:
        raise ExchangeError(resolver_trouble(error)) from error
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
    try:
        race = _Race(list(dict.fromkeys([*first.values(), *addresses])))
    except OSError as error:  # a selector is a file, too, and this process may have no room for one
        raise ExchangeError(network_trouble(error)) from error
    with contextlib.closing(race):
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
    return _TCP.get(error.errno or 0) or network_trouble(error)


def _tells(trouble: Trouble) -> int:
    return _MOST_TELLING.index(trouble.reason) if trouble.reason in _MOST_TELLING else len(_MOST_TELLING)


# --- The proxy that the environment names for a URL, as curl and most programs understand it ---
#
# HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters as well; on macOS and Windows else the system's own
# settings. A proxy's URL may hold a password: nothing of it but host and port is ever shown.

_DEFAULT_PORT = 80
_KNOWN_SCHEMES = ("https", "socks", "socks4", "socks4a", "socks5", "socks5h")
"""Shown where one is asked for; what else stands before `://` may be anything, a secret included."""


class Proxy(NamedTuple):
    """A proxy that speaks plain HTTP with us."""

    host: str
    port: int
    authorization: str | None = None
    """Value of the header Proxy-Authorization; None where the URL has no credentials."""

    def __repr__(self) -> str:
        """Leave the credentials out."""
        return f"Proxy(host={self.host!r}, port={self.port!r})"


def proxy_for(scheme: str, host: str, port: int) -> Proxy | None:
    """Return the proxy to use for *host*, None for none. Raises ExchangeError where it is one that can't be used."""
    if os.name == "posix" and sys.platform != "darwin" and not any(n.lower().endswith("_proxy") for n in os.environ):
        return None  # there can be none, so urllib need not be loaded
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    written = f"[{host}]" if ":" in host else host
    # NO_PROXY, or the system's list, may have it with its port or without
    if not url or any(map(proxy_bypass, (f"{written}:{port}", host))):
        return None
    return _parse(url)


def refusal(status: int, proxy: Proxy) -> Trouble:
    """Return what it means that *proxy* answered with *status* in place of the server."""
    if status != 407:
        return Trouble("proxy-refused", f"the proxy does not let it through: HTTP status {status}", rejected=True)
    what = "does not accept the name and password of its URL" if proxy.authorization else "wants a name and a password"
    return Trouble("proxy-auth", f"the proxy {what}", rejected=True)


def _parse(url: str) -> Proxy:
    """Return the proxy of *url*; `host:port` alone is an http proxy."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORT
    except ValueError:
        raise ExchangeError(_UNUSABLE) from None  # its message quotes the URL
    scheme = parts.scheme.lower()
    if scheme != "http":
        kind = f"an {scheme} proxy" if scheme in _KNOWN_SCHEMES else "a proxy of an unknown kind"
        detail = f"the environment names {kind}; only http:// proxies can be used"
        raise ExchangeError(Trouble("proxy-scheme" if scheme in _KNOWN_SCHEMES else "proxy-unusable", detail))
    if not could_be_a_host(host) or names_no_host(parts.netloc.rpartition("@")[2]) or "@" in parts.path:
        raise ExchangeError(_UNUSABLE)  # a password with a slash in it ends what is taken for the host
    if parts.username is None:
        return Proxy(host, port)
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Proxy(host, port, "Basic " + binascii.b2a_base64(credentials, newline=False).decode())


_UNUSABLE = Trouble("proxy-unusable", "the proxy that the environment names can't be read as http://host:port")
