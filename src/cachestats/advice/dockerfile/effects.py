"""What each instruction reads and writes: variables, settings, files."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.files import EVERY, NONE, Files, is_file, is_within
from cachestats.advice.dockerfile.housekeeping import ACCESS, FILES, WELL_KNOWN
from cachestats.advice.dockerfile.installs import Installation, installation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.scope import Scope

__all__ = ["Effects", "effects", "variables"]

# Folders of programs that installations make, and that no context should bring.
_INSTALLED = re.compile(r"/(?:node_modules|\.?venv|vendor)/")
_VARIABLE = re.compile(r"(?<!\\)\$\{?([A-Za-z_]\w*)")
# Left as they are by BuildKit, for the shell of the container.
_LITERAL = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD"})
# An ENTRYPOINT takes back the CMD of the base image; ports add up.
_CHANGES = {"ENTRYPOINT": {"CMD", "ENTRYPOINT"}, "EXPOSE": set[str]()}
_USERS = "the list of users"
_NO_NAMES = frozenset({"", ".", "..", "*", "**"})
_RUN_SETTINGS = frozenset({"WORKDIR", "USER", "SHELL"})


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What an instruction reads and writes; variables by name, settings by their keyword."""

    reads: frozenset[str] = frozenset()
    reads_every: bool = False  # each variable in scope
    reads_well_known: bool = False  # those that package managers look at, or are told to
    sets: frozenset[str] = frozenset()  # variables
    settings: frozenset[str] = frozenset()  # read
    changes: frozenset[str] = frozenset()  # settings and metadata
    needs: Files = NONE
    makes: Files = NONE

    def without(self, paths: Collection[str]) -> Effects:
        """The effects apart from those on some paths."""
        if not paths:
            return self
        return replace(self, needs=self.needs.without(paths), makes=self.makes.without(paths))

    def reads_variable(self, name: str) -> bool:
        """Whether it reads the variable, or may."""
        known = WELL_KNOWN.fullmatch(name) or ACCESS.fullmatch(name)
        return self.reads_every or name in self.reads or (self.reads_well_known and bool(known))


def variables(text: str) -> frozenset[str]:
    """Names of the variables in a text."""
    return frozenset(_VARIABLE.findall(text))


def effects(file: Dockerfile, around: tuple[Scope, ...]) -> tuple[Effects, ...]:
    """The effects of each instruction in its scope, in order."""
    return tuple(_effects(one, scope) for one, scope in zip(file.instructions, around, strict=True))


def _effects(one: Instruction, scope: Scope) -> Effects:
    named = Effects(reads=variables(one.code))
    match one.keyword:
        case "RUN":
            return _run(one, scope)
        case "COPY" | "ADD":
            return _copy(one, scope)
        case "WORKDIR":
            return _workdir(one, scope)
        case "ENV" | "ARG":
            return replace(named, sets=frozenset(name for name, _ in one.pairs))
        case "VOLUME":
            return replace(named, needs=EVERY, changes=frozenset({"VOLUME"}))
    return _metadata(one)


def _metadata(one: Instruction) -> Effects:
    changes = _CHANGES.get(one.keyword, {one.keyword})
    if one.keyword == "LABEL":
        changes = {f"LABEL {name}" for name, _ in one.pairs}
    return Effects(
        reads=frozenset() if one.keyword in _LITERAL else variables(one.code),
        settings=frozenset({"SHELL"}) if one.keyword in _LITERAL else frozenset(),
        changes=frozenset(changes),
    )


def _workdir(one: Instruction, scope: Scope) -> Effects:
    return Effects(
        reads=variables(one.code),
        settings=frozenset({"WORKDIR", "USER"}),
        changes=frozenset({"WORKDIR"}),
        makes=_files([scope.path(one.words[0])]),
    )


def _run(one: Instruction, scope: Scope) -> Effects:
    found = installation(one, scope.variables) if scope.is_posix else None
    if found is None or not found.is_pure:
        return Effects(reads_every=True, settings=_RUN_SETTINGS, needs=EVERY, makes=EVERY)
    written = "".join([one.code, *(doc.content for doc in one.heredocs)])
    return Effects(
        reads=variables(written),
        reads_well_known=True,
        settings=_RUN_SETTINGS,
        changes=frozenset({_USERS}) if found.adds_users else frozenset(),
        needs=_needs(one, found, scope),
        makes=_files((scope.path(_above_pattern(p)) for p in _made(found)), system=True),
    )


def _made(found: Installation) -> Iterable[str]:
    return (*found.touched, *found.outputs)


def _needs(one: Instruction, found: Installation, scope: Scope) -> Files:
    """The system, programs, what variables name, and the manifests but those that are mounted."""
    mounted = [scope.path(m["target"]) for m in one.mounts if "target" in m and m["type"] == "bind"]
    folder = ["."] if found.reads_folder else []
    paths = [scope.path(_above_pattern(name)) for name in (*found.manifests, *folder)]
    wanted = [p for p in paths if not any(m and p and is_within(p, m) for m in mounted)]
    programs = [p for p in scope.search if p is None or not _INSTALLED.search(p)]
    return replace(_files([*wanted, *programs, *_told(scope)], system=True), anywhere=found.inputs)


def _told(scope: Scope) -> list[str | None]:
    """Paths that variables tell package managers to read; null for one that is not known."""
    told = {
        name for name in scope.variables if WELL_KNOWN.fullmatch(name) and FILES.fullmatch(name)
    }
    known = scope.env.keys() - scope.args
    return [scope.path(scope.env[name]) if name in known else None for name in sorted(told)]


def _above_pattern(path: str) -> str:
    """The path; of a wildcard inside it, the folder that holds all its matches."""
    head, star, tail = path.partition("*")
    return posixpath.dirname(head) or "." if star and tail else head


def _copy(one: Instruction, scope: Scope) -> Effects:
    owner = one.flag("chown")
    expanded = "".join(doc.content for doc in one.heredocs if doc.expand)
    by_name = owner is not None and not re.fullmatch(r"[\d:]+", owner)
    settings = {"WORKDIR"} if not one.destination.startswith("/") else set()
    parts = {part for path in (*one.sources, one.destination) for part in path.split("/")}
    return Effects(
        reads=variables(one.code + expanded),
        settings=frozenset(settings | ({_USERS} if by_name else set())),
        makes=replace(
            _files([scope.path(path) for path in _targets(one)]), parts=frozenset(parts - _NO_NAMES)
        ),
    )


def _targets(copy: Instruction) -> list[str]:
    """What a COPY writes: in a folder, the files that it names; else all below its destination."""
    into = copy.destination
    is_folder = into == "." or into.endswith(("/", "/.")) or len(copy.sources) > 1
    if is_folder and all(is_file(source.replace("*", "")) for source in copy.sources):
        return [posixpath.join(into, posixpath.basename(source)) for source in copy.sources]
    return [into]


def _files(paths: Iterable[str | None], *, system: bool = False) -> Files:
    found = list(paths)
    if None in found:
        return Files(every=True, system=system)
    return Files(paths=frozenset(path for path in found if path), system=system)
