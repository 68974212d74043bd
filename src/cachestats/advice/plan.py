"""What to change in the Dockerfile, and what that would have saved on the runs that were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

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

__all__ = ["NO_SAVING", "Chosen", "Plan", "planned", "saving"]

# A second of wall time in a hundred runs is no advice.
WORTH_S_PER_RUN = 0.01
NO_DOCKERFILE = "the Dockerfile (--dockerfile): ARG, ENV and what a step reads are not in the logs"
NO_COMMIT = "the commit of each run (sidecar or --path-template): what follows it is then known"
JOINT = "it saves this beside the other changes of the Dockerfile: alone it saves next to nothing"
NO_SAVING = "expected to take more time than it saves: see the range"
CAVEATS = {
    EditKind.CACHE_MOUNT: (
        "a cache mount stays on its builder: no remote cache carries it to a fresh runner",
    ),
}


class Chosen(NamedTuple):
    """Edits of a Dockerfile that save something.

    Attributes:
        made: The edits, and the file that they make.
        suggestions: One for each kind of them; each edit is in one of these.
    """

    made: Rewritten
    suggestions: tuple[Suggestion, ...]


class _Gain(NamedTuple):
    """What a kind of edits would have saved: alone, or if that is nothing, beside the others."""

    machine: Range
    wall: Range
    is_joint: bool = False


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
        *,
        drops_caches: bool = False,
    ) -> tuple[Range, Range]:
        """Machine and wall time that edits of the file and cured causes would have saved.

        Args:
            made: The edits.
            cured: Causes that would not have happened.
            cured_in: Causes that would not have happened in some runs, by run.
            drops_caches: Whether no cache would be exported; what that saves is not counted here.
        """
        cached, mounted = (
            [edit.where.instructions for edit in (made.edits if made else ()) if edit.kind == kind]
            for kind in (EditKind.CACHE_MOUNT, EditKind.BIND_MOUNT)
        )
        return self.replay.saved(
            Change(
                file=made.dockerfile if made else self.file,
                cured=cured,
                cured_in=cured_in or {},
                drops_caches=drops_caches,
                cached=frozenset(run for where in cached for run in where),
                mounted={where[-1]: where[0] for where in mounted},
            )
        )

    def is_worth(self, machine: Range, wall: Range) -> bool:
        """Whether a saving is worth a suggestion."""
        return max(machine.mid, wall.mid) >= WORTH_S_PER_RUN * len(self.history.runs)

    def chosen(self, kinds: frozenset[EditKind]) -> Chosen:
        """Make the edits of the kinds that would have saved something, and suggest each kind.

        A kind that saves nothing alone can be what another waits for, as two things above an
        installation that change with each commit: it is chosen if all kinds save more with it.

        Args:
            kinds: Which edits may be made.
        """
        gains = {kind: gain for kind in sorted(kinds) if (gain := self._alone(kind))}
        every = self.rewritten(kinds)
        idle = {edit.kind for edit in every.edits} - gains.keys()
        if idle:
            together = self.saved(every)
            joint = {kind: self._beside(kind, kinds, together) for kind in sorted(idle)}
            gains |= {kind: gain for kind, gain in joint.items() if gain}
        made = self.rewritten(frozenset(gains))
        done = {edit.kind for edit in made.edits}
        listed = [self._suggestion(kind, made, gains[kind]) for kind in sorted(done)]
        return Chosen(made, tuple(listed))

    def _alone(self, kind: EditKind) -> _Gain | None:
        made = self.rewritten(frozenset({kind}))
        gain = _Gain(*self.saved(made)) if made.edits else None
        return gain if gain and self.is_worth(gain.machine, gain.wall) else None

    def _beside(
        self, kind: EditKind, kinds: frozenset[EditKind], together: tuple[Range, Range]
    ) -> _Gain | None:
        without = self.saved(self.rewritten(kinds - {kind}))
        machine, wall = (a.minus(b) for a, b in zip(together, without, strict=True))
        return _Gain(machine, wall, is_joint=True) if self.is_worth(machine, wall) else None

    def _suggestion(self, kind: EditKind, made: Rewritten, gain: _Gain) -> Suggestion:
        edits = [edit for edit in made.edits if edit.kind == kind]
        touched = {index for edit in edits for index in edit.where.instructions}
        layers = [layer for layer, index in self.places.items() if index in touched]
        titles = [edit_title(edit, self.file, is_given=self.is_given) for edit in edits]
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
            machine_s=saving(gain.machine),
            wall_s=saving(gain.wall),
            caveats=(
                *((NO_SAVING,) if gain.wall.mid < 0 else ()),
                *((JOINT,) if gain.is_joint else ()),
                *dict.fromkeys(check for edit in edits for check in edit.checks),
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
