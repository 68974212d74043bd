"""Which instructions of a stage must keep their order, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.effects import effects
from cachestats.advice.dockerfile.housekeeping import WELL_KNOWN
from cachestats.advice.dockerfile.model import Part
from cachestats.advice.dockerfile.scope import scopes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cachestats.advice.dockerfile.effects import Effects
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction

__all__ = ["Dependencies", "Obstacle", "depends"]


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why an instruction cannot move below a later one."""

    earlier: int
    later: int
    reason: str


class Dependencies:
    """What must keep its order in a Dockerfile."""

    def __init__(self, file: Dockerfile, fed: Collection[tuple[int, int]] = ()) -> None:
        """Find out what each instruction reads and writes.

        Args:
            file: The Dockerfile.
            fed: COPYs and the installations below them that logs show to read what they bring, by
                their indices in the file that was parsed.
        """
        self._file, self._fed = file, fed
        self.scopes = scopes(file)
        self.effects = effects(file, self.scopes)

    def reason(self, later: int, earlier: int, *, apart_from: Collection[str] = ()) -> str | None:
        """Why an instruction must stay below an earlier one of its stage.

        Args:
            later: Index of the instruction that stands below.
            earlier: Index of the one above it.
            apart_from: Paths at which `later` may be taken to read and write nothing.

        Returns:
            The reason for a person, or null if the two may change places. When not sure, there
            is a reason.
        """
        above, below = self._file.instructions[earlier], self._file.instructions[later]
        if "FROM" in {above.keyword, below.keyword} or above.stage != below.stage:
            return "a stage begins between them"
        mine, theirs = self.effects[later].without(apart_from), self.effects[earlier]
        return (
            _variables(mine, theirs, above)
            or _settings(mine, theirs, above)
            or _files(below, above, mine, theirs)
            # What is read may be at those paths.
            or (None if apart_from else self._shown(below, above))
        )

    def _shown(self, below: Instruction, above: Instruction) -> str | None:
        is_fed = above.part == Part.WHOLE and (above.origin, below.origin) in self._fed
        reason = f"it installed other packages each time that line {above.first_line} changed"
        return reason if is_fed else None

    def below(
        self, movers: Sequence[int], target: int, *, apart_from: Collection[str] = ()
    ) -> tuple[int, ...] | Obstacle:
        """What has to move if some instructions shall stand below a later one.

        Args:
            movers: Indices that shall move, in order.
            target: Index of the instruction to pass, below all of them.
            apart_from: Paths at which the first mover is not in the way of `target`.

        Returns:
            The movers and what between them and the target depends on them, in order; or what
            is in the way.
        """
        moving = list(movers)
        for index in range(movers[0] + 1, target):
            if index not in moving and any(self.reason(index, m) for m in moving if m < index):
                moving.append(index)
        moving.sort()
        for mover in moving:
            for passed in range(mover + 1, target + 1):
                if passed in moving:
                    continue
                spared = apart_from if (mover, passed) == (movers[0], target) else ()
                reason = self.reason(passed, mover, apart_from=spared)
                if reason:
                    return Obstacle(earlier=mover, later=passed, reason=reason)
        return tuple(moving)


def depends(file: Dockerfile, later: int, earlier: int) -> str | None:
    """Why `later` must stay below `earlier`; null if the two may change places.

    Args:
        file: A Dockerfile.
        later: Index of an instruction.
        earlier: Index of one above it.

    Returns:
        The reason for a person; when not sure, there is one.
    """
    return Dependencies(file).reason(later, earlier)


def _variables(later: Effects, earlier: Effects, above: Instruction) -> str | None:
    for name in sorted(earlier.sets):
        if later.reads_every and name not in later.reads:
            return f"nobody knows whether it reads {name}, set in line {above.first_line}"
        if later.reads_variable(name):
            reads = "reads" if name in later.reads or WELL_KNOWN.fullmatch(name) else "may read"
            return f"it {reads} {name}, set in line {above.first_line}"
    for name in sorted(later.sets):
        if earlier.reads_variable(name) or name in earlier.sets:
            return f"it sets {name}, which line {above.first_line} uses too"
    return None


def _settings(later: Effects, earlier: Effects, above: Instruction) -> str | None:
    affected = (
        later.settings | later.changes
    ) & earlier.changes or earlier.settings & later.changes
    return f"{min(affected)} decides what line {above.first_line} means" if affected else None


def _files(below: Instruction, above: Instruction, later: Effects, earlier: Effects) -> str | None:
    line = above.first_line
    if path := later.needs.common(earlier.makes):
        return _read_after_write(path, above, later, earlier)
    if _only_folders(below, above):
        return None
    if path := later.makes.common(earlier.needs):
        return f"it writes {path}, which line {line} may read"
    if path := later.makes.common(earlier.makes):
        return f"both it and line {line} write {path}"
    return None


def _read_after_write(path: str, above: Instruction, later: Effects, earlier: Effects) -> str:
    line = above.first_line
    if later.needs.every and not later.reads_every:
        return "only the base image knows where it works, as no WORKDIR says it"
    if later.needs.every:
        place = min(earlier.makes.paths, default="files")
        return f"nobody knows which files it reads, and line {line} writes {place}"
    if path in earlier.makes.parts:
        return f"it may read {path}, which line {line} brings"
    if not earlier.makes.every:
        return f"it reads {path}, and line {line} writes there"
    if above.keyword == "RUN":
        return f"nobody knows which files line {line} writes"
    return f"only the base image knows where line {line} writes to, as no WORKDIR says it"


def _only_folders(one: Instruction, other: Instruction) -> bool:
    """Whether one makes a folder that the other, copying into it, would make just the same."""
    keywords = {one.keyword, other.keyword}
    copy = one if one.keyword in {"COPY", "ADD"} else other
    if "WORKDIR" not in keywords or copy.keyword not in {"COPY", "ADD"}:
        return False
    into_folder = copy.destination.endswith(("/", ".")) or set(copy.sources) & {".", "./"}
    return bool(into_folder) and copy.flag("chown") is None and copy.flag("chmod") is None
