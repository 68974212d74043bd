"""Which columns of misses and their causes a person sees, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cachestats as cs
from cachestats.cli import views
from cachestats.cli.output import Row, Shown, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

__all__ = [
    "by_cause",
    "diff_columns",
    "history_columns",
    "miss_columns",
    "pattern_columns",
    "pattern_sentences",
    "reasons",
    "sentences",
]

COLOURS = {"avoidable": "red", "structural": "yellow", "unknown": "bright_black"}
STANDINGS = {"hit": "green", "root": "red", "cascade": "yellow", "not_reached": "bright_black"}
CASCADE, NOT_REACHED = "cascade", "not_reached"
QUOTED = 3


def miss_columns() -> Sequence[Shown]:
    """Columns of `cs.misses`."""
    miss = cs.MissRows
    return (
        # Without it the rows of different runs would read the same.
        Shown(title="run", text=lambda row: row[miss.run_id.name][: views.RUN_ID_BRIEF]),
        Shown(title="started", text=lambda row: units.when(row[miss.started_at.name]), drop=4),
        views.name("project", miss.project),
        views.name("stage", miss.stage, drop=3),
        views.text("step", miss.text),
        views.seconds("cost", miss.cost_s),
        Shown(title="cause", text=_cause),
        Shown(title="sure", text=lambda row: row[miss.confidence.name], drop=2),
        Shown(
            title="class",
            text=lambda row: row[miss.class_.name],
            colour=lambda row: COLOURS.get(row[miss.class_.name]),
            drop=1,
        ),
    )


def history_columns() -> Sequence[Shown]:
    """Columns of one layer's history, newest run first."""
    cell = cs.CellRows
    return (
        Shown(title="run", text=lambda row: row[cell.run_id.name][: views.RUN_ID_SHOWN]),
        Shown(title="started", text=lambda row: units.when(row[cell.started_at.name])),
        Shown(
            title="commit",
            text=lambda row: str(row[cell.commit.name] or units.NOTHING)[: views.COMMIT_SHOWN],
            drop=2,
        ),
        _standing("was", cell.standing),
        Shown(
            title="time",
            text=lambda row: units.seconds(
                None if row[cell.standing.name] == NOT_REACHED else row[cell.cost_s.name]
            ),
            right=True,
        ),
        Shown(title="cause", text=lambda row: row[cell.cause.name] or units.NOTHING),
    )


def reasons(history: pl.DataFrame, *, top: int) -> Iterator[str]:
    """Say of each miss of one layer, newest run first, why it happened."""
    cell, miss = cs.CellRows, cs.MissRows
    told = [row for row in history.iter_rows(named=True) if row[miss.reason.name]]
    for row in told[:top]:
        yield f"{row[cell.run_id.name][: views.RUN_ID_SHOWN]}: {row[miss.reason.name]}."
    if told[top:]:
        older = units.many(len(told) - top, "older miss", "older misses")
        yield f"and {older}: `--format json` tells why."


def diff_columns() -> Sequence[Shown]:
    """Columns of `cs.diff`."""
    row_of = cs.DiffRows
    return (
        views.name("stage", row_of.stage, drop=3),
        views.text("layer", row_of.text),
        _became("1", row_of.first, row_of.first_cause),
        _became("2", row_of.second, row_of.second_cause),
        views.seconds("time 1", row_of.first_s, drop=1),
        views.seconds("time 2", row_of.second_s, drop=1),
        views.text("why", row_of.reason, drop=2),
    )


def pattern_columns() -> Sequence[Shown]:
    """Columns of `cs.patterns`."""
    row_of = cs.PatternRows
    return (
        views.name("project", row_of.project),
        Shown(title="pattern", text=lambda row: row[row_of.kind.name]),
        Shown(
            title="runs",
            text=lambda row: f"{row[row_of.runs.name]}/{row[row_of.of_runs.name]}",
            right=True,
        ),
        views.seconds("cost", row_of.cost_s),
        Shown(title="first", text=lambda row: units.when(row[row_of.first_at.name]), drop=2),
        Shown(title="last", text=lambda row: units.when(row[row_of.last_at.name]), drop=1),
    )


