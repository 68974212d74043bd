"""What an ingest of some sources would meet, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cachestats.engine.plan import Plan
from cachestats.logs.checkup import checkup
from cachestats.logs.given import RunFacts
from cachestats.schema import DoctorRows, Sources

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Doctor", "doctor"]

SOURCE, REASON = DoctorRows.source.name, DoctorRows.reason.name


@dataclass(frozen=True, slots=True)
class Doctor:
    """What reading some sources would give.

    Attributes:
        files: `DoctorRows`, one row per file in the order of reading, and then one per input that
            cannot be read at all.
    """

    files: pl.DataFrame


def doctor(sources: Iterable[str | Path], *, path_template: str | None = None) -> Doctor:
    """Tell what would be read; see `cachestats.doctor`."""
    planned = Plan(sources, given=RunFacts(), path_template=path_template, known=Sources.empty())
    rows = [row for job in planned.opened() if (row := checkup(job))]
    # Last, since it is only known of all logs when the archives they lie in were opened.
    faults = {fault.source: fault.reason for fault in planned.faults}
    for row in rows:
        fault = faults.pop(row[SOURCE], None)
        row[REASON] = "; ".join(filter(None, (row[REASON], fault))) or None
    rows += [{SOURCE: source, REASON: reason} for source, reason in faults.items()]
    return Doctor(pl.DataFrame(rows, schema=DoctorRows.dtypes()))
