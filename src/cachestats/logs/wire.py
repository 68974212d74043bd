"""Protobuf `StatusResponse` of BuildKit's API → the `SolveStatus` object that rawjson prints.

On the wire a field is the varint `number << 3 | type` and then a varint (type 0), eight bytes
(1), a length and that many bytes (2), or four bytes (5). The numbers and names are those of
BuildKit's `api/services/control/control.proto` and `solver/pb/ops.proto`; a field that is not in
the tables is skipped, as protobuf wants it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["framed", "solve_status"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SIZES = {_FIXED64: 8, _FIXED32: 4}
_VARINT_BYTES = 10
_LENGTH_BYTES = 4


class _Field(NamedTuple):
    name: str
    read: Callable[[int | bytes], Any]
    repeated: bool = False


def framed(stream: bytes) -> Iterator[bytes]:
    """Yield the messages of a stream that puts their length before each, as four bytes.

    Raises:
        ValueError: The stream ends inside a message; all before it have been yielded.
    """
    start = 0
    while start < len(stream):
        begin = start + _LENGTH_BYTES
        start = begin + int.from_bytes(stream[start:begin], "little")
        if start > len(stream):
            raise ValueError("it ends inside a message")
        yield stream[begin:start]


def solve_status(message: bytes) -> str:
    """Say a `StatusResponse` as a line of rawjson.

    Raises:
        ValueError: It is none, or it is cut.
    """
    return json.dumps(_read(_RESPONSE, message), separators=(",", ":"))


def _read(fields: Mapping[int, _Field], message: int | bytes) -> dict[str, Any]:
    """Read a message by its table, whose order the result has."""
    found: dict[str, Any] = {}
    for number, value in _wire(_bytes(message)):
        field = fields.get(number)
        if field is None:
            continue
        if field.repeated:
            found.setdefault(field.name, []).append(field.read(value))
        else:
            found[field.name] = field.read(value)
    return {field.name: found[field.name] for field in fields.values() if field.name in found}


def _wire(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, place = _varint(message, place)
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            raise ValueError(f"no field of protobuf has type {kind}")
        begin, place = place, place + size
        if place > len(message):
            raise ValueError("it ends inside a field")
        yield key >> 3, message[begin:place]


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and the place behind it."""
    value = 0
    for count, byte in enumerate(message[place : place + _VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:  # noqa: PLR2004 - the eighth bit: more follow
            return value, place + count + 1
    raise ValueError("it ends inside a number")


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number stands where a text belongs")  # noqa: TRY004 - bad data
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode("utf-8", "replace")


def _base64(value: int | bytes) -> str:
    return b64encode(_bytes(value)).decode()


def _int64(value: int | bytes) -> int:
    number = value if isinstance(value, int) else int.from_bytes(value, "little")
    return ((number & (1 << 64) - 1) ^ 1 << 63) - (1 << 63)


def _time(value: int | bytes) -> str:
    at = _read(_TIMESTAMP, value)
    try:
        second = datetime.fromtimestamp(at.get("seconds", 0), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"no time: {error}") from error
    return f"{second:%Y-%m-%dT%H:%M:%S}.{at.get('nanos', 0) % 1_000_000_000:09d}Z"


def _message(fields: Mapping[int, _Field]) -> Callable[[int | bytes], dict[str, Any]]:
    return lambda value: _read(fields, value)


_TIMESTAMP = {1: _Field("seconds", _int64), 2: _Field("nanos", _int64)}
_GROUP = {1: _Field("id", _text), 2: _Field("name", _text), 3: _Field("weak", bool)}
_VERTEX = {
    1: _Field("digest", _text),
    2: _Field("inputs", _text, repeated=True),
    3: _Field("name", _text),
    5: _Field("started", _time),
    6: _Field("completed", _time),
    4: _Field("cached", bool),
    7: _Field("error", _text),
    8: _Field("progressGroup", _message(_GROUP)),
}
_STATUS = {
    1: _Field("id", _text),
    2: _Field("vertex", _text),
    3: _Field("name", _text),
    5: _Field("total", _int64),
    4: _Field("current", _int64),
    6: _Field("timestamp", _time),
    7: _Field("started", _time),
    8: _Field("completed", _time),
}
_LOG = {
    1: _Field("vertex", _text),
    3: _Field("stream", _int64),
    4: _Field("data", _base64),
    2: _Field("timestamp", _time),
}
_WARNING = {
    1: _Field("vertex", _text),
    2: _Field("level", _int64),
    3: _Field("short", _base64),
    4: _Field("detail", _base64, repeated=True),
    5: _Field("url", _text),
}
_RESPONSE = {
    1: _Field("vertexes", _message(_VERTEX), repeated=True),
    2: _Field("statuses", _message(_STATUS), repeated=True),
    3: _Field("logs", _message(_LOG), repeated=True),
    4: _Field("warnings", _message(_WARNING), repeated=True),
}
