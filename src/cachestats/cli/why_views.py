"""Which columns of misses and their causes a person sees, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

import cachestats as cs
from cachestats.cli import views
from cachestats.cli.output import Row, Shown, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["by_cause", "diff_columns", "history_columns", "miss_columns", "sentences"]

miss = cs.MissRows
COLOURS = {"avoidable": "red", "structural": "yellow", "unknown": "bright_black"}
STANDINGS = {"hit": "green", "root": "red", "cascade": "yellow", "not_reached": "bright_black"}
QUOTED = 3


def miss_columns() -> Sequence[Shown]:
    """Columns of `cs.misses`."""
    return (
        Shown(title="run", text=lambda row: row[miss.run_id.name][: views.RUN_ID_SHOWN], drop=3),
        Shown(title="started", text=lambda row: units.when(row[miss.started_at.name]), drop=4),
        views.name("project", miss.project),
        views.name("stage", miss.stage, drop=2),
        views.text("step", miss.text),
        views.seconds("cost", miss.cost_s),
        Shown(title="cause", text=_cause),
        Shown(title="sure", text=lambda row: row[miss.confidence.name], drop=1),
        Shown(
            title="class",
            text=lambda row: row[miss.class_.name],
            colour=lambda row: COLOURS.get(row[miss.class_.name]),
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
            drop=1,
        ),
        _standing("was", cell.standing),
        views.seconds("time", cell.cost_s),
        Shown(title="cause", text=lambda row: row[cell.cause.name] or units.NOTHING),
        views.text("why", miss.reason),
    )


def diff_columns() -> Sequence[Shown]:
    """Columns of `cs.diff`."""
    row_of = cs.DiffRows
    return (
        views.name("stage", row_of.stage, drop=1),
        views.text("layer", row_of.text),
        _standing("1", row_of.first),
        _standing("2", row_of.second),
        views.seconds("time 1", row_of.first_s),
        views.seconds("time 2", row_of.second_s),
        Shown(title="root cause", text=lambda row: row[row_of.root_cause.name] or units.NOTHING),
        views.text("why", row_of.reason),
    )


def by_cause(misses: pl.DataFrame) -> Sequence[str]:
    """Sum misses up: how much of what they cost was waste, and by which root causes."""
    cost = pl.col(miss.cost_s.name)
    total = float(misses[miss.cost_s.name].sum())
    classes = dict(misses.group_by(miss.class_.name).agg(cost.sum()).iter_rows())
    parts = [f"{units.seconds(classes.get(c.value, 0.0))} {c.value}" for c in cs.MissClass]
    causes = (
        misses.group_by(miss.root_cause.name)
        .agg(cost.sum())
        .sort(miss.cost_s.name, miss.root_cause.name, descending=[True, False])
        .iter_rows()
    )
    told = ", ".join(f"{cause} {units.seconds(seconds)}" for cause, seconds in causes)
    counted = f"{units.many(misses.height, 'miss', 'misses')} executed {units.seconds(total)}"
    return [
        f"{counted}: {', '.join(parts)}.",
        f"By root cause: {told}.",
    ]


def sentences(roots: pl.DataFrame, misses: pl.DataFrame, *, top: int) -> Iterator[str]:
    """Say of each root why it missed, what missed below it, and which lines show that."""
    below = misses.group_by(miss.root_step_no.name).agg(
        pl.len().alias("steps"), pl.col(miss.cost_s.name).sum().alias("seconds")
    )
    ranked = roots.join(below, on=miss.root_step_no.name, how="left").sort(
        "seconds", miss.step_no.name, descending=[True, False]
    )
    for row in ranked.head(top).iter_rows(named=True):
        yield ""
        yield f"✗ {row[miss.name.name] or row[miss.text.name]}"
        yield (
            f"  {row[miss.cause.name]} ({row[miss.confidence.name]}, {row[miss.class_.name]}):"
            f" {row[miss.reason.name]}."
        )
        cascades = row["steps"] - 1
        if cascades:
            yield (
                f"  {units.many(cascades, 'step')} below missed with it:"
                f" {units.seconds(row['seconds'])} in all."
            )
        for line in row[miss.evidence.name][:QUOTED]:
            yield f"  {line['source']}:{line['line']}: {line['text']}"
    if ranked.height > top:
        yield f"and {ranked.height - top} more roots: `cachestats misses --run` lists them."


def _cause(row: Row) -> str:
    if row[miss.is_root.name]:
        return str(row[miss.cause.name])
    return f"↳ {row[miss.root_cause.name]}"


def _standing(title: str, column: cs.Column) -> Shown:
    return Shown(
        title=title,
        text=lambda row: row[column.name].replace("_", " "),
        colour=lambda row: STANDINGS[row[column.name]],
    )
