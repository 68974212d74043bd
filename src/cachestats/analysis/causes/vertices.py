"""What each vertex of a run was built on, where rawjson tells the graph."""

from __future__ import annotations

import polars as pl

from cachestats.schema import Steps

__all__ = ["missed_vertices"]

STEP = (Steps.run_id.name, Steps.step_no.name)
RUN = Steps.run_id.name


def missed_vertices(steps: pl.DataFrame) -> pl.DataFrame:
    """Find by the graph which missed steps each miss was built on.

    A step is a root if one of its vertices is, a missed one none of whose inputs missed. With what
    its other vertices were built on it is merged.

    Args:
        steps: Instruction steps with known inputs and `is_miss`.

    Returns:
        run_id, step_no, `parent` and `merged`, one row per missed parent of a miss.
    """
    vertices, edges = _graph(steps)
    missed = vertices.filter("is_miss").drop("is_miss")
    both = edges.join(missed, on="vertex").join(
        missed.select(pl.col("vertex").alias("parent"), Steps.step_no.col.alias("parent_step")),
        on="parent",
    )
    roots = missed.join(both, on="vertex", how="anti").select(STEP).unique()
    return (
        both.select(*STEP, pl.col("parent_step").alias("parent"))
        .filter(Steps.step_no.col != pl.col("parent"))
        .unique()
        .join(roots.with_columns(merged=pl.lit(value=True)), on=STEP, how="left")
        .with_columns(pl.col("merged").fill_null(value=False))
    )


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
