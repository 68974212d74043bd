"""What each layer did in its last runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.analysis import exprs as ex
from cachestats.schema import LineageRows, RecentRows, Runs, Steps

if TYPE_CHECKING:
    import polars as pl

__all__ = ["recent"]


def recent(
    steps: pl.LazyFrame, runs: pl.LazyFrame, lineages: pl.LazyFrame, *, last: int = 16
) -> pl.LazyFrame:
    """Tell hits from misses in the last runs that reached each layer.

    Args:
        steps: `Steps`; those of runs that are not in `runs` are left out.
        runs: `Runs`, one row per run.
        lineages: `LineageRows`.
        last: How many runs to look back on.

    Returns:
        `RecentRows`, one row per layer, by `layer_id`. No rows in, no rows out.
    """
    in_order = Runs.conform(runs).sort(ex.RUN_ORDER).select(Runs.run_id.name)
    return (
        Steps.conform(steps)
        .filter(ex.REACHED)
        .join(in_order, on=Steps.run_id.name, maintain_order="right_left")
        .join(
            LineageRows.conform(lineages).select(Steps.layer_id.name, LineageRows.lineage_id.name),
            on=Steps.layer_id.name,
            maintain_order="left",
        )
        .group_by(LineageRows.lineage_id.col.alias(RecentRows.layer_id.name))
        .agg(ex.IS_HIT.tail(last).alias(RecentRows.hits.name))
        .sort(RecentRows.layer_id.name)
        .pipe(RecentRows.conform)
    )
