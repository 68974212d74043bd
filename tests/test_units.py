from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cachestats import units


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (0.0, "0.0 s"),
        (-0.01, "0.0 s"),
        (12.34, "12.3 s"),
        (-3.2, "-3.2 s"),
        (59.94, "59.9 s"),
        (59.97, "1m 00s"),
        (245.0, "4m 05s"),
        (3599.6, "1h 00m"),
        (3720.0, "1h 02m"),
        (86_399.9, "1d 00h"),
        (273_600.0, "3d 04h"),
    ],
)
def test_seconds(value: float | None, expected: str) -> None:
    assert units.seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), (0.0, "0 %"), (0.001, "<1 %"), (0.87, "87 %"), (0.999, ">99 %"), (1.0, "100 %")],
)
def test_ratio(value: float | None, expected: str) -> None:
    assert units.ratio(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (12_345_678, "12.3 MB"),
        (999_960_000, "1.0 GB"),
        (2.5e12, "2.5 TB"),
    ],
)
def test_size(value: float | None, expected: str) -> None:
    assert units.size(value) == expected


def test_when() -> None:
    assert units.when(datetime(2026, 11, 2, 9, 5, 59, tzinfo=UTC)) == "2026-11-02 09:05"


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 runs"), (1, "1 run"), (4210, "4,210 runs")]
)
def test_many(number: int, expected: str) -> None:
    assert units.many(number, "run") == expected
