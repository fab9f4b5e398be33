"""A `.gz`, unpacked block by block; what comes before a damage is kept."""

import zlib
from typing import IO

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
