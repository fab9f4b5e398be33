"""One NTP exchange: the request, what a packet that comes back is worth (RFC 5905), and the socket in between.

ntplib is the codec and nothing more: its client believes whatever comes first from the right address. Here
the request's transmit timestamp is 64 random bits and all other fields are zero, so that a packet which does
not return those bits is no reply of ours; and every packet passes the tests of RFC 5905 before it counts.
"""

import contextlib
import errno
import math
import os
import socket
import sys
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import ntplib

from skewcheck import foreign
from skewcheck.measure.addresses import Address, follower_id, peer_of
from skewcheck.measure.localclock import DRIFT_PPM, LocalClock
from skewcheck.model import Exchange, Interval

PACKET_BYTES = 48
RECEIVE_BYTES = 1024
"""An honest reply has 48 bytes and perhaps extension fields; what is longer is cut off unread."""
VERSION = 4
_READABLE_VERSIONS = (3, VERSION)
_CLIENT, _SERVER = 3, 4
_ALARM = 3
_UNSYNCHRONISED_STRATUM = 16
MAX_ROOT_DISTANCE_S = 16.0
"""RFC 5905 §7.2, MAXDISP: a server that claims no better than this claims nothing."""
_ERA_S = 2.0**32
_PIVOT_S = 1577836800.0
"""2020-01-01. Timestamps wrap every 136 years (RFC 5905 §6); a server's time is read as the first such moment after
this, whatever the local clock says: it may be the one that is 68 years off."""
_FLOAT_S = 1e-6
"""ntplib keeps seconds since 1900 in a float: one unit in the last place is 0.48 µs today."""
_ORIGIN, _RECEIVE, _TRANSMIT = slice(24, 32), slice(32, 40), slice(40, 48)
_KISS_REASONS = {b"RATE": "kod-rate", b"DENY": "kod-deny", b"RSTR": "kod-rstr"}
_NOT_READY = (b"INIT", b"STEP", b"\0\0\0\0")


class Sample(NamedTuple):
    """A believed reply: what it said, and the range of skew (local - UTC) that it proves by causality."""

    exchange: Exchange
    interval: Interval
    travel_s: float = 0.0
    """How far the local clock had been slewed when the request went out."""


class Refusal(NamedTuple):
    """A packet that is not believed, and why."""

    reason: str
    detail: str
    authentic: bool = True
    """It returned our 64 bits: whoever sent it saw our request."""


def request(nonce: bytes) -> bytes:
    """Return a new request, which tells the server nothing of this host's clock; its reply has to return *nonce*."""
    blank = ntplib.NTPPacket(version=VERSION, mode=_CLIENT, tx_timestamp=0).to_data()
    return bytes(blank[: _TRANSMIT.start]) + nonce


def read_reply(
    data: bytes, sent: Mapping[bytes, float], t4_s: float, resolution_s: float
) -> tuple[bytes, Sample] | Refusal:
    """Return what *data* proves, with the nonce that it answers, or why it is refused.

    *sent* maps the nonce of each open request to the local time at which it went out; *t4_s* is the local
    time at which *data* was read, *resolution_s* how exact these two are. All Unix seconds.
    """
    refusal = _not_ours(data, sent)
    if refusal is not None:
        return refusal
    nonce = data[_ORIGIN]
    packet = ntplib.NTPStats()
    packet.from_data(data)
    refusal = _no_time_to_tell(packet, data)
    if refusal is not None:
        return refusal
    exchange = _exchange(packet, data, sent[nonce], t4_s)
    refusal = _impossible(exchange, resolution_s)
    return (nonce, Sample(exchange, proven_range(exchange, resolution_s))) if refusal is None else refusal


def proven_range(exchange: Exchange, resolution_s: float) -> Interval:
    """Return the range of skew that one exchange proves if the server's claims about itself are true.

    The request was received after it was sent, the reply sent before it was received: nothing is assumed
    of the path. The server's own distance from UTC (RFC 5905 §11.2: root delay / 2 + root dispersion +
    precision), the exactness of local time and drift during the exchange widen it.
    """
    t1_s, t2_s, t3_s, t4_s = exchange[:4]
    drift_s = DRIFT_PPM * 1e-6 * max(0.0, t4_s - t1_s)
    return Interval(t1_s - t2_s, t4_s - t3_s).widened(exchange.root_distance_s + resolution_s + drift_s + _FLOAT_S)


