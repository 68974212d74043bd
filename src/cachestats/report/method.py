"""What the numbers of a report rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.changes_of_week import BEFORE
from cachestats.report.compare import total
from cachestats.report.history import HISTORY
from cachestats.report.model import Method, Share
from cachestats.schema import Confidence, MissRows, Runs
from cachestats.schema.report import WeekRows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.report.history import History
    from cachestats.report.model import Week

__all__ = ["method"]

SINCE = WeekRows.since_at.col
RUN, ROOT_STEP = MissRows.run_id.name, MissRows.root_step_no.name


def method(
    history: History, weeks: pl.DataFrame, misses: pl.DataFrame, runs: pl.DataFrame, *, week: Week
) -> Method:
    """Say how much of the week is known.

    Args:
        history: The runs, and what is known of them.
        weeks: `WeekRows` of the week and of the weeks before.
        misses: `MissRows` of the week.
        runs: `Runs` of the week.
        week: The week.
    """
    now = weeks.filter(SINCE == week.since_at)
    before = weeks.filter(SINCE < week.since_at, SINCE >= week.since_at - BEFORE)
    hits, missed = int(total(now, WeekRows.hits.name)), int(total(now, WeekRows.misses.name))
    without = total(now, WeekRows.hits_without_baseline.name)
    unknown = total(now, WeekRows.unknown_misses.name)
    known = now.join(before, on=WeekRows.project.name, how="semi", nulls_equal=True)
    formats = runs.group_by(Runs.format.name).len().sort(Runs.format.name)
    return Method(
        runs=runs.height,
        history_runs=history.runs.height,
        history_since_at=week.until_at - HISTORY,
        undated_runs=history.undated_runs,
        rejects=history.rejects,
        hits=hits,
        baseline_ratio=(hits - without) / hits if hits else None,
        misses=missed,
        unknown_ratio=unknown / missed if missed else None,
        unknown_s=total(now, WeekRows.unknown_s.name),
        confidences=tuple(_confidences(misses, history.misses)),
        new_projects=now.height - known.height,
        formats=dict(formats.iter_rows()),
    )


def _confidences(misses: pl.DataFrame, of_history: pl.DataFrame) -> Iterator[Share]:
    """Part the waste by how sure the cause is that it is charged to: that of the root."""
    roots = of_history.select(
        RUN, MissRows.step_no.col.alias(ROOT_STEP), MissRows.confidence.col.alias("of_root")
    )
    wasted = misses.filter(ex.IS_WASTE).join(roots, on=[RUN, ROOT_STEP])
    whole = total(wasted, MissRows.cost_s.name)
    for confidence in Confidence:
        of_it = wasted.filter(pl.col("of_root") == confidence)
        seconds = total(of_it, MissRows.cost_s.name)
        if seconds > 0:
            yield Share(name=confidence, seconds=seconds, ratio=seconds / whole)
