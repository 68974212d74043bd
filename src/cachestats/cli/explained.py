"""What the commands that say why answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cachestats as cs
from cachestats.cli import answers, views, waterfall, why_views
from cachestats.cli.output import Answer, Listing, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["diff", "layer", "misses", "patterns", "run"]

NO_MISSES = "nothing to report: nothing missed the cache"
NO_PATTERN = "nothing to report: these runs show no pattern"
ROOTS_SHOWN = 10


def misses(
    store: cs.Store,
    where: cs.Filters,
    dockerfiles: Mapping[str | None, str | Path],
    *,
    run: str | None,
    top: int | None,
) -> Answer:
    """List the misses, newest run first."""
    chosen = where
    if run is not None:
        ids = cs.find_run(where.runs(store.runs()), run).collect()[cs.Runs.run_id.name].to_list()
        chosen = replace(where, run=ids[0]) if ids else where
    found = cs.misses(store, where=chosen, dockerfiles=dockerfiles).collect()
    summary = why_views.by_cause(found) if found.height else ()
    nothing = None if found.height else answers.nothing(where, NO_MISSES, store=store)
    return answers.first(found, why_views.miss_columns(), top=top, nothing=nothing, below=summary)


def run(
    store: cs.Store,
    wanted: str,
    where: cs.Filters,
    dockerfiles: Mapping[str | None, str | Path],
) -> Answer:
    """Lay one run out over time, and say why its roots missed."""
    one = cs.find_run(where.runs(store.runs()), wanted).collect()
    if one.is_empty():
        return _nothing(store, where)
    run_id = one[cs.Runs.run_id.name].item()
    steps = cs.timeline(store, run_id, dockerfiles=dockerfiles).collect()
    missed = cs.misses(store, where=cs.Filters(run=run_id), dockerfiles=dockerfiles).collect()
    shown = steps.filter(waterfall.is_shown())
    # The estimate of the ingest knows no other runs, which tell what a stage is built on.
    drawn = {cs.Runs.wall_est_s.name: steps[cs.TimelineRows.end_s.name].max()}
    roots = missed.filter(cs.MissRows.is_root.col)
    listing = Listing(
        shown,
        waterfall.columns(steps),
        above=[views.run_heading(row | drawn) for row in one.iter_rows(named=True)],
        below=[
            *waterfall.summary(steps),
            *why_views.sentences(roots, missed, top=ROOTS_SHOWN),
        ],
    )
    document = {
        "run": one.row(0, named=True),
        "timeline": steps.to_dicts(),
        "misses": missed.to_dicts(),
    }
    return Answer(rows=steps, listings=[listing], document=document)


def layer(store: cs.Store, wanted: str, where: cs.Filters) -> Answer:
    """Follow one layer over its runs: what it was, why it missed, what it was before."""
    of_layer = cs.LineageRows
    names = cs.lineages(store).filter(
        of_layer.layer_id.col.str.starts_with(wanted)
        | of_layer.lineage_id.col.str.starts_with(wanted)
    )
    found = names.collect()[of_layer.lineage_id.name].unique().sort().to_list()
    if len(found) != 1:
        raise cs.UsageError(_not_one(found, wanted))
    (layer_id,) = found
    if where.project is None:  # a layer is of one project: those of others need no causes
        where = replace(where, project=_project(store, layer_id))
    cells = cs.cells(store, where=where).filter(cs.CellRows.layer_id.col == layer_id)
    told = cs.misses(store, where=where).select(
        cs.Runs.run_id.name,
        cs.MissRows.layer_id.name,
        cs.MissRows.confidence.name,
        cs.MissRows.class_.name,
        cs.MissRows.reason.name,
        cs.MissRows.link.name,
        cs.MissRows.evidence.name,
    )
    rows = (
        cells.join(
            told,
            on=[cs.Runs.run_id.name, cs.CellRows.layer_id.name],
            how="left",
            maintain_order="left",
        )
        .collect()
        .reverse()
    )
    above = [
        " · ".join(filter(None, (f"layer {layer_id}", row["project"], row["stage"], row["text"])))
        for row in rows.head(1).iter_rows(named=True)
    ]
    below = list(why_views.reasons(rows, top=ROOTS_SHOWN))
    listing = Listing(rows, why_views.history_columns(), above=above, below=below)
    return Answer(rows=rows, listings=[listing])


def diff(store: cs.Store, first: str, second: str) -> Answer:
    """Put two runs side by side."""
    rows = cs.diff(store, first, second).collect()
    if rows.is_empty():
        return _nothing(store, cs.Filters())
    both = [
        cs.find_run(store.runs(), name).collect().row(0, named=True) for name in (first, second)
    ]
    differ = rows.filter(cs.DiffRows.first.col != cs.DiffRows.second.col)
    same = len(rows) - len(differ)
    listing = Listing(
        differ,
        why_views.diff_columns(),
        above=[f"{title} {views.run_heading(row)}" for title, row in zip("12", both, strict=True)],
        below=[f"{units.many(same, 'layer')} of {units.count(len(rows))} the same in both."],
    )
    return Answer(rows=rows, listings=[listing])


def patterns(store: cs.Store, where: cs.Filters, *, top: int | None) -> Answer:
    """List patterns, costliest first."""
    rows = cs.patterns(store, where=where).collect()
    nothing = answers.nothing(where, NO_PATTERN, store=store) if rows.is_empty() else None
    shown = rows.head(top or answers.SHOWN_IN_TABLE)
    return answers.first(
        rows,
        why_views.pattern_columns(),
        top=top,
        nothing=nothing,
        below=list(why_views.pattern_sentences(shown)),
    )


def _nothing(store: cs.Store, where: cs.Filters) -> Answer:
    nothing = answers.nothing(where, NO_MISSES, store=store)
    return Answer(rows=cs.MissRows.empty(), listings=[], nothing=nothing)


def _project(store: cs.Store, layer_id: str) -> str | None:
    steps = store.steps().filter(cs.Steps.layer_id.col == layer_id)
    runs = store.runs().join(steps, on=cs.Runs.run_id.name, how="semi")
    projects: list[str | None] = runs.collect()[cs.Runs.project.name].to_list()
    return projects[0] if projects else None


def _not_one(found: Sequence[str], wanted: str) -> str:
    if not found:
        return f"no layer {wanted!r}: `cachestats layers --format json` gives their ids"
    return f"{len(found)} layers begin with {wanted!r}: {', '.join(found[:5])}"
