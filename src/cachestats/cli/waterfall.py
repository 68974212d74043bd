"""One run in the terminal: its steps as bars over time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cachestats as cs
from cachestats.cli.output import Row, Shown, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["columns", "is_shown", "summary"]

NAME_FLOOR = 24
BESIDE_BAR = 50  # what the other columns need of a terminal's width
LEAST, MOST = 16, 80
WORTH_SHOWING_S = 0.05
EIGHTHS = " ▏▎▍▌▋▊▉█"
COLOURS = {"hit": "green", "root": "red", "cascade": "yellow"}


def is_shown() -> pl.Expr:
    """Steps worth a line: instructions, and what else took time."""
    step = cs.TimelineRows
    return step.standing.col.is_not_null() | (step.end_s.col - step.begin_s.col >= WORTH_SHOWING_S)


def columns(steps: pl.DataFrame) -> Sequence[Shown]:
    """Columns of the waterfall of a run: name, bar, seconds, and what the step was."""
    step = cs.TimelineRows
    width = min(max(shutil.get_terminal_size().columns - BESIDE_BAR, LEAST), MOST)
    total = max(_end(steps), WORTH_SHOWING_S)
    return (
        Shown(
            title="step",
            text=lambda row: row[step.name.name] or units.NOTHING,
            floor=NAME_FLOOR,
        ),
        Shown(
            title=_axis(total, width),
            text=lambda row: _bar(row, total, width),
            colour=lambda row: COLOURS.get(row[step.standing.name], "bright_black"),
        ),
        Shown(
            title="time",
            text=lambda row: units.seconds(row[step.end_s.name] - row[step.begin_s.name]),
            right=True,
        ),
        Shown(title="", text=lambda row: "◆" if row[step.is_critical.name] else " "),
        Shown(
            title="was",
            text=lambda row: row[step.standing.name] or row[step.outcome.name],
            colour=lambda row: COLOURS.get(row[step.standing.name]),
        ),
    )


def summary(steps: pl.DataFrame) -> Sequence[str]:
    """Say what the marks mean, and how long the critical path is."""
    step = cs.TimelineRows
    critical = steps.filter(step.is_critical.name)
    seconds = float((critical[step.end_s.name] - critical[step.begin_s.name]).sum())
    total = _end(steps)
    estimated = bool(steps[step.is_estimated.name].any())
    basis = "laid out from printed durations" if estimated else "as logged"
    path = f"{units.seconds(seconds)} of {units.seconds(total)}"
    shown = critical.filter(is_shown()).height
    marked = "" if shown == critical.height else f", {shown} of them shown"
    number = units.many(critical.height, "step")
    return [f"◆ critical path: {path} in {number}{marked}, times {basis}."]


def _end(steps: pl.DataFrame) -> float:
    return max(steps[cs.TimelineRows.end_s.name].to_list(), default=0.0)


def _axis(total: float, width: int) -> str:
    end = units.seconds(total)
    return f"0{' ' * max(width - 1 - len(end), 1)}{end}"


def _bar(row: Row, total: float, width: int) -> str:
    """Draw a bar to an eighth of a cell; what is shorter than that is a thin line."""
    step = cs.TimelineRows
    begin, end = (round(row[c.name] / total * width * 8) for c in (step.begin_s, step.end_s))
    begin = min(begin, width * 8 - 1)
    cells = begin // 8
    length = max(end - cells * 8, 1)
    full, rest = divmod(min(length, (width - cells) * 8), 8)
    bar: str = " " * cells + "█" * full + EIGHTHS[rest].strip()
    return bar.ljust(width)
