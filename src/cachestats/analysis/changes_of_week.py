"""What got worse in a week, and since which run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.root_layers import costliest_causes, root_stages
from cachestats.schema import MissRows, Runs
from cachestats.schema.report import ChangeRows

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["BEFORE", "SAME_RATIO", "changes_of_week"]

BEFORE = timedelta(weeks=4)
"""How long before a week its runs are compared with."""

SAME_RATIO = 0.1
"""What differs by up to this share is the same."""

LEAST_S = 1.0
"""What a week has to be worse by, all runs together, to be news."""

RUN, PROJECT = Runs.run_id.name, Runs.project.name
LAYER = ChangeRows.layer_id.name
START = Runs.started_at.col
WASTE = pl.col("waste")
PER_RUN, OLD_PER_RUN = ChangeRows.per_run_s.col, ChangeRows.before_per_run_s.col
FIRST = {
    RUN: ChangeRows.first_run_id,
    Runs.started_at.name: ChangeRows.first_started_at,
    Runs.branch.name: ChangeRows.first_branch,
    Runs.commit.name: ChangeRows.first_commit,
}


def changes_of_week(
    misses: pl.LazyFrame, runs: pl.LazyFrame, *, since: datetime, until: datetime
) -> pl.LazyFrame:
    """Find the layers that cause more waste per run than in the four weeks before.

    The waste of a layer is all that is charged to it as a root, per run of its project, whether
    the run reached it or not. It grew if it is more than a tenth above the old rate, and a second
    in all. The first run of the week whose waste is above the old rate shows since when.

    Args:
        misses: `MissRows` of these runs.
        runs: `Runs` of the week and of the four weeks before; others are left out.
        since: Begin of the week.
        until: Its end, which is no more of it.

    Returns:
        `ChangeRows`, one row per layer that grew, most added waste first, times in seconds. A
        project without runs before has nothing to be compared with, and no rows.

    Raises:
        SchemaError: A frame is not the table it should be.
    """
    known, missed = (
        Runs.conform(runs).sort(ex.RUN_ORDER).with_row_index("at"),
        MissRows.conform(misses),
    )
    week = known.filter(START >= since, START < until)
    before = known.filter(START >= since - BEFORE, START < since)
    now = _waste_of_runs(missed, week)
    compared = _compared(now, week, _waste_of_runs(missed, before), before)
    in_week = missed.join(week.select(RUN, "at"), on=RUN).sort("at", MissRows.step_no.name)
    return (
        compared.join(_first(now, compared), on=LAYER)
        .join(costliest_causes(in_week.filter(ex.IS_WASTE)), on=LAYER)
        .join(root_stages(in_week), on=LAYER, how="left")
        .sort(ChangeRows.added_s.name, LAYER, descending=[True, False])
        .pipe(ChangeRows.conform)
    )


def _waste_of_runs(misses: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Sum waste up by root layer and run."""
    return (
        misses.filter(ex.IS_WASTE)
        .sort(MissRows.step_no.name)
        .group_by(RUN, MissRows.root_layer_id.col.alias(LAYER), maintain_order=True)
        .agg(
            MissRows.root_text.col.last().alias(ChangeRows.text.name),
            MissRows.cost_s.col.sum().alias("waste"),
        )
        .join(runs.select("at", PROJECT, *FIRST), on=RUN)
        .sort("at", LAYER)
    )


def _compared(
    now: pl.LazyFrame, week: pl.LazyFrame, then: pl.LazyFrame, before: pl.LazyFrame
) -> pl.LazyFrame:
    """Both rates of each layer that is clearly above its old one."""
    old = then.group_by(LAYER).agg(WASTE.sum().alias("old"))
    added = (PER_RUN - OLD_PER_RUN) * ChangeRows.runs.col
    return (
        now.group_by(LAYER, maintain_order=True)
        .agg(pl.col(PROJECT).last(), ChangeRows.text.col.last(), WASTE.sum())
        .join(_sizes(week, ChangeRows.runs.name), on=PROJECT, nulls_equal=True)
        .join(_sizes(before, ChangeRows.before_runs.name), on=PROJECT, nulls_equal=True)
        .join(old, on=LAYER, how="left")
        .with_columns(
            (WASTE / ChangeRows.runs.col).alias(ChangeRows.per_run_s.name),
            (pl.col("old").fill_null(0.0) / ChangeRows.before_runs.col).alias(
                ChangeRows.before_per_run_s.name
            ),
        )
        .with_columns(added.alias(ChangeRows.added_s.name))
        .filter(PER_RUN > OLD_PER_RUN * (1 + SAME_RATIO), ChangeRows.added_s.col > LEAST_S)
    )


def _sizes(runs: pl.LazyFrame, name: str) -> pl.LazyFrame:
    return runs.group_by(PROJECT).agg(pl.len().cast(pl.Int64).alias(name))


def _first(now: pl.LazyFrame, compared: pl.LazyFrame) -> pl.LazyFrame:
    """The first run of the week in which each layer wasted more than before."""
    return (
        now.drop(PROJECT, ChangeRows.text.name)
        .join(compared.select(LAYER, OLD_PER_RUN), on=LAYER)
        .filter(WASTE > OLD_PER_RUN)
        .sort("at", LAYER)
        .unique(LAYER, keep="first", maintain_order=True)
        .select(LAYER, *(pl.col(name).alias(column.name) for name, column in FIRST.items()))
    )
