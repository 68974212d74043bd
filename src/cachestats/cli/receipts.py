"""What the commands that read logs or keep a store answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import cachestats as cs
from cachestats.cli import views
from cachestats.cli.output import Answer, Listing, Row, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

__all__ = ["compacted", "ingested", "parsed", "store_info", "vacuumed"]

NO_LOGS = "nothing to report: no logs in what was given"


def parsed(found: cs.Parsed) -> Answer:
    """Show each run of some logs with its steps."""
    steps = found.steps.sort(cs.Steps.run_id.name, cs.Steps.step_no.name)
    of_run = {
        run_id: rows
        for (run_id,), rows in steps.partition_by(cs.Steps.run_id.name, as_dict=True).items()
    }
    runs = [
        (run, of_run.get(run[cs.Runs.run_id.name], steps.clear()))
        for run in found.runs.iter_rows(named=True)
    ]
    rejects = [
        {name: reject[name] for name in ("source", "line", "reason")}
        for reject in found.rejects.iter_rows(named=True)
    ]
    return Answer(
        rows=steps,
        listings=[
            Listing(rows, views.step_columns(), above=[views.run_heading(run)])
            for run, rows in runs
        ],
        document={
            "runs": [{**run, "steps": rows.to_dicts()} for run, rows in runs],
            "rejects": rejects,
        },
        rejects=rejects,
        nothing=None if runs else NO_LOGS,
    )


def ingested(result: cs.IngestResult, *, dry_run: bool) -> Answer:
    """Say what an ingest read and stored, or would read."""
    document = result.to_dict()
    rejects = document["rejects"]
    read = f"{units.many(result.files - result.unchanged, 'log')} ({units.size(result.bytes)})"
    unchanged = f", {units.count(result.unchanged)} unchanged" if result.unchanged else ""
    rejected = f", {units.many(len(rejects), 'reject')}" if rejects else ""
    did = (
        f"{read} read in {units.seconds(result.seconds)}{unchanged}:"
        f" {units.many(result.runs_added, 'run')} added,"
        f" {units.count(result.runs_known)} known before,"
        f" {units.many(result.steps_added, 'step')}"
    )
    return _told(
        (f"{read} would be read{unchanged}" if dry_run else did) + rejected,
        document,
        row=document | {"rejects": len(rejects)},
        rejects=rejects,
        nothing=None if result.files else NO_LOGS,
    )


def store_info(found: cs.StoreInfo) -> Answer:
    """Show a store and its tables."""
    tables = _frame([asdict(table) for table in found.tables])
    first, last = units.when(found.first_started_at), units.when(found.last_started_at)
    heading = f"store {found.uri} · format {found.format_version} · runs from {first} to {last}"
    listing = Listing(tables, views.table_columns(), above=[heading])
    return Answer(rows=tables, listings=[listing], document=asdict(found))


def compacted(done: cs.Compacted) -> Answer:
    """Say what a compaction did."""
    return _told(
        f"{units.many(done.files_removed, 'file')} became {units.count(done.files_added)}",
        asdict(done),
    )


def vacuumed(done: cs.Vacuumed) -> Answer:
    """Say what a vacuum did."""
    return _told(
        f"{units.many(done.rows_dropped, 'orphaned row')} dropped,"
        f" {units.many(done.files_deleted, 'file')} deleted",
        asdict(done),
    )


def _told(
    sentence: str,
    document: Mapping[str, Any],
    *,
    row: Mapping[str, Any] | None = None,
    rejects: Sequence[Row] = (),
    nothing: str | None = None,
) -> Answer:
    rows = _frame([row or document])
    return Answer(
        rows=rows,
        listings=[Listing(rows.clear(), (), above=[sentence])],
        document=document,
        rejects=rejects,
        nothing=nothing,
    )


def _frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    import polars as pl  # --help loads this module, and must not load polars

    return pl.DataFrame(rows)
