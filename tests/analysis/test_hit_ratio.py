from __future__ import annotations

from typing import Any

from cachestats.analysis.hit_ratio import hit_ratio
from tests.builders import layer_rows, runs, steps


def ratio(**columns: list[Any]) -> dict[str, Any]:
    rows = steps(**columns)
    return hit_ratio(layer_rows(rows, runs(run_id=["r1", "r2"])), rows).collect().row(0, named=True)


def test_by_count_by_time_and_as_docker_counts() -> None:
    found = ratio(
        run_id=["r1", "r2", "r2"],
        kind=["instruction", "instruction", "internal"],
        outcome=["done", "cached", "done"],
        duration_s=[6.0, None, 1.0],
        restore_s=[None, 2.0, None],
    )
    assert found == {
        "hits": 1,
        "misses": 1,
        "hit_ratio": 1 / 2,
        "saved_s": 4.0,
        "cost_s": 6.0,
        "time_ratio": 4 / 10,
        "hits_without_baseline": 0,
        "cached_steps": 1,
        "steps": 3,
        "docker_ratio": 1 / 3,
    }


def test_hits_never_seen_to_execute_save_nothing_and_are_counted() -> None:
    found = ratio(outcome=["cached"])
    assert (found["hits_without_baseline"], found["saved_s"], found["time_ratio"]) == (1, 0, None)


def test_no_ratio_by_time_where_hits_cost_more_than_they_save() -> None:
    found = ratio(
        run_id=["r1", "r2"],
        outcome=["done", "cached"],
        duration_s=[5.0, None],
        restore_s=[None, 7.0],
    )
    assert (found["saved_s"], found["time_ratio"]) == (-2.0, None)


def test_of_nothing_there_is_no_ratio() -> None:
    found = ratio(outcome=[])
    assert (found["hit_ratio"], found["time_ratio"], found["docker_ratio"]) == (None, None, None)
