"""The budget gate: whether runs keep to what a team has set."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import Layer, match, parse
from cachestats.advice.stages import BASES, stage_bases
from cachestats.analysis import exprs as ex
from cachestats.analysis.filters import Filters
from cachestats.analysis.hit_ratio import hit_ratio
from cachestats.analysis.layers import layers
from cachestats.analysis.root_layers import root_layers
from cachestats.api.files import text_of
from cachestats.api.projects import NO_DOCKERFILES, Projects
from cachestats.errors import NothingToReportError, UsageError
from cachestats.report.budgets import BlamedLayer, Measured, exceeded
from cachestats.report.compare import total
from cachestats.schema import HitRatio, LayerRows, MissRows, Runs
from cachestats.schema.report import RootRows
from cachestats.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import polars as pl

    from cachestats.api.store import Store
    from cachestats.report.budgets import ExceededBudget
    from cachestats.schema import Column
    from cachestats.settings import Budgets

__all__ = ["check"]

_EVERYTHING = Filters()
START = Runs.started_at.col
RECENT, BEFORE = timedelta(days=7), timedelta(weeks=4)


class _Places:
    """Where layers stand in the Dockerfiles that were given."""

    def __init__(self, store: Store, dockerfiles: Mapping[str | None, str | Path]) -> None:
        self._files = [
            (project or _project(text, store), str(path), parse(text, path=str(path)))
            for project, path in dockerfiles.items()
            for text in [text_of(path)]
        ]

    def of(self, layer: BlamedLayer) -> BlamedLayer:
        """Add the Dockerfile and the line of a layer, if it stands in one of its project."""
        for project, path, file in self._files:
            (index,) = match(file, [Layer(layer.stage, None, layer.text)])
            if project == layer.project and index is not None:
                return replace(layer, path=path, line=file.instructions[index].first_line)
        return layer


def check(
    store: Store,
    budgets: Budgets | None = None,
    *,
    where: Filters = _EVERYTHING,
    dockerfiles: Mapping[str | None, str | Path] = NO_DOCKERFILES,
) -> tuple[ExceededBudget, ...]:
    """Hold runs to budgets.

    `max_regression` bounds how much more they waste per run than those of the four weeks before
    `where.since`; without that it is the seven days up to the newest run that are compared.

    Args:
        store: Where the runs are.
        budgets: The bounds; None reads the `cachestats.toml` that the working directory has.
        where: Which runs and steps to look at.
        dockerfiles: Path of the Dockerfile by project (None: the project whose layers it has): the
            line of the layer to blame is then told.

    Returns:
        The budgets that are exceeded, in the order of the settings; none if all are kept.

    Raises:
        UsageError: No budget is set anywhere, a Dockerfile cannot be read or is none, or
            `cachestats.toml` is wrong.
        NothingToReportError: No instruction step of these runs hit or missed the cache.
    """
    bounds = Settings.find(Path()).budgets if budgets is None else budgets
    if not bounds.model_dump(exclude_none=True):
        message = "no budget is set: --min-hit-ratio and others, or [budgets] in cachestats.toml"
        raise UsageError(message)
    found = _measured(store, where, dockerfiles)
    if found.hits + found.misses == 0:
        raise NothingToReportError("nothing to check: no step of these runs reached a layer")
    return exceeded(bounds, found)


def _measured(
    store: Store, where: Filters, dockerfiles: Mapping[str | None, str | Path]
) -> Measured:
    places = _Places(store, dockerfiles)
    whole = replace(where, since=None, until=None)
    projects = Projects(store, whole.runs(store.runs()))
    missed = whole.steps(projects.misses(dockerfiles), store.runs()).collect().lazy()
    runs = where.runs(store.runs()).collect().lazy()
    steps = where.steps(store.steps(), store.runs()).collect().lazy()
    mine = missed.join(runs, on=Runs.run_id.name, how="semi")
    lineages = projects.lineages().collect().lazy()
    baselines = projects.baselines(lineages, until=where.until)
    rows = layers(steps, runs, lineages, mine, baselines=baselines).collect()
    ratios = hit_ratio(rows.lazy(), steps).collect().row(0, named=True)
    now, before = _compared(whole.runs(store.runs()), where.since, where.until)
    recent = missed.join(now.lazy(), on=Runs.run_id.name, how="semi")
    counted = (HitRatio.hits, HitRatio.misses, HitRatio.saved_s, HitRatio.cost_s)
    return Measured(
        **{column.name: ratios[column.name] for column in counted},
        waste_s=total(rows, LayerRows.waste_s.name),
        per_run_s=_rate(missed, now),
        before_per_run_s=_rate(missed, before),
        wasteful=_most(rows, LayerRows.caused_waste_s, places),
        growing=_most(root_layers(recent).collect(), RootRows.waste_s, places),
        missing=_most(rows, LayerRows.cost_s, places),
    )


def _compared(
    runs: pl.LazyFrame, since: datetime | None, until: datetime | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The runs whose growth is looked at, and those of the four weeks before."""
    known = runs.drop_nulls(Runs.started_at.name).collect()
    upto = known if until is None else known.filter(START < until)
    newest = upto.select(START.max()).item()
    if newest is None:
        return upto, upto
    begin = newest - RECENT if since is None else since
    # The run that is exactly seven days older than the newest is one of those before.
    is_new = START > begin if since is None else START >= begin
    return upto.filter(is_new), upto.filter(~is_new, START >= begin - BEFORE)


def _rate(missed: pl.LazyFrame, runs: pl.DataFrame) -> float | None:
    if runs.is_empty():
        return None
    wasted = missed.filter(ex.IS_WASTE).join(runs.lazy(), on=Runs.run_id.name, how="semi")
    return total(wasted.collect(), MissRows.cost_s.name) / runs.height


def _most(rows: pl.DataFrame, column: Column, places: _Places) -> BlamedLayer | None:
    """The layer with most of something, and where it stands; None if none has any."""
    some = rows.filter(column.col > 0)
    if some.is_empty():
        return None
    worst = some.sort(column.name, LayerRows.layer_id.name, descending=[True, False])
    row = worst.row(0, named=True)
    return places.of(
        BlamedLayer(
            project=row[LayerRows.project.name],
            stage=row[LayerRows.stage.name],
            text=row[LayerRows.text.name],
            seconds=row[column.name],
        )
    )


def _project(text: str, store: Store) -> str | None:
    bases = stage_bases({None: text}, store.steps(), store.runs())
    project: str | None = bases[BASES.names()[0]].to_list()[0]
    return project
