"""What to change in the Dockerfile, and what that would have saved on the runs that were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cachestats.advice.changes import WHOLE_RUN, settings_above
from cachestats.advice.dockerfile import EditKind, Hints, Layer, diff, match, rewrite
from cachestats.advice.document import Saving, Suggestion, SuggestionKind
from cachestats.advice.replay import Change, Range, replayed
from cachestats.advice.sketch import VOLATILE, sketch
from cachestats.advice.words import FILE_TITLES, rationale
from cachestats.analysis.alignment import Layer as _Text
from cachestats.analysis.alignment import aligned
from cachestats.schema import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile import Dockerfile, Edit, Instruction, Rewritten
    from cachestats.advice.record import Build, History, Ran

__all__ = ["Plan", "planned", "saving"]

EDITS = frozenset({Cause.CONTENT_CHANGE, Cause.INSTRUCTION_EDIT, Cause.VOLATILE_VALUE})
GUESSES = frozenset({Cause.NO_CACHE_FLAG, Cause.EVICTED, Cause.UNKNOWN})
# A second of wall time in a hundred runs is no advice.
WORTH_S_PER_RUN = 0.01
NO_DOCKERFILE = "the Dockerfile (--dockerfile): ARG, ENV and what a step reads are not in the logs"
NO_COMMIT = "the commit of each run (sidecar or --path-template): what follows it is then known"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The Dockerfile of one project, and what is known of it from its runs.

    Attributes:
        history: The runs.
        file: The Dockerfile; one made from the logs where none was given.
        is_given: Whether it was given.
        change: The change that leaves it as it is.
        hints: What the runs tell of its instructions.
    """

    history: History
    file: Dockerfile
    is_given: bool
    change: Change
    hints: Hints

    def rewritten(self, kinds: frozenset[EditKind]) -> Rewritten:
        """Make the edits of these kinds."""
        return rewrite(self.file, replace(self.hints, kinds=kinds))

    def changed(self, made: Rewritten | None, cured: frozenset[Cause] = frozenset()) -> Change:
        """The change that edits of the file and cured causes are together."""
        if made is None:
            return replace(self.change, cured=cured)
        cached = frozenset(
            index
            for edit in made.edits
            if edit.kind == EditKind.CACHE_MOUNT
            for index in edit.where.instructions
        )
        return replace(self.change, new=made.dockerfile, cached=cached, cured=cured)

    def suggestions(self, kinds: frozenset[EditKind]) -> Iterator[Suggestion]:
        """Suggest each kind of edit that would have saved something."""
        for kind in sorted(kinds):
            made = self.rewritten(frozenset({kind}))
            if not made.edits:
                continue
            machine, wall = replayed(self.history, self.changed(made))
            if wall.high < WORTH_S_PER_RUN * len(self.history.builds) and machine.high <= 0:
                continue
            yield self._suggestion(kind, made, machine, wall)

    def _suggestion(
        self, kind: EditKind, made: Rewritten, machine: Range, wall: Range
    ) -> Suggestion:
        touched = {index for edit in made.edits for index in edit.where.instructions}
        layers = [layer for layer, index in self.change.layers.items() if index in touched]
        titles = [self._title(edit) for edit in made.edits]
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
                *dict.fromkeys(check for edit in made.edits for check in edit.checks),
                *(refused if self.is_given else ()),
                *CAVEATS.get(kind, ()),
            ),
            missing_inputs=tuple(self._missing()),
        )

    def _title(self, edit: Edit) -> str:
        """What an edit does; by its instruction where there are no lines to speak of."""
        if self.is_given:
            return edit.title
        # Of a moved value it is the installation below which it goes, which the logs show.
        which = -1 if edit.kind == EditKind.MOVE_VOLATILE else 0
        one = self.file.instructions[edit.where.instructions[which]]
        return FILE_TITLES[edit.kind].format(" ".join(one.text.split())[:80])

    def _missing(self) -> Iterator[str]:
        if not self.is_given:
            yield NO_DOCKERFILE
        if all(build.commit is None for build in self.history.builds):
            yield NO_COMMIT

    def diff(self, made: Rewritten, path: str) -> str:
        """The edits as a unified diff."""
        return diff(self.file.text, made.text, path)


CAVEATS = {
    EditKind.CACHE_MOUNT: (
        "a cache mount stays on its builder: no remote cache carries it to a fresh runner",
    ),
}


def planned(history: History, file: Dockerfile | None) -> Plan | None:
    """Join the runs of a project with its Dockerfile.

    Args:
        history: The runs.
        file: The Dockerfile; None to make one from the logs.

    Returns:
        None if no run shows anything to go by, or no layer is an instruction of the Dockerfile.
    """
    known = file or sketch(history)
    if known is None:
        return None
    places = _places(history, known)
    if not places:
        return None
    history = _told_by_file(history, known, places)
    follow, seen = _settings(history, known, places)
    return Plan(
        history=history,
        file=known,
        is_given=file is not None,
        change=Change(old=known, new=known, layers=places, volatile=follow),
        hints=_hints(history, known, places, seen),
    )


