"""What `doctor` answers: a row per file, what they come to, and what to do next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import cachestats as cs
from cachestats.cli import views
from cachestats.cli.output import Answer, Listing, Row, Shown, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["diagnosis"]

NO_FILES = "nothing to report: no logs in what was given"
WORD_FLOOR, REMARK_FLOOR = 7, 20


def diagnosis(found: cs.Doctor) -> Answer:
    """Show what would be read of each file, and sum it up."""
    of, files = cs.DoctorRows, found.files.to_dicts()
    rejects = [
        {"source": file[of.source.name], "line": None, "reason": file[of.reason.name]}
        for file in files
        if file[of.reason.name]
    ]
    listing = Listing(found.files, _columns(), below=[*_summary(files), *_next_steps(files)])
    return Answer(
        rows=found.files,
        listings=[listing],
        rejects=rejects,
        nothing=None if files else NO_FILES,
    )


def _columns() -> Sequence[Shown]:
    of = cs.DoctorRows
    return (
        views.source_column(of.source),
        _word("wrapper", of.wrapper, drop=2),
        _word("format", of.format),
        Shown(title="size", text=lambda row: units.size(row[of.bytes.name]), right=True, drop=3),
        Shown(title="runs", text=lambda row: _count(row[of.runs.name]), right=True),
        Shown(
            title="understood", text=lambda row: units.ratio(row[of.understood.name]), right=True
        ),
        Shown(title="remark", text=_remark, floor=REMARK_FLOOR, drop=1),
    )


def _word(title: str, column: cs.Column, *, drop: int = 0) -> Shown:
    return Shown(
        title=title,
        text=lambda row: row[column.name] or units.NOTHING,
        floor=WORD_FLOOR,
        drop=drop,
    )


def _count(number: int | None) -> str:
    return units.NOTHING if number is None else units.count(number)


def _remark(row: Row) -> str:
    """Say why a file is rejected, or else show the first line that is not understood."""
    of = cs.DoctorRows
    if reason := row[of.reason.name]:
        return str(reason)
    if line := row[of.first_strange_line.name]:
        return f"line {line}: {row[of.first_strange_text.name]}"
    return units.NOTHING


def _summary(files: Sequence[Row]) -> Iterator[str]:
    of = cs.DoctorRows
    if not files:
        return
    kinds = Counter(map(_kind, files)).most_common()
    parts = ", ".join(f"{units.count(number)} {kind}" for kind, number in kinds)
    runs = _sum(files, of.runs)
    yield f"{units.many(len(files), 'file')} with {units.many(runs, 'run')}: {parts}."
    if lines := _sum(files, of.buildkit_lines):
        understood = sum(
            file[of.understood.name] * file[of.buildkit_lines.name]
            for file in files
            if file[of.buildkit_lines.name]
        )
        yield (
            f"Understood: {units.ratio(understood / lines)} of"
            f" {units.many(lines, 'line')} that look like BuildKit's."
        )
    if versions := sorted({v for file in files for v in file[of.versions.name] or ()}):
        yield f"Versions seen: {', '.join(versions)}."


def _kind(file: Row) -> str:
    of = cs.DoctorRows
    if not file[of.format.name]:
        return "without a build"
    wrapper = file[of.wrapper.name]
    behind = "" if wrapper in (None, "none") else f" behind {wrapper}"
    return f"{file[of.format.name]}{behind}"


def _next_steps(files: Sequence[Row]) -> Iterator[str]:
    """Say what would make more of these files, the most needed first."""
    of = cs.DoctorRows
    if not _sum(files, of.runs):
        return
    if number := _sum(files, of.runs_without_project):
        yield f"{_have(number)} no project: give --project or --path-template."
    if number := _sum(files, of.runs_without_start):
        yield (
            f"{_have(number)} no start time of their own: give {{started_at}} in --path-template"
            " or a NAME.meta.json, or the time of the file stands in."
        )
    if number := sum(file[of.first_strange_line.name] is not None for file in files):
        yield (
            f"{units.many(number, 'file')} with lines that are not understood:"
            " --format json has the first of each."
        )
    yield "`cachestats ingest` with the same sources reads them into a store."


def _have(runs: int) -> str:
    return "1 run has" if runs == 1 else f"{units.count(runs)} runs have"


def _sum(files: Sequence[Row], column: cs.Column) -> int:
    return sum(file[column.name] or 0 for file in files)
