"""Where logs come from: files, folders, globs, archives, stdin and object stores."""

from __future__ import annotations

from cachestats.logs.source.archives import members
from cachestats.logs.source.model import STDIN, Content, Fault, Held, Place, Source
from cachestats.logs.source.reading import fetched, kept, read, read_all, read_beside
from cachestats.logs.source.search import find_sources

__all__ = [
    "STDIN",
    "Content",
    "Fault",
    "Held",
    "Place",
    "Source",
    "fetched",
    "find_sources",
    "kept",
    "members",
    "read",
    "read_all",
    "read_beside",
]
