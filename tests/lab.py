"""The lab: real builds whose truth is known, in the folder `shared` beside the project."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cachestats as cs
from cachestats.schema import Outcome, Runs, StepKind, Steps

if TYPE_CHECKING:
    import polars as pl

LAB = Path(__file__).resolve().parents[1] / ".." / "shared" / "lab"
FORMATS = ("plain", "gha", "rawjson", "gha.rawjson")
OUTCOMES = {
    "hit": Outcome.CACHED,
    "run": Outcome.DONE,
    "error": Outcome.FAILED,
    "canceled": Outcome.CANCELED,
    "never": Outcome.NOT_NEEDED,
}


@dataclass(frozen=True)
class Build:
    """One build of the lab, logged in several formats."""

    folder: Path

    def __str__(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @cached_property
    def truth(self) -> dict[str, Any]:
        truth: dict[str, Any] = json.loads((self.folder / "truth.json").read_text("utf-8"))
        return truth

    @property
    def logs(self) -> list[Path]:
        """The logs of this build alone, without those of a whole job."""
        return [log for name in FORMATS if (log := self.folder / f"{name}.log").exists()]

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """Instruction steps, the two vertices of a `COPY --link` made one without a duration."""
        steps = [s for s in self.truth["extra"]["steps"] if "] FROM " not in s["name"]]
        links = {s["name"].replace("] LINK ", "] ", 1): s for s in steps if "] LINK " in s["name"]}
        return [_joined(s, links.get(s["name"])) for s in steps if "] LINK " not in s["name"]]

    @property
    def outcomes(self) -> list[tuple[str, Outcome]]:
        """Name and outcome of the steps that started, in order of name."""
        return sorted(
            (s["name"], OUTCOMES[s["status"]]) for s in self.steps if s["status"] != "never"
        )

    @property
    def outcome(self) -> Outcome:
        """How the build ended, by its exit status."""
        ends = {0: Outcome.DONE, 130: Outcome.CANCELED}
        return ends.get(self.truth["extra"]["exit_code"], Outcome.FAILED)

    @property
    def durations(self) -> dict[str, float]:
        """Seconds of the steps that were executed to a good end, by name."""
        return {
            s["name"]: s["seconds"]
            for s in self.steps
            if s["status"] == "run" and s["seconds"] is not None
        }


def builds() -> list[Build]:
    """All builds, each project's in order; none where the lab is absent."""
    return [Build(truth.parent) for truth in sorted(LAB.glob("runs/*/*/truth.json"))]


@cache
def decoded(name: str) -> cs.Parsed:
    """Decode the logs of one format of all builds, once for all tests that look at them."""
    return cs.parse(*(log for build in builds() for log in build.logs if log.name == name))


def runs_of(log: Path) -> pl.DataFrame:
    """The runs of one log of the lab."""
    return decoded(log.name).runs.filter(Runs.source.col == os.path.normpath(log))


def steps_of(log: Path) -> pl.DataFrame:
    """The steps of the runs of one log of the lab."""
    return decoded(log.name).steps.join(runs_of(log), on=Runs.run_id.name, how="semi")


def instruction_steps(steps: pl.DataFrame) -> pl.DataFrame:
    """Keep the instruction steps that started."""
    has_started = Steps.outcome.col != Outcome.NOT_NEEDED
    return steps.filter(Steps.kind.col == StepKind.INSTRUCTION, has_started)


def started(steps: pl.DataFrame) -> list[tuple[str, Outcome]]:
    """Name and outcome of the instruction steps that started, in order of name."""
    rows = instruction_steps(steps).select(Steps.name.name, Steps.outcome.name).rows()
    return sorted((name, Outcome(outcome)) for name, outcome in rows)


def _joined(step: dict[str, Any], link: dict[str, Any] | None) -> dict[str, Any]:
    if link is None:
        return step
    status = "run" if "run" in (step["status"], link["status"]) else step["status"]
    return {**step, "status": status, "seconds": None}
