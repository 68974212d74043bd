"""Named expressions over `Steps` and `Runs`; analyses are built from these."""

from __future__ import annotations

import polars as pl

from cachestats.schema import (
    CachedAs,
    Instruction,
    MissClass,
    MissRows,
    Outcome,
    Runs,
    StepKind,
    Steps,
)

LAYER_INSTRUCTIONS = [Instruction.RUN, Instruction.COPY, Instruction.ADD, Instruction.WORKDIR]

IS_LAYER = (Steps.kind.col == StepKind.INSTRUCTION) & Steps.instruction.col.is_in(
    LAYER_INSTRUCTIONS
)
IS_HIT = (
    IS_LAYER & (Steps.outcome.col == Outcome.CACHED) & (Steps.cached_as.col == CachedAs.HIT)
).fill_null(value=False)
IS_MISS = (IS_LAYER & Steps.outcome.col.is_in([Outcome.DONE, Outcome.FAILED])).fill_null(
    value=False
)
REACHED = IS_HIT | IS_MISS

# A failed execution stopped early, so it says nothing about what a full one takes.
EXECUTED_S = Steps.duration_s.col.filter(IS_MISS & (Steps.outcome.col == Outcome.DONE)).drop_nulls()

COST_S = Steps.duration_s.col.filter(IS_MISS).sum()
RESTORE_S = Steps.restore_s.col.filter(IS_HIT).sum()
HITS = IS_HIT.sum().cast(pl.Int64)
MISSES = IS_MISS.sum().cast(pl.Int64)

# Work that a better Dockerfile or a working cache would not do. Unknown causes are no waste.
IS_WASTE = MissRows.class_.col.is_in([MissClass.STRUCTURAL, MissClass.AVOIDABLE])

# `build-9.log` comes before `build-10.log`: digits are padded to one width.
SOURCE_ORDER = Runs.source.col.str.replace_all(r"\d+", "00000000000000000000$0").str.replace_all(
    r"\d*(\d{20})", "$1"
)
MICRO = 6  # digits behind the point
RUN_ORDER = (Runs.started_at.col, SOURCE_ORDER, Runs.run_id.col)


def total(seconds: pl.Expr) -> pl.Expr:
    """Sum times, to the microsecond: threads sum in any order, which the last digits show."""
    return seconds.sum().round(MICRO)


def shortened(text: pl.Expr, width: int = 60) -> pl.Expr:
    """Cut what is longer than so many characters, and show that it was."""
    return (
        pl.when(text.str.len_chars() > width).then(text.str.head(width - 1) + "…").otherwise(text)
    )
