"""A network path that misbehaves: a UDP relay that delays, loses, repeats and reorders packets.

A relay in user space, because not every kernel has netem. The true skew of what is behind it doesn't change.
"""

import itertools
import socket
from collections.abc import Iterator, Sequence
from functools import partial
from typing import final

from skewcheck.lab.ntp import Sender, UdpLoop

Route = Iterator[Sequence[float]]
"""For each packet in turn, after how many seconds each copy of it arrives: none is a loss, two a duplicate."""


def delay(by_s: float) -> Route:
    """Every packet takes *by_s*."""
    return itertools.repeat((by_s,))


def fates(*packets: Sequence[float]) -> Route:
    """Decide the first packets one by one; those after them share the last one's fate."""
    return itertools.chain(packets, itertools.repeat(packets[-1]))


@final
class Relay:
    """Hands on what it gets to *target*, and the replies back to whoever asked, from a thread of its own."""

    def __init__(
        self, target: tuple[str, int], out: Route, back: Route, address: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Open the socket, so that `address` is known; packets are handed on from `__enter__` on."""
        self._target, self._out, self._back = target, out, back
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind((address, port))
        self._loop = UdpLoop("relay")
        self._loop.listen(self._front, self._hand_on)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on."""
        host, port = self._front.getsockname()
        return host, port

    @property
    def server(self) -> str:
        """How a user names it."""
        return "{}:{}".format(*self.address)

    def __enter__(self) -> "Relay":
        """Start."""
        self._loop.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop; what is still under way is lost."""
        self._loop.stop()

    def _hand_on(self, data: bytes, client: Sender) -> None:
        """Give the client a socket of its own towards the target, and send what it asked."""
        behind = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        behind.connect(self._target)
        self._loop.listen(behind, partial(self._hand_back, client))
        for delay_s in next(self._out):
            self._loop.later(delay_s, partial(behind.send, data))

    def _hand_back(self, client: Sender, data: bytes, _: Sender) -> None:
        for delay_s in next(self._back):
            self._loop.later(delay_s, partial(self._front.sendto, data, client))
