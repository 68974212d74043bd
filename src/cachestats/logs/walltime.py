"""An estimate of a run's wall time from the durations that its log prints."""

from __future__ import annotations

import polars as pl

from cachestats.schema import StepKind, Steps

__all__ = ["wall_estimates"]

KIND, INDEX, SECONDS = Steps.kind.col, Steps.index.col, pl.col("seconds")
_STAGE = ("run", "target", "platform", "stage")
_FROM = r"(?:^|[ ,=])(?:--)?from=([0-9A-Za-z_.-]+)"
_DEEPEST = 64


def wall_estimates(steps: pl.DataFrame) -> pl.DataFrame:
    """Return the longest path of printed durations of each run: `run`, `wall_est_s`.

    Loading and imports come first, then the stages, of which one that copies from another waits
    for it at that step, then the exports one after the other. What the names do not show (a
    stage built on a stage, a base pulled late) is not in it, so it is an estimate.
    """
    timed = steps.with_columns(
        seconds=pl.coalesce(Steps.duration_s.col, Steps.restore_s.col).fill_null(0.0)
    )
    before = KIND.is_in([StepKind.INTERNAL, StepKind.SOURCE])
    return (
        timed.group_by("run")
        .agg(
            loading=SECONDS.filter(before).sum(),
            imports=SECONDS.filter(KIND == StepKind.CACHE_IMPORT).max().fill_null(0.0),
            exports=SECONDS.filter(KIND.is_in([StepKind.EXPORT, StepKind.CACHE_EXPORT])).sum(),
        )
        .join(_longest_stages(timed), on="run", how="left")
        .select(
            "run",
            wall_est_s=pl.sum_horizontal("loading", "imports", "stages", "exports").round(3),
        )
    )


def _longest_stages(timed: pl.DataFrame) -> pl.DataFrame:
    """Return `run`, `stages`: when the last stage ends, counted from the start of the first."""
    wanted = (*_STAGE, "index", "step_no", "text", "seconds")
    in_stage = timed.lazy().select(wanted).filter(INDEX.is_not_null()).collect(engine="in-memory")
    ends = (
        in_stage.group_by(*_STAGE, maintain_order=True)
        .agg(end=SECONDS.sum())
        .with_row_index("waiting")
    )
    edges = _waits(in_stage, ends)
    for _ in range(_DEEPEST if edges.height else 0):
        reached = _after_waiting(ends, edges)
        if reached["end"].equals(ends["end"]):
            break
        ends = reached
    return ends.group_by("run").agg(stages=pl.col("end").max())


def _waits(in_stage: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Return each step that copies from another stage: rows of both in `ends`, and `rest`.

    `rest` is the time from the start of the step to the end of its stage.
    """
    may_copy = Steps.text.col.str.contains("from=", literal=True)
    steps, stages = in_stage.lazy(), ends.lazy()
    copying = steps.filter(may_copy).select(_STAGE).unique()
    needed = stages.select("run", "target", "platform", needs="stage", needed="waiting")
    return (
        steps.join(copying, on=_STAGE, how="semi", nulls_equal=True)
        .sort(*_STAGE, "index", "step_no")
        .with_columns(rest=SECONDS.cum_sum(reverse=True).over(*_STAGE))
        .with_columns(needs=Steps.text.col.str.extract_all(_FROM))
        .filter(pl.col("needs").list.len() > 0)
        .explode("needs")
        .with_columns(pl.col("needs").str.extract(_FROM))
        .join(stages.select(*_STAGE, "waiting"), on=_STAGE, nulls_equal=True)
        .join(needed, on=["run", "target", "platform", "needs"], nulls_equal=True)
        .select("waiting", "needed", "rest")
        .collect(engine="in-memory")
    )


def _after_waiting(ends: pl.DataFrame, waits: pl.DataFrame) -> pl.DataFrame:
    """Push the ends of stages back behind those that they copy from, one edge further."""
    late = pl.col("rest") + pl.lit(ends["end"]).gather("needed")
    latest = waits.group_by("waiting").agg(late=late.max())
    return (
        ends.join(latest, on="waiting", how="left", maintain_order="left")
        .with_columns(end=pl.max_horizontal("end", "late"))
        .drop("late")
    )
