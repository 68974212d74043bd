"""What exporting fewer layers would have taken."""

from __future__ import annotations

import pytest

from cachestats.advice.exports import Exports
from cachestats.schema import Cause
from tests.advice.told import SECONDS, Told, hit, root

MISS = root(Cause.CONTENT_CHANGE)
TEXT = "FROM alpine\nRUN a\nRUN b\nRUN c\n"
NOTHING = {"L2": 0.0, "L3": 0.0, "L4": 0.0}


def told(*runs: tuple[str, float]) -> Told:
    """Runs by which layers they built, a to c, and what their export took."""
    made = Told(TEXT)
    for built, seconds in runs:
        lines = dict(zip("abc", (2, 3, 4), strict=True))
        ran = {line: MISS if name in built else hit() for name, line in lines.items()}
        made.ran(ran, export_s=seconds)
    return made


def test_an_export_without_a_change_is_whole() -> None:
    made = told(("abc", 8.0))
    assert Exports(made.history).share(made.runs[0], {}) == 1.0


def test_what_was_seen_to_take_less_takes_that() -> None:
    made = told(("abc", 8.0), ("c", 2.0))
    assert Exports(made.history).share(made.runs[0], {"L2": 0.0, "L3": 0.0}) == 0.25


def test_between_two_that_were_seen_the_work_decides() -> None:
    made = told(("abc", 8.0), ("c", 2.0))
    # Half of the work that parts the two.
    assert Exports(made.history).share(made.runs[0], {"L2": 0.0}) == (2.0 + 6.0 / 2) / 8.0


def test_less_than_the_least_that_was_seen_is_for_the_hopeful() -> None:
    made = told(("abc", 8.0), ("a", 4.0))
    exports = Exports(made.history)
    assert exports.share(made.runs[0], NOTHING) == 0.5
    assert exports.share(made.runs[0], NOTHING, hopeful=True) == 0.0


def test_a_layer_of_another_stage_hardly_counts() -> None:
    made = told(("abc", 8.0), ("", 2.0))
    share = Exports(made.history, {"L2"}).share(made.runs[0], {"L2": 0.0})
    assert share == pytest.approx((2.0 + 6.0 * 2 / 2.1) / 8.0)


def test_a_run_without_an_export_spares_none() -> None:
    made = told(("abc", 0.0))
    assert Exports(made.history).share(made.runs[0], {"L2": 0.0}) == 1.0


def test_more_layers_take_no_more_than_the_run_did() -> None:
    made = told(("ab", 3.0), ("abc", 9.0))
    assert Exports(made.history).share(made.runs[0], {"L4": SECONDS}) == 1.0


def left(*gone: str, of: Told) -> float:
    """Which share of the export of the first run is left without some of its layers."""
    lines = dict(zip("abc", ("L2", "L3", "L4"), strict=True))
    return Exports(of.history).share(of.runs[0], {lines[name]: 0.0 for name in gone})


def test_of_several_runs_that_built_the_same_the_median_counts() -> None:
    made = told(("abc", 8.0), ("c", 1.0), ("c", 2.0), ("c", 7.0))
    assert left("a", "b", of=made) == 2.0 / 8.0


def test_it_takes_no_less_than_any_run_that_built_fewer_layers() -> None:
    made = told(("abc", 8.0), ("a", 2.0), ("b", 5.0))
    # Between b alone, 10 s of work in 5 s, and all, 30 s in 8 s.
    assert left("c", of=made) == (5.0 + 3.0 / 2) / 8.0


def test_it_takes_no_more_than_any_run_that_built_more_layers() -> None:
    made = told(("abc", 8.0), ("a", 2.0), ("ab", 3.0), ("ac", 9.0))
    assert left("b", "c", of=made) == 2.0 / 8.0
    assert left("c", of=made) == 3.0 / 8.0


def test_a_run_that_built_more_in_less_time_bounds_it_from_above() -> None:
    made = told(("abc", 8.0), ("a", 7.0), ("ab", 5.0))
    assert left("b", "c", of=made) == 5.0 / 8.0


def test_it_never_takes_more_than_it_did() -> None:
    made = told(("abc", 8.0), ("a", 20.0))
    assert left("b", "c", of=made) == 1.0


def test_what_took_no_time_was_not_built() -> None:
    made = told(("abc", 8.0), ("c", 2.0))
    share = Exports(made.history).share(made.runs[0], {"L2": 0.05, "L3": 0.04})
    assert share == 2.0 / 8.0


def test_what_took_a_moment_was_built() -> None:
    made = told(("abc", 8.0), ("c", 2.0))
    share = Exports(made.history).share(made.runs[0], {"L2": 0.06, "L3": 0.0})
    assert share == (2.0 + 6.0 / 2) / 8.0


def test_a_run_that_exported_nothing_tells_nothing() -> None:
    assert left("b", "c", of=told(("abc", 8.0), ("a", 0.0))) == 1.0


def test_where_no_run_built_fewer_layers_it_takes_no_less_than_any_run_did() -> None:
    made = told(("abc", 8.0), ("ab", 4.0))
    # Between no work in 4 s and 30 s of work in 8 s.
    assert left("a", "b", of=made) == pytest.approx((4.0 + 4.0 / 3) / 8.0)


def test_a_quick_export_is_taken_for_one_as_long_as_others_of_its_layers() -> None:
    made = told(("abc", 8.0), ("abc", 12.0), ("c", 2.0))
    assert left("a", "b", of=made) == 2.0 / 10.0
