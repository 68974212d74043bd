"""Find the container build layers that miss the BuildKit cache, why, and what it costs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cachestats._version import __version__

if TYPE_CHECKING:
    from cachestats.analysis.filters import Filters as Filters
    from cachestats.analysis.filters import moment as moment
    from cachestats.analysis.hit_ratio import hit_ratio as hit_ratio
    from cachestats.analysis.layers import worst_layers as worst_layers
    from cachestats.analysis.runs import find_run as find_run
    from cachestats.analysis.runs import newest_runs as newest_runs
    from cachestats.api import Store as Store
    from cachestats.api import cells as cells
    from cachestats.api import diff as diff
    from cachestats.api import doctor as doctor
    from cachestats.api import layers as layers
    from cachestats.api import lineages as lineages
    from cachestats.api import misses as misses
    from cachestats.api import open_store as open_store
    from cachestats.api import parse as parse
    from cachestats.api import timeline as timeline
    from cachestats.engine import Doctor as Doctor
    from cachestats.engine import IngestResult as IngestResult
    from cachestats.engine import Parsed as Parsed
    from cachestats.engine import Progress as Progress
    from cachestats.engine import Reject as Reject
    from cachestats.errors import CachestatsError as CachestatsError
    from cachestats.errors import NothingToReportError as NothingToReportError
    from cachestats.errors import SchemaError as SchemaError
    from cachestats.errors import StoreError as StoreError
    from cachestats.errors import UsageError as UsageError
    from cachestats.logs.given import RunFacts as RunFacts
    from cachestats.schema import Backend as Backend
    from cachestats.schema import Basis as Basis
    from cachestats.schema import CachedAs as CachedAs
    from cachestats.schema import CacheIO as CacheIO
    from cachestats.schema import Cause as Cause
    from cachestats.schema import CellRows as CellRows
    from cachestats.schema import Column as Column
    from cachestats.schema import Confidence as Confidence
    from cachestats.schema import DiffRows as DiffRows
    from cachestats.schema import Direction as Direction
    from cachestats.schema import DoctorRows as DoctorRows
    from cachestats.schema import FactKind as FactKind
    from cachestats.schema import Facts as Facts
    from cachestats.schema import HitRatio as HitRatio
    from cachestats.schema import Instruction as Instruction
    from cachestats.schema import LayerRows as LayerRows
    from cachestats.schema import LedgerRows as LedgerRows
    from cachestats.schema import LineageRows as LineageRows
    from cachestats.schema import Link as Link
    from cachestats.schema import MissClass as MissClass
    from cachestats.schema import MissRows as MissRows
    from cachestats.schema import Outcome as Outcome
    from cachestats.schema import Rejects as Rejects
    from cachestats.schema import Runs as Runs
    from cachestats.schema import Sources as Sources
    from cachestats.schema import Standing as Standing
    from cachestats.schema import StepKind as StepKind
    from cachestats.schema import Steps as Steps
    from cachestats.schema import TimelineRows as TimelineRows
    from cachestats.schema import TrendRows as TrendRows
    from cachestats.store import Compacted as Compacted
    from cachestats.store import StoreInfo as StoreInfo
    from cachestats.store import Vacuumed as Vacuumed

# Where each public name lives; it is loaded when it is first used, since polars and the store
# take longer to load than `--help` may take (PEP 562).
_HOMES = {
    "Backend": "schema",
    "Basis": "schema",
    "CacheIO": "schema",
    "CachedAs": "schema",
    "CachestatsError": "errors",
    "Cause": "schema",
    "CellRows": "schema",
    "Column": "schema",
    "Compacted": "store",
    "Confidence": "schema",
    "DiffRows": "schema",
    "Direction": "schema",
    "Doctor": "engine",
    "DoctorRows": "schema",
    "FactKind": "schema",
    "Facts": "schema",
    "Filters": "analysis.filters",
    "HitRatio": "schema",
    "IngestResult": "engine",
    "Instruction": "schema",
    "LayerRows": "schema",
    "LedgerRows": "schema",
    "LineageRows": "schema",
    "Link": "schema",
    "MissClass": "schema",
    "MissRows": "schema",
    "NothingToReportError": "errors",
    "Outcome": "schema",
    "Parsed": "engine",
    "Progress": "engine",
    "Reject": "engine",
    "Rejects": "schema",
    "RunFacts": "logs.given",
    "Runs": "schema",
    "SchemaError": "errors",
    "Sources": "schema",
    "Standing": "schema",
    "StepKind": "schema",
    "Steps": "schema",
    "Store": "api",
    "StoreError": "errors",
    "StoreInfo": "store",
    "TimelineRows": "schema",
    "TrendRows": "schema",
    "UsageError": "errors",
    "Vacuumed": "store",
    "cells": "api",
    "diff": "api",
    "doctor": "api",
    "find_run": "analysis.runs",
    "hit_ratio": "analysis.hit_ratio",
    "layers": "api",
    "lineages": "api",
    "misses": "api",
    "moment": "analysis.filters",
    "newest_runs": "analysis.runs",
    "open_store": "api",
    "parse": "api",
    "timeline": "api",
    "worst_layers": "analysis.layers",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
