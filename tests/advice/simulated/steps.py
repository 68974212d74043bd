"""A Dockerfile → its steps as BuildKit has them: names, cache keys, what is built on what."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from cachestats.advice.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Dockerfile, Instruction, Stage


def digest(*parts: object) -> str:
    """A hash of anything that prints."""
    return sha256(repr(parts).encode()).hexdigest()


@dataclass(eq=False)
class Vertex:
    """A step: its cache key, what it is built on, and how it went."""

    name: str
    one: Instruction
    key: str
    inputs: list[Vertex]
    status: str = "hit"  # or run, failed, never
    seconds: float = 0.0
    end: float = 0.0
    restored: float = 0.0
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Given:
    """What a build is given: its base image, its commit, the version of each file."""

    base: str
    sha: str
    files: Mapping[str, int]

    def argument(self, name: str) -> str | None:
        """Value of a build argument; those that are named after it follow the commit."""
        return self.sha if re.search("SHA|COMMIT|VERSION|DATE", name) else None

    def read_by(self, one: Instruction) -> list[str]:
        """Files of the context that an instruction copies or mounts; docs/ is ignored."""
        if one.keyword == "RUN":
            sources = [mount["source"] for mount in one.mounts if "source" in mount]
        else:
            sources = [] if one.keyword == "WORKDIR" or one.flag("from") else list(one.sources)
        return [
            path
            for path in sorted(self.files)
            for source in sources
            if not path.startswith("docs/") and _holds(posixpath.normpath(source), path)
        ]

    def content(self, one: Instruction) -> list[tuple[str, int]]:
        """What these files hold."""
        return [(path, self.files[path]) for path in self.read_by(one)]


class End(NamedTuple):
    """What the last step of a stage leaves to those that are built on it."""

    top: Vertex | None
    env: Mapping[str, str]
    key: str


def steps_of(file: Dockerfile, given: Given) -> list[Vertex]:
    """The steps that the last stage needs, in the order of the file; FROM is none of them."""
    ends: list[End] = []
    found: list[Vertex] = []
    for stage in file.stages:
        steps, end = _of_stage(file, stage, given, ends)
        found += steps
        ends.append(end)
    return _needed(found)


def _of_stage(
    file: Dockerfile, stage: Stage, given: Given, ends: list[End]
) -> tuple[list[Vertex], End]:
    is_image = stage.parent is None
    top, inherited, key = (
        End(None, {}, digest(stage.base, given.base))
        if stage.parent is None
        else ends[stage.parent]
    )
    env, args = dict(inherited), dict[str, str]()
    label = stage.name or (f"stage-{stage.index}" if len(file.stages) > 1 else "")
    total = sum(one.is_step for one in stage.body) + is_image
    found: list[Vertex] = []
    for one in stage.body:
        if one.keyword in SETTINGS:
            _set(one, given, args, env)
        if not one.is_step:
            continue
        known = {**args, **env}
        source = _source(file, one, ends)
        key = digest(key, _own_key(one, known, given), source and source.key)
        number = len(found) + 1 + is_image
        name = f"[{label}{' ' if label else ''}{number}/{total}] {_said(one, known)}"
        top = Vertex(name, one, key, [v for v in (top, source) if v is not None])
        found.append(top)
    return found, End(top, env, key)


def _set(one: Instruction, given: Given, args: dict[str, str], env: dict[str, str]) -> None:
    is_arg = one.keyword == "ARG"
    known = {**args, **env}
    for name, value in one.pairs:
        told = given.argument(name) if is_arg else None
        (args if is_arg else env)[name] = told or _expanded(value or "", known)


def _source(file: Dockerfile, one: Instruction, ends: list[End]) -> Vertex | None:
    """The last step of the stage that a COPY copies from."""
    flag = one.flag("from") if one.keyword == "COPY" else None
    stage = file.stage_of(flag, one.stage or 0) if flag else None
    return None if stage is None else ends[stage].top


def _own_key(one: Instruction, known: Mapping[str, str], given: Given) -> object:
    if one.keyword == "RUN":
        return one.code, sorted(known.items()), given.content(one)
    return _expanded(one.code, known), given.content(one)


def _said(one: Instruction, known: Mapping[str, str]) -> str:
    return _expanded(" ".join(one.code.split()) if one.keyword == "RUN" else one.said, known)


def _needed(vertices: list[Vertex]) -> list[Vertex]:
    wanted: set[int] = set()
    front = vertices[-1:]
    while front:
        vertex = front.pop()
        wanted.add(id(vertex))
        front += vertex.inputs
    return [vertex for vertex in vertices if id(vertex) in wanted]


def _holds(source: str, path: str) -> bool:
    return source in {".", path} or path.startswith(f"{source}/") or fnmatchcase(path, source)


def _expanded(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found[1], ""), text)
