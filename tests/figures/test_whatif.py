from __future__ import annotations

from cachestats.figures import whatif_bars
from tests.figures.tables import savings


def test_range_reaches_from_low_to_high() -> None:
    (bar,) = whatif_bars(savings()).data
    assert bar.x == (20.0,)
    assert bar.error_x.arrayminus == (10.0,)
    assert bar.error_x.array == (20.0,)


def test_all_together_comes_last_and_looks_different() -> None:
    table = savings(title=["all", "one", "two"], is_combined=[True, False, False])
    made = whatif_bars(table)
    assert [annotation.text for annotation in made.layout.annotations][::2] == ["one", "two", "all"]
    one, two, together = made.data[0].marker.color
    assert one == two != together


def test_first_suggestions_are_kept_and_all_together() -> None:
    table = savings(title=["one", "two", "all"], is_combined=[False, False, True])
    made = whatif_bars(table, top=1)
    assert [annotation.text for annotation in made.layout.annotations][::2] == ["one", "all"]
    assert made.layout.title.subtitle.text == "1 of 2 suggestions"


def test_savings_of_a_plan_are_wall_time() -> None:
    assert "wall time" in whatif_bars(savings()).layout.xaxis.title.text


def test_negative_saving_is_drawn() -> None:
    made = whatif_bars(savings(low_s=[-50.0], mid_s=[-10.0], high_s=[-5.0]))
    low, high = made.layout.xaxis.range
    assert low < -50
    assert high == 0


def test_saving_of_nothing_has_an_axis() -> None:
    low, high = whatif_bars(savings(low_s=[0.0], mid_s=[0.0], high_s=[0.0])).layout.xaxis.range
    assert low < high


def test_range_stands_below_the_title() -> None:
    made = whatif_bars(savings())
    assert made.layout.annotations[1].text == "20.0 s (10.0 s to 40.0 s)"


def test_axis_names_the_measure() -> None:
    made = whatif_bars(savings(), measure="wall time")
    assert made.layout.xaxis.title.text.startswith("seconds of wall time")
