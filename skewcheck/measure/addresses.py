"""Names and addresses: what this host's resolver finds, what its network says of them, threads to wait for both."""

import errno
import os
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from skewcheck import foreign
from skewcheck.errors import HostError
from skewcheck.model import Family

T = TypeVar("T")
SocketAddress = tuple[str, int] | tuple[str, int, int, int]


class Address(NamedTuple):
    """One address of a name."""

    family: socket.AddressFamily
    at: SocketAddress

    def __str__(self) -> str:
        """Write it as people do: `192.0.2.1`, `192.0.2.1:1123`, `[2001:db8::1]:1123`."""
        host, port = self.at[:2]
        if port == 123:
            return host
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Peer(NamedTuple):
    """Whom a connected socket reached, which is what tells two servers apart, however they were spelt."""

    host: str
    """Empty for this host, whichever of its addresses was asked."""
    port: int
    scope: int
    """The interface of an address that is nobody's without one; else 0."""

    @property
    def is_this_host(self) -> bool:
        """Tell whether what was asked is an address of this host's own, 0.0.0.0 and :: included."""
        return not self.host


def peer_of(connected: socket.socket) -> Peer:
    """Return whom *connected* reached; raises OSError.

    The system has put an address of its own for 0.0.0.0 and ::, and dropped a scope that says nothing. An IPv4 address
    mapped into IPv6 is the IPv4 address.
    """
    host, port, *rest = connected.getpeername()
    if host == connected.getsockname()[0]:
        return Peer("", port, 0)
    ipv4 = host.removeprefix("::ffff:")
    return Peer(ipv4 if "." in ipv4 else host, port, rest[1] if rest else 0)


def follower_id(address: str) -> str | None:
    """Return what the reference ID of a server is that follows *address*; None of a loopback address: all have it."""
    if address.startswith("127.") or address == "::1":
        return None
    if ":" not in address:
        return address
    from hashlib import md5

    packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    return ".".join(str(byte) for byte in md5(packed, usedforsecurity=False).digest()[:4])


class Trouble(NamedTuple):
    """Why nothing can be had from there. Safe to show."""

    reason: str
    detail: str
    rejected: bool = False
    """Something came back that isn't believed."""
    sent: int = 0
    """So many requests went out all the same."""


Resolver = Callable[[str, int, Family], Sequence[Address]]
"""Finds the addresses of a host, each with a port. May raise OSError and UnicodeError."""
_FAMILIES = {Family.ANY: socket.AF_UNSPEC, Family.V4: socket.AF_INET, Family.V6: socket.AF_INET6}


def look_up(host: str, port: int, family: Family, flags: int = 0) -> Sequence[Address]:
    """Return the addresses of *host*, by this host's resolver. Raises OSError and UnicodeError."""
    # As bytes, because a str makes Python load its codec for international names, ASCII or not.
    name = host.encode("ascii" if host.isascii() else "idna")
    # One socket type, so that each address comes once; which one does not matter to an address.
    try:
        found = socket.getaddrinfo(name, port, _FAMILIES[family], socket.SOCK_DGRAM, 0, flags)
    except socket.gaierror as error:
        if family is Family.ANY or flags or error.errno != socket.EAI_NONAME:
            raise
        # Some resolvers say so, too, of a name that has addresses of the other family.
        socket.getaddrinfo(name, port, socket.AF_UNSPEC, socket.SOCK_DGRAM)
        raise socket.gaierror(socket.EAI_FAMILY, "none of that family") from None
    # What has no text in it is an IPv6 address that this Python can't write.
    addresses = [Address(kind, at) for kind, _, _, _, at in found if isinstance(at[0], str)]
    return list(dict.fromkeys(addresses))


