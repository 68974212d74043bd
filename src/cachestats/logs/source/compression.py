"""Compressed bytes, told by how they begin, and what they expand to."""

from __future__ import annotations

import bz2
import io
import lzma
import sys
import zlib
from typing import TYPE_CHECKING, Final, Protocol

from cachestats.logs.source.model import Content, reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

__all__ = ["Expander", "compression_of", "expanded", "too_large"]

CHUNK_BYTES = 1 << 18
PADDING = b"\0"  # of a tape

# Of a bomb, little is ever expanded: real logs shrink to a tenth, dull ones to a hundredth.
MOST_BYTES = 4 << 30
BOMB_BYTES, BOMB_RATIO = 64 << 20, 2_000
TOO_LARGE: Final = f"expands to more than {MOST_BYTES >> 30} GiB"
BOMB: Final = f"expands to more than {BOMB_RATIO:,} times its size"
CUT: Final = "cut short: its compressed data has no end"
TRAILING: Final = "its compressed data is followed by other bytes"


class Decompressor(Protocol):
    """What the decompressors of the standard library have in common, but for that of zlib."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class GzipDecompressor:
    """A gzip member, behind the same methods as the others."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        expanded = self._member.decompress(self._member.unconsumed_tail + data, max_length)
        self.needs_input = not self._member.unconsumed_tail
        return expanded


def _zstd() -> Decompressor:
    # Few logs are compressed so, and it takes long to import.
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor
    else:
        from backports.zstd import ZstdDecompressor
    return ZstdDecompressor()


MAGICS: dict[bytes, Callable[[], Decompressor]] = {
    b"\x1f\x8b": GzipDecompressor,
    b"\x28\xb5\x2f\xfd": _zstd,
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
    b"BZh": bz2.BZ2Decompressor,
}
BEGINNINGS = tuple(MAGICS)


def compression_of(data: bytes) -> Callable[[], Decompressor] | None:
    """Tell how bytes are compressed; None if they are not."""
    if not data.startswith(BEGINNINGS):
        return None
    return next(make for magic, make in MAGICS.items() if data.startswith(magic))


class Expander:
    """Reads what a compressed file expands to, as far as it can be expanded.

    Attributes:
        fault: Why that is not all; None if it is, or if the end is not reached yet.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decompressor: Decompressor | None = None
        self._ended = False
        self._taken = self._given = 0
        self.fault: str | None = None

    def read(self, size: int) -> bytes:
        """Read some bytes, at most as many as this; none at the end."""
        piece = b""
        while not piece and not self._ended:
            try:
                piece = self._expand(size)
            except Exception as error:  # noqa: BLE001 - each decompressor has one of its own
                self._end(reason(error))
            self._given += len(piece)
            if _is_bomb(self._given, self._taken):
                self._end(BOMB)
        return piece

    def drain(self) -> None:
        """Go to the end, where it shows whether the file is whole."""
        while self.read(CHUNK_BYTES):
            pass

    def _expand(self, size: int) -> bytes:
        if self._decompressor is None or self._decompressor.eof:
            return self._begin(size)
        data = self._take() if self._decompressor.needs_input else b""
        if self._decompressor.needs_input and not data:
            self._end(CUT)
            return b""
        return self._decompressor.decompress(data, size)

    def _begin(self, size: int) -> bytes:
        """Begin the next of the streams that follow each other in a file."""
        rest = self._decompressor.unused_data if self._decompressor else b""
        data = (rest + self._take()).lstrip(PADDING)
        make = compression_of(data)
        if make is None:
            self._end(TRAILING if data else None)
            return b""
        self._decompressor = make()
        return self._decompressor.decompress(data, size)

    def _take(self) -> bytes:
        data = self._file.read(CHUNK_BYTES)
        self._taken += len(data)
        return data

    def _end(self, fault: str | None) -> None:
        self._ended, self.fault = True, fault


def too_large(size: int, *, stored: int) -> str | None:
    """Say why bytes are not read that expand to so much; None if they are."""
    if size > MOST_BYTES:
        return TOO_LARGE
    return BOMB if _is_bomb(size, stored) else None


def _is_bomb(size: int, stored: int) -> bool:
    return size > BOMB_BYTES and size > BOMB_RATIO * stored


def expanded(data: bytes) -> Content:
    """Expand a compressed log, as far as it goes."""
    expander, pieces, size = Expander(io.BytesIO(data)), [], 0
    while piece := expander.read(CHUNK_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            return Content(b"", TOO_LARGE)
    return Content(b"".join(pieces), expander.fault)
