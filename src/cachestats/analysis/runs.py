"""The runs of a store, newest first, and the one that a person means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.errors import UsageError
from cachestats.schema import LayerRows, Runs, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LATEST", "find_run", "newest_runs"]

LATEST = "latest"
NAMED_AT_MOST = 5


def newest_runs(runs: pl.LazyFrame, steps: pl.LazyFrame) -> pl.LazyFrame:
    """List runs, newest first, with what their instruction steps found in the cache.

    Args:
        runs: `Runs`, one row per run.
        steps: `Steps`, one row per step; those of other runs are left out.

    Returns:
        `Runs` with three columns more: `hits`, `misses`, and `cost_s`, the seconds that the
        misses took. A run without such steps has 0 of each. Runs without a start come last.
    """
    counts = steps.group_by(Steps.run_id.name).agg(
        ex.HITS.alias(LayerRows.hits.name),
        ex.MISSES.alias(LayerRows.misses.name),
        ex.COST_S.alias(LayerRows.cost_s.name),
    )
    return (
        runs.join(counts, on=Runs.run_id.name, how="left")
        .with_columns(
            pl.col(LayerRows.hits.name, LayerRows.misses.name, LayerRows.cost_s.name).fill_null(0)
        )
        .sort(ex.RUN_ORDER, descending=True, nulls_last=True)
    )


def find_run(runs: pl.LazyFrame, wanted: str) -> pl.LazyFrame:
    """Find the run that a person names.

    Args:
        runs: `Runs` to look in.
        wanted: A run id, the beginning of one, or `latest`.

    Returns:
        `Runs`, the one row; no row if there are no runs at all.

    Raises:
        UsageError: No run, or more than one, begins with `wanted`.
    """
    newest_first = runs.sort(ex.RUN_ORDER, descending=True, nulls_last=True)
    ids = newest_first.select(Runs.run_id.name).collect().to_series().to_list()
    if ids and wanted != LATEST:
        ids = [_only([run_id for run_id in ids if run_id.startswith(wanted)], wanted)]
    return runs.filter(Runs.run_id.col.is_in(ids[:1]))


def _only(matches: Sequence[str], wanted: str) -> str:
    if wanted in matches:
        return wanted
    if not matches:
        message = f"no run {wanted!r}: `cachestats runs` lists them"
        raise UsageError(message)
    if len(matches) > 1:
        some = ", ".join(matches[:NAMED_AT_MOST]) + (", …" if matches[NAMED_AT_MOST:] else "")
        message = f"{len(matches)} runs begin with {wanted!r}: {some}"
        raise UsageError(message)
    return matches[0]
