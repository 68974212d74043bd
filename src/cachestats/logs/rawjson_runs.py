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
_LOADS = "load (?:build definition|git source|remote build context)"
_OPENING = rf"^\[(?:\S+ )?internal\] (?:{_LOADS}|booting buildkit|load local bake)"
# What a build is made of; each target of a bake loads its own.
_OF_ONE = rf"^\[internal\] {_LOADS}"
# Whether another is of the next build is told by its digest, but that of a source is always the
# same, and a build may load it once more.
_SOURCE = r"\] load (?:git source|remote build context)"
# Without a target the next is of the next build.
_DEFINED = NAME.str.replace(r"^(\[internal\] load build definition) from .*", "${1}")
_LAST = r"^(?:exporting |pushing |importing to docker|resolving provenance )"


def numbered_runs(vertexes: pl.DataFrame) -> pl.DataFrame:
    """Number the builds of a log; one begins where all has ended and an opening vertex is new."""
    rows = vertexes.with_row_index("row")
    first = (LOG != LOG.shift(1)).fill_null(value=True)
    return rows.with_columns(
        run=(first | pl.col("row").is_in(_starts(_of_several(rows)).implode())).cum_sum(),
        step=pl.coalesce(GROUP, DIGEST),
    )


def _of_several(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the few logs in which an opening vertex comes again."""
    opened = rows.filter(NAME.str.contains(_OPENING)).filter(STARTED.is_not_null())
    key = NAME.str.replace(f"{_OF_ONE}.*", "")
    again = (
        opened.with_columns(at=pl.when(NAME.str.contains(_SOURCE)).then(STARTED))
        .unique(["log", "digest", "at"], keep="first", maintain_order=True)
        .filter(~pl.struct("log", key).is_first_distinct())["log"]
    )
    return rows.filter(LOG.is_in(again.unique().implode()))


def _starts(rows: pl.DataFrame) -> pl.Series:
    """Find the rows that begin another build of their log."""
    opening, failed = NAME.str.contains(_OPENING), pl.col("error").is_not_null()
    # A cache that lacks what it lists, or cannot be imported, fails no build.
    failed &= NAME.str.starts_with("[") & ~pl.col("cached").fill_null(value=False)

    def latest(told: pl.Expr) -> pl.Expr:
        return pl.when(told).then("row").forward_fill().shift(1).over("log")

    is_over = latest(NAME.str.contains(_LAST) | failed) > latest(opening)
    is_new = DIGEST.is_first_distinct().over("log") & ~_DEFINED.is_first_distinct().over("log")
    return (
        rows.with_columns(
            # The last update of a build that was killed has no end.
            ended=COMPLETED.cum_max().forward_fill().shift(1).over("log"),
            follows=opening.shift(1, fill_value=False).over("log"),
            is_over=is_over,
        )
        .filter(opening)
        .with_columns(starts=STARTED.backward_fill().over("log", "digest"))
        .filter(pl.struct("log", "digest", "starts").is_first_distinct())
        .filter((is_new & ~pl.col("follows")) | (pl.col("is_over") & NAME.str.contains(_OF_ONE)))
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
