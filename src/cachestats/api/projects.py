"""All that a store holds of some projects: what the answers for any of their runs rest on."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from cachestats.analysis.baselines import baselines as _baselines
from cachestats.analysis.causes.misses import misses as _misses
from cachestats.analysis.lineage import lineages as _lineages
from cachestats.api.files import text_of
from cachestats.schema import Runs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from cachestats.api.store import Store

__all__ = ["NO_DOCKERFILES", "Projects"]

NO_DOCKERFILES: Mapping[str | None, str | Path] = MappingProxyType({})
_RUN, _PROJECT = Runs.run_id.name, Runs.project.name


class Projects:
    """The projects that some runs are of, with all their runs, whatever their branch and time.

    Why a step missed, and which layer it is, follows from all runs of its project and from none of
    another: to answer for one project the others need not be read.

    Attributes:
        runs: `Runs`.
        steps: `Steps` of these.
    """

    def __init__(self, store: Store, runs: pl.LazyFrame) -> None:
        """Take the projects of `Runs`."""
        self._store = store
        projects = runs.select(_PROJECT).unique()
        self.runs = store.runs().join(projects, on=_PROJECT, how="semi", nulls_equal=True)
        self.steps = self._mine(store.steps())

    def lineages(self) -> pl.LazyFrame:
        """Return `LineageRows`, one row per layer."""
        return _lineages(self.steps, self.runs)

    def baselines(self, lineages: pl.LazyFrame, *, until: datetime | None = None) -> pl.LazyFrame:
        """Find what each layer takes to execute, from all runs that started before a time.

        Args:
            lineages: What `lineages` gave.
            until: That time; None is the end of time. Runs without a start are the oldest.

        Returns:
            As `baselines` of `cachestats.analysis`.
        """
        runs = self.runs
        if until is not None:
            started_at = Runs.started_at.col
            runs = runs.filter(started_at.is_null() | (started_at < until))
        return _baselines(self.steps, runs, lineages)

    def misses(self, dockerfiles: Mapping[str | None, str | Path] = NO_DOCKERFILES) -> pl.LazyFrame:
        """Return `MissRows`, one row per miss, newest run first.

        Args:
            dockerfiles: Path of the Dockerfile by project; that of None is matched with the layers
                of all projects in the store.

        Raises:
            UsageError: A Dockerfile cannot be read or is none.
        """
        bases = None
        if dockerfiles:
            from cachestats.advice.stages import stage_bases  # rarely wanted

            texts = {project: text_of(path) for project, path in dockerfiles.items()}
            bases = stage_bases(texts, self._store.steps(), self._store.runs()).lazy()
        facts, cache_io = self._mine(self._store.facts()), self._mine(self._store.cache_io())
        return _misses(self.steps, self.runs, facts, cache_io, bases=bases)

    def _mine(self, table: pl.LazyFrame) -> pl.LazyFrame:
        return table.join(self.runs, on=_RUN, how="semi")
