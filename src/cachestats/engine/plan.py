"""Which sources are to be read: those that are new, have changed, or were rejected before."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cachestats._version import __version__
from cachestats.logs.batch import NO_TEXT, Earlier, Job
from cachestats.logs.given import RunFacts, Template, by_option, facts_for
from cachestats.logs.source import Held, fetched, find_sources, kept, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from cachestats.logs.source import Source

__all__ = ["Plan", "batches"]

# A batch costs a tenth of a second of its own, and holds about a tenth of its logs in memory.
MOST_BYTES, LEAST_BYTES = 128 << 20, 16 << 20
# Logs that could not be left where they were are in memory as they are.
MOST_HELD_BYTES = 32 << 20
LAST = "\U0010ffff"


class Plan:
    """What an ingest will do.

    What it says of the logs in archives is complete when all jobs were `opened`.

    Attributes:
        jobs: Sources to read, in the order given; archives and stdin are still closed.
        unchanged: Number of logs that the store knows as they are.
        rejected: Of these, and of the archives that it knows, those that it could not read.
        runs_known: Number of runs in those.
        faults: Inputs that cannot be read, or facts beside a log that cannot be used.
    """

    def __init__(
        self,
        sources: Iterable[str | Path],
        *,
        given: RunFacts,
        path_template: str | None,
        known: pl.DataFrame,
    ) -> None:
        """Find the sources, the facts given for each, and which of them need be read.

        Args:
            sources: Files, folders, archives, globs, URIs or `-`.
            given: Facts that hold for all of them.
            path_template: Where in the path of a log facts stand.
            known: `Sources`; what the store has read.

        Raises:
            UsageError: The template is none.
        """
        self._given = by_option(given)
        self._template = Template(path_template) if path_template else None
        self._known = _Known(known)
        self.unchanged = self.runs_known = 0
        self.rejected: list[str] = []
        found, faults = find_sources(sources)
        self.faults = list(dict.fromkeys(faults))
        self.jobs = [job for source in found if (job := self._job(source))]

    def opened(self) -> Iterator[Job]:
        """Go through the jobs, with the logs of an archive in its place, and it after them.

        So an archive is known to the store only when all its logs are. It is opened in its turn,
        by whoever asks, and what cannot be read later is read then.
        """
        for job, source in zip(self.jobs, fetched([job.source for job in self.jobs]), strict=True):
            if source.path is None or source.is_archive:
                yield from self._in(replace(job, source=source))
            else:
                yield job

    def _in(self, archive: Job) -> Iterator[Job]:
        faults = len(self.faults)
        for source in members(archive.source):
            if not source.is_archive:
                job = self._job(source)
                yield from [replace(job, source=kept(source))] if job else []
            elif source.name != archive.source.name:
                yield Job(source)
            elif len(self.faults) == faults:  # or it is to be opened again, to say them again
                yield replace(archive, source=source)

    def _job(self, source: Source) -> Job | None:
        """Return what to do about a source; None, and count it, if it is as it was."""
        before = self._known.rows.get(source.name)
        facts, fault = self._given, None
        if self._template or source.sidecars or source.job:  # of thousands, few may have any
            facts, fault = facts_for(source, option=self._given, template=self._template)
        if fault and fault not in self.faults:
            self.faults.append(fault)
        template = self._template.text if self._template and source.is_archive else None
        job = Job(source, facts, path_template=template)
        if not before:
            return job
        rows = self._known.rows_of(source)
        if not _is_as_it_was(job, before) or not all(map(_is_final, rows)):
            return replace(job, earlier=_earlier(before))
        for row in rows:
            self.unchanged += row.sha256 != NO_TEXT
            self.runs_known += len(row.run_ids)
            self.rejected += [row.source] if row.rejected else []
        return None


class _Row(NamedTuple):
    """What the store knows of a source."""

    source: str
    size_bytes: int
    modified_at: datetime | None
    sha256: str
    given: str
    run_ids: list[str]
    rejected: bool
    version: str


class _Known:
    """What the store knows of sources, by name."""

    def __init__(self, sources: pl.DataFrame) -> None:
        rows = map(_Row._make, sources.select(_Row._fields).iter_rows())
        self.rows = {row.source: row for row in rows}
        self._names: list[str] = []

    def rows_of(self, source: Source) -> list[_Row]:
        """Return the row of a source and, of an archive, those of its logs."""
        rows = [self.rows[source.name]] if source.name in self.rows else []
        if source.is_archive:
            self._names = self._names or sorted(self.rows)
            folder = f"{source.name}/"
            first, end = (bisect_left(self._names, name) for name in (folder, folder + LAST))
            rows += [self.rows[name] for name in self._names[first:end]]
        return rows


def _earlier(row: _Row) -> Earlier:
    return Earlier(row.size_bytes, row.sha256, tuple(row.run_ids))


def _is_as_it_was(job: Job, row: _Row) -> bool:
    source = job.source
    return bool(
        row.modified_at is not None
        and row.modified_at == source.modified_at
        and (row.size_bytes == source.size_bytes or source.is_compressed)
        and row.given == job.given
    )


def _is_final(row: _Row) -> bool:
    """A source that was rejected is read again by another version, which may understand it."""
    return not row.rejected or row.version == __version__


def batches(jobs: Iterable[Job], *, total_bytes: int, workers: int) -> Iterator[list[Job]]:
    """Group jobs, in order, into batches of about equal size, equally many for each worker."""
    turns = max(1, -(-total_bytes // (workers * MOST_BYTES)))
    enough = max(total_bytes // (turns * workers), LEAST_BYTES)
    batch: list[Job] = []
    size = held = 0
    for job in jobs:
        more = job.source.size_bytes
        more_held = more if isinstance(job.source.path, Held) else 0
        is_full = size >= enough or size + more > MOST_BYTES or held + more_held > MOST_HELD_BYTES
        if batch and is_full:
            yield batch
            batch, size, held = [], 0, 0
        batch.append(job)
        size += more
        held += more_held
    if batch:
        yield batch
