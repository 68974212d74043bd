"""What a RUN runs, where that is a plain chain of commands."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.advice.dockerfile.model import Instruction

__all__ = ["Command", "chain", "normal", "script"]

Command = tuple[str, ...]

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_PYTHON = re.compile(r"python[\d.]*|pypy[\d.]*")
# Where output may go without anything else having changed: nowhere, or to a manager's settings.
_HARMLESS = re.compile(r"/dev/null|/etc/(?:apt|yum|dnf|pip)[\w./-]*")
_OPERATORS = frozenset("();<>|&")


def script(run: Instruction) -> str | None:
    """The shell's text of a RUN: its heredoc or its line; null for another program's text."""
    rest = " ".join(run.words)
    if not run.heredocs:
        return rest
    alone = len(run.heredocs) == 1 and re.fullmatch(r"<<-?\s*[\"']?\w+[\"']?", rest.strip())
    content = run.heredocs[0].content
    return content if alone and not content.startswith("#!") else None


def chain(run: Instruction) -> tuple[Command, ...] | None:
    """The commands of a RUN that are run one after the other.

    Args:
        run: A RUN instruction.

    Returns:
        The words of each command, without quotes; null where there is more to it (pipes,
        conditions, loops, most redirections, substitutions) or it is not for a shell.
    """
    if run.is_exec:
        return (tuple(run.words),)
    text = script(run)
    if text is None or "`" in text or "$(" in text:
        return None
    tokens = _tokens(_one_line(text) if run.heredocs else text)
    return None if tokens is None else _commands(tokens)


def _one_line(text: str) -> str:
    lines = text.replace("\\\n", " ").split("\n")
    return " ; ".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _tokens(text: str) -> list[str] | None:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:
        return None


def _commands(tokens: Sequence[str]) -> tuple[Command, ...] | None:
    commands: list[list[str]] = [[]]
    words = iter(tokens)
    for token in words:
        if token in {"&&", ";"}:
            commands.append([])
        elif token in {">", ">>"}:
            if not _HARMLESS.fullmatch(next(words, "")):
                return None
        elif token and _OPERATORS.issuperset(token):
            return None
        else:
            commands[-1].append(token)
    return tuple(tuple(command) for command in commands if command)


def normal(command: Command) -> Command:
    """The command by its plain name: no path, assignments or `sudo`, `python -m pip` as `pip`."""
    words = list(command)
    while words and (_ASSIGNMENT.fullmatch(words[0]) or words[0] == "sudo"):
        del words[0]
    if not words:
        return ()
    program = posixpath.basename(words[0]) or words[0]
    if _PYTHON.fullmatch(program) and words[1:2] == ["-m"]:
        return tuple(words[2:])
    return (program, *words[1:])
