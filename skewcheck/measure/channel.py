"""A connected UDP socket to one NTP server: requests go out, samples, refusals and network errors come back.

The socket is connected, so that the kernel drops packets from anybody else and hands on ICMP errors.
"""

import errno
import math
import socket
from collections import Counter

from skewcheck.measure import ntp
from skewcheck.measure.addresses import Address, peer_of
from skewcheck.measure.localclock import LocalClock

BATCH = 32
"""Packets read in one go before the other sockets get their turn: a flood must not starve them."""


def _reference_id(address: str) -> str | None:
    """Return what the reference ID of a server is that follows *address*; None of a loopback address: all have it."""
    if address.startswith("127.") or address == "::1":
        return None
    if ":" not in address:
        return address
    from hashlib import md5

    packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    return ".".join(str(byte) for byte in md5(packed, usedforsecurity=False).digest()[:4])


class Channel:
    """One connected socket and the requests that are open on it."""

    def __init__(self, address: Address, clock: LocalClock) -> None:
        """Open the socket; raises OSError where the host can't even try."""
        self.address = address
        self.dropped: Counter[str] = Counter()
        self.refusal: ntp.Refusal | None = None
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
            self._own_address: str = self.socket.getsockname()[0]
            self.peer = peer_of(self.socket)
            """Whom it reached."""
        except OSError:
            self.socket.close()
            raise

    def send(self) -> None:
        """Send one request; raises OSError."""
        request = ntp.request()
        self.requests += 1
        self.sent_at_s = self._clock.elapsed_s()
        self._travel_s[request.nonce] = self._clock.travelled_s()
        self._open[request.nonce] = self._clock.now_s()
        self.socket.send(request.packet)

    def receive(self) -> ntp.Sample | None:
        """Read what has come, at most a batch, until one reply is believed; return that, else None.

        What is refused is counted in `dropped`, and the most telling one kept as `refusal`: the first that
        returned our nonce, else the first. Raises OSError where the network says that nothing will come.
        """
        for _ in range(BATCH):
            try:
                data = self.socket.recv(ntp.RECEIVE_BYTES)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno == errno.EMSGSIZE:  # Windows says so of a packet that it cut
                    continue
                raise
            verdict = ntp.read_reply(data, self._open, self._clock.now_s(), self._clock.resolution_s)
            if not isinstance(verdict, ntp.Refusal):
                nonce, sample = verdict
                if self._follows_us(sample):
                    self._refuse(ntp.Refusal("sync-loop", "it takes its time from this host"))
                    continue
                self._clock.travelled_s()  # a look at the moment that the range rests on
                del self._open[nonce]
                self.refused_at_s = math.inf  # what came before it was forged, or the server thought better of it
                return sample._replace(travel_s=self._travel_s.pop(nonce))
            self._refuse(verdict)
        return None

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def _follows_us(self, sample: ntp.Sample) -> bool:
        """Tell whether a server's reference ID is our address as that server sees it (RFC 5905 §7.3)."""
        return sample.exchange.stratum > 1 and sample.exchange.reference_id == _reference_id(self._own_address)

    def _refuse(self, refusal: ntp.Refusal) -> None:
        self.dropped[refusal.reason] += 1
        if refusal.authentic:
            self.refused_at_s = min(self.refused_at_s, self._clock.elapsed_s())
        if self.refusal is None or (refusal.authentic and not self.refusal.authentic):
            self.refusal = refusal
