"""Hits that the format alone does not tell, and what became of a run as a whole."""

from __future__ import annotations

import polars as pl

from cachestats.logs.decoded import is_cancellation
from cachestats.reads import is_link
from cachestats.schema import CachedAs, Outcome, StepKind, Steps

__all__ = ["run_outcomes", "with_hits"]

OUTCOME, KIND, INDEX = Steps.outcome.col, Steps.kind.col, Steps.index.col
_STAGE = ("run", "target", "platform", "stage")


def with_hits(steps: pl.DataFrame) -> pl.DataFrame:
    """Settle `outcome`, `cached_as`, `duration_s` and `restore_s` of named steps.

    A hit whose layer is pulled may print DONE and no CACHED: an instruction with lines of pulls
    and no output was restored. In a `COPY --link` the pull can belong to its merge.
    """
    restored = (
        (KIND == StepKind.INSTRUCTION)
        & (OUTCOME == Outcome.DONE)
        & pl.col("pulled")
        & pl.col("silent")
        & ~is_link()
    )
    seconds, cached = Steps.duration_s.col, OUTCOME == Outcome.CACHED
    ran = OUTCOME.is_in([Outcome.DONE, Outcome.FAILED, Outcome.CANCELED])
    return steps.with_columns(
        outcome=pl.when(restored)
        .then(pl.lit(Outcome.CACHED, Steps.outcome.dtype))
        .otherwise(OUTCOME)
    ).with_columns(
        cached_as=pl.when(cached).then(_cached_as()),
        duration_s=pl.when(ran).then(seconds),
        restore_s=pl.when(cached).then(seconds),
    )


def _cached_as() -> pl.Expr:
    """Tell a hit of an earlier build from what this build itself made look like one.

    BuildKit also prints CACHED for steps that were skipped since one above them in their stage
    failed, and for a step that another target of the same bake executed in this build.
    """
    broken = OUTCOME.is_in([Outcome.FAILED, Outcome.CANCELED])
    skipped = INDEX > pl.when(broken).then(INDEX).min().over(*_STAGE)
    # The greatest of numbers is found for all groups at once, `any` group by group.
    executed = OUTCOME.is_in([Outcome.DONE, Outcome.FAILED]).cast(pl.UInt8)
    shared = ("run", "platform", "stage", "index", "total", "text")
    merged = Steps.target.col.is_not_null() & (executed.max().over(*shared) == 1)
    return (
        pl.when(INDEX.is_not_null() & skipped)
        .then(pl.lit(CachedAs.SKIPPED))
        .when(INDEX.is_not_null() & merged)
        .then(pl.lit(CachedAs.MERGED))
        .otherwise(pl.lit(CachedAs.HIT))
        .cast(Steps.cached_as.dtype)
    )


def run_outcomes(runs: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Add `outcome` to runs.

    A failed import never fails a build. A failed export of a cache does unless the job ignores
    it, which only the client's last word tells.
    """
    error = pl.col("error")
    counts = ~KIND.is_in([StepKind.CACHE_IMPORT, StepKind.CACHE_EXPORT])
    ends = steps.group_by("run").agg(
        failed=(counts & (OUTCOME == Outcome.FAILED)).any(),
        canceled=(OUTCOME == Outcome.CANCELED).any(),
        open=(OUTCOME == Outcome.OPEN).any(),
    )
    outcome = (
        pl.when(is_cancellation(error))
        .then(pl.lit(Outcome.CANCELED))
        .when(error.is_not_null() | pl.col("failed"))
        .then(pl.lit(Outcome.FAILED))
        .when(pl.col("canceled"))
        .then(pl.lit(Outcome.CANCELED))
        .when(pl.col("open"))
        .then(pl.lit(Outcome.OPEN))
        .otherwise(pl.lit(Outcome.DONE))
        .cast(Steps.outcome.dtype)
    )
    return runs.join(ends, on="run", how="left", maintain_order="left").with_columns(
        outcome=outcome
    )
