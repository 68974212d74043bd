"""What the weekly report and the budget gate print, and where."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import typer

import cachestats as cs
from cachestats.cli import answers, views
from cachestats.cli.output import Answer, Listing, Shown, emit, say, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ReportFormat", "print_report", "writable"]

ReportFormat: TypeAlias = Literal["table", "html", "markdown", "json"]
Columns: TypeAlias = tuple[Shown, ...]
SUFFIXES: Mapping[str, ReportFormat] = {
    ".json": "json",
    ".markdown": "markdown",
    ".md": "markdown",
}
STDOUT = "-"
SHOWN = 10


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


def print_report(  # noqa: PLR0913 - the options of the command
    found: cs.WeeklyReport,
    where: cs.Filters,
    *,
    store: cs.Store,
    output: str | None,
    fmt: ReportFormat | None,
    force: bool,
) -> None:
    """Print a report in the format that was asked for, or that fits where it goes.

    Raises:
        NothingToReportError: No run started in the week, or none reached a step of the target and
            stage that were asked for; only JSON is printed then.
        UsageError: A table was to be written to a file, or the file cannot be written.
    """
    chosen = fmt or _fitting(output)
    if (why := _nothing(found, where, store)) is not None:
        if chosen == "json":
            typer.echo(found.to_json(), nl=False)
        raise cs.NothingToReportError(why)
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
    say(f"wrote {output}: {found.document.week.label}, {chosen}")


def _nothing(found: cs.WeeklyReport, where: cs.Filters, store: cs.Store) -> str | None:
    """Say why there is nothing to report; None if there is something."""
    head = found.document.headline
    is_narrowed = where.target is not None or where.stage is not None
    if head.runs and not (is_narrowed and not head.ratios.reached):
        return None
    did = "reached such a step" if head.runs else "started"
    none = f"nothing to report: no run {did} in {found.document.week.label}"
    return answers.missing(where, store=store) or none


def _fitting(output: str | None) -> ReportFormat:
    if output is None:
        return "table" if sys.stdout.isatty() else "html"
    return SUFFIXES.get(Path(output).suffix.lower(), "html")


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write beside the file and rename, so that nobody ever sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.touch(exist_ok=False)  # a file of another's stays what it is
        try:
            beside.write_text(text, "utf-8", newline="\n")
            writable(str(path), force=force)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise cs.UsageError(f"{path}: {error.strerror}") from error


def _tables(found: cs.WeeklyReport) -> Answer:
    """The report for a terminal: its first screen, and the first rows of its tables."""
    import polars as pl  # `--help` needs none

    document, said = found.document, found.sentences()
    above = [f"{document.week.label}: {said[0]}", *said[1:]]
    listings = [Listing(pl.DataFrame(), (), above=above)]
    for title, columns, rows in _rows_of(document):
        cells = [dict(zip((c.title for c in columns), row, strict=True)) for row in rows]
        if cells:
            listings.append(Listing(pl.DataFrame(cells), columns, above=[title]))
    return Answer(rows=pl.DataFrame(), listings=listings)


def _column(title: str, *, right: bool = False, floor: int | None = None, drop: int = 0) -> Shown:
    return Shown(title=title, text=lambda row: row[title], right=right, floor=floor, drop=drop)


FIXES = (
    _column("#", right=True),
    _column("project", floor=7, drop=1),
    _column("what to do", floor=views.TEXT_FLOOR),
    _column("saves a week", right=True),
)
WORSE = (
    _column("project", floor=7, drop=1),
    _column("layer", floor=views.TEXT_FLOOR),
    _column("main cause"),
    _column("per run", right=True),
    _column("before", right=True, drop=3),
    _column("more", right=True),
    _column("since", drop=2),
)
LAYERS = (
    _column("#", right=True),
    _column("project", floor=7, drop=1),
    _column("layer", floor=views.TEXT_FLOOR),
    _column("main cause"),
    _column("waste", right=True),
    _column("share", right=True),
)
PROJECTS = (
    _column("project", floor=7),
    _column("runs", right=True),
    _column("hit ratio", right=True),
    _column("by time", right=True),
    _column("waste", right=True),
    _column("per run", right=True),
    _column("week"),
    _column("8 weeks", drop=1),
)


def _rows_of(document: cs.ReportDocument) -> list[tuple[str, Columns, Sequence[tuple[str, ...]]]]:
    """Title, columns and cells of each table."""
    fixes = [
        (str(fix.rank), _name(fix.project), fix.title, units.seconds(fix.wall_s.mid))
        for fix in document.plan.fixes
    ]
    worse = [
        (
            _name(change.project),
            change.text,
            change.cause,
            units.seconds(change.per_run_s),
            units.seconds(change.before_per_run_s),
            units.seconds(change.added_s),
            (change.commit or change.run_id)[: views.COMMIT_SHOWN],
        )
        for change in document.worse[:SHOWN]
    ]
    layers = [
        (
            str(layer.rank),
            _name(layer.project),
            layer.text,
            layer.cause,
            units.seconds(layer.waste_s),
            units.ratio(layer.waste_ratio),
        )
        for layer in document.layers[:SHOWN]
    ]
    projects = [
        (
            _name(project.project),
            units.count(project.runs),
            units.ratio(project.ratios.hit_ratio),
            units.ratio(project.ratios.time_ratio),
            units.seconds(project.waste_s),
            units.seconds(project.per_run_s),
            project.verdict,
            project.spark,
        )
        for project in document.projects[:SHOWN]
    ]
    return [
        ("What to fix first", FIXES, fixes),
        ("What got worse this week", WORSE, worse),
        ("Layers by waste", LAYERS, layers),
        ("Projects", PROJECTS, projects),
    ]


def _name(project: str | None) -> str:
    return project or units.NOTHING
