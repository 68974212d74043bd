from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cachestats.schema import Sources
from cachestats.store import Committed, Forgotten, Store
from cachestats.store.forget import forget
from cachestats.store.tables import Tables
from tests.store.batches import Batch, Crossed, rows

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = Forgotten(0, 0, 0, 0)
AT_ONCE = timedelta(seconds=-1)


def run_ids(store: Store, name: str) -> set[str]:
    return set(getattr(store, name)().collect()["run_id"])


def test_runs_go_with_their_rows(path: Path, store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    assert store.forget(["r1", "never there"]) == Forgotten(1, 2, 1, 1)
    for name in ("runs", "steps", "cache_io", "facts"):
        assert run_ids(store, name) == {"r2"}
        assert set(Tables(str(path)).scan(name).collect()["run_id"]) == {"r2"}


def test_sources_stay_and_hold_the_runs_that_are_left(store: Store) -> None:
    Batch.of("r1", "r2", "r3").ingest_into(store)
    Batch.of("r1", source="copy.log").ingest_into(store)
    Batch.of("r4", source="other.log").ingest_into(store)
    before = store.sources().collect().sort("source")
    store.forget(["r1"])
    after = store.sources().collect().sort("source")
    assert after["run_ids"].to_list() == [["r2", "r3"], [], ["r4"]]
    assert after.drop("run_ids").equals(before.drop("run_ids"))


def test_only_a_dry_run_changes_nothing(store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    Batch.of("r1").append_to(store.ingest())
    foreseen = store.forget(["r1", "never there"], dry_run=True)
    assert run_ids(store, "runs") == {"r1", "r2"}
    assert store.forget(["r1", "never there"]) == foreseen == Forgotten(1, 2, 1, 1)


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("wanted", [[], ["never there"]], ids=str)
def test_nothing_to_forget(path: Path, store: Store, wanted: list[str], *, dry_run: bool) -> None:
    Batch.of("r1").ingest_into(store)
    before = sorted(path.rglob("*"))
    assert store.forget(wanted, dry_run=dry_run) == NOTHING
    assert sorted(path.rglob("*")) == before


def test_a_store_that_is_not_made_yet_is_not_made(path: Path) -> None:
    assert Store.at(path).forget([]) == NOTHING
    assert not path.exists()


def test_an_ingest_that_found_the_run_known_does_not_bring_it_back(store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    ingest, new = store.ingest(), Batch.of("r2", source="b.log")
    new.append_to(ingest)  # r1 is known: its rows are not written again
    store.forget(["r1"])
    assert Batch.of("r1", "r2", source="b.log").commit_to(ingest) == Committed(1, 1)
    assert run_ids(store, "runs") == run_ids(store, "steps") == {"r2"}


def test_a_run_that_is_being_written_anew_keeps_its_new_rows(store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    ingest, anew = store.ingest(), Batch.of("r1")
    anew.append_to(ingest)
    store.forget(["r1"])
    anew.commit_to(ingest)
    assert store.steps().collect()["ingest_id"].to_list() == 2 * [ingest.ingest_id]


def test_another_ingest_brings_a_run_back(store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    store.forget(["r1"])
    assert Batch.of("r1").ingest_into(store) == Committed(1, 0)
    assert store.steps().collect().height == 2


def test_forgets_that_cross_count_each_run_once(path: Path, store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    crossing = {"runs": lambda: store.forget(["r1"])}
    assert forget(Crossed(str(path), crossing=crossing), ["r1", "r2"]) == Forgotten(1, 2, 1, 1)
    assert run_ids(store, "steps") == set()


def test_a_source_that_is_read_again_meanwhile_keeps_its_runs(path: Path, store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    crossing = {"sources": lambda: Batch.of("r2", "r3").ingest_into(store)}
    forget(Crossed(str(path), crossing=crossing), ["r1"])
    assert store.sources().collect()["run_ids"].to_list() == [["r2", "r3"]]


def test_a_vacuum_deletes_the_bytes(path: Path, store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    store.forget(["r1"])
    before = {file.parent.name for file in path.glob("*/*.parquet")}
    store.vacuum(older_than=AT_ONCE)
    after = {file.parent.name for file in path.glob("*/*.parquet")}
    assert before - after == {"runs", "steps", "cache_io", "facts"}


def test_a_vacuum_completes_a_forget_that_was_killed(store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    Batch.of("r2").commit_to(store.ingest(), ["r1"])
    store.ingest().commit(
        runs=Batch.of().runs, sources=rows(Sources, {"source": "a.log", "run_ids": ["r1", "r2"]})
    )
    store.vacuum(older_than=AT_ONCE)
    assert store.sources().collect()["run_ids"].to_list() == [["r2"]]
    assert {table.orphan_rows for table in store.info().tables} == {0}
