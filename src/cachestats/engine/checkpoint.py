"""Decoded batches on their way into the store: each run once, committed every so often."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from cachestats._version import __version__
from cachestats.logs.decode import Tables
from cachestats.schema import Runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.logs.batch import Batch
    from cachestats.store import Ingest, Store

__all__ = ["Checkpoints", "joined"]

RUN_ID = Runs.run_id.name

# A crash costs at most the reading of this much; a commit takes a tenth of a second.
CHECKPOINT_BYTES = 1 << 30
# Rows of runs are written earlier, while the next logs are being decoded: they take up memory, and
# when all is decoded there is nothing else to do.
WRITTEN_BYTES = 320 << 20


@dataclass(frozen=True, slots=True)
class _Written:
    """Batches whose rows are in the store, and do not count yet.

    Attributes:
        runs: Their `Runs`, those that the store has among them.
        sources: Their `Sources`.
        steps: Run of each step that was written.
        runs_new: How many of the runs the store did not have.
        runs_found: How many runs their logs hold, each as often as it was found.
        released: Ids of runs that a source no longer holds, each as often as one let go of it.
    """

    runs: pl.DataFrame
    sources: pl.DataFrame
    steps: pl.DataFrame
    runs_new: int
    runs_found: int
    released: Counter[str]


class Checkpoints:
    """Collects batches and commits them; what it counts is in the store.

    Attributes:
        runs_added: Runs that the store did not have.
        runs_known: Runs that it had, or that were read twice.
        steps_added: Steps of the runs that were added.
    """

    def __init__(self, store: Store, known_sources: pl.DataFrame) -> None:
        self._store = store
        self._seen = set(store.runs().select(RUN_ID).collect().to_series().to_list())
        self._holders = Counter(known_sources["run_ids"].explode().drop_nulls().to_list())
        self._batches: list[Batch] = []
        self._written: list[_Written] = []
        self._bytes = self._bytes_since_commit = 0
        self.runs_added = self.runs_known = self.steps_added = 0

    @cached_property
    def _ingest(self) -> Ingest:
        """Begun only when there is something to write: the store may have to be made for it."""
        return self._store.ingest()

    def add(self, batch: Batch) -> None:
        """Take a batch in, and write or commit if there is enough of it."""
        self._batches.append(batch)
        self._bytes += batch.bytes
        self._bytes_since_commit += batch.bytes
        if self._bytes_since_commit >= CHECKPOINT_BYTES:
            self.commit()
        elif self._bytes >= WRITTEN_BYTES:
            self._write()

    def commit(self) -> None:
        """Make what was taken in since the last commit count."""
        self._write()
        if not self._written:
            return
        written, self._written, self._bytes_since_commit = self._written, [], 0
        runs = pl.concat([part.runs for part in written])
        sources = pl.concat([part.sources for part in written])
        committed = self._ingest.commit(
            runs=runs,
            sources=sources.with_columns(version=pl.lit(__version__)),
            replaced=self._let_go(written) - set(runs[RUN_ID].to_list()),
        )
        self.runs_added += committed.runs_added
        self.runs_known += sum(part.runs_found for part in written) - committed.runs_added
        steps = pl.concat([part.steps for part in written])
        if committed.runs_added != sum(part.runs_new for part in written):
            steps = self._mine(steps)  # an ingest at the same time was quicker with some of them
        self.steps_added += steps.height

    def _write(self) -> None:
        """Write the rows of what was taken in since they were last written."""
        if not self._batches:
            return
        batches, self._batches, self._bytes = self._batches, [], 0
        tables = joined([batch.tables for batch in batches])
        new = without(tables, self._seen)
        self._ingest.append(
            steps=new.steps,
            cache_io=new.cache_io,
            facts=new.facts,
            rejects=pl.concat([batch.rejects for batch in batches]),
        )
        self._seen.update(new.runs[RUN_ID].to_list())
        self._written.append(
            _Written(
                runs=tables.runs,
                sources=pl.concat([batch.sources for batch in batches]),
                steps=new.steps.select(RUN_ID),
                runs_new=new.runs.height,
                runs_found=tables.log_runs.height,
                released=Counter(run_id for batch in batches for run_id in batch.replaced),
            )
        )

    def _mine(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Keep the rows of runs that are in the store by this ingest."""
        by_this = Runs.ingest_id.col == self._ingest.ingest_id
        return rows.join(self._store.runs().filter(by_this).collect(), on=RUN_ID, how="semi")

    def _let_go(self, written: Sequence[_Written]) -> set[str]:
        """Return the runs that no source holds any more."""
        released = sum((part.released for part in written), Counter[str]())
        self._holders.subtract(released)
        return {run_id for run_id in released if self._holders[run_id] <= 0}


def joined(batches: Sequence[Tables]) -> Tables:
    """Join the tables of batches; a run that several of them hold is that of the first."""
    seen: set[str] = set()
    parts = []
    for batch in batches:
        parts.append(without(batch, seen))
        seen.update(batch.runs[RUN_ID].to_list())
    return Tables(
        runs=pl.concat([part.runs for part in parts]),
        steps=pl.concat([part.steps for part in parts]),
        cache_io=pl.concat([part.cache_io for part in parts]),
        facts=pl.concat([part.facts for part in parts]),
        log_runs=pl.concat([part.log_runs for part in parts]),
        faults=pl.concat([part.faults for part in parts]),
    )


def without(tables: Tables, run_ids: set[str]) -> Tables:
    """Leave out runs, and what belongs to them."""
    if run_ids.isdisjoint(tables.runs[RUN_ID].to_list()):
        return tables
    other = ~pl.col(RUN_ID).is_in(list(run_ids))
    return replace(
        tables,
        runs=tables.runs.filter(other),
        steps=tables.steps.filter(other),
        cache_io=tables.cache_io.filter(other),
        facts=tables.facts.filter(other),
    )
