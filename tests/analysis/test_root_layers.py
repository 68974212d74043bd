from __future__ import annotations

from cachestats.analysis.root_layers import root_layers
from cachestats.schema import Cause, MissClass
from tests.figures.tables import misses


def test_a_cascade_is_charged_to_its_root_with_the_roots_stage() -> None:
    missed = misses(
        step_no=[1, 2],
        layer_id=["root", "below"],
        stage=["deps", "final"],
        text=["COPY . .", "RUN make"],
        cost_s=[1.0, 9.0],
        root_layer_id=["root", "root"],
        root_text=["COPY . .", "COPY . ."],
        is_root=[True, False],
    )
    (row,) = root_layers(missed.lazy()).collect().rows(named=True)
    assert (row["layer_id"], row["stage"], row["text"]) == ("root", "deps", "COPY . .")
    assert (row["misses"], row["runs"], row["waste_s"]) == (2, 1, 10.0)


def test_the_cause_is_the_one_that_cost_most() -> None:
    missed = misses(
        run_id=["r1", "r2", "r3"],
        cost_s=[2.0, 2.0, 3.0],
        cause=[Cause.EVICTED, Cause.EVICTED, Cause.COLD_BUILDER],
    )
    assert root_layers(missed.lazy()).collect()["cause"].to_list() == ["evicted"]


def test_the_costliest_comes_first_and_equal_ones_by_layer() -> None:
    missed = misses(layer_id=["b", "a", "c"], text=["b", "a", "c"], cost_s=[1.0, 1.0, 5.0])
    assert root_layers(missed.lazy()).collect()["layer_id"].to_list() == ["c", "a", "b"]


def test_without_waste_there_is_no_row() -> None:
    legitimate = misses(cost_s=[9.0], **{"class": [MissClass.LEGITIMATE]})
    assert root_layers(legitimate.lazy()).collect().is_empty()
    assert root_layers(misses(cost_s=[0.0]).lazy()).collect().is_empty()
