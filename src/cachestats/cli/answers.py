"""What the reading commands answer: the library's frames, and what a person sees of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import cachestats as cs
from cachestats.cli import views
from cachestats.cli.output import Answer, Listing, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cachestats.cli.output import Shown

__all__ = ["first", "layers", "missing", "nothing", "rejects", "runs", "steps"]

SHOWN_IN_TABLE = 20
EMPTY_STORE = "nothing to report: the store holds no runs; `cachestats ingest LOGS` adds some"
NO_REJECTS = "nothing to report: nothing that the store read was rejected"
ALL_FILTERED = "nothing to report: the filters leave nothing of the store"
NO_PROJECT = "nothing to report: the store has no project {!r}, but {}"
NAMED = 10


def runs(store: cs.Store, where: cs.Filters, *, top: int | None) -> Answer:
    """List the runs, newest first."""
    rows = cs.newest_runs(where.runs(store.runs()), store.steps()).collect()
    return first(rows, views.run_columns(), top=top, nothing=nothing(where, store=store))


def steps(store: cs.Store, run: str, where: cs.Filters) -> Answer:
    """List the steps of one run, in their order."""
    one = cs.find_run(where.runs(store.runs()), run)
    rows = where.steps(store.steps(), one).sort(cs.Steps.step_no.name).collect()
    headings = [views.run_heading(row) for row in one.collect().iter_rows(named=True)]
    listing = Listing(rows, views.step_columns(), above=headings)
    why = nothing(where, store=store) if rows.is_empty() else None
    return Answer(rows=rows, listings=[listing], nothing=why)


def layers(
    store: cs.Store,
    layers: pl.LazyFrame,
    where: cs.Filters,
    *,
    by: Literal["waste", "misses", "miss_ratio"],
    top: int | None,
) -> Answer:
    """List the layers, worst first, above the hit ratio of all that the filters leave."""
    found = layers.collect().lazy()
    rows = cs.worst_layers(found, by=by).collect()
    whole_runs = replace(where, target=None, stage=None)
    of_steps = whole_runs.steps(store.steps(), store.runs())
    totals = cs.hit_ratio(found, of_steps).collect().row(0, named=True)
    recent = dict(cs.recent(store, where=where).collect().iter_rows())
    columns = views.layer_columns(recent)
    return first(
        rows,
        columns,
        top=top,
        nothing=nothing(where, store=store),
        below=[] if rows.is_empty() else views.hit_ratio_lines(totals),
    )


def rejects(store: cs.Store) -> Answer:
    """List what could not be read, newest first."""
    reject = cs.Rejects
    rows = (
        store.rejects()
        .sort(
            reject.ingested_at.name,
            reject.source.name,
            reject.line.name,
            descending=[True, False, False],
        )
        .collect()
    )
    listing = Listing(rows, views.reject_columns())
    return Answer(rows=rows, listings=[listing], nothing=NO_REJECTS if rows.is_empty() else None)


def first(
    rows: pl.DataFrame,
    columns: Sequence[Shown],
    *,
    top: int | None,
    nothing: str | None,
    below: Sequence[str] = (),
) -> Answer:
    """Answer with rows, of which a table shows the first; `nothing` says why there are none."""
    shown = rows.head(top or SHOWN_IN_TABLE)
    ranked = shown.with_row_index(views.RANK, offset=1)
    cut = [f"The first {len(shown)} of {units.count(len(rows))}; `--top N` shows more."]
    note = cut if top is None and len(shown) < len(rows) else []
    return Answer(
        rows=rows if top is None else shown,
        listings=[Listing(ranked, columns, below=[*note, *below])],
        nothing=nothing if rows.is_empty() else None,
    )


def nothing(where: cs.Filters, otherwise: str | None = None, *, store: cs.Store) -> str:
    """Say why there is nothing: no runs at all, none that pass, or something else."""
    if (known := missing(where, store=store)) is not None:
        return known
    return ALL_FILTERED if otherwise is None or where != cs.Filters() else otherwise


def missing(where: cs.Filters, *, store: cs.Store) -> str | None:
    """Say that the store holds no runs, or not the project asked for; None if it does."""
    projects = store.runs().select(cs.Runs.project.name).unique().sort(cs.Runs.project.name)
    known = projects.collect().to_series()
    if known.is_empty():
        return EMPTY_STORE
    if where.project is not None and where.project not in known:
        names = known.drop_nulls().to_list()
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return NO_PROJECT.format(where.project, f"{', '.join(names[:NAMED])}{more}")
    return None
