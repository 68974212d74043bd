"""How the cache did over time: hit ratios, and what was wasted, by period."""

from __future__ import annotations

import re

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.errors import UsageError
from cachestats.schema import (
    LayerRows,
    LineageRows,
    MissClass,
    MissRows,
    Outcome,
    Runs,
    Steps,
    TrendRows,
)

__all__ = ["trend"]

PERIOD = re.compile(r"[1-9]\d{0,3}(y|q|mo|w|d|h|m)")
RUN = Runs.run_id.name
SINCE = TrendRows.since_at.name
SAVED = LayerRows.baseline_s.col - Steps.restore_s.col.fill_null(0.0)
CACHED = (Steps.outcome.col == Outcome.CACHED).sum()


def trend(  # noqa: PLR0913 - one frame each
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    misses: pl.LazyFrame,
    layers: pl.LazyFrame,
    lineages: pl.LazyFrame,
    *,
    every: str = "1w",
) -> pl.LazyFrame:
    """Sum runs up by the period in which they started.

    A hit saves the baseline of its layer less its own restore; the baseline is that of all runs
    given, so that a period with hits alone has one too. Hits of layers without a baseline save
    nothing here.

    Args:
        steps: `Steps`.
        runs: `Runs`; one without a start is in no period.
        misses: `MissRows` of these runs.
        layers: `LayerRows` of these runs.
        lineages: `LineageRows`.
        every: Length of a period, as polars writes it: `1d`, `1w` (from Monday), `1mo`.

    Returns:
        `TrendRows`, one row per period with a run, oldest first, times in seconds. No rows in, no
        rows out.

    Raises:
        UsageError: `every` is no period.
    """
    if not PERIOD.fullmatch(every):
        raise UsageError(f"{every!r} is no period such as 1d, 1w or 1mo")
    periods = (
        Runs.conform(runs)
        .drop_nulls(Runs.started_at.name)
        .select(RUN, Runs.started_at.col.dt.truncate(every).alias(SINCE))
    )
    baselines = layers.select(LayerRows.layer_id.name, LayerRows.baseline_s.name)
    counted = (
        Steps.conform(steps)
        .join(periods, on=RUN)
        .join(
            LineageRows.conform(lineages).join(
                baselines, left_on=LineageRows.lineage_id.name, right_on="layer_id", how="left"
            ),
            on=Steps.layer_id.name,
            how="left",
        )
        .group_by(SINCE)
        .agg(
            Steps.run_id.col.n_unique().cast(pl.Int64).alias(TrendRows.runs.name),
            ex.HITS.alias(TrendRows.hits.name),
            ex.MISSES.alias(TrendRows.misses.name),
            SAVED.filter(ex.IS_HIT).sum().alias(TrendRows.saved_s.name),
            ex.COST_S.alias(TrendRows.cost_s.name),
            (CACHED / pl.len()).alias(TrendRows.docker_ratio.name),
        )
    )
    return (
        counted.join(_waste(misses, periods), on=SINCE, how="left")
        .with_columns(
            _share(TrendRows.hits.col, TrendRows.misses.col).alias(TrendRows.hit_ratio.name),
            _share(TrendRows.saved_s.col, TrendRows.cost_s.col).alias(TrendRows.time_ratio.name),
            pl.col(TrendRows.structural_s.name, TrendRows.avoidable_s.name).fill_null(0.0),
        )
        .with_columns(
            (TrendRows.structural_s.col + TrendRows.avoidable_s.col).alias(TrendRows.waste_s.name)
        )
        .sort(SINCE)
        .pipe(TrendRows.conform)
    )


def _waste(misses: pl.LazyFrame, periods: pl.LazyFrame) -> pl.LazyFrame:
    def cost_of(kind: MissClass) -> pl.Expr:
        return MissRows.cost_s.col.filter(MissRows.class_.col == kind).sum()

    return (
        MissRows.conform(misses)
        .join(periods, on=RUN)
        .group_by(SINCE)
        .agg(
            cost_of(MissClass.STRUCTURAL).alias(TrendRows.structural_s.name),
            cost_of(MissClass.AVOIDABLE).alias(TrendRows.avoidable_s.name),
        )
    )


def _share(part: pl.Expr, rest: pl.Expr) -> pl.Expr:
    """A share, null where it has no meaning: of nothing, or of a saving that is a loss."""
    return pl.when((part + rest > 0) & (part >= 0)).then(part / (part + rest))