def written_out(host: str, port: int, family: Family) -> Sequence[Address]:
    """Return the address that *host* itself is; none where it is a name."""
    try:
        return look_up(host, port, family, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return ()


_NETWORK = {
    errno.ECONNREFUSED: Trouble("port-closed", "nothing listens on that UDP port there"),
    errno.EACCES: Trouble("prohibited", "this host may not send there: a firewall, a route, or a broadcast address"),
    errno.EPERM: Trouble("prohibited", "this host may not send there: a firewall, a route, or a broadcast address"),
    errno.EHOSTUNREACH: Trouble("unreachable", "no way to that host"),
    errno.EHOSTDOWN: Trouble("unreachable", "that host is down"),
    errno.ENETUNREACH: Trouble("no-route", "this host has no route there"),
    errno.ENETDOWN: Trouble("no-route", "the network is down"),
    errno.EADDRNOTAVAIL: Trouble("no-route", "this host has no address to send from"),
    errno.EAFNOSUPPORT: Trouble("no-route", "this host does not speak that address family"),
    errno.EINVAL: Trouble(
        "no-route", "this host can't send there: a route discards it, or a link-local address lacks its %interface"
    ),
}


def network_trouble(error: OSError) -> Trouble:
    """Return what a socket's error means."""
    known = _NETWORK.get(error.errno or 0)
    return known or Trouble("send-failed", os.strerror(error.errno) if error.errno else "the system refused")


def resolver_trouble(error: OSError | UnicodeError) -> Trouble:
    """Return what a resolver's error means."""
    code = error.errno if isinstance(error, socket.gaierror) else None
    if isinstance(error, UnicodeError) or code == socket.EAI_NONAME:
        return Trouble("dns-no-such-name", "there is no such name")
    if code is not None and code in (
        getattr(socket, "EAI_NODATA", None),
        getattr(socket, "EAI_ADDRFAMILY", None),
        socket.EAI_FAMILY,
    ):
        return Trouble("no-address", "the name has no address of that family")
    return Trouble("dns-failed", f"DNS: {foreign.text(error.strerror or 'no reason given')}")


def resolved(resolver: Resolver, host: str, port: int, family: Family) -> Sequence[Address] | Trouble:
    """Return what *resolver* finds, or why that is nothing."""
    try:
        return resolver(host, port, family) or Trouble("no-address", "the name has no address")
    except (OSError, UnicodeError) as error:
        return resolver_trouble(error)


NO_THREAD = Trouble("dns-failed", "this host can't start a thread to resolve the name")
NEXT_ADDRESS_S = 0.25
"""How long an address may stay silent before the next one is tried beside it (RFC 8305 §5)."""
_MOST_TELLING = (
    "own-address", "connection-refused", "port-closed", "closed-early", "prohibited", "no-reply", "connect-timeout",
    "unreachable", "no-route", "send-failed",
)  # fmt: skip


def order_of_telling(trouble: Trouble) -> int:
    """Return a number that is the lower the more *trouble* tells about a name whose every address failed.

    A refusal, and what is no matter of the network, says more than any of the others.
    """
    known = not trouble.rejected and trouble.reason in _MOST_TELLING
    return _MOST_TELLING.index(trouble.reason) if known else -1


def start_thread(run: Callable[[], None]) -> None:
    """Run a function in such a thread. Raises HostError where this process may not have one more."""
    try:
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError as error:
        raise HostError(
            "this process may not start the threads that it asks with",
            "allow more processes: ulimit -u, or the container's pids limit\nor more memory: ulimit -v",
        ) from error


def aside(run: Callable[[], T]) -> Callable[[float | None], T]:
    """Begin to run a function in such a thread; return what waits for it, for so many seconds, or for however long.

    That returns what the function returns, raises what it raises, and queue.Empty when time is up. Raises HostError.
    """
    came: queue.SimpleQueue[tuple[list[T], BaseException | None]] = queue.SimpleQueue()

    def tell() -> None:
        try:
            came.put(([run()], None))
        except BaseException as error:  # noqa: BLE001  not swallowed: it is raised where it is waited for
            came.put(([], error))

    def wait(seconds: float | None) -> T:
        found, error = came.get(timeout=seconds)
        if error is not None:
            raise error
        return found[0]

    start_thread(tell)
    return wait
