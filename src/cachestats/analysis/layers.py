"""Which layers miss the cache, what the misses cost and what the hits save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.baselines import baselines as baselines_of
from cachestats.schema import LayerRows, LineageRows, MissRows, Runs, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LayerOrder", "layers", "worst_layers"]

LayerOrder = Literal["waste", "misses", "miss_ratio"]

LINEAGE = LineageRows.lineage_id.name
NEWEST = (Steps.target, Steps.platform, Steps.stage, Steps.instruction, Steps.text)

WASTED = ex.total(MissRows.cost_s.col.filter(ex.IS_WASTE))
WASTE = (LayerRows.caused_waste_s, LayerRows.cost_s)
ORDERS: dict[LayerOrder, Sequence[str]] = {
    "waste": [column.name for column in WASTE],
    "misses": [column.name for column in (LayerRows.misses, *WASTE)],
    "miss_ratio": [column.name for column in (LayerRows.miss_ratio, LayerRows.misses, *WASTE)],
}


def layers(
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    lineages: pl.LazyFrame,
    misses: pl.LazyFrame,
    *,
    baselines: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Count each layer's hits and misses, what its misses took and wasted, what its hits saved.

    A step reaches its layer if it hit or missed the cache; canceled, open, merged, skipped and
    not needed steps do not. The baseline is the median of the layer's last 20 executions that
    were done, by the run's start, then by the natural order of its source; runs without a start
    count as the oldest. Failed executions cost time but enter no baseline.

    Args:
        steps: `Steps`, one row per step; those of runs that are not in `runs` are left out.
        runs: `Runs`, one row per run.
        lineages: `LineageRows`: which layers of different runs are one.
        misses: `MissRows` of the same runs.
        baselines: What `baselines` found, where it looked at more runs than these: a week of hits
            alone says nothing about what they saved. None finds them among these steps.

    Returns:
        `LayerRows`, one row per lineage, those that cause most waste first, times in seconds; a
        null duration or restore counts as 0. `waste_s` is what its own misses cost that were
        structural or avoidable, `caused_waste_s` the same over all misses that are charged to it,
        most of it for `waste_cause`.
        No rows in, no rows out.

    Raises:
        SchemaError: A frame is not the table it should be.
    """
    counted = (
        Steps.conform(steps)
        .filter(ex.REACHED)
        .join(_in_order(Runs.conform(runs)), on=Steps.run_id.name, maintain_order="right_left")
        .join(
            LineageRows.conform(lineages).select(Steps.layer_id.name, LINEAGE),
            on=Steps.layer_id.name,
            how="left",
            maintain_order="left",
        )
        .group_by(LINEAGE, maintain_order=True)
        .agg(
            Runs.project.col.last(),
            *(column.col.last() for column in NEWEST),
            ex.HITS.alias(LayerRows.hits.name),
            ex.MISSES.alias(LayerRows.misses.name),
            ex.COST_S.alias(LayerRows.cost_s.name),
            ex.RESTORE_S.alias(Steps.restore_s.name),
        )
        .rename({LINEAGE: LayerRows.layer_id.name})
    )
    own, caused = _own_waste(MissRows.conform(misses)), _caused_waste(MissRows.conform(misses))
    known = baselines_of(steps, runs, lineages) if baselines is None else baselines
    return (
        counted.join(own, on=LayerRows.layer_id.name, how="left")
        .join(caused, on=LayerRows.layer_id.name, how="left")
        .join(known, on=LayerRows.layer_id.name, how="left")
        .with_columns((LayerRows.hits.col + LayerRows.misses.col).alias(LayerRows.runs.name))
        .with_columns(
            (LayerRows.misses.col / LayerRows.runs.col).alias(LayerRows.miss_ratio.name),
            (LayerRows.hits.col * LayerRows.baseline_s.col - Steps.restore_s.col).alias(
                LayerRows.saved_s.name
            ),
            pl.col(LayerRows.waste_s.name, LayerRows.caused_waste_s.name).fill_null(0.0),
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
        by: `waste` (what a layer causes, then what its misses cost), `misses`, or
            `miss_ratio`. Ties go by waste, then by `layer_id`.
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


def _own_waste(misses: pl.LazyFrame) -> pl.LazyFrame:
    """Waste and costliest cause of each layer's own misses."""
    by_cause = misses.group_by(MissRows.layer_id.name, MissRows.cause.name).agg(
        ex.total(MissRows.cost_s.col), WASTED.alias(LayerRows.waste_s.name)
    )
    return (
        by_cause.sort(
            MissRows.cost_s.name, MissRows.cause.col.cast(pl.String), descending=[True, False]
        )
        .group_by(MissRows.layer_id.name)
        .agg(
            ex.total(LayerRows.waste_s.col),
            MissRows.cause.col.first().cast(pl.String).alias(LayerRows.top_cause.name),
        )
    )


def _caused_waste(misses: pl.LazyFrame) -> pl.LazyFrame:
    """Waste of all that each layer caused, and the root cause that most of it is due to."""
    layer, wasted = LayerRows.layer_id.name, LayerRows.caused_waste_s.name
    cause = LayerRows.waste_cause.name
    return (
        misses.group_by(
            MissRows.root_layer_id.col.alias(layer),
            MissRows.root_cause.col.cast(pl.String).alias(cause),
        )
        .agg(WASTED.alias(wasted))
        .filter(pl.col(wasted) > 0)
        .sort(wasted, cause, descending=[True, False])
        .group_by(layer)
        .agg(ex.total(pl.col(wasted)), pl.col(cause).first())
    )
