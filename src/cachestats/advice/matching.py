"""The runs of a project beside its Dockerfile: which layer is which instruction, what changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from cachestats.advice.changes import is_forced
from cachestats.advice.dockerfile import Hints, Layer, match
from cachestats.advice.evidence import feeding
from cachestats.advice.history import COPIES
from cachestats.advice.settings import SETTINGS, Settings, settings_above
from cachestats.advice.sketch import VOLATILE
from cachestats.analysis.alignment import Layer as _Text
from cachestats.analysis.alignment import aligned
from cachestats.schema import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Dockerfile, Instruction
    from cachestats.advice.history import History, Ran, Run

__all__ = ["hints_of", "named_volatile", "placed", "told_by_file", "volatile_settings"]

EDITS = frozenset({Cause.CONTENT_CHANGE, Cause.INSTRUCTION_EDIT, Cause.VOLATILE_VALUE})
GUESSES = frozenset({Cause.NO_CACHE_FLAG, Cause.EVICTED, Cause.UNKNOWN})
# A setting that had another value once was edited; twice, and it is set from outside.
OFTEN = 2


def placed(history: History, file: Dockerfile) -> dict[str, int]:
    """Find the instruction of each layer: the one that reads so, else the most similar one left.

    The Dockerfile may be newer than the last run.

    Args:
        history: The runs.
        file: The Dockerfile.

    Returns:
        Index of an instruction by layer, without those that are in no way like one.
    """
    layers = list(history.layers.values())
    found = match(file, [Layer(one.stage, one.index, one.text) for one in layers])
    places = {
        layer.layer_id: index
        for layer, index in zip(layers, found, strict=True)
        if index is not None
    }
    if not places:
        return {}
    free = [one for one in file.instructions if one.is_step and one.index not in places.values()]
    left = [layer for layer in layers if layer.layer_id not in places]
    pairs = aligned(
        [_Text(0, _stage(file, one), one.keyword, " ".join(one.code.split())) for one in free],
        [_Text(0, one.stage, one.instruction, " ".join(one.text.split())) for one in left],
    )
    return places | {left[theirs].layer_id: free[mine].index for mine, theirs, _, _ in pairs}


def _stage(file: Dockerfile, one: Instruction) -> str | None:
    return None if one.stage is None else file.stages[one.stage].name


def named_volatile(file: Dockerfile) -> frozenset[int]:
    """ARG and ENV instructions whose names say that they follow the commit or the day."""
    guess = Hints()
    return frozenset(
        one.index
        for one in file.instructions
        if guess.is_volatile(one) or any(name == VOLATILE for name, _ in one.pairs)
    )


def told_by_file(history: History, file: Dockerfile, places: Mapping[str, int]) -> History:
    """Take a guess back where the Dockerfile tells better.

    Plain progress hides the value of an ARG. A RUN that missed on another commit for no reason
    that its log shows missed by that value, if one that follows the commit is in scope.
    """
    volatile = named_volatile(file)
    reading = {
        layer
        for layer, index in places.items()
        if file.instructions[index].keyword == "RUN"
        and volatile & frozenset(settings_above(file, index))
    }
    return replace(history, runs=tuple(_relabelled(run, reading) for run in history.runs))


def _relabelled(run: Run, reading: set[str]) -> Run:
    roots = {
        ran.step_no
        for layer, ran in run.ran.items()
        if ran.is_root and not ran.is_sure and ran.cause in GUESSES and layer in reading
    }
    if not roots or not (run.new_commit or run.commit is None):
        return run
    cause = Cause.ENVIRONMENT_CHANGE
    ran = {
        layer: replace(one, root_cause=cause, cause=cause if one.is_root else one.cause)
        if one.root_step in roots
        else one
        for layer, one in run.ran.items()
    }
    return replace(run, ran=ran)


def volatile_settings(
    history: History, file: Dockerfile, places: Mapping[str, int]
) -> tuple[frozenset[int], frozenset[int]]:
    """ARG and ENV instructions that follow the commit, and those that were seen to change.

    Args:
        history: The runs.
        file: The Dockerfile.
        places: Instruction of each layer.

    Returns:
        Those whose name says so, or that more than one run shows to have changed; and of these
        and of all others those that any run shows.
    """
    named = named_volatile(file)
    settings = Settings(file, places, named)
    shown = Counter(index for run in history.runs for index in settings.roots(run))
    added = {
        one.index
        for one in file.instructions
        if one.keyword in SETTINGS
        for run in history.runs
        if one.index in settings.roots(run)
        and run.dockerfile_grew == len((one.text + one.end).encode())
    }
    often = frozenset(index for index, runs in shown.items() if runs >= OFTEN)
    return named | often, (named if shown else frozenset()) | often | added


def hints_of(
    history: History, file: Dockerfile, places: Mapping[str, int], seen: frozenset[int]
) -> Hints:
    """Say for the edits how often each instruction changed by itself, and what it takes.

    Args:
        history: The runs.
        file: The Dockerfile.
        places: Instruction of each layer.
        seen: ARG and ENV instructions that were seen to change.
    """
    shown: dict[int, list[bool]] = {}
    for run in history.runs:
        for layer, ran in run.ran.items():
            if layer in places and not (ran.seconds is not None and is_forced(run, ran)):
                one = file.instructions[places[layer]]
                changed = _changed(run, ran, one)
                if changed is not None:
                    shown.setdefault(one.index, []).append(changed)
    costs: dict[int, float] = {}
    for layer, index in places.items():
        costs[index] = max(costs.get(index, 0.0), history.layers[layer].baseline_s)
    return Hints(
        volatile=seen,
        change_rate={index: sum(changes) / len(changes) for index, changes in shown.items()},
        cost_s=costs,
        fed=feeding(history, file, places),
    )


def _changed(run: Run, ran: Ran, one: Instruction) -> bool | None:
    """Whether an instruction changed by itself in a run; None where a miss above hides it."""
    if ran.seconds is None:
        return False
    if ran.is_root or ran.cause is not None:
        return ran.cause in EDITS
    if one.keyword not in COPIES or one.flag("from"):
        return None
    sent = run.sent_files
    # Which of the files that were sent it brings is not known.
    return sent if sent is not None else run.new_commit or None
