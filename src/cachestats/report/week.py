"""ISO weeks: Monday to Monday, UTC, and the one that a report is of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from cachestats.errors import UsageError
from cachestats.report.model import Week
from cachestats.schema import Runs

if TYPE_CHECKING:
    import polars as pl

    from cachestats.report.model import Chosen

__all__ = ["DAY", "WEEK", "chosen_week", "label", "named_week"]

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
NAME = re.compile(r"([1-9]\d{3})-?W(\d\d)", re.IGNORECASE)
START = Runs.started_at.col


def label(moment: datetime) -> str:
    """Name the ISO week of a moment: `2026-W48`."""
    year, week, _ = moment.isocalendar()
    return f"{year:04}-W{week:02}"


def named_week(text: str) -> Week:
    """Read an ISO week: `2026-W48`.

    Raises:
        UsageError: It is none, or the year has no such week.
    """
    try:
        year, week = map(int, NAME.fullmatch(text.strip()).groups())  # type: ignore[union-attr]
        return _week(_monday(date.fromisocalendar(year, week, 1)), "given")
    except (AttributeError, ValueError, OverflowError):
        raise UsageError(f"{text!r} is no ISO week such as 2026-W48") from None


def chosen_week(runs: pl.LazyFrame, *, now: datetime) -> Week:
    """Choose the week to report where none is given.

    Args:
        runs: `Runs`; those without a start are in no week.
        now: The present.

    Returns:
        The last full week before `now` if it holds runs, else the last week before it that does,
        else the last one with runs, which is not over. Without any dated run the last full week.
    """
    this_monday = _monday(now.astimezone(UTC).date())
    is_over = START < this_monday
    over, newest = (
        runs.select(START.filter(is_over).max(), START.max().alias("newest")).collect().row(0)
    )
    last_full = this_monday - WEEK
    if over is not None:
        monday = _monday(over.date())
        return _week(monday, "last full week" if monday == last_full else "last week with runs")
    if newest is not None:
        return _week(_monday(newest.date()), "unfinished week")
    return _week(last_full, "last full week")


def _week(monday: datetime, chosen: Chosen) -> Week:
    return Week(label=label(monday), since_at=monday, until_at=monday + WEEK, chosen=chosen)


def _monday(day: date) -> datetime:
    return datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)
