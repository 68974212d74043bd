"""Text → `Dockerfile`, by BuildKit's own grammar."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from e2b_dockerfile_utils import DockerfileSyntaxError, parse_dockerfile_ast

from cachestats.advice.dockerfile.model import Dockerfile, Instruction
from cachestats.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from e2b_dockerfile_utils import DockerfileAst, DockerfileInstruction

__all__ = ["instruction", "parse", "revised"]

_DIRECTIVE = re.compile(r"#\s*(?:syntax|escape|check)\s*=", re.IGNORECASE)
_LINES = re.compile(r"[^\n]*\n|[^\n]+$")  # line feeds alone part lines, as in BuildKit
_FROM_WORDS = (1, 3)  # `FROM base` and `FROM base AS name`
_COPY_WORDS = 2


def parse(text: str, *, path: str = "Dockerfile") -> Dockerfile:
    """Take a Dockerfile apart.

    Args:
        text: The file as it is, line ends and all.
        path: What errors call it.

    Returns:
        The file, of which `text` is what was given.

    Raises:
        UsageError: The text is no Dockerfile; the message names the line.
    """
    ast = _ast(text, path)
    lines = _LINES.findall(text)
    head = _head(lines)
    instructions: list[Instruction] = []
    above, stage = head, None
    for index, node in enumerate(ast.instructions):
        _check(node, stage, path)
        stage = (0 if stage is None else stage + 1) if node.name == "FROM" else stage
        one = _with_lines(node, lines, above)
        instructions.append(replace(one, index=index, stage=stage, origin=index))
        above = node.end_line
    if stage is None:
        raise UsageError(f"{path}:{max(len(lines), 1)}: no FROM in it")
    return Dockerfile(
        head="".join(lines[:head]),
        instructions=tuple(instructions),
        tail="".join(lines[above:]),
        newline="\r\n" if lines and lines[0].endswith("\r\n") else "\n",
        escape=ast.escape_token,
        has_final_newline=text.endswith("\n"),
    )


def instruction(file: Dockerfile, text: str) -> Instruction:
    """Parse one instruction to be added to a file; its place is for the caller to set."""
    directive = f"# escape={file.escape}\n"
    node = _ast(f"{directive}FROM scratch\n{text}", "Dockerfile").instructions[1]
    return replace(_instruction(node, text), end=file.newline)


def revised(file: Dockerfile, old: Instruction, text: str) -> Instruction:
    """The instruction with another text, at the same place and of the same origin."""
    new = instruction(file, text)
    return replace(
        old,
        text=text,
        code=new.code,
        flags=new.flags,
        words=new.words,
        is_exec=new.is_exec,
        heredocs=new.heredocs,
    )


def _ast(text: str, path: str) -> DockerfileAst:
    try:
        return parse_dockerfile_ast(text)
    except DockerfileSyntaxError as error:
        reason = str(error).split(": ", 1)[-1]
        raise UsageError(f"{path}:{error.line or 1}: {reason}") from error


def _check(node: DockerfileInstruction, stage: int | None, path: str) -> None:
    """Refuse what parses and yet is no instruction that BuildKit would take."""
    reason = None
    if stage is None and node.name not in {"ARG", "FROM"}:
        reason = f"{node.name} above the first FROM"
    elif node.name == "FROM" and len(node.args) not in _FROM_WORDS:
        reason = "FROM takes one base image, or a base image, AS, and a name"
    elif node.name in {"COPY", "ADD"} and len(node.args) < _COPY_WORDS:
        reason = f"{node.name} takes a source and a destination"
    elif len(node.original.split()) < 2:  # noqa: PLR2004 (keyword and argument)
        reason = f"{node.name} takes an argument"
    if reason:
        raise UsageError(f"{path}:{node.start_line}: {reason}")


def _instruction(node: DockerfileInstruction, text: str) -> Instruction:
    return Instruction(
        index=-1,
        stage=None,
        keyword=node.name,
        text=text,
        end="",
        comment="",
        gap="",
        first_line=node.start_line,
        last_line=node.end_line,
        code=node.original,
        flags=tuple(node.flags),
        words=tuple(node.args),
        is_exec=node.json,
        heredocs=tuple(node.heredocs),
        origin=None,
    )


def _with_lines(node: DockerfileInstruction, lines: Sequence[str], above: int) -> Instruction:
    """The instruction with its lines, and those between it and the one above."""
    gap, comment = _leading(lines[above : node.start_line - 1])
    body = "".join(lines[node.start_line - 1 : node.end_line])
    written = body.rstrip("\r\n") if body.endswith("\n") else body
    return replace(_instruction(node, written), end=body[len(written) :], comment=comment, gap=gap)


def _head(lines: Sequence[str]) -> int:
    """How many lines at the top are parser directives, which have to stay there."""
    count = 0
    while count < len(lines) and _DIRECTIVE.match(lines[count].lstrip("\ufeff")):
        count += 1
    return count


def _leading(lines: Sequence[str]) -> tuple[str, str]:
    """Part what stands above an instruction: what stays, and the comment that belongs to it."""
    start = len(lines)
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return "".join(lines[:start]), "".join(lines[start:])
