"""Archives and compressed logs, made in the tests that read them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import zipfile
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

CHANGED = 1_800_000_000
TIME = datetime.fromtimestamp(CHANGED, UTC)
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": partial(zstd.compress, options={zstd.CompressionParameter.checksum_flag: 1}),
    "xz": lzma.compress,
    "bz2": bz2.compress,
}


def build_log(no: int) -> bytes:
    """A log of one run that is like no other's."""
    return f"#1 [1/1] RUN make {chr(97 + no)}\n#1 DONE 1.{no}s\n".encode()


def zipped(
    files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, *, changed: int = CHANGED
) -> bytes:
    """Zip as Python writes it, with times as clocks show them, here in UTC."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _clock(changed))
            archive.writestr(info, data, method)
    return out.getvalue()


def tarred(
    files: Mapping[str, bytes], mode: Literal["w:", "w:gz"] = "w:", *, changed: int = CHANGED
) -> bytes:
    """Tar, with the times given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            header.size, header.mtime = len(data), changed
            archive.addfile(header, io.BytesIO(data))
    return out.getvalue()


def _clock(seconds: int) -> tuple[int, int, int, int, int, int]:
    time = datetime.fromtimestamp(seconds, UTC)
    return time.year, time.month, time.day, time.hour, time.minute, time.second
