"""A closer look at some rows alone, where a look at all of them would cost."""

from __future__ import annotations

import polars as pl

__all__ = ["among"]


def among(rows: pl.DataFrame, some: pl.Expr | pl.Series, value: pl.Expr) -> pl.Series:
    """Work a value out for some rows; it is null for the others.

    A pattern is matched on all rows, whatever it is joined to by an `&` or put behind a `when`.

    Args:
        rows: Rows in an order.
        some: Which to look at.
        value: What each of them says, whatever rows stand beside it.

    Returns:
        One value per row, in their order.
    """
    chosen = rows.select(some.fill_null(value=False)).to_series()
    found = rows.lazy().filter(chosen).select(value).collect(engine="in-memory").to_series()
    nothing = pl.Series(found.name, [None], found.dtype).new_from_index(0, rows.height)
    return nothing.scatter(chosen.arg_true(), found)
