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
    assert Exports(made.history).share(made.builds[0], {}) == 1.0


def test_what_was_seen_to_take_less_takes_that() -> None:
    made = told(("abc", 8.0), ("c", 2.0))
    assert Exports(made.history).share(made.builds[0], {"L2": 0.0, "L3": 0.0}) == 0.25


def test_between_two_that_were_seen_the_work_decides() -> None:
    made = told(("abc", 8.0), ("c", 2.0))
    # Half of the work that parts the two.
    assert Exports(made.history).share(made.builds[0], {"L2": 0.0}) == (2.0 + 6.0 / 2) / 8.0


def test_less_than_the_least_that_was_seen_is_for_the_hopeful() -> None:
    made = told(("abc", 8.0), ("a", 4.0))
    exports = Exports(made.history)
    assert exports.share(made.builds[0], NOTHING) == 0.5
    assert exports.share(made.builds[0], NOTHING, hopeful=True) == 0.0


def test_a_layer_of_another_stage_hardly_counts() -> None:
    made = told(("abc", 8.0), ("", 2.0))
    share = Exports(made.history, {"L2"}).share(made.builds[0], {"L2": 0.0})
    assert share == pytest.approx((2.0 + 6.0 * 2 / 2.1) / 8.0)


def test_a_run_without_an_export_spares_none() -> None:
    made = told(("abc", 0.0))
    assert Exports(made.history).share(made.builds[0], {"L2": 0.0}) == 1.0


def test_more_layers_take_no_more_than_the_run_did() -> None:
    made = told(("ab", 3.0), ("abc", 9.0))
    assert Exports(made.history).share(made.builds[0], {"L4": SECONDS}) == 1.0
