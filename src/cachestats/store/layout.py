"""What a store looks like: its format version, its tables, and the names that tie them together."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl
from polars import selectors as cs

from cachestats.errors import StoreError
from cachestats.schema import CacheIO, Facts, Rejects, Runs, Sources, Steps, Table

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "CHILDREN",
    "FORMAT_VERSION",
    "KEYS",
    "ORPHANABLE",
    "REJECTS",
    "RUNS",
    "SOURCES",
    "TABLES",
    "VERSION_PROPERTY",
    "holds_other_things",
    "ingest_id",
    "ingest_id_prefix",
    "properties",
    "root_of",
    "stored",
]

# 1: runs, steps, cache_io, facts, sources, rejects; a row of a run counts by (run_id, ingest_id)
FORMAT_VERSION: Final = 1
VERSION_PROPERTY: Final = "cachestats.format_version"

RUNS, SOURCES, REJECTS = "runs", "sources", "rejects"
CHILDREN: Final = ("steps", "cache_io", "facts")
ORPHANABLE: Final = (*CHILDREN, REJECTS)

# In order of creation: where `runs` is, all the others are.
TABLES: Final[dict[str, type[Table]]] = {
    "steps": Steps,
    "cache_io": CacheIO,
    "facts": Facts,
    REJECTS: Rejects,
    SOURCES: Sources,
    RUNS: Runs,
}

_RUN_KEY = (Runs.run_id.name, Runs.ingest_id.name)
_READING_KEY = (Sources.source.name, Sources.ingested_at.name)
KEYS: Final[dict[str, tuple[str, str]]] = {
    name: _READING_KEY if name in (SOURCES, REJECTS) else _RUN_KEY for name in TABLES
}

# deltalake panics at the first four, and takes the others for a separator and an escape.
_UNUSABLE = re.compile(r"[\[\]^|\\]|%[0-9A-Fa-f]{2}")


def root_of(uri: str | Path) -> str:
    """Return the absolute path, or the URI, below which the tables lie.

    Raises:
        StoreError: Delta Lake cannot keep tables below a path of such a name.
    """
    if "://" in str(uri):
        return str(uri).rstrip("/")
    try:
        root = Path(uri).expanduser().resolve().as_posix()
        root.encode()
    except (RuntimeError, UnicodeEncodeError) as error:  # no such user; bytes that are no UTF-8
        raise StoreError(f"{uri}: {error}") from None
    if found := _UNUSABLE.search(root):
        raise StoreError(f"{root}: a store cannot lie below a path with {found.group()!r} in it")
    return root


def holds_other_things(root: str) -> bool:
    """Tell whether a path is in use for something else; object stores cannot be asked."""
    if "://" in root or not Path(root).exists():
        return False
    if not Path(root).is_dir():
        return True
    return any(not _is_unused_table(child) for child in Path(root).iterdir())


def _is_unused_table(path: Path) -> bool:
    if path.name not in TABLES or not path.is_dir():
        return False
    return all(child.name == "_delta_log" for child in path.iterdir())


def properties(name: str) -> dict[str, str]:
    """Return the Delta properties that a table is created with."""
    settings = {
        # Opening a table reads the log since the last checkpoint, and each ingest opens six.
        "delta.checkpointInterval": "10",
        # Log text is no key: its bounds would fill the log, and nothing looks for them.
        "delta.dataSkippingStatsColumns": ",".join(KEYS[name]),
    }
    return settings | ({VERSION_PROPERTY: str(FORMAT_VERSION)} if name == RUNS else {})


def stored(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in the dtypes of the store: Delta Lake has no Enum, only String."""
    return frame.with_columns(cs.enum().cast(pl.String))


def ingest_id(at: datetime) -> str:
    """Return a new ingest id: unique, and in text order of time."""
    return f"{ingest_id_prefix(at)}-{secrets.token_hex(4)}"


def ingest_id_prefix(at: datetime) -> str:
    """Return what sorts after the ids of all ingests that began in an earlier second (UTC)."""
    return f"{at:%Y%m%dT%H%M%SZ}"
