"""The store: Delta Lake tables that many ingests write and every analysis reads."""

from __future__ import annotations

from cachestats.store.commit import Committed, Ingest
from cachestats.store.forget import Forgotten
from cachestats.store.layout import FORMAT_VERSION
from cachestats.store.redact import Redacted
from cachestats.store.store import Store
from cachestats.store.upkeep import Compacted, StoreInfo, TableInfo, Vacuumed

__all__ = [
    "FORMAT_VERSION",
    "Committed",
    "Compacted",
    "Forgotten",
    "Ingest",
    "Redacted",
    "Store",
    "StoreInfo",
    "TableInfo",
    "Vacuumed",
]
