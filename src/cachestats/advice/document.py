"""The plan as a document: what to change, and what it would have saved."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from html import escape
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Advice", "AdviceWindow", "Combined", "Saving", "Suggestion", "SuggestionKind"]


class SuggestionKind(StrEnum):
    """What a suggestion changes: the Dockerfile, or the job around it."""

    REORDER = "reorder"
    SPLIT_COPY = "split_copy"
    CACHE_MOUNT = "cache_mount"
    BIND_MOUNT = "bind_mount"
    MOVE_VOLATILE = "move_volatile"
    REMOTE_CACHE = "remote_cache"
    MODE_MAX = "mode_max"
    CACHE_SCOPE = "cache_scope"
    DROP_CACHE_EXPORT = "drop_cache_export"
    PIN_BASE_IMAGE = "pin_base_image"
    DOCKERIGNORE = "dockerignore"
    FIX_IMPORT = "fix_import"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class Saving(_Document):
    """Seconds that would have been saved over the window, estimated.

    Attributes:
        low: With everything that the logs leave open against it.
        mid: Expected.
        high: With everything that the logs leave open for it.
    """

    low: float = 0.0
    mid: float = 0.0
    high: float = 0.0


class Suggestion(_Document):
    """One change.

    Attributes:
        id: Name of the suggestion, the same for the same advice.
        kind: What it changes.
        project: Project that it is for.
        title: What to do, in a line.
        recommendation: What to do, in full.
        rationale: Why, with numbers from the runs.
        layer_ids: Layers that it is about.
        machine_s: Step time that it would have saved over the window.
        wall_s: Build time that it would have saved over the window.
        caveats: What to look at before.
        missing_inputs: What would make the estimate sharper.
    """

    id: str
    kind: SuggestionKind
    project: str | None
    title: str
    recommendation: str
    rationale: tuple[str, ...]
    layer_ids: tuple[str, ...]
    machine_s: Saving
    wall_s: Saving
    caveats: tuple[str, ...] = ()
    missing_inputs: tuple[str, ...] = ()


class AdviceWindow(_Document):
    """The runs that the savings are of.

    Attributes:
        since: Start of the first of them.
        until: Start of the last.
        runs: How many there are.
    """

    since: datetime | None
    until: datetime | None
    runs: int


class Combined(_Document):
    """What all suggestions together would have saved, which is not their sum."""

    machine_s: Saving = Saving()
    wall_s: Saving = Saving()


class Advice(_Document):
    """What to change, most wall time first.

    Attributes:
        schema_version: Version of this document.
        window: The runs that it rests on.
        suggestions: The plan, ranked by wall time saved.
        combined: All of it together.
        dockerfile: The rewritten Dockerfile; None without one.
        diff: The change to it as a unified diff; None without one.
    """

    schema_version: int = 1
    window: AdviceWindow
    suggestions: tuple[Suggestion, ...] = ()
    combined: Combined = Combined()
    dockerfile: str | None = None
    diff: str | None = None

    def frame(self) -> pl.DataFrame:
        """The suggestions as a table, one row each, in their order."""
        import polars as pl  # a document needs none

        texts = ("id", "kind", "project", "title", "recommendation")
        ranges = [(time, part) for time in ("wall", "machine") for part in Saving.model_fields]
        schema = dict.fromkeys(texts, pl.String) | {
            f"{time}_{part}_s": pl.Float64 for time, part in ranges
        }
        rows = [
            {name: getattr(one, name) for name in texts}
            | {
                f"{time}_{part}_s": getattr(getattr(one, f"{time}_s"), part)
                for time, part in ranges
            }
            for one in self.suggestions
        ]
        return pl.DataFrame(rows, schema=schema)

    def savings(self) -> pl.DataFrame:
        """What each suggestion and all together would save of wall time, for a figure.

        Returns:
            `SavingRows`, one row per suggestion in their order, then one of all together; no rows
            without a suggestion.
        """
        import polars as pl

        from cachestats.schema.figures import SavingRows

        several = len({one.project for one in self.suggestions}) > 1
        ranges = [
            (
                f"{one.project}: {one.title}" if several and one.project else one.title,
                one.wall_s,
                False,
            )
            for one in self.suggestions
        ]
        if ranges:
            ranges.append(("all together", self.combined.wall_s, True))
        rows = [(title, s.low, s.mid, s.high, combined) for title, s, combined in ranges]
        return pl.DataFrame(rows, schema=SavingRows.dtypes(), orient="row")

    def _repr_html_(self) -> str:
        """What a notebook shows: the suggestions with their savings, text escaped."""
        cells = [
            (one.title, one.project or "", one.wall_s, one.machine_s) for one in self.suggestions
        ]
        cells.append(("all together", "", self.combined.wall_s, self.combined.machine_s))
        rows = "".join(
            f"<tr><td>{escape(title)}</td><td>{escape(project)}</td>"
            f"<td>{_span(wall)}</td><td>{_span(machine)}</td></tr>"
            for title, project, wall, machine in cells
        )
        head = "<th>what to do</th><th>project</th><th>wall time, s</th><th>machine time, s</th>"
        return f"<table><tr>{head}</tr>{rows}</table>"


def _span(saving: Saving) -> str:
    return f"{saving.mid:,.1f} ({saving.low:,.1f} to {saving.high:,.1f})"
