"""From frames to every number of the weekly report: no clock, no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis.baselines import baselines
from cachestats.analysis.cells import cells
from cachestats.analysis.changes_of_week import changes_of_week
from cachestats.analysis.project_weeks import project_weeks
from cachestats.analysis.root_layers import root_layers
from cachestats.report.caches import ledger_until
from cachestats.report.headline import headline
from cachestats.report.history import SHOWN_WEEKS, Drawn
from cachestats.report.method import method
from cachestats.report.model import Filtered, ReportDocument
from cachestats.report.rows import by_net, cache_rows, change_rows, layer_rows, project_rows
from cachestats.report.week import WEEK
from cachestats.schema import Runs, TrendRows
from cachestats.schema.figures import SavingRows
from cachestats.schema.report import WeekRows

if TYPE_CHECKING:
    from cachestats.report.history import History
    from cachestats.report.model import Plan, Span, Week
    from cachestats.settings import Settings

__all__ = ["built"]

RUN = Runs.run_id.name
SINCE = WeekRows.since_at.col
START = Runs.started_at.col
BARCODE_RUNS = 100
SUMS = (
    TrendRows.runs,
    TrendRows.hits,
    TrendRows.misses,
    TrendRows.saved_s,
    TrendRows.cost_s,
    TrendRows.structural_s,
    TrendRows.avoidable_s,
    TrendRows.waste_s,
)


@dataclass(frozen=True, kw_only=True)
class _Reported:
    """What the filters leave of a history; `week_runs` and `week_misses` are of the week."""

    runs: pl.LazyFrame
    steps: pl.LazyFrame
    misses: pl.LazyFrame
    lineages: pl.LazyFrame
    week_runs: pl.DataFrame
    week_misses: pl.DataFrame


def built(
    history: History, *, week: Week, plan: Plan, settings: Settings
) -> tuple[ReportDocument, Drawn]:
    """Make the report of a week.

    Args:
        history: The runs up to the end of the week, and what is known of them.
        week: The week.
        plan: What to do.
        settings: Prices.

    Returns:
        Every number, and the frames that figures draw. A week without runs gives zeros.
    """
    told = _reported(history, week)
    # What a branch hits another may have executed.
    known = baselines(history.steps.lazy(), history.runs.lazy(), told.lineages)
    weeks = project_weeks(
        told.steps, told.runs, told.lineages, told.misses, baselines=known
    ).collect()
    roots = root_layers(told.week_misses.lazy()).collect()
    worse = changes_of_week(told.misses, told.runs, since=week.since_at, until=week.until_at)
    caches = by_net(ledger_until(history, week).collect())
    projects = project_rows(weeks, week)
    worst = projects[0].project if projects else None
    document = ReportDocument(
        week=week,
        filters=_filters(history),
        headline=headline(
            week,
            weeks,
            told.week_misses.lazy(),
            told.steps.join(told.week_runs.lazy(), on=RUN, how="semi"),
            told.week_runs.lazy(),
            settings=settings,
        ),
        plan=plan,
        worse=change_rows(worse.collect()),
        layers=layer_rows(roots),
        layers_found=roots.height,
        worst_project=worst,
        caches=cache_rows(caches),
        projects=projects,
        method=method(history, weeks, told.week_misses, told.week_runs, week=week),
    )
    drawn = Drawn(
        misses=told.week_misses,
        trend=_trend(weeks.filter(SINCE > week.since_at - WEEK * SHOWN_WEEKS)),
        cells=_cells(told, worst),
        ledger=caches,
        savings=_savings(plan),
    )
    return document, drawn


def _reported(history: History, week: Week) -> _Reported:
    runs = history.where.runs(history.runs.lazy())
    misses = history.where.steps(history.misses.lazy(), history.runs.lazy())
    of_week = runs.filter(START >= week.since_at, START < week.until_at).collect()
    return _Reported(
        runs=runs,
        steps=history.where.steps(history.steps.lazy(), history.runs.lazy()),
        misses=misses,
        lineages=history.lineages.lazy(),
        week_runs=of_week,
        week_misses=misses.join(of_week.lazy(), on=RUN, how="semi").collect(),
    )


def _filters(history: History) -> Filtered:
    return Filtered(**{name: getattr(history.where, name) for name in Filtered.model_fields})


def _trend(weeks: pl.DataFrame) -> pl.DataFrame:
    """Sum projects up to `TrendRows`."""

    def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
        return pl.when((whole > 0) & (part >= 0)).then(part / whole)

    hits, misses = TrendRows.hits.col, TrendRows.misses.col
    saved, cost = TrendRows.saved_s.col, TrendRows.cost_s.col
    return (
        weeks.lazy()
        .group_by(WeekRows.since_at.name)
        .agg(
            pl.col([column.name for column in SUMS]).sum(),
            share(WeekRows.cached_steps.col.sum(), WeekRows.steps.col.sum()).alias(
                TrendRows.docker_ratio.name
            ),
        )
        .with_columns(
            share(hits, hits + misses).alias(TrendRows.hit_ratio.name),
            share(saved, saved + cost).alias(TrendRows.time_ratio.name),
        )
        .sort(WeekRows.since_at.name)
        .pipe(TrendRows.conform)
        .collect()
    )


def _cells(told: _Reported, project: str | None) -> pl.DataFrame:
    """What each layer of the worst project was in its newest runs."""
    newest = (
        told.runs.filter(Runs.project.col.eq_missing(pl.lit(project, pl.String)))
        .sort(Runs.started_at.name, RUN)
        .tail(BARCODE_RUNS)
    )

    def mine(table: pl.LazyFrame) -> pl.LazyFrame:
        return table.join(newest, on=RUN, how="semi")

    steps = mine(told.steps)
    return cells(steps, newest, told.lineages, mine(told.misses)).collect()


def _savings(plan: Plan) -> pl.DataFrame:
    """What the plan would save in a week, as a figure draws it; empty without a plan."""

    def row(title: str, saved: Span, *, is_combined: bool) -> tuple[str, float, float, float, bool]:
        return title, saved.low, saved.mid, saved.high, is_combined

    rows = [
        row(
            f"{fix.project}: {fix.title}" if fix.project else fix.title,
            fix.wall_s,
            is_combined=False,
        )
        for fix in plan.fixes
    ]
    if rows:
        rows.append(row(f"all {plan.found} together", plan.wall_s, is_combined=True))
    return pl.DataFrame(rows, schema=SavingRows.dtypes(), orient="row")
