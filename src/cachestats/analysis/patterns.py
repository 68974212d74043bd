"""What shows only over many runs: what comes back, alternates, ages, or is built side by side."""

from __future__ import annotations

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.cache_patterns import (
    OFTEN,
    TWICE,
    imports_without_hits,
    overwritten_refs,
    pattern_row,
)
from cachestats.schema import (
    CacheIO,
    Cause,
    LineageRows,
    MissRows,
    Pattern,
    PatternRows,
    Runs,
    Steps,
)
from cachestats.volatile import VOLATILE

__all__ = ["patterns"]

RUN = Runs.run_id.name
PROJECT = Runs.project.name
LAYER = MissRows.layer_id.name
START = Runs.started_at.col

DAY_S = 86_400
ANY_VOLATILE = "|".join(f"(?:{pattern})" for pattern, _ in VOLATILE)


def patterns(
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    cache_io: pl.LazyFrame,
    lineages: pl.LazyFrame,
    misses: pl.LazyFrame,
) -> pl.LazyFrame:
    """Find what no single run shows.

    A value in the text of a layer that is another in most runs; a layer that is gone after days
    without use; a remote cache that something else overwrites, or that never gives a hit; a layer
    that hits and misses by turns with nothing changed; jobs of one commit that build the same
    layer at the same time.

    Args:
        steps: `Steps`.
        runs: `Runs`.
        cache_io: `CacheIO`.
        lineages: `LineageRows`.
        misses: `MissRows` of these runs.

    Returns:
        `PatternRows`, costliest first. No rows in, no rows out.
    """
    dated = Runs.conform(runs).select(RUN, PROJECT, Runs.started_at.name)
    told = MissRows.conform(misses)
    reached = (
        Steps.conform(steps)
        .filter(ex.REACHED)
        .join(
            LineageRows.conform(lineages).select(
                Steps.layer_id.name, LineageRows.lineage_id.col.alias(LAYER + "_now")
            ),
            on=Steps.layer_id.name,
        )
        .select(RUN, pl.col(LAYER + "_now").alias(LAYER), hit=ex.IS_HIT)
        .join(dated, on=RUN)
    )
    found = [
        _volatile_tokens(told, reached),
        _evictions(told, reached),
        _flapping(told, reached),
        imports_without_hits(told, CacheIO.conform(cache_io), dated, reached),
        overwritten_refs(CacheIO.conform(cache_io), dated),
        _concurrent(told, Runs.conform(runs)),
    ]
    columns = PatternRows.dtypes()
    return (
        pl.concat([frame.select(pl.col(n).cast(d) for n, d in columns.items()) for frame in found])
        .sort(
            PatternRows.cost_s.name,
            PROJECT,
            PatternRows.kind.col.cast(pl.String),
            LAYER,
            PatternRows.ref.name,
            descending=[True, False, False, False, False],
        )
        .pipe(PatternRows.conform)
    )


def _summed() -> list[pl.Expr]:
    """What the misses of a pattern have in common."""
    return [
        pl.col(RUN).n_unique().cast(pl.Int64).alias(PatternRows.runs.name),
        MissRows.cost_s.col.sum().alias(PatternRows.cost_s.name),
        START.min().alias(PatternRows.first_at.name),
        START.max().alias(PatternRows.last_at.name),
        MissRows.text.col.sort_by(START).last().alias("newest"),
        MissRows.evidence.col.sort_by(START).last().alias(PatternRows.evidence.name),
    ]


def _reached_by(reached: pl.LazyFrame) -> pl.LazyFrame:
    return reached.group_by(LAYER).agg(
        pl.col(RUN).n_unique().cast(pl.Int64).alias(PatternRows.of_runs.name)
    )


def _volatile_tokens(misses: pl.LazyFrame, reached: pl.LazyFrame) -> pl.LazyFrame:
    """A value in a text that changes again and again, and which it was in the last two runs."""
    then = MissRows.evidence.col.list.last().struct.field("text")
    tokens, tokens_then = (text.str.extract_all(ANY_VOLATILE) for text in (MissRows.text.col, then))
    by = [PROJECT, LAYER]
    new = pl.col("new").list.first()
    old = pl.col("old").list.first()
    return (
        misses.filter((MissRows.cause.col == Cause.VOLATILE_VALUE) & MissRows.is_root.col)
        .with_columns(
            new=tokens.list.set_difference(tokens_then), old=tokens_then.list.set_difference(tokens)
        )
        .group_by(by)
        .agg(
            *_summed(),
            pl.col("new").sort_by(START).last(),
            pl.col("old").sort_by(START).last(),
        )
        .filter(PatternRows.runs.col >= OFTEN)
        .join(_reached_by(reached), on=LAYER)
        .with_columns(
            *pattern_row(
                Pattern.VOLATILE_TOKEN,
                pl.format(
                    "`{}` is another text in {} of {} runs: `{}` became `{}` in the last",
                    ex.shortened(pl.col("newest")),
                    PatternRows.runs.name,
                    PatternRows.of_runs.name,
                    old.fill_null("?"),
                    new.fill_null("?"),
                ),
                evidence=PatternRows.evidence.col,
            )
        )
    )


