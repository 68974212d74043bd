"""An estimate of a run's wall time from the durations that its log prints."""

from __future__ import annotations

import polars as pl

from cachestats.reads import COPIED_FROM, reads_context
from cachestats.schema import Outcome, StepKind, Steps

__all__ = ["wall_estimates"]

KIND, INDEX, TEXT, SECONDS = Steps.kind.col, Steps.index.col, Steps.text.col, pl.col("seconds")
OUTCOME = Steps.outcome.col
IS_CONTEXT = (KIND == StepKind.INTERNAL) & (TEXT == "load build context")
_STAGE = ("run", "target", "platform", "stage")
_DEEPEST = 64


def wall_estimates(steps: pl.DataFrame) -> pl.DataFrame:
    """Return the longest path of printed durations of each run: `run`, `wall_est_s`.

    Loading and imports come first, then the stages, of which one that copies from another waits
    for it at that step, then the exports one after the other. Metadata of images is loaded side
    by side, and the context beside the stages: they wait for it where they first read it.
    What the names do not show (which stage one without FROM is built on, a base pulled late) is
    guessed or not in it, so it is an estimate.
    """
    timed = steps.with_columns(
        seconds=pl.coalesce(Steps.duration_s.col, Steps.restore_s.col).fill_null(0.0)
    )
    is_metadata = TEXT.str.starts_with("load metadata for ")
    before = KIND.is_in([StepKind.INTERNAL, StepKind.SOURCE]) & ~is_metadata & ~IS_CONTEXT
    exports = KIND.is_in([StepKind.EXPORT, StepKind.CACHE_EXPORT])
    return (
        timed.lazy()
        .select(
            "run",
            loading=pl.when(before).then(SECONDS),
            metadata=pl.when(is_metadata).then(SECONDS),
            imports=pl.when(KIND == StepKind.CACHE_IMPORT).then(SECONDS),
            exports=pl.when(exports).then(SECONDS),
        )
        .group_by("run")
        .agg(pl.col("loading", "exports").sum(), pl.col("metadata", "imports").max())
        .collect(engine="in-memory")
        .join(_longest_stages(timed), on="run", how="left")
        .select(
            "run",
            wall_est_s=pl.sum_horizontal(
                "loading", "metadata", "imports", "stages", "exports"
            ).round(3),
        )
    )


def _longest_stages(timed: pl.DataFrame) -> pl.DataFrame:
    """Return `run`, `stages`: seconds from the start of the first stage to the end of the last."""
    step = ("index", "step_no", "kind", "outcome", "instruction", "text", "mounts", "seconds")
    wanted = (*_STAGE, *step)
    in_stage = timed.lazy().select(wanted).filter(INDEX.is_not_null()).collect(engine="in-memory")
    stages = in_stage.group_by(*_STAGE, maintain_order=True).agg(end=SECONDS.sum())
    contexts = timed.filter(IS_CONTEXT).group_by("run").agg(end=SECONDS.max())
    ends = pl.concat([stages, contexts], how="diagonal").with_row_index("waiting")
    stages, contexts = ends.head(stages.height), ends.tail(contexts.height)
    bases = _bases(in_stage)
    edges = pl.concat(
        [
            _waits(in_stage, stages),
            _context_waits(in_stage, stages, contexts),
            _base_waits(bases, stages),
        ]
    )
    ends = pl.concat([_behind_shared(stages, bases), contexts])
    for _ in range(_DEEPEST if edges.height else 0):
        reached = _after_waiting(ends, edges)
        if reached["end"].equals(ends["end"]):
            break
        ends = reached
    return ends.group_by("run").agg(stages=pl.col("end").max())


def _context_waits(
    in_stage: pl.DataFrame, stages: pl.DataFrame, contexts: pl.DataFrame
) -> pl.DataFrame:
    """Return each stage that reads the context of its run: columns as of `_waits`.

    `rest` is the time from the start of the first step that reads it to the end of the stage.
    """
    return (
        in_stage.lazy()
        .with_columns(first=pl.when(reads_context()).then(INDEX).min().over(*_STAGE))
        .filter(INDEX >= pl.col("first"))
        .group_by(*_STAGE)
        .agg(rest=SECONDS.sum())
        .join(stages.lazy().select(*_STAGE, "waiting"), on=_STAGE, nulls_equal=True)
        .join(contexts.lazy().select("run", needed="waiting"), on="run")
        .select("waiting", "needed", "rest")
        .collect(engine="in-memory")
    )


