from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from cachestats.errors import SchemaError, StoreError
from cachestats.store import Committed, Store, tables
from cachestats.store.layout import CHILDREN
from cachestats.store.tables import Tables
from tests.store.batches import Batch

if TYPE_CHECKING:
    from pathlib import Path

    from deltalake import DeltaTable


def column(frame: pl.LazyFrame, name: str) -> list[object]:
    return sorted(frame.collect()[name])


@pytest.mark.parametrize("name", CHILDREN)
def test_rows_count_once_committed(store: Store, name: str) -> None:
    ingest, rows = store.ingest(), Batch.of("r1", "r2")
    rows.append_to(ingest)
    assert getattr(store, name)().collect().is_empty()
    rows.commit_to(ingest)
    assert getattr(store, name)().collect().height == getattr(rows, name).height


def test_scan_holds_the_rows_of_each_run_it_saw(store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    runs, steps = store.runs(), store.steps()
    Batch.of("r2").ingest_into(store)
    assert column(runs, "run_id") == ["r1"]
    assert column(steps, "run_id") == ["r1", "r1"]


def test_same_runs_twice_change_nothing(store: Store) -> None:
    assert Batch.of("r1", "r2").ingest_into(store) == Committed(runs_added=2, runs_known=0)
    before = [scan().collect() for scan in (store.runs, store.steps, store.cache_io, store.facts)]
    again = Batch.of("r1", "r2", "r3")
    assert again.ingest_into(store) == Committed(runs_added=1, runs_known=2)
    after = [scan().collect() for scan in (store.runs, store.steps, store.cache_io, store.facts)]
    for was, now in zip(before, after, strict=True):
        known = now.filter(pl.col("run_id") != "r3")
        assert known.sort(pl.all().exclude(pl.List)).equals(was.sort(pl.all().exclude(pl.List)))
        assert now.height * 2 == was.height * 3


def test_run_found_twice_in_one_ingest_counts_once(store: Store) -> None:
    ingest, rows = store.ingest(), Batch.of("r1")
    twice = rows._replace(runs=pl.concat([rows.runs, rows.runs]))
    twice.append_to(ingest)
    assert twice.commit_to(ingest) == Committed(runs_added=1, runs_known=0)
    Batch.of("r1", "r2", source="copy.log").append_to(ingest)
    assert Batch.of("r1", "r2", source="copy.log").commit_to(ingest) == Committed(1, 1)
    assert column(store.steps(), "run_id") == ["r1", "r1", "r2", "r2"]
    assert column(store.runs(), "source") == ["a.log", "copy.log"]


@pytest.mark.parametrize(
    ("source", "branches"), [("a.log", ["main", None]), ("copy.log", [None, "old"])]
)
def test_new_facts_of_a_known_source_update_its_run(
    store: Store, source: str, branches: list[str | None]
) -> None:
    Batch.of("r1").ingest_into(store)
    Batch.of("r2", branch="old", source="a.log").ingest_into(store)
    before = store.runs().collect().sort("run_id")
    Batch.of("r1", branch="main", source=source).ingest_into(store)
    Batch.of("r2", branch=None, source=source).ingest_into(store)
    after = store.runs().collect().sort("run_id")
    assert after["branch"].to_list() == branches
    assert after.drop("branch").equals(before.drop("branch"))
    assert column(store.steps(), "run_id") == ["r1", "r1", "r2", "r2"]


def test_replaced_runs_are_gone(store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    done = Batch.of("r3").ingest_into(store, replaced=["r1", "never there"])
    assert done == Committed(runs_added=1, runs_known=0)
    assert column(store.runs(), "run_id") == ["r2", "r3"]
    assert column(store.steps(), "run_id") == ["r2", "r2", "r3", "r3"]


def test_runs_can_go_without_others_coming(store: Store) -> None:
    Batch.of("r1", "r2").ingest_into(store)
    nothing = Batch.of("r1")
    nothing = nothing._replace(runs=nothing.runs.clear(), sources=nothing.sources.clear())
    assert nothing.commit_to(store.ingest(), ["r1"]) == Committed(0, 0)
    assert column(store.runs(), "run_id") == ["r2"]


def test_run_replaced_by_itself_is_written_anew(store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    anew = Batch.of("r1", outcome="failed")
    anew = anew._replace(steps=anew.steps.head(1))
    ingest = store.ingest()
    anew.append_to(ingest)
    assert anew.commit_to(ingest, ["r1"]) == Committed(runs_added=0, runs_known=1)
    assert store.steps().collect().rows() == store.steps().collect().head(1).rows()
    run = store.runs().collect().row(0, named=True)
    assert (run["outcome"], run["ingest_id"]) == ("failed", ingest.ingest_id)


def test_source_read_again_has_one_row(store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    Batch.of("r2").ingest_into(store)
    Batch.of("r3", source="b.log").ingest_into(store)
    read = store.sources().collect().sort("source")
    assert read["run_ids"].to_list() == [["r2"], ["r3"]]


def test_rejects_are_those_of_the_last_reading(store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    Batch.of("r1").ingest_into(store)
    Batch.of("r2", source="unreadable.log").append_to(store.ingest())
    assert column(store.rejects(), "source") == ["a.log", "unreadable.log"]
    mended = Batch.of("r1")
    mended._replace(rejects=mended.rejects.clear()).ingest_into(store)
    assert column(store.rejects(), "source") == ["unreadable.log"]


def test_nothing_to_commit_commits_nothing(path: Path, store: Store) -> None:
    before = sorted(path.rglob("*"))
    nothing = Batch.of()
    nothing = nothing._replace(sources=nothing.sources.clear(), rejects=nothing.rejects.clear())
    assert nothing.ingest_into(store) == Committed(0, 0)
    assert sorted(path.rglob("*")) == before


def test_frame_of_another_table_is_refused(store: Store) -> None:
    rows = Batch.of("r1")
    with pytest.raises(SchemaError, match="not a Facts table: step_no is missing"):
        rows._replace(facts=rows.facts.drop("step_no")).append_to(store.ingest())


def test_stale_merge_is_made_again(path: Path, store: Store) -> None:
    rows, inserted = Batch.of("r1"), []

    def attempt() -> None:
        merger = Tables(str(path)).merge("runs", rows.runs, on=["run_id"])
        if store.runs().collect().is_empty():
            rows.ingest_into(store)
        metrics = merger.when_not_matched_insert_all().execute()
        inserted.append(metrics["num_target_rows_inserted"])

    Tables(str(path)).until_committed(attempt)
    assert inserted == [0]
    assert column(store.runs(), "run_id") == ["r1"]


def test_append_that_a_deletion_overtakes_is_written_once(path: Path, store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    overtaken: list[int] = []

    class Overtaken(Tables):
        def load(self, name: str) -> DeltaTable:
            table = super().load(name)
            if not overtaken:
                overtaken.append(store.forget(["r1"]).runs)
            return table

    Overtaken(str(path)).append("steps", Batch.of("r2").steps)
    assert overtaken == [1]
    assert column(Tables(str(path)).scan("steps"), "run_id") == ["r2", "r2"]


def test_merge_that_is_always_stale_gives_up(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def attempt() -> None:
        merger = Tables(str(path)).merge("sources", Batch.of("r1").sources, on=["source"])
        Batch.of("r1").commit_to(store.ingest())
        merger.when_matched_update_all().when_not_matched_insert_all().execute()

    monkeypatch.setattr(tables, "_LONGEST_WAIT_S", 0)
    with pytest.raises(StoreError, match="could not commit, perhaps others write too"):
        Tables(str(path)).until_committed(attempt)
