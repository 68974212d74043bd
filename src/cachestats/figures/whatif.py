"""What the suggestions would save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from cachestats import units
from cachestats.figures import bars
from cachestats.figures.text import escape, lines, time_unit
from cachestats.figures.theme import figure, ink, nothing
from cachestats.schema.figures import SavingRows

if TYPE_CHECKING:
    import polars as pl

__all__ = ["whatif_bars"]

TITLE = "What the suggestions would save"
EDGE = 1.02
SAVING = {False: "#7BC8A4", True: "#2F7D57"}
COMBINED = {False: "#2E8B57", True: "#57BE8B"}


def whatif_bars(
    savings: pl.DataFrame | pl.LazyFrame,
    *,
    measure: str = "wall time",
    top: int = 25,
    dark: bool = False,
) -> go.Figure:
    """Draw the predicted saving of each suggestion with its range, and of all together.

    Args:
        savings: `SavingRows`, one row per suggestion; that of all together is not their sum.
        measure: What the seconds are: `machine time` or `wall time`.
        top: How many suggestions to show: the first.
        dark: Whether to draw on a dark ground.

    Returns:
        Bars in the order of the table, those of all together last. An empty table gives a
        figure that says so.
    """
    given = SavingRows.conform(savings.lazy()).collect()
    if given.is_empty():
        return nothing(TITLE, dark=dark, why="no suggestions")
    combined = SavingRows.is_combined.col
    single = given.filter(~combined)
    shown = single.head(top).vstack(given.filter(combined))
    divisor, unit = time_unit([*shown[SavingRows.high_s.name], *shown[SavingRows.low_s.name]])
    made = figure(
        [_bars(shown, divisor, dark=dark)],
        title=TITLE,
        notes=[f"{top} of {single.height} suggestions"] if top < single.height else [],
        height=bars.ROW_HEIGHT * shown.height,
        dark=dark,
    )
    low_s = min(0.0, *shown[SavingRows.low_s.name])
    high_s = max(0.0, *shown[SavingRows.high_s.name])
    bars.lay_out(
        made,
        [_row(row) for row in shown.iter_rows(named=True)],
        axis=f"{unit} of {escape(measure)}",
        ends=(low_s / divisor * EDGE, high_s / divisor * EDGE),
        dark=dark,
    )
    return made


def _row(row: dict[str, Any]) -> bars.Row:
    low, mid, high = (
        units.seconds(row[column.name])
        for column in (SavingRows.low_s, SavingRows.mid_s, SavingRows.high_s)
    )
    return bars.Row(row[SavingRows.title.name], f"{mid} ({low} to {high})")


def _bars(rows: pl.DataFrame, divisor: int, *, dark: bool) -> go.Bar:
    low, mid, high = (
        [seconds / divisor for seconds in rows[column.name]]
        for column in (SavingRows.low_s, SavingRows.mid_s, SavingRows.high_s)
    )
    colours = [
        COMBINED[dark] if all_ else SAVING[dark] for all_ in rows[SavingRows.is_combined.name]
    ]
    return go.Bar(
        x=mid,
        y=list(range(rows.height)),
        marker_color=colours,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [top - middle for top, middle in zip(high, mid, strict=True)],
            "arrayminus": [middle - bottom for middle, bottom in zip(mid, low, strict=True)],
            "color": ink("text", dark=dark),
            "thickness": 1.5,
            "width": 4,
        },
        hovertext=[
            f"{lines(row.name)}<br>saves {row.detail}"
            for row in map(_row, rows.iter_rows(named=True))
        ],
        **bars.BAR,
    )