def _evictions(misses: pl.LazyFrame, reached: pl.LazyFrame) -> pl.LazyFrame:
    """A layer that is gone when it was not used for some days."""
    by = [PROJECT, LAYER]
    used = (
        reached.select(LAYER, Runs.started_at.name)
        .drop_nulls()
        .unique()
        .sort(Runs.started_at.name)
        .with_columns(used_at=START.shift(1).over(LAYER))
    )
    idle = ((START - pl.col("used_at")).dt.total_seconds() / DAY_S).median().alias("days")
    return (
        misses.filter((MissRows.cause.col == Cause.EVICTED) & MissRows.is_root.col)
        .join(used, on=[LAYER, Runs.started_at.name], how="left")
        .group_by(by)
        .agg(*_summed(), idle)
        .filter(PatternRows.runs.col >= TWICE)
        .join(_reached_by(reached), on=LAYER)
        .with_columns(
            *pattern_row(
                Pattern.EVICTION_AGE,
                pl.concat_str(
                    pl.format(
                        "`{}` was gone in {} of {} runs",
                        ex.shortened(pl.col("newest")),
                        PatternRows.runs.name,
                        PatternRows.of_runs.name,
                    ),
                    pl.format(", {} days after it was used last (median)", pl.col("days").round(1)),
                    ignore_nulls=True,  # runs without times have no age
                ),
                evidence=PatternRows.evidence.col,
            )
        )
    )


def _flapping(misses: pl.LazyFrame, reached: pl.LazyFrame) -> pl.LazyFrame:
    """A layer that hits and misses by turns although nothing about it changed."""
    by = [PROJECT, LAYER]
    turns = (
        reached.sort(Runs.started_at.name, RUN)
        .group_by(LAYER, maintain_order=True)
        .agg(turns=(pl.col("hit") != pl.col("hit").shift(1)).sum())
    )
    unexplained = MissRows.cause.col.is_in([Cause.EVICTED, Cause.UNKNOWN])
    return (
        misses.filter(unexplained & MissRows.is_root.col)
        .group_by(by)
        .agg(*_summed())
        .filter(PatternRows.runs.col >= OFTEN)
        .join(_reached_by(reached), on=LAYER)
        .join(turns.filter(pl.col("turns") >= 2 * OFTEN - 1), on=LAYER)
        .with_columns(
            *pattern_row(
                Pattern.FLAPPING,
                pl.format(
                    "`{}` turned between hit and miss {} times in {} runs, {} times with nothing"
                    " changed",
                    ex.shortened(pl.col("newest")),
                    "turns",
                    PatternRows.of_runs.name,
                    PatternRows.runs.name,
                ),
                evidence=PatternRows.evidence.col,
            )
        )
    )


def _concurrent(misses: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Runs of one commit that execute the same layer while another of them still runs."""
    end = START + pl.duration(
        milliseconds=pl.coalesce(Runs.wall_s.col, Runs.wall_est_s.col).fill_null(0.0) * 1000
    )
    ends = runs.select(RUN, end=end)
    by = [PROJECT, MissRows.commit.name, LAYER]
    before = pl.col("end").cum_max().shift(1).over(by)
    return (
        misses.filter(MissRows.commit.col.is_not_null())
        .drop_nulls(MissRows.started_at.name)
        .join(ends, on=RUN)
        .sort(Runs.started_at.name, RUN)
        .filter(START < before)
        .group_by([PROJECT, LAYER])
        .agg(*_summed(), pl.col(MissRows.commit.name).n_unique().alias("commits"))
        .filter(PatternRows.runs.col >= TWICE)
        .with_columns(
            *pattern_row(
                Pattern.CONCURRENT_COMMIT,
                pl.format(
                    "`{}` was executed {} times while another job of the same commit did too"
                    " ({} commits)",
                    ex.shortened(pl.col("newest")),
                    PatternRows.runs.name,
                    "commits",
                ),
                evidence=PatternRows.evidence.col,
            ),
            PatternRows.runs.col.alias(PatternRows.of_runs.name),
        )
    )
