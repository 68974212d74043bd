"""What the runs tell of each instruction: how often it changed, what it installed."""

from __future__ import annotations

from collections import Counter
from posixpath import normpath
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile import Hints
from cachestats.advice.dockerfile.installs import installation
from cachestats.advice.history import COPIES
from cachestats.schema import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachestats.advice.dockerfile import Dockerfile, Instruction
    from cachestats.advice.history import History, Ran, Run

__all__ = ["Evidence", "feeding", "has_manifest"]

# What changes less often than this is taken for a manifest, where it is alone in its COPY.
MANIFEST_RATE = 0.1
# An installation whose log says only how many packages there are may have changed a version: seen
# with doubt, one in so many that installed as many as before did.
DOUBTED = 3


class Evidence:
    """What runs tell of the instructions of the Dockerfile that they were built from.

    Attributes:
        hints: What the runs tell of each instruction, for the edits.
    """

    def __init__(
        self, history: History, file: Dockerfile, places: Mapping[str, int], hints: Hints
    ) -> None:
        self.hints = hints
        self._file, self._places = file, places
        self._strangers = frozenset(history.layers.keys() - places.keys())
        self._packages = dict(_package_changes(history, doubted=False))
        self._doubted = dict(_package_changes(history, doubted=True))
        self._layers_at: dict[int, list[str]] = {}
        for layer, index in places.items():
            self._layers_at.setdefault(index, []).append(layer)
        self._installs = {
            one.index: self._installs_below(one.index)
            for one in file.instructions
            if one.keyword in COPIES
        }
        self._manifests = {
            one.index
            for one in file.instructions
            if one.keyword in COPIES and Hints().rate(one) <= MANIFEST_RATE
        }

    def strange_steps(self, run: Run) -> frozenset[int]:
        """Steps that are not in the Dockerfile: what missed with one of them would miss again."""
        return frozenset(run.ran[x].step_no for x in run.ran.keys() & self._strangers)

    def copies(self, run: Run) -> Iterator[tuple[int, Ran]]:
        """What the COPYs of files of the context did in a run, by instruction."""
        for layer, ran in run.ran.items():
            index = self._places.get(layer)
            if index is None:
                continue
            one = self._file.instructions[index]
            if one.keyword in COPIES and not one.flag("from"):
                yield index, ran

    def rate(self, index: int) -> float:
        """How often an instruction changed by itself, as a share of runs."""
        return self.hints.rate(self._file.instructions[index])

    def is_mounted_whole(self, copy: int, run: Instruction) -> bool:
        """Whether a RUN mounts all that a COPY brought: then it is executed whenever that was."""
        mounted = {normpath(mount["source"]) for mount in run.mounts if "source" in mount}
        return mounted.issuperset(map(normpath, self._file.instructions[copy].sources))

    def only_manifests(self, run: Run, index: int, *, doubted: bool) -> bool | None:
        """Whether a COPY of nothing but manifests changed; None for others, and if not known."""
        if index not in self._manifests:
            return None
        return self.other_packages(run, index, doubted=doubted)

    def other_packages(self, run: Run, copy: int | None, *, doubted: bool) -> bool | None:
        """Whether installations below a COPY installed other packages than the time before.

        Args:
            run: The run.
            copy: Index of the COPY.
            doubted: Whether to doubt some of those whose log tells only a number of packages.

        Returns:
            None if no log tells.
        """
        packages = self._doubted if doubted else self._packages
        known = [
            packages.get((run.run_id, layer))
            for install in self._installs.get(-1 if copy is None else copy, ())
            for layer in self._layers_at.get(install, ())
        ]
        told = [changed for changed in known if changed is not None]
        return any(told) if told else None

    def _installs_below(self, copy: int) -> list[int]:
        """Installations by a manifest, below a COPY in its stage."""
        one = self._file.instructions[copy]
        return [
            below.index
            for below in self._file.instructions[copy + 1 :]
            if below.stage == one.stage and below.keyword == "RUN" and has_manifest(below)
        ]


def feeding(
    history: History, file: Dockerfile, places: Mapping[str, int]
) -> frozenset[tuple[int, int]]:
    """Find the COPYs that installations below them are seen to read.

    Args:
        history: The runs.
        file: The Dockerfile.
        places: Instruction of each layer.

    Returns:
        Indices of a COPY and of an installation in its stage that installed other packages each
        time that the COPY changed by itself.
    """
    changes = dict(_package_changes(history, doubted=False))
    told: dict[tuple[int, int], list[bool]] = {}
    for run in history.runs:
        here = [(file.instructions[places[layer]], layer) for layer in run.ran if layer in places]
        copies = [
            one
            for one, layer in here
            if one.keyword in COPIES and run.ran[layer].cause == Cause.CONTENT_CHANGE
        ]
        for below, layer in here:
            differ = changes.get((run.run_id, layer))
            for copy in copies if differ is not None else ():
                if copy.stage == below.stage and copy.index < below.index:
                    told.setdefault((copy.index, below.index), []).append(bool(differ))
    return frozenset(pair for pair, differ in told.items() if all(differ))


def has_manifest(run: Instruction) -> bool:
    """Whether a RUN installs what a manifest names."""
    found = installation(run)
    return found is not None and bool(found.manifests)


def _package_changes(history: History, *, doubted: bool) -> Iterator[tuple[tuple[str, str], bool]]:
    """Whether a layer installed other packages than when it was executed before."""
    last: dict[str, str] = {}
    as_many: Counter[str] = Counter()
    for run in history.runs:
        for layer, ran in run.ran.items():
            key = (run.run_id, layer)
            if ran.packages is None:
                if ran.seconds is None and layer in last:
                    yield key, False
                continue
            if layer in last:
                differ = last[layer] != ran.packages
                if doubted and not differ and not ran.is_exact:
                    as_many[layer] += 1
                    differ = as_many[layer] % DOUBTED == 0
                yield key, differ
            last[layer] = ran.packages
