"""The bytes of a source, whatever it lies in and however it is compressed."""

from __future__ import annotations

import os
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from cachestats.logs.source.compression import compression_of, expanded
from cachestats.logs.source.model import Content, Held, Place, Source, reason
from cachestats.logs.source.shape import Shape, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

__all__ = ["fetched", "kept", "read", "read_all", "read_beside"]

T = TypeVar("T")

CHUNK_BYTES = 1 << 20
# What is asked for ahead of its turn: a round trip takes as long as reading a megabyte.
MOST_AHEAD, MOST_BYTES_AHEAD = 32, 64 << 20


def read(source: Source) -> Content:
    """Read a source as it is now, even if it grew or shrank since it was found.

    A compressed log is expanded, whatever its name. Of one that is damaged, what can be read is
    read. A build record stays as it is.
    """
    try:
        if isinstance(source.path, str):
            return _expanded(Content(_read_file(source.path, source.size_bytes)))
        if source.path is None:
            return _expanded(Content(sys.stdin.buffer.read()))
        return _expanded(source.path.read())
    except OSError as error:
        return Content(None, reason(error))


def read_all(sources: Sequence[Source]) -> Iterator[Content]:
    """Read sources in their order; those that are far are asked for ahead of their turn."""
    return _in_turn(sources, read)


def fetched(sources: Sequence[Source]) -> Iterator[Source]:
    """Return sources in their order, with small archives that are far fetched ahead of it."""
    return _in_turn(sources, _fetched)


def _fetched(source: Source) -> Source:
    small = 0 < source.size_bytes <= MOST_BYTES_AHEAD // 4
    if not (source.is_archive and small and isinstance(source.path, Place) and source.path.far):
        return source
    try:
        content = source.path.read()
    except OSError as error:
        content = Content(None, reason(error))
    return source._replace(path=Held(source.name, content))


def _in_turn(sources: Sequence[Source], ask: Callable[[Source], T]) -> Iterator[T]:
    if not any(map(_is_far, sources)):
        yield from map(ask, sources)
        return
    asked: deque[tuple[int, Future[T]]] = deque()
    todo = deque(sources)
    with ThreadPoolExecutor(MOST_AHEAD) as pool:
        while todo or asked:
            while todo and _has_room([size for size, _ in asked], todo[0].size_bytes):
                source = todo.popleft()
                asked.append((source.size_bytes, pool.submit(ask, source)))
            yield asked.popleft()[1].result()


def _is_far(source: Source) -> bool:
    # Most are files, and to tell a string is quicker than to tell a place.
    place = source.path
    return place is not None and not isinstance(place, str) and place.far


def _has_room(asked: list[int], more: int) -> bool:
    return not asked or (len(asked) < MOST_AHEAD and sum(asked) + more <= MOST_BYTES_AHEAD)


def kept(source: Source) -> Source:
    """Read a source now if it cannot be read later; its bytes are then kept with it."""
    if isinstance(source.path, Place) and source.path.passing:
        return source._replace(path=Held(source.name, source.path.read()))
    return source


def read_beside(sidecar: str | Place) -> bytes:
    """Read a sidecar."""
    return (sidecar.read().data or b"") if isinstance(sidecar, Place) else _read_file(sidecar)


def _read_file(path: str, size_bytes: int = 0) -> bytes:
    """Read a whole file, in one piece if it has the size expected."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        pieces, wanted = [], size_bytes + 1
        while piece := os.read(descriptor, wanted):
            pieces.append(piece)
            wanted = wanted - len(piece) or CHUNK_BYTES
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _expanded(content: Content) -> Content:
    stored, fault = content
    if not stored:
        return content
    log = expanded(stored) if compression_of(stored) else Content(stored)
    shape = shape_of(log.data or b"")
    if shape is Shape.RECORD:
        return content
    if shape:
        return Content(b"", f"a {shape} archive under another name")
    return Content(log.data, fault or log.fault)
