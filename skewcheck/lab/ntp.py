"""An NTP server on this machine whose error, and whose path, are parameters (RFC 5905 packets, made by hand).

It shares no code with what measures it: what is set up here must not come from what is tested with it.
"""

import heapq
import itertools
import math
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple, final

_UPSTREAMS = itertools.count(1)
"""What each server is taken to follow, where nothing else is said: another one each."""
Sender = Any
"""A socket address, as the socket's family has it."""
_NTP_EPOCH_S = 2_208_988_800
"""1970-01-01 in seconds since 1900-01-01 (RFC 5905 §6)."""
_FORMAT = struct.Struct("!BBbbII4s8s8s8s8s")
_CLIENT_MODE, _SERVER_MODE = 3, 4
_SET_BEFORE_S = 10.0
"""How long ago the server says that its clock was set."""


def timestamp(unix_s: float) -> bytes:
    """Return *unix_s* as 64 bits: seconds since 1900, modulo the era, and their fraction (RFC 5905 §6)."""
    return ((math.floor(unix_s * 2**32) + (_NTP_EPOCH_S << 32)) % 2**64).to_bytes(8, "big")


class Packet(NamedTuple):
    """The fields of an NTP packet (RFC 5905 §7.3); timestamps as their 64 bits."""

    receive: bytes
    transmit: bytes
    origin: bytes
    reference: bytes
    reference_id: bytes
    root_delay_s: float = 0.0
    root_dispersion_s: float = 0.0
    leap: int = 0
    version: int = 4
    mode: int = _SERVER_MODE
    stratum: int = 2
    poll: int = 6
    precision: int = -20
    """A power of two: 2**-20 s is 1 µs."""

    def encode(self) -> bytes:
        """Return the 48 bytes."""
        return _FORMAT.pack(
            self.leap << 6 | self.version << 3 | self.mode,
            self.stratum,
            self.poll,
            self.precision,
            round(self.root_delay_s * 2**16),
            round(self.root_dispersion_s * 2**16),
            self.reference_id,
            self.reference,
            self.origin,
            self.receive,
            self.transmit,
        )


class Query(NamedTuple):
    """A request as it arrived, and the reply that an honest server gives to it."""

    data: bytes
    sender: Sender
    honest: Packet


class Reply(NamedTuple):
    """Bytes to send back, and how long after the honest moment."""

    data: bytes
    after_s: float = 0.0


Behaviour = Callable[[Query], Iterable[Reply]]


def honest(query: Query) -> Iterable[Reply]:
    """Answer once, and say what the clock says."""
    return (Reply(query.honest.encode()),)


@final
class NtpServer:
    """A server that answers from a thread of its own while the context is open.

    Its clock shows *clock* + *ahead_s*; it claims *root_delay_s* and *root_dispersion_s*. A request takes
    *delay_out_s* to reach it, a reply *delay_back_s* to leave it. *behaviour* turns a request into replies.
    """

    def __init__(
        self,
        ahead_s: float = 0.0,
        *,
        root_delay_s: float = 0.001,
        root_dispersion_s: float = 0.0005,
        delay_out_s: float = 0.0,
        delay_back_s: float = 0.0,
        stratum: int = 2,
        reference_id: bytes | None = None,
        behaviour: Behaviour = honest,
        address: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the socket, so that `address` is known; raises OSError. Answers begin with `__enter__`.

        *reference_id* shows whom it follows; None: somebody whom no other server does.
        """
        self._ahead_s = ahead_s
        self._root_delay_s, self._root_dispersion_s = root_delay_s, root_dispersion_s
        self._stratum = stratum
        self._reference_id = bytes((192, 0, 2, next(_UPSTREAMS) % 256)) if reference_id is None else reference_id
        self._delay_out_s, self._delay_back_s = delay_out_s, delay_back_s
        self._behaviour, self._clock = behaviour, clock
        self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((address, port))
        except OSError:
            self._socket.close()
            raise
        self._loop = UdpLoop("lab NTP server")
        self._loop.listen(self._socket, self._arrive)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def __enter__(self) -> "NtpServer":
        """Start to answer."""
        self._loop.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop at once; replies that are still under way are lost."""
        self._loop.stop()

    def _arrive(self, data: bytes, sender: Sender) -> None:
        self._loop.later(self._delay_out_s, partial(self._answer, data, sender))

    def _answer(self, data: bytes, sender: Sender) -> None:
        """Take a request that has come through its path."""
        if len(data) < _FORMAT.size or data[0] & 7 != _CLIENT_MODE:
            return
        for reply in self._behaviour(Query(data, sender, self._packet(data))):
            self._loop.later(self._delay_back_s + reply.after_s, partial(self._socket.sendto, reply.data, sender))

    def _packet(self, data: bytes) -> Packet:
        received_s = self._clock() + self._ahead_s
        return Packet(
            receive=timestamp(received_s),
            transmit=timestamp(self._clock() + self._ahead_s),
            origin=data[40:48],
            reference=timestamp(received_s - _SET_BEFORE_S),
            reference_id=self._reference_id,
            root_delay_s=self._root_delay_s,
            root_dispersion_s=self._root_dispersion_s,
            version=data[0] >> 3 & 7,
            stratum=self._stratum,
        )


# --- UDP sockets served by one thread, where an answer may also be due later ---

_LONGEST_PACKET_BYTES = 2048


class UdpLoop:
    """Hands packets to functions as they arrive, and does what is due, in a thread of its own."""

    def __init__(self, name: str) -> None:
        """Prepare; *name* is the thread's."""
        self._takers: dict[socket.socket, Callable[[bytes, Sender], object]] = {}
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._stopped, self._stop = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def listen(self, opened: socket.socket, take: Callable[[bytes, Sender], object]) -> None:
        """Call *take* with every packet that arrives on *opened*, which is closed in the end."""
        self._takers[opened] = take

    def later(self, delay_s: float, action: Callable[[], object]) -> None:
        """Call *action* after *delay_s*, in order of time; only from within the loop's own functions."""
        heapq.heappush(self._due, (time.monotonic() + delay_s, next(self._numbers), action))

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End at once, without what is still due, and close the sockets."""
        self._stop.shutdown(socket.SHUT_RDWR)  # closing would not do where a forked process still holds it
        self._thread.join()
        for opened in (self._stop, self._stopped, *self._takers):
            opened.close()

    def _run(self) -> None:
        while True:
            wait_s = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            readable, _, _ = select.select([self._stopped, *self._takers], [], [], wait_s)
            if self._stopped in readable:
                return
            for opened in readable:
                self._takers[opened](*opened.recvfrom(_LONGEST_PACKET_BYTES))
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()
