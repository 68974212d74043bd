"""What each step of a run was built on, as far as plain progress shows."""

from __future__ import annotations

import polars as pl

from cachestats.reads import COPIED_FROM, is_link
from cachestats.schema import Runs, StepKind, Steps

__all__ = ["IS_FROM", "STAGE", "plain_parents"]

STEP = (Steps.run_id.name, Steps.step_no.name)
IMAGE = (Steps.run_id.name, Steps.target.name, Steps.platform.name)
STAGE = (*IMAGE, Steps.stage.name)
IS_FROM = Steps.kind.col == StepKind.FROM


def plain_parents(steps: pl.DataFrame, bases: pl.DataFrame | None = None) -> pl.DataFrame:
    """Find what the steps of plain progress were built on.

    Within a stage that is the step before; across stages what `COPY --from` and `--mount=from`
    name. A stage without a FROM of its own is built on another stage: `bases` tells which, else
    the stages of the run are tried. One is refuted by any run in which it missed and the stage
    hit; of those left, one that missed last before the stage's first step is taken. A stage whose
    first steps are missing shares them with another stage, likewise.

    Args:
        steps: Instruction and FROM steps with `is_miss`, `is_hit` and the run's project.
        bases: project, stage and base stage (null: an image), as a Dockerfile tells.

    Returns:
        run_id, step_no, `parent` (a step of the run) and `why`: `order`, `link` (the step above a
        `COPY --link`), `from` or `base`.
    """
    placed = steps.sort(*STAGE, Steps.index.name, Steps.step_no.name)
    return (
        pl.concat([_order(placed), _named(placed), _bases(placed, bases)])
        .unique([*STEP, "parent"], keep="first", maintain_order=True)
        .filter(Steps.step_no.col != pl.col("parent"))
    )


def _order(placed: pl.DataFrame) -> pl.DataFrame:
    return placed.select(
        *STEP,
        parent=Steps.step_no.col.shift(1).over(STAGE),
        why=pl.when(is_link()).then(pl.lit("link")).otherwise(pl.lit("order")),
    ).drop_nulls("parent")


def _named(placed: pl.DataFrame) -> pl.DataFrame:
    """Parents in other stages: their last steps."""
    lasts = placed.group_by(STAGE).agg(Steps.step_no.col.last().alias("parent"))
    readers = (
        placed.filter(~IS_FROM)
        .select(*STEP, *STAGE[1:3], named=COPIED_FROM)
        .explode("named")
        .drop_nulls("named")
    )
    on = ([*IMAGE, "named"], [*IMAGE, Steps.stage.name])
    here = readers.join(lasts, left_on=on[0], right_on=on[1], nulls_equal=True)
    # A step that two targets or platforms share may bear the name of the other.
    elsewhere = readers.join(here, on=[*STEP, "named"], how="anti").join(
        lasts, left_on=[Steps.run_id.name, "named"], right_on=[Steps.run_id.name, Steps.stage.name]
    )
    return pl.concat([frame.select(*STEP, "parent") for frame in (here, elsewhere)]).with_columns(
        why=pl.lit("from")
    )


def _bases(placed: pl.DataFrame, bases: pl.DataFrame | None) -> pl.DataFrame:
    """Parents of the first steps of stages that are built on another stage."""
    pairs = _candidates(placed)
    if bases is not None:
        pairs = _told(pairs, bases)
    pair = (Runs.project.name, *STAGE[1:], "stage_other", Steps.index.name)
    return (
        pairs.with_columns(refuted=(pl.col("is_hit") & pl.col("parent_miss")).any().over(pair))
        .filter(~pl.col("refuted"))
        .with_columns(
            earlier=pl.col("parent") < Steps.step_no.col,
            # Two stages on one image print its FROM once.
            shared=pl.col("is_from") & (Steps.index.col > 1),
        )
        .sort(
            "shared",
            pl.col("parent_miss") & pl.col("earlier"),
            "parent",
            descending=[True, True, True],
        )
        .group_by(STEP, maintain_order=True)
        .agg(pl.col("parent").first())
        .with_columns(why=pl.lit("base"))
    )


def _candidates(placed: pl.DataFrame) -> pl.DataFrame:
    """The first step of each stage without FROM, beside all steps that it may be built on.

    `[app 1/2] COPY` is built on the end of a stage; `[train 4/4]` on a step that is printed as
    another stage's `3/4`.
    """
    firsts = (
        placed.filter(~IS_FROM.any().over(STAGE))
        .group_by(STAGE, maintain_order=True)
        .agg(
            Runs.project.col.first(),
            Steps.step_no.col.first(),
            Steps.index.col.first(),
            pl.col("is_miss", "is_hit").first(),
        )
        .drop_nulls(Steps.index.name)
    )
    others = placed.select(
        *STAGE,
        pl.col(Steps.index.name).alias("at_index"),
        pl.col(Steps.step_no.name).alias("parent"),
        pl.col("is_miss").alias("parent_miss"),
        is_from=IS_FROM,
        is_last=Steps.step_no.col == Steps.step_no.col.last().over(STAGE),
    )
    before = pl.col("at_index") == Steps.index.col - 1
    return firsts.join(others, on=list(IMAGE), nulls_equal=True, suffix="_other").filter(
        Steps.stage.col.ne_missing(pl.col("stage_other")),
        pl.when(Steps.index.col == 1).then("is_last").otherwise(before),
    )


def _told(pairs: pl.DataFrame, bases: pl.DataFrame) -> pl.DataFrame:
    """Leave only what a Dockerfile says of the stages of its project that it has.

    Steps that a stage shares with another are not told by it: which name they got is chance.
    """
    known = bases.with_columns(told=pl.lit(value=True))
    on = [Runs.project.name, Steps.stage.name]
    return (
        pairs.join(known, on=on, how="left", nulls_equal=True, maintain_order="left")
        .filter(
            pl.col("told").is_null()
            | (Steps.index.col > 1)
            | pl.col("stage_other").eq_missing(pl.col("base"))
        )
        .drop("told", "base")
    )
