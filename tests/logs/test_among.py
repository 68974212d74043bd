"""A closer look at some rows alone."""

from __future__ import annotations

import polars as pl
import pytest

from cachestats.logs.among import among

TEXT = pl.col("text")
ROWS = pl.DataFrame({"text": ["a1", None, "b2", "a3", ""]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TEXT.str.slice(1), ["1", None, None, "3", None]),
        (TEXT.str.slice(1).cast(pl.Int64), [1, None, None, 3, None]),
        (TEXT.str.contains("1"), [True, None, None, False, None]),
    ],
)
def test_value_is_that_of_its_row_and_null_of_others(
    value: pl.Expr, expected: list[object]
) -> None:
    assert among(ROWS, TEXT.str.starts_with("a"), value).to_list() == expected


def test_what_cannot_be_worked_out_of_others_does_not_matter() -> None:
    numbers = among(ROWS, TEXT == "a3", TEXT.str.slice(1).cast(pl.Int8, strict=True))
    assert numbers.to_list() == [None, None, None, 3, None]


def test_where_none_is_chosen_all_are_null() -> None:
    found = among(ROWS, TEXT == "c", TEXT.str.len_bytes())
    assert found.dtype == pl.UInt32
    assert found.to_list() == [None] * ROWS.height
