"""The Dockerfile that the edits make, and where its instructions came from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cachestats.advice.dockerfile.edits.binds import bind_mount
from cachestats.advice.dockerfile.edits.caches import cache_mount
from cachestats.advice.dockerfile.edits.copies import reorder, split_copy
from cachestats.advice.dockerfile.edits.model import Edit, EditKind, Hints, Refusal
from cachestats.advice.dockerfile.edits.volatile import move_volatile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile.edits.model import Editor
    from cachestats.advice.dockerfile.model import Dockerfile, Part

__all__ = ["EDITORS", "Rewritten", "diff", "rewrite"]

EDITORS: Final[Mapping[EditKind, Editor]] = {
    EditKind.SPLIT_COPY: split_copy,
    EditKind.REORDER: reorder,
    EditKind.MOVE_VOLATILE: move_volatile,
    EditKind.CACHE_MOUNT: cache_mount,
    EditKind.BIND_MOUNT: bind_mount,
}
"""The edits, in the order in which they are tried."""


@dataclass(frozen=True, kw_only=True)
class Rewritten:
    """A rewritten Dockerfile."""

    dockerfile: Dockerfile
    edits: tuple[Edit, ...]  # in the order in which they were made
    refused: tuple[Refusal, ...]  # what is left to the user

    @property
    def text(self) -> str:
        """The file."""
        return self.dockerfile.text

    @property
    def origins(self) -> tuple[tuple[int | None, Part], ...]:
        """For each instruction the index of the one it came from, and which part of it it is."""
        return tuple((one.origin, one.part) for one in self.dockerfile.instructions)


def rewrite(file: Dockerfile, hints: Hints | None = None) -> Rewritten:
    """Make all edits that are proven not to change what is built.

    Args:
        file: A Dockerfile as parsed.
        hints: What is known from builds; without, what the instructions themselves tell.

    Returns:
        The new file, the edits that led to it, and those that nothing proves right. The same
        input gives the same bytes, and the new file rewritten again is itself.
    """
    hints = hints or Hints()
    edits: list[Edit] = []
    while True:
        before = file.text
        refused: list[Refusal] = []
        for kind, editor in EDITORS.items():
            if kind in hints.kinds:
                file, made, left = _settled(file, hints, editor)
                edits += made
                refused += left
        if file.text == before:
            return Rewritten(dockerfile=file, edits=tuple(edits), refused=_distinct(refused))


def diff(old: str, new: str, path: str = "Dockerfile") -> str:
    """Unified diff of two texts of a file; empty if they are the same."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        f"a/{path}",
        f"b/{path}",
    )
    ended = (
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return "".join(ended)


def _settled(
    file: Dockerfile, hints: Hints, editor: Editor
) -> tuple[Dockerfile, list[Edit], list[Refusal]]:
    """Make edits of one kind until there is none left to make."""
    edits: list[Edit] = []
    while True:
        refused: list[Refusal] = []
        for attempt in editor(file, hints):
            if isinstance(attempt, Refusal):
                refused.append(attempt)
            elif attempt[0].text != file.text:
                file, edit = attempt
                edits.append(edit)
                break
        else:
            return file, edits, refused


def _distinct(refused: list[Refusal]) -> tuple[Refusal, ...]:
    return tuple(dict.fromkeys(refused))
