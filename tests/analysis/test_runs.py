from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cachestats.analysis.runs import find_run, newest_runs
from cachestats.errors import UsageError
from tests.builders import DAY, runs, steps

if TYPE_CHECKING:
    import polars as pl

THREE = runs(run_id=["ab1", "ab2", "cd3"], started_at=[DAY, None, DAY + timedelta(days=1)])


def test_newest_first_and_undated_last() -> None:
    assert newest_runs(THREE, steps()).collect()["run_id"].to_list() == ["cd3", "ab1", "ab2"]


def test_each_run_with_its_hits_and_misses() -> None:
    of_ab1 = steps(
        run_id=["ab1", "ab1", "ab2"],
        outcome=["done", "cached", "done"],
        duration_s=[3.0, None, 1.0],
    )
    found = newest_runs(THREE, of_ab1).collect().select("run_id", "hits", "misses", "cost_s")
    assert found.rows() == [("cd3", 0, 0, 0.0), ("ab1", 1, 1, 3.0), ("ab2", 0, 1, 1.0)]


def found(runs: pl.LazyFrame, wanted: str) -> list[str]:
    return find_run(runs, wanted).collect()["run_id"].to_list()


@pytest.mark.parametrize(
    ("wanted", "run_id"), [("latest", "cd3"), ("cd3", "cd3"), ("c", "cd3"), ("ab2", "ab2")]
)
def test_find_run(wanted: str, run_id: str) -> None:
    assert found(THREE, wanted) == [run_id]


def test_a_whole_id_is_found_though_longer_ones_begin_with_it() -> None:
    assert found(runs(run_id=["ab", "abc"]), "ab") == ["ab"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("x", "no run 'x'"), ("ab", "2 runs begin with 'ab': ab1, ab2"), ("", "3 runs begin")],
)
def test_no_run_or_several(wanted: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_run(THREE, wanted)


@pytest.mark.parametrize("wanted", ["latest", "ab1"])
def test_where_there_are_no_runs_none_is_found(wanted: str) -> None:
    assert found(THREE.clear(), wanted) == []
