"""Where logs come from: files, folders, globs and stdin."""

from __future__ import annotations

import glob
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["STDIN", "Fault", "Source", "find_sources", "read", "read_file"]

STDIN = "-"

# A folder holds more than logs. A file that is given itself is read whatever its name.
LOG_SUFFIXES = frozenset(["log", "txt", "out", "json", "jsonl", "ndjson", "rawjson"])
NOT_LOGS = frozenset(["README", "README.txt", "LICENSE", "LICENSE.txt", "Dockerfile", "Makefile"])
DELTA_LOG = "_delta_log"
SIDECAR = "meta.json"
CHUNK_BYTES = 1 << 20
NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """An input that cannot be used, and why; the others go on."""

    source: str
    reason: str

    @classmethod
    def of(cls, source: str, error: OSError | ValueError) -> Fault:
        """Word what the system, or a decoder, says of a source."""
        said = error.strerror if isinstance(error, OSError) else None
        return cls(source, said.lower() if said else str(error))


class Source(NamedTuple):
    """A log that can be read and is not yet read.

    Attributes:
        name: The path as it was given, normalised, with `/` between its parts; `-` is stdin.
        path: What to open; None is stdin.
        folder: First folder below the given one on the way to the log; None if there is none.
        size_bytes: Size when found; 0 for stdin.
        modified_at: Time of the last change; None for stdin.
        sidecars: Paths of the files beside the log that hold run facts, the weakest first.
    """

    name: str
    path: str | None
    folder: str | None
    size_bytes: int
    modified_at: datetime | None
    sidecars: tuple[str, ...] = ()


def find_sources(given: Iterable[str | Path]) -> tuple[list[Source], list[Fault]]:
    """Find the logs in files, folders (searched to any depth), globs and `-`.

    Args:
        given: Paths as a user types them. In a folder, logs are told by their names; a file that
            is given itself is one whatever its name, unless it is a sidecar. A glob stands for
            the paths it matches, as if the shell had expanded it.

    Returns:
        The sources, each file once however often it was reached, in the order given and in natural
        order within a folder; and a fault for each path that could not be searched.
    """
    search = _Search()
    for path in given:
        search.add(os.fspath(path))
    return search.sources, search.faults


def read(source: Source) -> bytes | Fault:
    """Read a source as it is now, even if it grew or shrank since it was found."""
    try:
        if source.path is None:
            return sys.stdin.buffer.read()
        return read_file(source.path, source.size_bytes)
    except OSError as error:
        return Fault.of(source.name, error)


def read_file(path: str, size_bytes: int = 0) -> bytes:
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


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that was listed; `path` and `name` are what its entries' own begin with."""

    path: str
    name: str
    below: str | None
    sidecars: frozenset[str]

    @classmethod
    def of(cls, path: str, entries: list[str], below: str | None = None) -> _Folder:
        name = _text(os.path.normpath(path)).replace(os.sep, "/")
        return cls(
            path=os.path.join(path, ""),
            name="" if name == "." else name.rstrip("/") + "/",
            below=below,
            sidecars=frozenset(filter(_is_sidecar, entries)),
        )

    def source(self, entry: str, stat: os.stat_result) -> Source:
        return Source(
            name=self.name + _text(entry),
            path=self.path + entry,
            folder=self.below,
            size_bytes=stat.st_size,
            modified_at=datetime.fromtimestamp(stat.st_mtime, UTC),
            sidecars=self._sidecars_of(entry) if self.sidecars else (),
        )

    def _sidecars_of(self, entry: str) -> tuple[str, ...]:
        stem = os.path.splitext(entry)[0]
        names = dict.fromkeys([SIDECAR, f"{stem}.{SIDECAR}", f"{entry}.{SIDECAR}"])
        return tuple(self.path + name for name in names if name in self.sidecars)


@dataclass(slots=True)
class _Search:
    """What was found so far; a file or folder is known again by its device and inode."""

    sources: list[Source] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    parents: dict[str, _Folder] = field(default_factory=dict)

    def add(self, path: str) -> None:
        if path == STDIN:
            stdin = Source(STDIN, None, None, 0, None)
            self.sources += [] if stdin in self.sources else [stdin]
        elif glob.has_magic(path) and not os.path.lexists(path):
            self._add_glob(path)
        else:
            self._add_path(path)

    def _add_glob(self, pattern: str) -> None:
        matches = sorted(glob.glob(pattern, recursive=True), key=_natural)
        if not matches:
            self.faults.append(Fault(_text(pattern), "no file matches"))
        by_name = os.path.basename(pattern) in {"*", "**"}
        for path in matches:
            if not by_name or _is_log(os.path.basename(path)) or os.path.isdir(path):
                self._add_path(path)

    def _add_path(self, path: str) -> None:
        stat = self._stat(path)
        if stat is None or not self._is_new(stat):
            return
        if S_ISDIR(stat.st_mode):
            self._add_folder(path)
            return
        parent, entry = os.path.split(path)
        if not _is_sidecar(entry):
            self.sources.append(self._parent(parent).source(entry, stat))

    def _parent(self, path: str) -> _Folder:
        if path not in self.parents:
            entries = []
            with suppress(OSError):  # a file can be readable where its folder is not
                entries = os.listdir(path or ".")
            self.parents[path] = _Folder.of(path, entries)
        return self.parents[path]

    def _add_folder(self, top: str) -> None:
        pending: list[tuple[str, str | None]] = [(top, None)]
        while pending:
            path, below = pending.pop()
            try:
                entries = sorted(os.listdir(path), key=_natural)
            except OSError as error:
                self._add_fault(path, error)
            else:
                folder = _Folder.of(path, entries, below)
                inner = self._add_entries(folder, entries)
                pending += [(folder.path + entry, below or entry) for entry in reversed(inner)]

    def _add_entries(self, folder: _Folder, entries: list[str]) -> list[str]:
        """Add the logs among a folder's entries, and return its new folders."""
        inner = []
        for entry in entries:
            hidden = entry.startswith(".") or entry == DELTA_LOG
            stat = None if hidden else self._stat(folder.path + entry)
            if stat is None:
                continue
            if S_ISDIR(stat.st_mode):
                inner += [entry] if self._is_new(stat) else []
            elif S_ISREG(stat.st_mode) and _is_log(entry) and self._is_new(stat):
                self.sources.append(folder.source(entry, stat))
        return inner

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            return os.stat(path)
        except OSError as error:
            self._add_fault(path, error)
            return None

    def _add_fault(self, path: str, error: OSError) -> None:
        self.faults.append(Fault.of(_text(os.path.normpath(path)), error))

    def _is_new(self, stat: os.stat_result) -> bool:
        before = len(self.seen)
        self.seen.add((stat.st_dev, stat.st_ino))
        return len(self.seen) > before


def _is_log(name: str) -> bool:
    _, dot, suffix = name.rpartition(".")
    fits = not dot or suffix.lower() in LOG_SUFFIXES
    return fits and name not in NOT_LOGS and not _is_sidecar(name)


def _is_sidecar(name: str) -> bool:
    return name == SIDECAR or name.endswith(f".{SIDECAR}")


def _natural(name: str) -> list[str | int]:
    """Sort key under which `9.log` comes before `10.log`."""
    parts: list[str | int] = list(NUMBER.split(name))
    parts[1::2] = map(int, parts[1::2])
    return parts


def _text(path: str) -> str:
    """Path as text that can be stored: bytes that are no UTF-8 are escaped."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")
