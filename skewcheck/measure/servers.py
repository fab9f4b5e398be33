"""Whom to ask: the servers that the user names, else this host's own and public ones of other operators."""

import enum
import socket
from collections.abc import Sequence
from typing import NamedTuple

from skewcheck.secret_shapes import names_no_host
from skewcheck.visible import visible

NTP_PORT = 123
"""A number, not the name `ntp`: slim images have no /etc/services."""
MAX_SERVERS = 32
"""More votes add nothing but traffic; also what keeps one run below every limit on open files."""
MAX_NAME_LENGTH, MAX_LABEL_LENGTH = 253, 63
"""RFC 1035 §2.3.4. What is longer is no name, and may be a secret that must not go out in a DNS query."""


MAX_VOTES = 5
"""Asked where none is named: with five, two may lie, or say nothing."""
MAX_OWN = 2
"""Of this host's own: they may all follow one another, so they must never be the majority of five."""


class Origin(enum.Enum):
    """Who says that a server is to be asked."""

    NAMED = "named"
    HOST = "host"
    CLOUD = "cloud"
    PUBLIC = "public"


class Server(NamedTuple):
    """One name or address to ask: one vote."""

    given: str
    """As the user wrote it, safe to show."""
    host: str
    port: int = NTP_PORT
    origin: Origin = Origin.NAMED

    @property
    def smeared_by(self) -> str | None:
        """Who runs it, if it is known to smear leap seconds: for a day around each of them it isn't UTC then."""
        host, _ = self.key
        return next((by for by, known in _SMEARED.items() if host.endswith(known)), None)

    @property
    def key(self) -> tuple[str, int]:
        """What tells two servers apart, however they are spelt: names have no case and may end in a dot."""
        return self.host.removesuffix(".").lower(), self.port


# Time that is not UTC while a leap second is smeared, up to half a second off. Nothing in a packet tells.
_SMEARED = {
    "google": (
        "time.google.com",  # developers.google.com/time/smear: "do not mix smeared and non-smeared"
        "time1.google.com",
        "time2.google.com",
        "time3.google.com",
        "time4.google.com",
        "216.239.35.0",  # their addresses
        "216.239.35.4",
        "216.239.35.8",
        "216.239.35.12",
        "metadata.google.internal",  # the same service inside of Google's cloud
        "169.254.169.254",
    ),
    "amazon": (
        "time.aws.com",  # docs.aws.amazon.com, EC2 time service: smears automatically
        "169.254.169.123",  # the same from inside of EC2
        "fd00:ec2::123",
    ),
    "meta": ("time.facebook.com",),  # engineering.fb.com: smears
}

# Five operators that keep UTC un-smeared and offer NTP to everybody. One packet each and run.
# pool.ntp.org is missing on purpose: its terms forbid the default zone names as an application's default.
PUBLIC = (
    # Cloudflare: free for the public, anycast, documented as not smearing leap seconds (developers.cloudflare.com).
    Server("time.cloudflare.com", "time.cloudflare.com", origin=Origin.PUBLIC),
    # Netnod, Sweden's national time service, invites everybody (netnod.se/netnod-time).
    Server("ntp.netnod.se", "ntp.netnod.se", origin=Origin.PUBLIC),
    # TimeNL by SIDN Labs: "available for anyone to use, free of charge" (time.nl).
    Server("ntp.time.nl", "ntp.time.nl", origin=Origin.PUBLIC),
    # PTB, Germany's metrology institute: public servers; it asks regular users for a note to ntp-admin at ptb.de.
    Server("ptbtime1.ptb.de", "ptbtime1.ptb.de", origin=Origin.PUBLIC),
    # NIST: public; never more often than once in 4 s (tf.nist.gov/tf-cgi/servers.cgi).
    Server("time.nist.gov", "time.nist.gov", origin=Origin.PUBLIC),
)


def whom_to_ask(own: Sequence[Server]) -> list[Server]:
    """Return whom to ask where nobody is named: some of this host's *own*, and public ones of other operators."""
    asked = list({server.key: server for server in reversed(own)}.values())[::-1][:MAX_OWN]
    operators = {_operator(server) for server in asked}
    return [*asked, *(server for server in PUBLIC if _operator(server) not in operators)][:MAX_VOTES]


def _operator(server: Server) -> str:
    """Return what stands for a server's operator: the last two labels of its name."""
    return ".".join(server.key[0].split(".")[-2:])


def parse_server(text: str) -> Server:
    """Return the server that `HOST`, `HOST:PORT`, `[v6]`, `[v6]:PORT` or a bare IPv6 address names.

    Raises ValueError with a sentence for the user.
    """
    if names_no_host(text):
        raise ValueError("looks like a token, and was sent nowhere; a host's name has a port, a final dot or a domain")
    host, port = _split(text.strip())
    if not could_be_a_host(host):
        raise ValueError("is not a host; write a name or an address, with :PORT if it isn't 123")
    if not port.isascii() or not port.isdecimal() or len(port) > 5 or not 1 <= int(port) <= 65535:
        raise ValueError("has no usable port, of 1 to 65535")
    return Server(visible(text.strip()), host, int(port))


def could_be_a_host(host: str) -> bool:
    """Tell whether a resolver may be asked for *host*: what names are made of, and no more of it than they have."""
    labels = host.removesuffix(".").split(".")
    return (
        len(host) <= MAX_NAME_LENGTH
        and (host.startswith(":") or any(map(str.isalnum, host)))
        and all(0 < len(label) <= MAX_LABEL_LENGTH for label in labels)
        and all(c.isprintable() and (not c.isascii() or c.isalnum() or c in "-_.:%") for c in host)
        and (_is_address(host) or not set(host) & set(":%"))
    )


def _is_address(host: str) -> bool:
    """Tell whether *host* is an IPv6 address. No name has a colon; `user:password:more` may."""
    try:
        socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    except OSError:
        return False
    return True


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or rest[:1] not in ("", ":"):
            return "", ""
        return host, rest[1:] if rest else str(NTP_PORT)
    if text.count(":") > 1:
        return text, str(NTP_PORT)
    host, colon, port = text.partition(":")
    return host, port if colon else str(NTP_PORT)
