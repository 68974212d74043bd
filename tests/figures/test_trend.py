from __future__ import annotations

from datetime import timedelta

from cachestats.figures import trend
from tests.figures.tables import MONDAY, WEEK, periods


def test_bars_are_minutes_and_lines_are_ratios() -> None:
    made = trend(periods())
    assert [(trace.name, list(trace.y)) for trace in made.data] == [
        ("structural waste", [1.0]),
        ("avoidable waste", [2.0]),
        ("hit ratio by count", [0.6]),
        ("hit ratio by time", [0.3]),
    ]


def test_period_without_a_ratio_is_a_gap() -> None:
    made = trend(periods(since_at=[MONDAY, MONDAY + WEEK], hit_ratio=[None, 0.5]))
    assert made.data[2].y == (None, 0.5)
    assert made.data[2].connectgaps is False


def test_missing_period_is_a_gap() -> None:
    made = trend(periods(since_at=[MONDAY + n * WEEK for n in (0, 1, 3)]))
    assert made.data[2].y == (0.6, 0.6, None, 0.6)
    assert made.data[0].x == (0, 1, 3)


def test_months_of_unlike_length_are_no_gap() -> None:
    starts = [MONDAY, MONDAY + timedelta(days=28), MONDAY + timedelta(days=59)]
    assert None not in trend(periods(since_at=starts)).data[2].y


def test_periods_go_by_time() -> None:
    made = trend(periods(since_at=[MONDAY + WEEK, MONDAY], hit_ratio=[0.2, 0.1]))
    assert made.data[2].y == (0.1, 0.2)


def test_one_period_is_drawn() -> None:
    assert trend(periods()).layout.xaxis.range == (-0.6, 0.6)


def test_few_dates_stand_below_many_periods() -> None:
    made = trend(periods(since_at=[MONDAY + n * WEEK for n in range(104)]))
    assert len(made.layout.xaxis.ticktext) <= 5
    assert made.layout.xaxis.ticktext[0] == "2 Nov<br>2026"


def test_hover_tells_all_ratios() -> None:
    hover = trend(periods(time_ratio=[None])).data[0].hovertext[0]
    assert "hit ratio by count: 60 %" in hover
    assert "hit ratio by time: not known" in hover
    assert "as Docker counts: 20 %" in hover
    assert "avoidable waste: 2m 00s" in hover
