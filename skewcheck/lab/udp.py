"""UDP sockets served by one thread, where an answer may also be due later. What lab servers stand on."""

import heapq
import itertools
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

_LONGEST_PACKET_BYTES = 2048

Sender = Any
"""A socket address, as the socket's family has it."""


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
