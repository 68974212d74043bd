"""Whether the builder of a run was fresh or had been used before."""

from __future__ import annotations

import polars as pl

from cachestats.schema import FactKind, Facts, Runs, Steps

__all__ = ["with_freshness"]

RUN = Runs.run_id.name
AT = pl.col("at")
PROJECT = Runs.project.name

# A fresh builder is sent the whole context; its size moves a little with every edit.
NEARLY_FULL = 0.8


def with_freshness(told: pl.DataFrame, facts: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Add to what each run tells whether its builder was fresh, as far as the run itself shows.

    Args:
        told: One row per run, by `at`, with `hits`, `imports_ok`, `context`, `all_files_hit`, and
            whether the builder was booted and pulled a base.
        facts: `Facts` of these runs.
        steps: `Steps` of every kind.

    Returns:
        `told` with, of each run: `is_used`, steps hit and nothing was imported, so that they were
        built there before; `pulled_again`, it pulled a base that an earlier run had pulled;
        `full_context`, the context came at its whole size; `small_context`, it came at the size of
        no change. Null where the history does not tell.
    """
    return (
        told.join(_pulled_again(facts, steps), on=RUN, how="left")
        .with_columns(
            is_used=(pl.col("hits") > 0) & (pl.col("imports_ok") == 0),
            pulled_again=pl.col("pulled_again").fill_null(value=False),
        )
        .sort("at")
        .with_columns(full_context=_is_full())
        .with_columns(small_context=_is_small())
    )


def _pulled_again(facts: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Runs that pulled a base image which an earlier run of the project had pulled already."""
    base = [PROJECT, Steps.text.name, Steps.platform.name]
    return (
        facts.filter(Facts.kind.col == FactKind.BASE_PULLED)
        .select(RUN, Facts.step_no.name)
        .join(steps, on=[RUN, Steps.step_no.name])
        .select(RUN, "at", *base)
        .with_columns(pulled_again=AT > AT.min().over(base))
        .group_by(RUN)
        .agg(pl.col("pulled_again").any())
    )


def _is_full() -> pl.Expr:
    """The context came at about the size that runs sent which show a fresh builder otherwise.

    Those booted it, pulled a base once more, or pulled one as the first run there is. The size is
    that of the nearest such run, an earlier one first.
    """
    began = pl.col("pulled_line").is_not_null() & (AT.min().over(PROJECT) == AT)
    is_fresh = pl.col(Runs.builder_booted.name).fill_null(value=False) | pl.col("pulled_again")
    shown = pl.when((is_fresh | began) & ~pl.col("is_used")).then("context")
    whole = pl.coalesce(shown.forward_fill().over(PROJECT), shown.backward_fill().over(PROJECT))
    # Where every builder is fresh the smallest is the whole size too: then it says nothing.
    differ = whole > 2 * pl.col("context").min().over(PROJECT)
    return (
        pl.when("is_used")
        .then(pl.lit(value=False))
        .when(differ)
        .then(pl.col("context") >= NEARLY_FULL * whole)
    )


def _is_small() -> pl.Expr:
    """The context came at no more than used builders were sent when all that reads files hit.

    A fresh builder that imports a cache hits as well, and is sent everything.
    """
    is_warm = pl.col("is_used") | ~pl.col("full_context")
    unchanged = pl.col("context").filter(pl.col("all_files_hit") & is_warm)
    return pl.col("context") <= unchanged.max().over(PROJECT)
