from __future__ import annotations

import pytest

from cachestats.analysis.wall_waste import wall_waste
from cachestats.schema import MissClass
from tests.builders import runs, steps
from tests.figures.tables import misses


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (30.0, (20.0, 20.0, 20.0)),  # one after the other: all of it
        (20.0, (10.0, 20 * 20 / 30, 20.0)),  # side by side: at least what the others cannot fill
        (15.0, (5.0, 10.0, 15.0)),  # no more than the run took
        (10.0, (0.0, 20 * 10 / 30, 10.0)),
        (45.0, (20.0, 20.0, 20.0)),  # waiting is no waste
    ],
)
def test_wall_time_of_waste_is_bounded(wall: float, expected: tuple[float, float, float]) -> None:
    taken = steps(step_no=[1, 2], duration_s=[20.0, 10.0])
    row = wall_waste(
        misses(cost_s=[20.0]).lazy(), taken, runs(run_id=["r1"], wall_s=[wall])
    ).collect()
    assert row.select("low_s", "mid_s", "high_s").row(0) == pytest.approx(expected)


def test_without_a_wall_time_the_estimated_one_counts_then_the_sum() -> None:
    missed = misses(run_id=["r1", "r2"], cost_s=[20.0, 20.0]).lazy()
    taken = steps(run_id=["r1", "r1", "r2"], step_no=[1, 2, 1], duration_s=[20.0, 10.0, 20.0])
    known = runs(run_id=["r1", "r2"], wall_est_s=[15.0, None])
    assert wall_waste(missed, taken, known).collect()["high_s"].to_list() == [15.0, 20.0]


def test_a_run_without_waste_has_no_row() -> None:
    legitimate = misses(cost_s=[20.0], **{"class": [MissClass.LEGITIMATE]}).lazy()
    assert wall_waste(legitimate, steps(), runs()).collect().is_empty()
