"""Changes to the text of a RUN: flags added, words and commands taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.parse import revised
from cachestats.advice.dockerfile.shell import chain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction
    from cachestats.advice.dockerfile.shell import Command

__all__ = ["with_flags", "without"]


def with_flags(file: Dockerfile, run: Instruction, flags: Sequence[str]) -> Instruction:
    """The RUN with more flags, before those that it has; each on a line of its own."""
    if not flags:
        return run
    keyword, blank, rest = re.split(r"(\s+)", run.text.lstrip(), maxsplit=1)
    indent = run.text[: len(run.text) - len(run.text.lstrip())]
    between = " " if run.heredocs else f" {file.escape}{file.newline}    "
    # What follows on lines of its own already needs no further break.
    rest = rest if rest.strip() else blank + rest
    return revised(file, run, f"{indent}{keyword} {between.join([*flags, rest])}")


def without(
    file: Dockerfile,
    run: Instruction,
    *,
    words: Mapping[str, str],
    commands: Sequence[Command] = (),
) -> Instruction | None:
    """Take words and whole commands out of a RUN, or put other words in their place.

    Args:
        file: The file that the RUN is in.
        run: A RUN that is a plain chain of commands.
        words: Each word to go, and what replaces it, empty for nothing.
        commands: The commands to go once those words are gone, word by word.

    Returns:
        The RUN that runs the same otherwise; null if its text does not allow it.
    """
    before = chain(run)
    if before is None or run.is_exec:
        return None
    wanted = tuple(
        kept for command in before if (kept := _replaced(command, words)) not in commands
    )
    text = _cut(run.text, file.escape, words, commands)
    after = revised(file, run, text)
    return after if chain(after) == wanted else None


def _replaced(command: Command, words: Mapping[str, str]) -> Command:
    return tuple(kept for word in command if (kept := words.get(word, word)))


def _cut(text: str, escape: str, words: Mapping[str, str], commands: Sequence[Command]) -> str:
    blank = rf"(?:[ \t]|{re.escape(escape)}[ \t]*\r?\n(?:[ \t]*#[^\n]*\n)*)"
    end = rf"(?={blank}|[;&\r\n]|$)"
    for word, other in words.items():
        if other:
            text = re.sub(rf"(?<=[ \t\n]){re.escape(word)}{end}", other, text)
        else:
            text = re.sub(rf"{blank}+{re.escape(word)}{end}", "", text)
    for command in commands:
        said = rf"{blank}+".join(map(re.escape, command))
        before = rf"(?:{blank}*(?:&&|;){blank}*|\n[ \t]*){said}(?={blank}*(?:&&|;|\r?\n|$))"
        cut = re.sub(before, "", text)
        text = cut if cut != text else re.sub(rf"\b{said}{blank}*(?:&&|;){blank}*", "", text)
    return text
