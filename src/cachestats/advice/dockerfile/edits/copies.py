"""What changes often is copied below the installations that do not read it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.manifests import manifest_copies
from cachestats.advice.dockerfile.edits.model import (
    MANIFEST_RATE,
    Edit,
    EditKind,
    Refusal,
    Where,
)
from cachestats.advice.dockerfile.edits.pairs import Pair, is_same, other_source, pairs
from cachestats.advice.dockerfile.files import is_file
from cachestats.advice.dockerfile.installs import installation
from cachestats.advice.dockerfile.model import Part
from cachestats.advice.dockerfile.order import Dependencies, Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.edits.model import Attempt, Hints
    from cachestats.advice.dockerfile.model import Dockerfile

__all__ = ["reorder", "split_copy"]

_PLAIN = re.compile(r"[\w./*@+${}-]+")


def reorder(file: Dockerfile, hints: Hints) -> Iterator[Attempt]:
    """Try to install before copying what changes more often and is not needed for it.

    Args:
        file: A Dockerfile.
        hints: Say how often things change, and what is too cheap to care.

    Yields:
        For each COPY above an installation that does not read it, the file with the COPY moved
        below, or what is in the way.
    """
    order = Dependencies(file, hints.fed)
    for pair in pairs(file, order, hints):
        if not pair.copied:
            moving = order.below([pair.copy.index], pair.run.index)
            if not isinstance(moving, Obstacle):
                yield _moved(file, moving, pair, EditKind.REORDER)
            elif hints.rate(pair.copy) > MANIFEST_RATE:
                yield _refused(file, moving, EditKind.REORDER)


def split_copy(file: Dockerfile, hints: Hints) -> Iterator[Attempt]:
    """Try to copy the manifests of an installation alone, and all else below it.

    Args:
        file: A Dockerfile.
        hints: Say how often things change, and what is too cheap to care.

    Yields:
        For each COPY of a folder that holds manifests of an installation below it, the file
        with the COPY parted, or why it is not.
    """
    order = Dependencies(file, hints.fed)
    for pair in pairs(file, order, hints):
        if pair.copied and not pair.is_for_it:
            yield _split(file, order, pair)


def _split(file: Dockerfile, order: Dependencies, pair: Pair) -> Attempt:
    reason = _unsplittable(pair) or other_source(file, order, pair)
    if reason is not None:
        return Refusal(
            kind=EditKind.SPLIT_COPY,
            reason=f"line {pair.copy.first_line} stays above line {pair.run.first_line}: {reason}",
            check=f"whether {_names(pair)} can be copied alone before line {pair.run.first_line}",
            where=Where.of(pair.copy, pair.run),
        )
    moving = order.below([pair.copy.index], pair.run.index, apart_from=pair.elsewhere)
    if isinstance(moving, Obstacle):
        return _refused(file, moving, EditKind.SPLIT_COPY)
    wanted = _not_there_yet(file, order, pair)
    if not wanted:
        return _moved(file, moving, pair, EditKind.SPLIT_COPY)
    rest = replace(pair.copy, gap="", part=Part.REST)
    added = manifest_copies(file, pair.copy, wanted, pair.into or "/")
    base = replace(
        file, instructions=tuple(rest if one == pair.copy else one for one in file.instructions)
    )
    arranged = _below(base, moving, pair.run.index)
    at = pair.copy.index
    listed = [*arranged.instructions[:at], *added, *arranged.instructions[at:]]
    return arranged.with_instructions(listed), Edit(
        kind=EditKind.SPLIT_COPY,
        title=(
            f"Copy {', '.join(wanted)} alone before the installation of line "
            f"{pair.run.first_line}, and the rest below it"
        ),
        checks=(*_checks(file, moving, pair), *_made_above(file, order, pair)),
        where=Where.of(pair.copy, pair.run),
    )


def _checks(file: Dockerfile, moving: tuple[int, ...], pair: Pair) -> tuple[str, ...]:
    """On which conditions no installation reads what goes below it, nor is written over."""
    clashes = [clash for use in pair.found.uses for clash in use.manager.clashes if pair.copied]
    passed = (file.instructions[i] for i in range(moving[0], pair.run.index + 1) if i not in moving)
    found = [installation(one) for one in passed if one.keyword == "RUN"]
    return tuple(
        dict.fromkeys([*clashes, *(check for one in found if one for check in one.checks)])
    )


def _made_above(file: Dockerfile, order: Dependencies, pair: Pair) -> Iterator[str]:
    for one in file.instructions[: pair.copy.index]:
        if one.stage in pair.line and one.keyword == "RUN" and order.effects[one.index].makes.every:
            names = ", ".join(pair.copied)
            yield f"{names} is in the context, not made in line {one.first_line}"


def _unsplittable(pair: Pair) -> str | None:
    copy = pair.copy
    for use in pair.found.uses:
        if use.manager.unsplittable:
            return use.manager.unsplittable
    for flag in ("from", "exclude", "parents"):
        if copy.flag(flag):
            return f"it is a {copy.keyword} with --{flag}"
    if len(copy.sources) > 1 or "*" in copy.sources[0] or is_file(copy.sources[0]):
        return "it copies named files"
    if copy.is_exec or not all(map(_PLAIN.fullmatch, (*copy.sources, copy.destination))):
        return "its paths are not plain words"
    return None


def _not_there_yet(file: Dockerfile, order: Dependencies, pair: Pair) -> dict[str, str]:
    """The manifests that no COPY above brings already; none if only those that may be missing."""
    above = [one for one in file.instructions[: pair.copy.index] if one.stage == pair.copy.stage]
    wanted = {
        name: path
        for name, path in pair.copied.items()
        if not any(is_same(order, one, pair, path) for one in above)
    }
    return wanted if any(not name.endswith("*") for name in wanted) else {}


def _moved(
    file: Dockerfile, moving: tuple[int, ...], pair: Pair, kind: EditKind
) -> tuple[Dockerfile, Edit]:
    copy, run, checks = pair.copy, pair.run, _checks(file, moving, pair)
    not_known = "which does not name it" if checks else "which does not read it"
    edit = Edit(
        kind=kind,
        title=(
            f"{copy.keyword} {' '.join(copy.sources)} below line {run.first_line}, "
            + ("which needs but the manifests" if pair.copied else not_known)
        ),
        checks=checks,
        where=Where.of(*(file.instructions[index] for index in moving), run),
    )
    # What the installation needs of it was copied above: this is but the rest.
    rest_of_it = replace(copy, part=Part.REST) if pair.copied else copy
    listed = tuple(rest_of_it if one == copy else one for one in file.instructions)
    return _below(replace(file, instructions=listed), moving, run.index), edit


def _below(file: Dockerfile, moving: tuple[int, ...], target: int) -> Dockerfile:
    rest = [one.index for one in file.instructions if one.index not in moving]
    at = rest.index(target) + 1
    return file.arranged([*rest[:at], *moving, *rest[at:]], moving)


def _refused(file: Dockerfile, obstacle: Obstacle, kind: EditKind) -> Refusal:
    earlier, later = file.instructions[obstacle.earlier], file.instructions[obstacle.later]
    return Refusal(
        kind=kind,
        reason=(
            f"line {earlier.first_line} stays above line {later.first_line}: {obstacle.reason}"
        ),
        check=(f"whether `{later.said}` can do without line {earlier.first_line}"),
        where=Where.of(earlier, later),
    )


def _names(pair: Pair) -> str:
    return ", ".join(pair.copied)
