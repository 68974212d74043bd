"""Ingests and parses on this machine's cores: batches decoded side by side, taken in in turn."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.engine.checkpoint import Checkpoints, joined
from cachestats.engine.plan import Plan, batches
from cachestats.engine.workers import in_turn, worker_count
from cachestats.logs.apart import decode_apart
from cachestats.logs.batch import decode_batch
from cachestats.logs.given import RunFacts
from cachestats.logs.source import read
from cachestats.schema import Rejects, Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cachestats.logs.batch import Batch, Job
    from cachestats.store import Store

__all__ = ["IngestResult", "Parsed", "Progress", "Reject", "ingest", "parse"]

# Of so many bytes processes make up for the time that they take to start.
MUCH_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: logs and bytes read, of those that are to be read."""

    files: int
    files_total: int
    bytes: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class Reject:
    """An input, or a line of one, that could not be read.

    Attributes:
        source: Path or URI.
        line: Line, from 1; None is the whole source.
        reason: Why.
    """

    source: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What an ingest read and stored.

    Attributes:
        files: Logs found.
        unchanged: Of these, logs that the store knows as they are; they were not read.
        bytes: Bytes read; in a dry run, bytes that would be.
        runs_added: Runs that the store did not have.
        runs_known: Runs in the logs that it had.
        steps_added: Steps of the runs added.
        rejects: What could not be read.
        seconds: How long it took.
    """

    files: int
    unchanged: int
    bytes: int
    runs_added: int
    runs_known: int
    steps_added: int
    rejects: tuple[Reject, ...]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as what JSON can hold."""
        return asdict(self) | {"rejects": [asdict(reject) for reject in self.rejects]}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What logs hold, decoded without a store.

    Attributes:
        runs: `Runs` without the columns of an ingest, in the order of the logs.
        steps: `Steps`, likewise, by run and step.
        cache_io: `CacheIO`, likewise.
        facts: `Facts`, likewise.
        rejects: What could not be read: `source`, `line`, `reason`.
    """

    runs: pl.DataFrame
    steps: pl.DataFrame
    cache_io: pl.DataFrame
    facts: pl.DataFrame
    rejects: pl.DataFrame


def ingest(  # noqa: PLR0913 - the options of one public call
    store: Store,
    sources: Iterable[str | Path],
    *,
    given: RunFacts = RunFacts(),
    path_template: str | None = None,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> IngestResult:
    """Read sources into a store; see `cachestats.Store.ingest`."""
    began = time.perf_counter()
    known = store.sources().select(*_KNOWN).collect()
    planned = Plan(sources, given=given, path_template=path_template, known=known)
    taken = _foreseen(planned) if dry_run else _taken(store, planned, known, progress)
    # Last, since it is only known of all logs when the archives they lie in were opened.
    rejects = [Reject(fault.source, None, fault.reason) for fault in planned.faults]
    rejects += [*_known_rejects(store, planned), *taken.rejects]
    return IngestResult(
        files=taken.files + planned.unchanged,
        unchanged=planned.unchanged,
        bytes=taken.bytes,
        runs_added=taken.runs_added,
        runs_known=taken.runs_known + planned.runs_known,
        steps_added=taken.steps_added,
        rejects=tuple(rejects),
        seconds=round(time.perf_counter() - began, 3),
    )


@dataclass(slots=True)
class _Taken:
    """What was read of that which was to be, and what it added."""

    files: int = 0
    bytes: int = 0
    rejects: list[Reject] = field(default_factory=list)
    runs_added: int = 0
    runs_known: int = 0
    steps_added: int = 0


def _foreseen(planned: Plan) -> _Taken:
    taken = _Taken()
    for job in planned.opened():
        if job.source.is_archive:
            fault = read(job.source).fault
            taken.rejects += [Reject(job.source.name, None, fault)] if fault else []
        else:
            taken.files += 1
            taken.bytes += job.source.size_bytes
    return taken


def _taken(
    store: Store,
    planned: Plan,
    known: pl.DataFrame,
    progress: Callable[[Progress], None] | None,
) -> _Taken:
    taken = _Taken()
    if not planned.jobs:
        store.make()
        return taken
    total = sum(job.source.size_bytes for job in planned.jobs)
    with _decoded(planned) as decoded:  # processes take a while to begin
        store.make()
        checkpoints = Checkpoints(store, known)
        for batch in decoded:
            checkpoints.add(batch)
            taken.rejects += [Reject(*reject) for reject in batch.rejects.iter_rows()]
            taken.files += batch.files
            taken.bytes += batch.bytes
            if progress:  # logs in archives are more and larger than was foreseen
                files_total = max(len(planned.jobs), taken.files)
                bytes_total = max(total, taken.bytes)
                progress(Progress(taken.files, files_total, taken.bytes, bytes_total))
        checkpoints.commit()
    taken.runs_added, taken.runs_known = checkpoints.runs_added, checkpoints.runs_known
    taken.steps_added = checkpoints.steps_added
    return taken


def _known_rejects(store: Store, planned: Plan) -> list[Reject]:
    """Say again what the store could not read of logs that are as they were."""
    if not planned.rejected:
        return []
    of_these = Rejects.source.col.is_in(planned.rejected)
    rows = store.rejects().filter(of_these).select("source", "line", "reason").unique().collect()
    return [Reject(*reject) for reject in rows.sort("source", "line").iter_rows()]


def parse(
    sources: Iterable[str | Path],
    *,
    given: RunFacts = RunFacts(),
    path_template: str | None = None,
) -> Parsed:
    """Decode sources without a store; see `cachestats.parse`."""
    planned = Plan(sources, given=given, path_template=path_template, known=Sources.empty())
    with _decoded(planned) as decoded:
        found = list(decoded) or [decode_batch([])]
    faults = [(fault.source, None, fault.reason) for fault in planned.faults]
    rejects = pl.DataFrame(faults, schema=found[0].rejects.schema, orient="row")
    tables = joined([batch.tables for batch in found])
    return Parsed(
        runs=tables.runs,
        steps=tables.steps,
        cache_io=tables.cache_io,
        facts=tables.facts,
        rejects=pl.concat([rejects, *(batch.rejects for batch in found)]),
    )


_KNOWN = (
    Sources.source.name,
    Sources.size_bytes.name,
    Sources.modified_at.name,
    Sources.sha256.name,
    Sources.given.name,
    Sources.run_ids.name,
    Sources.rejected.name,
    Sources.version.name,
)


@contextmanager
def _decoded(planned: Plan) -> Iterator[Iterator[Batch]]:
    """Begin to decode batches on all cores, to give them out in their order.

    Stdin and archives are opened here: a Ctrl-C cannot call a thread back that waits for stdin,
    and what comes out of a compressed stream comes in its order.
    """
    workers = worker_count()
    total = sum(job.source.size_bytes for job in planned.jobs)
    todo = batches(planned.opened(), total_bytes=total, workers=workers)
    is_much = total >= MUCH_BYTES
    with in_turn(
        decode_apart, todo, workers=workers, apart=lambda batch: is_much and _of_files(batch)
    ) as done:
        yield chain.from_iterable(done)


def _of_files(batch: list[Job]) -> bool:
    return all(isinstance(job.source.path, str) for job in batch)
