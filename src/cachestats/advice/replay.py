"""What the recorded runs would have executed under another Dockerfile or a working cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cachestats.advice.changes import Changes, View
from cachestats.advice.exports import Exports
from cachestats.advice.settings import Settings
from cachestats.advice.side import Change, Side
from cachestats.advice.spread import Range, ranged, variation
from cachestats.analysis.schedule import EXPORTS, Schedule
from cachestats.schema import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Dockerfile
    from cachestats.advice.evidence import Evidence
    from cachestats.advice.history import History, Run

__all__ = ["Change", "Replay"]

# A cache mount spares downloads; where a log does not say how long those took, at most this share.
MOUNT_HOPE, MOUNT_LIKELY = 0.5, 0.15


class _Saved(NamedTuple):
    """Seconds less than a run took, and the squares of those that are left."""

    machine: float
    wall: float
    left: float
    squares: float


class Replay:
    """Replays the runs of a project under changes of the Dockerfile they were built from.

    A step of a replayed run misses if it changed by itself or if one that it is now built on does.
    Both Dockerfiles are replayed: a step that the old one explains and the new one does not miss
    is saved, and what neither explains stays as it was. What changed is taken from the causes of
    the real run; what an earlier miss hides is inferred from packages and context sizes, or else
    open, which gives the range (see `changes`). Wall time is that of the run timed anew.
    """

    def __init__(
        self,
        history: History,
        file: Dockerfile,
        places: Mapping[str, int],
        evidence: Evidence,
        volatile: frozenset[int],
    ) -> None:
        self._history, self._places = history, places
        settings = Settings(file, places, volatile)
        self._views = {view: Changes(evidence, settings, view) for view in View}
        self._old = Side(Change(file=file), history, places)
        self._exports = Exports(history, _elsewhere(history, file, places))
        self._schedules = {run.run_id: Schedule(run.steps) for run in history.runs}
        self._walls = {run: schedule.length({}) for run, schedule in self._schedules.items()}
        self._variation = variation(history)
        self._missed_before = {
            (run.run_id, view): self._missed(run, self._old, view)
            for run in history.runs
            for view in View
        }

    def saved(self, change: Change) -> tuple[Range, Range]:
        """Say what the runs would have saved.

        Args:
            change: What would have been different.

        Returns:
            Seconds saved over all runs: of machine time, and of wall time.
        """
        new = Side(change, self._history, self._places)
        totals = {}
        for view in View:
            found = [self._of_run(run, new, change, view) for run in self._history.runs]
            totals[view] = (
                _Saved(*(sum(part) for part in zip(*found, strict=True)))
                if found
                else _Saved(0, 0, 0, 0)
            )
        likely = totals[View.LIKELY]
        doubt = self._variation * likely.squares**0.5, likely.left
        return (
            ranged({view: one.machine for view, one in totals.items()}, *doubt),
            ranged({view: one.wall for view, one in totals.items()}, *doubt),
        )

    def _missed(self, run: Run, side: Side, view: View) -> frozenset[str]:
        """Layers of a run that would have missed, those that are in the Dockerfile."""
        changes = self._views[view]
        missed_layers: set[str] = set()
        for nodes in side.nodes.values():
            missed: set[int] = set()
            for node in nodes:
                layer = node.layer_in(run)
                if layer is None and node.one.origin is not None:
                    # It is not in this run: what stands on it stands on what is above it.
                    if not missed.isdisjoint(node.parents):
                        missed.add(node.one.index)
                    continue
                ran = None if layer is None else run.ran[layer]
                if not missed.isdisjoint(node.parents) or changes.own(run, side, node.one, ran):
                    missed.add(node.one.index)
                    if layer is not None and node.is_whole:
                        missed_layers.add(layer)
        return frozenset(missed_layers)

    def _of_run(self, run: Run, new: Side, change: Change, view: View) -> _Saved:
        before = self._missed_before[run.run_id, view]
        after = self._missed(run, new, view)
        left: dict[str, float] = {}
        for layer, ran in run.ran.items():
            if layer not in self._places:
                continue
            if layer in before and layer not in after:
                left[layer] = 0.0
            elif layer in after and (ran.seconds is not None or layer not in before):
                seconds = (
                    self._history.layers[layer].baseline_s if ran.seconds is None else ran.seconds
                )
                left[layer] = self._mounted(run, layer, seconds, change, view)
        machine = sum(run.ran[layer].took_s - seconds for layer, seconds in left.items())
        would_take = [left.get(layer, ran.took_s) for layer, ran in run.ran.items()]
        return _Saved(
            machine,
            self._wall(run, left, change, view),
            sum(would_take),
            sum(seconds**2 for seconds in would_take),
        )

    def _mounted(self, run: Run, layer: str, seconds: float, change: Change, view: View) -> float:
        """Time of a step with the cache mount that it gained; a fresh builder has an empty one."""
        if self._places[layer] not in change.cached or run.pulled_base_s:
            return seconds
        if view == View.AGAINST:
            return seconds
        told = run.ran[layer].download_s
        if view == View.LIKELY:
            return max(seconds - (told or MOUNT_LIKELY * seconds), 0.0)
        return max(seconds - max(told, MOUNT_HOPE * seconds), 0.0)

    def _wall(self, run: Run, left: Mapping[str, float], change: Change, view: View) -> float:
        """Time the run anew, as it was and as it would have been."""
        if all(run.ran[layer].took_s == seconds for layer, seconds in left.items()):
            return 0.0
        times = {run.ran[layer].step_no: seconds for layer, seconds in left.items()}
        restored = self._restored(run, left, change, view)
        share = self._exports.share(run, left, hopeful=view == View.HOPEFUL)
        kinds = {StepKind.EXPORT} if change.drops_caches else EXPORTS
        times |= {step.step_no: step.seconds * share for step in run.steps if step.kind in kinds}
        would_be = self._schedules[run.run_id].length(times)
        return self._walls[run.run_id] - would_be - restored

    def _restored(self, run: Run, left: Mapping[str, float], change: Change, view: View) -> float:
        """Time to pull what now hits: for a fresh builder that goes on to execute something."""
        has_cache = run.imported or bool(change.cures(run))
        hits = any(run.ran[x].seconds is not None and not seconds for x, seconds in left.items())
        executes = any(left.get(layer, ran.took_s) for layer, ran in run.ran.items())
        if not (has_cache and run.pulled_base_s and hits and executes):
            return 0.0
        # Where no hit was ever restored, layers are taken to be as large as the base below them.
        restore = self._history.restore_s or 2 * run.pulled_base_s
        return 0.0 if view == View.HOPEFUL else max(restore - run.pulled_base_s, 0.0)


def _elsewhere(history: History, file: Dockerfile, places: Mapping[str, int]) -> frozenset[str]:
    """Layers of stages that the image of their run is not built on, as the Dockerfile has it."""
    last = len(file.stages) - 1
    named = {stage.name: stage.index for stage in file.stages if stage.name}
    images = {layer.image for layer in history.layers.values()}
    held = {image: file.ancestry(named.get(image[0] or "", last)) for image in images}
    return frozenset(
        layer
        for layer, index in places.items()
        if file.instructions[index].stage not in held[history.layers[layer].image]
    )
