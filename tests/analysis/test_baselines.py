from __future__ import annotations

from datetime import timedelta

import polars as pl

from cachestats.analysis.baselines import baselines
from tests.builders import DAY, runs, steps


def test_a_baseline_is_the_median_of_the_layers_executions() -> None:
    given = steps(
        layer_id=["b", "a", "b", "b", "never done", "only hit"],
        outcome=["done", "done", "done", "done", "failed", "cached"],
        duration_s=[1.0, 7.0, 2.0, 9.0, 4.0, None],
    )
    assert baselines(given, runs()).collect().rows() == [("a", 7.0), ("b", 2.0)]


def test_only_the_last_twenty_executions_count_in_the_order_of_runs() -> None:
    ids = [f"r{n:02}" for n in range(30)]
    given = steps(run_id=ids[::-1], duration_s=[*[5.0] * 10, *[1.0] * 10, *[100.0] * 10])
    dated = runs(run_id=ids[::-1], started_at=[DAY - timedelta(days=n) for n in range(30)])
    assert baselines(given, dated).collect()["baseline_s"].to_list() == [3.0]


def test_executions_of_other_runs_do_not_count() -> None:
    assert baselines(steps(run_id=["other"], duration_s=[1.0]), runs()).collect().is_empty()


def test_executions_under_another_name_of_the_layer_count_for_it() -> None:
    given = steps(
        run_id=["a", "a", "b", "b"],
        layer_id=["old", "other", "new", "other"],
        outcome=["done", "done", "cached", "done"],
        duration_s=[100.0, 1.0, None, 3.0],
    )
    dated = runs(run_id=["a", "b"], started_at=[DAY, DAY + timedelta(hours=1)])
    of_one = {"layer_id": ["new", "old", "other"], "lineage_id": ["new", "new", "other"]}
    links = pl.DataFrame(of_one).lazy()
    expected = [("new", 100.0), ("old", 100.0), ("other", 2.0)]
    assert baselines(given, dated, links).collect().rows() == expected
