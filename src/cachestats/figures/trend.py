"""Whether it gets better: hit ratios and waste over time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from cachestats import units
from cachestats.figures.theme import CLASSES, figure, ink, nothing
from cachestats.schema import MissClass, TrendRows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import polars as pl

    from cachestats.schema import Column

__all__ = ["trend"]

TITLE = "Hit ratio and waste"
HEIGHT = 300
MINUTE = 60
DATES = 5
FEW = 40
LONG_GAP = 1.5
"""Times the shortest distance of two periods from which on there is one missing between them."""

Row = dict[str, Any]


def trend(rows: pl.DataFrame | pl.LazyFrame, *, dark: bool = False) -> go.Figure:
    """Draw both hit ratios and the waste of each period.

    Args:
        rows: `TrendRows`, one row per period.
        dark: Whether to draw on a dark ground.

    Returns:
        Bars of structural and of avoidable waste in minutes (right axis), and a line for each
        hit ratio in percent (left axis); a period without a ratio, or missing, is a gap in the
        lines. An empty table gives a figure that says so.
    """
    given = TrendRows.conform(rows.lazy()).sort(TrendRows.since_at.name).collect()
    if given.is_empty():
        return nothing(TITLE, dark=dark)
    periods = _with_gaps(given.rows(named=True))
    text = ink("text", dark=dark)
    made = figure(
        [
            _waste(periods, TrendRows.structural_s, MissClass.STRUCTURAL),
            _waste(periods, TrendRows.avoidable_s, MissClass.AVOIDABLE),
            _ratio(periods, TrendRows.hit_ratio, "hit ratio by count", {"color": text}, "circle"),
            _ratio(
                periods,
                TrendRows.time_ratio,
                "hit ratio by time",
                {"color": text, "dash": "dot"},
                "diamond-open",
            ),
        ],
        title=TITLE,
        height=HEIGHT,
        dark=dark,
    )
    _lay_out(made, periods)
    return made


def _with_gaps(rows: Sequence[Row]) -> list[Row | None]:
    """Put None where a period is missing between its neighbours."""
    times = [row[TrendRows.since_at.name] for row in rows]
    distances = [later - earlier for earlier, later in pairwise(times)]
    periods: list[Row | None] = []
    for row, distance in zip(rows, [*distances, None], strict=True):
        periods.append(row)
        if distance and distance > min(distances) * LONG_GAP:
            periods.append(None)
    return periods


def _waste(periods: Sequence[Row | None], column: Column, class_: MissClass) -> go.Bar:
    held = [(place, row) for place, row in enumerate(periods) if row]
    return go.Bar(
        name=f"{class_} waste",
        x=[place for place, _ in held],
        y=[row[column.name] / MINUTE for _, row in held],
        yaxis="y2",
        marker={"color": CLASSES[class_], "opacity": 0.75},
        hoverinfo="text",
        hovertext=[_hover(row) for _, row in held],
    )


def _ratio(
    periods: Sequence[Row | None], column: Column, name: str, line: dict[str, str], symbol: str
) -> go.Scatter:
    return go.Scatter(
        name=name,
        mode="lines+markers",
        x=list(range(len(periods))),
        y=[None if not row or row[column.name] is None else row[column.name] for row in periods],
        connectgaps=False,
        cliponaxis=False,
        line={"width": 2 if len(periods) <= FEW else 1, **line},
        marker={"symbol": symbol, "size": 8 if len(periods) <= FEW else 3},
        hoverinfo="text",
        hovertext=[_hover(row) if row else "" for row in periods],
    )


def _hover(row: Row) -> str:
    ratios = (
        ("hit ratio by count", TrendRows.hit_ratio),
        ("hit ratio by time", TrendRows.time_ratio),
        ("as Docker counts", TrendRows.docker_ratio),
    )
    wastes = (("structural", TrendRows.structural_s), ("avoidable", TrendRows.avoidable_s))
    counts = (
        units.many(row[TrendRows.runs.name], "run"),
        units.many(row[TrendRows.hits.name], "hit"),
        units.many(row[TrendRows.misses.name], "miss", "misses"),
    )
    return "<br>".join(
        [
            f"from {row[TrendRows.since_at.name]:%Y-%m-%d}",
            ", ".join(counts),
            *(
                f"{what}: {'not known' if row[of.name] is None else units.ratio(row[of.name])}"
                for what, of in ratios
            ),
            f"saved by hits: {units.seconds(row[TrendRows.saved_s.name])}",
            *(f"{what} waste: {units.seconds(row[of.name])}" for what, of in wastes),
        ]
    )


def _lay_out(made: go.Figure, periods: Sequence[Row | None]) -> None:
    step = -(-len(periods) // DATES)
    dates = {
        place: _date(row[TrendRows.since_at.name])
        for place, row in enumerate(periods)
        if row and place % step == 0
    }
    made.update_layout(
        barmode="stack",
        xaxis={
            "tickmode": "array",
            "tickvals": list(dates),
            "ticktext": list(dates.values()),
            "range": [-0.6, len(periods) - 0.4],
            "showgrid": False,
            "title": {"text": "period, by its first day"},
        },
        yaxis={
            "title": {"text": "hit ratio, %"},
            "range": [0, 1],
            "tickformat": ".0%",
            "dtick": 0.2,
            "overlaying": "y2",
            "showgrid": True,
        },
        yaxis2={
            "title": {"text": "waste, minutes"},
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
        },
    )


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}<br>{moment.year}"
