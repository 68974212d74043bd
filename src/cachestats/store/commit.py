"""One ingest: child rows first, then the merge into `runs` that makes them count."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from cachestats.schema import Runs, Sources, Table
from cachestats.store.layout import CHILDREN, REJECTS, RUNS, SOURCES, TABLES, ingest_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cachestats.store.tables import Tables

__all__ = ["Committed", "Ingest"]

# What is known of a run from outside its log; `project` too, but it is part of the run's id.
_GIVEN: Final = (
    Runs.branch,
    Runs.commit,
    Runs.ci,
    Runs.job,
    Runs.runner,
    Runs.started_at,
    Runs.started_at_basis,
)
_KEPT: Final = {Runs.run_id.name, Runs.ingest_id.name, Runs.ingested_at.name}

_ACTION = "_action"
_ADD, _UPDATE, _REWRITE, _DELETE = "add", "update", "rewrite", "delete"


@dataclass(frozen=True)
class Committed:
    """How many runs a commit added, and how many of its runs the store had already."""

    runs_added: int
    runs_known: int


class Ingest:
    """Writes what one ingest decoded; nothing counts until it is committed.

    `append` and `commit` may alternate, each `append` before the `commit` of its runs. Killed
    in between, it leaves rows that never count.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._at = datetime.now(UTC)
        self._appended: set[str] = set()
        self.ingest_id = ingest_id(self._at)

    def append(
        self,
        *,
        steps: pl.DataFrame,
        cache_io: pl.DataFrame,
        facts: pl.DataFrame,
        rejects: pl.DataFrame,
    ) -> None:
        """Write rows of runs that are not committed yet; a run appended before is left out.

        Args:
            steps: `Steps`, all steps of each run at once; `ingest_id` is filled in.
            cache_io: `CacheIO`, likewise.
            facts: `Facts`, likewise.
            rejects: `Rejects`; `ingested_at` is filled in.

        Raises:
            SchemaError: A frame is not of its table.
            StoreError: The store cannot be written.
        """
        children = dict(zip(CHILDREN, (steps, cache_io, facts), strict=True))
        frames = self._unseen(children) | {REJECTS: rejects}
        rows = {name: self._stamped(TABLES[name], frame) for name, frame in frames.items()}
        rows = {name: frame for name, frame in rows.items() if not frame.is_empty()}
        with ThreadPoolExecutor(len(TABLES)) as pool:
            list(pool.map(self._tables.append, rows, rows.values()))

    def commit(
        self, *, runs: pl.DataFrame, sources: pl.DataFrame, replaced: Collection[str] = ()
    ) -> Committed:
        """Make runs count, and remember the sources they were read from.

        A run that the store has keeps its rows; if it was read from the same source, facts
        given from outside that changed are brought up to date. A run of which no rows were
        appended is one that the store had: if it was forgotten since, it stays so.

        Args:
            runs: `Runs`; `ingest_id` and `ingested_at` are filled in.
            sources: `Sources`; `ingested_at` is filled in.
            replaced: Run ids that are no more; one that is also in `runs` is written anew.

        Raises:
            SchemaError: A frame is not of its table.
            StoreError: The store cannot be written, or other ingests left no gap to commit in.
        """
        rows = self._stamped(Runs, runs).unique(Runs.run_id.name, keep="first", maintain_order=True)
        added = self._merge_runs(self._with_actions(rows, set(replaced)))
        self._merge_sources(self._stamped(Sources, sources))
        return Committed(runs_added=added, runs_known=rows.height - added)

    def _unseen(self, children: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        run_ids = [frame[Runs.run_id.name].unique() for frame in children.values()]
        told = set(pl.concat(run_ids).unique().to_list())
        if again := told & self._appended:
            is_again = Runs.run_id.col.is_in(list(again))
            children = {name: frame.filter(~is_again) for name, frame in children.items()}
        self._appended |= told
        return children

    def _stamped(self, table: type[Table], frame: pl.DataFrame) -> pl.DataFrame:
        stamps = {
            Runs.ingest_id.name: pl.lit(self.ingest_id),
            Runs.ingested_at.name: pl.lit(self._at, dtype=Runs.ingested_at.dtype),
        }
        wanted = {name: stamp for name, stamp in stamps.items() if name in table.columns()}
        return frame.lazy().with_columns(**wanted).pipe(table.conform).collect()

    def _with_actions(self, runs: pl.DataFrame, replaced: set[str]) -> pl.DataFrame:
        """Add what is to be done with each run, and a row for each run that only goes away."""
        run_id = Runs.run_id.col
        action = (
            pl.when(run_id.is_in(list(replaced)))
            .then(pl.lit(_REWRITE))
            .when(run_id.is_in(list(self._appended)))
            .then(pl.lit(_ADD))
            .otherwise(pl.lit(_UPDATE))
        )
        gone = pl.Series(Runs.run_id.name, sorted(replaced.difference(runs[Runs.run_id.name])))
        deletes = gone.cast(pl.String).to_frame().with_columns(pl.lit(_DELETE).alias(_ACTION))
        return pl.concat([runs.with_columns(action.alias(_ACTION)), deletes], how="diagonal")

    def _merge_runs(self, rows: pl.DataFrame) -> int:
        def attempt() -> int:
            merger = (
                self._tables.merge(RUNS, rows, on=[Runs.run_id.name])
                .when_matched_delete(_is(_DELETE))
                .when_matched_update(_set(columns), _is(_REWRITE))
                .when_matched_update(_set(c for c in columns if c not in _KEPT), _GIVEN_CHANGED)
                .when_not_matched_insert(_set(columns), _is(_ADD, _REWRITE))
            )
            return int(merger.execute()["num_target_rows_inserted"])

        columns = Runs.dtypes().names()
        return 0 if rows.is_empty() else self._tables.until_committed(attempt)

    def _merge_sources(self, rows: pl.DataFrame) -> None:
        def attempt() -> None:
            merger = self._tables.merge(SOURCES, latest, on=[Sources.source.name])
            merger.when_matched_update_all().when_not_matched_insert_all().execute()

        latest = rows.unique(Sources.source.name, keep="last", maintain_order=True)
        if not latest.is_empty():
            self._tables.until_committed(attempt)


def _is(*actions: str) -> str:
    return "(" + " OR ".join(f"new.{_ACTION} = '{action}'" for action in actions) + ")"


def _set(columns: Iterable[str]) -> dict[str, str]:
    return {f"`{name}`": f"new.`{name}`" for name in columns}


_GIVEN_CHANGED: Final = (
    f"{_is(_ADD, _UPDATE)} AND old.{Runs.source.name} = new.{Runs.source.name} AND ("
    + " OR ".join(f"(old.`{c.name}` IS DISTINCT FROM new.`{c.name}`)" for c in _GIVEN)
    + ")"
)
