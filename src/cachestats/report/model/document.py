"""The weekly report as a document."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from cachestats.report.model.common import Number, Week
from cachestats.report.model.headline import Headline
from cachestats.report.model.plan import Plan
from cachestats.report.model.tables import Cache, Change, Layer, Project

__all__ = [
    "SCHEMA_VERSION",
    "Filtered",
    "Method",
    "ReportDocument",
    "Share",
]

SCHEMA_VERSION = 1


class Share(BaseModel, frozen=True):
    """A part of the waste: its name, its seconds, its share."""

    name: str
    seconds: Number
    ratio: Number


class Filtered(BaseModel, frozen=True):
    """What is reported; None leaves nothing out.

    Attributes:
        project: Only this project.
        branch: Only runs of this branch.
        target: Only steps of this bake target.
        stage: Only steps of this stage.
    """

    project: str | None = None
    branch: str | None = None
    target: str | None = None
    stage: str | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return self != Filtered()


class Method(BaseModel, frozen=True):
    """What the numbers rest on.

    Attributes:
        runs: Runs of the week.
        history_runs: Runs that causes and baselines were found from, of all branches.
        history_since_at: Begin of that history.
        undated_runs: Runs of the store without a start, which are in no week.
        rejects: Inputs, or parts of them, that the store could not read.
        hits: Hits of the week.
        baseline_ratio: Share of them whose saving is known; None without hits.
        misses: Misses of the week.
        unknown_ratio: Share of them whose cause is not known; None without misses.
        unknown_s: What these took.
        confidences: Waste by how sure its cause is, surest first.
        new_projects: Projects without runs in the four weeks before, where nothing can be worse.
        formats: Runs of the week by format.
    """

    runs: int
    history_runs: int
    history_since_at: datetime
    undated_runs: int
    rejects: int
    hits: int
    baseline_ratio: Number | None
    misses: int
    unknown_ratio: Number | None
    unknown_s: Number
    confidences: tuple[Share, ...]
    new_projects: int
    formats: dict[str, int]


class ReportDocument(BaseModel, frozen=True):
    """The weekly report as a document.

    Attributes:
        schema_version: Version of this document.
        week: The week.
        filters: Which of its runs and steps are reported.
        headline: What a reader has to know.
        plan: What to do.
        worse: Layers that waste more than before, most added waste first.
        layers: Layers by the waste that they cause.
        layers_found: How many layers cause waste.
        worst_project: Project with most waste, whose barcode is drawn; None without misses.
        caches: Remote caches.
        projects: Projects, most waste first.
        method: What the numbers rest on.
    """

    schema_version: int = SCHEMA_VERSION
    week: Week
    filters: Filtered = Filtered()
    headline: Headline
    plan: Plan
    worse: tuple[Change, ...] = ()
    layers: tuple[Layer, ...] = ()
    layers_found: int = 0
    worst_project: str | None = None
    caches: tuple[Cache, ...] = ()
    projects: tuple[Project, ...] = ()
    method: Method
