"""What the runs of a store say: layers, misses and their causes, runs over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import cells as _cells
from cachestats.analysis import critical_path as _critical_path
from cachestats.analysis import layers as _layers
from cachestats.analysis import trend as _trend
from cachestats.analysis.baselines import baselines as _baselines
from cachestats.analysis.filters import Filters
from cachestats.analysis.ledger import ledger as _ledger
from cachestats.analysis.patterns import patterns as _patterns
from cachestats.analysis.recent import recent as _recent
from cachestats.analysis.runs import find_run
from cachestats.api.projects import NO_DOCKERFILES, Projects
from cachestats.schema import DiffRows, Runs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cachestats.api.store import Store

__all__ = [
    "cells",
    "diff",
    "layers",
    "ledger",
    "lineages",
    "misses",
    "patterns",
    "recent",
    "timeline",
    "trend",
]

_EVERYTHING = Filters()


def misses(
    store: Store,
    *,
    where: Filters = _EVERYTHING,
    dockerfiles: Mapping[str | None, str | Path] = NO_DOCKERFILES,
) -> pl.LazyFrame:
    """Say of every miss why it happened, with the lines that show it.

    Causes follow from all runs of a project; `where` only chooses what is answered.

    Args:
        store: Where the runs are.
        where: Which runs and steps to answer for.
        dockerfiles: Path of the Dockerfile by project (None: the project whose layers it has). It
            settles which stage is built on which, where plain progress leaves that open.

    Returns:
        `MissRows`, one row per miss, newest run first; no rows for an empty store.

    Raises:
        UsageError: A Dockerfile cannot be read or is none.
    """
    runs = where.runs(store.runs())
    return where.steps(Projects(store, runs).misses(dockerfiles), runs)


def lineages(store: Store) -> pl.LazyFrame:
    """Find which layers of different runs are one layer.

    Args:
        store: Where the runs are.

    Returns:
        `LineageRows`, one row per `layer_id` of `Steps`.
    """
    return Projects(store, store.runs()).lineages()


def layers(
    store: Store,
    *,
    where: Filters = _EVERYTHING,
    dockerfiles: Mapping[str | None, str | Path] = NO_DOCKERFILES,
) -> pl.LazyFrame:
    """Count each layer's hits and misses, what its misses took and wasted, what its hits saved.

    What a hit saved follows from all executions of its layer up to `where.until`.

    Args:
        store: Where the runs are.
        where: Which runs and steps to look at.
        dockerfiles: As for `misses`.

    Returns:
        `LayerRows`, one row per layer, those that cause most waste first, times in seconds; no
        rows for an empty store.
    """
    runs = where.runs(store.runs())
    projects = Projects(store, runs)
    lineages = projects.lineages()
    return _layers.layers(
        where.steps(store.steps(), runs),
        runs,
        lineages,
        where.steps(projects.misses(dockerfiles), runs),
        baselines=projects.baselines(lineages, until=where.until),
    )


def cells(store: Store, *, where: Filters = _EVERYTHING) -> pl.LazyFrame:
    """Say of every layer what it was in every run of its project: hit, root miss or cascade.

    Args:
        store: Where the runs are.
        where: Which runs and steps to look at.

    Returns:
        `CellRows`, one row per layer and run, oldest run first; no rows for an empty store.
    """
    runs = where.runs(store.runs())
    projects = Projects(store, runs)
    return _cells.cells(
        where.steps(store.steps(), runs),
        runs,
        projects.lineages(),
        where.steps(projects.misses(), runs),
    )


def diff(store: Store, first: str, second: str) -> pl.LazyFrame:
    """Put the layers of two runs side by side: what hit in one and missed in the other, and why.

    Args:
        store: Where the runs are.
        first: A run id, the beginning of one, or `latest`.
        second: Likewise.

    Returns:
        `DiffRows`, one row per layer that either run has, in the order of the Dockerfile; no rows
        for an empty store.

    Raises:
        UsageError: No run, or more than one, begins with what is given.
    """
    runs = store.runs()
    found = [find_run(runs, run).collect()[Runs.run_id.name] for run in (first, second)]
    if any(map(pl.Series.is_empty, found)):
        return DiffRows.empty().lazy()
    ids = [run_id.item() for run_id in found]
    both = Runs.run_id.col.is_in(ids)
    projects = Projects(store, runs.filter(both))
    return _cells.diff(
        store.steps().filter(both),
        projects.lineages(),
        projects.misses().filter(both),
        first=ids[0],
        second=ids[1],
    )


def timeline(
    store: Store,
    run: str,
    *,
    dockerfiles: Mapping[str | None, str | Path] = NO_DOCKERFILES,
) -> pl.LazyFrame:
    """Lay the steps of one run out over time, and mark its critical path.

    Args:
        store: Where the runs are.
        run: A run id, the beginning of one, or `latest`.
        dockerfiles: As for `misses`.

    Returns:
        `TimelineRows`, one row per step, in order of begin; no rows for an empty store.

    Raises:
        UsageError: No run, or more than one, begins with `run`, or a Dockerfile cannot be read or
            is none.
    """
    one = find_run(store.runs(), run)
    of_run = store.steps().join(one, on=Runs.run_id.name, how="semi")
    missed = Projects(store, one).misses(dockerfiles)
    of_misses = missed.join(one, on=Runs.run_id.name, how="semi")
    return _critical_path.timeline(of_run, of_misses, one)


def ledger(store: Store, *, where: Filters = _EVERYTHING) -> pl.LazyFrame:
    """Set what each remote cache saved against what its imports, exports and restores took.

    Args:
        store: Where the runs are.
        where: Which runs to look at.

    Returns:
        `LedgerRows`, one row per project, backend and reference; no rows without a remote cache.
    """
    runs = where.runs(store.runs())
    projects = Projects(store, runs)
    return _ledger(
        projects.steps,
        runs,
        store.cache_io(),
        store.facts(),
        baselines=_baselines(projects.steps, projects.runs, projects.lineages()),
    )


def trend(store: Store, *, every: str = "1w", where: Filters = _EVERYTHING) -> pl.LazyFrame:
    """Sum hit ratios and waste up by the period in which runs started.

    Args:
        store: Where the runs are.
        every: Length of a period: `1d`, `1w` (from Monday), `1mo`.
        where: Which runs and steps to look at.

    Returns:
        `TrendRows`, one row per period with a run, oldest first; no rows for an empty store.

    Raises:
        UsageError: `every` is no period.
    """
    runs = where.runs(store.runs())
    projects = Projects(store, runs)
    lineages, missed = projects.lineages(), projects.misses()
    return _trend.trend(
        where.steps(store.steps(), runs),
        runs,
        where.steps(missed, runs),
        _layers.layers(projects.steps, projects.runs, lineages, missed),
        lineages,
        every=every,
    )


def patterns(store: Store, *, where: Filters = _EVERYTHING) -> pl.LazyFrame:
    """Find what no single run shows: what comes back, alternates, ages, or is built twice.

    Args:
        store: Where the runs are.
        where: Which runs and steps to look at.

    Returns:
        `PatternRows`, one row per pattern, costliest first; no rows for an empty store.
    """
    runs = where.runs(store.runs())
    projects = Projects(store, runs)
    return _patterns(
        where.steps(store.steps(), runs),
        runs,
        store.cache_io().join(runs, on=Runs.run_id.name, how="semi"),
        projects.lineages(),
        where.steps(projects.misses(), runs),
    )


def recent(store: Store, *, where: Filters = _EVERYTHING, last: int = 16) -> pl.LazyFrame:
    """Tell hits from misses in the last runs that reached each layer.

    Args:
        store: Where the runs are.
        where: Which runs and steps to look at.
        last: How many runs to look back on.

    Returns:
        `RecentRows`, one row per layer; no rows for an empty store.
    """
    runs = where.runs(store.runs())
    lineages = Projects(store, runs).lineages()
    return _recent(where.steps(store.steps(), runs), runs, lineages, last=last)
