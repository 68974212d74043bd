"""Small tables for figures: name the columns that matter, the rest is filled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.schema import (
    Backend,
    CachePay,
    Cause,
    CellRows,
    Confidence,
    Instruction,
    LedgerRows,
    MissClass,
    MissRows,
    Outcome,
    Standing,
    StepKind,
    Table,
    TimelineRows,
    TrendRows,
)
from cachestats.schema.figures import SavingRows

if TYPE_CHECKING:
    from collections.abc import Sequence

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
HOSTILE = [
    '<a href="javascript:alert(1)">run</a>',
    "<script>alert(1)</script>",
    "<b>bold</b><br>broken &lt;i&gt;",
    "%{x} and %{customdata}",
    r"$\frac{1}{2}$",
    "one\ntwo\ttabbed",
    "\u202eright to left\u202c",
    "\x1b[31mred\x00",
]


def misses(**columns: Sequence[Any]) -> pl.DataFrame:
    """Misses with these columns; the others are those of an avoidable root miss of one second.

    What is said of a miss is said of its root too, unless that is given.
    """
    pairs = {"root_layer_id": "layer_id", "root_text": "text", "root_cause": "cause"}
    filled = {root: columns[own] for root, own in pairs.items() if own in columns} | columns
    return _table(
        MissRows,
        {
            "run_id": "r1",
            "step_no": 1,
            "project": "shop",
            "started_at": MONDAY,
            "layer_id": "l1",
            "stage": "builder",
            "instruction": Instruction.RUN,
            "text": "RUN make",
            "cost_s": 1.0,
            "cause": Cause.COLD_BUILDER,
            "class": MissClass.AVOIDABLE,
            "confidence": Confidence.HIGH,
            "is_root": True,
            "root_step_no": 1,
            "root_step_nos": [1],
            "root_layer_id": "l1",
            "root_text": "RUN make",
            "root_cause": Cause.COLD_BUILDER,
            "evidence": [],
        },
        filled,
    )


def cells(**columns: Sequence[Any]) -> pl.DataFrame:
    """Cells with these columns; the others are those of a hit of one layer in one run."""
    return _table(
        CellRows,
        {
            "run_id": "r1",
            "project": "shop",
            "started_at": MONDAY,
            "layer_id": "l1",
            "stage": "builder",
            "index": 1,
            "text": "RUN make",
            "standing": Standing.HIT,
            "cost_s": 0.0,
        },
        columns,
    )


def timeline(**columns: Sequence[Any]) -> pl.DataFrame:
    """Steps with these columns; the others are those of a root miss of one second."""
    return _table(
        TimelineRows,
        {
            "run_id": "r1",
            "project": "shop",
            "run_started_at": MONDAY,
            "step_no": 1,
            "name": "[builder 2/3] RUN make",
            "kind": StepKind.INSTRUCTION,
            "stage": "builder",
            "outcome": Outcome.DONE,
            "standing": Standing.ROOT,
            "cause": Cause.FIRST_SEEN,
            "begin_s": 0.0,
            "end_s": 1.0,
            "is_estimated": False,
            "is_critical": False,
        },
        columns,
    )


def periods(**columns: Sequence[Any]) -> pl.DataFrame:
    """Periods with these columns; the others are those of one week."""
    return _table(
        TrendRows,
        {
            "since_at": MONDAY,
            "runs": 3,
            "hits": 6,
            "misses": 4,
            "hit_ratio": 0.6,
            "saved_s": 30.0,
            "cost_s": 70.0,
            "time_ratio": 0.3,
            "docker_ratio": 0.2,
            "structural_s": 60.0,
            "avoidable_s": 120.0,
            "waste_s": 180.0,
        },
        columns,
    )


def caches(**columns: Sequence[Any]) -> pl.DataFrame:
    """Remote caches with these columns; the others are those of one that pays."""
    counts = ("runs", "imports", "exports", "hits", "hits_with_baseline")
    return _table(
        LedgerRows,
        {
            **dict.fromkeys(counts, 5),
            "project": "shop",
            "backend": Backend.REGISTRY,
            "ref": "example/shop:cache",
            "mode": "max",
            "imports_failed": 0,
            "exports_failed": 0,
            "saved_s": 100.0,
            "import_s": 10.0,
            "export_s": 20.0,
            "restore_s": 30.0,
            "net_s": 40.0,
            "pay": CachePay.PAYS,
            "verdict": "pays",
        },
        columns,
    )


def savings(**columns: Sequence[Any]) -> pl.DataFrame:
    """Savings with these columns; the others are those of one suggestion."""
    return _table(
        SavingRows,
        {
            "title": "Pin the base image",
            "low_s": 10.0,
            "mid_s": 20.0,
            "high_s": 40.0,
            "is_combined": False,
        },
        columns,
    )


def _table(
    table: type[Table], defaults: dict[str, Any], columns: dict[str, Sequence[Any]]
) -> pl.DataFrame:
    height = len(next(iter(columns.values()), [None]))
    names = table.dtypes().names()
    filled = {name: columns.get(name, [defaults.get(name)] * height) for name in names}
    return pl.DataFrame(filled | columns, schema=table.dtypes())
