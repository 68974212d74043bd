from __future__ import annotations

import polars as pl
import pytest

from cachestats.analysis.exprs import shortened


@pytest.mark.parametrize(
    ("text", "shown"), [("four", "four"), ("fives", "fiv…"), ("ééééé", "ééé…"), (None, None)]
)
def test_text_that_is_cut_shows_it(text: str | None, shown: str | None) -> None:
    assert pl.select(shortened(pl.lit(text, pl.String), 4)).item() == shown
