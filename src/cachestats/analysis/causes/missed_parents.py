"""Which missed steps each missed step was built on, and how surely plain progress shows that."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.graph import IS_FROM, STAGE, plain_parents
from cachestats.reads import COPIED_FROM, copied_sources, is_link, reads_context
from cachestats.schema import Runs, Steps

__all__ = ["missed_parents", "surely_placed"]

STEP = (Steps.run_id.name, Steps.step_no.name)
RUN = Steps.run_id.name
WHY = pl.col("why")
# What `--from` names is an image, and no stage that the log shows under another name.
_IMAGE = r"[/:.@]"


def missed_parents(
    steps: pl.DataFrame, missed: pl.DataFrame, bases: pl.DataFrame | None
) -> pl.DataFrame:
    """Find by what plain progress shows which missed steps each miss was built on.

    A `COPY --link` copies without looking at the step above, and is then merged with it: below a
    miss it is printed as executed in any case. It is a root of its own if the builder had nothing,
    if the context changed and no other step explains that or one that reads the same, or if it
    follows a `COPY --link` from a stage that is one, and its own stage hit. Those below stand
    on both.

    Args:
        steps: Instruction and FROM steps with `is_miss`, `is_hit` and the run's project.
        missed: Misses with the run evidence.
        bases: project, stage and base stage, as a Dockerfile tells.

    Returns:
        run_id, step_no, `parent` and `merged`, whether it is only merged with that; one row per
        missed parent of a miss.
    """
    of_run = missed.select(*STEP, "is_cold", "hits", "small_context")
    between = (
        plain_parents(steps, bases)
        .join(missed.select(STEP), on=STEP, how="semi")
        .join(missed.select(RUN, Steps.step_no.col.alias("parent")), on=[RUN, "parent"], how="semi")
    )
    mine = (
        steps.filter("is_miss")
        .join(of_run, on=STEP)
        .join(_whys(between), on=STEP, how="left")
        .sort(*STAGE, Steps.index.name, Steps.step_no.name)
        .with_columns(
            pl.col("orders", "links", "others").fill_null(0), link=is_link(), reads=reads_context()
        )
    )
    free = mine.filter(_is_free()).select(STEP)
    return between.join(free.with_columns(free=pl.lit(value=True)), on=STEP, how="left").select(
        *STEP, "parent", merged=pl.col("free").fill_null(value=False) & (WHY == "link")
    )


def _whys(between: pl.DataFrame) -> pl.DataFrame:
    return between.group_by(STEP).agg(
        orders=(WHY == "order").sum(),
        links=(WHY == "link").sum(),
        others=WHY.is_in(["from", "base"]).sum(),
    )


def _is_free() -> pl.Expr:
    """Whether a `COPY --link` below a miss missed by itself."""
    nothing_there = pl.col("is_cold").fill_null(value=False) & (pl.col("hits") == 0)
    is_root = pl.col("reads") & (pl.col("orders") + pl.col("links") + pl.col("others") == 0)
    sources = copied_sources()
    alike = sources.is_in(sources.filter(is_root).implode().over(RUN)) | (sources == ".")
    new_files = (
        pl.col("reads")
        & ~pl.col("small_context").fill_null(value=True)
        & (alike.fill_null(value=False) | ~is_root.any().over(RUN))
    )
    follows = pl.col("link") & ~pl.col("reads") & (pl.col("others") == 0)
    row = (~follows).cum_sum().over(STAGE)
    first_is_free = (pl.col("links").filter(follows).first() == 0).over(*STAGE, row)
    return pl.col("link") & (nothing_there | new_files | (follows & first_is_free))


def surely_placed(steps: pl.DataFrame, bases: pl.DataFrame | None) -> pl.DataFrame:
    """Find the steps of plain progress whose parents it shows without doubt.

    The step above has the number before it; or it is the first of its stage, and all missed steps
    of the run are of its stage, or a Dockerfile is given. The stages it copies from are there to
    their last step, or are images. A `COPY --link` is not sure below a miss, nor where two stages
    have the same, which then is one vertex.

    Args:
        steps: Instruction and FROM steps with `is_miss` and the run's project.
        bases: project, stage and base stage, as a Dockerfile tells.

    Returns:
        run_id and step_no.
    """
    before = (Steps.index.col.shift(1).over(STAGE) == Steps.index.col - 1).fill_null(value=False)
    alone = pl.col("is_miss").sum().over(STAGE) == pl.col("is_miss").sum().over(RUN)
    below_miss = pl.col("is_miss").shift(1).over(STAGE).fill_null(value=False)
    is_twin = Steps.text.col.count().over(RUN, Steps.text.name) > 1
    known = steps.sort(*STAGE, Steps.index.name, Steps.step_no.name).with_columns(
        before=before, alone=alone, doubtful=is_link() & (below_miss | is_twin)
    )
    if bases is not None:
        told = bases.select(Runs.project.name, Steps.stage.name).unique()
        known = known.join(
            told.with_columns(told=pl.lit(value=True)),
            on=[Runs.project.name, Steps.stage.name],
            how="left",
            nulls_equal=True,
        ).with_columns(alone=pl.col("alone") | pl.col("told").fill_null(value=False))
    return (
        known.filter((pl.col("before") | pl.col("alone") | IS_FROM) & ~pl.col("doubtful"))
        .select(STEP)
        .join(_copy_from_the_unknown(known), on=STEP, how="anti")
    )


def _copy_from_the_unknown(steps: pl.DataFrame) -> pl.DataFrame:
    """Steps that copy from a stage whose last step the run does not show."""
    whole = (
        steps.filter(Steps.index.col == Steps.total.col)
        .select(RUN, Steps.stage.col.alias("named"))
        .drop_nulls()
        .unique()
    )
    return (
        steps.select(*STEP, named=COPIED_FROM)
        .explode("named")
        .drop_nulls("named")
        .filter(~pl.col("named").str.contains(_IMAGE))
        .join(whole, on=[RUN, "named"], how="anti")
        .select(STEP)
        .unique()
    )
