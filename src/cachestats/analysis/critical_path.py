"""When the steps of one run began and ended, and the chain of steps that its time went by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.causes.graph import IS_FROM, plain_parents
from cachestats.schema import (
    Cause,
    MissRows,
    Outcome,
    Runs,
    Standing,
    StepKind,
    Steps,
    TimelineRows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Timed", "critical_steps", "scheduled", "step_parents", "timed", "timeline"]

LOADING = (StepKind.INTERNAL, StepKind.SOURCE, StepKind.AUTH, StepKind.OTHER)
EXPORTS = (StepKind.EXPORT, StepKind.CACHE_EXPORT)
STEP = (Steps.run_id.name, Steps.step_no.name)


@dataclass(frozen=True, slots=True)
class Timed:
    """A step with its time and what it waits for.

    Attributes:
        step_no: Step of the run.
        seconds: Time it worked; for a hit, time to pull and unpack it.
        kind: What it does.
        begin: When it began, seconds since the run's start; None if the log does not tell.
        parents: Steps it was built on.
    """

    step_no: int
    seconds: float
    kind: StepKind
    begin: float | None
    parents: tuple[int, ...]


def timeline(
    steps: pl.LazyFrame, misses: pl.LazyFrame, *, bases: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """Lay the steps of one run out over time.

    Where the log has no times a step begins when all that it waits for has ended: loading and
    imports first, then what it was built on; exports wait for all else, one after the other.

    Args:
        steps: `Steps` of the run.
        misses: `MissRows` of the run.
        bases: project, stage and base stage, where a Dockerfile tells.

    Returns:
        `TimelineRows`, one row per step that hit or did something, in order of begin, then of
        step. No rows in, no rows out.
    """
    frame = Steps.conform(steps).collect()
    nodes = timed(frame, None if bases is None else bases.collect())
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
    return (
        frame.lazy()
        .join(pl.LazyFrame(rows, schema=schema, orient="row"), on=Steps.step_no.name)
        .join(standing, on=Steps.step_no.name, how="left")
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


def timed(steps: pl.DataFrame, bases: pl.DataFrame | None = None) -> list[Timed]:
    """Give each step of a run its time and what it was built on, in order of step.

    Args:
        steps: `Steps` of one run.
        bases: project, stage and base stage, where a Dockerfile tells.
    """
    parents: dict[int, list[int]] = {}
    for child, parent in step_parents(steps, bases):
        parents.setdefault(child, []).append(parent)
    columns = (
        Steps.step_no.col,
        pl.coalesce(Steps.duration_s.col, Steps.restore_s.col).fill_null(0.0),
        Steps.kind.col.cast(pl.String),
        Steps.started_s.col,
    )
    return [
        Timed(no, seconds, StepKind(kind), begin, tuple(parents.get(no, ())))
        for no, seconds, kind, begin in steps.sort(Steps.step_no.name).select(columns).iter_rows()
    ]


def step_parents(
    steps: pl.DataFrame, bases: pl.DataFrame | None = None
) -> Iterable[tuple[int, int]]:
    """Find pairs of a step and one that it was built on, in one run."""
    if (steps[Steps.inputs.name].list.len() > 0).any():
        return _by_digest(steps)
    placed = steps.filter(ex.IS_LAYER | IS_FROM).with_columns(
        pl.lit(None, pl.String).alias(Runs.project.name), is_miss=ex.IS_MISS, is_hit=ex.IS_HIT
    )
    found = plain_parents(placed, None if bases is None else bases)
    return found.select(Steps.step_no.name, "parent").iter_rows()


def _by_digest(steps: pl.DataFrame) -> Iterable[tuple[int, int]]:
    step_of: dict[str, int] = {}
    inputs: list[tuple[int, str]] = []
    columns = (Steps.step_no, Steps.digest, Steps.inputs, Steps.members)
    for no, digest, reads, members in steps.select(c.name for c in columns).iter_rows():
        for vertex in [{"digest": digest, "inputs": reads}, *(members or ())]:
            step_of[vertex["digest"]] = no
            inputs += [(no, read) for read in vertex["inputs"] or ()]
    pairs = ((no, step_of.get(read)) for no, read in inputs)
    return dict.fromkeys((no, parent) for no, parent in pairs if parent not in (None, no))


def scheduled(
    nodes: Sequence[Timed], seconds: Mapping[int, float] | None = None
) -> dict[int, tuple[float, float]]:
    """Say when each step begins and ends.

    Args:
        nodes: Steps of one run.
        seconds: Other times for some steps: the run is then timed anew, by what waits for what,
            whatever its log says of beginnings.

    Returns:
        Begin and end of each step in seconds since the run's start.
    """
    anew = seconds is not None
    times: dict[int, tuple[float, float]] = {}
    by_no = {node.step_no: node for node in nodes}
    exporting = min((n.step_no for n in nodes if n.kind in EXPORTS), default=None)
    early = [n for n in nodes if n.kind in LOADING and (exporting is None or n.step_no < exporting)]
    imports = [n for n in nodes if n.kind == StepKind.CACHE_IMPORT]
    late = [n for n in nodes if n.kind in EXPORTS or (n.kind in LOADING and n not in early)]

    def took(node: Timed) -> float:
        return (seconds or {}).get(node.step_no, node.seconds)

    def place(node: Timed, ready: float) -> float:
        begin = ready if anew or node.begin is None else node.begin
        times[node.step_no] = (begin, begin + took(node))
        return begin + took(node)

    clock = 0.0
    for node in early:
        clock = max(clock, place(node, clock))
    clock = max([clock, *(place(node, clock) for node in imports)])
    for node in _in_order(nodes, by_no):
        if node.step_no not in times and node not in late:
            place(node, max([clock, *(times[p][1] for p in node.parents if p in times)]))
    end = max((end for _, end in times.values()), default=0.0)
    for node in late:
        end = max(end, place(node, end))
    return times


def _in_order(nodes: Sequence[Timed], by_no: Mapping[int, Timed]) -> Iterable[Timed]:
    """Parents first; of two that are each other's parent, the one that comes first."""
    done: dict[int, Timed] = {}
    for node in nodes:
        stack = [node]
        while stack:
            top = stack[-1]
            waiting = [
                by_no[p]
                for p in top.parents
                if p in by_no and p not in done and by_no[p] not in stack
            ]
            if waiting:
                stack.append(waiting[0])
            else:
                done.setdefault(stack.pop().step_no, top)
    return done.values()


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
