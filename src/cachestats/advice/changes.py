"""Which instructions changed by themselves in a recorded run, for the replay on a new order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import Part
from cachestats.schema import Cause

if TYPE_CHECKING:
    from cachestats.advice.dockerfile import Dockerfile, Instruction
    from cachestats.advice.record import Build, History, Layer, Ran
    from cachestats.advice.replay import Change

__all__ = ["WHOLE_RUN", "Changes", "settings_above"]

# Causes that hold for the whole run: no order of instructions makes a difference.
WHOLE_RUN = frozenset(
    {
        Cause.COLD_BUILDER,
        Cause.IMPORT_FAILED,
        Cause.IMPORT_EMPTY,
        Cause.NOT_EXPORTED,
        Cause.NO_CACHE_FLAG,
        Cause.BASE_IMAGE_UPDATE,
        Cause.FIRST_SEEN,
    }
)
COPIES = frozenset({"COPY", "ADD"})
SETTINGS = frozenset({"ARG", "ENV"})


class Changes:
    """Answers for each run and instruction whether it changed by itself.

    Attributes:
        hopeful: Whether what is not known is taken as unchanged (else as changed).
        cures: Whether causes are taken away, so that fresh builders have a cache to pull from.
    """

    def __init__(self, history: History, change: Change, *, hopeful: bool) -> None:
        self.hopeful = hopeful
        self.cures = bool(change.cured)
        self._change = change
        self._quiet = history.quiet_context
        self._strangers = frozenset(history.layers.keys() - change.layers.keys())
        self._new_packages = _package_changes(history)
        self._installs = _installs_below(change.new)
        self._layers_at: dict[int, list[str]] = {}
        for layer, index in change.layers.items():
            self._layers_at.setdefault(index, []).append(layer)
        self._settings = _settings_of_runs(change.new)

    def own(self, build: Build, index: int, layer: Layer | None) -> bool:
        """Whether an instruction of the new Dockerfile changed by itself in a run.

        Args:
            build: The run.
            index: The instruction.
            layer: The layer that it was; None for one that the change adds.
        """
        one = self._change.new.instructions[index]
        if layer is None:
            return any(self._is_forced(ran) for ran in build.ran.values())
        ran = build.ran[layer.layer_id]
        missed = ran.seconds is not None
        if one.keyword == "RUN" and self._environment(build) & self._settings[index]:
            return True
        return missed and (
            self._is_forced(ran)
            or ran.root_step in self._strange_steps(build)
            or self._by_itself(build, one, ran)
        )

    def _strange_steps(self, build: Build) -> frozenset[int]:
        """Steps that are not in the Dockerfile: what missed with one of them would miss again."""
        return frozenset(build.ran[x].step_no for x in build.ran.keys() & self._strangers)

    def _by_itself(self, build: Build, one: Instruction, ran: Ran) -> bool:
        """Whether a step that missed for no reason of the whole run changed."""
        cause = None if ran.cause in self._change.cured else ran.cause
        if one.part == Part.MANIFEST:
            return self._manifest(build, one.index)
        if cause is None:
            return self._hidden(build, one)
        return cause != Cause.ENVIRONMENT_CHANGE or not self._environment(build)

    def _is_forced(self, ran: Ran) -> bool:
        return ran.root_cause in WHOLE_RUN and ran.root_cause not in self._change.cured

    def _hidden(self, build: Build, one: Instruction) -> bool:
        """Whether an instruction below a miss would have missed anyway."""
        if one.keyword not in COPIES or one.flag("from"):
            return False
        if self._quiet is not None and build.context is not None and not build.pulled_base_s:
            return build.context > self._quiet
        return build.new_commit or not self.hopeful

    def _manifest(self, build: Build, index: int) -> bool:
        """Whether the dependency manifest changed: whether other packages were installed."""
        known = [
            self._new_packages.get((build.run_id, layer))
            for install in self._installs.get(index, ())
            for layer in self._layers_at.get(install, ())
        ]
        told = [changed for changed in known if changed is not None]
        return any(told) if told else not self.hopeful

    def _environment(self, build: Build) -> frozenset[int]:
        """ARG and ENV instructions of the old Dockerfile whose value was another in a run.

        Of those above the step that shows it: an added one by its length, to the byte; those that
        follow the commit if that is another; else all of them.
        """
        roots = [
            self._change.layers[layer]
            for layer, ran in build.ran.items()
            if ran.cause == Cause.ENVIRONMENT_CHANGE and layer in self._change.layers
        ]
        hidden = build.new_commit and self._change.cured and self._change.volatile
        if not roots:
            return self._change.volatile if hidden else frozenset()
        above = {i for root in roots for i in settings_above(self._change.old, root)}
        added = frozenset(
            i for i in above if _length(self._change.old.instructions[i]) == build.dockerfile_grew
        )
        if build.dockerfile_grew and added:
            return added
        follow = self._change.volatile & above if build.new_commit else frozenset()
        return follow or frozenset(above)


def _length(one: Instruction) -> float:
    return float(len((one.text + one.end).encode()))


def settings_above(file: Dockerfile, index: int) -> list[int]:
    """ARG and ENV instructions above an instruction, in its stage and those it is built on."""
    found: list[int] = []
    stage: int | None = file.instructions[index].stage
    while stage is not None:
        found += [
            one.index
            for one in file.stages[stage].body
            if one.keyword in SETTINGS and one.index < index
        ]
        stage = file.stages[stage].parent
    return found


def _settings_of_runs(file: Dockerfile) -> dict[int, frozenset[int]]:
    """Origins of the ARG and ENV instructions above each RUN."""
    return {
        one.index: frozenset(
            origin
            for above in settings_above(file, one.index)
            if (origin := file.instructions[above].origin) is not None
        )
        for one in file.instructions
        if one.keyword == "RUN" and one.stage is not None
    }


def _installs_below(file: Dockerfile) -> dict[int, list[int]]:
    """Origins of the RUNs between each copied manifest and the rest of what it was parted from."""
    found: dict[int, list[int]] = {}
    for one in file.instructions:
        if one.part != Part.MANIFEST:
            continue
        for below in file.instructions[one.index + 1 :]:
            if below.origin == one.origin or below.stage != one.stage:
                break
            if below.keyword == "RUN" and below.origin is not None:
                found.setdefault(one.index, []).append(below.origin)
    return found


def _package_changes(history: History) -> dict[tuple[str, str], bool]:
    """Whether a layer installed other packages than when it was executed before."""
    last: dict[str, str] = {}
    changed: dict[tuple[str, str], bool] = {}
    for build in history.builds:
        for layer, ran in build.ran.items():
            if ran.packages is not None:
                if layer in last:
                    changed[build.run_id, layer] = last[layer] != ran.packages
                last[layer] = ran.packages
            elif ran.seconds is None and layer in last:
                changed[build.run_id, layer] = False
    return changed
