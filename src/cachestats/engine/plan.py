"""Which sources are to be read: those that are new, have changed, or were rejected before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachestats._version import __version__
from cachestats.logs.batch import Earlier, Job
from cachestats.logs.given import RunFacts, Template, facts_for
from cachestats.logs.source import Fault, find_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    import polars as pl

__all__ = ["Plan", "batches", "plan"]

# A batch costs a tenth of a second of its own, and holds about a tenth of its logs in memory.
MOST_BYTES, LEAST_BYTES = 192 << 20, 16 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What an ingest will do.

    Attributes:
        jobs: Sources to read, in the order given.
        unchanged: Number of sources that the store knows as they are.
        rejected: Of these, the ones that it could not read.
        runs_known: Number of runs in those.
        faults: Inputs that cannot be read, or facts beside a log that cannot be used.
    """

    jobs: tuple[Job, ...]
    unchanged: int
    rejected: tuple[str, ...]
    runs_known: int
    faults: tuple[Fault, ...]


def plan(
    sources: Iterable[str | Path],
    *,
    given: RunFacts,
    path_template: str | None,
    known: pl.DataFrame,
) -> Plan:
    """Find the sources, the facts given for each, and which of them need be read.

    Args:
        sources: Files, folders, globs, or `-`.
        given: Facts that hold for all of them.
        path_template: Where in the path of a log facts stand.
        known: `Sources`; what the store has read.

    Raises:
        UsageError: The template is none.
    """
    template = Template(path_template) if path_template else None
    found, faults = find_sources(sources)
    earlier = {row["source"]: row for row in known.iter_rows(named=True)}
    jobs, rejected, runs_known = [], [], 0
    for source in found:
        facts, fault = facts_for(source, option=given, template=template)
        faults += [fault] if fault else []
        before = earlier.get(source.name)
        job = Job(source, facts, _earlier(before) if before else None)
        if before and _is_as_it_was(job, before):
            runs_known += len(before["run_ids"])
            rejected += [source.name] if before["rejected"] else []
        else:
            jobs.append(job)
    return Plan(
        jobs=tuple(jobs),
        unchanged=len(found) - len(jobs),
        rejected=tuple(rejected),
        runs_known=runs_known,
        faults=tuple(dict.fromkeys(faults)),
    )


def _earlier(row: dict[str, Any]) -> Earlier:
    return Earlier(row["size_bytes"], row["sha256"], tuple(row["run_ids"]))


def _is_as_it_was(job: Job, row: dict[str, Any]) -> bool:
    """A source that was rejected is read again by another version, which may understand it."""
    return bool(
        row["modified_at"] is not None
        and row["modified_at"] == job.source.modified_at
        and row["size_bytes"] == job.source.size_bytes
        and row["given"] == job.given
        and (not row["rejected"] or row["version"] == __version__)
    )


def batches(jobs: Sequence[Job], *, workers: int) -> Iterator[list[Job]]:
    """Group jobs, in order, into batches of about equal size, at least one for each worker."""
    total = sum(job.source.size_bytes for job in jobs)
    limit = min(max(total // workers + 1, LEAST_BYTES), MOST_BYTES)
    batch: list[Job] = []
    size = 0
    for job in jobs:
        if batch and size + job.source.size_bytes > limit:
            yield batch
            batch, size = [], 0
        batch.append(job)
        size += job.source.size_bytes
    if batch:
        yield batch