def _places(history: History, file: Dockerfile) -> dict[str, int]:
    """Find the instruction of each layer: the one that reads so, else the most similar one left.

    The Dockerfile may be newer than the last run.
    """
    layers = list(history.layers.values())
    found = match(file, [Layer(one.stage, one.index, one.text) for one in layers])
    places = {
        layer.layer_id: index
        for layer, index in zip(layers, found, strict=True)
        if index is not None
    }
    free = [one for one in file.instructions if one.is_step and one.index not in places.values()]
    left = [layer for layer in layers if layer.layer_id not in places]
    pairs = aligned(
        [_Text(0, _stage(file, one), one.keyword, " ".join(one.code.split())) for one in free],
        [_Text(0, one.stage, one.instruction, " ".join(one.text.split())) for one in left],
    )
    return places | {left[theirs].layer_id: free[mine].index for mine, theirs, _, _ in pairs}


def _stage(file: Dockerfile, one: Instruction) -> str | None:
    return None if one.stage is None else file.stages[one.stage].name


def _named_volatile(file: Dockerfile) -> frozenset[int]:
    guess = Hints()
    return frozenset(
        one.index
        for one in file.instructions
        if guess.is_volatile(one) or any(name == VOLATILE for name, _ in one.pairs)
    )


def _told_by_file(history: History, file: Dockerfile, places: dict[str, int]) -> History:
    """Take a guess back where the Dockerfile tells better.

    Plain progress hides the value of an ARG. A RUN that missed on another commit for no reason
    that its log shows missed by that value, if one that follows the commit is in scope.
    """
    volatile = _named_volatile(file)
    reading = {
        layer
        for layer, index in places.items()
        if file.instructions[index].keyword == "RUN"
        and volatile & frozenset(settings_above(file, index))
    }
    return replace(history, builds=tuple(_relabelled(build, reading) for build in history.builds))


def _relabelled(build: Build, reading: set[str]) -> Build:
    roots = {
        ran.step_no
        for layer, ran in build.ran.items()
        if ran.is_root and not ran.is_sure and ran.cause in GUESSES and layer in reading
    }
    if not roots or not (build.new_commit or build.commit is None):
        return build
    cause = Cause.ENVIRONMENT_CHANGE
    ran = {
        layer: replace(one, root_cause=cause, cause=cause if one.is_root else one.cause)
        if one.root_step in roots
        else one
        for layer, one in build.ran.items()
    }
    return replace(build, ran=ran)


def _settings(
    history: History, file: Dockerfile, places: dict[str, int]
) -> tuple[frozenset[int], frozenset[int]]:
    """ARG and ENV instructions that follow the commit, and those that were seen to change.

    Which one it was no log says: one whose name says so, or the one whose line is as long as the
    Dockerfile grew.
    """
    named = _named_volatile(file)
    lengths = {
        one.index: len((one.text + one.end).encode())
        for one in file.instructions
        if one.keyword in {"ARG", "ENV"}
    }
    changed = [
        build
        for build in history.builds
        if any(
            ran.cause == Cause.ENVIRONMENT_CHANGE and layer in places
            for layer, ran in build.ran.items()
        )
    ]
    added = {
        index
        for build in changed
        for index, length in lengths.items()
        if build.dockerfile_grew == length
    }
    return named, (named if changed else frozenset()) | added


def _hints(
    history: History, file: Dockerfile, places: dict[str, int], seen: frozenset[int]
) -> Hints:
    shown: dict[int, list[bool]] = {}
    for build in history.builds:
        for layer, ran in build.ran.items():
            if layer in places and ran.root_cause not in WHOLE_RUN:
                one = file.instructions[places[layer]]
                changed = _changed(build, ran, one, history.quiet_context)
                if changed is not None:
                    shown.setdefault(one.index, []).append(changed)
    return Hints(
        volatile=seen,
        change_rate={index: sum(changes) / len(changes) for index, changes in shown.items()},
        cost_s={
            index: max(history.layers[x].baseline_s for x, i in places.items() if i == index)
            for index in set(places.values())
        },
    )


def _changed(build: Build, ran: Ran, one: Instruction, quiet: float | None) -> bool | None:
    """Whether an instruction changed by itself in a run; None where a miss above hides it."""
    if ran.seconds is None:
        return False
    if ran.is_root or ran.cause is not None:
        return ran.cause in EDITS
    if one.keyword not in {"COPY", "ADD"} or one.flag("from"):
        return None
    if quiet is not None and build.context is not None and not build.pulled_base_s:
        return build.context > quiet
    return build.new_commit or None


def saving(found: Range) -> Saving:
    """Write a range down, to the tenth of a second."""
    return Saving(low=round(found.low, 1), mid=round(found.mid, 1), high=round(found.high, 1))
