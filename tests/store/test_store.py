from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from polars.testing import assert_frame_equal

from cachestats.errors import SchemaError, StoreError
from cachestats.schema import Steps
from cachestats.store import FORMAT_VERSION, Store
from cachestats.store.layout import stored
from tests.store.batches import Batch

if TYPE_CHECKING:
    from collections.abc import Callable

NO_STORE = r"no store at .*; `cachestats ingest` makes one"


def with_format(path: Path, version: str) -> Path:
    DeltaTable.create(
        path / "runs",
        schema=pl.Schema({"run_id": pl.String}),
        configuration={"cachestats.format_version": version},
        raise_if_key_not_exists=False,
    )
    return path


def with_other_things(path: Path) -> Path:
    path.mkdir()
    (path / "thesis.txt").write_text("do not touch")
    return path


def with_folder_of_a_table_name(path: Path) -> Path:
    (path / "runs").mkdir(parents=True)
    (path / "runs" / "marathon.csv").write_text("42.195")
    return path


def with_delta_table(path: Path) -> Path:
    DeltaTable.create(path / "runs", schema=pl.Schema({"km": pl.Float64}))
    return path


def with_file(path: Path) -> Path:
    path.write_text("")
    return path


def with_empty_folder(path: Path) -> Path:
    path.mkdir()
    return path


def with_half_a_store(path: Path) -> Path:
    for name in ("steps", "facts"):
        DeltaTable.create(path / name, schema=stored(Steps.empty()).schema)
    return path


def test_open_finds_what_create_made(path: Path) -> None:
    Store.create(path)
    store = Store.open(path)
    assert store.uri == str(path)
    assert store.info().format_version == FORMAT_VERSION


def test_uri(path: Path) -> None:
    Batch.of("r1").ingest_into(Store.create(path.as_uri()))
    for uri in (path, str(path), path.as_uri(), f"{path.as_uri()}/"):
        assert Store.open(uri).steps().collect().height == 2


@pytest.mark.parametrize("make", [lambda path: path, with_empty_folder, with_half_a_store])
def test_no_store_until_created(path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(StoreError, match=NO_STORE):
        Store.open(make(path))
    Store.create(path)
    assert Store.open(path).runs().collect().is_empty()


@pytest.mark.parametrize(
    "make", [with_other_things, with_folder_of_a_table_name, with_delta_table, with_file]
)
@pytest.mark.parametrize("start", [Store.open, Store.create])
def test_other_things_are_left_alone(
    path: Path, make: Callable[[Path], Path], start: Callable[[Path], Store]
) -> None:
    make(path)
    before = sorted(path.rglob("*"))
    with pytest.raises(StoreError, match="not a cachestats store"):
        start(path)
    assert sorted(path.rglob("*")) == before


@pytest.mark.parametrize("version", [str(FORMAT_VERSION + 1), "1.5"])
@pytest.mark.parametrize("start", [Store.open, Store.create])
def test_newer_format_is_refused(path: Path, version: str, start: Callable[[Path], Store]) -> None:
    before = sorted(with_format(path, version).rglob("*"))
    with pytest.raises(StoreError, match=f"has format {version}, .* up to {FORMAT_VERSION}"):
        start(path)
    assert sorted(path.rglob("*")) == before


def test_store_that_became_newer_is_not_committed_to(path: Path, store: Store) -> None:
    ingest = store.ingest()
    DeltaTable(path / "runs").alter.set_table_properties(
        {"cachestats.format_version": "2"}, raise_if_not_exists=False
    )
    with pytest.raises(StoreError, match="has format 2"):
        Batch.of("r1").commit_to(ingest)


@pytest.mark.parametrize("part", ["[", "]", "^", "|", "%20"])
def test_path_that_delta_lake_cannot_use(tmp_path: Path, part: str) -> None:
    with pytest.raises(StoreError, match="cannot lie below a path with"):
        Store.create(tmp_path / f"a{part}b")


def test_folder_that_cannot_be_made(path: Path) -> None:
    with pytest.raises(StoreError, match="steps"):
        Store.create(with_file(path) / "below")


@pytest.mark.parametrize("name", ["runs", "steps", "cache_io", "facts", "sources"])
def test_round_trip(store: Store, name: str) -> None:
    full = Batch.of(
        "r1",
        started_at=datetime(2026, 11, 24, 4, 0, 0, 123456, tzinfo=UTC),
        started_at_basis="log",
        wall_s=0.1,
        builder_booted=True,
        warnings=["w", "ü"],
    )
    written = full._replace(
        steps=full.steps.with_columns(
            Steps.inputs.col.fill_null(pl.Series([["sha256:1"], None], dtype=pl.List(pl.String))),
            Steps.line.col.fill_null(2**40),
        ),
    )
    written.ingest_into(store)
    stamps = ["ingested_at", "ingest_id"]
    read = getattr(store, name)().collect()
    assert read.schema == getattr(written, name).schema
    assert_frame_equal(
        read.drop(stamps, strict=False),
        getattr(written, name).drop(stamps, strict=False),
        check_row_order=False,
    )


def test_unknown_value_is_named(path: Path, store: Store) -> None:
    Batch.of("r1").ingest_into(store)
    DeltaTable(path / "steps").update({"outcome": "'vanished'"}, predicate="step_no = 2")
    steps = store.steps()
    with pytest.raises(StoreError, match=r"steps\.outcome holds 'vanished'"):
        steps.collect()


def test_missing_column_is_named(path: Path, store: Store) -> None:
    write_deltalake(
        path / "facts",
        pl.DataFrame({"run_id": ["r1"]}),
        mode="overwrite",
        schema_mode="overwrite",
    )
    with pytest.raises(SchemaError, match="kind is missing"):
        store.facts()


def test_lost_table_is_named(path: Path, store: Store) -> None:
    (path / "facts").rename(path / "gone")
    with pytest.raises(StoreError, match="facts"):
        store.facts()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (Path.unlink, "a file of the store is missing"),
        (lambda file: os.truncate(file, 100), r"has 100 bytes of \d+, the store is damaged"),
    ],
    ids=["missing", "cut"],
)
def test_damaged_file_is_named(
    path: Path, store: Store, harm: Callable[[Path], None], reason: str
) -> None:
    Batch.of("r1").ingest_into(store)
    (file,) = (path / "steps").glob("*.parquet")
    harm(file)
    with pytest.raises(StoreError, match=rf"{re.escape(str(file))}: {reason}"):
        store.steps()
