"""What it takes to execute each layer: what a hit of it saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.analysis import exprs as ex
from cachestats.schema import LayerRows, LineageRows, Runs, Steps

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BASELINE_S", "baselines"]

BASELINE_EXECUTIONS = 20
"""Executions a baseline looks back on: enough to steady a median, few enough to follow a change."""

BASELINE_S = ex.EXECUTED_S.tail(BASELINE_EXECUTIONS).median().alias(LayerRows.baseline_s.name)
"""Median of a layer's last executions, over its steps in the order of runs."""


def baselines(
    steps: pl.LazyFrame, runs: pl.LazyFrame, lineages: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """Find each layer's baseline: the median of its last 20 executions that were done.

    Executions are in the order of their runs: by start, then by the natural order of their source;
    runs without a start are the oldest. Failed executions stop early and do not count.

    Args:
        steps: `Steps`; those of runs that are not in `runs` are left out.
        runs: `Runs`.
        lineages: `LineageRows`: executions under the other names of a layer count, too.

    Returns:
        `layer_id` and `baseline_s` in seconds, one row per layer that was ever executed, with
        lineages under any of its names, by `layer_id`. No rows in, no rows out.
    """
    in_order = runs.sort(ex.RUN_ORDER).select(Runs.run_id.name)
    layer, lineage = Steps.layer_id.name, LineageRows.lineage_id.name
    executed = steps.filter(ex.IS_MISS).join(
        in_order, on=Steps.run_id.name, maintain_order="right_left"
    )
    if lineages is None:
        of_layers = executed.group_by(layer, maintain_order=True).agg(BASELINE_S)
    else:
        members = lineages.select(layer, lineage)
        of_layers = (
            executed.join(members, on=layer, maintain_order="left")
            .group_by(lineage, maintain_order=True)
            .agg(BASELINE_S)
            .join(members, on=lineage)
            .drop(lineage)
        )
    return of_layers.select(layer, LayerRows.baseline_s.name).drop_nulls().sort(layer)