def _not_ours(data: bytes, sent: Mapping[bytes, float]) -> Refusal | None:
    """Tell what isn't the reply to one of our open requests (RFC 5905 §9.2, packet tests 2 and 3)."""
    if len(data) < PACKET_BYTES:
        return Refusal("runt", f"a packet of {len(data)} bytes; NTP has at least {PACKET_BYTES}", authentic=False)
    if data[_TRANSMIT] in sent and data[0] & 7 == _CLIENT:
        return Refusal("reflected", "our own packet came back", authentic=False)
    if data[_ORIGIN] == bytes(8):
        return Refusal("origin-zero", "a reply that returns none of our request", authentic=False)
    if data[_ORIGIN] not in sent:
        return Refusal(
            "origin-mismatch", "a reply to a request that isn't open: forged, late or repeated", authentic=False
        )
    return None


def _no_time_to_tell(packet: ntplib.NTPStats, data: bytes) -> Refusal | None:
    """Tell what answers us without telling the time (RFC 5905 §7.3, §7.4; packet tests 3 and 6 of §9.2)."""
    if packet.mode != _SERVER:
        return Refusal("not-a-reply", f"mode {packet.mode}; a server answers in mode {_SERVER}")
    if packet.version not in _READABLE_VERSIONS:
        return Refusal("bad-version", f"NTP version {packet.version}; asked in version {VERSION}")
    if packet.stratum == 0 and data[12:16] in _KISS_REASONS:
        what = "wait, and ask less often" if data[12:16] == b"RATE" else "the server declines"
        return Refusal(_KISS_REASONS[data[12:16]], f"{what} (kiss-o'-death {data[12:16].decode()})")
    if packet.stratum == 0 and data[12:16] not in _NOT_READY:
        return Refusal("kod", f"the server declines (kiss-o'-death {_ascii(data[12:16])})")
    if packet.leap == _ALARM or not 0 < packet.stratum < _UNSYNCHRONISED_STRATUM:
        return Refusal(
            "unsynchronised",
            f"the server says itself that it is not synchronised (leap {packet.leap}, stratum {packet.stratum})",
        )
    if bytes(8) in (data[_RECEIVE], data[_TRANSMIT]):
        return Refusal("zero-timestamps", "a reply without the server's time")
    return None


def _impossible(exchange: Exchange, resolution_s: float) -> Refusal | None:
    """Tell times that can't be (RFC 5905 §9.2, packet test 7, and causality)."""
    grain_s = exchange.precision_s + _FLOAT_S
    if exchange.root_distance_s >= MAX_ROOT_DISTANCE_S:
        return Refusal("root-distance", f"the server claims to be right only to {exchange.root_distance_s:.0f} s")
    if exchange.t3_s < exchange.t2_s - grain_s:
        return Refusal("ran-backwards", "the server sent its reply before it received the request")
    if exchange.reference_age_s is not None and exchange.reference_age_s < -grain_s:
        return Refusal("reference-future", "the server was last set later than it sent this reply")
    if exchange.delay_s < -(grain_s + resolution_s):
        return Refusal("negative-delay", "the reply arrived before it was sent")
    return None


def _exchange(packet: ntplib.NTPStats, data: bytes, t1_s: float, t4_s: float) -> Exchange:
    t2_s = _unix_s(packet.recv_timestamp, _PIVOT_S + _ERA_S / 2)
    t3_s = _unix_s(packet.tx_timestamp, _PIVOT_S + _ERA_S / 2)
    reference_s = _unix_s(packet.ref_timestamp, t3_s)
    return Exchange(
        t1_s=t1_s,
        t2_s=t2_s,
        t3_s=t3_s,
        t4_s=t4_s,
        leap=packet.leap,
        version=packet.version,
        stratum=packet.stratum,
        poll=packet.poll if packet.poll < 128 else packet.poll - 256,  # ntplib reads it without its sign
        precision_s=2.0**packet.precision,
        root_delay_s=packet.root_delay,
        root_dispersion_s=packet.root_dispersion,
        reference_id=_reference_id(packet.stratum, data[12:16]),
        reference_age_s=None if packet.ref_timestamp == 0 else t3_s - reference_s,
    )


def _unix_s(ntp_s: float, near_s: float) -> float:
    """Return an NTP timestamp as Unix seconds in the era that puts it nearest to *near_s* (RFC 5905 §6)."""
    unfolded_s = ntp_s - float(ntplib.NTP.NTP_DELTA)
    return unfolded_s + _ERA_S * round((near_s - unfolded_s) / _ERA_S)


def _reference_id(stratum: int, raw: bytes) -> str:
    """Return the reference ID as RFC 5905 §7.3 reads it: a name at stratum 1, if it is one, else four numbers."""
    name = _ascii(raw)
    return name if stratum <= 1 and name.isalnum() and name.isascii() else ".".join(str(byte) for byte in raw)


def _ascii(raw: bytes) -> str:
    return foreign.text(raw.rstrip(b"\0").decode("latin-1"))


