"""The members of a tar, read one after the other as from a tape."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from cachestats.logs.source.compression import too_large
from cachestats.logs.source.model import Content, Member

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO, Self

    from cachestats.logs.source.compression import Expander

__all__ = ["CUT", "DAMAGED", "TarMember", "tar_members"]

CUT = "cut short"
DAMAGED = "damaged"
ENDS = (tarfile.EOFHeaderError, tarfile.EmptyHeaderError)  # type: ignore[attr-defined]


class Stream(Protocol):
    """What a tar is read from: its bytes in their order."""

    def read(self, size: int, /) -> bytes: ...
    def tell(self) -> int: ...


class _Header(tarfile.TarInfo):
    """A header that says when it is damaged; to tarfile, that is the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except ENDS:
            raise
        except tarfile.TruncatedHeaderError:  # type: ignore[attr-defined]
            raise tarfile.ReadError(CUT) from None
        except tarfile.HeaderError:
            raise ValueError(DAMAGED) from None


class TarMember(Member):
    """A file in a tar, to be read before the next one is asked for."""

    __slots__ = ("_begin", "_stream")
    passing: ClassVar[bool] = True

    def __init__(self, tar: tarfile.TarFile, header: tarfile.TarInfo) -> None:
        # Archives that are made to be the same each time have no times.
        time = datetime.fromtimestamp(header.mtime, UTC) if header.mtime else None
        super().__init__(header.name, header.size, time)
        self._stream, self._begin = cast("Stream", tar.fileobj), header.offset_data

    def read(self) -> Content:
        if excess := too_large(self.size_bytes, stored=self.size_bytes):
            return Content(b"", excess)
        # Not by `extractfile`, which gives nothing of a member that is cut short.
        if self._stream.tell() != self._begin:
            raise RuntimeError(f"{self.path} has passed")
        data = self._stream.read(self.size_bytes)
        return Content(data, None if len(data) == self.size_bytes else CUT)


def tar_members(file: Expander | BinaryIO) -> Iterator[TarMember]:
    """Go through the files of a tar.

    Raises:
        tarfile.ReadError: It is cut short here.
        ValueError: It is damaged here.
    """
    with tarfile.open(fileobj=cast("Any", file), mode="r|", tarinfo=_Header) as tar:
        for header in tar:
            if header.isreg():
                yield TarMember(tar, header)
