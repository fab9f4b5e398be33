"""Recorded requests, in whatever people have them: a file -> its events, one by one, in bounded memory.

A log may have any length. A line has 64 KiB, an entry of a HAR 16 MiB; 64 MiB or half a million lines of which none is
understood end a file, and so does a `.gz` that unpacks to more than 500 times its size. What was left out is counted
and said.
"""

import csv
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import IO, Any

from skewcheck import foreign
from skewcheck.errors import InputError, UsageError
from skewcheck.logs import lines
from skewcheck.logs.records import BrokenOff, Reader, har_entries, har_event
from skewcheck.model.log import Event, LogFile
from skewcheck.visible import visible

__all__ = ["FORMATS", "Log", "Reader", "held", "merged", "opened"]

FORMATS = ("auto", "ndjson", "csv", "har", "lines")
MAX_LINE = 64 << 10
MAX_BARREN, MAX_BARREN_LINES = 64 << 20, 500_000
"""Bytes, and lines, without one that is understood."""
MAX_RATIO, UNPACKED_FREELY = 500, 256 << 20
"""Logs are packed to a tenth or a fiftieth; a zip bomb to a thousandth."""
_BLOCK = 256 << 10
_SNIFFED = 64 << 10
_REORDERED = 4096
"""Events within which times may stand out of order: a line is written when its reply is there."""
_MAX_NAME = 40
_WHOLE_S = 0.5
_NO_VALUE = frozenset({"", "-"})
_TOO_LONG = "too long"
_SCAN = json.JSONDecoder().raw_decode
"""`json.loads` without what looks for white space."""
_REMEDY = "a FILE that holds the log, or - for standard input"

Tell = Callable[[int, int | None], None]
"""Is told how many bytes are read, and of how many."""


class Log:
    """One file, read once."""

    def __init__(self, name: str, stream: IO[bytes], size: int | None, *, packed: bool, tell: Tell | None) -> None:
        """*name*: as it was given; *size*: in bytes, where it is known; *packed*: it is gzip."""
        self.name, self._stream, self._size, self._tell = name, stream, size, tell
        self._unpacked = Unpacker(stream) if packed else None
        self.file = LogFile(shown(name), "auto")
        self._lines = self._used = self._bad = 0
        self._first_bad: int | None = None
        self._ended: str | None = None
        self._bytes = 0

    def events(self, reader: Reader, read_as: str) -> Iterator[Event]:
        """Yield what is in it. Raises InputError for what is no HAR, though it is to be read as one."""
        try:
            first = self._block()
            kind = read_as if read_as != "auto" else sniffed(first[:_SNIFFED])
            self.file = self.file._replace(read_as=kind)
            if kind == "har":
                yield from self._counted(reader, har_entries(self._pieces(first)), har_event)
            else:
                texts = self._texts(first)
                yield from {"ndjson": self._ndjson, "csv": self._csv, "lines": self._plain}[kind](reader, texts)
        except BrokenOff:
            self._ended = "damaged"
        finally:
            self.file = LogFile(
                self.file.name, self.file.read_as, self._lines, self._used, self._bad, self._first_bad, self._ended
            )
            self._stream.close()

    # --- Bytes and lines ---

    def _block(self) -> bytes:
        try:
            block = self._stream.read(_BLOCK) if self._unpacked is None else self._unpacked.read(_BLOCK)
        except OSError as error:
            reason = foreign.text(error.strerror or "it broke off")
            raise InputError(f"{foreign.quoted(self.name)} can't be read: {reason}", _REMEDY) from None
        self._bytes += len(block)
        packed = self._bytes if self._unpacked is None else self._unpacked.read_bytes
        if self._unpacked is not None and self._unpacked.damaged:
            self._ended = "damaged"
        if self._bytes > UNPACKED_FREELY and self._bytes > MAX_RATIO * packed:
            self._ended = "unpacked"
            return b""
        if self._tell is not None:
            self._tell(packed, self._size)
        return block

    def _pieces(self, block: bytes) -> Iterator[str]:
        """Yield the text, block by block."""
        import codecs

        decoder = codecs.getincrementaldecoder(_encoding(block))("replace")
        while block:
            if text := decoder.decode(block):  # of half a character there is none yet
                yield text
            block = self._block()
        yield decoder.decode(b"", final=True)

    def _texts(self, block: bytes) -> Iterator[str]:
        """Yield the lines, without their ends; in the place of one that is too long stands a mark."""
        rest, too_long = "", False
        barren = barren_from = used = 0
        for piece in self._pieces(block):
            if used < self._used:
                barren, barren_from, used = 0, self._lines, self._used
            if barren > MAX_BARREN or self._lines - barren_from > MAX_BARREN_LINES:
                self._ended = "no-lines"
                return
            texts = (rest + piece).split("\n")
            rest = texts.pop()
            if too_long and texts:
                texts[0], too_long = _TOO_LONG, False
            if max(map(len, texts), default=0) > MAX_LINE:
                texts = [text if len(text) <= MAX_LINE else _TOO_LONG for text in texts]
            yield from texts
            if len(rest) > MAX_LINE:
                rest, too_long = "", True
            barren += len(piece)
        if rest or too_long:
            yield _TOO_LONG if too_long else rest

    # --- What they say ---

    def _counted(
        self, reader: Reader, records: Iterator[Any], read: Callable[[Reader, Any], Event | None]
    ) -> Iterator[Event]:
        for record in records:
            self._lines += 1
            event = read(reader, record)
            if event is not None:
                self._used += 1
                yield event
            else:
                self._other(reader, record)

    def _other(self, reader: Reader, record: Any) -> None:
        """Count what is no request: a message that quotes two times is understood."""
        if isinstance(record, str) and reader.note(record.replace("\\u003c", "<")):  # as Go writes it
            self._used += 1
            return
        self._bad += 1
        if self._first_bad is None:
            self._first_bad = self._lines

    def _ndjson(self, reader: Reader, texts: Iterator[str]) -> Iterator[Event]:
        return self._counted(reader, filter(None, map(str.strip, texts)), _record)

    def _csv(self, reader: Reader, texts: Iterator[str]) -> Iterator[Event]:
        cells = _Cells()
        names = [name.strip().strip("$") for name in cells.of(next(texts, "")) or ()]
        self._lines += 1

        def row(reader: Reader, text: str) -> Event | None:
            values = cells.of(text)
            if values is None:
                return None
            return reader.event({k: v for k, v in zip(names, values, strict=False) if v not in _NO_VALUE})

        return self._counted(reader, filter(str.strip, texts), row)

    def _plain(self, reader: Reader, texts: Iterator[str]) -> Iterator[Event]:
        readers, block = list(lines.READERS), lines.SdkBlock()
        for text in texts:
            self._lines += 1
            event, belongs = readers[0](reader, text), False
            if event is None:
                belongs, event = block.take(reader, text.rstrip("\r"))
            if event is None and not belongs:
                event = _by_others(readers, reader, text)
            if event is not None:
                self._used += 1
                yield event
            elif not belongs and text.strip():
                self._other(reader, text)
        ended = block.end(reader)
        if ended is not None:
            self._used += 1
            yield ended


