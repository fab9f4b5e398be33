"""Names and addresses: what this host's resolver finds, and what its network says when it can't reach them."""

import errno
import os
import socket
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.model import Family

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


class NoSample(NamedTuple):
    """Why an address gives no sample."""

    reason: str
    detail: str
    rejected: bool = False


_FAMILIES = {Family.ANY: socket.AF_UNSPEC, Family.V4: socket.AF_INET, Family.V6: socket.AF_INET6}


def look_up(host: str, port: int, family: Family, flags: int = 0) -> Sequence[Address]:
    """Return the addresses of *host*, by this host's resolver. Raises OSError and UnicodeError."""
    # As bytes, because a str makes Python load its codec for international names, ASCII or not.
    name = host.encode("ascii" if host.isascii() else "idna")
    # One socket type, so that each address comes once; which one does not matter to an address.
    found = socket.getaddrinfo(name, port, _FAMILIES[family], socket.SOCK_DGRAM, 0, flags)
    # What has no text in it is an IPv6 address that this Python can't write.
    addresses = [Address(kind, at) for kind, _, _, _, at in found if isinstance(at[0], str)]
    return list(dict.fromkeys(addresses))


_NETWORK = {
    errno.ECONNREFUSED: NoSample("port-closed", "nothing listens on that UDP port there"),
    errno.EACCES: NoSample("prohibited", "this host may not send there: a firewall, a route, or a broadcast address"),
    errno.EPERM: NoSample("prohibited", "this host may not send there: a firewall, a route, or a broadcast address"),
    errno.EHOSTUNREACH: NoSample("unreachable", "no way to that host"),
    errno.EHOSTDOWN: NoSample("unreachable", "that host is down"),
    errno.ENETUNREACH: NoSample("no-route", "this host has no route there"),
    errno.ENETDOWN: NoSample("no-route", "the network is down"),
    errno.EADDRNOTAVAIL: NoSample("no-route", "this host has no address to send from"),
    errno.EAFNOSUPPORT: NoSample("no-route", "this host does not speak that address family"),
    errno.EINVAL: NoSample(
        "no-route", "this host can't send there: a route discards it, or a link-local address lacks its %interface"
    ),
}


def network_trouble(error: OSError) -> NoSample:
    """Return what a socket's error means."""
    known = _NETWORK.get(error.errno or 0)
    return known or NoSample("send-failed", os.strerror(error.errno) if error.errno else "the system refused")


def resolver_trouble(error: OSError | UnicodeError) -> NoSample:
    """Return what a resolver's error means."""
    code = error.errno if isinstance(error, socket.gaierror) else None
    if isinstance(error, UnicodeError) or code == socket.EAI_NONAME:
        return NoSample("dns-no-such-name", "there is no such name")
    if code is not None and code in (
        getattr(socket, "EAI_NODATA", None),
        getattr(socket, "EAI_ADDRFAMILY", None),
        socket.EAI_FAMILY,
    ):
        return NoSample("no-address", "the name has no address of that family")
    return NoSample("dns-failed", f"the resolver failed: {foreign.text(error.strerror or 'no reason given')}")
