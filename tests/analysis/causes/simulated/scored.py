"""What cachestats says of simulated histories, beside the truth."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.analysis.causes.simulated.truth import UNDECIDED
from tests.truth import RIGHT, SURE

if TYPE_CHECKING:
    import polars as pl

    from tests.analysis.causes.simulated.histories import Built


@dataclass
class Score:
    """Counts of roots, and every answer that is wrong and sure of itself."""

    true: int = 0
    said: int = 0
    found: int = 0
    right: int = 0
    unknown: int = 0
    sure_and_wrong: list[str] = field(default_factory=list)

    def plus(self, other: Score) -> Score:
        """Add the counts of other histories."""
        return Score(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def scored(histories: list[list[Built]], misses: pl.DataFrame, runs: pl.DataFrame) -> Score:
    """Compare `MissRows` with the truth."""
    folders = {row["run_id"]: Path(row["source"]).parent for row in runs.iter_rows(named=True)}
    said: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in misses.iter_rows(named=True):
        folder = folders[row["run_id"]]
        said.setdefault((folder.parent.name, folder.name), {}).setdefault(row["name"], row)
    score = Score()
    for built in (one for history in histories for one in history):
        _add(score, built, said.get((built.project, f"{built.number:03}"), {}))
    return score


def _add(score: Score, built: Built, rows: dict[str, dict[str, Any]]) -> None:
    true = {name: labels for name, labels in built.roots.items() if UNDECIDED not in labels}
    roots = {
        name: row
        for name, row in rows.items()
        if row["is_root"] and (name in true or name not in built.roots)
    }
    score.true += len(true)
    score.said += len(roots)
    score.found += len(true.keys() & roots.keys())
    for name, row in roots.items():
        labels = true.get(name, set())
        if row["cause"] in set().union(*(RIGHT[label] for label in labels)):
            score.right += 1
        elif row["cause"] == "unknown":
            score.unknown += 1
        elif row["confidence"] in SURE:
            done = f"{built.project}/{built.number} ({built.change}): {name}"
            score.sure_and_wrong.append(f"{done} by {labels}, said {row['cause']}")
