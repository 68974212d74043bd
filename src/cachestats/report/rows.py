"""The rows of the tables of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.analysis.changes_of_week import BEFORE
from cachestats.report.compare import changed, per_run, ratios, total, verdict
from cachestats.report.history import SHOWN_WEEKS
from cachestats.report.model import Cache, Change, Layer, Project
from cachestats.report.spark import spark
from cachestats.report.week import WEEK
from cachestats.schema import LedgerRows
from cachestats.schema.report import ChangeRows, RootRows, WeekRows

if TYPE_CHECKING:
    import polars as pl

    from cachestats.report.model import Week

__all__ = ["by_net", "cache_rows", "change_rows", "layer_rows", "project_rows"]

SHOWN_LAYERS = 25
SHOWN_CHANGES = 10
SINCE = WeekRows.since_at.col
FIRST = {
    "run_id": ChangeRows.first_run_id,
    "started_at": ChangeRows.first_started_at,
    "branch": ChangeRows.first_branch,
    "commit": ChangeRows.first_commit,
}


def layer_rows(roots: pl.DataFrame) -> tuple[Layer, ...]:
    """Make rows of the costliest `RootRows`, with their rank and share of all waste."""
    whole = roots[RootRows.waste_s.name].sum()
    return tuple(
        Layer(rank=rank, waste_ratio=row[RootRows.waste_s.name] / whole, **row)
        for rank, row in enumerate(roots.head(SHOWN_LAYERS).iter_rows(named=True), 1)
    )


def change_rows(changes: pl.DataFrame) -> tuple[Change, ...]:
    """Make rows of the first `ChangeRows`."""
    return tuple(
        Change(**row, **{field: row[column.name] for field, column in FIRST.items()})
        for row in changes.head(SHOWN_CHANGES).iter_rows(named=True)
    )


def by_net(ledger: pl.DataFrame) -> pl.DataFrame:
    """Sort `LedgerRows`: those that lose or save most time first."""
    return ledger.sort(LedgerRows.net_s.col.abs(), descending=True, maintain_order=True)


def cache_rows(ledger: pl.DataFrame) -> tuple[Cache, ...]:
    """Make rows of `LedgerRows`, in their order."""
    return tuple(Cache(**row) for row in ledger.iter_rows(named=True))


def project_rows(weeks: pl.DataFrame, week: Week) -> tuple[Project, ...]:
    """Make a row of each project with runs in the week, most waste first.

    Args:
        weeks: `WeekRows` of the week and of the weeks before.
        week: The week.
    """
    parts = weeks.partition_by(WeekRows.project.name, maintain_order=True)
    rows = [_project(part, week) for part in parts if _of_week(part, week).height]
    return tuple(
        sorted(rows, key=lambda row: (-row.waste_s, -row.ratios.cost_s, row.project or ""))
    )


def _project(rows: pl.DataFrame, week: Week) -> Project:
    now = _of_week(rows, week)
    before = rows.filter(SINCE < week.since_at, SINCE >= week.since_at - BEFORE)
    rate, old = per_run(now) or 0.0, per_run(before)
    mondays = [week.since_at - WEEK * back for back in reversed(range(SHOWN_WEEKS))]
    rates = tuple(per_run(rows.filter(SINCE == monday)) for monday in mondays)
    return Project(
        project=now[WeekRows.project.name].item(),
        runs=int(total(now, WeekRows.runs.name)),
        failed_runs=int(total(now, WeekRows.failed_runs.name)),
        ratios=ratios(now),
        waste_s=total(now, WeekRows.waste_s.name),
        per_run_s=rate,
        change_ratio=changed(rate, old),
        verdict=verdict(rate, old),
        weeks=rates,
        spark=spark(rates),
    )


def _of_week(rows: pl.DataFrame, week: Week) -> pl.DataFrame:
    return rows.filter(SINCE == week.since_at)
