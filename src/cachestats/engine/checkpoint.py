"""Decoded batches on their way into the store: each run once, committed every so often."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
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

# A crash costs at most the reading of this much. A commit takes a tenth of a second, in which the
# next logs are being decoded.
CHECKPOINT_BYTES = 1 << 30


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
        self._bytes = 0
        self.runs_added = self.runs_known = self.steps_added = 0

    @cached_property
    def _ingest(self) -> Ingest:
        """Begun only when there is something to write: the store may have to be made for it."""
        return self._store.ingest()

    def add(self, batch: Batch) -> None:
        """Take a batch in, and commit if there is enough of it."""
        self._batches.append(batch)
        self._bytes += batch.bytes
        if self._bytes >= CHECKPOINT_BYTES:
            self.commit()

    def commit(self) -> None:
        """Write what was taken in since the last commit."""
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
        sources = pl.concat([batch.sources for batch in batches])
        committed = self._ingest.commit(
            runs=tables.runs,
            sources=sources.with_columns(version=pl.lit(__version__)),
            replaced=self._let_go(batches) - set(tables.runs[RUN_ID].to_list()),
        )
        self._seen.update(new.runs[RUN_ID].to_list())
        self.runs_added += committed.runs_added
        self.runs_known += tables.log_runs.height - committed.runs_added
        if committed.runs_added == new.runs.height:
            self.steps_added += new.steps.height
        else:  # an ingest at the same time was quicker with some of them
            self.steps_added += self._mine(new.steps).height

    def _mine(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Keep the rows of runs that are in the store by this ingest."""
        by_this = Runs.ingest_id.col == self._ingest.ingest_id
        return rows.join(self._store.runs().filter(by_this).collect(), on=RUN_ID, how="semi")

    def _let_go(self, batches: Sequence[Batch]) -> set[str]:
        """Return the runs that no source holds any more."""
        released = Counter(run_id for batch in batches for run_id in batch.replaced)
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
