"""What the recorded runs would have executed under another Dockerfile or a working cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cachestats.advice.changes import Changes
from cachestats.advice.dockerfile import Part, parents
from cachestats.analysis.critical_path import EXPORTS, scheduled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Dockerfile
    from cachestats.advice.record import Build, History, Layer, Ran
    from cachestats.schema import Cause

__all__ = ["Change", "Range", "replayed"]

# What is not known is settled against the change in `low` and for it in `high`; it turns out
# against it in about one case of four.
AGAINST = 0.25
# An export is of the layers that were built; how large each is, no log tells. Their times stand
# for it, and are wrong by this share.
EXPORT_DOUBT = 0.3
# Executions of one step differ from build to build; the sums of the lab by up to this share.
NOISE = 0.1


class Range(NamedTuple):
    """An estimate in seconds: with everything unknown against it, expected, and for it."""

    low: float
    mid: float
    high: float

    def plus(self, other: Range) -> Range:
        """Add the ranges of two projects."""
        return Range(*(a + b for a, b in zip(self, other, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Change:
    """What would have been different.

    Attributes:
        old: The Dockerfile that the runs were built from.
        new: The Dockerfile to replay them on.
        layers: Instruction of `old` that each layer is.
        volatile: ARG and ENV instructions of `old` that follow the commit.
        cured: Causes that would not have happened.
        cached: Instructions of `old` that gained a cache mount.
    """

    old: Dockerfile
    new: Dockerfile
    layers: Mapping[str, int]
    volatile: frozenset[int] = frozenset()
    cured: frozenset[Cause] = frozenset()
    cached: frozenset[int] = field(default_factory=frozenset)


class Node(NamedTuple):
    """An instruction of the new Dockerfile for one image, and the layers that it was."""

    place: int
    origin: int | None
    part: Part
    layers: tuple[Layer, ...]


def replayed(history: History, change: Change) -> tuple[Range, Range]:
    """Replay the runs of a project, and say what they would have saved.

    A step of a replayed run misses if it changed by itself or if one that it is now built on
    does. What changed is taken from the causes of the real run; what an earlier miss hides is
    inferred from packages and context sizes, or else open, which gives the range (see `changes`).
    Wall time is that of the run timed anew with the new times, exports made smaller by the share
    of work that is left.

    Args:
        history: The runs.
        change: What would have been different.

    Returns:
        Seconds saved over all runs: of machine time, and of wall time.
    """
    nodes = _nodes(history, change)
    against = Changes(history, change, hopeful=False)
    hopeful = Changes(history, change, hopeful=True)
    machine, wall = [0.0, 0.0], [0.0, 0.0]
    least_export = min((build.export_s for build in history.builds), default=0.0)
    for build in history.builds:
        for which, changes in enumerate((against, hopeful)):
            seconds = _seconds(build, nodes, change, changes)
            saved = sum(_took(build.ran[layer]) - left for layer, left in seconds.items())
            machine[which] += saved
            wall[which] += _wall_saved(build, seconds, history, changes, least_export)
    return _range(*machine), _range(*wall)


def _range(low: float, high: float) -> Range:
    low, high = min(low, high), max(low, high)
    mid = high + AGAINST * (low - high)
    return Range(low - NOISE * abs(low), mid, high + NOISE * abs(high))


def _took(ran: Ran) -> float:
    return ran.seconds or 0.0


def _nodes(history: History, change: Change) -> dict[tuple[str | None, str | None], list[Node]]:
    """The nodes of each image, parents first."""
    images = dict.fromkeys(layer.image for layer in history.layers.values())
    by_place: dict[tuple[object, int], list[Layer]] = {}
    for layer_id, index in change.layers.items():
        layer = history.layers[layer_id]
        by_place.setdefault((layer.image, index), []).append(layer)
    steps = [one for one in change.new.instructions if one.is_step and one.keyword != "FROM"]
    return {
        image: [
            Node(
                one.index,
                one.origin,
                one.part,
                () if one.origin is None else tuple(by_place.get((image, one.origin), ())),
            )
            for one in steps
        ]
        for image in images
    }


def _seconds(
    build: Build,
    nodes: Mapping[tuple[str | None, str | None], list[Node]],
    change: Change,
    changes: Changes,
) -> dict[str, float]:
    """What each layer of a build would have taken; layers that are not in the Dockerfile stay."""
    seconds: dict[str, float] = {}
    graph = parents(change.new)
    for image_nodes in nodes.values():
        missed: set[int] = set()
        for node in image_nodes:
            ran = next((layer for layer in node.layers if layer.layer_id in build.ran), None)
            if ran is None and node.origin is not None:
                continue
            above = any(parent in missed for parent, _ in graph.get(node.place, ()))
            if changes.own(build, node.place, ran) or above:
                missed.add(node.place)
            if ran is not None and node.part != Part.MANIFEST:
                seconds[ran.layer_id] = (
                    _cost(build, ran, node, change, changes) if node.place in missed else 0.0
                )
    return seconds


def _cost(build: Build, layer: Layer, node: Node, change: Change, changes: Changes) -> float:
    ran = build.ran[layer.layer_id]
    seconds = layer.baseline_s if ran.seconds is None else ran.seconds
    if changes.hopeful and node.origin in change.cached and not build.pulled_base_s:
        return max(seconds - ran.download_s, 0.0)
    return seconds


def _wall_saved(
    build: Build,
    seconds: Mapping[str, float],
    history: History,
    changes: Changes,
    least_export: float,
) -> float:
    """Time the build anew, as it was and as it would have been."""
    executed = sum(_took(ran) for ran in build.ran.values())
    left = executed - sum(_took(build.ran[layer]) - s for layer, s in seconds.items())
    if executed <= 0 or left == executed:
        return 0.0
    times = {build.ran[layer].step_no: s for layer, s in seconds.items()}
    restored = _restored(build, times, history, changes)
    share = min(max(left / executed, 0.0), 1.0)
    doubt = (0.0 if share < EXPORT_DOUBT else share) if changes.hopeful else _doubtful(share)
    for step in build.steps:
        if step.kind in EXPORTS:
            floor = min(least_export, step.seconds)
            times[step.step_no] = floor + (step.seconds - floor) * doubt
    was, would_be = (
        max((end for _, end in scheduled(build.steps, given).values()), default=0.0)
        for given in ({}, times)
    )
    return was - would_be - restored


def _doubtful(share: float) -> float:
    return share + (1 - share) * EXPORT_DOUBT


def _restored(
    build: Build, times: Mapping[int, float], history: History, changes: Changes
) -> float:
    """Time to pull what now hits: for a fresh builder that goes on to execute something."""
    new_hits = any(
        ran.seconds is not None and times.get(ran.step_no, 1.0) == 0.0 for ran in build.ran.values()
    )
    imports = build.imported or changes.cures
    if not (imports and build.pulled_base_s and new_hits and any(times.values())):
        return 0.0
    # Where no hit was ever restored, layers are taken to be as large as the base below them.
    restore = history.restore_s or 2 * build.pulled_base_s
    return 0.0 if changes.hopeful else max(restore - build.pulled_base_s, 0.0)
