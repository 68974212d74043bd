"""The tables that only the weekly report and the budgets meet."""

from __future__ import annotations

import polars as pl

from cachestats.schema.table import TIME, Column, Table
from cachestats.schema.values import Cause

__all__ = ["ChangeRows", "RootRows", "WallRows", "WeekRows"]


class WeekRows(Table):
    """One row per project and week with runs: sums that ratios are made of."""

    project = Column(pl.String, "project", nullable=True)
    since_at = Column(TIME, "Monday, 0:00, with which the week begins")
    runs = Column(pl.Int64, "runs started in it")
    failed_runs = Column(pl.Int64, "of these, runs that failed")
    hits = Column(pl.Int64, "instruction steps that came from the cache")
    hits_without_baseline = Column(pl.Int64, "of these, hits whose saving is not known")
    misses = Column(pl.Int64, "instruction steps that were executed")
    unknown_misses = Column(pl.Int64, "of these, misses whose cause is not known")
    saved_s = Column(pl.Float64, "time saved by hits of layers with a baseline", unit="s")
    cost_s = Column(pl.Float64, "time executed by misses", unit="s")
    unknown_s = Column(pl.Float64, "of this, time of misses whose cause is not known", unit="s")
    structural_s = Column(pl.Float64, "of this, time of structural misses", unit="s")
    avoidable_s = Column(pl.Float64, "of this, time of avoidable misses", unit="s")
    waste_s = Column(pl.Float64, "structural_s + avoidable_s", unit="s")
    cached_steps = Column(pl.Int64, "steps of every kind that are printed as cached")
    steps = Column(pl.Int64, "steps of every kind")


class RootRows(Table):
    """One row per layer that caused waste: all that is charged to it."""

    project = Column(pl.String, "project", nullable=True)
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    layer_id = Column(pl.String, "layer, as `layers` names it")
    text = Column(pl.String, "its text in the newest run")
    cause = Column(pl.Enum(Cause), "cause that most of the waste is of")
    cause_ratio = Column(pl.Float64, "part of the waste that is of it")
    misses = Column(pl.Int64, "wasteful misses charged to it, its own included")
    runs = Column(pl.Int64, "runs in which these happened")
    waste_s = Column(pl.Float64, "what they cost", unit="s")


class ChangeRows(Table):
    """One row per layer that wastes more per run than before, and since when."""

    project = Column(pl.String, "project", nullable=True)
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    layer_id = Column(pl.String, "layer, as `layers` names it")
    text = Column(pl.String, "its text in the newest run")
    cause = Column(pl.Enum(Cause), "cause that most of its new waste is of")
    runs = Column(pl.Int64, "runs of its project in the week")
    before_runs = Column(pl.Int64, "runs of its project before")
    per_run_s = Column(pl.Float64, "waste that it caused per run of its project", unit="s")
    before_per_run_s = Column(pl.Float64, "the same before", unit="s")
    added_s = Column(
        pl.Float64, "how much more it wasted in the week than at the old rate", unit="s"
    )
    first_run_id = Column(pl.String, "first run of the week above the old rate")
    first_started_at = Column(TIME, "start of that run")
    first_branch = Column(pl.String, "branch that it built", nullable=True)
    first_commit = Column(pl.String, "commit that it built", nullable=True)


class WallRows(Table):
    """One row per run with waste: the wall time that it could have done without."""

    run_id = Column(pl.String, "run")
    waste_s = Column(pl.Float64, "cost of its structural and avoidable misses", unit="s")
    low_s = Column(pl.Float64, "least wall time that this was", unit="s")
    mid_s = Column(pl.Float64, "expected wall time", unit="s")
    high_s = Column(pl.Float64, "most wall time", unit="s")
