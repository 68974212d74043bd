"""What an edit is, and what it wants to know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cachestats.advice.dockerfile.managers import MANAGERS
from cachestats.advice.dockerfile.model import Dockerfile, Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachestats.advice.dockerfile.model import Instruction

__all__ = ["Attempt", "Edit", "EditKind", "Editor", "Hints", "Refusal", "Where"]

# A file that only an installation reads is changed far less often than sources are.
MANIFEST_RATE, CONTEXT_RATE, INSTALL_RATE = 0.05, 0.5, 0.02
_MANIFEST = re.compile(
    r"(?i)requirements[\w.-]*\.(?:txt|in)|constraints[\w.-]*\.txt|environment\.ya?ml|package\*\.json|"
    + "|".join(re.escape(name).replace(r"\*", ".*") for one in MANAGERS for name in one.manifests)
)
_VOLATILE_NAME = re.compile(
    r"(?i)(?:.*_)?(?:(?:git|vcs|commit|ci|source|head)_?(?:sha1?|hash|ref|rev|revision|tag|describe)"
    r"|(?:short_)?sha|commit|revision|build_?(?:id|no|num|number|date|time|timestamp|tag|url|version)"
    r"|(?:run|job|pipeline)_(?:id|number|url)|timestamp|date|created|cache_?bust(?:er)?)(?:_.*)?"
)
_CHECKSUM = re.compile(r"(?:sha\d+:)?[0-9a-fA-F]{32,}")


class Where(NamedTuple):
    """The instructions that an edit is about, in the file that was parsed."""

    instructions: tuple[int, ...]  # the moved or changed one first
    lines: tuple[tuple[int, int], ...]  # first and last of each

    @classmethod
    def of(cls, *instructions: Instruction) -> Where:
        """Where instructions came from; those that an edit added came from nowhere."""
        known = {one.origin: one for one in instructions if one.origin is not None}
        return cls(tuple(known), tuple((one.first_line, one.last_line) for one in known.values()))


class EditKind(StrEnum):
    """The kinds of suggestions that change a Dockerfile."""

    REORDER = "reorder"
    SPLIT_COPY = "split_copy"
    CACHE_MOUNT = "cache_mount"
    BIND_MOUNT = "bind_mount"
    MOVE_VOLATILE = "move_volatile"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change that was made."""

    kind: EditKind
    title: str
    where: Where
    checks: tuple[str, ...] = ()  # what to look at before it is merged


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One change that was not made, because nothing proves that it would be right."""

    kind: EditKind
    reason: str
    where: Where
    check: str | None = None  # what would settle it


Attempt = tuple[Dockerfile, Edit] | Refusal


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What is known from builds. Indices are those of the file that was parsed.

    Attributes:
        volatile: ARG and ENV instructions, by index or by a name they set, that change often;
            null: those whose names say so.
        change_rate: Share of runs in which an instruction changed by itself.
        cost_s: Seconds that it takes to execute.
        fed: COPYs and the installations below them that installed other packages each time that
            they changed.
        kinds: Which edits to make.
    """

    volatile: frozenset[int | str] | None = None
    change_rate: Mapping[int, float] = field(default_factory=dict)
    cost_s: Mapping[int, float] = field(default_factory=dict)
    fed: frozenset[tuple[int, int]] = frozenset()
    kinds: frozenset[EditKind] = frozenset(EditKind)

    def is_volatile(self, one: Instruction) -> bool:
        """Whether an ARG or ENV changes often."""
        if one.keyword not in {"ARG", "ENV"}:
            return False
        if self.volatile is None:
            return any(_looks_volatile(name, value) for name, value in one.pairs)
        return one.origin in self.volatile or any(name in self.volatile for name, _ in one.pairs)

    def rate(self, one: Instruction) -> float:
        """How often an instruction changes by itself, as a share of runs."""
        known = None if one.origin is None else self.change_rate.get(one.origin)
        if known is not None and one.part in {Part.WHOLE, Part.REST}:
            return known
        if one.keyword not in {"COPY", "ADD"} or one.flag("from"):
            return INSTALL_RATE
        if all("://" in source or source.startswith("<<") for source in one.sources):
            return INSTALL_RATE
        is_manifest = all(_MANIFEST.fullmatch(s.rsplit("/", 1)[-1]) for s in one.sources)
        return MANIFEST_RATE if is_manifest else CONTEXT_RATE

    def carried(self, origins: Sequence[tuple[int | None, Part]]) -> Hints:
        """The same hints for a file that was made from the first by edits."""
        here = {o: i for i, (o, p) in enumerate(origins) if o is not None and p != Part.MANIFEST}
        volatile = self.volatile and frozenset(
            here.get(v, v) if isinstance(v, int) else v for v in self.volatile
        )
        return replace(
            self,
            volatile=volatile,
            change_rate={here[i]: rate for i, rate in self.change_rate.items() if i in here},
            cost_s={here[i]: cost for i, cost in self.cost_s.items() if i in here},
            fed=frozenset((here[i], here[j]) for i, j in self.fed if i in here and j in here),
        )


Editor = Callable[[Dockerfile, Hints], Iterator[Attempt]]


def _looks_volatile(name: str, value: str | None) -> bool:
    is_pinned = value is not None and bool(_CHECKSUM.fullmatch(value))
    return bool(_VOLATILE_NAME.fullmatch(name)) and not is_pinned
