from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from cachestats.analysis.lineage import lineages
from cachestats.analysis.patterns import patterns
from cachestats.schema import CacheIO, MissRows, PatternRows
from tests.builders import DAY, runs, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.schema import Table

MISS = {
    "run_id": "r0",
    "step_no": 1,
    "project": "web",
    "commit": "abc",
    "started_at": DAY,
    "layer_id": "l1",
    "instruction": "RUN",
    "text": "RUN make",
    "cost_s": 10.0,
    "cause": "evicted",
    "class": "avoidable",
    "confidence": "low",
    "is_root": True,
    "root_step_no": 1,
    "root_step_nos": [1],
    "root_layer_id": "l1",
    "root_text": "RUN make",
    "root_cause": "evicted",
    "reason": "because",
    "evidence": [],
}
IO = {
    "run_id": "r0",
    "step_no": 9,
    "direction": "import",
    "backend": "gha",
    "ref": "gha",
    "outcome": "done",
    "ingest_id": "i1",
}


def at(day: float) -> datetime:
    return DAY + timedelta(days=day)


def filled(
    table: type[Table], defaults: dict[str, Any], rows: Sequence[dict[str, Any]]
) -> pl.LazyFrame:
    names = table.dtypes().names()
    full = [{name: (defaults | row).get(name) for name in names} for row in rows]
    return pl.DataFrame(full, schema=table.dtypes()).lazy()


def found(
    outcomes: str,
    misses: Sequence[dict[str, Any]],
    cache_io: Sequence[dict[str, Any]] = (),
    **of_runs: Sequence[Any],
) -> list[dict[str, Any]]:
    """Patterns of one layer that hit (`h`) or missed (`m`), one run a day."""
    ids = [f"r{n}" for n in range(len(outcomes))]
    ran = steps(
        run_id=ids,
        outcome=["cached" if one == "h" else "done" for one in outcomes],
        duration_s=[None if one == "h" else 10.0 for one in outcomes],
    )
    given: dict[str, Sequence[Any]] = {
        "run_id": ids,
        "project": ["web"] * len(ids),
        "started_at": [at(n) for n in range(len(ids))],
    }
    dated = runs(**(given | of_runs))
    told = filled(MissRows, MISS, misses)
    io = filled(CacheIO, IO, cache_io)
    return patterns(ran, dated, io, lineages(ran, dated), told).collect().to_dicts()


def miss(run: int, **columns: object) -> dict[str, Any]:
    return {"run_id": f"r{run}", "started_at": at(run), **columns}


def volatile(run: int) -> dict[str, Any]:
    line = {"source": "a.log", "line": 1, "text": f"RUN make 2026-11-{run + 1:02}"}
    return miss(run, cause="volatile_value", text=f"RUN make 2026-11-{run + 2:02}", evidence=[line])


def test_a_value_that_changes_in_most_runs_is_named() -> None:
    (row,) = found("mmmm", [volatile(run) for run in (1, 2, 3)])
    assert (row["kind"], row["runs"], row["of_runs"]) == ("volatile_token", 3, 4)
    assert "`2026-11-04` became `2026-11-05`" in row["text"]
    assert found("mmmm", [volatile(run) for run in (1, 2)]) == []


def test_a_layer_that_is_gone_after_days_without_use() -> None:
    days = [at(day) for day in (0, 9, 10, 21)]
    gone = [{**miss(1), "started_at": days[1]}, {**miss(3), "started_at": days[3]}]
    (row,) = found("mmhm", gone, started_at=days)
    assert (row["kind"], row["runs"], row["of_runs"]) == ("eviction_age", 2, 4)
    assert "10.0 days after it was used last" in row["text"]
    assert found("mmhm", gone[:1], started_at=days) == []


def test_the_age_of_a_layer_is_that_of_its_own_use() -> None:
    days = [at(day) for day in (0, 9, 10, 21)]
    ran = steps(
        run_id=["r0", "r1", "r2", "r3"] * 2,
        layer_id=["l1"] * 4 + ["l2"] * 4,
        text=["RUN make"] * 4 + ["RUN test"] * 4,
        outcome=["done", "done", "cached", "done"] + ["cached"] * 4,
    )
    dated = runs(run_id=["r0", "r1", "r2", "r3"], project=["web"] * 4, started_at=days)
    gone = [{**miss(1), "started_at": days[1]}, {**miss(3), "started_at": days[3]}]
    told, io = filled(MissRows, MISS, gone), filled(CacheIO, IO, [])
    (row,) = patterns(ran, dated, io, lineages(ran, dated), told).collect().to_dicts()
    assert "10.0 days after it was used last" in row["text"]


def test_a_layer_that_is_gone_in_runs_without_times_has_no_age() -> None:
    gone = [{**miss(run), "started_at": None} for run in (1, 3)]
    (row,) = found("mmhm", gone, started_at=[None] * 4)
    assert row["text"] == "`RUN make` was gone in 2 of 4 runs"


def test_a_layer_that_flips_with_nothing_changed() -> None:
    rows = found("mhmhmh", [miss(run, cause="unknown") for run in (0, 2, 4)])
    (row,) = rows
    assert (row["kind"], row["runs"]) == ("flapping", 3)
    assert "5 times in 6 runs" in row["text"]
    assert found("mmmhhh", [miss(run, cause="unknown") for run in (0, 1, 2)]) == []


def empty(run: int) -> dict[str, Any]:
    return miss(run, cause="import_empty", root_cause="import_empty")


def test_an_import_that_never_gives_a_hit() -> None:
    imports = [{"run_id": f"r{run}"} for run in range(3)]
    (row,) = found("mmm", [empty(run) for run in range(3)], imports)
    assert (row["kind"], row["runs"], row["of_runs"], row["cost_s"]) == (
        "import_always_empty",
        3,
        3,
        30.0,
    )
    assert found("mm", [empty(run) for run in range(2)], imports[:2]) == []


def test_an_import_that_gives_a_hit_by_turns_is_of_a_scope_that_is_overwritten() -> None:
    imports = [{"run_id": f"r{run}"} for run in range(4)]
    (row,) = found("mhmh", [empty(0), empty(2)], imports)
    assert (row["kind"], row["runs"], row["of_runs"]) == ("scope_overwritten", 2, 4)


def test_a_reference_that_two_projects_write() -> None:
    exports = [
        {"run_id": run, "direction": "export", "backend": "registry", "ref": "ghcr.io/a/cache"}
        for run in ("r0", "r1")
    ]
    (row,) = found("mm", [], exports, project=["web", "api"])
    assert row["text"] == "2 projects export to ghcr.io/a/cache: api, web"
    assert found("mm", [], exports, project=["web", "web"]) == []


@pytest.mark.parametrize(("gap_s", "rows"), [(5, 1), (60, 0)])
def test_jobs_of_one_commit_that_build_the_same_layer_at_once(gap_s: int, rows: int) -> None:
    starts = [DAY + timedelta(seconds=gap_s * n) for n in range(3)]
    missed = [{"run_id": f"r{n}", "started_at": start} for n, start in enumerate(starts)]
    told = found(
        "mmm",
        [{**one, "cause": "content_change"} for one in missed],
        started_at=starts,
        wall_s=[30.0] * 3,
    )
    assert [row["kind"] for row in told] == ["concurrent_commit"] * rows


def test_nothing_in_nothing_out() -> None:
    assert found("", [], run_id=[], project=[], started_at=[]) == []
    assert PatternRows.empty().height == 0
