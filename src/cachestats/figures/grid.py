"""Cells by layer and run: which are shown, and in which row and column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cachestats.schema import Cause, CellRows, Standing

__all__ = ["COLUMN", "ROW", "STATE", "STATES", "Grid", "grid"]

ROW, COLUMN, STATE = "row", "column", "state"
STATES = (Standing.HIT, *Cause, Standing.NOT_REACHED)

GROUP, PLACE, WEIGHT = "group", "place", "weight"
IS_ROOT = CellRows.standing.col == Standing.ROOT
WHERE = (CellRows.project, CellRows.stage)

Headings = dict[int, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Grid:
    """What a barcode shows of the cells it was given.

    Attributes:
        cells: `CellRows` that are shown, with their row, column and state: `hit`, `not_reached`,
            `cascade`, or the cause of a root miss.
        layers: The layers shown, with their rows; between stages a row is free for a heading.
        headings: Project and stage by the row of their heading; none if all layers are of one.
        runs: The runs shown, with their columns.
        all_layers: How many layers the cells have.
        all_runs: How many runs the cells have.
    """

    cells: pl.DataFrame
    layers: pl.DataFrame
    headings: Headings
    runs: pl.DataFrame
    all_layers: int
    all_runs: int

    @property
    def height(self) -> int:
        """Rows, headings included."""
        return self.layers.height + len(self.headings)


def grid(cells: pl.DataFrame, *, top: int, last: int) -> Grid:
    """Choose and place cells.

    Args:
        cells: `CellRows`, one row per layer and run. Projects and stages keep the order in which
            they first appear; the layers of a stage go by their index.
        top: How many layers to show: those that cost most, themselves or by what they broke.
        last: How many runs to show: the newest. A run without a start counts as old.
    """
    runs = _runs(cells)
    columns = runs.tail(last).with_row_index(COLUMN)
    kept = cells.join(
        columns.select(CellRows.run_id.name, COLUMN),
        on=CellRows.run_id.name,
        maintain_order="left",
    )
    rows, headings = _under_headings(_costliest(_layers(kept), top))
    return Grid(
        cells=kept.join(
            rows.select(CellRows.layer_id.name, ROW), on=CellRows.layer_id.name
        ).with_columns(_state()),
        layers=rows,
        headings=headings,
        runs=columns,
        all_layers=cells[CellRows.layer_id.name].n_unique(),
        all_runs=runs.height,
    )


def _layers(cells: pl.DataFrame) -> pl.DataFrame:
    """Describe each layer by its newest cell, in the order of the Dockerfile."""
    # What a run's misses cost is shared out to its roots: a cheap COPY may break all below it.
    broken_s = CellRows.cost_s.col.sum().over(CellRows.run_id.name)
    roots = IS_ROOT.sum().over(CellRows.run_id.name)
    weight = CellRows.cost_s.col + pl.when(IS_ROOT).then(broken_s / roots).otherwise(0)
    place = pl.col(PLACE).min()
    return (
        cells.with_columns(weight.alias(WEIGHT))
        .with_row_index(PLACE)
        .sort(COLUMN, maintain_order=True)
        .group_by(CellRows.layer_id.name, maintain_order=True)
        .agg(
            *(column.col.last() for column in (*WHERE, CellRows.index, CellRows.text)),
            pl.col(WEIGHT).sum(),
            place,
        )
        .sort(
            place.over(CellRows.project.name),
            place.over(column.name for column in WHERE),
            CellRows.index.col,
            PLACE,
            nulls_last=True,
        )
        .with_columns(pl.int_range(pl.len()).alias(PLACE))
    )


def _costliest(layers: pl.DataFrame, top: int) -> pl.DataFrame:
    return layers.sort(WEIGHT, PLACE, descending=[True, False]).head(top).sort(PLACE)


def _under_headings(layers: pl.DataFrame) -> tuple[pl.DataFrame, Headings]:
    """Give layers their rows, with one free above each project's stage if there are several."""
    group = pl.struct(column.name for column in WHERE).rle_id().alias(GROUP)
    rows = layers.with_row_index(ROW).with_columns(group)
    if rows[GROUP].n_unique() == 1:
        return rows, {}
    rows = rows.with_columns(pl.col(ROW) + pl.col(GROUP) + 1)
    firsts = rows.unique(GROUP, keep="first", maintain_order=True)
    where = firsts.select(ROW, *(column.name for column in WHERE)).iter_rows()
    return rows, {row - 1: (project, stage) for row, project, stage in where}


def _runs(cells: pl.DataFrame) -> pl.DataFrame:
    kept = (CellRows.run_id, CellRows.project, CellRows.started_at, CellRows.commit)
    return (
        cells.select(column.name for column in kept)
        .unique(CellRows.run_id.name, keep="first", maintain_order=True)
        .sort(CellRows.started_at.name, nulls_last=False, maintain_order=True)
    )


def _state() -> pl.Expr:
    standing = CellRows.standing.col.cast(pl.String)
    cause = CellRows.cause.col.cast(pl.String).fill_null(pl.lit(Cause.UNKNOWN))
    return pl.when(IS_ROOT).then(cause).otherwise(standing).alias(STATE)
