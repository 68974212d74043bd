"""What the weekly report and the budget gate print, and where."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl
import typer

import cachestats as cs
from cachestats.cli import views
from cachestats.cli.output import Answer, Listing, Shown, emit, say, units
from cachestats.escaping import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachestats.cli.output import Format, Row

__all__ = ["Annotations", "ReportFormat", "budgets", "print_exceeded", "print_report", "writable"]

ReportFormat: TypeAlias = Literal["table", "html", "markdown", "json"]
Annotations: TypeAlias = Literal["github"]
SUFFIXES: Mapping[str, ReportFormat] = {
    ".json": "json",
    ".markdown": "markdown",
    ".md": "markdown",
}
STDOUT = "-"
SHOWN = 10
EXCEEDED = 1


def writable(output: str | None, *, force: bool) -> None:
    """Look before the work whether the file may be written.

    Raises:
        UsageError: It exists and is not to be overwritten, or cannot be a file.
    """
    if output in {None, STDOUT}:
        return
    path = Path(str(output))
    if path.is_dir():
        raise cs.UsageError(f"{output}: is a folder")
    if not path.parent.is_dir():
        raise cs.UsageError(f"{output}: there is no folder {path.parent}")
    if path.exists() and not force:
        raise cs.UsageError(f"{output}: exists; --force overwrites it")


def print_report(
    found: cs.WeeklyReport, *, output: str | None, fmt: ReportFormat | None, force: bool
) -> None:
    """Print a report in the format that was asked for, or that fits where it goes.

    Raises:
        NothingToReportError: No run started in the week; only JSON is printed then.
        UsageError: A table was to be written to a file, or the file cannot be written.
    """
    chosen = fmt or _fitting(output)
    week = found.document.week
    if not found.document.headline.runs:
        if chosen == "json":
            typer.echo(found.to_json(), nl=False)
        raise cs.NothingToReportError(f"nothing to report: no run started in {week.label}")
    if chosen == "table":
        if output is not None:
            raise cs.UsageError("a table is for a terminal: name another --format for a file")
        emit(_tables(found), "table")
        return
    made = {"html": found.to_html, "markdown": found.to_markdown, "json": found.to_json}
    text = made[chosen]()
    if output in {None, STDOUT}:
        typer.echo(text, nl=False, color=True)
        return
    _write(Path(str(output)), text, force=force)
    say(f"wrote {output}: {week.label}, {chosen}")


def budgets(given: Mapping[str, float | None]) -> cs.Budgets:
    """Join the bounds given as options with those of `cachestats.toml`; an option wins."""
    stored = cs.Settings.find(Path()).budgets
    return stored.model_copy(
        update={name: bound for name, bound in given.items() if bound is not None}
    )


def print_exceeded(
    found: Sequence[cs.ExceededBudget], *, annotations: Annotations | None, fmt: Format
) -> None:
    """Print a line for each budget that is exceeded.

    Raises:
        typer.Exit: With code 1, if any is.
    """
    if fmt != "table":
        emit(Answer(rows=_rows(found), listings=[Listing(_rows(found), _columns())]), fmt)
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


def _fitting(output: str | None) -> ReportFormat:
    if output is None:
        return "table" if sys.stdout.isatty() else "html"
    return SUFFIXES.get(Path(output).suffix.lower(), "html")


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write beside the file and rename, so that nobody ever sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Created by `x`, so that another's file of that name is not written to.
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        writable(str(path), force=force)
        beside.replace(path)
    except OSError as error:
        raise cs.UsageError(f"{path}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def _tables(found: cs.WeeklyReport) -> Answer:
    document = found.document
    head = [f"{document.week.label}. {found.sentences()[0]}", *found.sentences()[1:]]
    listings = [Listing(pl.DataFrame(), (), above=head)]
    parts = (
        ("What to fix first", document.plan.fixes, _fix_columns()),
        ("What got worse this week", document.worse, _worse_columns()),
        ("Layers by waste", document.layers, _layer_columns()),
        ("Projects", document.projects, _project_columns()),
    )
    listings += [
        Listing(
            pl.DataFrame({"row": [one.model_dump() for one in rows[:SHOWN]]}, schema=["row"]),
            columns,
            above=[title],
        )
        for title, rows, columns in parts
        if rows
    ]
    return Answer(rows=pl.DataFrame(), listings=listings)
