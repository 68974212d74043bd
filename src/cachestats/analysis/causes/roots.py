"""Which misses are roots, and the root that each other miss is charged to."""

from __future__ import annotations

import polars as pl

from cachestats.schema import MissRows, Steps

__all__ = ["roots"]

STEP = (Steps.run_id.name, Steps.step_no.name)
ROOT = "r"


def roots(missed: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """Find the first misses on their paths, and for all others which of those stand above.

    A miss whose parents did not miss is a root: a hit in between means that nothing from above
    came through. A group is a root if one of its vertices is.

    Args:
        missed: Missed steps: run_id, step_no and `is_root`, true where one is known to be a root
            whatever it was built on.
        parents: run_id, step_no and `parent`, one row per missed parent of a missed step.

    Returns:
        run_id, step_no, `is_root` and `root_step_nos`, all roots of a step, earliest first (its own
        if it is one); one row per missed step.
    """
    told = _told(missed, parents)
    # Runs miss in few patterns: each is walked once, in plain Python, however many runs have it.
    spelled = (
        pl.when("is_root")
        .then(pl.lit(ROOT))
        .otherwise(pl.col("above").cast(pl.List(pl.String)).list.join(","))
    )
    patterns = told.group_by(Steps.run_id.name).agg(pattern=spelled.str.join(";"))
    steps_of = told.select(
        Steps.run_id.name, Steps.step_no.col.alias("root"), pl.col("rank").alias("root_rank")
    )
    return (
        told.select(*STEP, "rank", "is_root")
        .join(patterns, on=Steps.run_id.name)
        .join(_walked(patterns["pattern"].unique()), on=["pattern", "rank"])
        .drop("pattern")
        .explode("root_rank")
        .join(steps_of, on=[Steps.run_id.name, "root_rank"])
        .group_by(STEP)
        .agg(
            pl.col("is_root").first(),
            pl.col("root").unique().sort().alias(MissRows.root_step_nos.name),
        )
    )


def _told(missed: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """Rank the missed steps of each run: `rank`, `above` (ranks of the parents), `is_root`."""
    ranked = missed.sort(STEP).with_columns(
        rank=pl.int_range(pl.len(), dtype=pl.UInt16).over(Steps.run_id.name)
    )
    parent = ranked.select(Steps.run_id.name, Steps.step_no.col.alias("parent"), above="rank")
    above = (
        parents.join(parent, on=[Steps.run_id.name, "parent"])
        .group_by(STEP)
        .agg(pl.col("above").unique().sort())
    )
    return ranked.join(above, on=STEP, how="left", maintain_order="left").with_columns(
        is_root=pl.col("is_root") | pl.col("above").is_null()
    )


def _walked(patterns: pl.Series) -> pl.DataFrame:
    """Roots of each step of each pattern: `pattern`, `rank`, `root_rank` (a list)."""
    rows = [
        (pattern, rank, found)
        for pattern in patterns.to_list()
        for rank, found in enumerate(walk(pattern))
    ]
    schema = pl.Schema(
        {"pattern": pl.String(), "rank": pl.UInt16(), "root_rank": pl.List(pl.UInt16)}
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def walk(pattern: str) -> list[list[int]]:
    """Find the roots of each step of a run that misses in this pattern.

    Args:
        pattern: For each missed step, in order, `r` or the ranks of its missed parents: `r;0;0,1`.
    """
    parents = [
        [] if part == ROOT else [int(n) for n in part.split(",")] for part in pattern.split(";")
    ]
    found: list[set[int] | None] = [None] * len(parents)
    for start in range(len(parents)):
        stack = [start]
        while stack:
            step = stack[-1]
            waiting = [parent for parent in parents[step] if found[parent] is None]
            # A log can name two steps each other's parent; the second look then goes without.
            if waiting and found[step] is None and not set(waiting) & set(stack):
                stack += waiting
                continue
            stack.pop()
            above = set().union(*(found[parent] or () for parent in parents[step]))
            found[step] = above or {step}
    return [sorted(ranks or ()) for ranks in found]
