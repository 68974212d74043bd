"""The Delta tables of one store: made, found, appended to, scanned."""

from __future__ import annotations

import random
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import unquote

import polars as pl
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from cachestats.errors import StoreError
from cachestats.store.layout import (
    FORMAT_VERSION,
    KEYS,
    RUNS,
    TABLES,
    VERSION_PROPERTY,
    holds_other_things,
    properties,
    stored,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from deltalake.table import FilePruningPredicateType, FilterType, TableMerger

__all__ = ["WRITER", "Tables"]

_T = TypeVar("_T")

# Against the default, Snappy: two thirds of the bytes, in less time. Higher levels gain nothing,
# nor do the bounds of columns that are no keys.
WRITER: Final = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    default_column_properties=ColumnProperties(statistics_enabled="NONE"),
    column_properties={
        key: ColumnProperties(statistics_enabled="CHUNK") for keys in KEYS.values() for key in keys
    },
)

# A commit that lost the race for its version fails, however harmless the winner looks to Delta.
_NO_REBASE: Final = CommitProperties(max_commit_retries=0)

# deltalake paints the arrows between an error and its causes.
_COLOUR = re.compile(r"\x1b\[\d*m")

_ATTEMPTS = 20
_LONGEST_WAIT_S = 1.0


class _Table(DeltaTable):
    """A Delta table that polars can read at any path."""

    def file_uris(
        self,
        partition_filters: FilterType | None = None,
        *,
        file_pruning_predicate: FilePruningPredicateType | None = None,
    ) -> list[str]:
        """Return the data files; local paths literally, where deltalake quotes them."""
        uris = super().file_uris(partition_filters, file_pruning_predicate=file_pruning_predicate)
        return [uri if "://" in uri else unquote(uri) for uri in uris]


@dataclass(frozen=True)
class Tables:
    """The tables below one root; each call sees their newest version."""

    root: str
    storage_options: dict[str, str] | None = None

    def exist(self) -> bool:
        """Tell whether a store of a known format is here.

        Raises:
            StoreError: What is here is no store, or was written by a newer version.
        """
        with self.faults():
            try:
                self._open(RUNS)
            except TableNotFoundError:
                if holds_other_things(self.root):
                    raise self._no_store() from None
                return False
            return True

    def create(self) -> None:
        """Make the tables that are missing; of two creators at once, one makes each."""
        for name, table in TABLES.items():
            make = partial(
                DeltaTable.create,
                self._uri(name),
                schema=stored(table.empty()).schema,
                mode="ignore",
                configuration=properties(name),
                storage_options=self.storage_options,
                raise_if_key_not_exists=False,
            )
            self.until_committed(make)

    def load(self, name: str) -> DeltaTable:
        """Open the newest version of a table.

        Raises:
            StoreError: The store cannot be read, or was written by a newer version.
        """
        with self.faults():
            return self._open(name)

    def append(self, name: str, frame: pl.DataFrame) -> None:
        """Add rows to a table.

        Appends never conflict with each other. One that a deletion overtakes does (Delta Lake
        takes every append for a reader of the table), and is written again.
        """
        rows = stored(frame)

        def attempt() -> None:
            write_deltalake(self.load(name), rows, mode="append", writer_properties=WRITER)

        self.until_committed(attempt)

    def merge(
        self,
        name: str,
        rows: pl.DataFrame,
        *,
        on: Sequence[str],
        when: str | None = None,
        into: DeltaTable | None = None,
    ) -> TableMerger:
        """Start a merge of `new` rows into the `old` ones of a table.

        Args:
            name: Name of the table.
            rows: The new rows.
            on: Columns in which a new row equals the old rows that it matches.
            when: What else holds of a new row that matches any.
            into: A version of the table, which must still be the newest when the merge is
                committed; None is the newest now.
        """
        matches = [f"old.{key} = new.{key}" for key in on] + ([when] if when else [])
        return (into or self.load(name)).merge(
            stored(rows),
            " AND ".join(matches),
            source_alias="new",
            target_alias="old",
            writer_properties=WRITER,
            commit_properties=_NO_REBASE,
        )

    def scan(self, name: str, *, at: DeltaTable | None = None) -> pl.LazyFrame:
        """Scan a version of a table, the newest unless told, in the dtypes of its schema.

        Raises:
            SchemaError: The table lacks a column, or has it in another dtype.
            StoreError: The table cannot be read, or one of its files is missing or cut.
        """
        version, table = at or self.load(name), TABLES[name]
        self._check_files(name, version)
        rows = pl.scan_delta(version)
        found = rows.collect_schema()
        closed_sets = [
            pl.col(column).map_batches(
                partial(self._as_enum, dtype=dtype, table=name),
                return_dtype=dtype,
                is_elementwise=True,
            )
            for column, dtype in table.dtypes().items()
            if isinstance(dtype, pl.Enum) and found.get(column) == pl.String
        ]
        return table.conform(rows.with_columns(closed_sets))

    def until_committed(self, attempt: Callable[[], _T]) -> _T:
        """Repeat an attempt that other writers made stale; it must load the table anew.

        Raises:
            StoreError: They kept doing so, or the store cannot be written.
        """
        tries = 0
        with self.faults():
            while True:
                try:
                    return attempt()
                except CommitFailedError:
                    tries += 1
                    if tries == _ATTEMPTS:
                        raise
                # Jitter against writers in step; no secret is drawn.
                time.sleep(random.uniform(0, min(0.01 * 2**tries, _LONGEST_WAIT_S)))  # noqa: S311

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn what Delta Lake or the disk has to complain of into a `StoreError`."""
        try:
            yield
        except (DeltaError, OSError) as error:
            reason = " ".join(_COLOUR.sub("", str(error)).split())
            if isinstance(error, CommitFailedError):
                reason = f"could not commit, perhaps others write too: {reason}"
            raise StoreError(f"{self.root}: {reason}") from error

    def _uri(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _open(self, name: str) -> DeltaTable:
        table = _Table(self._uri(name), storage_options=self.storage_options)
        if name == RUNS:
            self._check_format(table.metadata().configuration.get(VERSION_PROPERTY))
        return table

    def _no_store(self) -> StoreError:
        return StoreError(f"{self.root}: not a cachestats store")

    def _check_format(self, found: str | None) -> None:
        if found is None:
            raise self._no_store()
        if not found.isdecimal() or int(found) > FORMAT_VERSION:
            raise StoreError(
                f"{self.root}: the store has format {found}, this cachestats reads up to "
                f"{FORMAT_VERSION}; a newer cachestats is needed"
            )

    def _check_files(self, name: str, table: DeltaTable) -> None:
        """Refuse files that are not as long as was committed; object stores keep theirs whole."""
        if "://" in self.root:
            return
        added = pl.DataFrame(table.get_add_actions())
        for path, size in added.select("path", "size_bytes").iter_rows():
            file = Path(self.root, name, unquote(path))
            try:
                found = file.stat().st_size
            except FileNotFoundError:
                raise StoreError(f"{file}: a file of the store is missing") from None
            if found != size:
                raise StoreError(f"{file}: has {found} bytes of {size}, the store is damaged")

    def _as_enum(self, values: pl.Series, *, dtype: pl.Enum, table: str) -> pl.Series:
        try:
            return values.cast(dtype)
        except pl.exceptions.InvalidOperationError:
            unknown = values.filter(~values.is_in(dtype.categories)).first()
            raise StoreError(
                f"{self.root}: {table}.{values.name} holds {unknown!r}, which this cachestats "
                "does not know; a newer one wrote it"
            ) from None
