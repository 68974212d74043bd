"""Which rows of the store count: those that a commit stands behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from cachestats.schema import Rejects
from cachestats.store.layout import KEYS, REJECTS, RUNS, SOURCES

if TYPE_CHECKING:
    from cachestats.store.tables import Tables

__all__ = ["counted", "orphaned"]


def counted(tables: Tables, name: str) -> pl.LazyFrame:
    """Scan the rows of an orphanable table that count.

    A row of `steps`, `cache_io` or `facts` counts if `runs` has its run with its ingest id. A
    reject counts until its source is read again: it needs no run, often there is none.
    """
    return _split(tables, name, how="semi")


def orphaned(tables: Tables, name: str) -> pl.LazyFrame:
    """Scan the rows that do not count: not yet, if their ingest is at work; else never."""
    return _split(tables, name, how="anti")


def _split(tables: Tables, name: str, *, how: Literal["semi", "anti"]) -> pl.LazyFrame:
    # The keys' version is pinned first, so that the rows of each key are all there.
    keys = _latest_readings(tables) if name == REJECTS else tables.scan(RUNS).select(KEYS[RUNS])
    return tables.scan(name).join(keys, on=KEYS[name], how=how)


def _latest_readings(tables: Tables) -> pl.LazyFrame:
    readings = [tables.scan(name).select(KEYS[name]) for name in (SOURCES, REJECTS)]
    return pl.concat(readings).group_by(Rejects.source.name).agg(Rejects.ingested_at.col.max())
