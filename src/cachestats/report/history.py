"""The frames that a weekly report is made of, and the frames that its figures draw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
from polars import selectors

if TYPE_CHECKING:
    from cachestats.analysis.filters import Filters

__all__ = ["HISTORY", "SHOWN_WEEKS", "Drawn", "History", "exact"]

SHOWN_WEEKS = 8
"""Weeks that trends show, the reported one included."""

HISTORY = timedelta(weeks=SHOWN_WEEKS + 2)
"""How far back causes and baselines look: the oldest week shown needs runs before it too."""


QUANTUM = 2.0**-26
"""Seconds, or whatever a number counts: 15 ns."""


def exact(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Round numbers so that their sums are exact, and the same in whatever order they are made.

    Sums of multiples of a power of two are exact up to four years of seconds. Others differ in the
    last digit from one time to the next, since many threads sum; at times that digit is printed.
    """
    return frame.with_columns((selectors.float() / QUANTUM).round() * QUANTUM)


@dataclass(frozen=True, kw_only=True)
class History:
    """What is known up to the end of the week.

    Attributes:
        runs: `Runs` of the projects reported, of all branches, in the `HISTORY` up to that end.
        steps: `Steps` of these runs.
        facts: `Facts` of these runs.
        cache_io: `CacheIO` of these runs.
        misses: `MissRows` of these runs.
        lineages: `LineageRows` of these runs.
        where: Which of these runs and steps to report.
        undated_runs: Runs of the store without a start.
        rejects: Inputs, or parts of them, that the store could not read.
    """

    runs: pl.DataFrame
    steps: pl.DataFrame
    facts: pl.DataFrame
    cache_io: pl.DataFrame
    misses: pl.DataFrame
    lineages: pl.DataFrame
    where: Filters
    undated_runs: int = 0
    rejects: int = 0


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the figures of a report draw.

    Attributes:
        misses: `MissRows` of the week.
        trend: `TrendRows` of the weeks shown.
        cells: `CellRows` of the worst project in these weeks.
        ledger: `LedgerRows`.
        savings: `SavingRows`, seconds a week of wall time.
    """

    misses: pl.DataFrame
    trend: pl.DataFrame
    cells: pl.DataFrame
    ledger: pl.DataFrame
    savings: pl.DataFrame
