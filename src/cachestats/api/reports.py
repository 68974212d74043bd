"""The weekly report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from cachestats.advice.stages import BASES, stage_bases
from cachestats.analysis.causes.misses import misses as _misses
from cachestats.analysis.filters import Filters
from cachestats.analysis.lineage import lineages as _lineages
from cachestats.api.files import shown_path, text_of
from cachestats.api.projects import NO_DOCKERFILES
from cachestats.report.build import built
from cachestats.report.fixes import DockerfileText, plan
from cachestats.report.history import HISTORY, History, exact
from cachestats.report.week import chosen_week, named_week
from cachestats.report.weekly import WeeklyReport
from cachestats.schema import Runs
from cachestats.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.api.store import Store
    from cachestats.report.model import Week

__all__ = ["weekly_report"]

_EVERYTHING = Filters()


def weekly_report(
    store: Store,
    *,
    week: str | None = None,
    dockerfiles: Mapping[str | None, str | Path] = NO_DOCKERFILES,
    settings: Settings | None = None,
    where: Filters = _EVERYTHING,
) -> WeeklyReport:
    """Report what a week of builds wasted, whether that is better than before, and what to do.

    Only what started before the end of the week counts, so that a later report of the same week
    says the same. Causes and baselines are found from the ten weeks up to that end.

    Args:
        store: Where the runs are.
        week: An ISO week: `2026-W47`. None is the last full one, or if that holds no runs the last
            one before it that does.
        dockerfiles: Path of the Dockerfile by project, at its newest (None: the project whose
            layers it has): it settles what is built on what, fixes name its lines, and the report
            has the change to it.
        settings: Prices; None reads the `cachestats.toml` that the working directory has.
        where: Which runs and steps to report; its times are not used.

    Returns:
        The report; of a week without runs all numbers are 0.

    Raises:
        UsageError: `week` is no ISO week, a Dockerfile cannot be read or is none, or
            `cachestats.toml` is wrong.
    """
    texts = {
        name: DockerfileText(shown_path(path), text_of(path)) for name, path in dockerfiles.items()
    }
    prices = Settings.find(Path()) if settings is None else settings
    reported = (
        chosen_week(where.runs(store.runs()), now=datetime.now(UTC))
        if week is None
        else named_week(week)
    )
    history, files = _history(store, reported, replace(where, since=None, until=None), texts)
    document, drawn = built(
        history, week=reported, plan=plan(history, reported, files), settings=prices
    )
    return WeeklyReport(document=document, _drawn=drawn)


def _history(
    store: Store, week: Week, where: Filters, texts: Mapping[str | None, DockerfileText]
) -> tuple[History, Mapping[str | None, DockerfileText]]:
    """Read what a report of a week needs, and find the projects of the Dockerfiles."""
    # What a run is compared with may be of another branch, but never of another project.
    of_projects = Filters(project=where.project, since=week.until_at - HISTORY, until=week.until_at)
    runs = of_projects.runs(store.runs()).pipe(exact).collect()
    ids = runs.lazy().select(Runs.run_id.name)

    def mine(table: pl.LazyFrame) -> pl.DataFrame:
        return table.join(ids, on=Runs.run_id.name, how="semi").pipe(exact).collect()

    steps, facts, cache_io = mine(store.steps()), mine(store.facts()), mine(store.cache_io())
    bases = {
        name: stage_bases({name: file.text}, steps.lazy(), runs.lazy())
        for name, file in texts.items()
    }
    tables = [table.lazy() for table in (steps, runs, facts, cache_io)]
    found = _misses(*tables, bases=pl.concat(bases.values()).lazy() if bases else None)
    undated = where.runs(store.runs()).filter(Runs.started_at.col.is_null())
    history = History(
        runs=runs,
        steps=steps,
        facts=facts,
        cache_io=cache_io,
        misses=found.collect(),
        lineages=_lineages(steps.lazy(), runs.lazy()).collect(),
        where=where,
        undated_runs=_height(undated),
        rejects=_height(store.rejects()),
    )
    projects = {name: _project(table) for name, table in bases.items()}
    return history, {projects[name]: file for name, file in texts.items()}


def _project(bases: pl.DataFrame) -> str | None:
    """The project that the one Dockerfile was found to be of."""
    project: str | None = bases[BASES.names()[0]].to_list()[0]
    return project


def _height(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect().item())
