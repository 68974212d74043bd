"""Updates of vertices → the builds of each log, and what is known of each."""

from __future__ import annotations

import polars as pl

from cachestats.logs.decoded import BOOTING, RUN_SCHEMA
from cachestats.logs.text import Lines
from cachestats.schema import LogFormat

__all__ = ["folded_runs", "numbered_runs"]

RUN, LOG, LINE = pl.col("run"), pl.col("log"), pl.col("line")
NAME, DIGEST, GROUP = pl.col("name"), pl.col("digest"), pl.col("group")
STARTED, COMPLETED = pl.col("started"), pl.col("completed")

# The first vertices of a build; where one comes again, another build begins.
_OPENING = r"^\[(?:\S+ )?internal\] (?:load build definition|booting buildkit|load local bake)"
# Each target of a bake loads one; without a target the next is of the next build.
_DEFINED = NAME.str.replace(r"^(\[internal\] load build definition) from .*", "${1}")


def numbered_runs(vertexes: pl.DataFrame) -> pl.DataFrame:
    """Number the builds of a log; one begins where all has ended and an opening vertex is new."""
    rows = vertexes.with_row_index("row")
    opened = rows.filter(NAME.str.contains(_OPENING)).unique(
        ["log", "digest"], keep="first", maintain_order=True
    )
    # In few logs an opening vertex comes again under another digest.
    again = opened.filter(~pl.struct("log", _DEFINED).is_first_distinct())["log"].unique()
    starts = _starts(rows.filter(LOG.is_in(again.implode())))
    first = (LOG != LOG.shift(1)).fill_null(value=True)
    return rows.with_columns(
        run=(first | pl.col("row").is_in(starts.implode())).cum_sum(),
        step=pl.coalesce(GROUP, DIGEST),
    )


def _starts(rows: pl.DataFrame) -> pl.Series:
    """Find the rows that begin another build of their log."""
    opening = NAME.str.contains(_OPENING)
    return (
        rows.with_columns(
            ended=COMPLETED.cum_max().shift(1).over("log"),
            starts=STARTED.min().over("log", "digest"),
            follows=opening.shift(1, fill_value=False).over("log"),
        )
        .filter(opening & DIGEST.is_first_distinct().over("log"))
        .filter(~_DEFINED.is_first_distinct().over("log") & ~pl.col("follows"))
        .filter(pl.col("starts") >= pl.col("ended"))["row"]
    )


def folded_runs(
    vertexes: pl.DataFrame, intervals: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    """Fold vertices and the intervals in which they worked into runs, `RUN_SCHEMA`.

    Args:
        vertexes: Rows that `numbered_runs` numbered.
        intervals: `run`, `digest`, `started`, `completed` and `cached` of each.
        lines: Kept `Lines` of the logs, with what the client said of them.
    """
    said = lines.filter(~Lines.TEXT.str.starts_with("#") & ~Lines.TEXT.str.starts_with("{"))
    client = said.group_by("log").agg(
        error=Lines.TEXT.first(), error_line=Lines.LINE.first().cast(pl.UInt32)
    )
    return (
        vertexes.group_by("run", maintain_order=True)
        .agg(
            LOG.first(),
            LINE.first(),
            builder_booted=NAME.str.contains(BOOTING, literal=True).any(),
        )
        .join(_content(intervals), on="run", how="left", maintain_order="left")
        .join(client, on="log", how="left", maintain_order="left")
        .with_columns(
            # Several builds in one log: the client's last word is on the last of them.
            pl.when(RUN == RUN.max().over("log")).then(pl.col("error", "error_line")),
            content=pl.col("content").fill_null(""),
            format=pl.lit(LogFormat.RAWJSON),
            driver=pl.lit(None),
            warnings=pl.lit([], pl.List(pl.String)),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in RUN_SCHEMA.items())
    )


def _content(intervals: pl.DataFrame) -> pl.DataFrame:
    """Return what the identity of a run is a hash of, and when it worked."""
    times = [
        pl.col(name).dt.replace_time_zone(None).dt.to_string("%F %T%.9f+00:00")
        for name in ("started", "completed")
    ]
    text = pl.concat_str("digest", *times, "cached", separator=" ", ignore_nulls=True)
    return (
        intervals.lazy()
        .sort("run", "started", "digest", maintain_order=True)
        .with_columns(text=text)
        .group_by("run", maintain_order=True)
        .agg(started_at=STARTED.min(), ended_at=COMPLETED.max(), content="text")
        # Lists are joined at a fraction of the time that it takes to join the texts of groups.
        .with_columns(pl.col("content").list.join("\n"))
        .collect(engine="in-memory")
    )
