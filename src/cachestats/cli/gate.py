"""What the budget gate prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import typer

import cachestats as cs
from cachestats.cli import answers
from cachestats.cli.output import Answer, Listing, Shown, emit, say
from cachestats.escaping import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from cachestats.cli.output import Format

__all__ = ["Annotations", "budgets", "checked", "print_exceeded"]

Annotations: TypeAlias = Literal["github"]
EXCEEDED = 1
TEXTS = ("budget", "message", "project", "stage", "layer", "file")
COLUMNS = (
    Shown(title="budget", text=lambda row: row["budget"]),
    Shown(title="message", text=lambda row: row["message"]),
)
# As GitHub's own toolkit escapes what stands in its commands.
DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = DATA | str.maketrans({":": "%3A", ",": "%2C"})


def budgets(**given: float | None) -> cs.Budgets:
    """Join the bounds given as options with those of `cachestats.toml`; an option wins."""
    stored = cs.Settings.find(Path()).budgets
    return stored.model_copy(
        update={name: bound for name, bound in given.items() if bound is not None}
    )


def checked(
    store: cs.Store,
    bounds: cs.Budgets,
    where: cs.Filters,
    files: Mapping[str | None, str | Path],
    *,
    fmt: Format,
) -> Sequence[cs.ExceededBudget]:
    """Check budgets; JSON and CSV say it too if there is nothing to check."""
    try:
        return cs.check(store, bounds, where=where, dockerfiles=files)
    except cs.NothingToReportError as error:
        if fmt != "table":
            emit(Answer(rows=_rows(()), listings=[]), fmt)
        why = answers.missing(where, store=store) or str(error)
        raise cs.NothingToReportError(why) from error


def print_exceeded(
    found: Sequence[cs.ExceededBudget], *, annotations: Annotations | None, fmt: Format
) -> None:
    """Print a line for each budget that is exceeded.

    Raises:
        typer.Exit: With code 1, if any is.
    """
    if fmt != "table":
        rows = _rows(found)
        emit(Answer(rows=rows, listings=[Listing(rows, COLUMNS)]), fmt)
    # A program reads stdout then; GitHub takes commands from both.
    to_stderr = fmt != "table"
    if annotations:
        for one in found:
            typer.echo(_annotation(one), err=to_stderr)
    elif not to_stderr:
        for one in found:
            typer.echo(visible(f"{one.budget}: {one.message}"))
    if found:
        raise typer.Exit(EXCEEDED)
    say("all budgets are kept")


def _rows(found: Sequence[cs.ExceededBudget]) -> pl.DataFrame:
    import polars as pl  # `--help` needs none

    rows = [
        {
            "budget": one.budget,
            "limit": one.limit,
            "found": one.found,
            "message": one.message,
            "project": one.layer and one.layer.project,
            "stage": one.layer and one.layer.stage,
            "layer": one.layer and one.layer.text,
            "file": one.layer and one.layer.path,
            "line": one.layer and one.layer.line,
        }
        for one in found
    ]
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(TEXTS, pl.String)
    schema |= {"limit": pl.Float64, "found": pl.Float64, "line": pl.Int64}
    return pl.DataFrame(rows, schema=schema)


def _annotation(one: cs.ExceededBudget) -> str:
    """Write a workflow command: an error, at its line of the Dockerfile where that is known."""
    properties = {"title": f"cachestats check: {one.budget}"}
    if one.layer is not None and one.layer.path is not None:
        properties = {"file": one.layer.path, "line": str(one.layer.line), **properties}
    written = ",".join(f"{name}={value.translate(PROPERTY)}" for name, value in properties.items())
    return f"::error {written}::{visible(one.message).translate(DATA)}"
