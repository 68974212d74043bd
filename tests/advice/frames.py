"""Tables of a few runs, from their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.advice.record import Tables
from cachestats.analysis.causes.misses import misses
from cachestats.analysis.lineage import lineages
from cachestats.schema import Backend, CacheIO, Direction, FactKind, Facts, LedgerRows, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachestats.schema import Table

Row = tuple[str, int | None, FactKind, float | None, str | None]


def facts(*rows: Row) -> pl.DataFrame:
    """Facts of which run, step, kind, value and text are told."""
    names = (Facts.run_id, Facts.step_no, Facts.kind, Facts.value, Facts.text)
    return _frame(Facts, [dict(zip((c.name for c in names), row, strict=True)) for row in rows])


def imports(*rows: tuple[str, str | None, Outcome], backend: Backend = Backend.GHA) -> pl.DataFrame:
    """Imports of which run, reference and outcome are told."""
    names = (CacheIO.run_id, CacheIO.ref, CacheIO.outcome)
    rest = {
        CacheIO.step_no.name: 2,
        CacheIO.direction.name: Direction.IMPORT,
        CacheIO.backend.name: backend,
    }
    told = [dict(zip((c.name for c in names), row, strict=True)) for row in rows]
    return _frame(CacheIO, [rest | row for row in told])


def tables(
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    told: pl.DataFrame | None = None,
    cache_io: pl.DataFrame | None = None,
) -> Tables:
    """Tables of runs, with the causes of their misses; of no caches and facts if none are told."""
    told = facts() if told is None else told
    cache_io = imports() if cache_io is None else cache_io
    return Tables(
        runs=runs.collect(),
        steps=steps.collect(),
        facts=told,
        cache_io=cache_io,
        misses=misses(steps, runs, told.lazy(), cache_io.lazy()).collect(),
        lineages=lineages(steps, runs).collect(),
        ledger=LedgerRows.empty(),
    )


def _frame(table: type[Table], rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    filled = [{"ingest_id": "i1", **row} for row in rows]
    return pl.DataFrame(filled, schema=table.dtypes())
