"""Places for what a program writes: readers that are slow, pipes that are full, terminals that were stopped."""

import contextlib
import fcntl
import os
import pty
import socket
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator

PAGE = 4096
"""The least that a pipe holds."""
_BEFORE_S, _BETWEEN_S, _PIECE = 0.3, 0.01, 300
_FILLER, _REFUSALS = b"\0", 10

Opened = tuple[int, int]
"""The descriptors of the reader and of the writer."""


def pipe() -> Opened:
    """Return a pipe that holds one page."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PAGE)
    return reader, writer


def stream() -> Opened:
    """Return two sockets that hold a few packets of a stream."""
    return _sockets(socket.SOCK_STREAM)


def packets() -> Opened:
    """Return two sockets that hold a few packets."""
    return _sockets(socket.SOCK_SEQPACKET)


def terminal() -> Opened:
    """Return a terminal that hands on each byte as it is."""
    reader, writer = pty.openpty()
    tty.setraw(writer)
    return reader, writer


def _sockets(kind: int) -> Opened:
    writer, reader = socket.socketpair(socket.AF_UNIX, kind)
    writer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the kernel takes its least
    return reader.detach(), writer.detach()


def fill(writer: int) -> None:
    """Write until nothing more is taken, also a moment later: a terminal moves on what it has."""
    blocking = os.get_blocking(writer)
    os.set_blocking(writer, False)
    refused = 0
    while refused < _REFUSALS:
        try:
            os.write(writer, _FILLER * (100 if refused == 0 else 1))
        except BlockingIOError:
            refused += 1
            time.sleep(_BETWEEN_S)
        else:
            refused = 0
    os.set_blocking(writer, blocking)


@contextlib.contextmanager
def full(opened: Callable[[], Opened] = pipe, *, blocking: bool = True) -> Iterator[int]:
    """Give a writer of a place that is full, and that nobody reads from."""
    reader, writer = opened()
    fill(writer)
    os.set_blocking(writer, blocking)
    try:
        yield writer
    finally:
        os.close(reader)
        os.close(writer)


@contextlib.contextmanager
def stopped() -> Iterator[int]:
    """Give a terminal at which somebody has pressed Ctrl-S."""
    reader, writer = pty.openpty()
    termios.tcflow(writer, termios.TCOOFF)
    try:
        yield writer
    finally:
        os.close(reader)
        os.close(writer)


class SlowReader:
    """Reads from a place that was full when it began, a little at a time."""

    def __init__(self, opened: Callable[[], Opened], *, blocking: bool) -> None:
        """Open and fill it; `writer` is for the program."""
        self._reader, self.writer = opened()
        self._piece = PAGE if opened is packets else _PIECE  # what isn't read of a packet is lost
        fill(self.writer)
        os.set_blocking(self.writer, blocking)
        self._came = bytearray()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        time.sleep(_BEFORE_S)
        with contextlib.suppress(OSError):  # a terminal whose other side is closed
            while piece := os.read(self._reader, self._piece):
                self._came += piece
                time.sleep(_BETWEEN_S)

    def end(self) -> bytes:
        """Close the writer, wait for the rest, and return all that came."""
        if os.isatty(self.writer):
            termios.tcdrain(self.writer)  # closing it drops what is on its way
        os.close(self.writer)
        self._thread.join()
        os.close(self._reader)
        return bytes(self._came).lstrip(_FILLER)
