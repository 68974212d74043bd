"""Which earlier run a run is compared with."""

from __future__ import annotations

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.schema import Basis, Outcome, Runs, Steps

__all__ = ["AT", "comparisons", "in_order"]

AT = pl.col("at")
"""Place of a run among all runs: by start, natural order of the source, then run id."""

IMAGE = (Runs.project.name, Steps.target.name, Steps.platform.name)
DEFAULT_BRANCHES = ("main", "master", "trunk", "develop")


def in_order(runs: pl.LazyFrame) -> pl.LazyFrame:
    """Number runs by age.

    Returns:
        `Runs` with `at` (0 is the oldest; runs without a start come first), in that order.
    """
    return runs.sort(ex.RUN_ORDER, nulls_last=False).with_row_index("at")


def comparisons(steps: pl.LazyFrame, ordered: pl.LazyFrame) -> pl.LazyFrame:
    """Find for each image of each run the run that it is compared with.

    An image is what a run builds: a project, target and platform. Its comparison run is the
    latest earlier one of the same image, finished or failed, on the same branch, else on the
    default branch (the first of main, master, trunk, develop that the project has), else on any.
    Only if there is none, one that was canceled or whose log ends first.

    Args:
        steps: Instruction steps; a run counts for the images that it has such steps of.
        ordered: `Runs` as `in_order` gives them.

    Returns:
        One row per run and image: `at`, project, target, platform, `compared_at` and `basis`,
        null where there is no earlier run, and `skipped`, whether its branch has one in between
        that did not end; in order of `at`.
    """
    columns = (Runs.run_id, Runs.project, Runs.branch, Runs.outcome)
    known = ordered.select("at", *(column.name for column in columns))
    images = (
        steps.select(Steps.run_id.name, Steps.target.name, Steps.platform.name)
        .unique()
        .join(known, on=Runs.run_id.name)
        .join(_default_branches(known), on=Runs.project.name, how="left", nulls_equal=True)
        .sort("at", *IMAGE[1:])
    )
    ended = Runs.outcome.col.is_in([Outcome.DONE, Outcome.FAILED])
    ended_at = pl.when(ended).then(AT)
    on_default = pl.when(Runs.branch.col == pl.col("default")).then(ended_at)
    return (
        images.with_columns(
            same=ended_at.shift(1).forward_fill().over(*IMAGE, Runs.branch.name),
            default_at=on_default.shift(1).forward_fill().over(*IMAGE),
            last_at=AT.shift(1).over(*IMAGE, Runs.branch.name),
            any_at=pl.coalesce(ended_at.shift(1).forward_fill(), AT.shift(1)).over(*IMAGE),
        )
        .with_columns(
            compared_at=pl.coalesce("same", "default_at", "any_at"),
            basis=pl.when(pl.col("same").is_not_null())
            .then(pl.lit(Basis.BRANCH))
            .when(pl.col("default_at").is_not_null())
            .then(pl.lit(Basis.DEFAULT_BRANCH))
            .when(pl.col("any_at").is_not_null())
            .then(pl.lit(Basis.ANY))
            .cast(pl.Enum(Basis)),
        )
        .with_columns(skipped=pl.col("last_at") > pl.col("compared_at"))
        .select("at", *IMAGE, "compared_at", "basis", "skipped")
    )


def _default_branches(runs: pl.LazyFrame) -> pl.LazyFrame:
    rank = Runs.branch.col.replace_strict(
        {name: rank for rank, name in enumerate(DEFAULT_BRANCHES)},
        default=None,
        return_dtype=pl.UInt8,
    )
    return (
        runs.with_columns(rank=rank)
        .drop_nulls("rank")
        .group_by(Runs.project.name)
        .agg(default=Runs.branch.col.sort_by("rank").first())
    )
