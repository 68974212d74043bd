"""Dockerfiles of the model, and what a build is given."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Env = tuple[tuple[str, str], ...]


def digest_of(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Op:
    """An instruction; `uid` stays when it is edited or moved."""

    uid: int
    kind: str
    text: str
    reads: tuple[str, ...] = ()
    source: str | None = None
    link: bool = False
    steady: bool = False  # its result is the same whatever it stands on
    body: str = ""  # lines of a heredoc, which are not printed

    @property
    def has_step(self) -> bool:
        return self.kind not in {"ENV", "ARG"}


@dataclass(frozen=True)
class Stage:
    name: str | None
    base: str
    ops: tuple[Op, ...]


@dataclass(frozen=True)
class Dockerfile:
    stages: tuple[Stage, ...]

    @property
    def size(self) -> int:
        lines = [f"FROM {stage.base} AS {stage.name}" for stage in self.stages]
        lines += [f"{op.kind} {op.text}\n{op.body}" for stage in self.stages for op in stage.ops]
        return sum(map(len, lines))

    def label(self, number: int) -> str:
        """What brackets call a stage."""
        name = self.stages[number].name
        return name or ("" if len(self.stages) == 1 else f"stage-{number}")


@dataclass(frozen=True)
class Given:
    """What one build is given."""

    files: Mapping[str, tuple[int, int]]  # version and size
    args: Mapping[str, str]
    bases: Mapping[str, str]  # digest of each image


def with_env(env: Env, op: Op, args: Mapping[str, str]) -> Env:
    """The environment below an ENV or ARG."""
    name, _, value = op.text.partition("=")
    value = args.get(name, value) if op.kind == "ARG" else expanded(value, env)
    return (*(one for one in env if one[0] != name), (name, value))


def expanded(text: str, env: Env) -> str:
    for name, value in env:
        text = text.replace(f"${{{name}}}", value)
    return text
