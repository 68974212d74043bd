"""Find the container build layers that miss the BuildKit cache, why, and what it costs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cachestats._version import __version__

if TYPE_CHECKING:
    from cachestats import figures as figures
    from cachestats.advice.document import Advice as Advice
    from cachestats.advice.document import AdviceWindow as AdviceWindow
    from cachestats.advice.document import Combined as Combined
    from cachestats.advice.document import Saving as Saving
    from cachestats.advice.document import Suggestion as Suggestion
    from cachestats.advice.document import SuggestionKind as SuggestionKind
    from cachestats.analysis.baselines import baselines as baselines
    from cachestats.analysis.filters import Filters as Filters
    from cachestats.analysis.filters import moment as moment
    from cachestats.analysis.hit_ratio import hit_ratio as hit_ratio
    from cachestats.analysis.layers import worst_layers as worst_layers
    from cachestats.analysis.money import money as money
    from cachestats.analysis.money import money_total as money_total
    from cachestats.analysis.runs import find_run as find_run
    from cachestats.analysis.runs import newest_runs as newest_runs
    from cachestats.analysis.waste import waste as waste
    from cachestats.api.answers import cells as cells
    from cachestats.api.answers import diff as diff
    from cachestats.api.answers import layers as layers
    from cachestats.api.answers import ledger as ledger
    from cachestats.api.answers import lineages as lineages
    from cachestats.api.answers import misses as misses
    from cachestats.api.answers import patterns as patterns
    from cachestats.api.answers import recent as recent
    from cachestats.api.answers import timeline as timeline
    from cachestats.api.answers import trend as trend
    from cachestats.api.checks import check as check
    from cachestats.api.plans import advise as advise
    from cachestats.api.reports import weekly_report as weekly_report
    from cachestats.api.store import Store as Store
    from cachestats.api.store import doctor as doctor
    from cachestats.api.store import open_store as open_store
    from cachestats.api.store import parse as parse
    from cachestats.engine.doctor import Doctor as Doctor
    from cachestats.engine.ingest import IngestResult as IngestResult
    from cachestats.engine.ingest import Parsed as Parsed
    from cachestats.engine.ingest import Progress as Progress
    from cachestats.engine.ingest import Reject as Reject
    from cachestats.errors import CachestatsError as CachestatsError
    from cachestats.errors import NothingToReportError as NothingToReportError
    from cachestats.errors import SchemaError as SchemaError
    from cachestats.errors import StoreError as StoreError
    from cachestats.errors import UsageError as UsageError
    from cachestats.logs.given import RunFacts as RunFacts
    from cachestats.report.budgets import BlamedLayer as BlamedLayer
    from cachestats.report.budgets import ExceededBudget as ExceededBudget
    from cachestats.report.model import ReportDocument as ReportDocument
    from cachestats.report.weekly import WeeklyReport as WeeklyReport
    from cachestats.schema import AmountBasis as AmountBasis
    from cachestats.schema import Backend as Backend
    from cachestats.schema import Basis as Basis
    from cachestats.schema import CachedAs as CachedAs
    from cachestats.schema import CacheIO as CacheIO
    from cachestats.schema import CachePay as CachePay
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
    from cachestats.schema import MoneyRows as MoneyRows
    from cachestats.schema import MoneyTotal as MoneyTotal
    from cachestats.schema import Outcome as Outcome
    from cachestats.schema import Pattern as Pattern
    from cachestats.schema import PatternRows as PatternRows
    from cachestats.schema import RecentRows as RecentRows
    from cachestats.schema import Rejects as Rejects
    from cachestats.schema import Runs as Runs
    from cachestats.schema import RunSeconds as RunSeconds
    from cachestats.schema import Sources as Sources
    from cachestats.schema import Standing as Standing
    from cachestats.schema import StepKind as StepKind
    from cachestats.schema import Steps as Steps
    from cachestats.schema import TimelineRows as TimelineRows
    from cachestats.schema import TrendRows as TrendRows
    from cachestats.schema import WasteRows as WasteRows
    from cachestats.schema.figures import SavingRows as SavingRows
    from cachestats.settings import Budgets as Budgets
    from cachestats.settings import Money as Money
    from cachestats.settings import Price as Price
    from cachestats.settings import Projects as Projects
    from cachestats.settings import Settings as Settings
    from cachestats.store import Compacted as Compacted
    from cachestats.store import Forgotten as Forgotten
    from cachestats.store import Redacted as Redacted
    from cachestats.store import StoreInfo as StoreInfo
    from cachestats.store import Vacuumed as Vacuumed

# Where each public name lives; it is loaded when it is first used, since polars and the store
# take longer to load than `--help` may take (PEP 562).
_HOMES = {
    "Advice": "advice.document",
    "AdviceWindow": "advice.document",
    "AmountBasis": "schema",
    "Backend": "schema",
    "Basis": "schema",
    "BlamedLayer": "report.budgets",
    "Budgets": "settings",
    "CacheIO": "schema",
    "CachePay": "schema",
    "CachedAs": "schema",
    "CachestatsError": "errors",
    "Cause": "schema",
    "CellRows": "schema",
    "Column": "schema",
    "Combined": "advice.document",
    "Compacted": "store",
    "Confidence": "schema",
    "DiffRows": "schema",
    "Direction": "schema",
    "Doctor": "engine.doctor",
    "DoctorRows": "schema",
    "ExceededBudget": "report.budgets",
    "FactKind": "schema",
    "Facts": "schema",
    "Filters": "analysis.filters",
    "Forgotten": "store",
    "HitRatio": "schema",
    "IngestResult": "engine.ingest",
    "Instruction": "schema",
    "LayerRows": "schema",
    "LedgerRows": "schema",
    "LineageRows": "schema",
    "Link": "schema",
    "MissClass": "schema",
    "MissRows": "schema",
    "Money": "settings",
    "MoneyRows": "schema",
    "MoneyTotal": "schema",
    "NothingToReportError": "errors",
    "Outcome": "schema",
    "Parsed": "engine.ingest",
    "Pattern": "schema",
    "PatternRows": "schema",
    "Price": "settings",
    "Progress": "engine.ingest",
    "Projects": "settings",
    "RecentRows": "schema",
    "Reject": "engine.ingest",
    "Redacted": "store",
    "Rejects": "schema",
    "ReportDocument": "report.model",
    "RunFacts": "logs.given",
    "RunSeconds": "schema",
    "Runs": "schema",
    "Saving": "advice.document",
    "SavingRows": "schema.figures",
    "SchemaError": "errors",
    "Settings": "settings",
    "Sources": "schema",
    "Standing": "schema",
    "StepKind": "schema",
    "Steps": "schema",
    "Store": "api.store",
    "StoreError": "errors",
    "StoreInfo": "store",
    "Suggestion": "advice.document",
    "SuggestionKind": "advice.document",
    "TimelineRows": "schema",
    "TrendRows": "schema",
    "UsageError": "errors",
    "Vacuumed": "store",
    "WasteRows": "schema",
    "WeeklyReport": "report.weekly",
    "advise": "api.plans",
    "baselines": "analysis.baselines",
    "cells": "api.answers",
    "check": "api.checks",
    "diff": "api.answers",
    "doctor": "api.store",
    "find_run": "analysis.runs",
    "hit_ratio": "analysis.hit_ratio",
    "layers": "api.answers",
    "ledger": "api.answers",
    "lineages": "api.answers",
    "misses": "api.answers",
    "moment": "analysis.filters",
    "money": "analysis.money",
    "money_total": "analysis.money",
    "newest_runs": "analysis.runs",
    "open_store": "api.store",
    "parse": "api.store",
    "patterns": "api.answers",
    "recent": "api.answers",
    "timeline": "api.answers",
    "trend": "api.answers",
    "waste": "analysis.waste",
    "weekly_report": "api.reports",
    "worst_layers": "analysis.layers",
}

# Loaded when first used as well: plotly takes a second.
_MODULES = ("figures",)

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])
