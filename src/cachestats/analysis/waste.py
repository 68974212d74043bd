"""What misses cost and wasted: by class, cause, layer, stage, project, week."""

from __future__ import annotations

from typing import Literal

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.schema import MissClass, MissRows, WasteRows

__all__ = ["WasteBy", "waste"]

WasteBy = Literal["class", "cause", "layer", "stage", "project", "week"]

KEYS: dict[WasteBy, pl.Expr] = {
    "class": MissRows.class_.col,
    "cause": MissRows.root_cause.col,
    "layer": MissRows.root_layer_id.col,
    "stage": MissRows.stage.col,
    "project": MissRows.project.col,
    "week": MissRows.started_at.col.dt.strftime("%G-W%V"),
}


def waste(misses: pl.LazyFrame, *, by: WasteBy = "cause") -> pl.LazyFrame:
    """Sum misses up, each under the root that it is charged to.

    Waste is what structural and avoidable misses cost; work whose cause is unknown is none.

    Args:
        misses: `MissRows`.
        by: What to sum by: the class of the miss, the cause or the layer of its root, the stage
            it is in, its project, or the ISO week in which its run started.

    Returns:
        `WasteRows`, one row per value of that, most waste first; times are machine time in
        seconds. No rows in, no rows out.
    """
    return (
        MissRows.conform(misses)
        .group_by(KEYS[by].cast(pl.String).alias(WasteRows.key.name))
        .agg(
            pl.len().cast(pl.Int64).alias(WasteRows.misses.name),
            ex.total(MissRows.cost_s.col).alias(WasteRows.cost_s.name),
            *(_cost_of(kind).alias(f"{kind}_s") for kind in MissClass),
            ex.total(MissRows.cost_s.col.filter(ex.IS_WASTE)).alias(WasteRows.waste_s.name),
        )
        .sort(
            WasteRows.waste_s.name,
            WasteRows.cost_s.name,
            WasteRows.key.name,
            descending=[True, True, False],
        )
        .pipe(WasteRows.conform)
    )


def _cost_of(kind: MissClass) -> pl.Expr:
    return ex.total(MissRows.cost_s.col.filter(MissRows.class_.col == kind))
