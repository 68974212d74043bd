"""Archives, told by how they begin."""

from __future__ import annotations

import io
import tarfile
from enum import StrEnum
from typing import TYPE_CHECKING

from cachestats.logs.source.compression import Expander, compression_of

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["HEAD_BYTES", "IN_RECORDS", "Shape", "shape_in", "shape_of"]

ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
# An OCI layout, as `docker buildx history export` writes it, begins with one of these.
IN_RECORDS = (b"blobs/", b"./blobs/", b"index.json\0", b"oci-layout\0")

# Of compressed data, enough to expand to a header of a tar: bzip2 gives nothing before.
HEAD_BYTES = 1 << 20


class Shape(StrEnum):
    """What kind of archive bytes are; a build record is read as a whole, as a log is."""

    ZIP = "zip"
    TAR = "tar"
    RECORD = "record"


def shape_of(data: bytes) -> Shape | None:
    """Tell the kind of an archive from its beginning; None if it is none."""
    if data.startswith(ZIPS):
        return Shape.ZIP
    header = data[: tarfile.BLOCKSIZE]
    if b"\0" not in header or not _is_header(header):
        return None
    return Shape.RECORD if header.startswith(IN_RECORDS) else Shape.TAR


def shape_in(file: BinaryIO) -> Shape | None:
    """Tell the kind of an archive, which may be compressed, and go back to its beginning."""
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if compression_of(head):
        head = Expander(io.BytesIO(head)).read(tarfile.BLOCKSIZE)
    return shape_of(head)


def _is_header(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, tarfile.ENCODING, "surrogateescape")
    except tarfile.TarError:
        return False
    return True
