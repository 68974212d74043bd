"""Small frames that conform to `schema.py`: name the columns that matter, the rest is filled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.analysis.causes.misses import misses
from cachestats.analysis.layers import layers
from cachestats.analysis.lineage import lineages
from cachestats.schema import (
    CachedAs,
    CacheIO,
    Facts,
    Instruction,
    LogFormat,
    Outcome,
    Runs,
    StepKind,
    Steps,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = datetime(2026, 11, 2, tzinfo=UTC)

RUN_DEFAULTS = {
    "run_id": "r1",
    "source": "build.log",
    "format": LogFormat.PLAIN,
    "outcome": Outcome.DONE,
    "builder_booted": False,
    "warnings": [],
    "ingested_at": DAY,
    "ingest_id": "i1",
}
STEP_DEFAULTS = {
    "run_id": "r1",
    "step_no": 1,
    "kind": StepKind.INSTRUCTION,
    "instruction": Instruction.RUN,
    "text": "RUN make",
    "layer_id": "l1",
    "outcome": Outcome.DONE,
    "mounts": [],
    "ingest_id": "i1",
}


def runs(**columns: Sequence[Any]) -> pl.LazyFrame:
    """Runs with these columns; the others are those of an ordinary plain log."""
    return _frame(Runs, RUN_DEFAULTS, columns)


def steps(**columns: Sequence[Any]) -> pl.LazyFrame:
    """Steps with these columns; the others are those of an executed RUN.

    `cached_as` is filled in from `outcome`: a cached step is a hit unless it is said to be none.
    """
    if "cached_as" not in columns and "outcome" in columns:
        hits = [CachedAs.HIT if o == Outcome.CACHED else None for o in columns["outcome"]]
        columns = {**columns, "cached_as": hits}
    return _frame(Steps, STEP_DEFAULTS, columns)


def layer_rows(steps: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Layers of these steps and runs, whose causes rest on no facts."""
    missed = misses(steps, runs, Facts.empty().lazy(), CacheIO.empty().lazy())
    return layers(steps, runs, lineages(steps, runs), missed)


def _frame(
    table: type[Table], defaults: dict[str, Any], columns: dict[str, Sequence[Any]]
) -> pl.LazyFrame:
    height = len(next(iter(columns.values()), [None]))
    filled = {
        name: columns.get(name, [defaults.get(name)] * height) for name in table.dtypes().names()
    }
    return pl.DataFrame(filled | columns, schema=table.dtypes()).lazy()
