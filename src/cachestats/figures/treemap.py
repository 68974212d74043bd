"""Where the waste sits: project, stage, layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from cachestats import units
from cachestats.figures.charged import charged, total_s
from cachestats.figures.text import labels, lines, words
from cachestats.figures.theme import figure, ink, key, nothing, palette
from cachestats.schema.figures import ChargedRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["waste_treemap"]

TITLE = "Waste by project, stage and layer"
HEIGHT = 520
NAME_WIDTH = 32
ALL = "all projects"
NO_PROJECT, NO_STAGE = "project not known", "stage without a name"


class _Box(NamedTuple):
    parent: str
    name: str
    value_s: float
    colour: str
    hover: str


def waste_treemap(misses: pl.DataFrame | pl.LazyFrame, *, dark: bool = False) -> go.Figure:
    """Draw the waste of each layer as an area within its stage and project.

    Waste is the structural and avoidable cost of misses, charged to the layer that missed first;
    a layer has the colour of the cause that wasted most.

    Args:
        misses: `MissRows`, one row per miss.
        dark: Whether to draw on a dark ground.

    Returns:
        One treemap, values in seconds. Without waste the figure says so.
    """
    rows = charged(misses)
    if rows.is_empty():
        return nothing(TITLE, dark=dark, why="no waste")
    boxes = _boxes(rows, dark=dark)
    whole = units.seconds(total_s(rows))
    firsts = rows.unique(ChargedRows.layer_id.name, keep="first", maintain_order=True)
    causes = firsts[ChargedRows.cause.name].unique(maintain_order=True)
    made = figure(
        [_treemap(boxes, dark=dark)],
        title=TITLE,
        notes=[f"area: {whole} of machine time", *key(causes, dark=dark)],
        height=HEIGHT,
        dark=dark,
    )
    made.update_layout(uniformtext={"minsize": 10, "mode": "hide"}, margin_b=12)
    return made


def _treemap(boxes: Sequence[_Box], *, dark: bool) -> go.Treemap:
    return go.Treemap(
        # Names from a log make no ids: two boxes may have one name.
        ids=[str(place) for place in range(len(boxes))],
        parents=[box.parent for box in boxes],
        labels=labels(
            [box.name for box in boxes], width=NAME_WIDTH, within=[box.parent for box in boxes]
        ),
        values=[box.value_s for box in boxes],
        # Only layers have a value: what plotly adds up itself cannot miss its sum by a rounding.
        branchvalues="remainder",
        marker={
            "colors": [box.colour for box in boxes],
            "pad": {"t": 18, "l": 2, "r": 2, "b": 2},
            "line": {"width": 1, "color": ink("paper", dark=dark)},
        },
        hoverinfo="text",
        hovertext=[box.hover for box in boxes],
        textinfo="label",
        pathbar={"visible": False},
    )


def _boxes(rows: pl.DataFrame, *, dark: bool) -> list[_Box]:
    ground, boxes = ink("grid", dark=dark), list[_Box]()

    def add(parent: str, name: str, part: pl.DataFrame) -> str:
        boxes.append(_Box(parent, name, 0, ground, _hover(name, part)))
        return str(len(boxes) - 1)

    projects = _parts(rows, ChargedRows.project.name)
    root = add("", ALL, rows) if len(projects) > 1 else ""
    for of_project in projects:
        project = of_project[ChargedRows.project.name][0] or NO_PROJECT
        outer = add(root, project, of_project)
        for of_stage in _parts(of_project, ChargedRows.stage.name):
            stage = of_stage[ChargedRows.stage.name][0] or NO_STAGE
            inner = add(outer, stage, of_stage)
            layers = _parts(of_stage, ChargedRows.layer_id.name)
            boxes.extend(_layer(inner, layer, dark=dark) for layer in layers)
    return boxes


def _layer(parent: str, rows: pl.DataFrame, *, dark: bool) -> _Box:
    # The first row of a layer is its costliest cause.
    name, cause = rows.row(0, named=True)[ChargedRows.text.name], rows[ChargedRows.cause.name][0]
    return _Box(parent, name, total_s(rows), palette(dark=dark)[cause], _hover(name, rows))


def _parts(rows: pl.DataFrame, column: str) -> list[pl.DataFrame]:
    return rows.partition_by(column, maintain_order=True)


def _hover(name: str, rows: pl.DataFrame) -> str:
    by_cause = rows.group_by(ChargedRows.cause.name).agg(ChargedRows.waste_s.col.sum())
    costliest = by_cause.sort(
        ChargedRows.waste_s.name, ChargedRows.cause.name, descending=[True, False]
    )
    return "<br>".join(
        [
            lines(name),
            f"{units.seconds(total_s(rows))} wasted",
            units.many(int(rows[ChargedRows.misses.name].sum()), "miss", "misses"),
            *(
                f"{words(cause)}: {units.seconds(waste_s)}"
                for cause, waste_s in costliest.iter_rows()
            ),
        ]
    )
