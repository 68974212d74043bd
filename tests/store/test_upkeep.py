from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from cachestats.store import Committed, Store, TableInfo
from tests.store.batches import Batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Ages count from the second an ingest began in: this makes one of the same second old.
AT_ONCE = timedelta(seconds=-1)


def rows_and_orphans(store: Store) -> dict[str, tuple[int, int]]:
    return {table.name: (table.rows, table.orphan_rows) for table in store.info().tables}


def test_info(store: Store) -> None:
    early, late = (datetime(2026, 11, day, tzinfo=UTC) for day in (2, 30))
    Batch.of("r1", started_at=late).ingest_into(store)
    Batch.of("r2", started_at=early, source="b.log").ingest_into(store)
    Batch.of("r3", "r4").append_to(store.ingest())
    info = store.info()
    assert (info.first_started_at, info.last_started_at) == (early, late)
    assert rows_and_orphans(store) == {
        "runs": (2, 0),
        "steps": (4, 4),
        "cache_io": (2, 2),
        "facts": (2, 2),
        "sources": (2, 0),
        "rejects": (2, 1),
    }
    steps = next(table for table in info.tables if table.name == "steps")
    assert isinstance(steps, TableInfo)
    assert (steps.files, steps.version) == (3, 3)
    assert steps.size_bytes > 0


def test_info_of_an_empty_store(store: Store) -> None:
    info = store.info()
    assert info.first_started_at is None
    assert {(t.rows, t.files, t.size_bytes) for t in info.tables} == {(0, 0, 0)}


def test_compact_joins_files_and_keeps_rows(store: Store) -> None:
    for run in ("r1", "r2", "r3"):
        Batch.of(run, source=run).ingest_into(store)
    before = store.steps().collect().sort("run_id", "step_no")
    done = store.compact()
    assert done.files_removed > done.files_added > 0
    assert {t.name: t.files for t in store.info().tables}["steps"] == 1
    assert store.steps().collect().sort("run_id", "step_no").equals(before)


def test_vacuum_drops_orphans_and_files(path: Path, store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    Batch.of("r2", "r3").ingest_into(store)
    Batch.of("r4").append_to(store.ingest())
    leftover = path / "steps" / "part-of-a-killed-ingest.parquet"
    leftover.touch()
    before = store.steps().collect().sort("run_id", "step_no")
    done = store.vacuum(older_than=AT_ONCE)
    assert done.rows_dropped == 2 * (2 + 1 + 1) + 2  # of r2 and r4; two readings of a.log
    assert done.files_deleted > 0
    assert not leftover.exists()
    assert {orphans for _, orphans in rows_and_orphans(store).values()} == {0}
    assert store.steps().collect().sort("run_id", "step_no").equals(before)


def test_vacuum_spares_the_young(store: Store) -> None:
    ingest, rows = store.ingest(), Batch.of("r1")
    rows.append_to(ingest)
    done = store.vacuum()
    assert (done.rows_dropped, done.files_deleted) == (0, 0)
    rows.commit_to(ingest)
    assert store.steps().collect().height == 2


@pytest.mark.parametrize("upkeep", [Store.compact, lambda s: s.vacuum(older_than=AT_ONCE)])
def test_upkeep_during_an_ingest(store: Store, upkeep: Callable[[Store], object]) -> None:
    Batch.of("r1").ingest_into(store)
    ingest, rows = store.ingest(), Batch.of("r1", "r2", source="b.log")
    upkeep(store)
    rows.append_to(ingest)
    assert rows.commit_to(ingest) == Committed(runs_added=1, runs_known=1)
    assert store.steps().collect().height == 4


def test_format_version_survives_everything(path: Path, store: Store) -> None:
    for n in range(12):  # more commits than between two checkpoints
        Batch.of(f"r{n}").ingest_into(store, [f"r{n - 1}"])
    store.compact()
    store.vacuum(older_than=AT_ONCE)
    assert (path / "runs" / "_delta_log" / "_last_checkpoint").exists()
    assert DeltaTable(path / "runs").metadata().configuration["cachestats.format_version"] == "1"
    assert Store.open(path).runs().collect()["run_id"].to_list() == ["r11"]


def test_vacuum_by_minutes_spares_files_of_the_hour(path: Path, store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    leftover = path / "steps" / "part-of-a-killed-ingest.parquet"
    leftover.touch()
    store.vacuum(older_than=timedelta(minutes=30))
    assert leftover.exists()