def _record(reader: Reader, text: str) -> Event | None:
    try:
        record, end = _SCAN(text)
    except (ValueError, RecursionError):
        return None
    return reader.event(record) if end == len(text) and isinstance(record, dict) else None


class _Cells:
    """Lines of CSV -> their cells, each for itself: a quote that isn't closed would swallow the lines behind it."""

    def __init__(self) -> None:
        """One parser serves all lines: to make one takes longer than to use it."""
        self._line: list[str] = []
        self._parser = csv.reader(self, strict=True)

    def __iter__(self) -> Iterator[str]:
        """Return what the parser reads: itself."""
        return self

    def __next__(self) -> str:
        """Return the one line that there is."""
        if not self._line:
            raise StopIteration
        return self._line.pop()

    def of(self, line: str) -> list[str] | None:
        """Return them; None where the line breaks off within quotes."""
        self._line.append(line)
        try:
            return next(self._parser, None)
        except csv.Error:
            self._line.clear()
            return None


def _by_others(readers: list[lines.LineReader], reader: Reader, text: str) -> Event | None:
    """Return what another reader makes of a line; that one is asked first from then on."""
    for other in readers[1:]:
        event = other(reader, text)
        if event is not None:
            readers.remove(other)
            readers.insert(0, other)
            return event
    return None


def opened(name: str, tell: Tell | None = None) -> Log:
    """Return the log at *name*; `-` is standard input. Raises UsageError where there is none."""
    try:
        stream: IO[bytes] = os.fdopen(os.dup(0), "rb") if name == "-" else open(name, "rb")  # noqa: SIM115, PTH123 - closed by its reader
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no file can have that name"
        raise UsageError(f"{foreign.quoted(name)} can't be read: {foreign.text(reason)}", _REMEDY) from None
    try:
        size = os.fstat(stream.fileno()).st_size or None
        packed = stream.peek(2)[:2] == b"\x1f\x8b"  # type: ignore[attr-defined] # it is buffered
    except OSError as error:
        stream.close()
        reason = foreign.text(error.strerror or "no reason given")
        raise UsageError(f"{foreign.quoted(name)} can't be read: {reason}", _REMEDY) from None
    return Log(name, stream, size, packed=packed, tell=tell)


