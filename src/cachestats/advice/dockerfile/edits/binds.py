"""Files that one RUN alone needs are mounted, not copied."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.commands import with_flags, without
from cachestats.advice.dockerfile.edits.model import Edit, EditKind, Refusal, Where
from cachestats.advice.dockerfile.edits.removals import taken_away
from cachestats.advice.dockerfile.edits.takers import heirs, takes
from cachestats.advice.dockerfile.edits.writers import corepack_check, writing
from cachestats.advice.dockerfile.files import brings, is_file
from cachestats.advice.dockerfile.order import Dependencies
from cachestats.advice.dockerfile.shell import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.edits.model import Attempt, Hints
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction

__all__ = ["bind_mount"]

KIND = EditKind.BIND_MOUNT


def bind_mount(file: Dockerfile, hints: Hints) -> Iterator[Attempt]:
    """Try to mount, rather than copy, the manifests of one installation.

    Args:
        file: A Dockerfile.
        hints: Not used; all edits take the same.

    Yields:
        For each COPY of nothing but manifests of the next installation, the file with a bind
        mount in its place, or why the files have to be in the image.
    """
    del hints
    order = Dependencies(file)
    for copy in file.instructions:
        sources = _sources(order, copy)
        run = _reader(file, order, copy, set(sources))
        if not sources or run is None:
            continue
        is_first = not _were_there(file, order, copy, set(sources))
        removing = _without_removal(file, order, run, set(sources)) if is_first else None
        reason = None if removing else _reason_against(file, order, copy, set(sources))
        reason = reason or _fails(file, order, removing or run, set(sources))
        if reason:
            yield Refusal(
                kind=KIND,
                reason=f"line {copy.first_line} stays a COPY: {reason}",
                where=Where.of(copy, run),
            )
        else:
            checks = corepack_check(file, run, order.scopes[run.index])
            yield _mounted(file, copy, (run, removing or run), sources, checks)


def _sources(order: Dependencies, copy: Instruction) -> dict[str, str]:
    """Paths in the image and in the context of what a plain COPY copies; none if not certain."""
    if copy.keyword != "COPY" or copy.flags or copy.is_exec or not all(map(is_file, copy.sources)):
        return {}
    made = order.effects[copy.index].makes.paths
    sources = {posixpath.basename(source): source for source in copy.sources}
    if len(made) == len(copy.sources) == 1 and is_file(min(made)):
        return {min(made): copy.sources[0]}
    if {posixpath.basename(path) for path in made} != set(sources):
        return {}
    return {path: sources[posixpath.basename(path)] for path in sorted(made)}


def _reader(
    file: Dockerfile, order: Dependencies, copy: Instruction, paths: set[str]
) -> Instruction | None:
    """The installation that reads all of it, if it is the first to look at it."""
    for one in file.instructions[copy.index + 1 :]:
        if order.reason(one.index, copy.index) is None:
            continue
        needs = order.effects[one.index].needs
        is_reader = one.keyword == "RUN" and not needs.every and paths <= needs.paths
        return one if is_reader and one.stage == copy.stage else None
    return None


def _were_there(file: Dockerfile, order: Dependencies, copy: Instruction, paths: set[str]) -> bool:
    """Whether the files were copied before: their removal takes those away, too."""
    line = file.ancestry(copy.stage or 0)
    above = (
        order.effects[one.index] for one in file.instructions[: copy.index] if one.stage in line
    )
    return any(brings(made, path) for one in above for made in one.makes.paths for path in paths)


def _without_removal(
    file: Dockerfile, order: Dependencies, run: Instruction, paths: set[str]
) -> Instruction | None:
    """The RUN without the `rm` of the files; null if it does not remove them all."""
    scope = order.scopes[run.index]
    folders = {posixpath.dirname(path) for path in paths}
    removals = {
        command: {scope.path(word) for word in command[1:] if not word.startswith("-")}
        for command in chain(run) or ()
        if command[0] == "rm"
    }
    commands = [command for command, gone in removals.items() if gone and gone <= paths]
    gone = {path for command in commands for path in removals[command]}
    # A COPY makes the folders that it copies to; these are there anyway.
    if gone != paths or not folders <= {"/tmp", scope.cwd}:  # noqa: S108 (in an image)
        return None
    return without(file, run, words={}, commands=commands)


def _reason_against(
    file: Dockerfile, order: Dependencies, copy: Instruction, paths: set[str]
) -> str | None:
    """Why the files have to be in the image of the stage."""
    for stage in file.stages:
        if "$" in stage.base:
            return f"line {stage.start.first_line} may build on its stage"
    family = heirs(file, copy.stage or 0)
    if len(file.stages) - 1 in family:
        return "the final image holds it"
    run = _reader(file, order, copy, paths)
    for one in file.instructions[run.index + 1 if run else 0 :]:
        needs = order.effects[one.index].needs
        if one.stage in family and needs.every:
            return f"nobody knows whether line {one.first_line} reads it"
        if one.stage in family and needs.common(order.effects[copy.index].makes):
            return f"line {one.first_line} reads it"
        if takes(file, one, order.scopes[one.index], family, paths):
            return f"line {one.first_line} may take it from the stage"
    return None


def _fails(file: Dockerfile, order: Dependencies, run: Instruction, paths: set[str]) -> str | None:
    """Why the RUN would fail over files that it can only read."""
    scope = order.scopes[run.index]
    if command := writing(file, run, scope):
        return f"`{command}` may write it"
    gone = taken_away(run, scope, paths)
    return f"line {run.first_line} may remove it: {gone}" if gone else None


def _mounted(
    file: Dockerfile,
    copy: Instruction,
    runs: tuple[Instruction, Instruction],
    sources: dict[str, str],
    checks: tuple[str, ...],
) -> tuple[Dockerfile, Edit]:
    old, run = runs
    flags = [
        f"--mount=type=bind,source={posixpath.normpath(source)},target={path}"
        for path, source in sources.items()
    ]
    mounted = with_flags(file, replace(run, comment=copy.comment + run.comment), flags)
    apart = file.arranged(range(len(file.instructions)), [copy.index])
    listed = [
        replace(mounted, gap=one.gap) if one.index == old.index else one
        for one in apart.instructions
        if one.index != copy.index
    ]
    names = ", ".join(sources.values())
    return apart.with_instructions(listed), Edit(
        kind=KIND,
        title=f"Mount {names} in line {old.first_line} in place of the COPY",
        checks=(
            f"nothing but line {old.first_line} wants {names} in the image of its stage",
            *checks,
        ),
        where=Where.of(copy, old),
    )
