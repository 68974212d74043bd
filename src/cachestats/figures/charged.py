"""Waste by the root it is charged to, as the figures of waste draw it."""

from __future__ import annotations

import polars as pl

from cachestats.schema import MissClass, MissRows
from cachestats.schema.figures import ChargedRows

__all__ = ["charged", "total_s"]

WASTEFUL = MissRows.class_.col.is_in([MissClass.STRUCTURAL, MissClass.AVOIDABLE])
KEY = (ChargedRows.layer_id.name, ChargedRows.cause.name)


def charged(misses: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Sum the structural and avoidable cost of misses by root layer and cause.

    Args:
        misses: `MissRows`, one row per miss.

    Returns:
        `ChargedRows`, one row per root layer and cause with any waste; the costliest layer
        first, and of a layer its costliest cause. No waste, no rows.
    """
    rows = MissRows.conform(misses.lazy()).sort(
        MissRows.started_at.name, MissRows.run_id.name, MissRows.step_no.name
    )
    of_layer = ChargedRows.waste_s.col.sum().over(ChargedRows.layer_id.name)
    return (
        rows.filter(WASTEFUL, MissRows.cost_s.col > 0)
        .group_by(
            MissRows.root_layer_id.col.alias(ChargedRows.layer_id.name),
            MissRows.root_cause.col.alias(ChargedRows.cause.name),
            maintain_order=True,
        )
        .agg(
            MissRows.project.col.last(),
            MissRows.root_text.col.last().alias(ChargedRows.text.name),
            pl.len().cast(pl.Int64).alias(ChargedRows.misses.name),
            MissRows.run_id.col.n_unique().cast(pl.Int64).alias(ChargedRows.runs.name),
            MissRows.cost_s.col.sum().alias(ChargedRows.waste_s.name),
        )
        .join(_stages(rows), on=ChargedRows.layer_id.name, how="left", maintain_order="left")
        .sort(of_layer, *KEY[:1], ChargedRows.waste_s.col, KEY[1], descending=[True, False] * 2)
        .pipe(ChargedRows.conform)
        .collect()
    )


def total_s(rows: pl.DataFrame) -> float:
    """Sum the waste of some `ChargedRows`, in seconds."""
    return float(rows[ChargedRows.waste_s.name].sum())


def _stages(rows: pl.LazyFrame) -> pl.LazyFrame:
    # The row of a cascade does not tell the stage of its root.
    return rows.group_by(MissRows.layer_id.name, maintain_order=True).agg(
        MissRows.stage.col.last().alias(ChargedRows.stage.name)
    )
