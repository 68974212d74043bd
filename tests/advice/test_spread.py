from __future__ import annotations

from cachestats.advice.changes import View
from cachestats.advice.spread import USUAL_VARIATION, Range, ranged, variation
from cachestats.schema import Cause
from tests.advice.told import Told, root


def views(against: float, likely: float, hopeful: float) -> dict[View, float]:
    return {View.AGAINST: against, View.LIKELY: likely, View.HOPEFUL: hopeful}


def test_nothing_saved_in_any_view_is_known_to_be_nothing() -> None:
    assert ranged(views(0, 0, 0), 99.0, 99.0) == Range(0.0, 0.0, 0.0)


def test_what_is_open_is_met_part_of_the_way() -> None:
    open_ = ranged(views(50, 100, 110), 0.0, 0.0)
    closed = ranged(views(100, 100, 100), 0.0, 0.0)
    assert closed.mid == open_.mid == 100
    assert closed.low - open_.low == 30.0
    assert open_.high - closed.high == 8.0


def test_a_range_is_wider_where_executions_vary_and_more_of_them_are_left() -> None:
    narrow, varied, long = (
        ranged(views(100, 100, 100), *doubt) for doubt in ((0.0, 0.0), (10.0, 0.0), (0.0, 500.0))
    )
    for wide in (varied, long):
        assert wide.low < narrow.low < narrow.high < wide.high


def test_the_order_of_views_does_not_turn_a_range_round() -> None:
    found = ranged(views(110, 100, 50), 0.0, 0.0)
    assert found.low < found.mid < found.high


def test_ranges_of_projects_add_up() -> None:
    assert Range(1, 2, 3).plus(Range(10, 20, 30)) == Range(11, 22, 33)


def test_variation_is_learned_from_layers_that_ran_often() -> None:
    told = Told("FROM alpine\nRUN make\n")
    for _ in range(9):
        told.ran({2: root(Cause.EVICTED)})
    assert variation(told.history) == 0.0
    few = Told(told.text)
    few.ran({2: root(Cause.EVICTED)})
    assert variation(few.history) == USUAL_VARIATION * 2**0.5
