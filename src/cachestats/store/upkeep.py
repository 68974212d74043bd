"""Upkeep: what a store holds, small files made large, dead rows and files dropped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import Rejects, Runs, Steps
from cachestats.store.forget import release
from cachestats.store.layout import (
    FORMAT_VERSION,
    KEYS,
    ORPHANABLE,
    REJECTS,
    RUNS,
    TABLES,
    ingest_id_prefix,
)
from cachestats.store.scans import counted, orphaned
from cachestats.store.tables import WRITER

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from cachestats.store.tables import Tables

__all__ = [
    "Compacted",
    "StoreInfo",
    "TableInfo",
    "Vacuumed",
    "compact",
    "info",
    "nothing",
    "vacuum",
]


@dataclass(frozen=True)
class TableInfo:
    """One table: rows that count and rows that do not, and what they take up."""

    name: str
    rows: int
    orphan_rows: int
    files: int
    size_bytes: int
    version: int


@dataclass(frozen=True)
class StoreInfo:
    """What a store holds; the times are of its first and its last run, in UTC."""

    uri: str
    format_version: int
    tables: tuple[TableInfo, ...]
    first_started_at: datetime | None
    last_started_at: datetime | None


@dataclass(frozen=True)
class Compacted:
    """Files before and after a compaction, of those that were rewritten."""

    files_removed: int
    files_added: int


@dataclass(frozen=True)
class Vacuumed:
    """Orphan rows and unreferenced files that a vacuum dropped."""

    rows_dropped: int
    files_deleted: int


def info(tables: Tables) -> StoreInfo:
    """Count what each table holds."""
    started = Runs.started_at.col
    first, last = (
        tables.scan(RUNS)
        .select(started.min().alias("first"), started.max().alias("last"))
        .collect()
        .row(0)
    )
    return StoreInfo(
        uri=tables.root,
        format_version=FORMAT_VERSION,
        tables=tuple(_table_info(tables, name) for name in TABLES),
        first_started_at=first,
        last_started_at=last,
    )


def nothing(tables: Tables) -> StoreInfo:
    """Say what a store holds that is not made yet."""
    return StoreInfo(
        uri=tables.root,
        format_version=FORMAT_VERSION,
        tables=tuple(TableInfo(name, 0, 0, 0, 0, 0) for name in TABLES),
        first_started_at=None,
        last_started_at=None,
    )


def compact(tables: Tables) -> Compacted:
    """Join small files into large ones; the small ones stay until a vacuum."""
    done = [tables.until_committed(partial(_compact, tables, name)) for name in TABLES]
    return Compacted(
        files_removed=sum(each.files_removed for each in done),
        files_added=sum(each.files_added for each in done),
    )


def vacuum(tables: Tables, *, older_than: timedelta) -> Vacuumed:
    """Drop orphan rows, and files that no version of that age or younger needs.

    An ingest at work for longer than `older_than` loses rows, a reader at work for longer
    loses files.
    """
    release(tables)  # what a killed forget has left
    before = datetime.now(UTC) - older_than
    rows = sum(
        tables.until_committed(partial(_drop_orphans, tables, name, before=before))
        for name in ORPHANABLE
    )
    files = sum(len(_vacuum(tables.load(name), older_than)) for name in TABLES)
    return Vacuumed(rows_dropped=rows, files_deleted=files)


def _table_info(tables: Tables, name: str) -> TableInfo:
    table = tables.load(name)
    sizes = pl.DataFrame(table.get_add_actions(flatten=True))["size_bytes"]
    parts = (
        [counted(tables, name), orphaned(tables, name)]
        if name in ORPHANABLE
        else [tables.scan(name), tables.scan(name).clear()]
    )
    rows, orphan_rows = (n.item() for n in pl.collect_all([p.select(pl.len()) for p in parts]))
    return TableInfo(
        name=name,
        rows=rows,
        orphan_rows=orphan_rows,
        files=len(sizes),
        size_bytes=int(sizes.sum()),
        version=table.version(),
    )


def _compact(tables: Tables, name: str) -> Compacted:
    metrics = tables.load(name).optimize.compact(writer_properties=WRITER)
    return Compacted(files_removed=metrics["numFilesRemoved"], files_added=metrics["numFilesAdded"])


def _drop_orphans(tables: Tables, name: str, *, before: datetime) -> int:
    is_old = (
        Rejects.ingested_at.col < before
        if name == REJECTS
        else Steps.ingest_id.col < ingest_id_prefix(before)
    )
    keys = orphaned(tables, name).filter(is_old).select(KEYS[name]).unique().collect()
    if keys.is_empty():
        return 0
    merger = tables.merge(name, keys, on=KEYS[name]).when_matched_delete()
    return int(merger.execute()["num_target_rows_deleted"])


def _vacuum(table: DeltaTable, older_than: timedelta) -> list[str]:
    hours = max(0, math.ceil(older_than / timedelta(hours=1)))
    return table.vacuum(hours, dry_run=False, enforce_retention_duration=False, full=True)
