"""What to change in the Dockerfile, and what that would have saved on the runs that were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import EditKind, Hints, diff, rewrite
from cachestats.advice.document import Saving, Suggestion, SuggestionKind
from cachestats.advice.evidence import Evidence
from cachestats.advice.matching import hints_of, placed, told_by_file, volatile_settings
from cachestats.advice.replay import Change, Replay
from cachestats.advice.sketch import sketch
from cachestats.advice.words import edit_title, rationale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachestats.advice.dockerfile import Dockerfile, Rewritten
    from cachestats.advice.history import History
    from cachestats.advice.spread import Range
    from cachestats.schema import Cause

__all__ = ["NO_SAVING", "Plan", "planned", "saving"]

# A second of wall time in a hundred runs is no advice.
WORTH_S_PER_RUN = 0.01
NO_DOCKERFILE = "the Dockerfile (--dockerfile): ARG, ENV and what a step reads are not in the logs"
NO_COMMIT = "the commit of each run (sidecar or --path-template): what follows it is then known"
NO_SAVING = "expected to take more time than it saves: see the range"
CAVEATS = {
    EditKind.CACHE_MOUNT: (
        "a cache mount stays on its builder: no remote cache carries it to a fresh runner",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The Dockerfile of one project, and what is known of it from its runs.

    Attributes:
        history: The runs.
        file: The Dockerfile; one made from the logs where none was given.
        is_given: Whether it was given.
        places: Instruction of each layer.
        volatile: ARG and ENV instructions that follow the commit.
        hints: What the runs tell of its instructions.
    """

    history: History
    file: Dockerfile
    is_given: bool
    places: Mapping[str, int]
    volatile: frozenset[int]
    hints: Hints

    @cached_property
    def replay(self) -> Replay:
        """What the runs would have taken otherwise."""
        evidence = Evidence(self.history, self.file, self.places, self.hints)
        return Replay(self.history, self.file, self.places, evidence, self.volatile)

    def rewritten(self, kinds: frozenset[EditKind]) -> Rewritten:
        """Make the edits of these kinds."""
        return rewrite(self.file, replace(self.hints, kinds=kinds))

    def saved(
        self,
        made: Rewritten | None,
        cured: frozenset[Cause] = frozenset(),
        cured_in: Mapping[str, frozenset[Cause]] | None = None,
    ) -> tuple[Range, Range]:
        """Machine and wall time that edits of the file and cured causes would have saved.

        Args:
            made: The edits.
            cured: Causes that would not have happened.
            cured_in: Causes that would not have happened in some runs, by run.
        """
        if made is None:
            return self.replay.saved(Change(file=self.file, cured=cured, cured_in=cured_in or {}))
        wheres = {
            kind: [edit.where.instructions for edit in made.edits if edit.kind == kind]
            for kind in (EditKind.CACHE_MOUNT, EditKind.BIND_MOUNT)
        }
        return self.replay.saved(
            Change(
                file=made.dockerfile,
                cured=cured,
                cured_in=cured_in or {},
                cached=frozenset(run for where in wheres[EditKind.CACHE_MOUNT] for run in where),
                mounted={where[-1]: where[0] for where in wheres[EditKind.BIND_MOUNT]},
            )
        )

    def is_worth(self, machine: Range, wall: Range) -> bool:
        """Whether a saving is worth a suggestion."""
        return max(machine.mid, wall.mid) >= WORTH_S_PER_RUN * len(self.history.runs)

    def suggestions(self, kinds: frozenset[EditKind]) -> Iterator[Suggestion]:
        """Suggest each kind of edit that would have saved something."""
        for kind in sorted(kinds):
            made = self.rewritten(frozenset({kind}))
            if not made.edits:
                continue
            machine, wall = self.saved(made)
            if self.is_worth(machine, wall):
                yield self._suggestion(kind, made, machine, wall)

    def _suggestion(
        self, kind: EditKind, made: Rewritten, machine: Range, wall: Range
    ) -> Suggestion:
        touched = {index for edit in made.edits for index in edit.where.instructions}
        layers = [layer for layer, index in self.places.items() if index in touched]
        titles = [edit_title(edit, self.file, is_given=self.is_given) for edit in made.edits]
        more = f" (and {len(titles) - 1} more)" if titles[1:] else ""
        refused = [refusal.reason for refusal in made.refused if refusal.kind == kind]
        return Suggestion(
            id=f"{self.history.project or 'builds'}/{kind}",
            kind=SuggestionKind(kind),
            project=self.history.project,
            title=titles[0] + more,
            recommendation="; ".join(titles),
            rationale=tuple(rationale(self.history, layers)),
            layer_ids=tuple(layers),
            machine_s=saving(machine),
            wall_s=saving(wall),
            caveats=(
                *((NO_SAVING,) if wall.mid < 0 else ()),
                *dict.fromkeys(check for edit in made.edits for check in edit.checks),
                *(refused if self.is_given else ()),
                *CAVEATS.get(kind, ()),
            ),
            missing_inputs=tuple(self.missing()),
        )

    def missing(self) -> Iterator[str]:
        """What would make the replay sharper."""
        if not self.is_given:
            yield NO_DOCKERFILE
        if all(run.commit is None for run in self.history.runs):
            yield NO_COMMIT

    def diff(self, made: Rewritten, path: str) -> str:
        """The edits as a unified diff."""
        return diff(self.file.text, made.text, path)


def planned(history: History, file: Dockerfile | None) -> Plan | None:
    """Join the runs of a project with its Dockerfile.

    Args:
        history: The runs.
        file: The Dockerfile; None to make one from the logs.

    Returns:
        None if no run shows anything to go by, or no layer is an instruction of the Dockerfile.
    """
    known = file or sketch(history)
    places = {} if known is None else placed(history, known)
    if known is None or not places:
        return None
    history = told_by_file(history, known, places)
    volatile, seen = volatile_settings(history, known, places)
    return Plan(
        history=history,
        file=known,
        is_given=file is not None,
        places=places,
        volatile=volatile,
        hints=hints_of(history, known, places, seen),
    )


def saving(found: Range) -> Saving:
    """Write a range down, to the tenth of a second."""
    return Saving(low=round(found.low, 1), mid=round(found.mid, 1), high=round(found.high, 1))
