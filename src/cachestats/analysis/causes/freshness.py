"""Whether the builder of a run was fresh or had been used before."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.graph import IS_FROM, STAGE
from cachestats.schema import FactKind, Facts, Runs, StepKind, Steps

__all__ = ["with_freshness"]

RUN = Runs.run_id.name
STEP = (RUN, Steps.step_no.name)
AT = pl.col("at")
PROJECT = Runs.project.name
PULLED = pl.col("pulled")
# The same files are sent as long as the same instructions read them.
READERS = (PROJECT, "readers")

# A fresh builder is sent the whole context, whose size moves a little with every edit. Between
# the two, the Dockerfile may have begun to read less of it.
NEARLY_FULL, HALF = 0.8, 0.5


def with_freshness(told: pl.DataFrame, facts: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Add to what each run tells whether its builder was fresh, as far as the run itself shows.

    Args:
        told: One row per run, by `at`, with `hits`, `imports_ok`, `context`, `all_files_hit`, and
            whether the builder was booted and pulled a base.
        facts: `Facts` of these runs.
        steps: `Steps` of every kind with `is_miss`.

    Returns:
        `told` with, of each run: `is_used`, steps hit and nothing was imported, so that they were
        built there before; `had_base`, a step was executed on a base that was not pulled;
        `pulled_again`, it pulled a base that an earlier run had pulled, although none had imported
        a cache, whose hits stand on bases that were never pulled; `full_context`, the context came
        at its whole size; `small_context`, it came at the size of no change. Null where the
        history does not tell.
    """
    return (
        told.join(_of_bases(facts, steps), on=RUN, how="left")
        .sort("at")
        .with_columns(
            is_used=(pl.col("hits") > 0) & (pl.col("imports_ok") == 0),
            had_base=pl.col("had_base").fill_null(value=False) & _shows_pulls(),
            pulled_again=pl.col("pulled_again").fill_null(value=False) & ~_has_imported(),
        )
        .with_columns(full_context=_is_full())
        .with_columns(small_context=_is_small())
    )


def _shows_pulls() -> pl.Expr:
    """Whether logs of the project show pulls, so that one without did not pull."""
    return pl.col("pulled_line").is_not_null().any().over(PROJECT)


def _has_imported() -> pl.Expr:
    """Whether an earlier run of the project imported a cache."""
    imported = (pl.col("imports_ok") > 0).cast(pl.Int32).cum_sum().shift(1).over(PROJECT)
    return imported.fill_null(0) > 0


def _of_bases(facts: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Per run, whether it executed a step on a base that was there, and pulled one once more."""
    pulls = facts.filter(Facts.kind.col == FactKind.BASE_PULLED).select(STEP).unique()
    base = (PROJECT, Steps.text.name, Steps.platform.name)
    return (
        steps.filter(Steps.kind.col.is_in([StepKind.INSTRUCTION, StepKind.FROM]))
        .join(pulls.with_columns(pulled=pl.lit(value=True)), on=STEP, how="left")
        .sort(*STAGE, Steps.index.name, Steps.step_no.name)
        .with_columns(
            PULLED.fill_null(value=False), executed=pl.col("is_miss").shift(-1).over(STAGE)
        )
        .filter(IS_FROM)
        .with_columns(first_at=AT.filter(PULLED).min().over(base))
        .group_by(RUN)
        .agg(
            had_base=(pl.col("executed") & ~PULLED).any(),
            pulled_again=(PULLED & (AT > pl.col("first_at"))).any(),
        )
    )


def _is_full() -> pl.Expr:
    """The context came at about the size that runs sent which show a fresh builder otherwise.

    Those booted it, pulled a base once more, or pulled one as the first run there is. The size is
    that of the nearest such run, an earlier one first.
    """
    began = pl.col("pulled_line").is_not_null() & (AT.min().over(PROJECT) == AT)
    is_fresh = pl.col(Runs.builder_booted.name).fill_null(value=False) | pl.col("pulled_again")
    shown = pl.when((is_fresh | began) & ~pl.col("is_used")).then("context")
    whole = pl.coalesce(shown.forward_fill().over(READERS), shown.backward_fill().over(READERS))
    context = pl.col("context")
    # Where every builder is fresh the smallest is the whole size too: then it says nothing.
    differ = whole > 2 * context.min().over(READERS)
    # Files that an instruction reads for the first time are sent to a used builder too.
    read_before = AT > AT.min().over(READERS)
    return (
        pl.when(pl.col("is_used") | (differ & (context < HALF * whole)))
        .then(pl.lit(value=False))
        .when(differ & read_before & (context >= NEARLY_FULL * whole))
        .then(pl.lit(value=True))
    )


def _is_small() -> pl.Expr:
    """The context came at no more than used builders were sent when all that reads files hit.

    A fresh builder that imports a cache hits as well, and is sent everything.
    """
    is_warm = pl.col("is_used") | ~pl.col("full_context")
    unchanged = pl.col("context").filter(pl.col("all_files_hit") & is_warm)
    return pl.col("context") <= unchanged.max().over(READERS)
