from __future__ import annotations

import pytest

from cachestats.report.compare import changed, compared, ratios, verdict
from tests.figures.tables import MONDAY, WEEK
from tests.report.weeks import weeks


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (11.0, 10.0, "the same"),
        (11.1, 10.0, "worse"),
        (9.0, 10.0, "the same"),
        (8.9, 10.0, "better"),
        (0.0, 0.0, "the same"),
        (1.0, 0.0, "worse"),
        (1.0, None, "unknown"),
        (None, 1.0, "unknown"),
    ],
)
def test_up_to_a_tenth_is_the_same(now: float | None, before: float | None, expected: str) -> None:
    assert verdict(now, before) == expected


def test_there_is_no_share_of_nothing() -> None:
    assert changed(5.0, 0.0) is None
    assert changed(5.0, 4.0) == 0.25


def test_weeks_are_compared_by_waste_per_run() -> None:
    now = weeks(runs=[4], waste_s=[40.0], hits=[3], misses=[1])
    before = weeks(
        since_at=[MONDAY - WEEK, MONDAY - 3 * WEEK],
        runs=[1, 3],
        waste_s=[2.0, 18.0],
        hits=[1, 1],
        misses=[1, 1],
    )
    found = compared("before", now, before)
    assert found.weeks == ("2026-W42", "2026-W44")
    assert (found.runs, found.waste_s, found.per_run_s) == (2.0, 10.0, 5.0)
    assert (found.change_ratio, found.verdict) == (1.0, "worse")
    assert (found.hit_ratio, found.hit_ratio_change) == (0.5, 0.25)


def test_without_earlier_weeks_nothing_is_known() -> None:
    found = compared("before", weeks(runs=[1]), weeks(runs=[1]).clear())
    assert (found.verdict, found.per_run_s) == ("unknown", None)


def test_ratios_have_their_denominators() -> None:
    found = ratios(
        weeks(
            hits=[3, 0],
            misses=[1, 4],
            saved_s=[30.0, 0.0],
            cost_s=[10.0, 10.0],
            cached_steps=[4, 0],
            steps=[10, 10],
            hits_without_baseline=[1, 0],
        )
    )
    assert (found.hit_ratio, found.reached) == (3 / 8, 8)
    assert (found.time_ratio, found.work_s) == (0.6, 50.0)
    assert (found.docker_ratio, found.hits_without_baseline) == (0.2, 1)


@pytest.mark.parametrize("saved_s", [0.0, -5.0])
def test_a_ratio_without_meaning_is_none(saved_s: float) -> None:
    found = ratios(weeks(saved_s=[saved_s]))
    assert (found.hit_ratio, found.time_ratio, found.docker_ratio) == (None, None, None)