def pattern_sentences(patterns: pl.DataFrame) -> Iterator[str]:
    """Say each pattern in full, in the order of the table."""
    row_of = cs.PatternRows
    for row in patterns.iter_rows(named=True):
        whose = row[row_of.project.name] or units.NOTHING
        yield f"{whose}, {row[row_of.kind.name]}: {row[row_of.text.name]}."


def by_cause(misses: pl.DataFrame) -> Sequence[str]:
    """Sum misses up: how much of what they cost was waste, and by which root causes."""
    row_of = cs.WasteRows
    classes = cs.waste(misses.lazy(), by="class").collect()
    causes = cs.waste(misses.lazy(), by="cause").collect()
    by_class = dict(classes.select(row_of.key.name, row_of.cost_s.name).iter_rows())
    parts = [f"{units.seconds(by_class.get(c.value, 0.0))} {c.value}" for c in cs.MissClass]
    costliest = sorted(causes.select(row_of.cost_s.name, row_of.key.name).iter_rows(), reverse=True)
    told = ", ".join(f"{cause} {units.seconds(seconds)}" for seconds, cause in costliest)
    total = units.seconds(sum(by_class.values()))
    counted = f"{units.many(misses.height, 'miss', 'misses')} executed {total}"
    return [f"{counted}: {', '.join(parts)}.", f"By root cause: {told}."]


def sentences(roots: pl.DataFrame, misses: pl.DataFrame, *, top: int) -> Iterator[str]:
    """Say of each root why it missed, what missed below it, and which lines show that."""
    miss = cs.MissRows
    charged: dict[int, list[float]] = {}
    for no, seconds in misses.select(miss.root_step_no.name, miss.cost_s.name).iter_rows():
        charged.setdefault(no, []).append(seconds)
    rows = sorted(
        roots.iter_rows(named=True),
        key=lambda row: (-sum(charged[row[miss.step_no.name]]), row[miss.step_no.name]),
    )
    for row in rows[:top]:
        yield ""
        yield from _sentence(row, charged[row[miss.step_no.name]])
    if rows[top:]:
        yield f"and {len(rows) - top} more roots: `cachestats misses --run` lists them."


def _sentence(row: Row, charged: Sequence[float]) -> Iterator[str]:
    miss = cs.MissRows
    yield f"✗ {row[miss.name.name] or row[miss.text.name]}"
    kind = f"{row[miss.cause.name]} ({row[miss.confidence.name]}, {row[miss.class_.name]})"
    beside = row[miss.compared_run_id.name]
    compared = "" if beside is None else f" Compared with run {beside[: views.RUN_ID_SHOWN]}."
    yield f"  {kind}: {row[miss.reason.name]}.{compared}"
    if charged[1:]:
        below, total = units.many(len(charged) - 1, "step"), units.seconds(sum(charged))
        yield f"  {below} below missed with it: {total} in all."
    for line in row[miss.evidence.name][:QUOTED]:
        yield f"  {line['source']}:{line['line']}: {line['text']}"


def _became(title: str, standing: cs.Column, cause: cs.Column) -> Shown:
    """Show what a layer was in one run: a miss by its cause, as `misses` does."""

    def told(row: Row) -> str:
        missed = row[cause.name]
        if missed is None:
            return str(row[standing.name].replace("_", " "))
        return f"↳ {missed}" if row[standing.name] == CASCADE else str(missed)

    return Shown(title=title, text=told, colour=lambda row: STANDINGS[row[standing.name]])


def _cause(row: Row) -> str:
    miss = cs.MissRows
    if row[miss.is_root.name]:
        return str(row[miss.cause.name])
    return f"↳ {row[miss.root_cause.name]}"


def _standing(title: str, column: cs.Column) -> Shown:
    return Shown(
        title=title,
        text=lambda row: row[column.name].replace("_", " "),
        colour=lambda row: STANDINGS[row[column.name]],
    )
