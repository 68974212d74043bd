"""From three estimates to a range."""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


SECONDS = st.floats(-1e6, 1e6)
DOUBT = st.floats(0, 1e6)


@given(SECONDS, SECONDS, SECONDS, DOUBT, DOUBT)
def test_low_is_no_more_than_mid_and_mid_no_more_than_high(
    against: float, likely: float, hopeful: float, deviation: float, left: float
) -> None:
    found = ranged(views(against, likely, hopeful), deviation, left)
    assert found.low <= found.mid <= found.high
    assert found.mid == likely


def test_doubts_add_up_as_squares() -> None:
    found = ranged(views(100, 100, 100), 10.0, 200.0)
    doubt = sqrt((1.64 * 10) ** 2 + (0.05 * 200) ** 2 + (0.08 * 100) ** 2)
    assert found == pytest.approx((100 - doubt, 100, 100 + doubt))


def test_what_saves_in_one_view_alone_has_a_range() -> None:
    assert ranged(views(0, 0, 10), 0.0, 0.0) == (0.0, 0.0, 8.0)


def ran(*runs: tuple[float, float]) -> Told:
    """Runs in which two layers took so long."""
    told = Told("FROM alpine\nRUN make\nRUN test\n")
    for times in runs:
        lines = zip((2, 3), times, strict=True)
        told.ran({line: replace(root(Cause.EVICTED), seconds=took) for line, took in lines})
    return told


def test_variation_is_of_executions_of_a_layer_beside_their_median() -> None:
    told = ran((10, 100), (10, 100), (20, 50), (5, 200))
    # Four of eight are twice or half their median.
    assert variation(told.history) == pytest.approx(sqrt(2) * log(2) * sqrt(1 / 2))


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param([(10.0, 1.0)] * 7, id="too few of more than a second"),
        pytest.param([(9.0, 90.0), (90.0, 9.0)], id="too few of each layer"),
        pytest.param([], id="none"),
    ],
)
def test_what_few_executions_tell_is_not_believed(runs: list[tuple[float, float]]) -> None:
    assert variation(ran(*runs).history) == USUAL_VARIATION * sqrt(2)


def test_two_executions_of_a_layer_are_both_as_far_from_their_median() -> None:
    often = [(10.0, 1.0)] * 8
    assert variation(ran(*often, (10.0, 9.0), (10.0, 90.0)).history) == 0.0


def test_however_wild_executions_are_variation_is_bounded() -> None:
    wild = [(2.0, 2.0), (1e6, 1e6), (2.0, 2.0), (1e6, 1e6), (2e3, 2e3)]
    assert variation(ran(*wild).history) == sqrt(2)
