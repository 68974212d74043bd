"""The plan: what to change, and what it would have saved on the runs that really were."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from cachestats.advice.context import context_suggestion
from cachestats.advice.dockerfile import EditKind, parse
from cachestats.advice.document import (
    Advice,
    AdviceWindow,
    Combined,
    SuggestionKind,
)
from cachestats.advice.job import CURES, job_suggestions, ledger_suggestions
from cachestats.advice.plan import planned, saving
from cachestats.advice.record import Tables, record
from cachestats.advice.scopes import scope_suggestions, shared_refs, shared_scopes
from cachestats.advice.spread import Range
from cachestats.schema import Runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import polars as pl

    from cachestats.advice.dockerfile import Dockerfile, Rewritten
    from cachestats.advice.document import Suggestion
    from cachestats.advice.plan import Plan
    from cachestats.schema import Cause

__all__ = ["WINDOW", "Tables", "advised", "in_window"]

RUN = Runs.run_id.name
WINDOW = timedelta(days=28)
ALL = frozenset(SuggestionKind)


def in_window(runs: pl.LazyFrame) -> pl.LazyFrame:
    """Keep the runs of the last 28 days that hold runs; runs without a start only if none has one.

    Args:
        runs: `Runs`.
    """
    start = Runs.started_at.col
    return runs.filter((start > start.max() - WINDOW) | start.max().is_null())


def advised(
    tables: Tables,
    *,
    dockerfile: str | None = None,
    path: str = "Dockerfile",
    kinds: frozenset[SuggestionKind] = ALL,
    refs: Mapping[str, Sequence[str]] | None = None,
) -> Advice:
    """Say what to change and what it would have saved, most wall time first.

    The recorded runs are replayed under each change and under all together. Savings are ranges:
    what the logs leave open is set against the change in `low` and for it in `high`.

    Args:
        tables: The runs to learn from, and what is known of them.
        dockerfile: Text of the Dockerfile that they were built from, at its newest. It is taken
            to be that of the project most of whose layers it has, and the plan is for that alone.
        path: Its name in the diff.
        kinds: Which suggestions to make.
        refs: As `shared_refs` gives them, where `tables` hold not all projects.

    Returns:
        The plan; without suggestions if nothing would have saved time, or there are no runs.

    Raises:
        UsageError: The text is no Dockerfile.
    """
    file = None if dockerfile is None else parse(dockerfile, path=path)
    shared = shared_refs(tables.cache_io, tables.runs) if refs is None else refs
    plans = _plans(tables, file)
    parts = [_of_project(plan, tables, kinds, shared) for plan in plans]
    # With a Dockerfile there is one plan at most, and what is of other projects is not asked for.
    asked = tables.of(plans[0].history.project) if plans and file else tables
    caches = _apart(_dropped(asked, kinds) if plans or file is None else ())
    machine, wall = caches.machine, caches.wall
    for part in parts:
        machine, wall = machine.plus(part.machine), wall.plus(part.wall)
    found = [one for part in (*parts, caches) for one in part.suggestions]
    made = parts[0].made if parts and file else None
    starts = asked.runs[Runs.started_at.name].drop_nulls().sort().to_list()
    return Advice(
        window=AdviceWindow(
            since=starts[0] if starts else None,
            until=starts[-1] if starts else None,
            runs=asked.runs.height,
        ),
        suggestions=tuple(sorted(found, key=lambda one: (-one.wall_s.mid, one.id))),
        combined=Combined(machine_s=saving(machine), wall_s=saving(wall)),
        dockerfile=made.text if made else None,
        diff=plans[0].diff(made, path) if made else None,
    )


class _Part(NamedTuple):
    """Suggestions, and what all of them together would have saved.

    Attributes:
        suggestions: The suggestions.
        machine: Seconds of machine time.
        wall: Seconds of wall time.
        made: The edits of a Dockerfile that they name.
    """

    suggestions: tuple[Suggestion, ...]
    machine: Range
    wall: Range
    made: Rewritten | None = None


def _of_project(
    plan: Plan,
    tables: Tables,
    kinds: frozenset[SuggestionKind],
    refs: Mapping[str, Sequence[str]],
) -> _Part:
    project = plan.history.project
    edits = plan.chosen(frozenset(kind for kind in EditKind if SuggestionKind(kind) in kinds))
    jobs = tuple(job_suggestions(plan, kinds))
    shared = shared_scopes(plan, refs) if SuggestionKind.CACHE_SCOPE in kinds else []
    scopes = tuple(scope_suggestions(plan, shared))
    machine, wall = plan.saved(
        edits.made,
        frozenset(cause for one in jobs for cause in CURES[one.kind].causes),
        _united(scope.cured_in for scope, _ in scopes),
        drops_caches=any(one.project == project for one in _dropped(tables, kinds)),
    )
    context = context_suggestion(tables, project) if SuggestionKind.DOCKERIGNORE in kinds else None
    apart = _apart([context] if context else ())
    return _Part(
        (
            *edits.suggestions,
            *jobs,
            *(one for _, one in scopes),
            *apart.suggestions,
        ),
        machine.plus(apart.machine),
        wall.plus(apart.wall),
        edits.made,
    )


def _dropped(tables: Tables, kinds: frozenset[SuggestionKind]) -> Iterator[Suggestion]:
    if SuggestionKind.DROP_CACHE_EXPORT in kinds:
        yield from ledger_suggestions(tables.ledger.to_dicts())


def _apart(suggestions: Iterable[Suggestion]) -> _Part:
    """Add up what leaves every step as it is: no replay is needed to know it all together."""
    given = tuple(suggestions)
    machine = wall = Range(0.0, 0.0, 0.0)
    for one in given:
        machine = machine.plus(Range(one.machine_s.low, one.machine_s.mid, one.machine_s.high))
        wall = wall.plus(Range(one.wall_s.low, one.wall_s.mid, one.wall_s.high))
    return _Part(given, machine, wall)


def _united(cured: Iterable[Mapping[str, frozenset[Cause]]]) -> dict[str, frozenset[Cause]]:
    """Unite what several caches of their own take away, by run."""
    all_: dict[str, frozenset[Cause]] = {}
    for of_one in cured:
        for run, causes in of_one.items():
            all_[run] = all_.get(run, frozenset()) | causes
    return all_


def _plans(tables: Tables, file: Dockerfile | None) -> list[Plan]:
    projects = tables.runs[Runs.project.name].unique().sort().to_list()
    made = [planned(record(tables, project), file) for project in projects]
    plans = [plan for plan in made if plan is not None]
    if file is None:
        return plans
    return sorted(plans, key=lambda plan: -len(plan.places))[:1]