def _waits(in_stage: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Return each step that copies from another stage: `waiting`, `needed`, `rest`.

    The first two are the rows of both stages in `ends`; `rest` is the time in seconds from the
    start of the step to the end of its stage.
    """
    steps, stages = in_stage.lazy(), ends.lazy()
    may_copy = TEXT.str.contains("from=", literal=True)  # a quick look: few stages do
    copying = steps.filter(may_copy).select(_STAGE).unique()
    needed = stages.select("run", "target", "platform", needs="stage", needed="waiting")
    return (
        steps.join(copying, on=_STAGE, how="semi", nulls_equal=True)
        .sort(*_STAGE, "index", "step_no")
        .with_columns(rest=SECONDS.cum_sum(reverse=True).over(*_STAGE))
        .with_columns(needs=COPIED_FROM)
        .explode("needs")
        .join(stages.select(*_STAGE, "waiting"), on=_STAGE, nulls_equal=True)
        .join(needed, on=["run", "target", "platform", "needs"], nulls_equal=True)
        .select("waiting", "needed", "rest")
        .collect(engine="in-memory")
    )


def _bases(in_stage: pl.DataFrame) -> pl.DataFrame:
    """Return each stage without FROM, and `base`, the stage that it is built on.

    That is one which ended with a miss before the stage began, but none that missed where the
    stage hit. A stage whose first `index` is not 1 shares the steps before with another, which
    take `until` seconds. Of a run without any FROM, of which part is lost, nothing is said.
    """
    ran, hit = OUTCOME.is_in([Outcome.DONE, Outcome.FAILED]), OUTCOME == Outcome.CACHED
    is_first = INDEX == INDEX.min()
    firsts = (
        in_stage.lazy()
        .join(in_stage.lazy().filter(KIND == StepKind.FROM), on="run", how="semi")
        .group_by(*_STAGE)
        .agg(
            INDEX.min(),
            Steps.step_no.col.filter(is_first).min(),
            # The greatest of numbers is found for all groups at once, `any` group by group.
            has_from=(KIND == StepKind.FROM).cast(pl.UInt8).max(),
            hit=(hit & is_first).cast(pl.UInt8).max() == 1,
        )
        .filter(pl.col("has_from") == 0)
    )
    others = (
        in_stage.lazy()
        .join(firsts.select("run").unique(), on="run", how="semi")
        .sort(*_STAGE, "index", "step_no")
        .with_columns(until=SECONDS.cum_sum().over(*_STAGE), ran=ran)
        .with_columns(is_last=INDEX == INDEX.max().over(*_STAGE))
    )
    return (
        firsts.join(others, on=_STAGE[:3], nulls_equal=True, suffix="_other")
        .filter(
            Steps.stage.col.ne_missing(pl.col("stage_other")),
            pl.when(INDEX == 1).then("is_last").otherwise(pl.col("index_other") == INDEX - 1),
            pl.col("step_no_other") < Steps.step_no.col,
            ~(pl.col("hit") & pl.col("ran")),
        )
        .sort("ran", "step_no_other", descending=True)
        .unique(_STAGE, keep="first", maintain_order=True)
        .select(*_STAGE, "index", "until", base="stage_other")
        .collect(engine="in-memory")
    )


def _base_waits(bases: pl.DataFrame, stages: pl.DataFrame) -> pl.DataFrame:
    """Return each stage that is built on the end of another: columns as of `_waits`."""
    rows = stages.lazy()
    return (
        bases.lazy()
        .filter(INDEX == 1)
        .join(rows.select(*_STAGE, "waiting", rest="end"), on=_STAGE, nulls_equal=True)
        .join(
            rows.select(*_STAGE[:3], base="stage", needed="waiting"),
            on=[*_STAGE[:3], "base"],
            nulls_equal=True,
        )
        .select("waiting", "needed", "rest")
        .collect(engine="in-memory")
    )


def _behind_shared(stages: pl.DataFrame, bases: pl.DataFrame) -> pl.DataFrame:
    """Begin stages that share their first steps with another behind these."""
    shared = bases.filter(INDEX > 1).select(*_STAGE, "until")
    return (
        stages.join(shared, on=_STAGE, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.col("end") + pl.col("until").fill_null(0.0))
        .drop("until")
    )


def _after_waiting(ends: pl.DataFrame, waits: pl.DataFrame) -> pl.DataFrame:
    """Push the ends of stages back behind those that they copy from, one edge further."""
    late = pl.col("rest") + pl.lit(ends["end"]).gather("needed")
    latest = waits.select("waiting", late=late).group_by("waiting").agg(pl.col("late").max())
    return (
        ends.join(latest, on="waiting", how="left", maintain_order="left")
        .with_columns(end=pl.max_horizontal("end", "late"))
        .drop("late")
    )
