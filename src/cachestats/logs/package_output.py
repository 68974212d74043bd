"""Marked lines → what programs printed in them, with its step as the format of the log names it."""

from __future__ import annotations

import polars as pl

from cachestats.logs.marks import BASE64_MARKS
from cachestats.logs.text import Lines, strings

__all__ = ["of_plain", "of_rawjson"]

LINE, TEXT = Lines.LINE, Lines.TEXT
_SAID = ("log", "line", "step", "text")

_OUTPUT = r"^#([0-9]+) [0-9]+\.[0-9]+ "
# Output of a vertex begins with its digest, and the base64 follows.
_ENTRY, _DIGEST, _NUMBER = '{"vertex":"sha256:', 64, 8
_DATA = '"data":"'
# Base64 of bytes with a line feed at their end.
_WHOLE = r'(?:Cg==|[AQgw]o=|[AEIMQUYcgkosw048]K)","timestamp"'


def of_plain(lines: pl.DataFrame) -> pl.DataFrame:
    """Take the marked lines of plain progress apart: `log`, `line`, `step`, `text`."""
    return lines.select(
        "log",
        "line",
        step=TEXT.str.extract(_OUTPUT),
        text=TEXT.str.replace(_OUTPUT, ""),
    )


def of_rawjson(objects: pl.DataFrame) -> pl.DataFrame:
    """Decode the output in objects that may tell of packages, to the same columns.

    A line may be cut, and goes on in the next object.
    """
    cut, step = ~TEXT.str.contains(_WHOLE), pl.col("step")
    ended = ~pl.col("cut").shift(1, fill_value=False)
    is_other = (step != step.shift(1)) | (Lines.LOG != Lines.LOG.shift(1))
    behind = TEXT.str.splitn(_DATA, 2).struct.field("field_1")
    data = behind.str.splitn('"', 2).struct.field("field_0").str.decode("base64", strict=False)
    # Objects of a history hold all output of a build, others what was near a mark already.
    live = _entries(objects.filter(~Lines.KEPT))
    told = _near_marked(_entries(objects.filter(Lines.KEPT)))
    return (
        pl.concat([live, told])
        .lazy()
        .with_columns(step=pl.lit("sha256:") + TEXT.str.head(_DIGEST), cut=cut)
        .sort("log", "step", maintain_order=True)
        .with_columns(
            data.map_batches(strings, return_dtype=pl.String).alias("text"),
            piece=(ended | is_other).cum_sum().set_sorted(),
        )
        .group_by("piece", maintain_order=True)
        .agg(pl.col("log", "step").first(), LINE.last(), TEXT)
        # Lists are joined at a quarter of the time that it takes to join the texts of groups.
        .with_columns(TEXT.list.join("").str.split("\n"))
        .explode("text")
        .select(_SAID)
        .collect(engine="in-memory")
    )


def _entries(objects: pl.DataFrame) -> pl.DataFrame:
    return (
        objects.lazy()
        .select("log", "line", TEXT.str.split(_ENTRY).list.slice(1))
        .explode("text")
        .collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())
    )


def _near_marked(entries: pl.DataFrame) -> pl.DataFrame:
    """Return the entries that have a mark, and what stands beside them in their step."""
    marked = pl.col("marked")
    near = marked | marked.shift(1, fill_value=False) | marked.shift(-1, fill_value=False)
    return (
        entries.lazy()
        .with_columns(
            marked=TEXT.str.contains(BASE64_MARKS),
            # Steps are told apart well enough by the start of their digests.
            beside=TEXT.cast(pl.Binary).bin.slice(0, _NUMBER).bin.reinterpret(dtype=pl.UInt64),
        )
        .sort("log", "beside", maintain_order=True)
        .filter(near)
        .select(entries.columns)
        .collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())
    )
