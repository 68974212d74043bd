"""What the runs of each project and week add up to."""

from __future__ import annotations

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.baselines import baselines as baselines_of
from cachestats.schema import (
    Cause,
    LayerRows,
    MissClass,
    MissRows,
    Outcome,
    Runs,
    Steps,
)
from cachestats.schema.report import WeekRows

__all__ = ["project_weeks"]

RUN = Runs.run_id.name
SINCE = WeekRows.since_at.name
KEY = (WeekRows.project.name, SINCE)
BASELINE = LayerRows.baseline_s.col
SAVED = BASELINE - Steps.restore_s.col.fill_null(0.0)
CAUSE = pl.coalesce(MissRows.own_cause.col, MissRows.root_cause.col)
SUMS = (
    WeekRows.hits,
    WeekRows.hits_without_baseline,
    WeekRows.misses,
    WeekRows.unknown_misses,
    WeekRows.saved_s,
    WeekRows.cost_s,
    WeekRows.unknown_s,
    WeekRows.structural_s,
    WeekRows.avoidable_s,
    WeekRows.cached_steps,
    WeekRows.steps,
)


def project_weeks(
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    lineages: pl.LazyFrame,
    misses: pl.LazyFrame,
    *,
    baselines: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Sum hits, misses and waste up by project and week.

    A hit saves the baseline of its lineage, the median of its last 20 executions, less its own
    restore, as in `trend`.

    Args:
        steps: `Steps`; those of runs that are not in `runs` are left out.
        runs: `Runs`; one without a start is in no week.
        lineages: `LineageRows`.
        misses: `MissRows` of these runs.
        baselines: What `baselines` found, where it looked at more steps than these.

    Returns:
        `WeekRows`, one row per project and ISO week with runs, by project and week, times in
        seconds. No rows in, no rows out.

    Raises:
        SchemaError: A frame is not the table it should be.
    """
    weeks = (
        Runs.conform(runs)
        .drop_nulls(Runs.started_at.name)
        .sort(ex.RUN_ORDER)
        .select(
            RUN,
            Runs.project.name,
            Runs.started_at.col.dt.truncate("1w").alias(SINCE),
            failed=Runs.outcome.col == Outcome.FAILED,
        )
    )
    counted = weeks.group_by(KEY).agg(
        _count(pl.len(), WeekRows.runs.name),
        _count(pl.col("failed").sum(), WeekRows.failed_runs.name),
    )
    known = baselines_of(steps, runs, lineages) if baselines is None else baselines
    placed = (
        Steps.conform(steps).join(weeks, on=RUN).join(known, on=Steps.layer_id.name, how="left")
    )
    of_steps = placed.group_by(KEY).agg(_sums())
    return (
        counted.join(of_steps, on=KEY, how="left", nulls_equal=True)
        .join(_of_misses(misses, weeks), on=KEY, how="left", nulls_equal=True)
        .with_columns(pl.col([column.name for column in SUMS]).fill_null(0))
        .with_columns(
            (WeekRows.structural_s.col + WeekRows.avoidable_s.col).alias(WeekRows.waste_s.name)
        )
        .sort(KEY)
        .pipe(WeekRows.conform)
    )


def _sums() -> list[pl.Expr]:
    is_unknown_hit = ex.IS_HIT & BASELINE.is_null()
    return [
        ex.HITS.alias(WeekRows.hits.name),
        _count(is_unknown_hit.sum(), WeekRows.hits_without_baseline.name),
        ex.MISSES.alias(WeekRows.misses.name),
        SAVED.filter(ex.IS_HIT).sum().alias(WeekRows.saved_s.name),
        ex.COST_S.alias(WeekRows.cost_s.name),
        _count((Steps.outcome.col == Outcome.CACHED).sum(), WeekRows.cached_steps.name),
        _count(pl.len(), WeekRows.steps.name),
    ]


def _of_misses(misses: pl.LazyFrame, weeks: pl.LazyFrame) -> pl.LazyFrame:
    def cost_of(kind: MissClass) -> pl.Expr:
        return MissRows.cost_s.col.filter(MissRows.class_.col == kind).sum()

    is_unknown = CAUSE == Cause.UNKNOWN
    return (
        MissRows.conform(misses)
        .drop(Runs.project.name)
        .join(weeks, on=RUN)
        .group_by(KEY)
        .agg(
            _count(is_unknown.sum(), WeekRows.unknown_misses.name),
            MissRows.cost_s.col.filter(is_unknown).sum().alias(WeekRows.unknown_s.name),
            cost_of(MissClass.STRUCTURAL).alias(WeekRows.structural_s.name),
            cost_of(MissClass.AVOIDABLE).alias(WeekRows.avoidable_s.name),
        )
    )


def _count(number: pl.Expr, name: str) -> pl.Expr:
    return number.cast(pl.Int64).alias(name)
