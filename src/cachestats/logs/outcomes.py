"""Hits that the format alone does not tell, and what became of a run as a whole."""

from __future__ import annotations

import polars as pl

from cachestats.logs.decoded import is_cancellation
from cachestats.logs.skipped import skipped_steps
from cachestats.reads import is_link
from cachestats.schema import CachedAs, Outcome, StepKind, Steps

__all__ = ["run_outcomes", "with_hits"]

OUTCOME, KIND, INDEX = Steps.outcome.col, Steps.kind.col, Steps.index.col
_EXECUTED = [Outcome.DONE, Outcome.FAILED]
_TEXT, _STAGE = Steps.text.col, ("run", "target", "platform", "stage")


def with_hits(steps: pl.DataFrame) -> pl.DataFrame:
    """Settle `outcome`, `cached_as`, `duration_s` and `restore_s` of named steps.

    A hit whose layer is pulled may print DONE and no CACHED: an instruction with lines of pulls
    and no output was restored. In a `COPY --link` the pull can belong to its merge; an error says
    that the pull failed, for lack of a blob, and that the step was executed after all.
    """
    restored = (
        (KIND == StepKind.INSTRUCTION)
        & (OUTCOME == Outcome.DONE)
        & pl.col("pulled")
        & pl.col("silent")
        & pl.col("error").is_null()
        & ~is_link()
    )
    seconds, cached = Steps.duration_s.col, OUTCOME == Outcome.CACHED
    ran = OUTCOME.is_in([Outcome.DONE, Outcome.FAILED, Outcome.CANCELED])
    settled = steps.with_columns(
        outcome=pl.when(restored)
        .then(pl.lit(Outcome.CACHED, Steps.outcome.dtype))
        .otherwise(OUTCOME)
    )
    return settled.with_columns(
        cached_as=pl.when(cached).then(_cached_as(settled)),
        duration_s=pl.when(ran).then(seconds),
        restore_s=pl.when(cached).then(seconds),
    )


def _cached_as(steps: pl.DataFrame) -> pl.Expr:
    """Tell a hit of an earlier build from what this build itself made look like one.

    BuildKit also prints CACHED for steps that were skipped since one that they stand on failed,
    and for a step that another target of the same bake executed in this build.
    """
    numbered = (
        steps.lazy()
        .select(*_STAGE, "index", "kind", "outcome", "instruction", "text", "mounts")
        .with_row_index("row")
        .filter(INDEX.is_not_null())
        .collect(engine="in-memory")
    )
    # The greatest of numbers is found for all groups at once, `any` group by group.
    executed = OUTCOME.is_in(_EXECUTED).cast(pl.UInt8)
    shared = ("run", "platform", "stage", "index", "total", "text")
    in_both = Steps.target.col.is_not_null() & (executed.max().over(*shared) == 1)
    row = pl.int_range(pl.len())
    return (
        pl.when(row.is_in(skipped_steps(steps, numbered).implode()))
        .then(pl.lit(CachedAs.SKIPPED))
        .when(INDEX.is_not_null() & (in_both | row.is_in(_of_equal_stages(numbered).implode())))
        .then(pl.lit(CachedAs.MERGED))
        .otherwise(pl.lit(CachedAs.HIT))
        .cast(Steps.cached_as.dtype)
    )


def _of_equal_stages(numbered: pl.DataFrame) -> pl.Series:
    """Rows of cached steps that another target executed, in a stage that is the same so far.

    Two Dockerfiles that begin alike share these steps, whatever their stages are called and
    however long they are.
    """
    in_stage = numbered.filter(Steps.target.col.is_not_null()).sort(*_STAGE, "index")
    bases = in_stage.filter(KIND == StepKind.FROM).group_by(_STAGE).agg(base=_TEXT.first())
    chained = (
        in_stage.filter(KIND == StepKind.INSTRUCTION)
        .with_columns(so_far=_TEXT.hash().cum_sum().over(_STAGE))
        .join(bases, on=_STAGE, how="left", nulls_equal=True)
    )
    cached = chained.filter(OUTCOME == Outcome.CACHED)
    executed = chained.filter(OUTCOME.is_in(_EXECUTED))
    # One that two targets share is printed under the name of one of them.
    is_one_base = (pl.col("base") == pl.col("base_right")).fill_null(value=True)
    return cached.join(
        executed, on=["run", "platform", "index", "so_far"], nulls_equal=True
    ).filter(Steps.target.col != pl.col("target_right"), is_one_base)["row"]


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
