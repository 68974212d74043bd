"""Every number of the weekly report; what prints it neither divides nor sorts."""

from __future__ import annotations

from cachestats.report.model.common import Chosen, Money, Number, Ratios, Span, Verdict, Week
from cachestats.report.model.document import (
    SCHEMA_VERSION,
    Filtered,
    Method,
    ReportDocument,
    Share,
)
from cachestats.report.model.headline import Comparison, Headline
from cachestats.report.model.plan import Diff, Fix, Plan
from cachestats.report.model.tables import Cache, Change, Layer, Project

__all__ = [
    "SCHEMA_VERSION",
    "Cache",
    "Change",
    "Chosen",
    "Comparison",
    "Diff",
    "Filtered",
    "Fix",
    "Headline",
    "Layer",
    "Method",
    "Money",
    "Number",
    "Plan",
    "Project",
    "Ratios",
    "ReportDocument",
    "Share",
    "Span",
    "Verdict",
    "Week",
]
