"""The one way out of a command: data to stdout, the rest to stderr, the exit code last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import typer

import cachestats as cs
from cachestats.cli.output.data import csv_text, json_text
from cachestats.cli.output.markdown import markdown_lines
from cachestats.cli.output.table import table_lines
from cachestats.cli.output.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.cli.output.answer import Answer, Row

__all__ = ["Format", "emit", "say"]

Format: TypeAlias = Literal["table", "json", "csv", "markdown"]

SOME_REJECTED = 3
REJECTS_SHOWN = 20


def emit(answer: Answer, fmt: Format) -> None:
    """Print an answer and end the command.

    Raises:
        NothingToReportError: There was nothing to report; JSON and CSV say so as well.
        typer.Exit: Some inputs were rejected.
    """
    _say_rejects(answer.rejects)
    typer.echo(_text(answer, fmt), nl=False, color=True)
    if answer.rejects:
        raise typer.Exit(SOME_REJECTED)
    if answer.nothing is not None:
        raise cs.NothingToReportError(answer.nothing)


def say(message: str) -> None:
    """Print one line to stderr, whatever the message holds."""
    typer.echo(visible(message), err=True)


def _text(answer: Answer, fmt: Format) -> str:
    if fmt == "json":
        return json_text(answer)
    if fmt == "csv":
        return csv_text(answer)
    lines = markdown_lines if fmt == "markdown" else table_lines
    return "\n".join("".join(f"{line}\n" for line in lines(listing)) for listing in answer.listings)


def _say_rejects(rejects: Sequence[Row]) -> None:
    for reject in rejects[:REJECTS_SHOWN]:
        line = "" if reject["line"] is None else f"{reject['line']}:"
        say(f"{reject['source']}:{line} {reject['reason']}")
    if rejects[REJECTS_SHOWN:]:
        say(f"and {len(rejects) - REJECTS_SHOWN} more that could not be read")
