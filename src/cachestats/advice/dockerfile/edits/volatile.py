"""Values that change often go below the steps that do not read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.model import Edit, EditKind, Refusal, Where
from cachestats.advice.dockerfile.installs import installation
from cachestats.advice.dockerfile.order import Dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.edits.model import Attempt, Hints
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction, Stage

__all__ = ["move_volatile"]

KIND = EditKind.MOVE_VOLATILE
_CHECK = (
    "no manifest or settings file of the installations (requirements, .npmrc) expands a moved"
    " value, as it would a token"
)


def move_volatile(file: Dockerfile, hints: Hints) -> Iterator[Attempt]:
    """Try to move each volatile ARG and ENV down, past installations that do not read it.

    Args:
        file: A Dockerfile.
        hints: Say which values are volatile.

    Yields:
        For each value, together with what is set from it, the file with it moved, or why it
        cannot pass a RUN. Nothing where there is no RUN below.
    """
    order = Dependencies(file)
    for stage in file.stages:
        together: list[Instruction] = []
        for one in stage.body:
            if not hints.is_volatile(one):
                continue
            is_new = one not in together
            alone = _Descent.of(order, stage, one, hints=None)
            group = _Descent.of(order, stage, one, hints=hints) if is_new else alone
            descent = group if group.runs else alone
            if descent.runs:
                yield _moved(file, descent)
            if is_new and group.barrier and group.barrier.keyword == "RUN":
                yield _stuck(group)
            together += group.moving


@dataclass(frozen=True)
class _Descent:
    """How far down a value can go."""

    moving: list[Instruction]  # the value, and what has to go with it
    passed: list[Instruction]
    barrier: Instruction | None = None
    reason: str = ""

    @property
    def runs(self) -> list[Instruction]:
        return [one for one in self.passed if one.keyword == "RUN"]

    @classmethod
    def of(
        cls, order: Dependencies, stage: Stage, one: Instruction, *, hints: Hints | None
    ) -> _Descent:
        """Follow a value down, with `hints` together with other volatile values on its way."""
        moving: list[Instruction] = [one]
        passed: list[Instruction] = []
        for other in stage.body:
            if other.index <= one.index:
                continue
            reasons = [order.reason(other.index, mover.index) for mover in moving]
            reason = next(filter(None, reasons), None)
            if reason and other.is_step:
                return cls(moving, passed, other, reason)
            if reason or (hints and hints.is_volatile(other)):
                moving.append(other)
            else:
                passed.append(other)
        return cls(moving, passed)


def _moved(file: Dockerfile, descent: _Descent) -> tuple[Dockerfile, Edit]:
    last = [other for other in descent.passed if other.is_step][-1].index
    away = [mover.index for mover in descent.moving if mover.index < last]
    rest = [one.index for one in file.instructions if one.index not in away]
    at = rest.index(last) + 1
    checks = (_CHECK,) if any(map(_reads_files, descent.runs)) else ()
    return file.arranged([*rest[:at], *away, *rest[at:]], away), Edit(
        kind=KIND,
        title=(
            f"Move {_names(descent.moving)} below the installations of {_lines(descent.runs)}, "
            f"which do not {'name' if checks else 'read'} "
            f"{'it' if len(descent.moving) == 1 else 'them'}"
        ),
        checks=checks,
        where=Where.of(*descent.moving, *descent.runs),
    )


def _reads_files(run: Instruction) -> bool:
    """Whether a RUN installs by a manager that looks at files of the user."""
    found = installation(run)
    return found is not None and any(manager.reads_files for manager in found.managers)


def _stuck(descent: _Descent) -> Refusal:
    names, run = _names(descent.moving), descent.barrier
    below = [run] if run else []
    return Refusal(
        kind=KIND,
        reason=f"{names} stays above {_lines(below)}: {descent.reason}",
        check=f"whether `{below[0].said}` reads {names}; if not, move it below",
        where=Where.of(*descent.moving, *below),
    )


def _names(moving: list[Instruction]) -> str:
    values = [name for mover in moving if mover.keyword != "LABEL" for name, _ in mover.pairs]
    return ", ".join(dict.fromkeys(values))


def _lines(runs: list[Instruction]) -> str:
    numbers = [str(run.first_line) for run in runs]
    return f"line{'s' * (len(numbers) > 1)} {', '.join(numbers)}"
