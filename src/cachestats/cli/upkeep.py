"""Commands that keep a store: `store info`, `store compact`, `store vacuum`."""

from __future__ import annotations

import cachestats as cs
from cachestats.cli import options as opt
from cachestats.cli import receipts
from cachestats.cli.output import emit

__all__ = ["compact", "info", "vacuum"]


def info(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Show what the store holds.

    Orphans are rows of an ingest that was killed before it was complete; they never count.
    """
    emit(receipts.store_info(cs.open_store(store).info()), fmt)


def compact(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Join the small files that many ingests leave behind into few large ones."""
    emit(receipts.compacted(cs.open_store(store).compact()), fmt)


def vacuum(*, store: opt.Store = opt.DEFAULT_STORE, fmt: opt.As = "table") -> None:
    """Delete orphaned rows, and files that no version of the store needs any more."""
    emit(receipts.vacuumed(cs.open_store(store).vacuum()), fmt)
