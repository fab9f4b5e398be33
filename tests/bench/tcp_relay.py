"""A TCP path that takes its time: each direction its own, some of it at random. The order of bytes is kept.

A relay in user space, because not every kernel has netem. To connect costs nothing, which a real path makes cost one
round trip: what is measured here are exchanges.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Coroutine
from typing import NamedTuple, final

_PIECE = 65_536
_START_S = 10.0


class Way(NamedTuple):
    """How long one direction takes: `delay_s`, give or take `jitter_s`."""

    delay_s: float
    jitter_s: float = 0.0


@final
class TcpRelay:
    """Hands on every connection to *target*, from a thread of its own."""

    host = "127.0.0.1"

    def __init__(self, target: tuple[str, int], out: Way, back: Way, seed: int = 1) -> None:
        """Connect nothing yet: `port` is known from `__enter__` on."""
        self._target, self._out, self._back = target, out, back
        self._draw = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="tcp relay", daemon=True)
        self._ready = threading.Event()
        self._over = asyncio.Event()
        self.port = 0
        self.connections = 0
        self._accepted: list[asyncio.StreamWriter] = []

    def __enter__(self) -> "TcpRelay":
        """Start."""
        self._thread.start()
        assert self._ready.wait(_START_S), "the relay did not start"
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop; what is still under way is lost."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for writer in self._accepted:
            writer.transport.abort()
        await asyncio.sleep(0)  # what was aborted is closed in the next turn of the loop

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Coroutine[None, None, None]:
        """Keep the writer: a task that is cancelled before it begins closes nothing."""
        self._accepted.append(writer)
        return self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        # Of a handler that was cancelled asyncio tells on stderr, as if it were a defect; ours is, by `__exit__`.
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, self._out), self._carry(far_reader, writer, self._back)
            )
        except asyncio.CancelledError:
            pass
        finally:
            for each in (writer, far_writer):
                each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        """Write each piece when its time has come, none before an earlier one; then end what is written."""
        loop, arrives_s, pending = asyncio.get_running_loop(), 0.0, asyncio.Queue[tuple[float, bytes]]()
        writing = asyncio.ensure_future(self._deliver(pending, writer))
        piece = b"-"
        while piece:
            try:
                piece = await reader.read(_PIECE)
            except ConnectionError:
                piece = b""
            takes_s = way.delay_s + self._draw.uniform(-way.jitter_s, way.jitter_s)
            arrives_s = max(arrives_s, loop.time() + takes_s)
            pending.put_nowait((arrives_s, piece))
        await writing

    async def _deliver(self, pending: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            arrives_s, piece = await pending.get()
            await asyncio.sleep(arrives_s - loop.time())
            with contextlib.suppress(ConnectionError):
                if piece:
                    writer.write(piece)
                    await writer.drain()
                elif writer.can_write_eof():
                    writer.write_eof()
            if not piece:
                return