# --- The sockets: connected, so that the kernel drops packets from anybody else and hands on ICMP errors ---
#
# One more, on the same port, hears what comes from elsewhere. That is never believed: a server of several addresses may
# answer so, and then it isn't silent.

BATCH = 32
"""Packets read in one go before the other sockets get their turn: a flood must not starve them."""


_SHARES_PORTS = sys.platform == "linux"
"""A connected socket gets its peer's packets there, and one beside it on the same port all others."""


def _stray(connected: socket.socket) -> socket.socket | None:
    """Return a socket on the port of *connected* that hears everybody else; None where the system has none to give.

    That port was chosen before it may be shared, so that no other of ours is on it.
    """
    if not _SHARES_PORTS:
        return None
    with contextlib.suppress(OSError):
        stray = socket.socket(connected.family, socket.SOCK_DGRAM)
        try:
            stray.settimeout(0)
            for each in (connected, stray):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stray.bind(connected.getsockname())
        except OSError:
            stray.close()
            raise
        return stray
    return None


class Channel:
    """One connected socket and the requests that are open on it."""

    def __init__(self, address: Address, clock: LocalClock) -> None:
        """Open the socket; raises OSError where the host can't even try."""
        self.address = address
        self.dropped: Counter[str] = Counter()
        self.refusal: Refusal | None = None
        self.sent_at_s = 0.0
        """When the newest request went out; moments are seconds of `LocalClock.elapsed_s`."""
        self.requests = 0
        self.refused_at_s = math.inf
        """When the first reply was refused that had returned our nonce; inf: none was."""
        self._clock = clock
        self._open: dict[bytes, float] = {}
        self._travel_s: dict[bytes, float] = {}
        self.socket = socket.socket(address.family, socket.SOCK_DGRAM)
        try:
            self.socket.settimeout(0)
            self.socket.connect(address.at)
            self._asked, self._stray = self.socket.getpeername()[0], _stray(self.socket)
            self._follower_id = follower_id(self.socket.getsockname()[0])
            self.peer = peer_of(self.socket)
            """Whom it reached."""
        except OSError:
            self.socket.close()
            raise

    @property
    def sockets(self) -> list[socket.socket]:
        """What to listen on."""
        return [self.socket, *([] if self._stray is None else [self._stray])]

    def send(self) -> None:
        """Send one request; raises OSError."""
        nonce = os.urandom(8)
        packet = request(nonce)
        self.requests += 1
        self.sent_at_s = self._clock.elapsed_s()
        self._travel_s[nonce] = self._clock.travelled_s()
        self._open[nonce] = self._clock.now_s()
        self.socket.send(packet)

    def receive(self) -> Sample | None:
        """Read what has come, at most a batch, until one reply is believed; return that, else None.

        What is refused is counted in `dropped`, and the most telling one kept as `refusal`: the first that
        returned our nonce, else the first. Raises OSError where the network says that nothing will come.
        """
        self._hear_others()
        for _ in range(BATCH):
            try:
                data = self.socket.recv(RECEIVE_BYTES)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno == errno.EMSGSIZE:  # Windows says so of a packet that it cut
                    continue
                raise
            verdict = read_reply(data, self._open, self._clock.now_s(), self._clock.resolution_s)
            if not isinstance(verdict, Refusal):
                nonce, sample = verdict
                # a server's reference ID is the address of whom it follows (RFC 5905 §7.3)
                if sample.exchange.stratum > 1 and sample.exchange.reference_id == self._follower_id:
                    self._refuse(Refusal("sync-loop", "it takes its time from this host"))
                    continue
                self._clock.travelled_s()  # a look at the moment that the range rests on
                del self._open[nonce]
                self.refused_at_s = math.inf  # what came before it was forged, or the server thought better of it
                return sample._replace(travel_s=self._travel_s.pop(nonce))
            self._refuse(verdict)
        return None

    def close(self) -> None:
        """Close the sockets."""
        for opened in self.sockets:
            opened.close()

    def _hear_others(self) -> None:
        """Read what came from other addresses than the one that was asked; only what returns our nonce is told."""
        for _ in range(BATCH):
            if self._stray is None:
                return
            try:
                data, sender = self._stray.recvfrom(RECEIVE_BYTES)
            except OSError:
                return
            if data[_ORIGIN] in self._open and sender[0] != self._asked:
                detail = f"the reply came from {sender[0]}, not from the address that was asked"
                self._refuse(Refusal("other-address", detail))

    def _refuse(self, refusal: Refusal) -> None:
        self.dropped[refusal.reason] += 1
        if refusal.authentic:
            self.refused_at_s = min(self.refused_at_s, self._clock.elapsed_s())
        if self.refusal is None or (refusal.authentic and not self.refusal.authentic):
            self.refusal = refusal
