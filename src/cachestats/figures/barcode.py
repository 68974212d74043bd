"""Which layer breaks the cache: layers down, runs across."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from cachestats import units
from cachestats.figures.grid import COLUMN, ROW, STATE, STATES, Grid, grid
from cachestats.figures.text import escape, labels, lines, shorten, titled, words
from cachestats.figures.theme import figure, key, nothing, palette
from cachestats.schema import CellRows, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import polars as pl

__all__ = ["cache_barcode"]

TITLE = "Which layer breaks the cache"
NAME_WIDTH = 28
ROW_HEIGHT = 19
LEAST_HEIGHT = 60
DATES = 4
GAPS_UP_TO = 60
"""Runs that a wide screen can still show apart with a gap between them."""

ID_LENGTH = 12
EDGE = 0.5
NO_STAGE = "stage without a name"


def cache_barcode(
    cells: pl.DataFrame | pl.LazyFrame, *, top: int = 60, last: int = 100, dark: bool = False
) -> go.Figure:
    """Draw what each layer was in each run: hit, root miss by its cause, cascade, not reached.

    Args:
        cells: `CellRows`, one row per layer and run. Projects and stages keep the order in which
            they first appear; the layers of a stage go by their index.
        top: How many layers to show: those that cost most, themselves or by what they broke.
        last: How many runs to show: the newest. A run without a start counts as old.
        dark: Whether to draw on a dark ground.

    Returns:
        One heatmap, runs in order of start. An empty table gives a figure that says so.
    """
    given = CellRows.conform(cells.lazy()).collect()
    if given.is_empty():
        return nothing(TITLE, dark=dark)
    shown = grid(given, top=top, last=last)
    present = [state for state in STATES if state in set(shown.cells[STATE])]
    made = figure(
        # Axes are drawn for the sake of a trace, and the heatmap is on those of the hover.
        [_heatmap(shown, present, dark=dark), go.Scatter(x=[None], y=[None], showlegend=False)],
        title=TITLE,
        notes=[*_notes(shown), *key(present, dark=dark)],
        height=max(LEAST_HEIGHT, ROW_HEIGHT * shown.height),
        dark=dark,
    )
    made.update_layout(**_rows(shown), **_columns(shown.runs))
    return made


def _heatmap(shown: Grid, present: Sequence[str], *, dark: bool) -> go.Heatmap:
    width = shown.runs.height
    colours: list[list[int | None]] = [[None] * width for _ in range(shown.height)]
    says = [[""] * width for _ in range(shown.height)]
    code = {state: number for number, state in enumerate(present)}
    wanted = (ROW, COLUMN, STATE, CellRows.cause.name, CellRows.cost_s.name)
    for row, column, state, cause, cost_s in shown.cells.select(wanted).iter_rows():
        colours[row][column] = code[state]
        says[row][column] = _says(state, cause, cost_s)
    return go.Heatmap(
        z=colours,
        customdata=says,
        # The axes of the hover bear the whole names: once each, not once a cell.
        xaxis="x2",
        yaxis="y2",
        hovertemplate="%{y}<br>%{customdata}<br>%{x}<extra></extra>",
        hoverongaps=False,
        colorscale=_scale([palette(dark=dark)[state] for state in present]),
        zmin=-EDGE,
        zmax=len(present) - EDGE,
        showscale=False,
        xgap=1 if width <= GAPS_UP_TO else 0,
        ygap=1,
    )


def _says(state: str, cause: str | None, cost_s: float) -> str:
    if state in {Standing.HIT, Standing.NOT_REACHED}:
        return words(state)
    if state == Standing.CASCADE:
        return f"cascade{f' of {words(cause)}' if cause else ''}, {units.seconds(cost_s)}"
    return f"root miss: {words(state)}, {units.seconds(cost_s)}"


def _scale(colours: Sequence[str]) -> list[tuple[float, str]]:
    steps = len(colours)
    return [
        (edge / steps, colour)
        for place, colour in enumerate(colours)
        for edge in (place, place + 1)
    ]


def _notes(shown: Grid) -> list[str]:
    layers, runs = shown.layers.height, shown.runs.height
    return [
        *([f"{layers} of {shown.all_layers} layers: the costliest"] * (layers < shown.all_layers)),
        *([f"the newest {runs} of {shown.all_runs} runs"] * (runs < shown.all_runs)),
    ]


def _rows(shown: Grid) -> dict[str, Any]:
    several = shown.layers[CellRows.project.name].n_unique() > 1
    headings = {
        row: titled(project if several else None, stage) or NO_STAGE
        for row, (project, stage) in shown.headings.items()
    }
    kept = (ROW, CellRows.project.name, CellRows.stage.name, CellRows.text.name)
    layers = shown.layers.select(kept).rows()
    short = labels(
        [text for *_, text in layers], width=NAME_WIDTH, within=[row[1:3] for row in layers]
    )
    named = {row: label for (row, *_), label in zip(layers, short, strict=True)}
    whole = {row: lines(titled(project, stage, text)) for row, project, stage, text in layers}
    bold = {row: f"<b>{escape(shorten(text, NAME_WIDTH))}</b>" for row, text in headings.items()}
    axis = {"showgrid": False, "range": [shown.height - EDGE, -EDGE]}
    over = {"overlaying": "y", "matches": "y", "showticklabels": False}
    return {"yaxis": axis | _ticks(bold | named), "yaxis2": axis | over | _ticks(whole)}


def _columns(runs: pl.DataFrame) -> dict[str, Any]:
    kept = (CellRows.started_at, CellRows.run_id, CellRows.project, CellRows.commit)
    rows = runs.select(column.name for column in kept).rows()
    step = -(-len(rows) // DATES)
    starts = [row[0] for row in rows]
    on_one_day = len({start and start.date() for start in starts}) == 1
    dates = {
        place: _date(starts[place], on_one_day=on_one_day) for place in range(0, len(rows), step)
    }
    whole = {place: _described(*row) for place, row in enumerate(rows)}
    axis = {"showgrid": False, "range": [-EDGE, len(rows) - EDGE]}
    over = {"overlaying": "x", "matches": "x", "showticklabels": False}
    named = {"title": {"text": "runs, by start"}, "tickangle": 0}
    return {"xaxis": axis | named | _ticks(dates), "xaxis2": axis | over | _ticks(whole)}


def _ticks(texts: dict[int, str]) -> dict[str, Any]:
    return {"tickmode": "array", "tickvals": list(texts), "ticktext": list(texts.values())}


def _date(moment: datetime | None, *, on_one_day: bool) -> str:
    if moment is None:
        return "?"
    return f"{moment:%H:%M}" if on_one_day else f"{moment.day} {moment:%b}"


def _described(
    started_at: datetime | None, run_id: str, project: str | None, commit: str | None
) -> str:
    start = f"{started_at:%Y-%m-%d %H:%M}" if started_at else "start not known"
    told = [f"run {run_id[:ID_LENGTH]}", project, commit and f"commit {commit[:ID_LENGTH]}"]
    return f"{start}<br>{lines(titled(*told))}"
