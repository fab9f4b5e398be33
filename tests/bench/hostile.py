"""Replies that no honest server sends, one for each reason to refuse a packet, and ways to send too many."""

import os
import socket
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from skewcheck.lab.ntp import Behaviour, Packet, Query, Reply, timestamp

DAY_S = 86_400.0
ZEROS = bytes(8)
CLIENT_MODE = 3


class Lie(NamedTuple):
    """A way to answer, and the reason for which that answer is refused."""

    reason: str
    behaviour: Behaviour


def moved(stamp: bytes, by_s: float) -> bytes:
    """Return a timestamp that is *by_s* later."""
    return (int.from_bytes(stamp, "big") + round(by_s * 2**32)).to_bytes(8, "big")


def ahead(packet: Packet, by_s: float) -> Packet:
    """Return the reply of a server whose clock is *by_s* further ahead."""
    return packet._replace(receive=moved(packet.receive, by_s), transmit=moved(packet.transmit, by_s))


def altered(**fields: object) -> Behaviour:
    """Answer honestly but for *fields*."""
    return lambda query: [Reply(query.honest._replace(**fields).encode())]  # type: ignore[arg-type]


def kiss(code: bytes) -> Behaviour:
    """Decline with a kiss-o'-death (RFC 5905 §7.4): leap 3, stratum 0, no time."""
    return lambda query: [
        Reply(
            query.honest._replace(
                leap=3, stratum=0, reference_id=code, receive=query.data[40:48], transmit=query.data[40:48]
            ).encode()
        )
    ]


def _runt(query: Query) -> Iterable[Reply]:
    return [Reply(query.honest.encode()[:20])]


def _reflection(query: Query) -> Iterable[Reply]:
    return [Reply(query.data)]


def _half_an_hour_off(query: Query) -> Iterable[Reply]:
    """Replay an old reply, to another request."""
    return [Reply(ahead(query.honest, 1800)._replace(origin=timestamp(1.0)).encode())]


def _backwards(query: Query) -> Iterable[Reply]:
    return [Reply(query.honest._replace(receive=moved(query.honest.transmit, 9)).encode())]


def _before_it_was_asked(query: Query) -> Iterable[Reply]:
    """Claim to have worked on the request for longer than its whole journey took."""
    return [Reply(query.honest._replace(transmit=moved(query.honest.receive, 0.2)).encode())]


def _set(query: Query, before_s: float) -> Iterable[Reply]:
    """Claim to have been set *before_s* before this reply was sent."""
    return [Reply(query.honest._replace(reference=moved(query.honest.transmit, -before_s)).encode())]


LIES = {
    "runt": Lie("runt", _runt),
    "empty": Lie("runt", lambda _: [Reply(b"")]),
    "47-bytes": Lie("runt", lambda query: [Reply(query.honest.encode()[:47])]),
    "reflected": Lie("reflected", _reflection),
    "origin-zero": Lie("origin-zero", altered(origin=ZEROS)),
    "replay": Lie("origin-mismatch", _half_an_hour_off),
    "mode-5": Lie("not-a-reply", altered(mode=5)),
    "mode-3": Lie("not-a-reply", altered(mode=CLIENT_MODE)),
    "version-7": Lie("bad-version", altered(version=7)),
    "version-0": Lie("bad-version", altered(version=0)),
    "kiss-rate": Lie("kod-rate", kiss(b"RATE")),
    "kiss-deny": Lie("kod-deny", kiss(b"DENY")),
    "kiss-rstr": Lie("kod-rstr", kiss(b"RSTR")),
    "kiss-nts": Lie("kod", kiss(b"NTSN")),
    "kiss-escape": Lie("kod", kiss(b"\x1b[2J")),
    "kiss-init": Lie("unsynchronised", kiss(b"INIT")),
    "kiss-step": Lie("unsynchronised", kiss(b"STEP")),
    "stratum-0": Lie("unsynchronised", altered(stratum=0, reference_id=bytes(4))),
    "leap-3": Lie("unsynchronised", altered(leap=3)),
    "stratum-16": Lie("unsynchronised", altered(stratum=16)),
    "stratum-255": Lie("unsynchronised", altered(stratum=255)),
    "root-dispersion": Lie("root-distance", altered(root_dispersion_s=30_000.0)),
    "root-delay": Lie("root-distance", altered(root_delay_s=32.0)),
    "precision": Lie("root-distance", altered(precision=5)),
    "transmit-zero": Lie("zero-timestamps", altered(transmit=ZEROS)),
    "receive-zero": Lie("zero-timestamps", altered(receive=ZEROS)),
    "backwards": Lie("ran-backwards", _backwards),
    "reference-a-day-ahead": Lie("reference-future", partial(_set, before_s=-DAY_S)),
    "reference-a-second-ahead": Lie("reference-future", partial(_set, before_s=-1.0)),
    "before-it-was-asked": Lie("negative-delay", _before_it_was_asked),
}
"""By name."""

HONEST_THOUGH_ODD: dict[str, Behaviour] = {
    "reference-a-month-old": partial(_set, before_s=30 * DAY_S),
    "no-reference-time": altered(reference=ZEROS),
    "version-3": altered(version=3),
    "leap-second-announced": altered(leap=1),
    "stratum-15": altered(stratum=15),
    "extension-fields": lambda query: [Reply(query.honest.encode() + bytes(200))],
    "twice": lambda query: [Reply(query.honest.encode())] * 2,
}
"""Replies that look odd and break no rule."""


def then_honest(behaviour: Behaviour, after_s: float) -> Behaviour:
    """Answer so, and *after_s* later honestly."""
    return lambda query: [*behaviour(query), Reply(query.honest.encode(), after_s)]


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Answer each request in another way, in this order."""
    turns = iter(behaviours)

    def answer(query: Query) -> Iterable[Reply]:
        return next(turns)(query)

    return answer


def running_ahead(by_s: float) -> Behaviour:
    """Answer honestly by a clock that is *by_s* further ahead."""
    return lambda query: [Reply(ahead(query.honest, by_s).encode())]


def silence(_: Query) -> Iterable[Reply]:
    """Say nothing."""
    return ()


def flood(query: Query) -> Iterable[Reply]:
    """Send thousands of forged replies for as long as anybody may listen."""
    forged = query.honest._replace(origin=os.urandom(8)).encode()
    return [Reply(forged, number * 0.0002) for number in range(10_000)]


def drip(query: Query) -> Iterable[Reply]:
    """Send half a packet every 20 ms: a timeout that starts anew with each would never end."""
    return [Reply(query.honest.encode()[:24], number * 0.02) for number in range(250)]


def noise(_: Query) -> Iterable[Reply]:
    """Send random bytes of every length."""
    return [Reply(os.urandom(length), length * 0.0002) for length in range(500)]


def from_another_address(query: Query) -> Iterable[Reply]:
    """Send an honest reply from an address that wasn't asked, as a server of several may."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", 0))
        other.sendto(query.honest.encode(), query.sender)
    return ()


def from_another_port(query: Query) -> Iterable[Reply]:
    """Forge a perfect reply, 7 s off, but from a port that was never asked."""
    host = query.sender[0]
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(ahead(query.honest, 7).encode(), query.sender)
    return ()
