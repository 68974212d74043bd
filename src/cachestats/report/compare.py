"""Sums of weeks: ratios, rates, and whether a week is better than others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.analysis.changes_of_week import SAME_RATIO
from cachestats.report.model import Comparison, Ratios
from cachestats.report.week import label
from cachestats.schema.report import WeekRows

if TYPE_CHECKING:
    import polars as pl

    from cachestats.report.model import Verdict

__all__ = ["changed", "compared", "per_run", "ratios", "total", "verdict"]

NOTICED_S = 0.05
"""Waste per run that is shown as more than nothing."""


def total(rows: pl.DataFrame, column: str) -> float:
    """Sum a column; 0 without rows."""
    return float(rows[column].sum() or 0)


def ratios(rows: pl.DataFrame) -> Ratios:
    """Sum `WeekRows` up to hit ratios with their denominators."""
    counts = (
        WeekRows.hits,
        WeekRows.misses,
        WeekRows.hits_without_baseline,
        WeekRows.cached_steps,
        WeekRows.steps,
    )
    hits, misses, unknown, cached, steps = (int(total(rows, column.name)) for column in counts)
    saved, cost = total(rows, WeekRows.saved_s.name), total(rows, WeekRows.cost_s.name)
    return Ratios(
        hits=hits,
        misses=misses,
        reached=hits + misses,
        hit_ratio=_share(hits, hits + misses),
        saved_s=saved,
        cost_s=cost,
        work_s=saved + cost,
        time_ratio=_share(saved, saved + cost),
        hits_without_baseline=unknown,
        cached_steps=cached,
        steps=steps,
        docker_ratio=_share(cached, steps),
    )


def per_run(rows: pl.DataFrame) -> float | None:
    """Waste per run of `WeekRows`, in seconds; None without runs."""
    runs = total(rows, WeekRows.runs.name)
    return total(rows, WeekRows.waste_s.name) / runs if runs else None


def changed(now: float | None, before: float | None) -> float | None:
    """Say how much more a rate is than before, as a part of that; None where that is not known."""
    if now is None or before is None or before <= NOTICED_S:
        return None
    return now / before - 1


def verdict(now: float | None, before: float | None) -> Verdict:
    """Judge a rate of waste; up to a tenth more or less is the same."""
    if now is None or before is None:
        return "unknown"
    if abs(now - before) <= max(SAME_RATIO * before, NOTICED_S):
        return "the same"
    return "worse" if now > before else "better"


def compared(name: str, week: pl.DataFrame, before: pl.DataFrame) -> Comparison:
    """Compare a week with earlier ones, by waste per run.

    Args:
        name: What it is compared with.
        week: `WeekRows` of the week.
        before: `WeekRows` of the others; weeks without runs are none of them.
    """
    if before.is_empty():
        return Comparison(name=name)
    weeks = before[WeekRows.since_at.name].unique().sort().to_list()
    now, then = per_run(week), per_run(before)
    ratio, old_ratio = ratios(week).hit_ratio, ratios(before).hit_ratio
    return Comparison(
        name=name,
        weeks=tuple(label(monday) for monday in weeks),
        runs=total(before, WeekRows.runs.name) / len(weeks),
        waste_s=total(before, WeekRows.waste_s.name) / len(weeks),
        per_run_s=then,
        change_ratio=changed(now, then),
        hit_ratio=old_ratio,
        hit_ratio_change=None if ratio is None or old_ratio is None else ratio - old_ratio,
        verdict=verdict(now, then),
    )


def _share(part: float, whole: float) -> float | None:
    """A share, None where it has no meaning: of nothing, or of a saving that is a loss."""
    return part / whole if whole > 0 and part >= 0 else None
