"""One host over many connections, each opened a little before its moment, to all addresses of its name in turn."""

import contextlib
import functools
import queue
import threading
from collections.abc import Callable, Sequence

from skewcheck.errors import HostError
from skewcheck.measure.addresses import Address, Trouble, start_thread
from skewcheck.measure.connection import Resolver
from skewcheck.measure.date_evidence import Reply, Request
from skewcheck.measure.transport import HttpTransport, rest

_LOOK_S = 0.1
"""How often it is looked whether waiting still makes sense."""
_SPARE_S = 0.25
"""Before the deadline nothing is waited for any more: what was found is still to be told in time."""
_OPENS_S = 0.6
"""Before its moment a connection begins to be opened: a dozen round trips of a slow path."""


class SpreadingTransport(HttpTransport):
    """Asks one host over one connection, and beside it over others. Implements `date_evidence.Transport`."""

    def spread(self, request: Request, moments_s: Sequence[float], stops: Callable[[Reply], bool]) -> "HttpSpread":
        """Begin to send *request* at these local times, each over a new connection that is opened before."""
        others = [
            HttpTransport(
                self._endpoint,
                clock=self._clock,
                deadline_s=self._deadline_s,
                family=self._family,
                trusted=self._trusted,
                ca_file=self._ca_file,
                resolver=_beginning_at(self.found, number) if self.found else self._resolver,
                max_requests=1,
            )
            for number in range(1, len(moments_s) + 1)
        ]
        return HttpSpread(others, request, moments_s, stops)


def _beginning_at(found: Sequence[Address], number: int) -> Resolver:
    """Return what gives the addresses that were *found*, another one first for each *number*."""
    first = number % len(found)
    return lambda *_: [*found[first:], *found[:first]]


class HttpSpread:
    """Implements `date_evidence.Spread`: a thread for each connection."""

    def __init__(
        self,
        transports: Sequence[HttpTransport],
        request: Request,
        moments_s: Sequence[float],
        stops: Callable[[Reply], bool],
    ) -> None:
        """Begin."""
        self._request, self._stops = request, stops
        self._came: queue.SimpleQueue[Reply | Trouble] = queue.SimpleQueue()
        self._plans = sorted(zip(moments_s, transports, strict=True), key=lambda plan: plan[0])
        self._over = threading.Event()
        self.stopped = False
        try:
            start_thread(self._begin_each)
        except HostError:
            self._plans = []

    def collect(self, patience_s: float) -> "list[Reply | Trouble]":
        """Return what came so far, and until *patience_s* after the last of the moments; no more are sent then."""
        came: list[Reply | Trouble] = []
        while len(came) < len(self._plans) and not self.stopped:
            last_s, transport = self._plans[-1]
            wait_s = min(last_s + patience_s - transport.now_s(), transport.left_s() - _SPARE_S)
            if wait_s <= 0:
                break
            with contextlib.suppress(queue.Empty):
                came.append(self._came.get(timeout=min(wait_s, _LOOK_S)))
        self._over.set()
        with contextlib.suppress(queue.Empty):
            while True:
                came.append(self._came.get_nowait())
        due = sum(at_s <= transport.now_s() for at_s, transport in self._plans)
        return came + [Trouble("stalled", "no reply in time", sent=1)] * (due - len(came))

    def _begin_each(self) -> None:
        for at_s, transport in self._plans:
            while (ahead_s := at_s - _OPENS_S - transport.now_s()) > 0 and not self._over.is_set():
                rest(min(ahead_s, _LOOK_S))
            if self._over.is_set():
                return
            with contextlib.suppress(HostError):  # no room for one more thread: one connection less
                start_thread(functools.partial(self._ask, transport, at_s))

    def _ask(self, transport: HttpTransport, at_s: float) -> None:
        with contextlib.closing(transport):
            reply = transport.exchange(self._request, at_s, unless=self._over.is_set)
        if isinstance(reply, Reply) and self._stops(reply):
            self.stopped = True
            self._over.set()
        self._came.put(reply)
