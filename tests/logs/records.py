"""Build records, written in the tests that read them: protobuf, OCI layout, tar, gzip."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from base64 import b64encode
from hashlib import sha256

from tests.logs.logs import START, digest

HISTORY = "application/vnd.buildkit.historyrecord.v0"
STATUS = "application/vnd.buildkit.status.v0"


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def moment(second: float) -> bytes:
    whole = int(START.timestamp() + second // 1)
    return field(1, whole) + field(2, round(second % 1 * 1e9))


def vertex(name: str, *at: float, inputs: tuple[str, ...] = (), **more: int | str | bytes) -> bytes:
    """An update of a vertex in a `StatusResponse`."""
    numbers = {"cached": 4, "error": 7, "group": 8}
    parts = [field(1, digest(name)), *(field(2, digest(parent)) for parent in inputs)]
    parts += [field(3, name), *(field(5 + place, moment(time)) for place, time in enumerate(at))]
    parts += [field(numbers[key], value) for key, value in more.items()]
    return field(1, b"".join(parts))


def status(name: str, identity: str, size: int, at: tuple[float, float]) -> bytes:
    """A finished status of a vertex in a `StatusResponse`."""
    times = [field(6, moment(at[1])), field(7, moment(at[0])), field(8, moment(at[1]))]
    sizes = field(4, size) + field(5, size)
    return field(2, field(1, identity) + field(2, digest(name)) + sizes + b"".join(times))


def trace(*responses: bytes) -> str:
    """Lines of Docker's API, one for each response."""
    lines = [{"id": "moby.buildkit.trace", "aux": b64encode(one).decode()} for one in responses]
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def stream(*responses: bytes) -> bytes:
    """A status stream: the length of each response, and the response."""
    return b"".join(len(one).to_bytes(4, "little") + one for one in responses)


def build(said: bytes, **history: object) -> dict[str, bytes]:
    """The blobs of one build; what is not given is as in the records of Docker."""
    facts = {"Ref": "r1", "CreatedAt": "2026-11-24T03:39:24.5Z"} | history
    config, layer = json.dumps(facts).encode(), said
    manifest = {
        "config": {"mediaType": HISTORY, "digest": name_of(config)},
        "layers": [{"mediaType": STATUS, "digest": name_of(layer)}],
    }
    blobs = (json.dumps(manifest).encode(), config, layer)
    return {name_of(blob): blob for blob in blobs}


def name_of(blob: bytes) -> str:
    return f"sha256:{sha256(blob).hexdigest()}"


def record(*builds: dict[str, bytes]) -> bytes:
    """A `.dockerbuild` file: blobs first, the index last, as buildx writes it."""
    files = {
        f"blobs/{name.replace(':', '/')}": blob for one in builds for name, blob in one.items()
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, blob in (*sorted(files.items()), ("index.json", b"{}"), ("oci-layout", b"{}")):
            member = tarfile.TarInfo(path)
            member.size = len(blob)
            archive.addfile(member, io.BytesIO(blob))
    return gzip.compress(packed.getvalue(), mtime=0)
