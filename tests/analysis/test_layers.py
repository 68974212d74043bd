from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cachestats.analysis.baselines import baselines
from cachestats.analysis.layers import layers, worst_layers
from cachestats.analysis.lineage import lineages
from cachestats.errors import SchemaError
from cachestats.schema import Cause, LayerRows, MissClass, MissRows
from tests.builders import DAY, layer_rows, runs, steps
from tests.figures.tables import misses

if TYPE_CHECKING:
    from cachestats.analysis.layers import LayerOrder


def row(steps: pl.LazyFrame, runs: pl.LazyFrame) -> dict[str, Any]:
    return layer_rows(steps, runs).collect().row(0, named=True)


def dated(*ids: str) -> pl.LazyFrame:
    return runs(run_id=ids, started_at=[DAY + timedelta(days=n) for n in range(len(ids))])


def test_hits_and_misses_of_a_layer() -> None:
    found = row(
        steps(
            run_id=["r1", "r2", "r3"],
            outcome=["done", "cached", "failed"],
            duration_s=[8.0, None, 2.0],
            restore_s=[None, 1.0, None],
        ),
        dated("r1", "r2", "r3"),
    )
    assert found == {
        **dict.fromkeys(LayerRows.dtypes().names()),
        "layer_id": "l1",
        "instruction": "RUN",
        "text": "RUN make",
        "runs": 3,
        "hits": 1,
        "misses": 2,
        "miss_ratio": 2 / 3,
        "cost_s": 10.0,
        "baseline_s": 8.0,
        "saved_s": 7.0,
        "waste_s": 0.0,
        "caused_waste_s": 0.0,
        "top_cause": "first_seen",
        "waste_cause": None,
    }


def test_the_cause_of_waste_is_of_the_roots_and_of_what_was_wasted() -> None:
    missed = misses(
        step_no=[1, 2, 3],
        layer_id=["l1", "below", "below"],
        root_layer_id=["l1", "l1", "l1"],
        cause=[Cause.CONTENT_CHANGE, Cause.CASCADE, Cause.CASCADE],
        root_cause=[Cause.CONTENT_CHANGE, Cause.EVICTED, Cause.COLD_BUILDER],
        cost_s=[90.0, 5.0, 4.0],
        **{"class": [MissClass.LEGITIMATE, MissClass.AVOIDABLE, MissClass.AVOIDABLE]},
    )
    given, of_runs = steps(duration_s=[90.0]), runs()
    found = layers(given, of_runs, lineages(given, of_runs), missed.lazy()).collect()
    shown = found.select("caused_waste_s", "top_cause", "waste_cause").rows()
    assert shown == [(9.0, "content_change", "evicted")]


def test_a_hit_saves_what_earlier_runs_took() -> None:
    given = steps(run_id=["r1", "r2"], outcome=["done", "cached"], duration_s=[8.0, None])
    both = dated("r1", "r2")
    links = lineages(given, both)
    found = layers(
        given.filter(pl.col("run_id") == "r2"),
        both.filter(pl.col("run_id") == "r2"),
        links,
        MissRows.empty().lazy(),
        baselines=baselines(given, both, links),
    )
    assert found.collect().select("baseline_s", "saved_s", "cost_s").rows() == [(8.0, 8.0, 0.0)]


@pytest.mark.parametrize(
    "unreached",
    [
        {"outcome": ["canceled"]},
        {"outcome": ["open"]},
        {"outcome": ["not_needed"]},
        {"outcome": ["cached"], "cached_as": ["merged"]},
        {"outcome": ["cached"], "cached_as": ["skipped"]},
        {"outcome": ["done"], "kind": ["from"], "instruction": ["FROM"]},
        {"outcome": ["done"], "kind": ["instruction"], "instruction": ["FROM"]},
        {"outcome": ["done"], "kind": ["internal"], "instruction": [None]},
        {"outcome": ["done"], "run_id": ["of no run given"]},
    ],
    ids=str,
)
def test_neither_hit_nor_miss(unreached: dict[str, list[Any]]) -> None:
    assert layer_rows(steps(**unreached), runs()).collect().is_empty()


def test_a_failed_execution_costs_but_is_no_baseline() -> None:
    found = row(steps(outcome=["failed"], duration_s=[2.0]), runs())
    assert (found["cost_s"], found["baseline_s"], found["saved_s"]) == (2.0, None, None)


def test_a_null_duration_costs_nothing_and_is_no_baseline() -> None:
    found = row(steps(outcome=["done"], duration_s=[None]), runs())
    assert (found["cost_s"], found["baseline_s"]) == (0.0, None)


def test_a_hit_can_cost_more_than_it_saves() -> None:
    found = row(
        steps(
            run_id=["r1", "r2"],
            outcome=["done", "cached"],
            duration_s=[1.0, None],
            restore_s=[None, 4.0],
        ),
        dated("r1", "r2"),
    )
    assert found["saved_s"] == -3.0


def test_the_baseline_is_of_the_last_executions() -> None:
    ids = [f"r{n:02}" for n in range(41)]
    found = row(
        steps(run_id=ids, outcome=["done"] * 41, duration_s=[100.0] * 21 + [2.0] * 20), dated(*ids)
    )
    assert found["baseline_s"] == 2.0


def test_the_text_is_of_the_newest_run() -> None:
    texts = steps(run_id=["r1", "r2"], outcome=["done"] * 2, text=["RUN v2", "RUN v1"])
    assert row(texts, dated("r2", "r1"))["text"] == "RUN v2"


def test_runs_without_a_start_go_by_the_number_in_their_source() -> None:
    texts = steps(run_id=["a", "b"], outcome=["done"] * 2, text=["RUN new", "RUN old"])
    undated = runs(run_id=["a", "b"], source=["ci/build-10.log", "ci/build-9.log"])
    assert row(texts, undated)["text"] == "RUN new"


def test_row_order_changes_nothing() -> None:
    many = steps(
        run_id=["r1", "r1", "r2", "r2"],
        layer_id=["l1", "l2", "l1", "l2"],
        outcome=["done", "done", "cached", "done"],
        duration_s=[1.0, 5.0, None, 7.0],
        text=["a", "b", "c", "d"],
    )
    days = dated("r1", "r2")
    assert_frame_equal(layer_rows(many, days), layer_rows(many.reverse(), days.reverse()))


@pytest.mark.parametrize(
    ("by", "expected"),
    [("waste", ["l1", "l3", "l2"]), ("misses", ["l2", "l1", "l3"]), ("miss_ratio", ["l3", "l2"])],
)
def test_worst_first(by: LayerOrder, expected: list[str]) -> None:
    found = layer_rows(
        steps(
            run_id=["r1", "r2", "r1", "r2", "r3", "r1"],
            layer_id=["l1", "l1", "l2", "l2", "l2", "l3"],
            outcome=["done", "cached", "done", "cached", "done", "done"],
            duration_s=[9.0, None, 1.0, None, 1.0, 5.0],
        ),
        dated("r1", "r2", "r3"),
    )
    worst = worst_layers(found, by=by, top=len(expected)).collect()
    assert worst["layer_id"].to_list() == expected


def test_no_rows_in_no_rows_out() -> None:
    assert_frame_equal(layer_rows(steps().clear(), runs()).collect(), LayerRows.empty())


def test_another_table_is_refused() -> None:
    with pytest.raises(SchemaError, match="not a Steps table"):
        layer_rows(runs(), runs())
