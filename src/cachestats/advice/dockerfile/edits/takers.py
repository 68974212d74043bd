"""Who takes files from a stage."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.edits.paths import overlaps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.scope import Scope

__all__ = ["heirs", "takes"]


def heirs(file: Dockerfile, stage: int) -> frozenset[int]:
    """Indices of a stage and of those that are built on it, or that may be."""
    found = {stage}
    for other in file.stages[stage + 1 :]:
        if other.parent in found or (other.parent is None and "$" in other.base):
            found.add(other.index)
    return frozenset(found)


def takes(
    file: Dockerfile,
    one: Instruction,
    scope: Scope,
    stages: Collection[int],
    paths: Collection[str],
) -> bool:
    """Whether an instruction may take what is at, above or below some paths from stages.

    Args:
        file: The file that it is in.
        one: Any instruction: a COPY and a RUN's mount take.
        scope: What holds above it.
        stages: Indices of the stages.
        paths: Absolute paths in them.

    Returns:
        False where it surely takes none.
    """
    return any(
        overlaps(posixpath.join("/", scope.value(folder) or folder), path)
        for source, folder in _taken(one)
        if "$" in source or file.stage_of(source, one.stage or 0) in stages
        for path in paths
    )


def _taken(one: Instruction) -> Iterator[tuple[str, str]]:
    """The names of stages and images, and the folders in them."""
    if one.keyword == "COPY" and (source := one.flag("from")):
        yield from ((source, path) for path in one.sources)
    for mount in one.mounts:
        if "from" in mount:
            yield mount["from"], mount.get("source", "/")
