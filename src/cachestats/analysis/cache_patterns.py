"""What remote caches show only over many runs."""

from __future__ import annotations

import polars as pl

from cachestats.schema import (
    EVIDENCE,
    CacheIO,
    Cause,
    Direction,
    MissRows,
    Outcome,
    Pattern,
    PatternRows,
    Runs,
)

__all__ = ["OFTEN", "TWICE", "imports_without_hits", "overwritten_refs", "pattern_row"]

RUN = Runs.run_id.name
PROJECT = Runs.project.name
START = Runs.started_at.col

# Twice is chance; what happens three times has a reason.
OFTEN = 3
TWICE = 2
SILENT = ("gha", "s3", "azblob")


def pattern_row(kind: Pattern, text: pl.Expr, **columns: pl.Expr) -> list[pl.Expr]:
    """The columns of a pattern that its misses do not have."""
    given = {
        PatternRows.ref.name: pl.lit(None, pl.String),
        PatternRows.evidence.name: pl.lit([], EVIDENCE),
        **columns,
    }
    return [
        pl.lit(kind.value).alias(PatternRows.kind.name),
        text.alias(PatternRows.text.name),
        *(expression.alias(name) for name, expression in given.items()),
    ]


def imports_without_hits(
    misses: pl.LazyFrame, cache_io: pl.LazyFrame, dated: pl.LazyFrame, reached: pl.LazyFrame
) -> pl.LazyFrame:
    """A cache whose imports succeed and never give a hit, or give one only now and then."""
    works = (CacheIO.direction.col == Direction.IMPORT) & (CacheIO.outcome.col == Outcome.DONE)
    ref = pl.coalesce(CacheIO.ref.col, CacheIO.backend.col.cast(pl.String))
    hits = reached.group_by(RUN).agg(hits=pl.col("hit").sum())
    # A warm builder hits its own layers; a run in which the import gave nothing names the cause.
    empty = (
        misses.filter((MissRows.cause.col == Cause.IMPORT_EMPTY) & MissRows.is_root.col)
        .select(RUN)
        .unique()
        .with_columns(empty=pl.lit(value=True))
    )
    cost = misses.filter(MissRows.root_cause.col == Cause.IMPORT_EMPTY)
    by = [PROJECT, PatternRows.ref.name]
    is_empty = pl.col("empty").fill_null(value=False)
    shown = (
        cache_io.filter(works & CacheIO.backend.col.cast(pl.String).is_in(SILENT))
        .select(RUN, ref.alias(PatternRows.ref.name))
        .unique()
        .join(dated, on=RUN)
        .join(hits, on=RUN, how="left")
        .join(empty, on=RUN, how="left")
        .join(cost.group_by(RUN).agg(MissRows.cost_s.col.sum()), on=RUN, how="left")
        .group_by(by)
        .agg(
            is_empty.sum().cast(pl.Int64).alias(PatternRows.runs.name),
            pl.len().cast(pl.Int64).alias(PatternRows.of_runs.name),
            MissRows.cost_s.col.filter(is_empty).sum(),
            START.filter(is_empty).min().alias(PatternRows.first_at.name),
            START.filter(is_empty).max().alias(PatternRows.last_at.name),
            full=(pl.col("hits") > 0).sum(),
        )
    )
    always = pl.col("full") == 0
    text = (
        pl.when(always)
        .then(pl.format("{} imports of {} succeeded, and none gave a hit", "runs", "ref"))
        .otherwise(
            pl.format(
                "{} of {} imports of {} gave nothing although others did: something else writes the"
                " same scope, or its entries were evicted",
                "runs",
                "of_runs",
                "ref",
            )
        )
    )
    return (
        shown.filter(PatternRows.runs.col >= pl.when(always).then(OFTEN).otherwise(TWICE))
        .with_columns(
            *pattern_row(
                Pattern.IMPORT_ALWAYS_EMPTY, text, layer_id=pl.lit(None), ref=PatternRows.ref.col
            )
        )
        .with_columns(
            pl.when(always)
            .then(PatternRows.kind.col)
            .otherwise(pl.lit(Pattern.SCOPE_OVERWRITTEN.value))
        )
    )


def overwritten_refs(cache_io: pl.LazyFrame, dated: pl.LazyFrame) -> pl.LazyFrame:
    """Find references that several projects export to: each overwrites what the others wrote.

    Args:
        cache_io: `CacheIO`.
        dated: run_id, project and started_at of the runs.

    Returns:
        One row per reference with the columns of `PatternRows`, and `projects`, by name; the
        project of the row is the first of them.
    """
    named = CacheIO.ref.col.str.contains("/")  # a backend's name says nothing of the scope
    by = [PatternRows.ref.name]
    return (
        cache_io.filter((CacheIO.direction.col == Direction.EXPORT) & named)
        .select(RUN, CacheIO.ref.name)
        .unique()
        .join(dated, on=RUN)
        .group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias(PatternRows.runs.name),
            pl.len().cast(pl.Int64).alias(PatternRows.of_runs.name),
            START.min().alias(PatternRows.first_at.name),
            START.max().alias(PatternRows.last_at.name),
            pl.col(PROJECT).drop_nulls().unique().sort().alias("projects"),
        )
        .filter(pl.col("projects").list.len() > 1)
        .with_columns(
            *pattern_row(
                Pattern.SCOPE_OVERWRITTEN,
                pl.format(
                    "{} projects export to {}: {}",
                    pl.col("projects").list.len(),
                    PatternRows.ref.name,
                    pl.col("projects").list.join(", "),
                ),
                layer_id=pl.lit(None),
                ref=PatternRows.ref.col,
                cost_s=pl.lit(0.0),
            ),
            pl.col("projects").list.first().alias(PROJECT),
        )
    )
