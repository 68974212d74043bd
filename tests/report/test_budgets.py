from __future__ import annotations

from typing import Any

import pytest

from cachestats.report.budgets import BlamedLayer, Measured, exceeded
from cachestats.settings import Budgets

MAKE = BlamedLayer(project="shop", stage=None, text="RUN make\n  all", seconds=70.0)


def found(**given: Any) -> Measured:  # noqa: ANN401
    known = {"hits": 3, "misses": 1, "saved_s": 30.0, "cost_s": 70.0, "waste_s": 90.0}
    return Measured(**{**known, **given})


@pytest.mark.parametrize(
    ("bounds", "given", "expected"),
    [
        ({"min_hit_ratio": 0.75}, {}, []),
        ({"min_hit_ratio": 0.76}, {}, [0.75]),
        ({"min_hit_ratio": 1.0}, {"hits": 0, "misses": 0}, []),
        ({"min_hit_ratio_time": 0.3}, {}, []),
        ({"min_hit_ratio_time": 0.31}, {}, [0.3]),
        ({"min_hit_ratio_time": 0.3}, {"saved_s": -5.0}, [0.0]),
        ({"min_hit_ratio_time": 0.3}, {"saved_s": 0.0, "cost_s": 0.0}, []),
        ({"max_waste_minutes": 1.5}, {}, []),
        ({"max_waste_minutes": 1.4}, {}, [1.5]),
        ({"max_waste_minutes": 0.0}, {"waste_s": 0.0}, []),
        ({"max_regression": 0.5}, {"per_run_s": 15.0, "before_per_run_s": 10.0}, []),
        ({"max_regression": 0.4}, {"per_run_s": 15.0, "before_per_run_s": 10.0}, [0.5]),
        ({"max_regression": 0.4}, {"per_run_s": 15.0, "before_per_run_s": 0.0}, [None]),
        ({"max_regression": 0.4}, {"per_run_s": 15.0}, []),
        ({"max_regression": 0.4}, {"per_run_s": 0.0, "before_per_run_s": 0.0}, []),
        ({}, {}, []),
    ],
)
def test_a_bound_is_exceeded_only_beyond_it(
    bounds: dict[str, float], given: dict[str, float], expected: list[float | None]
) -> None:
    over = exceeded(Budgets(**bounds), found(**given))
    assert [one.found for one in over] == expected
    assert [one.budget for one in over] == list(bounds)[: len(expected)]


def test_the_message_has_numbers_and_the_layer_on_one_line() -> None:
    (one,) = exceeded(Budgets(max_waste_minutes=1.0), found(wasteful=MAKE))
    assert one.message == (
        "waste of 1.5 minutes is above 1 minute; worst layer of shop: RUN make all (1m 10s)"
    )
    assert one.layer == MAKE


def test_each_budget_blames_its_own_layer() -> None:
    layers = {
        name: BlamedLayer(project=None, stage=None, text=name, seconds=1.0)
        for name in ("wasteful", "missing", "growing")
    }
    over = exceeded(
        Budgets(
            min_hit_ratio=1.0, min_hit_ratio_time=1.0, max_waste_minutes=0.0, max_regression=0.0
        ),
        found(per_run_s=2.0, before_per_run_s=1.0, **layers),
    )
    assert [one.layer.text for one in over if one.layer] == [
        "missing",
        "missing",
        "wasteful",
        "growing",
    ]
