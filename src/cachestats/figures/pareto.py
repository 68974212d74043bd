"""Which layers waste most, and why."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl

from cachestats import units
from cachestats.figures import bars
from cachestats.figures.charged import charged, total_s
from cachestats.figures.text import lines, time_unit, titled, words
from cachestats.figures.theme import figure, nothing, palette
from cachestats.schema.figures import ChargedRows

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["layer_pareto"]

TITLE = "Waste by layer"
Named = tuple[bars.Row, pl.DataFrame]


def layer_pareto(
    misses: pl.DataFrame | pl.LazyFrame, *, top: int = 25, dark: bool = False
) -> go.Figure:
    """Draw the waste that each layer causes, by the cause of the root miss, costliest first.

    Waste is the structural and avoidable cost of misses, charged to the layer that missed first.
    Behind each bar stand its waste and the share of all waste down to it.

    Args:
        misses: `MissRows`, one row per miss.
        top: How many layers have a bar of their own; the rest share the last one.
        dark: Whether to draw on a dark ground.

    Returns:
        One trace per cause, costliest first. Without waste the figure says so.
    """
    rows = charged(misses)
    if rows.is_empty():
        return nothing(TITLE, dark=dark, why="no waste")
    named = _named(rows, top)
    longest_s = max(total_s(part) for _, part in named)
    divisor, unit = time_unit([longest_s])
    causes = (
        rows.group_by(ChargedRows.cause.name)
        .agg(ChargedRows.waste_s.col.sum())
        .sort(ChargedRows.waste_s.name, ChargedRows.cause.name, descending=[True, False])
    )
    made = figure(
        [_trace(cause, named, divisor, dark=dark) for cause in causes[ChargedRows.cause.name]],
        title=TITLE,
        notes=[f"{units.seconds(total_s(rows))} of machine time; Σ: share of it so far"],
        height=bars.ROW_HEIGHT * len(named),
        dark=dark,
    )
    bars.lay_out(
        made,
        [row for row, _ in named],
        axis=f"waste, {unit} of machine time",
        ends=(0, longest_s / divisor),
        dark=dark,
    )
    return made


def _named(rows: pl.DataFrame, top: int) -> list[Named]:
    """Part the rows by layer, and say what stands above the bar of each."""
    layers = rows.partition_by(ChargedRows.layer_id.name, maintain_order=True)
    several = rows[ChargedRows.project.name].n_unique() > 1
    parts = [*layers[:top], *([pl.concat(layers[top:])] if layers[top:] else [])]
    reached = list(accumulate(total_s(part) for part in parts))
    whole = reached[-1]
    return [
        (
            _row(
                part,
                f"{units.seconds(total_s(part))} · Σ {units.ratio(so_far / whole)}",
                several=several,
            ),
            part,
        )
        for part, so_far in zip(parts, reached, strict=True)
    ]


def _row(part: pl.DataFrame, amounts: str, *, several: bool) -> bars.Row:
    layers = part[ChargedRows.layer_id.name].n_unique()
    if layers > 1:
        return bars.Row(f"{layers} other layers", amounts)
    row = part.row(0, named=True)
    project = row[ChargedRows.project.name] if several else None
    place = titled(project, row[ChargedRows.stage.name])
    return bars.Row(row[ChargedRows.text.name], titled(amounts, place), within=place)


def _trace(cause: str, named: Sequence[Named], divisor: int, *, dark: bool) -> go.Bar:
    parts = [part.filter(ChargedRows.cause.col == cause) for _, part in named]
    held = [(place, part) for place, part in enumerate(parts) if not part.is_empty()]
    return go.Bar(
        name=words(cause),
        x=[total_s(part) / divisor for _, part in held],
        y=[place for place, _ in held],
        marker_color=palette(dark=dark)[cause],
        hovertext=[_hover(named[place][0].name, part, cause) for place, part in held],
        **bars.BAR,
    )


def _hover(name: str, part: pl.DataFrame, cause: str) -> str:
    places = (("project", ChargedRows.project), ("stage", ChargedRows.stage))
    held = {what: part[column.name].drop_nulls().unique().sort() for what, column in places}
    misses, runs = part.select(ChargedRows.misses.col.sum(), ChargedRows.runs.col.max()).row(0)
    return "<br>".join(
        [
            lines(name),
            *(lines(f"{what} {', '.join(names)}") for what, names in held.items() if len(names)),
            f"{words(cause)}: {units.seconds(total_s(part))} wasted",
            units.many(misses, "miss", "misses")
            + (f" in {units.many(runs, 'run')}" if part.height == 1 else ""),
        ]
    )
