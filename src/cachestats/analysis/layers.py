"""Which layers miss the cache, what the misses cost and what the hits save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.schema import LayerRows, Runs, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LayerOrder", "layers", "worst_layers"]

LayerOrder = Literal["waste", "misses", "miss_ratio"]

BASELINE_EXECUTIONS = 20
"""Executions a baseline looks back on: enough to steady a median, few enough to follow a change."""

NEWEST = (Steps.target, Steps.platform, Steps.stage, Steps.instruction, Steps.text)

WASTE = (LayerRows.caused_waste_s, LayerRows.cost_s)
ORDERS: dict[LayerOrder, Sequence[str]] = {
    "waste": [column.name for column in WASTE],
    "misses": [column.name for column in (LayerRows.misses, *WASTE)],
    "miss_ratio": [column.name for column in (LayerRows.miss_ratio, LayerRows.misses, *WASTE)],
}


def layers(steps: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Count each layer's hits and misses, the time its misses took and its hits saved.

    A step reaches its layer if it hit or missed the cache; canceled, open, merged, skipped and
    not needed steps do not. The baseline is the median of the layer's last 20 executions that
    were done, by the run's start, then by the natural order of its source; runs without a start
    count as the oldest. Failed executions cost time but enter no baseline.

    Args:
        steps: `Steps`, one row per step; those of runs that are not in `runs` are left out.
        runs: `Runs`, one row per run.

    Returns:
        `LayerRows`, one row per layer, costliest first, times in seconds; a null duration or
        restore counts as 0. The columns of waste and cause are null until causes are known.
        No rows in, no rows out.

    Raises:
        SchemaError: `steps` or `runs` lacks a column, or has it in another dtype.
    """
    return (
        Steps.conform(steps)
        .filter(ex.REACHED)
        .join(_in_order(Runs.conform(runs)), on=Steps.run_id.name, maintain_order="right_left")
        .group_by(Steps.layer_id.name, maintain_order=True)
        .agg(
            Runs.project.col.last(),
            *(column.col.last() for column in NEWEST),
            ex.HITS.alias(LayerRows.hits.name),
            ex.MISSES.alias(LayerRows.misses.name),
            ex.COST_S.alias(LayerRows.cost_s.name),
            ex.RESTORE_S.alias(Steps.restore_s.name),
            ex.EXECUTED_S.tail(BASELINE_EXECUTIONS).median().alias(LayerRows.baseline_s.name),
        )
        .with_columns((LayerRows.hits.col + LayerRows.misses.col).alias(LayerRows.runs.name))
        .with_columns(
            (LayerRows.misses.col / LayerRows.runs.col).alias(LayerRows.miss_ratio.name),
            (LayerRows.hits.col * LayerRows.baseline_s.col - Steps.restore_s.col).alias(
                LayerRows.saved_s.name
            ),
            *_without_causes(),
        )
        .pipe(LayerRows.conform)
        .pipe(worst_layers)
    )


def worst_layers(
    rows: pl.LazyFrame, *, by: LayerOrder = "waste", top: int | None = None
) -> pl.LazyFrame:
    """Sort layers by how much they waste, worst first, and keep the first of them.

    Args:
        rows: `LayerRows`, one row per layer.
        by: `waste` (the waste a layer causes; what its misses cost where that is not known),
            `misses`, or `miss_ratio`. Ties go by waste, then by `layer_id`.
        top: How many to keep; all if None.

    Returns:
        `LayerRows`.
    """
    keys = ORDERS[by]
    worst = rows.sort(
        *keys, LayerRows.layer_id.name, descending=[True] * len(keys) + [False], nulls_last=True
    )
    return worst if top is None else worst.head(top)


def _in_order(runs: pl.LazyFrame) -> pl.LazyFrame:
    return runs.sort(ex.RUN_ORDER).select(Runs.run_id.name, Runs.project.name)


def _without_causes() -> list[pl.Expr]:
    unknown = (LayerRows.waste_s, LayerRows.caused_waste_s, LayerRows.top_cause)
    return [pl.lit(None, column.dtype).alias(column.name) for column in unknown]
