"""Which lines may tell of packages: a first look at all output, cheap enough for the hot path."""

from __future__ import annotations

import re
from base64 import b64encode

import polars as pl

from cachestats.logs.packages import PACKAGE_MANAGERS

__all__ = ["BASE64_MARKS", "MARKS", "near_marked"]

_SEEN_IN_BASE64 = 5  # bytes: less would be found everywhere
# The start of a digest, behind which the output of a vertex follows: enough to tell vertices
# apart, and read as a number.
_BIG_ODD = 0x9E3779B97F4A7C15  # parts the vertices of one log from those of the others
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


def near_marked(objects: pl.DataFrame, text: pl.Expr) -> pl.LazyFrame:
    """Keep the objects of output that have a mark, and those beside them in their vertex.

    A line may be cut, and goes on in the next object of its vertex.
    """
    digest = text.cast(pl.Binary).bin.slice(_DIGEST_AT, _DIGEST_BYTES)
    vertex = digest.bin.reinterpret(dtype=pl.UInt64, endianness="little")
    keyed = objects.with_columns(
        vertex=vertex + pl.col("log") * _BIG_ODD, hit=text.str.contains(BASE64_MARKS)
    )
    hit = pl.col("hit")
    vertices = keyed.filter(hit)["vertex"].unique()
    return (
        keyed.lazy()
        .filter(pl.col("vertex").is_in(vertices.implode()))
        .sort("vertex", maintain_order=True)
        .filter(hit | hit.shift(1, fill_value=False) | hit.shift(-1, fill_value=False))
    )
