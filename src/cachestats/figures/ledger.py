"""Whether a remote cache pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import polars as pl

from cachestats import units
from cachestats.figures import bars
from cachestats.figures.text import lines, time_unit, titled, words
from cachestats.figures.theme import figure, ink, nothing, palette
from cachestats.schema import CachePay, LedgerRows, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.schema import Column

__all__ = ["ledger_bars"]

TITLE = "What each remote cache saved and took"
EDGE = 1.04
COSTS = {
    "import": LedgerRows.import_s,
    "restore": LedgerRows.restore_s,
    "export": LedgerRows.export_s,
}
GREYS = {
    False: {"import": "#B9C0C9", "restore": "#8C96A3", "export": "#5D6672"},
    True: {"import": "#5D6672", "restore": "#8C96A3", "export": "#C3CAD2"},
}
COST_S = sum((column.col for column in COSTS.values()), pl.lit(0.0))

Row = dict[str, Any]


def ledger_bars(
    ledger: pl.DataFrame | pl.LazyFrame, *, top: int = 25, dark: bool = False
) -> go.Figure:
    """Draw what each remote cache saved against its imports, restores and exports.

    Args:
        ledger: `LedgerRows`, one row per project and cache.
        top: How many caches to show: those that move most time either way.
        dark: Whether to draw on a dark ground.

    Returns:
        Bars of savings to the right, of costs to the left, and a mark at the net; in the order
        of the table. An empty table gives a figure that says so.
    """
    given = LedgerRows.conform(ledger.lazy()).collect()
    if given.is_empty():
        return nothing(TITLE, dark=dark, why="no remote cache")
    shown = _busiest(given, top)
    rows = shown.rows(named=True)
    ends = [*shown[LedgerRows.saved_s.name], *(-cost for cost in shown.select(COST_S).to_series())]
    divisor, unit = time_unit(ends)
    made = figure(
        _traces(rows, divisor, dark=dark),
        title=TITLE,
        notes=[f"{len(rows)} of {given.height} caches, the busiest"] if top < given.height else [],
        height=bars.ROW_HEIGHT * len(rows),
        dark=dark,
    )
    bars.lay_out(
        made,
        [_row(row) for row in rows],
        axis=f"{unit} of machine time: taken (left), saved (right)",
        ends=(min(0.0, *ends) / divisor * EDGE, max(0.0, *ends) / divisor * EDGE),
        dark=dark,
    )
    zero = {"width": 1, "color": ink("faint", dark=dark)}
    made.add_vline(x=0, line=zero, layer="below")
    return made


def _busiest(ledger: pl.DataFrame, top: int) -> pl.DataFrame:
    place = "place"
    moved = LedgerRows.saved_s.col.abs() + COST_S
    placed = ledger.with_row_index(place)
    return placed.sort(moved, place, descending=[True, False]).head(top).sort(place).drop(place)


def _traces(rows: Sequence[Row], divisor: int, *, dark: bool) -> list[go.Bar | go.Scatter]:
    hovers = [_hover(row) for row in rows]

    def bar(name: str, column: Column, sign: int, colour: str) -> go.Bar:
        return go.Bar(
            name=name,
            x=[sign * row[column.name] / divisor for row in rows],
            y=list(range(len(rows))),
            marker_color=colour,
            hovertext=hovers,
            **bars.BAR,
        )

    net = go.Scatter(
        name="net",
        mode="markers",
        x=[row[LedgerRows.net_s.name] / divisor for row in rows],
        y=[place + bars.BAR_MIDDLE for place in range(len(rows))],
        marker={
            "symbol": "diamond",
            "size": 11,
            "color": ink("text", dark=dark),
            "line": {"width": 1.5, "color": ink("paper", dark=dark)},
        },
        hoverinfo="text",
        hovertext=hovers,
    )
    return [
        bar("saved", LedgerRows.saved_s, 1, palette(dark=dark)[Standing.HIT]),
        *(bar(name, column, -1, GREYS[dark][name]) for name, column in COSTS.items()),
        net,
    ]


def _row(row: Row) -> bars.Row:
    place = titled(row[LedgerRows.backend.name], row[LedgerRows.mode.name], _project(row))
    net = f"net {units.seconds(row[LedgerRows.net_s.name])}"
    return bars.Row(_name(row), titled(net, _pay(row), place), within=place)


def _pay(row: Row) -> str:
    pay = row[LedgerRows.pay.name]
    return "cannot be told" if pay == CachePay.UNKNOWN else words(pay)


def _name(row: Row) -> str:
    return row[LedgerRows.ref.name] or f"{row[LedgerRows.backend.name]} cache"


def _project(row: Row) -> str:
    return row[LedgerRows.project.name] or "project not known"


def _hover(row: Row) -> str:
    amounts = {
        "saved": LedgerRows.saved_s,
        **COSTS,
        "net": LedgerRows.net_s,
    }
    tried = (
        ("imports", LedgerRows.imports, LedgerRows.imports_failed),
        ("exports", LedgerRows.exports, LedgerRows.exports_failed),
    )
    return "<br>".join(
        [
            lines(_name(row)),
            lines(_project(row)),
            *(f"{name} {units.seconds(row[column.name])}" for name, column in amounts.items()),
            f"{row[LedgerRows.runs.name]} runs, {row[LedgerRows.hits.name]} hits",
            f"{row[LedgerRows.hits_with_baseline.name]} hits with a known saving",
            *(f"{row[all_.name]} {what}, {row[bad.name]} failed" for what, all_, bad in tried),
            lines(row[LedgerRows.verdict.name]),
        ]
    )
