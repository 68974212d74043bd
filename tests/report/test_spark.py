from __future__ import annotations

import pytest

from cachestats.report.spark import heights, spark


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 5.0, None, 10.0], "▁▅·█"),
        ([0.0, 0.0], "▁▁"),
        ([None, None], "··"),
        ([], ""),
    ],
)
def test_the_largest_is_full_and_none_is_a_dot(values: list[float | None], expected: str) -> None:
    assert spark(values) == expected


def test_heights_are_shares_of_the_largest() -> None:
    assert heights([1.0, None, 4.0]) == [0.25, None, 1.0]
