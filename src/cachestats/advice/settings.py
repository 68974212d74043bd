"""Which ARG and ENV instructions had another value in a recorded run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachestats.schema import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cachestats.advice.dockerfile import Dockerfile, Instruction
    from cachestats.advice.history import Run

__all__ = ["SETTINGS", "Settings", "settings_above"]

SETTINGS = frozenset({"ARG", "ENV"})
"""Instructions that are no step, and that what follows them depends on."""

VARIABLE = re.compile(r"\$\{?(\w+)")


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


class Settings:
    """Answers for each run which ARG and ENV instructions of a Dockerfile changed.

    No log says which one it was. It is above the step that shows it and not above one that hit;
    a line that was added is as long as the Dockerfile grew; without any new line it is an ARG, or
    an ENV that is set from one; and one that follows the commit, if that is another.
    """

    def __init__(
        self, file: Dockerfile, places: Mapping[str, int], volatile: frozenset[int]
    ) -> None:
        self._file, self._places, self._volatile = file, places, volatile
        self._above = {
            index: frozenset(settings_above(file, index))
            for index in set(places.values())
            if file.instructions[index].keyword == "RUN"
        }
        self._lengths = {
            one.index: len((one.text + one.end).encode())
            for one in file.instructions
            if one.keyword in SETTINGS
        }
        self._given = frozenset(_given_from_outside(file))
        self._found: dict[str, tuple[frozenset[int], frozenset[int]]] = {}

    def roots(self, run: Run) -> frozenset[int]:
        """Settings that a step of the run shows to have changed; none if no step shows one."""
        return self._told(run)[0]

    def changed(self, run: Run, *, hopeful: bool) -> frozenset[int]:
        """Settings that changed in a run, unless one is hopeful also those that a miss may hide."""
        shown, hidden = self._told(run)
        return shown if hopeful else shown | hidden

    def _told(self, run: Run) -> tuple[frozenset[int], frozenset[int]]:
        if run.run_id not in self._found:
            unchanged = self._unchanged(run)
            self._found[run.run_id] = (
                self._shown(run, unchanged),
                self._volatile - unchanged if run.new_commit else frozenset(),
            )
        return self._found[run.run_id]

    def _unchanged(self, run: Run) -> frozenset[int]:
        """Settings above a RUN that hit."""
        return frozenset(
            setting
            for layer, ran in run.ran.items()
            if ran.seconds is None and layer in self._places
            for setting in self._above.get(self._places[layer], ())
        )

    def _shown(self, run: Run, unchanged: frozenset[int]) -> frozenset[int]:
        roots = [
            self._places[layer]
            for layer, ran in run.ran.items()
            if ran.cause == Cause.ENVIRONMENT_CHANGE and layer in self._places
        ]
        above = frozenset(i for root in roots for i in self._above.get(root, ())) - unchanged
        if run.dockerfile_grew:
            added = frozenset(i for i in above if self._lengths[i] == run.dockerfile_grew)
            if added:
                return added
        elif above & self._given:
            above &= self._given
        follow = self._volatile & above if run.new_commit else frozenset()
        return follow or above


def _given_from_outside(file: Dockerfile) -> Iterator[int]:
    """ARGs, and ENVs whose value is that of one: what `--build-arg` can change."""
    names: set[str] = set()
    for one in file.instructions:
        if one.keyword == "ARG" or (one.keyword == "ENV" and _reads(one) & names):
            names.update(name for name, _ in one.pairs)
            yield one.index


def _reads(one: Instruction) -> set[str]:
    return {name for _, value in one.pairs for name in VARIABLE.findall(value or "")}
