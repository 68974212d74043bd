"""Commands that keep a store: `store info`, `rejects`, `forget`, `redact`, `compact`, `vacuum`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

import cachestats as cs
from cachestats.cli import answers, receipts
from cachestats.cli import options as opt
from cachestats.cli.output import Answer, Listing, emit, units

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compact", "forget", "info", "redact", "rejects", "vacuum"]

SomeRun: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", show_default=False, help="A run id, the beginning of one, or `latest`."
    ),
]
Before: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only runs started before: 2026-11-02, 90d, 12w."),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Say what would go; change nothing.")
]
OlderThan: TypeAlias = Annotated[
    str,
    typer.Option(metavar="AGE", help="Age from which on they go: 7d, 12h; 0h is all."),
]

ON_DISK = (
    "The bytes are gone from disk when `cachestats store vacuum` has deleted the old files:"
    " after a week, or with --older-than 0h now."
)


def info(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Show what the store holds.

    Orphans are rows of an ingest that was killed before it was complete; they never count.
    """
    emit(receipts.store_info(cs.open_store(store).info()), fmt)


def rejects(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """List inputs that could not be read, newest first.

    The next ingest tries them again if they, or the version of cachestats, have changed.
    """
    emit(answers.rejects(cs.open_store(store)), fmt)


def forget(  # noqa: PLR0913 - options, not arguments
    run: SomeRun = None,
    *,
    project: opt.Project = None,
    before: Before = None,
    dry_run: DryRun = False,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Take runs out of the store.

    RUN, --project and --before combine; at least one is needed, and nothing is asked. --before
    leaves runs whose start is not known. With the runs go their steps, cache imports and exports,
    and facts: no command sees them from now on. Their bytes stay on disk until `store vacuum`
    deletes the old files, which keeps those of the last week unless told otherwise.

    The logs stay known as read, so that the next ingest does not bring the runs back. It does
    where it reads a log anew: one that has changed, was moved or copied, comes from stdin, or is
    given other facts (options, sidecar, aliases).
    """
    opened, start = cs.open_store(store), opt.start(before)
    done = opened.forget(run, project=project, before=start, dry_run=dry_run)
    emit(_forgotten(asdict(done), dry_run=dry_run), fmt)


def redact(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Take secrets out of what is stored, by the rules of this version.

    An ingest does so before it stores anything; this is for stores that an older version wrote. It
    covers the text of steps, facts, cache references, rejects and warnings; names of projects,
    branches, jobs and sources stay as given. A second time changes nothing. Layers stay the same:
    a layer_id is made at ingest and kept.

    Old bytes stay on disk until `store vacuum` deletes the old files, which keeps those of the
    last week unless told otherwise.
    """
    emit(_redacted(asdict(cs.open_store(store).redact())), fmt)


def compact(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Join the small files that many ingests leave behind into few large ones."""
    emit(receipts.compacted(cs.open_store(store).compact()), fmt)


def vacuum(
    *,
    older_than: OlderThan = "7d",
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Delete orphaned rows, and files that no version of the store needs any more.

    What `store forget` and `store redact` took out is gone from disk when its files are. An ingest
    that has been at work for longer than --older-than loses what it had read, and a reader may
    fail: use 0h only when there is none.
    """
    emit(receipts.vacuumed(cs.open_store(store).vacuum(older_than=_age(older_than))), fmt)


def _age(text: str) -> timedelta:
    now = datetime.now(UTC)
    return now - cs.moment(text, now=now)


def _forgotten(rows: Mapping[str, int], *, dry_run: bool) -> Answer:
    did = "would be forgotten" if dry_run else "forgotten"
    sentence = (
        f"{units.many(rows['runs'], 'run')} {did}, with {units.many(rows['steps'], 'step')},"
        f" {units.many(rows['cache_io'], 'cache import or export', 'cache imports and exports')},"
        f" {units.many(rows['facts'], 'fact')}"
    )
    return _told(sentence, rows, is_done=bool(rows["runs"]) and not dry_run)


def _redacted(rows: Mapping[str, int]) -> Answer:
    changed = [f"{units.count(count)} of {name}" for name, count in rows.items() if count]
    total = units.many(sum(rows.values()), "row")
    sentence = f"{total} redacted" + (f": {', '.join(changed)}" if changed else "")
    return _told(sentence, rows, is_done=bool(changed))


def _told(sentence: str, document: Mapping[str, Any], *, is_done: bool) -> Answer:
    import polars as pl  # --help loads this module, and must not load polars

    rows = pl.DataFrame([document])
    above = [sentence, ON_DISK] if is_done else [sentence]
    return Answer(rows=rows, listings=[Listing(rows.clear(), (), above=above)], document=document)