def held(content: bytes) -> Log:
    """Return *content* as a log."""
    return Log("demo", io.BytesIO(content), len(content), packed=False, tell=None)


def shown(name: str) -> str:
    """Return the name of a file without its folders, safe to show."""
    last = name.rpartition("/")[2]
    return "a file" if foreign.is_secret(last) else visible(last, _MAX_NAME)


def sniffed(begin: bytes) -> str:
    """Return what a file is by how it begins."""
    text = begin.decode(_encoding(begin), "replace").lstrip()
    first, _, rest = text.partition("\n")
    if text.startswith("{"):
        several = first.rstrip().endswith("}") and rest.lstrip().startswith("{")
        return "har" if re.match(r'\{\s*"log"\s*:\s*\{', text) and not several else "ndjson"
    names = {name.strip().strip('"$').lower() for name in first.split(",")}
    if len(names) > 2 and names & {"status", "statuscode", "status_code", "response_code"}:
        return "csv"
    return "lines"


def _encoding(begin: bytes) -> str:
    return "utf-16" if begin[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"


def merged(logs: list[Iterator[Event]]) -> Iterator[Event]:
    """Yield the events of all *logs* by their times, each log being in order but for a few thousand events."""
    if len(logs) == 1:
        for _, event in _in_order(logs[0]):
            yield event
        return
    import heapq

    for _, event in heapq.merge(*map(_in_order, logs), key=itemgetter(0)):
        yield event


def _in_order(events: Iterator[Event]) -> Iterator[tuple[float, Event]]:
    """Yield them sorted within a window: a request by when it was sent, a token by when it was there."""
    held: list[tuple[float, Event]] = []
    last_s = 0.0
    for event in events:
        start_s, end_s = event[0], event[1]
        at_s = (end_s if end_s is not None else start_s) if event[3] else (start_s if start_s is not None else end_s)
        if event[2] >= _WHOLE_S:  # within a second the order of the lines tells more
            at_s = last_s = max(last_s, at_s or 0.0)
        elif event[3] and at_s is not None:
            at_s -= event[2] / 2  # of two in one millisecond the token came first
        held.append((at_s or 0.0, event))
        if len(held) >= 2 * _REORDERED:
            held.sort(key=itemgetter(0))
            yield from held[:_REORDERED]
            del held[:_REORDERED]
    held.sort(key=itemgetter(0))
    yield from held


# --- A `.gz`, unpacked block by block: what comes before a damage is kept ---

_PACKED = 16 << 10


class Unpacker:
    """Members of gzip, one behind the other."""

    def __init__(self, stream: IO[bytes]) -> None:
        """*stream*: what is packed."""
        self._stream, self._rest = stream, b""
        self._inflate = _member()
        self.read_bytes = 0
        """So many packed ones."""
        self.damaged = False
        """It ends too early, or its sum is wrong, or its bytes are none of gzip."""

    def read(self, most: int) -> bytes:
        """Return at most so many bytes, or nothing at the end. Raises OSError."""
        while not self.damaged:
            packed = self._rest or self._more()
            if not packed:
                return b"" if self._inflate.eof else self._end()
            if self._inflate.eof:
                packed, self._rest = packed.lstrip(b"\0"), b""  # members may be padded
                if not packed:
                    continue
                self._inflate = _member()
            before = self._inflate.copy()
            try:
                unpacked = self._inflate.decompress(packed, most)
            except zlib.error:
                self.damaged = True
                return _until_damage(before, packed)
            self._rest = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            if unpacked:
                return unpacked
        return b""

    def _more(self) -> bytes:
        packed = self._stream.read(_PACKED)
        self.read_bytes += len(packed)
        return packed

    def _end(self) -> bytes:
        try:
            unpacked = self._inflate.flush()
        except zlib.error:
            unpacked = b""
        self.damaged = not self._inflate.eof
        return unpacked


def _member() -> "zlib._Decompress":
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


def _until_damage(inflate: "zlib._Decompress", packed: bytes) -> bytes:
    """Return what *packed* holds before the byte that is wrong: zlib gives nothing of a piece with a fault in it."""
    unpacked = bytearray()
    try:
        for at in range(len(packed)):
            unpacked += inflate.decompress(packed[at : at + 1])
    except zlib.error:
        pass
    return bytes(unpacked)
