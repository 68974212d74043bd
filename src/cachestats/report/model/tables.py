"""The rows of the tables of the weekly report."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from cachestats.report.model.common import Number, Ratios, Verdict

__all__ = [
    "Cache",
    "Change",
    "Layer",
    "Project",
]


class Layer(BaseModel, frozen=True):
    """A layer that caused waste in the week: what is charged to it as the root of misses.

    Attributes:
        rank: From 1, most waste first.
        project: Project.
        stage: Dockerfile stage.
        layer_id: Identity of the layer.
        text: Instruction.
        cause: Cause that most of the waste is of.
        cause_ratio: Part of the waste that is of it; 1 where there is no other.
        misses: Wasteful misses charged to it.
        runs: Runs in which these happened.
        waste_s: What they cost.
        waste_ratio: Of all waste of the week.
    """

    rank: int
    project: str | None
    stage: str | None
    layer_id: str
    text: str
    cause: str
    cause_ratio: Number
    misses: int
    runs: int
    waste_s: Number
    waste_ratio: Number


class Change(BaseModel, frozen=True):
    """A layer that wastes more per run than in the four weeks before.

    Attributes:
        project: Project.
        stage: Dockerfile stage.
        layer_id: Identity of the layer.
        text: Instruction.
        cause: Cause that most of its waste in the week is of.
        per_run_s: Waste per run of its project in the week.
        before_per_run_s: The same in the four weeks before.
        added_s: What that is more in the week.
        run_id: First run of the week above the old rate.
        started_at: Its start.
        branch: Branch that it built.
        commit: Commit that it built.
    """

    project: str | None
    stage: str | None
    layer_id: str
    text: str
    cause: str
    per_run_s: Number
    before_per_run_s: Number
    added_s: Number
    run_id: str
    started_at: datetime
    branch: str | None
    commit: str | None


class Cache(BaseModel, frozen=True):
    """A remote cache over the 28 days up to the end of the week.

    Attributes:
        project: Project.
        backend: Cache backend.
        ref: Cache reference.
        runs: Runs that read or wrote it.
        hits: Hits that are its merit.
        saved_s: What these runs did not execute.
        import_s: Time of imports.
        export_s: Time of exports.
        restore_s: Time the hits took to pull and unpack.
        net_s: What is left.
        pay: Whether it is worth its time.
        verdict: The same in a sentence.
    """

    project: str | None
    backend: str
    ref: str | None
    runs: int
    hits: int
    saved_s: Number
    import_s: Number
    export_s: Number
    restore_s: Number
    net_s: Number
    pay: str
    verdict: str


class Project(BaseModel, frozen=True):
    """A project in the week.

    Attributes:
        project: Its name.
        runs: Runs of the week.
        failed_runs: Of these, failed.
        ratios: Hit ratios.
        waste_s: Its waste.
        per_run_s: Waste per run.
        change_ratio: How much more that is than in the four weeks before; None if not known.
        verdict: Whether the week is better than these.
        weeks: Waste per run of the last 8 weeks, oldest first; None in a week without runs.
        spark: The same as a line of blocks: `▁▃·█`.
    """

    project: str | None
    runs: int
    failed_runs: int
    ratios: Ratios
    waste_s: Number
    per_run_s: Number
    change_ratio: Number | None
    verdict: Verdict
    weeks: tuple[Number | None, ...]
    spark: str
