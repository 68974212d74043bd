"""Which columns of a table a person sees, and how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cachestats as cs
from cachestats.cli.output import Row, Shown, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "COMMIT_SHOWN",
    "RANK",
    "RUN_ID_BRIEF",
    "RUN_ID_SHOWN",
    "TEXT_FLOOR",
    "hit_ratio_lines",
    "layer_columns",
    "name",
    "reject_columns",
    "run_columns",
    "run_heading",
    "seconds",
    "source_column",
    "step_columns",
    "table_columns",
    "text",
]

RANK = "rank"
RUN_ID_SHOWN = 12
RUN_ID_BRIEF = 8  # in a table of many columns; the beginning of an id is one
COMMIT_SHOWN = 7
NAME_FLOOR, SOURCE_FLOOR, TEXT_FLOOR = 7, 20, 24
FLAGS = re.compile(r"^([A-Z]+)( --\S+)+")
COLOURS = {"cached": "green", "failed": "red", "canceled": "bright_black", "open": "bright_black"}
RUN_COLOURS = {"done": "green", "failed": "red", "canceled": "yellow", "open": "yellow"}


def run_columns() -> Sequence[Shown]:
    """Columns of `cs.newest_runs`."""
    run = cs.Runs
    return (
        Shown(title="run", text=lambda row: row[run.run_id.name][:RUN_ID_SHOWN]),
        Shown(title="started", text=_started),
        name("project", run.project),
        name("branch", run.branch, drop=1),
        Shown(title="commit", text=_commit, drop=2),
        Shown(
            title="outcome",
            text=lambda row: row[run.outcome.name],
            colour=lambda row: RUN_COLOURS[row[run.outcome.name]],
        ),
        Shown(title="hit/miss", text=_hits_and_misses, right=True),
        Shown(title="wall", text=_wall, right=True),
    )


def step_columns() -> Sequence[Shown]:
    """Columns of the steps of one run."""
    step = cs.Steps
    return (
        Shown(title="#", text=lambda row: str(row[step.step_no.name]), right=True),
        Shown(
            title="outcome",
            text=_outcome,
            colour=lambda row: COLOURS.get(_outcome(row)),
        ),
        seconds("time", step.duration_s),
        seconds("restore", step.restore_s, drop=1),
        Shown(title="stage", text=_place, floor=NAME_FLOOR),
        text("step", step.text),
    )


def layer_columns(recent: Mapping[str, Sequence[bool]]) -> Sequence[Shown]:
    """Columns of `cs.layers`, with their `RANK`; `recent` has the last runs of each layer."""
    layer = cs.LayerRows
    return (
        Shown(title="#", text=lambda row: str(row[RANK]), right=True),
        name("project", layer.project),
        name("target", layer.target, drop=5),
        name("platform", layer.platform, drop=3),
        name("stage", layer.stage, drop=1),
        text("layer", layer.text),
        Shown(title="missed", text=_misses_of_runs, right=True),
        Shown(
            title="ratio",
            text=lambda row: units.ratio(row[layer.miss_ratio.name]),
            right=True,
            drop=4,
        ),
        seconds("cost", layer.cost_s, drop=2),
        seconds("baseline", layer.baseline_s, drop=8),
        seconds("saved", layer.saved_s, drop=7),
        seconds("wastes", layer.caused_waste_s),
        Shown(
            title="last runs",
            text=lambda row: _bars(recent.get(row[layer.layer_id.name], ())),
            drop=6,
        ),
        Shown(
            title="cause",
            # Beside what it wastes the culprit of that, not of what had to be done.
            text=lambda row: (
                row[layer.waste_cause.name] or row[layer.top_cause.name] or units.NOTHING
            ),
        ),
    )


def _bars(hits: Sequence[bool]) -> str:
    """Draw runs, the newest last: high where the layer missed."""
    return "".join("▁" if hit else "█" for hit in hits) or units.NOTHING


def run_heading(row: Row) -> str:
    """Say in one line what is known of a run."""
    run = cs.Runs
    facts = [
        f"run {row[run.run_id.name][:RUN_ID_SHOWN]}",
        *(row[c.name] for c in (run.project, run.branch) if row[c.name] is not None),
        *([_commit(row)] if row[run.commit.name] is not None else []),
        *([_started(row)] if row[run.started_at.name] else []),
        row[run.outcome.name],
        f"wall {_wall(row)}",
        row[run.source.name],
    ]
    return " · ".join(facts)


def table_columns() -> Sequence[Shown]:
    """Columns of the tables of a store."""
    return (
        Shown(title="table", text=lambda row: row["name"]),
        Shown(title="rows", text=lambda row: units.count(row["rows"]), right=True),
        Shown(title="orphans", text=lambda row: units.count(row["orphan_rows"]), right=True),
        Shown(title="files", text=lambda row: units.count(row["files"]), right=True),
        Shown(title="size", text=lambda row: units.size(row["size_bytes"]), right=True),
        Shown(title="version", text=lambda row: units.count(row["version"]), right=True),
    )


def reject_columns() -> Sequence[Shown]:
    """Columns of the rejects of a store."""
    reject = cs.Rejects
    return (
        Shown(title="read", text=lambda row: units.when(row[reject.ingested_at.name])),
        source_column(reject.source),
        Shown(
            title="line",
            text=lambda row: str(row[reject.line.name] or units.NOTHING),
            right=True,
            drop=1,
        ),
        text("reason", reject.reason),
    )


def source_column(column: cs.Column) -> Shown:
    """Show a path, and only its end where there is no room: files of one folder differ there."""
    return Shown(
        title="source",
        text=lambda row: row[column.name],
        floor=SOURCE_FLOOR,
        brief=lambda path: "/".join(path.split("/")[-2:]),
    )


def hit_ratio_lines(row: Row) -> Sequence[str]:
    """Say the hit ratio of a `cs.HitRatio` with its denominators, and beside it Docker's own."""
    total = cs.HitRatio
    hits, misses, unknown = (
        row[c.name] for c in (total.hits, total.misses, total.hits_without_baseline)
    )
    cached, steps = row[total.cached_steps.name], row[total.steps.name]
    ours = (
        f"Hit ratio: {units.ratio(row[total.hit_ratio.name])} by count"
        f" ({units.many(hits, 'hit')} of {units.count(hits + misses)}),"
        f" {units.ratio(row[total.time_ratio.name])} by time"
        f" ({units.seconds(row[total.saved_s.name])} saved,"
        f" {units.seconds(row[total.cost_s.name])} executed)."
    )
    not_counted = (
        f"Not counted by time: {units.many(unknown, 'hit')} of layers never seen to execute."
    )
    dockers = (
        f"As Docker counts: {units.ratio(row[total.docker_ratio.name])}"
        f" ({units.count(cached)} of {units.many(steps, 'step')} printed as cached,"
        " FROM, internal and export steps included)."
    )
    return [ours, *([not_counted] if unknown else []), dockers]


