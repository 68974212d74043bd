"""A Dockerfile as one side of a replay: its steps, what they are built on, what is in scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import Part, parents
from cachestats.advice.settings import settings_above

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Dockerfile, Instruction
    from cachestats.advice.history import History, Ran, Run
    from cachestats.schema import Cause

__all__ = ["Change", "Node", "Side"]

Image = tuple[str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What would have been different.

    Attributes:
        file: The Dockerfile to replay the runs on.
        cured: Causes that would not have happened.
        cured_in: Causes that would not have happened in some runs, by run.
        cached: Instructions of the old Dockerfile that gained a cache mount.
        mounted: RUNs of the old Dockerfile that mount what a COPY brought, and those COPYs.
        drops_caches: Whether no cache would be exported, which is counted apart.
    """

    file: Dockerfile
    cured: frozenset[Cause] = frozenset()
    cured_in: Mapping[str, frozenset[Cause]] = field(default_factory=dict)
    cached: frozenset[int] = frozenset()
    mounted: Mapping[int, int] = field(default_factory=dict)
    drops_caches: bool = False

    def cures(self, run: Run) -> frozenset[Cause]:
        """Causes that would not have happened in a run."""
        return self.cured | self.cured_in.get(run.run_id, frozenset())


class Node:
    """A step of a Dockerfile for one image, and the layers that it was."""

    __slots__ = ("layers", "one", "parents")

    def __init__(self, one: Instruction, layers: tuple[str, ...], parents: tuple[int, ...]) -> None:
        self.one, self.layers, self.parents = one, layers, parents

    @property
    def is_whole(self) -> bool:
        """Whether it is what the layer was, and not the part of it that came before."""
        return self.one.part != Part.MANIFEST

    def layer_in(self, run: Run) -> str | None:
        """The layer that it was in a run."""
        return next((layer for layer in self.layers if layer in run.ran), None)


class Side:
    """The old Dockerfile or the new one.

    Attributes:
        change: What is different in it; nothing in the old one.
        scope: ARG and ENV instructions above each RUN, as the old Dockerfile counts them.
        nodes: The steps of each image, parents first.
    """

    def __init__(self, change: Change, history: History, places: Mapping[str, int]) -> None:
        self.change = change
        self._file = file = change.file
        self.scope = {
            one.index: frozenset(
                origin
                for above in settings_above(file, one.index)
                if (origin := file.instructions[above].origin) is not None
            )
            for one in file.instructions
            if one.keyword == "RUN" and one.stage is not None
        }
        self.nodes = self._nodes(history, places)
        self._layers_at: dict[int, list[str]] = {}
        for layer, index in places.items():
            self._layers_at.setdefault(index, []).append(layer)

    def _nodes(self, history: History, places: Mapping[str, int]) -> dict[Image, list[Node]]:
        graph = parents(self._file)
        steps = [one for one in self._file.instructions if one.is_step and one.keyword != "FROM"]
        by_place: dict[tuple[Image, int], list[str]] = {}
        for layer_id, index in places.items():
            by_place.setdefault((history.layers[layer_id].image, index), []).append(layer_id)
        return {
            image: [
                Node(
                    one,
                    () if one.origin is None else tuple(by_place.get((image, one.origin), ())),
                    tuple(parent for parent, _ in graph.get(one.index, ())),
                )
                for one in steps
            ]
            for image in dict.fromkeys(layer.image for layer in history.layers.values())
        }

    def layer_below(self, run: Run, one: Instruction) -> Ran | None:
        """What the next step of the stage did that was there before."""
        for below in self._file.instructions[one.index + 1 :]:
            if below.stage != one.stage:
                return None
            if below.is_step and below.origin is not None and below.part != Part.MANIFEST:
                layers = self._layers_at.get(below.origin, ())
                ran = next((run.ran[layer] for layer in layers if layer in run.ran), None)
                if ran is not None:
                    return ran
        return None
