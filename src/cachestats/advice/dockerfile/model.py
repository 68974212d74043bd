"""A Dockerfile taken apart so that it can be put together again, byte for byte."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from e2b_dockerfile_utils import DockerfileHeredoc, ShellLex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["STEPS", "Dockerfile", "Instruction", "Mount", "Part", "Stage"]

STEPS = frozenset({"FROM", "RUN", "COPY", "ADD", "WORKDIR"})
_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}

Mount = dict[str, str]


class Part(StrEnum):
    """Which part of its original an instruction is."""

    WHOLE = "whole"
    MANIFEST = "manifest"
    REST = "rest"
    ADDED = "added"


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction: what it says, and the lines that say it."""

    index: int  # place among the instructions of the file
    stage: int | None  # null above the first FROM
    keyword: str  # in capitals
    text: str  # its lines as written, without the last line end
    end: str  # the last line end
    comment: str  # the comment lines directly above, which go where it goes
    gap: str  # blank lines and comments above those, which stay where they are
    first_line: int  # of the file that was parsed, whatever was edited since
    last_line: int
    code: str  # the text without continuations and comments
    flags: tuple[str, ...]  # as `--from=build`
    words: tuple[str, ...]  # arguments; names and values for ARG, ENV and LABEL
    is_exec: bool  # arguments are a JSON list
    heredocs: tuple[DockerfileHeredoc, ...]
    origin: int | None  # index in the file that was parsed; null if added since
    part: Part = Part.WHOLE

    def flag(self, name: str) -> str | None:
        """Value of the first flag of that name; `true` for one without a value."""
        for flag in self.flags:
            key, equals, value = flag.removeprefix("--").partition("=")
            if key == name:
                return value if equals else "true"
        return None

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """Mounts of a RUN, keys under their long names, `type` always set."""
        return tuple(
            _mount(flag.removeprefix("--mount="))
            for flag in self.flags
            if flag.startswith("--mount=")
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """What a COPY or ADD copies, heredocs included, without quotes."""
        return self._paths[:-1]

    @property
    def destination(self) -> str:
        """Where a COPY or ADD copies to, without quotes."""
        return self._paths[-1]

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        lex = ShellLex("\\")
        return self.words if self.is_exec else tuple(lex.process_word(w) for w in self.words)

    @property
    def trigger(self) -> str | None:
        """The instruction that an ONBUILD keeps for later, null for others."""
        return self.code.split(maxsplit=1)[1].strip() if self.keyword == "ONBUILD" else None

    @property
    def pairs(self) -> tuple[tuple[str, str | None], ...]:
        """Names and values that an ARG, ENV or LABEL sets; null for an ARG without default."""
        if self.keyword == "ARG":
            split = (word.partition("=") for word in self.words)
            return tuple((name, value if equals else None) for name, equals, value in split)
        if self.keyword in {"ENV", "LABEL"}:
            return tuple(zip(self.words[::3], self.words[1::3], strict=True))
        return ()

    @property
    def said(self) -> str:
        """What it says in one line, without flags."""
        words = " ".join(self.words).split() if self.flags else self.code.split()[1:]
        return " ".join([self.keyword, *words])

    @property
    def is_step(self) -> bool:
        """Whether it becomes a step of the build."""
        return self.keyword in STEPS


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage: its name, what it is built on, its instructions without the FROM."""

    index: int
    name: str | None
    base: str
    parent: int | None  # the stage it is built on
    platform: str | None
    start: Instruction
    body: tuple[Instruction, ...]


@dataclass(frozen=True, kw_only=True)
class Dockerfile:
    """The instructions of a file, and what stands before and behind them."""

    head: str  # parser directives
    instructions: tuple[Instruction, ...]
    tail: str
    newline: str
    escape: str
    has_final_newline: bool

    @cached_property
    def text(self) -> str:
        """The file: every byte that no edit touched is as it was."""
        *others, last = self.instructions
        end = last.end or self.newline
        if not self.tail and not self.has_final_newline:
            end = ""
        lines = [f"{one.gap}{one.comment}{one.text}{one.end or self.newline}" for one in others]
        return "".join([self.head, *lines, last.gap, last.comment, last.text, end, self.tail])

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in order."""
        starts = [one for one in self.instructions if one.keyword == "FROM"]
        stages: list[Stage] = []
        for index, start in enumerate(starts):
            body = tuple(one for one in self.instructions if one.stage == index and one != start)
            stages.append(_stage(start, body, stages, self._defaults))
        return tuple(stages)

    @cached_property
    def _defaults(self) -> dict[str, str]:
        """Defaults of the ARGs above the first FROM."""
        above = [one for one in self.instructions if one.stage is None]
        return {name: value or "" for one in above for name, value in one.pairs}

    def stage_of(self, name: str, before: int) -> int | None:
        """Index of the stage that `--from=name` means in the stage `before`."""
        if name.isdigit() and int(name) < before:
            return int(name)
        named = [s.index for s in self.stages[:before] if s.name and s.name == name.lower()]
        return named[-1] if named else None

    def ancestry(self, stage: int) -> frozenset[int]:
        """Indices of a stage and of those that it is built on."""
        parent = self.stages[stage].parent
        return frozenset({stage}) | (self.ancestry(parent) if parent is not None else frozenset())

    def arranged(self, order: Sequence[int], moved: Iterable[int]) -> Dockerfile:
        """The same instructions in another order.

        Args:
            order: Every index once, in the new order.
            moved: Those that leave their place; what stands above them stays behind.

        Returns:
            The file in which comments directly above an instruction went with it.
        """
        away, gap = set(moved), ""
        settled: dict[int, Instruction] = {}
        for one in self.instructions:
            gap += one.gap
            settled[one.index] = replace(one, gap="" if one.index in away else gap)
            if one.index not in away:
                gap = ""
        return self.with_instructions([settled[index] for index in order], tail=gap + self.tail)

    def with_instructions(
        self, instructions: Iterable[Instruction], *, tail: str | None = None
    ) -> Dockerfile:
        """The file with these instructions, numbered anew."""
        numbered = tuple(replace(one, index=i) for i, one in enumerate(instructions))
        return replace(self, instructions=numbered, tail=self.tail if tail is None else tail)


def _stage(
    start: Instruction, body: tuple[Instruction, ...], before: list[Stage], env: dict[str, str]
) -> Stage:
    base = ShellLex("\\", env=env).process_word(start.words[0])
    parents = [stage.index for stage in before if stage.name and stage.name == base.lower()]
    return Stage(
        index=len(before),
        name=start.words[2].lower() if len(start.words) > 2 else None,  # noqa: PLR2004 (`AS name`)
        base=start.words[0],
        parent=parents[-1] if parents else None,
        platform=start.flag("platform"),
        start=start,
        body=body,
    )


def _mount(text: str) -> Mount:
    fields = [item.partition("=") for row in csv.reader([text]) for item in row]
    keys = {_ALIASES.get(key.lower(), key.lower()): value for key, _, value in fields}
    return {"type": "bind", **keys}
