"""The table of what shows only over many runs."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from cachestats.schema.answers import EVIDENCE
from cachestats.schema.table import TIME, Column, Table

__all__ = ["Pattern", "PatternRows"]


class Pattern(StrEnum):
    """What no single run shows."""

    VOLATILE_TOKEN = "volatile_token"  # noqa: S105 - no password
    EVICTION_AGE = "eviction_age"
    SCOPE_OVERWRITTEN = "scope_overwritten"
    IMPORT_ALWAYS_EMPTY = "import_always_empty"
    FLAPPING = "flapping"
    CONCURRENT_COMMIT = "concurrent_commit"


class PatternRows(Table):
    """One row per pattern that the runs of a project show."""

    project = Column(pl.String, "project", nullable=True)
    kind = Column(pl.Enum(Pattern), "what it is")
    layer_id = Column(
        pl.String, "layer that it is about, as `layers` names it; null: none", nullable=True
    )
    ref = Column(pl.String, "remote cache that it is about; null: none", nullable=True)
    runs = Column(pl.Int64, "runs that show it")
    of_runs = Column(pl.Int64, "of so many that could have")
    cost_s = Column(pl.Float64, "machine time of the misses that show it", unit="s")
    first_at = Column(TIME, "start of the first of these runs", nullable=True)
    last_at = Column(TIME, "start of the last", nullable=True)
    text = Column(pl.String, "the same in a sentence")
    evidence = Column(EVIDENCE, "lines of the last run that shows it")
