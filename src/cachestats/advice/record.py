"""Tables of runs → the history of one project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from cachestats.advice.history import COPIES, History, Layer, Ran, Run
from cachestats.advice.shown import PACKAGES, Shown, packages_by_step, shown_by_runs
from cachestats.analysis import exprs as ex
from cachestats.analysis.baselines import BASELINE_S
from cachestats.analysis.schedule import EXPORTS, timed_runs
from cachestats.schema import (
    Cause,
    Confidence,
    LineageRows,
    MissRows,
    Runs,
    StepKind,
    Steps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cachestats.analysis.schedule import Timed

__all__ = ["Tables", "record"]

RUN = Runs.run_id.name
STEP = (RUN, Steps.step_no.name)
LINEAGE = LineageRows.lineage_id.name
# A hit that took less than this was looked up, not pulled.
LEAST_RESTORE_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Frames of the runs that a plan rests on.

    Attributes:
        runs: `Runs`.
        steps: `Steps` of these runs.
        facts: `Facts` of these runs.
        cache_io: `CacheIO` of these runs.
        misses: `MissRows` of these runs.
        lineages: `LineageRows`.
        ledger: `LedgerRows` of these runs.
    """

    runs: pl.DataFrame
    steps: pl.DataFrame
    facts: pl.DataFrame
    cache_io: pl.DataFrame
    misses: pl.DataFrame
    lineages: pl.DataFrame
    ledger: pl.DataFrame

    def of(self, project: str | None) -> Tables:
        """The same for the runs of one project, oldest run first."""
        is_of = Runs.project.col.eq_missing(pl.lit(project, pl.String))
        runs = self.runs.filter(is_of)

        def mine(table: pl.DataFrame) -> pl.DataFrame:
            return table.join(runs.select(RUN), on=RUN, how="semi", maintain_order="left")

        return replace(
            self,
            runs=runs.sort(ex.RUN_ORDER, nulls_last=False),
            steps=mine(self.steps),
            facts=mine(self.facts),
            cache_io=mine(self.cache_io),
            misses=mine(self.misses),
            ledger=self.ledger.filter(is_of),
        )


def record(tables: Tables, project: str | None) -> History:
    """Gather the runs of one project: its layers, and what each did; none for no runs.

    Args:
        tables: The runs of all projects.
        project: The one that is wanted; None for the runs of none.
    """
    mine = tables.of(project)
    named = (
        mine.steps.filter(ex.IS_LAYER)
        .join(mine.lineages.select(Steps.layer_id.name, LINEAGE), on=Steps.layer_id.name)
        .join(mine.runs.select(RUN).with_row_index("at"), on=RUN)
        .sort("at", Steps.step_no.name)
    )
    layers = _layers(named)
    runs = list(_runs(mine, _ran(named, mine.facts, mine.misses)))
    restores = (
        mine.steps.filter(ex.IS_HIT & (Steps.restore_s.col > LEAST_RESTORE_S))
        .group_by(RUN)
        .agg(Steps.restore_s.col.sum())[Steps.restore_s.name]
        .to_list()
    )
    return History(
        project=project,
        layers=layers,
        runs=tuple(_with_quiet_contexts(runs, layers)),
        restore_s=median(restores) if restores else 0.0,
        bases=_bases(mine),
    )


def _bases(mine: Tables) -> dict[str | None, str]:
    newest = (
        mine.steps.filter(Steps.kind.col == StepKind.FROM)
        .join(mine.runs.select(RUN).with_row_index("at"), on=RUN)
        .sort("at", Steps.step_no.name)
        .select(Steps.stage.name, Steps.text.name)
    )
    return dict(newest.drop_nulls(Steps.text.name).iter_rows())


def _layers(named: pl.DataFrame) -> dict[str, Layer]:
    grouped = named.group_by(LINEAGE, maintain_order=True).agg(
        Steps.target.col.last(),
        Steps.platform.col.last(),
        Steps.stage.col.last(),
        Steps.index.col.last(),
        Steps.instruction.col.last().cast(pl.String),
        Steps.text.col.last(),
        BASELINE_S.fill_null(0.0).alias("baseline"),
    )
    return {
        layer_id: Layer(
            layer_id=layer_id,
            image=(target, platform),
            stage=stage,
            index=index,
            instruction=instruction,
            text=text,
            baseline_s=baseline,
        )
        for layer_id, target, platform, stage, index, instruction, text, baseline in (
            grouped.iter_rows()
        )
    }


