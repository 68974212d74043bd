"""How much wall time the waste of each run was."""

from __future__ import annotations

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.schema import MissRows, Runs, Steps
from cachestats.schema.report import WallRows

__all__ = ["wall_waste"]

RUN = Runs.run_id.name
WASTE = WallRows.waste_s.col
WORK, WALL = pl.col("work"), pl.col("wall")
LOW, HIGH = WallRows.low_s.col, WallRows.high_s.col
TOOK = pl.sum_horizontal(Steps.duration_s.col, Steps.restore_s.col)


def wall_waste(misses: pl.LazyFrame, steps: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Bound the wall time that each run could have done without.

    Steps run side by side, so that the waste of a run is machine time, which is more than the wall
    time that it was. Without its wasteful steps a run takes at most the sum of all others, one
    after the other: the rest of its wall time is the least that they took. They took no more than
    their sum, and no more than the run. What is expected is their share of the work.

    Args:
        misses: `MissRows`, one row per miss.
        steps: `Steps` of these runs, of every kind.
        runs: `Runs`; others are left out. Of a run without a wall time the estimated one counts,
            else the sum of its steps.

    Returns:
        `WallRows`, one row per run with waste, by `run_id`, in seconds. No waste, no rows.

    Raises:
        SchemaError: A frame is not the table it should be.
    """
    wasted = (
        MissRows.conform(misses)
        .filter(ex.IS_WASTE, MissRows.cost_s.col > 0)
        .group_by(RUN)
        .agg(MissRows.cost_s.col.sum().alias(WallRows.waste_s.name))
    )
    worked = Steps.conform(steps).group_by(RUN).agg(TOOK.sum().alias("work"))
    known = Runs.conform(runs).select(RUN, Runs.wall_s.name, Runs.wall_est_s.name)
    return (
        wasted.join(known, on=RUN)
        .join(worked, on=RUN)
        .with_columns(pl.max_horizontal("work", WallRows.waste_s.name))
        .with_columns(wall=pl.coalesce(Runs.wall_s.name, Runs.wall_est_s.name, "work"))
        .with_columns(pl.min_horizontal(WASTE, WALL).alias(WallRows.high_s.name))
        .with_columns(
            (WALL - WORK + WASTE).clip(0.0, HIGH).alias(WallRows.low_s.name),
        )
        .with_columns((WASTE * WALL / WORK).clip(LOW, HIGH).alias(WallRows.mid_s.name))
        .sort(RUN)
        .pipe(WallRows.conform)
    )
