"""How much came from the cache: by count, by time, and as Docker counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import HitRatio, LayerRows, Outcome, Steps

if TYPE_CHECKING:
    from cachestats.schema import Column

__all__ = ["hit_ratio"]


def hit_ratio(layers: pl.LazyFrame, steps: pl.LazyFrame) -> pl.LazyFrame:
    """Sum layers up to one hit ratio, beside the percentage that Docker prints.

    Docker divides all cached steps by all steps, so that FROM, internal and export steps, which
    are never cached, keep it below 100 %.

    Args:
        layers: `LayerRows`, one row per layer.
        steps: `Steps` of the same runs, of every kind.

    Returns:
        `HitRatio`, always one row. A ratio whose denominator is not positive is null, as
        `time_ratio` is where hits cost more time than they save.
    """
    return (
        pl.concat([_of_layers(layers), _of_steps(steps)], how="horizontal")
        .with_columns(
            _ratio(HitRatio.hits, HitRatio.misses).alias(HitRatio.hit_ratio.name),
            _ratio(HitRatio.saved_s, HitRatio.cost_s).alias(HitRatio.time_ratio.name),
            pl.when(HitRatio.steps.col > 0)
            .then(HitRatio.cached_steps.col / HitRatio.steps.col)
            .alias(HitRatio.docker_ratio.name),
        )
        .pipe(HitRatio.conform)
    )


def _of_layers(layers: pl.LazyFrame) -> pl.LazyFrame:
    return layers.select(
        LayerRows.hits.col.sum(),
        LayerRows.misses.col.sum(),
        LayerRows.saved_s.col.sum(),
        LayerRows.cost_s.col.sum(),
        LayerRows.hits.col.filter(LayerRows.baseline_s.col.is_null())
        .sum()
        .alias(HitRatio.hits_without_baseline.name),
    )


def _of_steps(steps: pl.LazyFrame) -> pl.LazyFrame:
    return steps.select(
        (Steps.outcome.col == Outcome.CACHED)
        .sum()
        .cast(pl.Int64)
        .alias(HitRatio.cached_steps.name),
        pl.len().cast(pl.Int64).alias(HitRatio.steps.name),
    )


def _ratio(part: Column, rest: Column) -> pl.Expr:
    whole = part.col + rest.col
    return pl.when((whole > 0) & (part.col >= 0)).then(part.col / whole)
