"""Small rows of `WeekRows`, and reports of made-up runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.analysis.filters import Filters
from cachestats.analysis.lineage import lineages
from cachestats.report.build import built
from cachestats.report.fixes import plan
from cachestats.report.history import History
from cachestats.report.week import named_week
from cachestats.report.weekly import WeeklyReport
from cachestats.schema import CacheIO, Facts, MissRows
from cachestats.schema.report import WeekRows
from cachestats.settings import Settings
from tests.figures.tables import MONDAY

if TYPE_CHECKING:
    from collections.abc import Sequence

WEEK = named_week("2026-W45")  # begins on `MONDAY`


def weeks(**columns: Sequence[Any]) -> pl.DataFrame:
    """Weeks of a project with these columns; the others are those of one run and no steps."""
    height = len(next(iter(columns.values())))
    blank: dict[str, Any] = dict.fromkeys(WeekRows.columns(), 0)
    filled = blank | {"project": "shop", "since_at": MONDAY, "runs": 1}
    return pl.DataFrame(
        {name: columns.get(name, [value] * height) for name, value in filled.items()},
        schema=WeekRows.dtypes(),
        strict=False,
    )


@dataclass(frozen=True, kw_only=True)
class Given:
    """Frames that a report is made of."""

    runs: pl.LazyFrame
    steps: pl.LazyFrame
    misses: pl.DataFrame | None = None
    where: Filters = Filters()

    def report(self, settings: Settings | None = None) -> WeeklyReport:
        """The report of `WEEK`."""
        history = self._history()
        document, drawn = built(
            history, week=WEEK, plan=plan(history, WEEK), settings=settings or Settings()
        )
        return WeeklyReport(document=document, _drawn=drawn)

    def _history(self) -> History:
        return History(
            runs=self.runs.collect(),
            steps=self.steps.collect(),
            facts=Facts.empty(),
            cache_io=CacheIO.empty(),
            misses=MissRows.empty() if self.misses is None else self.misses,
            lineages=lineages(self.steps, self.runs).collect(),
            where=self.where,
            undated_runs=2,
            rejects=3,
        )
