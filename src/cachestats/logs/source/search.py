"""Finds the logs in what a user gives: files, folders, globs, URIs and stdin."""

from __future__ import annotations

import glob
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING

from cachestats.logs.source.model import STDIN, Fault, Source
from cachestats.logs.source.names import (
    as_text,
    is_archive,
    is_hidden,
    is_log,
    is_sidecar,
    is_surely_log,
    job_files,
    natural,
    sidecar_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["find_sources"]


def find_sources(given: Iterable[str | Path]) -> tuple[list[Source], list[Fault]]:
    """Find the logs in files, folders (searched to any depth), globs, URIs and `-`.

    Args:
        given: Paths as a user types them. In a folder, logs and archives are told by their names;
            a file that is given itself is one whatever its name, unless it is a sidecar. A glob
            stands for the paths it matches, as if the shell had expanded it.

    Returns:
        The sources, each file once however often it was reached, in the order given and in natural
        order within a folder; and a fault for each path that could not be searched. Archives are
        not opened: see `members`.
    """
    search = _Search()
    for path in given:
        search.add(os.fspath(path))
    return search.sources, search.faults


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that was listed; `path` and `name` are what its entries' own begin with."""

    path: str
    name: str
    below: str | None
    sidecars: frozenset[str]
    jobs: dict[str, str]
    job: str | None

    @classmethod
    def of(
        cls, path: str, entries: list[str], below: str | None = None, job: str | None = None
    ) -> _Folder:
        name = as_text(os.path.normpath(path)).replace(os.sep, "/")
        jobs, known = job_files(entries), set(entries)
        return cls(
            path=os.path.join(path, ""),
            name="" if name == "." else name.rstrip("/") + "/",
            below=below,
            sidecars=frozenset(filter(is_sidecar, entries)),
            jobs={file: named for file, named in jobs.items() if named in known},
            job=job,
        )

    def source(self, entry: str, stat: os.stat_result) -> Source:
        return Source(
            name=self.name + as_text(entry),
            path=self.path + entry,
            folder=self.below,
            size_bytes=stat.st_size,
            modified_at=_modified_at(stat),
            sidecars=self._sidecars_of(entry) if self.sidecars else (),
            job=self.job or self.jobs.get(entry),
            is_archive=is_archive(entry),
        )

    def inner(self, entry: str) -> tuple[str, str | None, str | None]:
        """Path, first folder and CI job of a folder in this one."""
        if entry in self.jobs.values():
            return self.path + entry, self.below, entry
        return self.path + entry, self.below or entry, self.job

    def _sidecars_of(self, entry: str) -> tuple[str, ...]:
        return tuple(self.path + name for name in sidecar_names(entry) if name in self.sidecars)


@dataclass(slots=True)
class _Search:
    """What was found so far; a file or folder is known again by its device and inode."""

    sources: list[Source] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    parents: dict[str, _Folder] = field(default_factory=dict)

    def add(self, path: str) -> None:
        if path == STDIN:
            self._add_once([Source(STDIN, None, None, 0, None)])
        elif "://" in path:
            self._add_objects(path)
        elif glob.has_magic(path) and not os.path.lexists(path):
            self._add_glob(path)
        else:
            self._add_path(path)

    def _add_once(self, sources: list[Source]) -> None:
        """Add what has no inode, unless its name is known."""
        self.sources += [source for source in sources if source.name not in self.names]
        self.names.update(source.name for source in sources)

    def _add_objects(self, uri: str) -> None:
        # Most logs are files, and its library takes long to import.
        from cachestats.logs.source.objects import find_objects, without_secrets

        try:
            self._add_once(find_objects(uri))
        except OSError as error:
            self.faults.append(Fault.of(without_secrets(uri), error))

    def _add_glob(self, pattern: str) -> None:
        matches = sorted(glob.glob(pattern, recursive=True), key=natural)
        if not matches:
            self.faults.append(Fault(as_text(pattern), "no file matches"))
        by_name = os.path.basename(pattern) in {"*", "**"}
        for path in matches:
            if not by_name or _may_hold_logs(os.path.basename(path)) or os.path.isdir(path):
                self._add_path(path, given=False)

    def _add_path(self, path: str, *, given: bool = True) -> None:
        """Add a file or folder, or a pipe that is given: one that is only met may have no end."""
        stat = self._stat(path)
        if stat is None:
            return
        if not given and not (S_ISREG(stat.st_mode) or S_ISDIR(stat.st_mode)):
            name = as_text(os.path.normpath(path))
            self.faults.append(Fault(name, "neither a file nor a folder"))
            return
        if not self._is_new(stat):
            return
        if S_ISDIR(stat.st_mode):
            self._add_folder(path)
            return
        parent, entry = os.path.split(path)
        if not is_sidecar(entry):
            source = self._parent(parent).source(entry, stat)
            unnamed = S_ISREG(stat.st_mode) and not is_surely_log(entry)
            self.sources.append(source._replace(is_archive=unnamed))

    def _parent(self, path: str) -> _Folder:
        if path not in self.parents:
            entries = []
            with suppress(OSError):  # a file can be readable where its folder is not
                entries = os.listdir(path or ".")
            self.parents[path] = _Folder.of(path, entries)
        return self.parents[path]

    def _add_folder(self, top: str) -> None:
        pending: list[tuple[str, str | None, str | None]] = [(top, None, None)]
        while pending:
            path, below, job = pending.pop()
            try:
                entries = sorted(os.listdir(path), key=natural)
            except OSError as error:
                self._add_fault(path, error)
            else:
                folder = _Folder.of(path, entries, below, job)
                inner = self._add_entries(folder, entries)
                pending += [folder.inner(entry) for entry in reversed(inner)]

    def _add_entries(self, folder: _Folder, entries: list[str]) -> list[str]:
        """Add the logs among a folder's entries, and return its new folders."""
        inner = []
        for entry in entries:
            stat = None if is_hidden(entry) else self._stat(folder.path + entry)
            if stat is None:
                continue
            if S_ISDIR(stat.st_mode):
                inner += [entry] if self._is_new(stat) else []
            elif S_ISREG(stat.st_mode) and _may_hold_logs(entry) and self._is_new(stat):
                self.sources.append(folder.source(entry, stat))
        return inner

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            return os.stat(path)
        except OSError as error:
            self._add_fault(path, error)
            return None

    def _add_fault(self, path: str, error: OSError) -> None:
        self.faults.append(Fault.of(as_text(os.path.normpath(path)), error))

    def _is_new(self, stat: os.stat_result) -> bool:
        before = len(self.seen)
        self.seen.add((stat.st_dev, stat.st_ino))
        return len(self.seen) > before


def _may_hold_logs(name: str) -> bool:
    return is_log(name) or is_archive(name)


def _modified_at(stat: os.stat_result) -> datetime | None:
    """When a file was changed; None for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(stat.st_mtime, UTC)
    except (OverflowError, ValueError, OSError):
        return None
