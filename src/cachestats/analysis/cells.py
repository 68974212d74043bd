"""What each layer was in each run."""

from __future__ import annotations

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.compared import in_order
from cachestats.schema import (
    Cause,
    CellRows,
    DiffRows,
    LineageRows,
    MissRows,
    Runs,
    Standing,
    Steps,
)

__all__ = ["cells", "diff"]

RUN = Runs.run_id.name
LAYER = CellRows.layer_id.name
STANDING = pl.Enum(Standing)
NOT_REACHED = pl.lit(Standing.NOT_REACHED).cast(STANDING)


def cells(
    steps: pl.LazyFrame, runs: pl.LazyFrame, lineages: pl.LazyFrame, misses: pl.LazyFrame
) -> pl.LazyFrame:
    """Say of every layer what it was in every run of its project.

    Args:
        steps: `Steps`; those of runs that are not in `runs` are left out.
        runs: `Runs`, one row per run.
        lineages: `LineageRows`.
        misses: `MissRows` of the same runs.

    Returns:
        `CellRows`, one row per layer and run of its project, oldest run first, then by stage and
        place in it. A layer that a run has no step of, or did not reach, is `not_reached` there.
        No rows in, no rows out.
    """
    order = in_order(Runs.conform(runs))
    known = (Runs.project, Runs.started_at, Runs.commit)
    of_runs = order.select("at", RUN, *(column.name for column in known))
    there = _standings(steps, lineages, misses).join(of_runs.select(RUN, "at"), on=RUN)
    newest = (Steps.stage.name, Steps.index.name, Steps.text.name)
    layers = (
        there.join(of_runs.select(RUN, Runs.project.name), on=RUN)
        .sort("at", Steps.step_no.name)
        .group_by(Runs.project.name, LAYER)
        .agg(*(pl.col(name).last() for name in newest))
    )
    return (
        layers.join(of_runs, on=Runs.project.name, nulls_equal=True)
        .join(
            there.select(RUN, LAYER, CellRows.standing.name, CellRows.cause.name, "cost_s"),
            on=[RUN, LAYER],
            how="left",
        )
        .with_columns(
            CellRows.standing.col.fill_null(NOT_REACHED), CellRows.cost_s.col.fill_null(0.0)
        )
        .sort("at", Steps.stage.name, Steps.index.name, LAYER)
        .pipe(CellRows.conform)
    )


def diff(
    steps: pl.LazyFrame, lineages: pl.LazyFrame, misses: pl.LazyFrame, *, first: str, second: str
) -> pl.LazyFrame:
    """Put the layers of two runs side by side.

    Args:
        steps: `Steps` of both runs.
        lineages: `LineageRows`.
        misses: `MissRows` of both runs.
        first: Id of the one run.
        second: Id of the other.

    Returns:
        `DiffRows`, one row per layer that either run has, by target, platform, stage and place.
    """
    there = _standings(steps, lineages, misses)
    shown = (
        *(c.name for c in (Steps.target, Steps.platform, Steps.stage, Steps.index, Steps.text)),
        *(c.name for c in (CellRows.standing, MissRows.cost_s, DiffRows.reason)),
        *("own_cause_of", "root_cause_of"),
    )
    one, two = (
        there.filter(pl.col(RUN) == run).select(LAYER, *shown).unique(LAYER, keep="last")
        for run in (first, second)
    )
    return (
        two.join(one, on=LAYER, how="full", coalesce=True, suffix="_1")
        .with_columns(
            *(pl.coalesce(name, f"{name}_1") for name in shown[:5]),
            pl.coalesce(DiffRows.reason.name, "reason_1"),
            pl.coalesce("own_cause_of", "own_cause_of_1").alias(DiffRows.cause.name),
            pl.coalesce("root_cause_of", "root_cause_of_1").alias(DiffRows.root_cause.name),
            pl.col("standing_1").fill_null(NOT_REACHED).alias(DiffRows.first.name),
            pl.col("standing").fill_null(NOT_REACHED).alias(DiffRows.second.name),
            _executed_s("_1").alias(DiffRows.first_s.name),
            _executed_s("").alias(DiffRows.second_s.name),
            pl.col("root_cause_of_1").alias(DiffRows.first_cause.name),
            pl.col("root_cause_of").alias(DiffRows.second_cause.name),
        )
        .sort(*shown[:4], LAYER)
        .pipe(DiffRows.conform)
    )


def _executed_s(suffix: str) -> pl.Expr:
    """What a layer took to execute: nothing for a hit, null where it was not reached."""
    reached = pl.col(f"{CellRows.standing.name}{suffix}") != NOT_REACHED
    return pl.when(reached).then(pl.col(f"{MissRows.cost_s.name}{suffix}").fill_null(0.0))


def _standings(steps: pl.LazyFrame, lineages: pl.LazyFrame, misses: pl.LazyFrame) -> pl.LazyFrame:
    """One row per instruction step that its run has, with its layer and what it was."""
    found = MissRows.conform(misses).select(
        RUN,
        Steps.step_no.name,
        MissRows.cost_s.name,
        MissRows.reason.name,
        missed_as=pl.when(MissRows.is_root.col)
        .then(pl.lit(Standing.ROOT))
        .otherwise(pl.lit(Standing.CASCADE))
        .cast(STANDING),
        own_cause_of=MissRows.cause.col,
        root_cause_of=MissRows.root_cause.col,
    )
    hit = pl.when(ex.IS_HIT).then(pl.lit(Standing.HIT).cast(STANDING))
    return (
        Steps.conform(steps)
        .filter(ex.IS_LAYER)
        .join(
            LineageRows.conform(lineages).select(
                Steps.layer_id.name, LineageRows.lineage_id.col.alias("lineage")
            ),
            on=Steps.layer_id.name,
        )
        .join(found, on=[RUN, Steps.step_no.name], how="left")
        .with_columns(
            pl.coalesce("missed_as", hit, NOT_REACHED).alias(CellRows.standing.name),
            pl.col("lineage").alias(LAYER),
            pl.col("root_cause_of").cast(pl.Enum(Cause)).alias(CellRows.cause.name),
        )
    )
