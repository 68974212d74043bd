"""When the steps of one run began and ended, and the chain of steps that its time went by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.schedule import scheduled, timed
from cachestats.schema import (
    Cause,
    MissRows,
    Outcome,
    Runs,
    Standing,
    Steps,
    TimelineRows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachestats.analysis.schedule import Timed

__all__ = ["critical_steps", "timeline"]


def timeline(steps: pl.LazyFrame, misses: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Lay the steps of one run out over time.

    Where the log has no times a step begins when all that it waits for has ended: loading and
    imports first, then what it was built on; exports wait for all else, one after the other.

    Args:
        steps: `Steps` of the run.
        misses: `MissRows` of the run.
        runs: `Runs`, of which it is one.

    Returns:
        `TimelineRows`, one row per step that hit or did something, in order of begin, then of
        step. No rows in, no rows out.
    """
    frame = Steps.conform(steps).collect()
    nodes = timed(frame)
    times = scheduled(nodes)
    critical = critical_steps(nodes, times)
    rows = [(no, begin, end, no in critical) for no, (begin, end) in times.items()]
    schema = {
        Steps.step_no.name: pl.Int32,
        TimelineRows.begin_s.name: pl.Float64,
        TimelineRows.end_s.name: pl.Float64,
        TimelineRows.is_critical.name: pl.Boolean,
    }
    standing = MissRows.conform(misses).select(
        Steps.step_no.name,
        pl.when(MissRows.is_root.col)
        .then(pl.lit(Standing.ROOT))
        .otherwise(pl.lit(Standing.CASCADE))
        .cast(pl.Enum(Standing))
        .alias("missed_as"),
        MissRows.root_cause.col.alias(TimelineRows.cause.name),
    )
    of_run = Runs.conform(runs).select(
        Runs.run_id.name,
        Runs.project.name,
        Runs.started_at.col.alias(TimelineRows.run_started_at.name),
    )
    return (
        frame.lazy()
        .join(pl.LazyFrame(rows, schema=schema, orient="row"), on=Steps.step_no.name)
        .join(standing, on=Steps.step_no.name, how="left")
        .join(of_run, on=Steps.run_id.name)
        .filter(Steps.outcome.col != Outcome.NOT_NEEDED)
        .with_columns(
            pl.coalesce(
                "missed_as",
                pl.when(ex.IS_HIT).then(pl.lit(Standing.HIT)).cast(pl.Enum(Standing)),
            ).alias(TimelineRows.standing.name),
            Steps.started_s.col.is_null().alias(TimelineRows.is_estimated.name),
            pl.col(TimelineRows.cause.name).cast(pl.Enum(Cause)),
        )
        .sort(TimelineRows.begin_s.name, Steps.step_no.name)
        .pipe(TimelineRows.conform)
    )


def critical_steps(
    nodes: Sequence[Timed], times: Mapping[int, tuple[float, float]]
) -> frozenset[int]:
    """Find the steps that the run's time went by: from the last to end back to the first.

    Each step waited for the latest to end of all that it was built on; what was built on nothing
    that took time waited for the latest to end before it began.
    """
    by_no = {node.step_no: node for node in nodes}
    working = {no for no, (begin, end) in times.items() if end > begin}
    step = max(working, key=lambda no: (times[no][1], no), default=None)
    path: set[int] = set()
    while step is not None:
        path.add(step)
        begin = times[step][0]
        before = (_above(step, by_no) & working) or {no for no in working if times[no][1] <= begin}
        step = max(before - path, key=lambda no: (times[no][1], no), default=None)
    return frozenset(path)


def _above(step: int, by_no: Mapping[int, Timed]) -> set[int]:
    """All that a step was built on, directly or not."""
    found: set[int] = set()
    front = [step]
    while front:
        parents = [p for p in by_no[front.pop()].parents if p in by_no and p not in found]
        found.update(parents)
        front += parents
    return found - {step}
