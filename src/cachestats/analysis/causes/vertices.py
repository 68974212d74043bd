"""What each vertex of a run was built on, where rawjson tells the graph."""

from __future__ import annotations

import polars as pl

from cachestats.schema import Steps

__all__ = ["missed_vertices"]

STEP = (Steps.run_id.name, Steps.step_no.name)
RUN = Steps.run_id.name


def missed_vertices(steps: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find by the graph which steps have a root among their vertices, and the edges between misses.

    Args:
        steps: Instruction steps with known inputs and `is_miss`.

    Returns:
        run_id, step_no, `is_root` of steps with a missed vertex none of whose inputs missed; and
        run_id, step_no, `parent` between missed steps.
    """
    vertices, edges = _graph(steps)
    missed = vertices.filter("is_miss").drop("is_miss")
    both = edges.join(missed, on="vertex").join(
        missed.select(pl.col("vertex").alias("parent"), Steps.step_no.col.alias("parent_step")),
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


def _graph(steps: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part steps into vertices: `vertex`, run_id, step_no, `is_miss`; and `vertex`, `parent`.

    A progress group (`COPY --link` and its merge) is one step and several vertices, each of which
    hits or misses by itself.
    """
    member = pl.col(Steps.members.name)
    columns = (*STEP, "is_miss", Steps.digest.name, Steps.inputs.name)
    alone = steps.filter(member.is_null()).select(columns)
    grouped = (
        steps.filter(member.is_not_null())
        .select(*STEP, "is_miss", Steps.members.name)
        .explode(Steps.members.name)
        .unnest(Steps.members.name)
        .with_columns(pl.col("is_miss") & ~pl.col("hit").fill_null(value=False))
        .select(columns)
    )
    vertices = pl.concat([alone, grouped]).with_row_index("vertex")
    by_digest = vertices.lazy().select(
        RUN, pl.col(Steps.digest.name).alias("input"), pl.col("vertex").alias("parent")
    )
    edges = (
        vertices.lazy()
        .select(RUN, "vertex", Steps.inputs.col.alias("input"))
        .explode("input")
        .drop_nulls("input")
        .join(by_digest, on=[RUN, "input"])
        .select("vertex", "parent")
        .collect()
    )
    return vertices.select("vertex", *STEP, "is_miss"), edges
