from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
from polars.testing import assert_frame_equal

from cachestats.schema import CacheIO, Facts, Rejects, Steps, Table
from cachestats.store import Committed, Redacted, Store
from cachestats.store.redact import redact
from cachestats.store.tables import Tables
from tests.store.batches import Batch, Crossed

if TYPE_CHECKING:
    from pathlib import Path

AT_ONCE = timedelta(seconds=-1)
NAMES = ("runs", "steps", "cache_io", "facts", "sources", "rejects")
STEPS = ("name", "target", "stage", "text", "error")


def rule(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("hunter2", "***")


def batch(*run_ids: str, text: str, source: str = "a.log") -> Batch:
    """Runs with this text wherever a log can put it, in the first of two steps."""
    plain = Batch.of(*run_ids, source=source, warnings=["w", text])
    is_first = Steps.step_no.col == 1

    def with_text(table: type[Table], frame: pl.DataFrame, *names: str) -> pl.DataFrame:
        is_list = {name: isinstance(table.dtypes()[name], pl.List) for name in names}
        return frame.with_columns(
            **{name: pl.lit([text] if is_list[name] else text) for name in names}
        )

    first = with_text(Steps, plain.steps.filter(is_first), *STEPS, "mounts", "layer_id")
    return plain._replace(
        steps=pl.concat([first, plain.steps.filter(~is_first)]),
        cache_io=with_text(CacheIO, plain.cache_io, "ref"),
        facts=with_text(Facts, plain.facts, "text"),
        rejects=with_text(Rejects, plain.rejects, "reason"),
    )


def raw(path: Path) -> dict[str, pl.DataFrame]:
    """Rows of all tables, whether they count or not."""
    scans = {name: Tables(str(path)).scan(name).collect() for name in NAMES}
    return {name: frame.sort(frame.columns[:2]) for name, frame in scans.items()}


def test_all_text_of_logs_is_redacted_and_nothing_else_changes(path: Path, store: Store) -> None:
    batch("r1", text="a hunter2 b").ingest_into(store)
    batch("r2", text="harmless", source="b.log").ingest_into(store)
    before = raw(path)
    assert store.redact(rule) == Redacted(1, 1, 1, 1, 1)
    after = raw(path)
    steps = after["steps"].row(0, named=True)
    assert {steps[name] for name in STEPS} == {"a *** b"}
    assert steps["mounts"] == ["a *** b"]
    assert after["cache_io"]["ref"].to_list() == ["a *** b", "harmless"]
    assert after["facts"]["text"].to_list() == ["a *** b", "harmless"]
    assert sorted(after["rejects"]["reason"]) == ["a *** b", "harmless"]
    assert after["runs"]["warnings"].to_list() == [["w", "a *** b"], ["w", "harmless"]]
    texts = [*STEPS, "mounts", "ref", "reason", "warnings"]
    for name in NAMES:
        assert_frame_equal(
            after[name].drop(texts, strict=False), before[name].drop(texts, strict=False)
        )


def test_layers_stay_the_same(store: Store) -> None:
    batch("r1", text="hunter2").ingest_into(store)
    store.redact(rule)
    assert store.steps().sort("step_no").collect()["layer_id"].to_list() == ["hunter2", None]


def test_a_second_time_changes_nothing(path: Path, store: Store) -> None:
    batch("r1", "r2", text="hunter2").ingest_into(store)
    assert store.redact(rule) == Redacted(2, 2, 2, 2, 1)
    before = sorted(path.rglob("*"))
    assert store.redact(rule) == Redacted(0, 0, 0, 0, 0)
    assert sorted(path.rglob("*")) == before


def test_a_rule_that_needs_several_passes_is_applied_until_nothing_changes(store: Store) -> None:
    def one_by_one(text: pl.Expr) -> pl.Expr:
        return text.str.replace("x", "")

    batch("r1", text="axxxb").ingest_into(store)
    assert store.redact(one_by_one).facts == 1
    assert store.facts().collect()["text"].to_list() == ["ab"]


def test_rows_that_do_not_count_are_redacted_too(path: Path, store: Store) -> None:
    batch("killed", text="hunter2").append_to(store.ingest())
    assert store.redact(rule) == Redacted(0, 1, 1, 1, 1)
    assert raw(path)["facts"]["text"].to_list() == ["***"]


def test_an_empty_store(store: Store) -> None:
    assert store.redact(rule) == Redacted(0, 0, 0, 0, 0)


def test_an_ingest_at_work_commits_its_redacted_rows(store: Store) -> None:
    ingest, rows = store.ingest(), batch("r1", text="hunter2")
    rows.append_to(ingest)
    store.redact(rule)
    assert rows.commit_to(ingest) == Committed(1, 0)
    assert store.facts().collect()["text"].to_list() == ["***"]


def test_rows_that_come_between_reading_and_committing_are_not_lost(
    path: Path, store: Store
) -> None:
    batch("r1", text="hunter2").ingest_into(store)
    new = batch("r2", text="hunter2", source="b.log")
    crossing = {"facts": lambda: new.ingest_into(store)}
    assert redact(Crossed(str(path), crossing=crossing), rule).facts == 2
    assert store.facts().collect()["text"].to_list() == ["***", "***"]
    assert store.steps().collect().height == 4


def test_a_vacuum_deletes_the_bytes(path: Path, store: Store) -> None:
    def on_disk() -> set[str]:
        files = path.glob("facts/*.parquet")
        return {text for file in files for text in pl.scan_parquet(file).collect()["text"]}

    batch("r1", text="hunter2").ingest_into(store)
    store.redact(rule)
    assert on_disk() == {"***", "hunter2"}
    store.vacuum(older_than=AT_ONCE)
    assert on_disk() == {"***"}
