"""Runs taken out of the store: first the runs, so that nobody sees them, then their rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import Runs, Sources
from cachestats.store.layout import CHILDREN, KEYS, RUNS, SOURCES
from cachestats.store.scans import counted

if TYPE_CHECKING:
    from collections.abc import Collection

    from cachestats.store.tables import Tables

__all__ = ["Forgotten", "foresee", "forget", "release"]


@dataclass(frozen=True)
class Forgotten:
    """Rows of each table that a forget took out, or would."""

    runs: int
    steps: int
    cache_io: int
    facts: int


def forget(tables: Tables, run_ids: Collection[str]) -> Forgotten:
    """Take runs out, with all rows that belong to them.

    No reader sees them from the first commit on. Killed after it, the rest is orphans, which a
    vacuum drops. Their sources stay known as read.
    """
    gone = tables.until_committed(partial(_delete_runs, tables, run_ids))
    rows = {
        name: tables.until_committed(partial(_delete_rows, tables, name, gone)) for name in CHILDREN
    }
    release(tables)
    return Forgotten(runs=gone.height, **rows)


def foresee(tables: Tables, run_ids: Collection[str]) -> Forgotten:
    """Count what `forget` would take out."""
    of_these = Runs.run_id.col.is_in(list(run_ids))
    scans = {RUNS: tables.scan(RUNS)} | {name: counted(tables, name) for name in CHILDREN}
    return Forgotten(
        **{name: scan.filter(of_these).collect().height for name, scan in scans.items()}
    )


def release(tables: Tables) -> None:
    """Take runs that are no more out of the sources that they were read from."""
    tables.until_committed(partial(_release, tables))


def _delete_runs(tables: Tables, run_ids: Collection[str]) -> pl.DataFrame:
    """Delete runs, and return the keys of their rows: an ingest may be writing others of them."""
    newest = tables.load(RUNS)
    is_chosen = Runs.run_id.col.is_in(list(run_ids))
    keys = tables.scan(RUNS, at=newest).filter(is_chosen).select(KEYS[RUNS]).collect()
    if not keys.is_empty():
        tables.merge(RUNS, keys, on=KEYS[RUNS], into=newest).when_matched_delete().execute()
    return keys


def _delete_rows(tables: Tables, name: str, keys: pl.DataFrame) -> int:
    if keys.is_empty():
        return 0
    merger = tables.merge(name, keys, on=KEYS[name]).when_matched_delete()
    return int(merger.execute()["num_target_rows_deleted"])


def _release(tables: Tables) -> None:
    # Sources first: an ingest commits runs before sources, so what the newer runs lack is gone.
    newest = tables.load(SOURCES)
    sources, runs = tables.scan(SOURCES, at=newest), tables.scan(RUNS)
    source, run_ids = Sources.source, Sources.run_ids
    is_there, is_lost = pl.col("is_there"), pl.col("is_lost")
    there = runs.select(Runs.run_id.col, pl.lit(value=True).alias("is_there"))
    rows = (
        sources.select(source.col, run_ids.col)
        .explode(run_ids.name)
        .drop_nulls()
        .join(
            there,
            left_on=run_ids.name,
            right_on=Runs.run_id.name,
            how="left",
            maintain_order="left",
        )
        .group_by(source.name, maintain_order=True)
        .agg(run_ids.col.filter(is_there), is_there.is_null().any().alias("is_lost"))
        .filter(is_lost)
        .select(source.col, run_ids.col)
        .collect()
    )
    if not rows.is_empty():
        merger = tables.merge(SOURCES, rows, on=[source.name], into=newest)
        merger.when_matched_update({run_ids.name: f"new.{run_ids.name}"}).execute()
