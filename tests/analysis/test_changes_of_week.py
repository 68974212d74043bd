from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cachestats.analysis.changes_of_week import changes_of_week
from cachestats.schema import MissClass
from tests.builders import runs
from tests.figures.tables import MONDAY, WEEK, misses

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

BEFORE = [MONDAY - timedelta(days=day) for day in (1, 28)]
NOW = [MONDAY, MONDAY + timedelta(days=6)]
IDS = ["old-1", "old-2", "new-1", "new-2"]


def changed(costs: dict[str, float], **columns: Sequence[Any]) -> pl.DataFrame:
    """What is worse where these runs of four wasted so much."""
    known = runs(
        run_id=IDS,
        project=["shop"] * 4,
        started_at=[*BEFORE, *NOW],
        branch=["main"] * 4,
        commit=["c1", "c2", "c3", "c4"],
    )
    missed = misses(run_id=list(costs), cost_s=list(costs.values()), **columns)
    return changes_of_week(missed.lazy(), known, since=MONDAY, until=MONDAY + WEEK).collect()


def test_a_layer_that_wastes_more_per_run_is_told_with_its_first_run() -> None:
    row = changed({"old-1": 4.0, "new-1": 2.0, "new-2": 8.0}).row(0, named=True)
    assert (row["before_per_run_s"], row["per_run_s"], row["added_s"]) == (2.0, 5.0, 6.0)
    assert (row["first_run_id"], row["first_commit"]) == ("new-2", "c4")
    assert (row["runs"], row["before_runs"], row["cause"]) == (2, 2, "cold_builder")


@pytest.mark.parametrize(
    "costs",
    [
        {"old-1": 40.0, "new-1": 43.0},  # within a tenth
        {"new-1": 0.9},  # no second
        {"old-1": 9.0, "new-1": 3.0},  # better
        {"old-1": 9.0},
        {},
    ],
)
def test_what_is_no_worse_has_no_row(costs: dict[str, float]) -> None:
    assert changed(costs).is_empty()


def test_work_that_had_to_be_done_is_no_change() -> None:
    assert changed({"new-1": 90.0}, **{"class": [MissClass.LEGITIMATE]}).is_empty()


@pytest.mark.parametrize(
    ("start", "is_before"),
    [(MONDAY - timedelta(weeks=4), True), (MONDAY - timedelta(weeks=4, seconds=1), False)],
)
def test_a_project_without_runs_in_the_four_weeks_before_has_no_row(
    start: datetime, *, is_before: bool
) -> None:
    known = runs(run_id=["old", "new"], project=["shop"] * 2, started_at=[start, MONDAY])
    missed = misses(run_id=["new"], cost_s=[90.0]).lazy()
    found = changes_of_week(missed, known, since=MONDAY, until=MONDAY + WEEK).collect()
    assert found.height == is_before


def test_the_next_monday_is_no_more_of_the_week() -> None:
    known = runs(
        run_id=["old", "new", "next"],
        project=["shop"] * 3,
        started_at=[MONDAY - timedelta(days=1), MONDAY, MONDAY + WEEK],
    )
    missed = misses(run_id=["next"], cost_s=[90.0]).lazy()
    assert changes_of_week(missed, known, since=MONDAY, until=MONDAY + WEEK).collect().is_empty()
