"""Commands that keep a store: `store info`, `store rejects`, `compact`, `vacuum`."""

from __future__ import annotations

import cachestats as cs
from cachestats.cli import answers, receipts
from cachestats.cli import options as opt
from cachestats.cli.output import emit

__all__ = ["compact", "info", "rejects", "vacuum"]


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


def compact(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Join the small files that many ingests leave behind into few large ones."""
    emit(receipts.compacted(cs.open_store(store).compact()), fmt)


def vacuum(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Delete orphaned rows, and files that no version of the store needs any more."""
    emit(receipts.vacuumed(cs.open_store(store).vacuum()), fmt)
