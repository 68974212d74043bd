"""Whether the remote caches pay, over the weeks that a verdict needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.analysis.baselines import baselines
from cachestats.analysis.changes_of_week import BEFORE
from cachestats.analysis.ledger import ledger
from cachestats.schema import Runs

if TYPE_CHECKING:
    import polars as pl

    from cachestats.report.history import History
    from cachestats.report.model import Week

__all__ = ["ledger_until"]

RUN = Runs.run_id.name
START = Runs.started_at.col


def ledger_until(history: History, week: Week) -> pl.LazyFrame:
    """Keep the ledger of the 28 days up to the end of the week: one week is often too few runs.

    Args:
        history: The runs, and what is known of them.
        week: The week.

    Returns:
        `LedgerRows`.
    """
    runs = history.runs.lazy()
    window = history.where.runs(runs).filter(START >= week.until_at - BEFORE)

    def mine(table: pl.DataFrame) -> pl.LazyFrame:
        return table.lazy().join(window, on=RUN, how="semi")

    return ledger(
        mine(history.steps),
        window,
        mine(history.cache_io),
        mine(history.facts),
        baselines=baselines(history.steps.lazy(), runs, history.lineages.lazy()),
    )
