from __future__ import annotations

import pytest

from cachestats import units


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (0.004, "±0 %"),
        (0.12, "+12 %"),
        (-0.5, "-50 %"),
        (1.99, "+199 %"),
        (2.4, "3.4 times as much"),
    ],
)
def test_change(value: float | None, expected: str) -> None:
    assert units.change(value) == expected


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        (None, "USD", "-"),
        (0.0, "USD", "$0.00"),
        (0.0031, "USD", "$0.0031"),
        (0.031, "USD", "$0.03"),
        (-4.1, "EUR", "-€4.10"),
        (1230.4, "USD", "$1,230"),
        (12.5, "CHF", "12.50 CHF"),
    ],
)
def test_money(value: float | None, currency: str, expected: str) -> None:
    assert units.money(value, currency) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1.0, "1 run"), (2, "2 runs"), (15.25, "15.2 runs"), (4210, "4,210 runs")],
)
def test_many(number: float, expected: str) -> None:
    assert units.many(number, "run") == expected