def name(title: str, column: cs.Column, *, drop: int = 0) -> Shown:
    """Show a name, or that there is none."""
    return Shown(
        title=title,
        text=lambda row: row[column.name] or units.NOTHING,
        floor=NAME_FLOOR,
        drop=drop,
    )


def text(title: str, column: cs.Column, *, drop: int = 0) -> Shown:
    """Show the text of an instruction, where there is no room without its options."""
    return Shown(
        title=title,
        text=lambda row: row[column.name] or units.NOTHING,
        floor=TEXT_FLOOR,
        drop=drop,
        brief=lambda text: FLAGS.sub(r"\1", " ".join(text.split())),
    )


def seconds(title: str, column: cs.Column, *, drop: int = 0) -> Shown:
    """Show a time."""
    return Shown(
        title=title, text=lambda row: units.seconds(row[column.name]), right=True, drop=drop
    )


def _commit(row: Row) -> str:
    return str(row[cs.Runs.commit.name] or units.NOTHING)[:COMMIT_SHOWN]


def _started(row: Row) -> str:
    """Say when a run started; all that is known may be when its log was last written."""
    guess = "~" if row[cs.Runs.started_at_basis.name] == "mtime" else ""
    return guess + units.when(row[cs.Runs.started_at.name])


def _wall(row: Row) -> str:
    measured, estimate = row[cs.Runs.wall_s.name], row[cs.Runs.wall_est_s.name]
    if measured is None and estimate is not None:
        return f"~{units.seconds(estimate)}"
    return units.seconds(measured)


def _hits_and_misses(row: Row) -> str:
    return f"{row[cs.LayerRows.hits.name]}/{row[cs.LayerRows.misses.name]}"


def _misses_of_runs(row: Row) -> str:
    layer = cs.LayerRows
    return f"{row[layer.misses.name]}/{row[layer.runs.name]}"


def _outcome(row: Row) -> str:
    outcome, cached_as = row[cs.Steps.outcome.name], row[cs.Steps.cached_as.name]
    return str(outcome if cached_as in (None, "hit") else cached_as)


def _place(row: Row) -> str:
    step = cs.Steps
    named = [row[c.name] for c in (step.target, step.platform, step.stage) if row[c.name]]
    index, total = row[step.index.name], row[step.total.name]
    return " ".join([*named, *([f"{index}/{total}"] if index is not None else [])])
