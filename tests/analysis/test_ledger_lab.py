"""The ledger of the lab's builds adds up with what is known of them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import polars as pl
import pytest

from cachestats.analysis.ledger import ledger
from cachestats.analysis.warmth import warm_runs
from cachestats.schema import TIME, CacheIO, Facts, Runs, Steps, Table
from tests.builders import DAY
from tests.lab import LAB, builds, decoded

if TYPE_CHECKING:
    from tests.lab import Build

pytestmark = [
    pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project"),
    pytest.mark.parametrize("log", ["rawjson.log", "plain.log", "gha.log"]),
]

Frames = tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]

FOLDER = Runs.source.col.str.extract(r"([^/]+/\d+)/[^/]+$")
# Plain progress prints tenths, which may add up, and no time of what failed.
ROUNDED, EXACT = 0.5, 0.02


@cache
def frames(log: str) -> Frames:
    """All builds as the tables of a store, each run's project the folder of its project."""
    parsed = decoded(log)
    runs = parsed.runs.with_columns(FOLDER.str.replace("/.*", "").alias(Runs.project.name))
    return (
        _stored(parsed.steps, Steps),
        _stored(runs, Runs),
        _stored(parsed.cache_io, CacheIO),
        _stored(parsed.facts, Facts),
    )


def _stored(decoded: pl.DataFrame, table: type[Table]) -> pl.LazyFrame:
    stored = pl.lit(DAY, TIME).alias("ingested_at"), pl.lit("i1").alias("ingest_id")
    return table.conform(decoded.lazy().with_columns(stored))


def by_project(log: str, column: str) -> dict[str, float]:
    found = ledger(*frames(log))
    if column == "export_s":
        # The truth knows steps, and an inline cache is written by a line of another step.
        found = found.filter(pl.col("backend") != "inline")
    sums = found.group_by("project").agg(pl.col(column).sum())
    return dict(sums.collect().iter_rows())


def imported(build: Build, builder: str) -> bool:
    truth = build.truth["cache"]
    return bool(truth["import_ok"]) and truth["builder"] == builder


@pytest.mark.parametrize("direction", ["import", "export"])
def test_transfers_add_up(log: str, direction: str) -> None:
    truth: dict[str, float | None] = defaultdict(float)
    for build in builds():
        for one in build.truth["extra"][f"{direction}s"]:
            if log == "rawjson.log" or not one["error"]:
                before, seconds = truth[build.folder.parent.name], one.get("s")
                known = before is not None and seconds is not None
                truth[build.folder.parent.name] = before + seconds if known else None
    told = {project: seconds for project, seconds in truth.items() if seconds is not None}
    said = by_project(log, f"{direction}_s")
    assert len(told) > 1
    assert {project: said[project] for project in told} == pytest.approx(
        told, abs=EXACT if log == "rawjson.log" else ROUNDED
    )


def test_warm_builders_are_those_that_were(log: str) -> None:
    steps, runs, io, facts = frames(log)
    used = io.select("run_id").unique().join(runs, on="run_id")
    warm = used.join(warm_runs(steps, runs, facts), on="run_id").select(FOLDER).collect()
    folders = set(used.select(FOLDER).collect().to_series())
    truth = {str(b) for b in builds() if b.truth["cache"]["builder"] == "warm"} & folders
    assert set(warm.to_series()) == truth
    assert len(truth) == 7


def test_hits_are_those_of_cold_builders_that_imported(log: str) -> None:
    truth: dict[str, int] = defaultdict(int)
    for build in builds():
        if imported(build, "cold"):
            truth[build.folder.parent.name] += sum(s["status"] == "hit" for s in build.steps)
    assert by_project(log, "hits") == truth


def test_restores_add_up(log: str) -> None:
    truth: dict[str, float] = defaultdict(float)
    for build in builds():
        if imported(build, "cold"):
            pulled = build.truth["extra"].get("pulled_after_cached", [])
            truth[build.folder.parent.name] += sum(
                step["seconds"] for step in pulled if "] FROM " not in step["name"]
            )
    told = {project: seconds for project, seconds in truth.items() if seconds}
    said = by_project(log, "restore_s")
    assert {project: said[project] for project in told} == pytest.approx(
        told, abs=EXACT if log == "rawjson.log" else ROUNDED
    )
