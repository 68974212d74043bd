"""Text of the store written anew by the rules of today."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl

from cachestats.schema import CacheIO, Column, Facts, Rejects, Runs, Steps
from cachestats.store.layout import KEYS, REJECTS, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cachestats.store.tables import Tables

    Rule: TypeAlias = Callable[[pl.Expr], pl.Expr]

__all__ = ["Redacted", "redact"]

# Words of a log, or quoted from one. Names by which runs are told apart stay: who renames them
# here makes others of them. A layer keeps its `layer_id`, whatever its stage is called by then.
_TEXTS: Final[dict[str, tuple[Column, ...]]] = {
    RUNS: (Runs.warnings,),
    "steps": (Steps.name, Steps.target, Steps.stage, Steps.text, Steps.mounts, Steps.error),
    "cache_io": (CacheIO.ref,),
    "facts": (Facts.text,),
    REJECTS: (Rejects.reason,),
}

_IS_OLD: Final = "_is_old"


@dataclass(frozen=True)
class Redacted:
    """Rows of each table in which a redaction changed text."""

    runs: int
    steps: int
    cache_io: int
    facts: int
    rejects: int


def redact(tables: Tables, rule: Rule) -> Redacted:
    """Apply a rule to all text, also of rows that do not count; a second time changes nothing.

    Each table is one commit, and only files that hold a changed row, or one of its run, are
    written anew. The old ones stay until a vacuum.
    """
    return Redacted(
        **{
            name: tables.until_committed(partial(_redact, tables, name, columns, rule))
            for name, columns in _TEXTS.items()
        }
    )


def _redact(tables: Tables, name: str, columns: Sequence[Column], rule: Rule) -> int:
    newest = tables.load(name)
    rows = tables.scan(name, at=newest)
    clean = [_clean(column, rule) for column in columns]
    is_dirty = pl.any_horizontal(
        new.ne_missing(column.col) for new, column in zip(clean, columns, strict=True)
    )
    keys = rows.filter(is_dirty).select(KEYS[name]).unique().collect()
    if keys.is_empty():
        return 0
    # Rows have no key of their own, their runs have: all rows of these go and come again.
    dirty = rows.join(keys.lazy(), on=KEYS[name], how="semi").collect()
    new = pl.concat(
        [
            keys.with_columns(pl.lit(value=True).alias(_IS_OLD)),
            _settled(dirty, clean).with_columns(pl.lit(value=False).alias(_IS_OLD)),
        ],
        how="diagonal",
    )
    is_old = f"new.{_IS_OLD}"
    inserted = {f"`{column}`": f"new.`{column}`" for column in rows.collect_schema()}
    (
        tables.merge(name, new, on=KEYS[name], when=is_old, into=newest)
        .when_matched_delete()
        .when_not_matched_insert(inserted, f"NOT {is_old}")
        .execute()
    )
    return int(dirty.select(is_dirty.sum()).item())


def _clean(column: Column, rule: Rule) -> pl.Expr:
    if isinstance(column.dtype, pl.List):
        return column.col.list.eval(rule(pl.element()))
    return rule(column.col)


def _settled(rows: pl.DataFrame, clean: Sequence[pl.Expr]) -> pl.DataFrame:
    """Apply a rule until it changes nothing: what it leaves behind may look like a secret again."""
    while not (cleaner := rows.with_columns(clean)).equals(rows):
        rows = cleaner
    return rows
