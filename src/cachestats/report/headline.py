"""What the first screen says: waste, what it cost, and whether it is better than before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.analysis.changes_of_week import BEFORE, SAME_RATIO
from cachestats.analysis.money import money, money_total
from cachestats.analysis.wall_waste import wall_waste
from cachestats.report.compare import compared, per_run, ratios, total
from cachestats.report.model import Headline, Money, Span
from cachestats.report.week import WEEK
from cachestats.schema import MoneyTotal, RunSeconds
from cachestats.schema.report import WallRows, WeekRows

if TYPE_CHECKING:
    from cachestats.report.model import Week
    from cachestats.schema import Column
    from cachestats.settings import Settings

__all__ = ["headline"]

SINCE = WeekRows.since_at.col


def headline(  # noqa: PLR0913 - one frame each
    week: Week,
    weeks: pl.DataFrame,
    misses: pl.LazyFrame,
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    *,
    settings: Settings,
) -> Headline:
    """Sum the week up.

    Args:
        week: The week.
        weeks: `WeekRows` of it and of the weeks before.
        misses: `MissRows` of the week.
        steps: `Steps` of the week.
        runs: `Runs` of the week.
        settings: Prices.
    """
    now = weeks.filter(SINCE == week.since_at)
    last = weeks.filter(SINCE == week.since_at - WEEK)
    before = weeks.filter(SINCE < week.since_at, SINCE >= week.since_at - BEFORE)
    wall = wall_waste(misses, steps, runs).collect()
    waste, cost = total(now, WeekRows.waste_s.name), total(now, WeekRows.cost_s.name)
    return Headline(
        runs=int(total(now, WeekRows.runs.name)),
        failed_runs=int(total(now, WeekRows.failed_runs.name)),
        projects=now.height,
        waste_s=waste,
        waste_ratio=waste / cost if cost else None,
        structural_s=total(now, WeekRows.structural_s.name),
        avoidable_s=total(now, WeekRows.avoidable_s.name),
        per_run_s=per_run(now),
        wall_s=Span(
            low=total(wall, WallRows.low_s.name),
            mid=total(wall, WallRows.mid_s.name),
            high=total(wall, WallRows.high_s.name),
        ),
        money=_money(wall, runs, settings),
        ratios=ratios(now),
        last_week=compared("last week", now, last),
        four_weeks=compared("the four weeks before", now, before),
        same_ratio=SAME_RATIO,
    )


def _money(wall: pl.DataFrame, runs: pl.LazyFrame, settings: Settings) -> Money:
    """What the wall time cost; the range is that of the time and of billing by whole minutes."""
    low, mid, high = (
        _total(wall, column, runs, settings)
        for column in (WallRows.low_s, WallRows.mid_s, WallRows.high_s)
    )
    return Money(
        currency=settings.money.currency,
        low=low[MoneyTotal.likely_low_amount.name],
        mid=mid[MoneyTotal.mid_amount.name],
        high=high[MoneyTotal.likely_high_amount.name],
        minutes=mid[MoneyTotal.minutes.name],
        minutes_priced=mid[MoneyTotal.minutes_estimated.name],
        minutes_free=mid[MoneyTotal.minutes_free.name],
        minutes_unpriced=mid[MoneyTotal.minutes_unpriced.name],
        price_since=mid[MoneyTotal.price_since.name],
    )


def _total(
    wall: pl.DataFrame, column: Column, runs: pl.LazyFrame, settings: Settings
) -> dict[str, Any]:
    seconds = wall.lazy().select(
        WallRows.run_id.name,
        column.col.alias(RunSeconds.saving_s.name),
        pl.lit(None, pl.Float64).alias(RunSeconds.job_s.name),
    )
    return money_total(money(seconds, runs, settings)).collect().row(0, named=True)
