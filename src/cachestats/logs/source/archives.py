"""The logs in an archive, and in an archive within it."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from tarfile import ReadError
from typing import TYPE_CHECKING

from cachestats.logs.source.compression import Expander, compression_of
from cachestats.logs.source.model import Content, Held, Place, reason, spooled
from cachestats.logs.source.names import (
    is_archive,
    is_hidden,
    is_log,
    is_sidecar,
    job_files,
    job_of,
    sidecar_names,
    unpacked,
)
from cachestats.logs.source.shape import HEAD_BYTES, Shape, shape_in
from cachestats.logs.source.tars import CUT, DAMAGED, tar_members
from cachestats.logs.source.zips import zip_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from cachestats.logs.source.model import Member, Source

__all__ = ["members"]

START_BYTES = 512
TOO_DEEP = "an archive in an archive in an archive"
NO_ZIP = "a zip that is damaged, or cut short"


def members(archive: Source, *, outer: int = 0) -> Iterator[Source]:
    """Find the logs in an archive, or in what stdin brings.

    The archive is told by its content. If it is none, it is a log itself. A log that was found
    may have to be `kept` before the next one is asked for.

    Args:
        archive: Source that is an archive, or stdin.
        outer: How many archives it lies in.

    Yields:
        The logs, in the order of the archive, and then the archive, for the fault met in it.
    """
    try:
        file = _open(archive.path)
        entries = _Entries(file)
    except OSError as error:
        yield _holding(archive, Content(None, reason(error)))
        return
    tree = _Tree.of(archive, entries)
    if entries.shape in {None, Shape.RECORD}:
        yield _itself(archive, file)
    else:
        yield from _in_archive(tree, entries, outer)
    entries.close()


def _in_archive(tree: _Tree, entries: _Entries, outer: int) -> Iterator[Source]:
    for number, member in enumerate(entries):
        if not tree.counts(member.path, number):
            continue
        source = tree.source(member)
        if not source.is_archive:
            yield source
        elif outer:
            yield _holding(source, Content(b"", TOO_DEEP))
        else:
            yield from members(_holding(source, member.read()), outer=outer + 1)
    path = tree.archive.path
    cut = path.content.fault if isinstance(path, Held) else None
    fault = cut or entries.fault
    if fault or not outer:
        yield _holding(tree.archive, Content(b"", fault))._replace(is_archive=True)


def _itself(archive: Source, file: BinaryIO) -> Source:
    """Return what was no archive as a log; bytes that came from afar are not asked for again."""
    log = archive._replace(is_archive=False)
    if isinstance(archive.path, (str, Held)):
        return log
    data = file.read()
    return _holding(log, Content(data))._replace(size_bytes=len(data))


def _holding(source: Source, content: Content) -> Source:
    return source._replace(path=Held(source.name, content))


def _open(path: str | Place | None) -> BinaryIO:
    if isinstance(path, Place):
        return path.open()
    return open(path, "rb") if path else _open_stdin()


def _open_stdin() -> BinaryIO:
    head = sys.stdin.buffer.read(START_BYTES)
    if compression_of(head):
        head += sys.stdin.buffer.read(HEAD_BYTES)
    if shape_in(io.BytesIO(head)) is None:
        return io.BytesIO(head + sys.stdin.buffer.read())
    return spooled([head, *iter(lambda: sys.stdin.buffer.read(HEAD_BYTES), b"")])


class _Entries:
    """Goes through the files of an archive, as often as wanted, as far as it is whole.

    Attributes:
        shape: What kind of archive it is.
        fault: Why it ended early; None if it did not.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._in_zip: list[Member] = []
        try:
            self.shape = shape_in(file)
        except OSError:  # it can be opened and not be read
            file.close()
            raise
        self.fault: str | None = None
        if self.shape is Shape.ZIP:
            try:
                self._in_zip += zip_members(file)
            except Exception:  # noqa: BLE001 - of zipfile, on damaged bytes: nearly any
                self.fault = NO_ZIP
                file.close()

    def __iter__(self) -> Iterator[Member]:
        return iter(self._in_zip) if self.shape is not Shape.TAR else self._in_tar()

    def _in_tar(self) -> Iterator[Member]:
        self._file.seek(0)
        is_compressed = compression_of(self._file.read(START_BYTES))
        self._file.seek(0)
        expander = Expander(self._file) if is_compressed else None
        self.fault = None
        try:
            yield from tar_members(expander or self._file)
        except Exception as error:  # noqa: BLE001 - of tarfile, on damaged bytes: nearly any
            self.fault = CUT if isinstance(error, ReadError) else DAMAGED
        if expander:
            expander.drain()
            self.fault = expander.fault or self.fault

    def close(self) -> None:
        """Close the file, unless its members can still be read."""
        if self.shape is not Shape.ZIP:
            self._file.close()


@dataclass(frozen=True, slots=True)
class _Tree:
    """What must be known of a whole archive before its first log is read.

    Attributes:
        archive: Where it is from.
        last: Number of the last entry of each path: the one that counts.
        sidecars: What holds run facts, by path.
        jobs: CI jobs, if it is a GitHub log archive.
        root: The folder that was packed, if it is in its archive under the same name.
    """

    archive: Source
    last: dict[str, int]
    sidecars: dict[str, Held]
    jobs: set[str]
    root: str

    @classmethod
    def of(cls, archive: Source, entries: Iterable[Member]) -> _Tree:
        last, sidecars = {}, {}
        for number, member in enumerate(entries):
            last[member.path] = number
            if is_sidecar(os.path.basename(member.path)):
                held = Held(f"{archive.name}/{member.path}", member.read())
                sidecars[member.path] = held
        tops = {path.partition("/")[0] if "/" in path else "" for path in last}
        packed = unpacked(os.path.basename(archive.name))
        jobs = tops & set(job_files(last).values())
        return cls(archive, last, sidecars, jobs, f"{packed}/" if tops == {packed} else "")

    def counts(self, path: str, number: int) -> bool:
        *folders, name = path.split("/")
        looks_right = is_archive(name) or is_log(name)
        return (
            looks_right and self.last[path] == number and not any(map(is_hidden, [*folders, name]))
        )

    def source(self, member: Member) -> Source:
        outer, job = self.archive, job_of(member.path, self.jobs)
        folder, below, _ = member.path.removeprefix(self.root).partition("/")
        parent, name = os.path.split(member.path)
        beside = [f"{parent}/{sidecar}".lstrip("/") for sidecar in sidecar_names(name)]
        return outer._replace(
            name=f"{outer.name}/{member.path}",
            path=member,
            folder=outer.folder or (folder if below and not job else None),
            size_bytes=member.size_bytes,
            modified_at=member.modified_at or outer.modified_at,
            sidecars=(*outer.sidecars, *(self.sidecars[p] for p in beside if p in self.sidecars)),
            job=job or outer.job,
            is_archive=is_archive(name),
        )
