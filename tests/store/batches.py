"""Small batches of runs, as a decoder would hand them to an ingest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cachestats.schema import CacheIO, Facts, Rejects, Runs, Sources, Steps, Table
from cachestats.store.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from deltalake import DeltaTable
    from deltalake.table import TableMerger

    from cachestats.store import Committed, Ingest, Store


def rows(table: type[Table], *given: Mapping[str, object]) -> pl.DataFrame:
    blank = dict.fromkeys(table.columns())
    return pl.DataFrame([{**blank, **row} for row in given], schema=table.dtypes())


class Batch(NamedTuple):
    """One frame of each table."""

    runs: pl.DataFrame
    sources: pl.DataFrame
    steps: pl.DataFrame
    cache_io: pl.DataFrame
    facts: pl.DataFrame
    rejects: pl.DataFrame

    @classmethod
    def of(cls, *run_ids: str, source: str = "a.log", **given: object) -> Batch:
        run = {"source": source, "format": "plain", "outcome": "done", "warnings": []} | given
        io = {"step_no": 3, "direction": "import", "backend": "gha", "outcome": "done"}
        step = {"kind": "instruction", "outcome": "cached", "cached_as": "hit", "mounts": []}
        return cls(
            runs=rows(Runs, *({"run_id": each} | run for each in run_ids)),
            sources=rows(Sources, {"source": source, "run_ids": list(run_ids)}),
            steps=rows(
                Steps,
                *({"run_id": each, "step_no": no} | step for each in run_ids for no in (1, 2)),
            ),
            cache_io=rows(CacheIO, *({"run_id": each} | io for each in run_ids)),
            facts=rows(Facts, *({"run_id": each, "kind": "error"} for each in run_ids)),
            rejects=rows(Rejects, {"source": source, "reason": "cut"}),
        )

    def append_to(self, ingest: Ingest) -> None:
        ingest.append(
            steps=self.steps, cache_io=self.cache_io, facts=self.facts, rejects=self.rejects
        )

    def commit_to(self, ingest: Ingest, replaced: Collection[str] = ()) -> Committed:
        return ingest.commit(runs=self.runs, sources=self.sources, replaced=replaced)

    def ingest_into(self, store: Store, replaced: Collection[str] = ()) -> Committed:
        ingest = store.ingest()
        self.append_to(ingest)
        return self.commit_to(ingest, replaced)


@dataclass(frozen=True)
class Crossed(Tables):
    """Tables where, once each, something happens between what is read for a merge and it."""

    crossing: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    crossed: list[str] = field(default_factory=list)

    def merge(
        self,
        name: str,
        rows: pl.DataFrame,
        *,
        on: Sequence[str],
        when: str | None = None,
        into: DeltaTable | None = None,
    ) -> TableMerger:
        if name in self.crossing and name not in self.crossed:
            self.crossed.append(name)
            self.crossing[name]()
        return super().merge(name, rows, on=on, when=when, into=into)
