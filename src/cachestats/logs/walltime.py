"""An estimate of a run's wall time from the durations that its log prints."""

from __future__ import annotations

import polars as pl

from cachestats.reads import COPIED_FROM, IS_COPY, LOADS_CONTEXT, LOADS_METADATA, reads_context
from cachestats.schema import Outcome, StepKind, Steps

__all__ = ["wall_estimates"]

KIND, INDEX, TEXT, SECONDS = Steps.kind.col, Steps.index.col, Steps.text.col, pl.col("seconds")
OUTCOME = Steps.outcome.col
_STAGE = ("run", "target", "platform", "stage")
_DEEPEST = 64


def wall_estimates(steps: pl.DataFrame) -> pl.DataFrame:
    """Return the longest path of printed durations of each run: `run`, `wall_est_s`.

    A builder that the job created is there when the run begins. Loading and imports come first,
    then the stages, of which one that copies from another waits for it at that step, then the
    exports one after the other. Metadata of images is loaded side by side, and the context beside
    the stages: they wait for it where they first read it.
    What the names do not show (which stage one without FROM is built on, a base pulled late) is
    guessed or not in it, so it is an estimate.
    """
    timed = steps.with_columns(
        seconds=pl.coalesce(Steps.duration_s.col, Steps.restore_s.col).fill_null(0.0)
    )
    is_load = LOADS_METADATA | LOADS_CONTEXT
    is_boot = Steps.step_no.col == 0
    before = KIND.is_in([StepKind.INTERNAL, StepKind.SOURCE]) & ~is_load & ~is_boot
    exports = KIND.is_in([StepKind.EXPORT, StepKind.CACHE_EXPORT])
    return (
        timed.lazy()
        .select(
            "run",
            loading=pl.when(before).then(SECONDS),
            metadata=pl.when(LOADS_METADATA).then(SECONDS),
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
    in_stage, stages = _numbered(timed)
    loads = timed.lazy().filter(LOADS_CONTEXT).group_by("run").agg(end=SECONDS.max())
    ends = (
        pl.concat([stages.lazy(), loads], how="diagonal")
        .with_row_index("waiting")
        .with_columns(own="end")
        .collect(engine="in-memory")
    )
    stages, contexts = ends.head(stages.height), ends.tail(ends.height - stages.height)
    bases = _bases(in_stage, stages)
    copies = _waits(in_stage, stages)
    # A stage that copies from another is not what that one is built on.
    back = copies.select(waiting="needed", needed="waiting")
    on_end = bases.filter(INDEX == 1).join(back, on=["waiting", "needed"], how="anti")
    waits = (_context_waits(in_stage, stages, contexts), on_end.select(copies.columns))
    edges = pl.concat([copies, *waits])
    ends = _behind_shared(ends, bases.filter(INDEX > 1))
    for _ in range(_DEEPEST if edges.height else 0):
        reached = _after_waiting(ends, edges)
        if reached["end"].equals(ends["end"]):
            break
        ends = reached
    # Names can be read in a circle, for which no path is the longest.
    longest = ends.group_by("run").agg(stages=pl.col("end").max(), most=pl.col("own").sum())
    return longest.select("run", pl.min_horizontal("stages", "most"))


def _numbered(timed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the steps that stand in a stage, and the stages.

    `waiting` of a step is the row of its stage: one number is joined and grouped by faster than
    the four columns that tell a stage.
    """
    step = ("index", "step_no", "kind", "outcome", "instruction", "text", "mounts", "seconds")
    in_stage = (
        timed.lazy()
        .select(*_STAGE, *step)
        .filter(INDEX.is_not_null())
        .with_row_index("row")
        .collect(engine="in-memory")
    )
    stages = in_stage.group_by(_STAGE, maintain_order=True).agg(
        # The greatest of numbers is found for all groups at once, `any` group by group.
        end=SECONDS.sum(),
        has_from=(KIND == StepKind.FROM).cast(pl.UInt8).max(),
        row="row",
    )
    waiting = stages.select("row").with_row_index("waiting").explode("row").sort("row")["waiting"]
    return in_stage.with_columns(waiting).drop("row"), stages.drop("row")


def _context_waits(
    in_stage: pl.DataFrame, stages: pl.DataFrame, contexts: pl.DataFrame
) -> pl.DataFrame:
    """Return each stage that reads the context of its run: columns as of `_waits`.

    `rest` is the time from the start of the first step that reads it to the end of the stage.
    """
    may_read = in_stage.filter(IS_COPY | (Steps.mounts.col.list.len() > 0))  # a quick look
    firsts = may_read.lazy().filter(reads_context()).group_by("waiting").agg(first=INDEX.min())
    return (
        in_stage.lazy()
        .select("waiting", "index", "seconds")
        .join(firsts, on="waiting", maintain_order="left")
        .filter(INDEX >= pl.col("first"))
        .group_by("waiting")
        .agg(rest=SECONDS.sum())
        .join(stages.lazy().select("run", "waiting"), on="waiting")
        .join(contexts.lazy().select("run", needed="waiting"), on="run")
        .select("waiting", "needed", "rest")
        .collect(engine="in-memory")
    )


def _waits(in_stage: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Return each step that copies from another stage: `waiting`, `needed`, `rest`.

    The first two are the rows of both stages in `ends`; `rest` is the time in seconds from the
    start of the step to the end of its stage.
    """
    steps = in_stage.with_columns(may_copy=TEXT.str.contains("from=", literal=True))
    copying = steps.filter("may_copy")["waiting"].unique()  # few stages do
    needed = ends.lazy().select("run", "target", "platform", needs="stage", needed="waiting")
    return (
        steps.lazy()
        .filter(pl.col("waiting").is_in(copying.implode()))
        .sort("waiting", "index", "step_no")
        .with_columns(rest=SECONDS.cum_sum(reverse=True).over("waiting"))
        .filter("may_copy")
        .with_columns(needs=COPIED_FROM)
        .explode("needs")
        .join(needed, on=["run", "target", "platform", "needs"], nulls_equal=True)
        .select("waiting", "needed", "rest")
        .collect(engine="in-memory")
    )


def _bases(in_stage: pl.DataFrame, stages: pl.DataFrame) -> pl.DataFrame:
    """Return each stage without FROM and the one that it is built on: columns as of `_waits`.

    That is one which ended with a miss before the stage began, but none that missed where the
    stage hit. A stage whose first `index` is not 1 shares the steps before with another, which
    take `until` seconds. Of a run without any FROM, of which part is lost, nothing is said.
    """
    placed = _placed(in_stage, stages)
    firsts = placed.filter("is_first", ~pl.col("has_from")).select(
        "image", "index", "waiting", "step_no", "hit", "rest"
    )
    base = placed.select(
        "image", "index", "until", "is_last", needed="waiting", no="step_no", base_ran="ran"
    )
    on_end = firsts.filter(INDEX == 1).join(base.filter("is_last").drop("index"), on="image")
    shared = firsts.join(base.with_columns(INDEX + 1), on=["image", "index"])
    return (
        pl.concat([on_end, shared.select(on_end.columns)])
        .filter(
            pl.col("waiting") != pl.col("needed"),
            pl.col("no") < Steps.step_no.col,
            ~(pl.col("hit") & pl.col("base_ran")),
        )
        .sort("base_ran", "no", descending=True)
        .unique("waiting", keep="first", maintain_order=True)
        .select("waiting", "needed", "rest", "index", "until")
    )


def _placed(in_stage: pl.DataFrame, stages: pl.DataFrame) -> pl.DataFrame:
    """Put the steps of runs that have a stage without FROM, and one with, in their order.

    Few runs have: the others are left out, and stages and images are told apart by numbers.
    """
    has_from, waiting = pl.col("has_from") == 1, pl.col("waiting")
    built_on = stages.filter(~has_from).join(stages.filter(has_from), on="run", how="semi")
    image = pl.struct(_STAGE[:3]).rank("dense").alias("image")
    numbered = stages.join(built_on, on="run", how="semi").select("waiting", "end", has_from, image)
    return (
        in_stage.lazy()
        .join(numbered.lazy(), on="waiting")
        .select(
            "waiting",
            "image",
            "index",
            "step_no",
            "has_from",
            SECONDS,
            ran=OUTCOME.is_in([Outcome.DONE, Outcome.FAILED]),
            hit=OUTCOME == Outcome.CACHED,
            rest="end",
        )
        .sort("waiting", "index", "step_no")
        .with_columns(
            until=SECONDS.cum_sum().over("waiting"),
            is_first=waiting.ne_missing(waiting.shift(1)),
            is_last=waiting.ne_missing(waiting.shift(-1)),
        )
        .collect(engine="in-memory")
    )


def _behind_shared(ends: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Begin stages that share their first steps with another behind these."""
    return (
        ends.join(
            shared.select("waiting", "until"), on="waiting", how="left", maintain_order="left"
        )
        .with_columns(pl.col("end") + pl.col("until").fill_null(0.0))
        .drop("until")
    )


def _after_waiting(ends: pl.DataFrame, waits: pl.DataFrame) -> pl.DataFrame:
    """Push the ends of stages back behind those that they copy from, one edge further."""
    late = pl.col("rest") + pl.lit(ends["end"]).gather("needed")
    latest = waits.lazy().select("waiting", late=late).group_by("waiting").agg(pl.col("late").max())
    return (
        ends.lazy()
        .join(latest, on="waiting", how="left", maintain_order="left")
        .with_columns(end=pl.max_horizontal("end", "late"))
        .drop("late")
        .collect(engine="in-memory")
    )
