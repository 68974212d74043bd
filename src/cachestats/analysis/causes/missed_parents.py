"""Which missed steps each missed step was built on."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.graph import (
    is_link,
    plain_parents,
    reads_context,
    vertex_parents,
)
from cachestats.schema import Steps

__all__ = ["missed_parents", "missed_vertices"]

STEP = [Steps.run_id.name, Steps.step_no.name]
RUN = Steps.run_id.name
STAGE = [RUN, Steps.target.name, Steps.platform.name, Steps.stage.name]
WHY = pl.col("why")


def missed_vertices(steps: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find by the graph which steps have a root among their vertices, and the edges between misses.

    Args:
        steps: Instruction steps with known inputs and `is_miss`.

    Returns:
        run_id, step_no, `is_root` of steps with a missed vertex none of whose inputs missed; and
        run_id, step_no, `parent` between missed steps.
    """
    vertices, edges = vertex_parents(steps)
    missed = vertices.filter("is_miss").drop("is_miss")
    both = edges.join(missed, on="vertex").join(
        missed.select(pl.col("vertex").alias("parent"), pl.col(STEP[1]).alias("parent_step")),
        on="parent",
    )
    forced = (
        missed.join(both, on="vertex", how="anti")
        .select(STEP)
        .unique()
        .with_columns(is_root=pl.lit(value=True))
    )
    between = (
        both.select(*STEP, pl.col("parent_step").alias("parent"))
        .filter(Steps.step_no.col != pl.col("parent"))
        .unique()
    )
    return forced, between


def missed_parents(
    steps: pl.DataFrame, missed: pl.DataFrame, bases: pl.DataFrame | None
) -> pl.DataFrame:
    """Find by what plain progress shows which missed steps each miss was built on.

    A `COPY --link` copies without looking at the step above, and is then merged with it: below a
    miss it is printed as executed in any case. It is a root of its own if the builder had nothing,
    if the context changed and no other step explains that, or if it follows a `COPY --link` from a
    stage that is one, and its own stage hit.

    Args:
        steps: Instruction and FROM steps with `is_miss`, `is_hit` and the run's project.
        missed: Misses with the run evidence.
        bases: project, stage and base stage, as a Dockerfile tells.

    Returns:
        run_id, step_no and `parent`, one row per missed parent of a miss.
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
        .sort(*STAGE, Steps.index.name)
        .with_columns(
            pl.col("orders", "links", "others").fill_null(0), link=is_link(), reads=reads_context()
        )
    )
    free = mine.filter(_is_free()).select(STEP)
    return (
        between.join(free.with_columns(free=pl.lit(value=True)), on=STEP, how="left")
        .filter(~(pl.col("free").fill_null(value=False) & (WHY == "link")))
        .select(*STEP, "parent")
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
    explained = (
        (pl.col("reads") & (pl.col("orders") + pl.col("links") + pl.col("others") == 0))
        .any()
        .over(RUN)
    )
    new_files = pl.col("reads") & ~pl.col("small_context").fill_null(value=True) & ~explained
    follows = pl.col("link") & ~pl.col("reads") & (pl.col("others") == 0)
    row = (~follows).cum_sum().over(STAGE)
    first_is_free = (pl.col("links").filter(follows).first() == 0).over(*STAGE, row)
    return pl.col("link") & (nothing_there | new_files | (follows & first_is_free))
