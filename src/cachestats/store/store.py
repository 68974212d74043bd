"""The store: opened or made at a path or URI, scanned, written to by ingests, kept up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cachestats.errors import StoreError
from cachestats.store import forget, redact, upkeep
from cachestats.store.commit import Ingest
from cachestats.store.layout import REJECTS, RUNS, SOURCES, TABLES, root_of
from cachestats.store.scans import counted
from cachestats.store.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path
    from typing import Self

    import polars as pl

__all__ = ["Store"]

# Delta's own default for files; nobody ingests or reads for a week.
_A_WEEK: Final = timedelta(days=7)


class Store:
    """The tables of many ingests, on disk or at an object store's URI.

    Scans see what is committed when they are made, and only rows that count.
    """

    def __init__(self, uri: str | Path, storage_options: Mapping[str, str] | None = None) -> None:
        self.uri = str(uri)
        self._tables = Tables(root_of(uri), dict(storage_options) if storage_options else None)
        self._is_made = True

    @classmethod
    def open(cls, uri: str | Path, *, storage_options: Mapping[str, str] | None = None) -> Self:
        """Open the store at a path or URI.

        Args:
            uri: Where it lies.
            storage_options: Passed on to Delta Lake, which also reads the environment.

        Raises:
            StoreError: There is none, or it is unreadable or of a newer format.
        """
        store = cls(uri, storage_options)
        if not store._tables.exist():
            raise StoreError(f"no store at {uri}; `cachestats ingest` makes one")
        return store

    @classmethod
    def at(cls, uri: str | Path, *, storage_options: Mapping[str, str] | None = None) -> Self:
        """Open the store at a path or URI; where there is none, it is empty until it is made.

        Args:
            uri: Where it lies, or shall lie.
            storage_options: Passed on to Delta Lake, which also reads the environment.

        Raises:
            StoreError: Something else is there, or a store that is unreadable or of a newer
                format.
        """
        store = cls(uri, storage_options)
        store._is_made = store._tables.exist()
        return store

    @classmethod
    def create(cls, uri: str | Path, *, storage_options: Mapping[str, str] | None = None) -> Self:
        """Open the store at a path or URI, or make it there; several may do so at once.

        Args:
            uri: Where it lies, or shall lie.
            storage_options: Passed on to Delta Lake, which also reads the environment.

        Raises:
            StoreError: Something else is there, or a store that is unreadable or of a newer
                format, or none can be made.
        """
        store = cls.at(uri, storage_options=storage_options)
        store.make()
        return store

    def __repr__(self) -> str:
        return f"Store({self.uri!r})"

    def runs(self) -> pl.LazyFrame:
        """Scan `Runs`, one row per run, in no order."""
        return self._scan(RUNS)

    def steps(self) -> pl.LazyFrame:
        """Scan `Steps`, one row per step of each run, in no order."""
        return self._scan("steps")

    def cache_io(self) -> pl.LazyFrame:
        """Scan `CacheIO`, one row per cache import or export of each run, in no order."""
        return self._scan("cache_io")

    def facts(self) -> pl.LazyFrame:
        """Scan `Facts`, one row per fact of each run, in no order."""
        return self._scan("facts")

    def sources(self) -> pl.LazyFrame:
        """Scan `Sources`, one row per log read, in no order."""
        return self._scan(SOURCES)

    def rejects(self) -> pl.LazyFrame:
        """Scan `Rejects`, those of the last reading of each source, in no order."""
        return self._scan(REJECTS)

    def ingest(self) -> Ingest:
        """Begin an ingest under a new ingest id, in a store that is made if it has to be."""
        self.make()
        return Ingest(self._tables)

    def make(self) -> None:
        """Make the tables, if the store was opened where there was none."""
        if not self._is_made:
            self._tables.create()
            self._is_made = True

    def forget(self, run_ids: Collection[str], *, dry_run: bool = False) -> forget.Forgotten:
        """Take runs out, with all rows that belong to them; safe while others ingest.

        No reader sees them from its first commit on, and an ingest that had found them known
        does not bring them back. Their sources stay known as read.

        Args:
            run_ids: Runs; one that is not there is passed over.
            dry_run: Only count.
        """
        take_out = forget.foresee if dry_run else forget.forget
        return take_out(self._tables, run_ids) if run_ids else forget.Forgotten(0, 0, 0, 0)

    def redact(self, rule: Callable[[pl.Expr], pl.Expr]) -> redact.Redacted:
        """Apply a rule to all text of logs, in place; safe while others ingest.

        Args:
            rule: Makes of an expression of text one without secrets.
        """
        if not self._is_made:
            return redact.Redacted(0, 0, 0, 0, 0)
        return redact.redact(self._tables, rule)

    def info(self) -> upkeep.StoreInfo:
        """Count rows, files and bytes of each table."""
        return upkeep.info(self._tables) if self._is_made else upkeep.nothing(self._tables)

    def compact(self) -> upkeep.Compacted:
        """Join small files into large ones; safe while others ingest."""
        return upkeep.compact(self._tables) if self._is_made else upkeep.Compacted(0, 0)

    def vacuum(self, *, older_than: timedelta = _A_WEEK) -> upkeep.Vacuumed:
        """Drop orphan rows and unreferenced files; safe for ingests and readers younger than that.

        Args:
            older_than: Age from which on rows that no commit stands behind, and files that no
                current version needs, are dropped.
        """
        if not self._is_made:
            return upkeep.Vacuumed(0, 0)
        return upkeep.vacuum(self._tables, older_than=older_than)

    def _scan(self, name: str) -> pl.LazyFrame:
        if not self._is_made:
            return TABLES[name].empty().lazy()
        return self._tables.scan(name) if name in {RUNS, SOURCES} else counted(self._tables, name)
