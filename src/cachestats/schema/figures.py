"""The tables that only figures and reports meet."""

from __future__ import annotations

import polars as pl

from cachestats.schema.table import Column, Table
from cachestats.schema.values import Cause

__all__ = ["ChargedRows", "SavingRows"]


class ChargedRows(Table):
    """One row per root layer and cause: the waste that is charged to it."""

    project = Column(pl.String, "project", nullable=True)
    stage = Column(pl.String, "Dockerfile stage of the root", nullable=True)
    layer_id = Column(pl.String, "root layer")
    text = Column(pl.String, "its text in the newest run")
    cause = Column(pl.Enum(Cause), "why it missed")
    misses = Column(pl.Int64, "wasteful misses charged to it, its own included")
    runs = Column(pl.Int64, "runs in which these happened")
    waste_s = Column(pl.Float64, "what they cost", unit="s")


class SavingRows(Table):
    """One row per suggestion, and one of all together: what it would save."""

    title = Column(pl.String, "what is suggested")
    low_s = Column(pl.Float64, "low end of the estimate", unit="s")
    mid_s = Column(pl.Float64, "best estimate", unit="s")
    high_s = Column(pl.Float64, "high end of the estimate", unit="s")
    is_combined = Column(pl.Boolean, "whether it is the effect of all suggestions together")
