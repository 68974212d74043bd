"""The members of a zip, which can be read in any order."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from stat import S_ISLNK
from typing import TYPE_CHECKING
from weakref import finalize
from zipfile import ZipFile

from cachestats.logs.source.compression import too_large
from cachestats.logs.source.model import Content, Member, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO
    from zipfile import ZipInfo

__all__ = ["ZipMember", "zip_members"]

CHUNK_BYTES = 1 << 20
ENCRYPTED = 1
FIELD_HEADER, UNIX_TIMES, MODIFIED = struct.Struct("<HH"), 0x5455, struct.Struct("<Bi")
NO_TIME = (1980, 1, 1, 0, 0, 0)


class ZipMember(Member):
    """A file in a zip."""

    __slots__ = ("_info", "_zip")

    def __init__(self, archive: ZipFile, info: ZipInfo) -> None:
        super().__init__(info.filename, info.file_size, _time(info))
        self._zip, self._info = archive, info

    def read(self) -> Content:
        if self._info.flag_bits & ENCRYPTED:
            return Content(b"", "encrypted")
        if excess := too_large(self.size_bytes, stored=self._info.compress_size):
            return Content(b"", excess)
        pieces = []
        try:
            with self._zip.open(self._info) as file:
                while piece := file.read(CHUNK_BYTES):
                    pieces.append(piece)
        except Exception as error:  # noqa: BLE001 - each decompressor has one of its own
            return Content(b"".join(pieces), reason(error))
        return Content(b"".join(pieces))


def zip_members(file: BinaryIO) -> Iterator[ZipMember]:
    """Go through the files of a zip; it is closed when nobody holds one of them any more.

    Raises:
        BadZipFile: It is none, or its end is missing, where the files are listed.
    """
    archive = ZipFile(file)
    finalize(archive, file.close)
    for info in archive.infolist():
        if not info.is_dir() and not S_ISLNK(info.external_attr >> 16):
            yield ZipMember(archive, info)


def _time(info: ZipInfo) -> datetime | None:
    """Time of the last change: that of Unix if it is there, else what some clock showed."""
    seconds = _unix_time(info.extra)
    if seconds is not None:
        return datetime.fromtimestamp(seconds, UTC)
    # Archives that are made to be the same each time have the first time that there is.
    if info.date_time == NO_TIME:
        return None
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _unix_time(extra: bytes) -> int | None:
    """Seconds since 1970, from the fields that programs add to an entry."""
    while len(extra) >= FIELD_HEADER.size:
        kind, size = FIELD_HEADER.unpack_from(extra)
        field, extra = extra[FIELD_HEADER.size :][:size], extra[FIELD_HEADER.size + size :]
        if kind == UNIX_TIMES and len(field) >= MODIFIED.size:
            flags, seconds = MODIFIED.unpack_from(field)
            return int(seconds) if flags & 1 else None
    return None
