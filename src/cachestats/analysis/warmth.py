"""Which runs show that their builder had a cache of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.schema import FactKind, Facts, Instruction, Runs, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["warm_runs"]

PULLS: Sequence[FactKind] = (FactKind.BASE_PULLED, FactKind.LAYER_PULLED)
CONTEXT = pl.col("context")
STEP = (Steps.run_id.name, Steps.step_no.name)
WHOLE_CONTEXT = 0.8  # a fresh builder is sent all of it; its size moves a little with every edit
NEIGHBOURS = 20


def warm_runs(steps: pl.LazyFrame, runs: pl.LazyFrame, facts: pl.LazyFrame) -> pl.LazyFrame:
    """Find the runs whose hits may come from the builder itself, and not from a remote cache.

    A run that boots its builder begins with nothing. Of the others, a run shows a warm builder

    - by executing a RUN though nothing was pulled: what it stands on was there already;
    - by taking clearly less context than the most that the project's 20 runs before and after it
      took, and pulling none of what it hit: a builder that was sent a context before asks for what
      has changed, and has what it built.

    What shows neither is taken for fresh: so is a warm builder whose every hit is wanted no
    further, in a project that has no fresh builder and sends the same context each time.

    Args:
        steps: `Steps`.
        runs: `Runs`.
        facts: `Facts`.

    Returns:
        `run_id` of these runs, in order.
    """
    executed = steps.group_by(Steps.run_id.name).agg(
        executes=(ex.IS_MISS & (Steps.instruction.col == Instruction.RUN)).any()
    )
    told = facts.group_by(Facts.run_id.name).agg(
        pulls=Facts.kind.col.is_in(list(PULLS)).any(),
        context=Facts.value.col.filter(Facts.kind.col == FactKind.CONTEXT_BYTES).max(),
    )
    pulled = facts.filter(Facts.kind.col == FactKind.LAYER_PULLED).select(STEP)
    restored = (
        steps.filter(ex.IS_HIT)
        .join(pulled, on=STEP, how="semi")
        .select(Runs.run_id.name, restores=pl.lit(value=True))
        .unique()
    )
    whole = CONTEXT.rolling_max(2 * NEIGHBOURS + 1, min_samples=1, center=True)
    needed_no_pull = pl.col("executes") & ~pl.col("pulls").fill_null(value=False)
    got_a_part = CONTEXT < WHOLE_CONTEXT * whole.over(Runs.project.name)
    had_all = got_a_part & pl.col("restores").is_null()
    return (
        runs.sort(ex.RUN_ORDER)
        .join(executed, on=Runs.run_id.name, how="left", maintain_order="left")
        .join(told, on=Runs.run_id.name, how="left", maintain_order="left")
        .join(restored, on=Runs.run_id.name, how="left", maintain_order="left")
        .with_columns(is_warm=(needed_no_pull | had_all) & ~Runs.builder_booted.col)
        .filter("is_warm")
        .select(Runs.run_id.name)
        .sort(Runs.run_id.name)
    )
