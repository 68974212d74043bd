"""What is in force where an instruction stands: working directory, user, shell, variables."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from e2b_dockerfile_utils import ShellLex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction, Stage

__all__ = ["Scope", "scopes"]

_POSIX_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What holds above an instruction; null where only the base image knows."""

    cwd: str | None = None
    user: str | None = None
    is_posix: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    args: frozenset[str] = frozenset()  # variables whose value is not known for sure
    search: tuple[str | None, ...] = ()  # folders that the file puts into PATH

    @property
    def variables(self) -> frozenset[str]:
        """Names of all variables that the file sets."""
        return self.args.union(self.env)

    def value(self, text: str) -> str | None:
        """The text with variables replaced; null if one of them is not known for sure."""
        known = {name: value for name, value in self.env.items() if name not in self.args}
        try:
            found = ShellLex("\\", env=known).process_word(text)
        except ValueError:
            return None
        return None if "$" in found else found

    def path(self, text: str) -> str | None:
        """The absolute, normalised path that a path means here; null if it is not known."""
        found = self.value(text)
        if found is None or "\\" in found or not (found.startswith("/") or self.cwd):
            return None
        return posixpath.normpath(posixpath.join(self.cwd or "/", found))


def scopes(file: Dockerfile) -> tuple[Scope, ...]:
    """The scope of each instruction, in order; empty ones above the first FROM."""
    found: dict[int, Scope] = {}
    ends: list[Scope] = []
    for stage in file.stages:
        scope = _start(stage, ends, is_posix=file.escape != "`")
        found[stage.start.index] = scope
        for one in stage.body:
            found[one.index] = scope
            scope = _after(scope, one)
        ends.append(scope)
    return tuple(found.get(one.index, Scope()) for one in file.instructions)


def _start(stage: Stage, ends: list[Scope], *, is_posix: bool) -> Scope:
    if stage.parent is not None:
        return replace(ends[stage.parent], args=frozenset())
    return Scope(is_posix=is_posix, cwd="/" if stage.base == "scratch" else None)


def _after(scope: Scope, one: Instruction) -> Scope:
    match one.keyword:
        case "WORKDIR":
            return replace(scope, cwd=scope.path(one.words[0]))
        case "USER":
            return replace(scope, user=scope.value(one.words[0]) or one.words[0])
        case "SHELL":
            name = posixpath.basename(one.words[0]) if one.words else ""
            return replace(scope, is_posix=name in _POSIX_SHELLS)
        case "ARG":
            return replace(scope, args=scope.args | {name for name, _ in one.pairs})
        case "ENV":
            values = {name: scope.value(value or "") for name, value in one.pairs}
            known = {name: value for name, value in values.items() if value is not None}
            rest = {name: value for name, value in scope.env.items() if name not in values}
            return replace(
                scope,
                env={**rest, **known},
                args=(scope.args - set(known)) | (values.keys() - known.keys()),
                search=_search(scope, dict(one.pairs).get("PATH")),
            )
    return scope


def _search(scope: Scope, path: str | None) -> tuple[str | None, ...]:
    if path is None:
        return scope.search
    folders = [folder for folder in path.strip("\"'").split(":") if "$PATH" != folder != "${PATH}"]
    return (*map(scope.path, folders), *scope.search)
