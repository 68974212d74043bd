"""Which layers cause waste: what is charged to each as the root of misses."""

from __future__ import annotations

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.schema import MissRows
from cachestats.schema.report import RootRows

__all__ = ["root_layers"]

LAYER = RootRows.layer_id.name
WASTE = RootRows.waste_s.name


def root_layers(misses: pl.LazyFrame) -> pl.LazyFrame:
    """Charge structural and avoidable misses to the layers that missed first.

    Args:
        misses: `MissRows`, one row per miss.

    Returns:
        `RootRows`, one row per layer with any waste, costliest first, times in seconds. No waste,
        no rows.

    Raises:
        SchemaError: `misses` is not a `MissRows` table.
    """
    rows = MissRows.conform(misses).sort(
        MissRows.started_at.name, MissRows.run_id.name, MissRows.step_no.name
    )
    wasteful = rows.filter(ex.IS_WASTE, MissRows.cost_s.col > 0)
    return (
        wasteful.group_by(MissRows.root_layer_id.col.alias(LAYER), maintain_order=True)
        .agg(
            MissRows.project.col.last(),
            MissRows.root_text.col.last().alias(RootRows.text.name),
            pl.len().cast(pl.Int64).alias(RootRows.misses.name),
            MissRows.run_id.col.n_unique().cast(pl.Int64).alias(RootRows.runs.name),
            ex.total(MissRows.cost_s.col).alias(WASTE),
        )
        .join(costliest_causes(wasteful), on=LAYER)
        .join(root_stages(rows), on=LAYER, how="left")
        .sort(WASTE, LAYER, descending=[True, False])
        .pipe(RootRows.conform)
    )


def costliest_causes(wasteful: pl.LazyFrame) -> pl.LazyFrame:
    """Find for each root layer the cause that most of these misses' cost is of, and its part."""
    return (
        wasteful.group_by(
            MissRows.root_layer_id.col.alias(LAYER),
            MissRows.root_cause.col.alias(RootRows.cause.name),
        )
        .agg(ex.total(MissRows.cost_s.col))
        .with_columns(
            (MissRows.cost_s.col / MissRows.cost_s.col.sum().over(LAYER)).alias(
                RootRows.cause_ratio.name
            )
        )
        .sort(LAYER, MissRows.cost_s.name, RootRows.cause.name, descending=[False, True, False])
        .unique(LAYER, keep="first", maintain_order=True)
        .select(LAYER, RootRows.cause.name, RootRows.cause_ratio.name)
    )


def root_stages(misses: pl.LazyFrame) -> pl.LazyFrame:
    """Tell the stage of each layer: the row of a cascade does not tell that of its root."""
    return misses.group_by(MissRows.layer_id.name, maintain_order=True).agg(
        MissRows.stage.col.last()
    )
