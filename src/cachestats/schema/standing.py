"""Tables that say what layers and steps were in single runs."""

from __future__ import annotations

import polars as pl

from cachestats.schema.table import TIME, Column, Table
from cachestats.schema.values import Cause, Outcome, Standing, StepKind

__all__ = ["CellRows", "DiffRows", "RecentRows", "TimelineRows"]


class CellRows(Table):
    """One row per layer and run of its project: what the layer was in the run."""

    run_id = Column(pl.String, "run")
    project = Column(pl.String, "project", nullable=True)
    started_at = Column(TIME, "start of the run", nullable=True)
    commit = Column(pl.String, "commit that was built", nullable=True)
    layer_id = Column(pl.String, "layer, as `layers` names it")
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    index = Column(pl.Int32, "place in the stage, of the newest run", nullable=True)
    text = Column(pl.String, "instruction text of the newest run")
    standing = Column(pl.Enum(Standing), "hit, root miss, cascade or not reached")
    cause = Column(
        pl.Enum(Cause), "cause of the miss, of a cascade that of its root", nullable=True
    )
    cost_s = Column(pl.Float64, "time it took to execute; 0 for a hit", unit="s")


class DiffRows(Table):
    """One row per layer of two runs: what it was in each."""

    layer_id = Column(pl.String, "layer, as `layers` names it")
    target = Column(pl.String, "bake target", nullable=True)
    platform = Column(pl.String, "platform", nullable=True)
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    text = Column(pl.String, "instruction text, of the second run if it has the layer")
    first = Column(pl.Enum(Standing), "what it was in the first run")
    second = Column(pl.Enum(Standing), "what it was in the second run")
    first_s = Column(
        pl.Float64,
        "time it took to execute in the first run, 0 for a hit; null if not reached",
        unit="s",
        nullable=True,
    )
    second_s = Column(pl.Float64, "the same in the second run", unit="s", nullable=True)
    first_cause = Column(
        pl.Enum(Cause), "root cause of its miss in the first run; null if none", nullable=True
    )
    second_cause = Column(pl.Enum(Cause), "the same in the second run", nullable=True)
    cause = Column(
        pl.Enum(Cause), "why it missed in the second run, else in the first", nullable=True
    )
    root_cause = Column(pl.Enum(Cause), "cause of the root of that miss", nullable=True)
    reason = Column(pl.String, "the same in a sentence", nullable=True)


class RecentRows(Table):
    """One row per layer: what it did in the last runs that reached it."""

    layer_id = Column(pl.String, "layer, as `layers` names it")
    hits = Column(pl.List(pl.Boolean), "whether it hit, oldest of these runs first")


class TimelineRows(Table):
    """One row per step of one run that did something, in the order in which they began."""

    run_id = Column(pl.String, "the run")
    project = Column(pl.String, "its project", nullable=True)
    run_started_at = Column(TIME, "its start", nullable=True)
    step_no = Column(pl.Int32, "step of the run")
    name = Column(pl.String, "vertex name as printed", nullable=True)
    kind = Column(pl.Enum(StepKind), "what the step does")
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    outcome = Column(pl.Enum(Outcome), "how it ended")
    standing = Column(
        pl.Enum(Standing), "null unless an instruction that was reached", nullable=True
    )
    cause = Column(pl.Enum(Cause), "cause of a miss, of a cascade that of its root", nullable=True)
    begin_s = Column(pl.Float64, "start since the run's start", unit="s")
    end_s = Column(pl.Float64, "end since the run's start", unit="s")
    is_estimated = Column(
        pl.Boolean, "whether the start is not printed but follows from the steps it waits for"
    )
    is_critical = Column(pl.Boolean, "whether it lies on the critical path")
