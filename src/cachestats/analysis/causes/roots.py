"""Which misses are roots, and the root that each other miss is charged to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import MissRows, Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["roots"]

STEP = (Steps.run_id.name, Steps.step_no.name)
ROOT, MERGED = "r", "|"


def roots(missed: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """Find the first misses on their paths, and for all others which of those stand above.

    A miss whose parents did not miss is a root: a hit in between means that nothing from above
    came through. What a root is merged with, as a `COPY --link` with the step above it, makes it
    no cascade, and stands above the steps below it all the same.

    Args:
        missed: Missed steps: run_id and step_no.
        parents: run_id, step_no, `parent` and `merged`, whether the step is only merged with it;
            one row per missed parent of a missed step.

    Returns:
        run_id, step_no, `is_root` and `root_step_nos`, all roots of a step, earliest first (its own
        if it is one); one row per missed step.
    """
    told = _told(missed, parents)
    # Runs miss in few patterns: each is walked once, in plain Python, however many runs have it.
    own, merged = (pl.col(n).cast(pl.List(pl.String)).list.join(",") for n in ("above", "beside"))
    spelled = pl.concat_str(
        own.fill_null(ROOT), (pl.lit(MERGED) + merged).fill_null(""), separator=""
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
    """Rank the missed steps of each run: `rank`; `above` and `beside`, ranks of its parents."""
    ranked = missed.sort(STEP).with_columns(
        rank=pl.int_range(pl.len(), dtype=pl.UInt16).over(Steps.run_id.name)
    )
    parent = ranked.select(Steps.run_id.name, Steps.step_no.col.alias("parent"), above="rank")
    above = (
        parents.join(parent, on=[Steps.run_id.name, "parent"])
        .group_by(STEP)
        .agg(
            pl.col("above").filter(~pl.col("merged")).unique().sort(),
            pl.col("above").filter("merged").unique().sort().alias("beside"),
        )
        .with_columns(pl.when(pl.col(n).list.len() > 0).then(n) for n in ("above", "beside"))
    )
    return ranked.join(above, on=STEP, how="left", maintain_order="left").with_columns(
        is_root=pl.col("above").is_null()
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
        pattern: For each missed step, in order, `r` or the ranks of its missed parents, and behind
            a bar those that it is only merged with: `r;0;0,1;r|2`.
    """
    pairs = [part.partition(MERGED) for part in pattern.split(";")]
    parents = [_ranks(own) for own, _, _ in pairs]
    merged = [_ranks(beside) for _, _, beside in pairs]
    own: list[set[int]] = [set() for _ in pairs]
    found: list[set[int] | None] = [None] * len(pairs)
    for start in range(len(pairs)):
        stack = [start]
        while stack:
            step = stack[-1]
            waiting = [n for n in (*parents[step], *merged[step]) if found[n] is None]
            # A log can name two steps each other's parent; the second look then goes without.
            if waiting and found[step] is None and not set(waiting) & set(stack):
                stack += waiting
                continue
            stack.pop()
            own[step] = _all(found, parents[step]) or {step}
            found[step] = own[step] | _all(found, merged[step])
    return [sorted(ranks) for ranks in own]


def _ranks(spelled: str) -> list[int]:
    return [] if spelled in {"", ROOT} else [int(rank) for rank in spelled.split(",")]


def _all(found: Sequence[set[int] | None], steps: Iterable[int]) -> set[int]:
    return set().union(*(found[step] or () for step in steps))
