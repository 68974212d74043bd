"""Which lines may tell of packages: a first look at all output, cheap enough for the hot path."""

from __future__ import annotations

import re
from base64 import b64encode

import polars as pl

from cachestats.logs.packages import PACKAGE_MANAGERS

__all__ = ["BASE64_MARKS", "MARKS", "of_marked_vertices"]

_SEEN_IN_BASE64 = 5  # bytes: less would be found everywhere
# The start of a digest, behind which the output of a vertex follows: enough to tell vertices
# apart, and read as a number.
_DIGEST_AT, _DIGEST_BYTES = len('{"logs":[{"vertex":"sha256:'), 8


def _in_base64(mark: str) -> list[str]:
    """Return what is sure of a mark in base64, at its three places in a group of three bytes."""
    places = []
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(mark)) * 8 // 6
        encoded = b64encode(b"\0" * before + mark.encode()).decode()
        places.append(encoded[first:end])
    return places


_LITERALS = sorted({form.mark for manager in PACKAGE_MANAGERS for form in manager.patterns})
_ENCODED = [
    place for mark in _LITERALS if len(mark) >= _SEEN_IN_BASE64 for place in _in_base64(mark)
]
# As regular expressions, whose search for literals is three times as fast as `contains_any`.
MARKS = "|".join(map(re.escape, _LITERALS))
BASE64_MARKS = "|".join(map(re.escape, _ENCODED))


def of_marked_vertices(objects: pl.DataFrame, text: pl.Expr) -> pl.LazyFrame:
    """Keep the objects of output of vertices that have a marked one: a line may span several."""
    digest = text.cast(pl.Binary).bin.slice(_DIGEST_AT, _DIGEST_BYTES)
    keyed = objects.with_columns(
        vertex=digest.bin.reinterpret(dtype=pl.UInt64, endianness="little")
    )
    vertices = keyed.filter(text.str.contains(BASE64_MARKS))["vertex"].unique()
    return keyed.lazy().filter(pl.col("vertex").is_in(vertices.implode()))
