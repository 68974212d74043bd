"""A COPY and an installation below it: what the one has that the other needs."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.files import brings, is_file, is_within
from cachestats.advice.dockerfile.installs import Installation, installation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachestats.advice.dockerfile.edits.model import Hints
    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.order import Dependencies
    from cachestats.advice.dockerfile.scope import Scope

__all__ = ["Pair", "is_same", "other_source", "pairs"]

CHEAP_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A COPY, and below it in the same stage a pure installation that changes less often."""

    copy: Instruction
    run: Instruction
    found: Installation
    scope: Scope  # of the installation
    into: str | None  # where the COPY copies to
    made: frozenset[str]  # what it writes
    line: frozenset[int]  # its stage and those that this is built on
    copied: dict[str, str]  # manifests that it may bring, and their paths in the image

    @property
    def is_for_it(self) -> bool:
        """Whether the COPY brings nothing but manifests of the installation."""
        names = [posixpath.basename(name) for name in self.copied]
        if self.made <= set(self.copied.values()):
            return True
        return all(
            any(fnmatchcase(name, posixpath.basename(source)) for name in names)
            for source in self.copy.sources
        )

    @property
    def elsewhere(self) -> frozenset[str]:
        """What the installation will not read of the COPY, nor write over it, once it is split."""
        outputs = [self.scope.path(name) for name in self.found.outputs]
        return frozenset([*self.copied.values(), *filter(None, outputs)])


def pairs(file: Dockerfile, order: Dependencies, hints: Hints) -> Iterator[Pair]:
    """Each pair of a file, the first installation first, and of its COPYs the nearest.

    The nearest would stand in the way of those above it.
    """
    around = order.scopes
    for run in file.instructions:
        scope = around[run.index]
        is_shell = run.keyword == "RUN" and scope.is_posix
        found = installation(run, scope.variables) if is_shell else None
        is_cheap = run.origin is not None and hints.cost_s.get(run.origin, CHEAP_S) < CHEAP_S
        if found is None or not found.is_pure or is_cheap:
            continue
        paths = {name: scope.path(name.rstrip("*")) for name in found.manifests}
        for copy in reversed(file.instructions[: run.index]):
            if copy.stage != run.stage or copy.keyword not in {"COPY", "ADD"}:
                continue
            made = order.effects[copy.index].makes.paths
            needed = order.effects[run.index].needs.paths
            copied = {
                name: path
                for name, path in paths.items()
                if path and path in needed and any(brings(folder, path) for folder in made)
            }
            if hints.rate(copy) > hints.rate(run):
                into = around[copy.index].path(copy.destination)
                yield Pair(
                    copy=copy,
                    run=run,
                    found=found,
                    scope=scope,
                    into=into,
                    made=made,
                    line=file.ancestry(run.stage or 0),
                    copied=copied,
                )


def other_source(file: Dockerfile, order: Dependencies, pair: Pair) -> str | None:
    """Say why it is not known that a manifest comes from this COPY: another may bring it."""
    for one in file.instructions[: pair.run.index]:
        if one == pair.copy or one.keyword not in {"COPY", "ADD"}:
            continue
        made = order.effects[one.index].makes
        for name, path in pair.copied.items():
            may_be = made.every or any(brings(folder, path) for folder in made.paths)
            if may_be and one.stage in pair.line and not is_same(order, one, pair, path):
                return f"line {one.first_line} may bring {name} as well"
    return None


def is_same(order: Dependencies, one: Instruction, pair: Pair, path: str) -> bool:
    """Whether a COPY puts the same file of the context at a path as the COPY of the pair."""
    if one.keyword not in {"COPY", "ADD"} or one.flag("from"):
        return False
    into = order.scopes[one.index].path(one.destination)
    if into is None:
        return False
    wanted = _in_context(pair.copy.sources[0], path, pair.into or "/")
    if len(one.sources) == 1 and not is_file(one.sources[0].replace("*", "")):
        return is_within(path, into) and _in_context(one.sources[0], path, into) == wanted
    named = any(fnmatchcase(wanted, posixpath.normpath(source)) for source in one.sources)
    return named and path in {into, posixpath.join(into, posixpath.basename(wanted))}


def _in_context(folder: str, path: str, into: str) -> str:
    return posixpath.normpath(posixpath.join(folder, posixpath.relpath(path, into)))
