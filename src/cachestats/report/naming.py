"""What the report calls things: places, causes, runs, caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats import units

if TYPE_CHECKING:
    from cachestats.report.model import Cache, Change, Layer

__all__ = ["cache", "cause", "main_cause", "place", "since", "words"]

ANONYMOUS = "project not known"
COMMIT_SHOWN, RUN_ID_SHOWN = 7, 12


def words(value: str) -> str:
    """Write a value of an enumeration as a person says it: `content change`."""
    return value.replace("_", " ")


def place(project: str | None, stage: str | None = None) -> str:
    """Say where a layer is: `shop · builder`."""
    return " · ".join(part for part in (project or ANONYMOUS, stage) if part)


def since(change: Change) -> str:
    """Name the run since which a layer is worse: commit and branch."""
    commit = f"commit {change.commit[:COMMIT_SHOWN]}" if change.commit else None
    named = [commit or f"run {change.run_id[:RUN_ID_SHOWN]}", change.branch]
    return " · ".join(filter(None, named))


def cache(of: Cache) -> str:
    """Name a remote cache by its backend and reference."""
    return " ".join(dict.fromkeys(part for part in (of.backend, of.ref) if part))


def cause(layer: Layer) -> str:
    """Name the cause that most of a layer's waste is of, and how much where there are others."""
    named = words(layer.cause)
    return named if layer.cause_ratio == 1 else f"{named} ({units.ratio(layer.cause_ratio)})"


def main_cause(layer: Layer) -> str:
    """Say the same in a sentence: `mostly import failed (53 %)`."""
    return cause(layer) if layer.cause_ratio == 1 else f"mostly {cause(layer)}"
