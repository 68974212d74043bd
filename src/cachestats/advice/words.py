"""Sentences of the plan: numbers from the runs, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cachestats import units
from cachestats.advice.dockerfile import EditKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cachestats.advice.dockerfile import Dockerfile, Edit
    from cachestats.advice.history import History

__all__ = ["edit_title", "rationale"]

FILE_TITLES = {
    EditKind.REORDER: "Move `{}` above what changes more often",
    EditKind.SPLIT_COPY: (
        "Copy the dependency manifest alone, and the rest of `{}` below the installation"
    ),
    EditKind.CACHE_MOUNT: "Keep the package cache of `{}` between builds by a cache mount",
    EditKind.BIND_MOUNT: "Mount the files of `{}` instead of copying them",
    EditKind.MOVE_VOLATILE: "Move the ARG or ENV that changes with the commit below `{}`",
}
SHOWN = 60
LAYERS_SHOWN = 4
CAUSES_SHOWN = 3


def edit_title(edit: Edit, file: Dockerfile, *, is_given: bool) -> str:
    """Say what an edit does; by its instruction where there are no lines to speak of.

    Args:
        edit: The edit.
        file: The Dockerfile before it.
        is_given: Whether the user has that Dockerfile.
    """
    if is_given:
        return edit.title
    one, *others = (file.instructions[index] for index in edit.where.instructions)
    if edit.kind in {EditKind.MOVE_VOLATILE, EditKind.REORDER}:
        one = next((other for other in reversed(others) if other.is_step), one)
    return FILE_TITLES[edit.kind].format(_short(one.text))


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"


def rationale(history: History, layers: Sequence[str]) -> Iterator[str]:
    """Say of each layer how often it missed, why, and what that took; costliest first."""
    costs = {layer: _misses(history, layer) for layer in layers}
    ranked = sorted(costs, key=lambda layer: (-sum(costs[layer]), layer))
    for layer in ranked[:LAYERS_SHOWN]:
        seconds = costs[layer]
        reached = sum(layer in run.ran for run in history.runs)
        if not seconds:
            continue
        causes = Counter(
            str(ran.root_cause)
            for run in history.runs
            if (ran := run.ran.get(layer)) is not None and ran.seconds is not None
        )
        text = _short(history.layers[layer].text)
        named = causes.most_common(CAUSES_SHOWN)
        left = causes.total() - sum(count for _, count in named)
        told = ", ".join(f"{cause} {count}" for cause, count in [*named, ("others", left)] if count)
        yield (
            f"`{text}` missed in {len(seconds)} of {reached} runs and took"
            f" {units.seconds(sum(seconds))} in all; root causes: {told}"
        )


def _misses(history: History, layer: str) -> list[float]:
    return [
        ran.seconds
        for run in history.runs
        if (ran := run.ran.get(layer)) is not None and ran.seconds is not None
    ]
