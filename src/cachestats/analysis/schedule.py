"""What the steps of a run wait for, and so when they begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.causes.graph import IS_FROM, plain_parents
from cachestats.reads import LOADS_CONTEXT, LOADS_METADATA, reads_context
from cachestats.schema import Runs, StepKind, Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["EXPORTS", "Schedule", "Timed", "scheduled", "timed", "timed_runs"]

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
        parents: Steps it was built on, and the context where it reads that.
        is_metadata: It loads the metadata of an image, beside that of others.
        is_context: It loads the build context, beside the stages.
    """

    step_no: int
    seconds: float
    kind: StepKind
    begin: float | None
    parents: tuple[int, ...]
    is_metadata: bool = False
    is_context: bool = False


def timed(steps: pl.DataFrame) -> list[Timed]:
    """Give each step of a run its time and what it was built on, in order of step.

    Args:
        steps: `Steps` of one run.
    """
    return next(iter(timed_runs(steps).values()), [])


def timed_runs(steps: pl.DataFrame) -> dict[str, list[Timed]]:
    """Do the same for the runs of one project, by run.

    Args:
        steps: `Steps` of these runs.
    """
    parents: dict[tuple[str, int], list[int]] = {}
    for run, child, parent in dict.fromkeys([*_parents(steps), *_context_parents(steps)]):
        parents.setdefault((run, child), []).append(parent)
    columns = (
        *STEP,
        pl.coalesce(Steps.duration_s.col, Steps.restore_s.col).fill_null(0.0),
        Steps.kind.col.cast(pl.String),
        Steps.started_s.col,
        LOADS_METADATA.fill_null(value=False).alias("is_metadata"),
        LOADS_CONTEXT.fill_null(value=False).alias("is_context"),
    )
    found: dict[str, list[Timed]] = {}
    for run, no, seconds, kind, begin, *loads in steps.sort(STEP).select(columns).iter_rows():
        built_on = tuple(parents.get((run, no), ()))
        found.setdefault(run, []).append(
            Timed(no, seconds, StepKind(kind), begin, built_on, *loads)
        )
    return found


def _context_parents(steps: pl.DataFrame) -> Iterable[tuple[str, int, int]]:
    contexts = steps.filter(LOADS_CONTEXT).select(Steps.run_id.name, parent=Steps.step_no.col)
    reading = steps.filter(ex.IS_LAYER & reads_context()).select(STEP)
    return reading.join(contexts, on=Steps.run_id.name).iter_rows()


def _parents(steps: pl.DataFrame) -> Iterable[tuple[str, int, int]]:
    """Find the run, the step, and a step that it was built on, for all such pairs."""
    has_graph = (Steps.inputs.col.list.len() > 0).any().over(Steps.run_id.name)
    graphed = steps.filter(has_graph)
    plain = steps.join(graphed.select(Steps.run_id.name), on=Steps.run_id.name, how="anti")
    placed = plain.filter(ex.IS_LAYER | IS_FROM).with_columns(
        pl.lit(None, pl.String).alias(Runs.project.name), is_miss=ex.IS_MISS, is_hit=ex.IS_HIT
    )
    told = plain_parents(placed).select(*STEP, "parent").iter_rows()
    return (*_by_digest(graphed), *told)


def _by_digest(steps: pl.DataFrame) -> Iterable[tuple[str, int, int]]:
    step_of: dict[tuple[str, str], int] = {}
    inputs: list[tuple[str, int, str]] = []
    columns = (*STEP, *(c.name for c in (Steps.digest, Steps.inputs, Steps.members)))
    for run, no, digest, reads, members in steps.select(columns).iter_rows():
        for vertex in [{"digest": digest, "inputs": reads}, *(members or ())]:
            step_of[run, vertex["digest"]] = no
            inputs += [(run, no, read) for read in vertex["inputs"] or ()]
    found = ((run, no, step_of.get((run, read))) for run, no, read in inputs)
    return dict.fromkeys(
        (run, no, parent) for run, no, parent in found if parent is not None and parent != no
    )


def scheduled(nodes: Sequence[Timed]) -> dict[int, tuple[float, float]]:
    """Say when each step began and ended.

    Args:
        nodes: Steps of one run.

    Returns:
        Begin and end of each step in seconds since the run's start: as the log tells, else as
        `Schedule` has it.
    """
    return Schedule(nodes).placed()


class Schedule:
    """What waits for what in one run: loading and imports, then each step for those it is built on.

    Metadata of images is loaded side by side, then caches are, and the context beside the stages.
    Exports wait for all else, one after the other; so does what is loaded after the first of them.
    """

    def __init__(self, nodes: Sequence[Timed]) -> None:
        exporting = min((n.step_no for n in nodes if n.kind in EXPORTS), default=None)
        loading = [n for n in nodes if n.kind in LOADING and not n.is_context]
        early = [n for n in loading if exporting is None or n.step_no < exporting]
        self._early = [n for n in early if not n.is_metadata]
        imports = [n for n in nodes if n.kind == StepKind.CACHE_IMPORT]
        self._beside = [n for n in early if n.is_metadata], imports
        self._late = [n for n in nodes if n.kind in EXPORTS or (n in loading and n not in early)]
        apart = {n.step_no for n in (*early, *imports, *self._late)}
        self._built = [n for n in _in_order(nodes) if n.step_no not in apart]

    def placed(self) -> dict[int, tuple[float, float]]:
        """Begin and end of each step, where the log tells of a begin by that."""
        times: dict[int, tuple[float, float]] = {}

        def place(node: Timed, ready: float) -> float:
            begin = ready if node.begin is None else node.begin
            times[node.step_no] = (begin, begin + node.seconds)
            return begin + node.seconds

        clock = 0.0
        for node in self._early:
            clock = max(clock, place(node, clock))
        for group in self._beside:
            clock = max([clock, *[place(node, clock) for node in group]])
        for node in self._built:
            place(node, max([clock, *(times[p][1] for p in node.parents if p in times)]))
        end = max((end for _, end in times.values()), default=0.0)
        for node in self._late:
            end = max(end, place(node, end))
        return times

    def length(self, seconds: Mapping[int, float]) -> float:
        """Wall time of the run timed anew, whatever its log says of beginnings.

        Args:
            seconds: Other times for some of its steps.
        """

        def took(node: Timed) -> float:
            return seconds.get(node.step_no, node.seconds)

        ready = sum(map(took, self._early))
        ready += sum(max(map(took, group), default=0.0) for group in self._beside)
        last = ready
        ends: dict[int, float] = {}
        for node in self._built:
            begin = ready
            for parent in node.parents:
                begin = max(begin, ends.get(parent, 0.0))
            ends[node.step_no] = begin + took(node)
            last = max(last, begin + took(node))
        return last + sum(map(took, self._late))


def _in_order(nodes: Sequence[Timed]) -> Iterable[Timed]:
    """Parents first; of two that are each other's parent, the one that comes first."""
    by_no = {node.step_no: node for node in nodes}
    done: dict[int, Timed] = {}
    for node in nodes:
        stack = [node]
        waiting_for = {node.step_no}
        while stack:
            top = stack[-1]
            waiting = next(
                (p for p in top.parents if p in by_no and p not in done and p not in waiting_for),
                None,
            )
            if waiting is None:
                done.setdefault(stack.pop().step_no, top)
            else:
                stack.append(by_no[waiting])
                waiting_for.add(waiting)
    return done.values()
