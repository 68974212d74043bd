"""Horizontal bars with their names above them, so that they fit a telephone and a wide screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cachestats.figures.text import escape, labels, shorten
from cachestats.figures.theme import ink

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

__all__ = ["BAR", "BAR_MIDDLE", "ROW_HEIGHT", "Row", "lay_out"]

ROW_HEIGHT = 50
NAME_WIDTH, DETAIL_WIDTH = 48, 56
NAME_PLACE, DETAIL_PLACE = -0.31, -0.02

BAR: dict[str, Any] = {"orientation": "h", "width": 0.24, "offset": 0.16, "hoverinfo": "text"}
"""What all bars at y = 0, 1, 2 … have in common; above each is the room for two lines."""

BAR_MIDDLE = 0.28
EDGE = 0.5


class Row(NamedTuple):
    """What stands above a bar, as a log has it.

    Attributes:
        name: Of what the bar tells.
        detail: Amounts, and where the thing belongs; the second line.
        within: Among which rows the name must be unique.
    """

    name: str
    detail: str
    within: str = ""


def lay_out(
    made: go.Figure, rows: Sequence[Row], *, axis: str, ends: tuple[float, float], dark: bool
) -> None:
    """Give a figure of bars its names and its axes.

    Args:
        made: The figure, whose bars are made with `BAR`.
        rows: What stands above the bars, from the top.
        axis: Title of the axis of values, with its unit.
        ends: Lowest and highest value of that axis.
        dark: Whether the figure is drawn on a dark ground.
    """
    low, high = ends
    made.update_xaxes(title_text=axis, range=[low, high if high > low else low + 1])
    made.update_yaxes(range=[len(rows) - EDGE, -EDGE], visible=False)
    made.update_layout(barmode="relative")
    names = labels(
        [row.name for row in rows], width=NAME_WIDTH, within=[row.within for row in rows]
    )
    faint = ink("faint", dark=dark)
    made.update_layout(
        annotations=[
            line
            for place, (row, name) in enumerate(zip(rows, names, strict=True))
            for line in (
                _line(name, place + NAME_PLACE, {"size": 12}),
                _line(
                    escape(shorten(row.detail, DETAIL_WIDTH)),
                    place + DETAIL_PLACE,
                    {"size": 11, "color": faint},
                ),
            )
        ]
    )


def _line(text: str, y: float, font: dict[str, Any]) -> dict[str, Any]:
    place = {"x": 0, "y": y, "xref": "x domain", "xanchor": "left", "xshift": -2}
    return {"text": text, "font": font, "showarrow": False, **place}
