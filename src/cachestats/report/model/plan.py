"""What to do, as the weekly report says it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from cachestats.report.model.common import Span

__all__ = [
    "Diff",
    "Fix",
    "Plan",
]


class Fix(BaseModel, frozen=True):
    """One change that is worth making.

    Attributes:
        rank: From 1, most wall time first.
        kind: What it changes.
        project: Project that it is for.
        title: What to do, in a line.
        recommendation: What to do, in full.
        rationale: Why, with numbers from the runs.
        caveats: What to look at before.
        missing_inputs: What would make the estimate sharper.
        wall_s: Wall time that it would save in a week.
        machine_s: Step time that it would save in a week.
    """

    rank: int
    kind: str
    project: str | None
    title: str
    recommendation: str
    rationale: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    missing_inputs: tuple[str, ...] = ()
    wall_s: Span
    machine_s: Span


class Diff(BaseModel, frozen=True):
    """The change to a Dockerfile: its path from the working directory, and a unified diff."""

    path: str
    text: str


class Plan(BaseModel, frozen=True):
    """What to do, and what it would save in a week like those of the window.

    Attributes:
        since_at: Start of the first run that it rests on.
        until_at: Start of the last.
        runs: Runs of the window, 28 days up to the end of the week.
        replayed: Of these, runs that were replayed; the savings are scaled up from them.
        weeks: Weeks with runs in the window, which savings are divided by.
        fixes: The changes worth most.
        found: How many were found in all.
        wall_s: Wall time that all found together would save in a week: not their sum, since
            one change may spare what another does, or let it work.
        machine_s: Step time likewise.
        diffs: Changes to the Dockerfiles given.
    """

    since_at: datetime | None = None
    until_at: datetime | None = None
    runs: int = 0
    replayed: int = 0
    weeks: int = 1
    fixes: tuple[Fix, ...] = ()
    found: int = 0
    wall_s: Span = Span()
    machine_s: Span = Span()
    diffs: tuple[Diff, ...] = ()
