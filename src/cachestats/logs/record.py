"""`.dockerbuild` records, as `docker buildx history export` writes them: one build or many.

A record is an OCI layout packed by tar and gzip. A manifest with a config of the type
`historyrecord` stands for one build; its `status` layer is the stream of all that BuildKit said,
the config what became of it. Manifests are told by themselves and not by the index, which is at
the end of the archive: one that was cut still gives what it holds.
"""

from __future__ import annotations

import json
import re
import tarfile
import zlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from cachestats.logs.documents import Document
from cachestats.logs.source.shape import IN_RECORDS
from cachestats.logs.wire import framed, solve_status
from cachestats.schema import LogFormat

__all__ = ["NO_RECORD", "is_record", "read_record"]

NO_RECORD = "an OCI layout without the record of a build"
CUT = "the archive is cut: what stood behind is lost"

_GZIP = b"\x1f\x8b"
_HEADER_BYTES = 512
_PIECE_BYTES = 1 << 16
# A record of a thousand steps unpacks to a few megabytes.
MOST_BYTES = 1 << 30
_HISTORY = "application/vnd.buildkit.historyrecord.v0"
_STATUS = "application/vnd.buildkit.status.v0"
_REPOSITORY = re.compile(r"[/:]([^/:@]+/[^/:@]+?)(?:\.git)?/?$")

_Json = dict[str, Any]
_Faults = tuple[tuple[int | None, str], ...]


def is_record(data: bytes) -> bool:
    """Tell an OCI layout in a tar, packed or not, by the name of its first member."""
    if data.startswith(_GZIP):
        data, _ = _unpacked(data[:_PIECE_BYTES], _HEADER_BYTES)
    return data.startswith(IN_RECORDS) and data[257:262] == b"ustar"


def read_record(data: bytes) -> list[Document]:
    """Return one document for each build in a record, the first begun first."""
    archive, whole = _unpacked(data, MOST_BYTES) if data.startswith(_GZIP) else (data, True)
    blobs, intact = _blobs(archive)
    builds = [_build(manifest, blobs) for manifest in _manifests(blobs)]
    builds.sort(key=lambda build: (build.started_at is None, build.started_at))
    if whole and intact:
        return builds
    return [*builds, Document(LogFormat.DOCKERBUILD, (), faults=((None, CUT),))]


def _unpacked(data: bytes, limit: int) -> tuple[bytes, bool]:
    """Unpack up to a limit, or to where the data is damaged; tell whether that was all."""
    unpacker, archive = zlib.decompressobj(wbits=31), bytearray()
    try:
        for start in range(0, len(data), _PIECE_BYTES):
            archive += unpacker.decompress(data[start : start + _PIECE_BYTES], limit - len(archive))
            if len(archive) >= limit:
                break
    except zlib.error:
        return bytes(archive), False
    return bytes(archive), unpacker.eof


def _blobs(archive: bytes) -> tuple[dict[str, bytes], bool]:
    """Return the blobs of a tar by digest, and whether it could be read to its end."""
    blobs: dict[str, bytes] = {}
    reached = -1
    try:
        with tarfile.open(fileobj=BytesIO(archive), mode="r:") as members:
            for member in members:
                end = member.offset_data + member.size
                if member.offset <= reached or end > len(archive):
                    return blobs, False  # a forged size would lead backwards, for ever
                reached = member.offset
                digest = ":".join(member.name.split("/")[-2:])
                blobs[digest] = archive[member.offset_data : end]
    except (tarfile.TarError, ValueError, OverflowError, EOFError, OSError):
        return blobs, False
    return blobs, True


def _manifests(blobs: dict[str, bytes]) -> list[_Json]:
    found = [_json(blob) for blob in blobs.values() if _HISTORY.encode() in blob]
    return [one for one in found if _part(one, "config").get("mediaType") == _HISTORY]


def _build(manifest: _Json, blobs: dict[str, bytes]) -> Document:
    history = _json(blobs.get(_text(_part(manifest, "config"), "digest") or "", b""))
    lines, faults = _status_lines(blobs.get(_status_digest(manifest)))
    attributes = _part(history, "FrontendAttrs")
    repository = _REPOSITORY.search(_text(attributes, "vcs:source") or "")
    return Document(
        LogFormat.DOCKERBUILD,
        lines,
        started_at=_time(history.get("CreatedAt")),
        ended_at=_time(history.get("CompletedAt")),
        project=repository and repository[1],
        commit=_text(attributes, "vcs:revision"),
        error=_text(_part(history, "error"), "message"),
        faults=faults,
    )


def _status_digest(manifest: _Json) -> str:
    layers = manifest.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict) and layer.get("mediaType") == _STATUS:
            return _text(layer, "digest") or ""
    return ""


def _status_lines(stream: bytes | None) -> tuple[list[tuple[int, str]], _Faults]:
    """Say each message of a stream as a line of rawjson; its place in the stream is the line."""
    lines: list[tuple[int, str]] = []
    if stream is None:
        return lines, ((None, "a record without what BuildKit said"),)
    try:
        for place, message in enumerate(framed(stream), 1):
            lines.append((place, solve_status(message)))
    except ValueError as error:
        return lines, ((len(lines) + 1, f"no message of a status stream: {error}"),)
    return lines, ()


def _time(value: object) -> datetime | None:
    """Read a time, which BuildKit writes as text, and since 2024 as seconds and nanoseconds."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
        if isinstance(value, dict):
            microseconds = int(value.get("nanos", 0)) // 1000
            second = datetime.fromtimestamp(int(value["seconds"]), UTC)
            return second + timedelta(microseconds=microseconds)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return None


def _json(blob: bytes) -> _Json:
    try:
        found = json.loads(blob)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _part(document: _Json, key: str) -> _Json:
    part = document.get(key)
    return part if isinstance(part, dict) else {}


def _text(document: _Json, key: str) -> str | None:
    text = document.get(key)
    return text if isinstance(text, str) and text else None
