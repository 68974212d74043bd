"""One run: its steps over time, and the path that made it as long as it was."""

from __future__ import annotations

import re
from typing import Any

import plotly.graph_objects as go
import polars as pl

from cachestats import units
from cachestats.figures.text import escape, labels, lines, shorten, titled, words
from cachestats.figures.theme import OTHER, figure, ink, key, nothing, palette
from cachestats.schema import Cause, Standing, TimelineRows

__all__ = ["waterfall"]

TITLE = "Steps of one run"
NAME_WIDTH = 30
RUN_ID_SHOWN = 12
ROW_HEIGHT = 21
LEAST_HEIGHT = 110
ROOM = 1.03
BAR_WIDTH = 0.7
PREFIX = re.compile(r"\[[^\]]*\] ")

STATE, ROW, PLACE = "state", "row", "place"
STATES = (Standing.HIT, *Cause, OTHER)
LENGTH_S = (TimelineRows.end_s.col - TimelineRows.begin_s.col).clip(lower_bound=0)


def waterfall(
    timeline: pl.DataFrame | pl.LazyFrame, *, top: int = 80, dark: bool = False
) -> go.Figure:
    """Draw the steps of one run over seconds, coloured by hit, cause of the miss, or neither.

    A line joins the steps of the critical path; a hatched bar has an estimated start.

    Args:
        timeline: `TimelineRows`, one row per step of one run, in the order of their start.
        top: How many steps to show: those of the critical path, then the longest.
        dark: Whether to draw on a dark ground.

    Returns:
        One trace of bars per state that occurs, and one for the critical path. An empty table
        gives a figure that says so.
    """
    given = TimelineRows.conform(timeline.lazy()).collect()
    if given.is_empty():
        return nothing(TITLE, dark=dark)
    rows = _longest(given, top).with_columns(_state())
    present = [state for state in STATES if state in set(rows[STATE])]
    path = _critical(rows, dark=dark)
    marks = [("━", ink("text", dark=dark), "critical path")] if path else []
    made = figure(
        [
            *(_bars(rows.filter(pl.col(STATE) == state), state, dark=dark) for state in present),
            *path,
        ],
        title=TITLE,
        notes=[*_notes(rows, given), *key(present, dark=dark, more=marks)],
        height=max(LEAST_HEIGHT, ROW_HEIGHT * rows.height),
        dark=dark,
    )
    made.update_layout(barmode="overlay")
    made.update_xaxes(
        title_text="seconds since the run's start", range=[0, _end_s(given) * ROOM or 1]
    )
    made.update_yaxes(
        tickmode="array",
        tickvals=rows[ROW].to_list(),
        ticktext=labels([_label(row) for row in rows.iter_rows(named=True)], width=NAME_WIDTH),
        range=[rows.height - 0.5, -0.5],
        showgrid=False,
    )
    return made


def _longest(rows: pl.DataFrame, top: int) -> pl.DataFrame:
    return (
        rows.with_row_index(PLACE)
        .sort(TimelineRows.is_critical.col, LENGTH_S, PLACE, descending=[True, True, False])
        .head(top)
        .sort(PLACE)
        .with_row_index(ROW)
    )


def _state() -> pl.Expr:
    standing, cause = TimelineRows.standing.col, TimelineRows.cause.col.cast(pl.String)
    return (
        pl.when(standing == Standing.ROOT)
        .then(cause.fill_null(pl.lit(Cause.UNKNOWN)))
        .when(standing.is_in([Standing.HIT, Standing.CASCADE]))
        .then(standing.cast(pl.String))
        .otherwise(pl.lit(OTHER))
        .alias(STATE)
    )


def _bars(rows: pl.DataFrame, state: str, *, dark: bool) -> go.Bar:
    colour = palette(dark=dark)[state]
    return go.Bar(
        name=words(state),
        showlegend=False,
        orientation="h",
        width=BAR_WIDTH,
        base=rows[TimelineRows.begin_s.name].to_list(),
        x=rows.select(LENGTH_S).to_series().to_list(),
        y=rows[ROW].to_list(),
        marker={
            "color": colour,
            # A step of no length keeps its outline.
            "line": {"width": 1, "color": ink("faint", dark=dark)},
            "pattern": {
                "shape": ["/" if guess else "" for guess in rows[TimelineRows.is_estimated.name]],
                "fgcolor": ink("faint", dark=dark),
                "size": 6,
                "fillmode": "overlay",
            },
        },
        hoverinfo="text",
        hovertext=[_hover(row) for row in rows.iter_rows(named=True)],
    )


def _critical(rows: pl.DataFrame, *, dark: bool) -> list[go.Scatter]:
    path = rows.filter(TimelineRows.is_critical.name)
    if path.is_empty():
        return []
    ends = path.select(TimelineRows.begin_s.name, TimelineRows.end_s.name)
    return [
        go.Scatter(
            name="critical path",
            showlegend=False,
            mode="lines",
            x=[second for pair in ends.iter_rows() for second in pair],
            y=[row for row in path[ROW] for _ in range(2)],
            line={"color": ink("text", dark=dark), "width": 2},
            hoverinfo="skip",
        )
    ]


def _notes(rows: pl.DataFrame, given: pl.DataFrame) -> list[str]:
    notes = [_run(given), f"{units.seconds(_end_s(given))} until the last step ended"]
    if rows.height < given.height:
        notes.append(f"{rows.height} of {given.height} steps, the critical and the longest")
    if rows[TimelineRows.is_estimated.name].any():
        notes.append("hatched: start estimated")
    return notes


def _run(given: pl.DataFrame) -> str:
    """Say which run it is: `shop · 2026-11-18 15:41 · run 3fe15091e5ab`."""
    run = given.row(0, named=True)
    started_at, project = run[TimelineRows.run_started_at.name], run[TimelineRows.project.name]
    named = titled(
        project and shorten(project, NAME_WIDTH),
        started_at and units.when(started_at),
        f"run {run[TimelineRows.run_id.name][:RUN_ID_SHOWN]}",
    )
    return escape(named)


def _end_s(rows: pl.DataFrame) -> float:
    return rows.select(TimelineRows.end_s.col.max()).item() or 0.0


def _name(row: dict[str, Any]) -> str:
    return row[TimelineRows.name.name] or f"step #{row[TimelineRows.step_no.name]}"


def _label(row: dict[str, Any]) -> str:
    # `[builder 12/14] ` would fill half of a label; the hover has it.
    stage = row[TimelineRows.stage.name]
    return titled(stage, PREFIX.sub("", _name(row), count=1)) if stage else _name(row)


def _hover(row: dict[str, Any]) -> str:
    begin_s, end_s = row[TimelineRows.begin_s.name], row[TimelineRows.end_s.name]
    start = "start (estimated)" if row[TimelineRows.is_estimated.name] else "start"
    return "<br>".join(
        [
            lines(_name(row)),
            _became(row),
            f"{units.seconds(end_s - begin_s)}, {start} at {units.seconds(begin_s)}",
            *(["on the critical path"] if row[TimelineRows.is_critical.name] else []),
        ]
    )


def _became(row: dict[str, Any]) -> str:
    standing, cause = row[TimelineRows.standing.name], row[TimelineRows.cause.name]
    outcome = words(row[TimelineRows.outcome.name])
    if standing is None:
        return f"{words(row[TimelineRows.kind.name])}, {outcome}"
    became = "root miss" if standing == Standing.ROOT else words(standing)
    joint = " of " if standing == Standing.CASCADE else ": "
    return f"{became}{joint + words(cause) if cause else ''}, {outcome}"