def _runs(mine: Tables, ran: Mapping[str, Mapping[str, Ran]]) -> Iterator[Run]:
    times = timed_runs(mine.steps)
    shown = shown_by_runs(mine.facts, mine.cache_io)
    then = Shown()
    before: str | None = None
    for run_id, commit in mine.runs.select(RUN, Runs.commit.name).iter_rows():
        if run_id not in times:
            continue
        now = shown.get(run_id, Shown())
        steps = times[run_id]
        yield Run(
            run_id=run_id,
            commit=commit,
            ran=ran.get(run_id, {}),
            steps=tuple(steps),
            export_s=sum(step.seconds for step in steps if step.kind in EXPORTS),
            context=now.context,
            imports=now.imports,
            pulled_base_s=_pulled_s(steps) if now.pulled_base else 0.0,
            new_commit=now.is_new(commit, then, before),
            dockerfile_grew=now.grew(then),
        )
        then, before = now, commit


def _pulled_s(steps: Sequence[Timed]) -> float:
    return sum(step.seconds for step in steps if step.kind == StepKind.FROM)


def _with_quiet_contexts(runs: Sequence[Run], layers: Mapping[str, Layer]) -> Iterator[Run]:
    """Give each run the size of an unchanged context, from the nearest run that shows it."""
    quiet = [
        (at, run.context)
        for at, run in enumerate(runs)
        if run.context is not None and _no_file_changed(run, layers)
    ]
    last = 0
    for at, run in enumerate(runs):
        while last + 1 < len(quiet) and quiet[last + 1][0] - at <= abs(quiet[last][0] - at):
            last += 1
        yield replace(run, quiet_context=quiet[last][1] if quiet else None)


def _no_file_changed(run: Run, layers: Mapping[str, Layer]) -> bool:
    """Whether all steps that copy files hit, on a builder that had been sent them before."""
    copies = [ran for layer, ran in run.ran.items() if layers[layer].instruction in COPIES]
    is_warm = not run.pulled_base_s and not run.imported
    return bool(copies) and is_warm and all(ran.seconds is None for ran in copies)


def _ran(
    named: pl.DataFrame, facts: pl.DataFrame, misses: pl.DataFrame
) -> dict[str, dict[str, Ran]]:
    told = misses.select(
        *STEP,
        own=pl.when(MissRows.is_root.col)
        .then(MissRows.cause.col.cast(pl.String))
        .otherwise(MissRows.own_cause.col.cast(pl.String)),
        is_root=MissRows.is_root.col,
        root=MissRows.root_cause.col.cast(pl.String),
        root_step=MissRows.root_step_no.col,
        is_sure=~MissRows.is_root.col | (MissRows.confidence.col != Confidence.LOW),
    )
    seconds = pl.when(ex.IS_MISS).then(Steps.duration_s.col.fill_null(0.0)).alias("seconds")
    rows = (
        named.filter(ex.REACHED)
        .join(told, on=STEP, how="left", maintain_order="left")
        .join(packages_by_step(facts), on=STEP, how="left", maintain_order="left")
        .select(RUN, LINEAGE, Steps.step_no.name, seconds, *told.columns[2:], *PACKAGES)
    )
    found: dict[str, dict[str, Ran]] = {}
    for (
        run,
        layer,
        step,
        took,
        own,
        is_root,
        root,
        root_step,
        is_sure,
        *packages,
    ) in rows.iter_rows():
        found.setdefault(run, {})[layer] = Ran(
            step_no=step,
            seconds=took,
            cause=None if own is None else Cause(own),
            is_root=bool(is_root),
            root_cause=None if root is None else Cause(root),
            root_step=root_step,
            is_sure=is_sure is not False,
            packages=packages[0] or None,
            is_exact=bool(packages[1]),
            download_s=packages[2] or 0.0,
        )
    return found
