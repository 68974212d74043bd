"""Plain progress, second half: lines with run and step → runs, steps, statuses."""

from __future__ import annotations

import polars as pl

from cachestats.logs.blocks import Block, blocks
from cachestats.logs.decoded import (
    FAULT_SCHEMA,
    RUN_SCHEMA,
    STATUS_SCHEMA,
    STEP_SCHEMA,
    TELLING,
    Decoded,
)
from cachestats.logs.plain_steps import plain_steps, printed_time
from cachestats.logs.text import Lines
from cachestats.schema import LogFormat, Outcome

__all__ = ["INTERLEAVED", "decode_plain"]

INTERLEAVED = "two builds are interleaved: a number that names two steps has an unknown outcome"

RUN, NO, REST, NAMES, END = Block.RUN, Block.NO, Block.REST, Block.NAMES, Block.END
LINE, TEXT, OUTPUT = Lines.LINE, Lines.TEXT, Lines.OUTPUT

# Not `\d`, which is any digit of Unicode: a number of others cannot be read.
_SIZE = r" (?<size>[0-9]+(?:\.[0-9]+)?)(?<unit>[kMGT]?B)(?: |$)"
_UNITS = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
_SECONDS = r" ([0-9]+\.[0-9]+)s(?: done)?$"
_PROGRESS = r"(?: [0-9.]+[kMGT]?B(?: / [0-9.]+[kMGT]?B)?)?(?: [0-9]+\.[0-9]+s)?(?: done)?$"
# What only a build says: a log may be cut to lines that neither name nor end a step.
_WORK = (
    r"^(?:exporting (?:cache|layers|manifest|config|to )|importing cache|transferring "
    r"|extracting sha256:|sha256:[0-9a-f]{64})"
)
_DRIVER_START = "building with "
_DRIVER = rf"^{_DRIVER_START}.* using (.*) driver"


def decode_plain(lines: pl.DataFrame) -> Decoded:
    """Decode the `Lines` of any number of logs in plain progress; runs without a step are none."""
    rows = _of_builds(blocks(lines))
    steps = plain_steps(rows.filter(NO.is_not_null()))
    return Decoded(
        runs=_runs(rows, steps),
        steps=steps.select(pl.col(name).cast(dtype) for name, dtype in STEP_SCHEMA.items()),
        statuses=_statuses(rows),
        faults=FAULT_SCHEMA.to_frame(),
    )


def _of_builds(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out what only looks like a build: `#12 Fix the cache` in a list of changes."""
    ended = rows.filter(END.is_not_null())["run"].unique()
    doubtful = rows.filter(~RUN.is_in(ended.implode()))
    named = NAMES & (REST.str.starts_with("[") | (NO == 1) | NO.is_null())
    builds = doubtful.filter(named | REST.str.contains(_WORK))["run"].unique()
    return rows.filter(RUN.is_in(pl.concat([ended, builds]).implode()))


def _statuses(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the last line of each status: `#8 sha256:… 7.14MB / 7.14MB 0.1s done`."""
    size = REST.str.extract_groups(_SIZE).struct
    unit = size.field("unit").replace_strict(_UNITS, default=None, return_dtype=pl.Float64)
    is_status = NO.is_not_null() & ~OUTPUT & ~NAMES & END.is_null()
    return (
        # Eagerly, for a pattern is matched on all rows, whatever it is joined to by an `&`.
        rows.filter(is_status)
        .lazy()
        .filter(REST.str.contains(TELLING))
        .with_columns(id=REST.str.replace(_PROGRESS, ""))
        .unique(["run", "no", "id"], keep="last", maintain_order=True)
        .select(
            "run",
            step_no=NO,
            line=LINE,
            text=REST,
            bytes=size.field("size").cast(pl.Float64) * unit,
            seconds=REST.str.extract(_SECONDS).cast(pl.Float64),
        )
        .cast(STATUS_SCHEMA)
        .collect(engine="in-memory")
    )


def _runs(rows: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    interleaved = steps.group_by("run").agg(
        interleaved=pl.col("renamed").any(), open=(pl.col("outcome") == Outcome.OPEN).any()
    )
    # The first build of two at once looks cut off where the second one starts.
    mixed = pl.col("interleaved") | (pl.col("open") & pl.col("interleaved").any().over("log"))
    return (
        _said_of_runs(rows)
        .join(interleaved.lazy(), on="run", maintain_order="left")
        .with_columns(
            format=pl.lit(LogFormat.PLAIN),
            started_at=pl.col("at").pipe(printed_time),
            ended_at=pl.col("until").pipe(printed_time),
            warnings=pl.when(mixed)
            .then(pl.lit([INTERLEAVED]))
            .otherwise(pl.lit([], pl.List(pl.String))),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in RUN_SCHEMA.items())
        .collect(engine="in-memory")
    )


def _said_of_runs(rows: pl.DataFrame) -> pl.LazyFrame:
    """Fold the lines of each run: those that BuildKit printed, and what the client said.

    A job may create its builder long before it builds, and in another step, whose log is a file of
    its own in an archive: when a run began, and what tells it from others, is said by the build.
    """
    ours = rows.select(TEXT.str.starts_with("#")).to_series()
    is_boot = NO.eq_missing(0)
    booted = rows.filter(is_boot)["run"].unique()
    built = rows.filter(ours & ~is_boot)["run"].unique()
    drivers = (
        rows.lazy()
        .filter(REST.str.starts_with(_DRIVER_START))
        .select("run", driver=REST.str.extract(_DRIVER))
        .drop_nulls("driver")
        .unique("run", keep="first", maintain_order=True)
    )
    client = (
        rows.lazy().filter(~ours).group_by("run").agg(error=TEXT.first(), error_line=LINE.first())
    )
    return (
        rows.lazy()
        .filter(ours & (~is_boot | ~RUN.is_in(built.implode())))
        .group_by("run", maintain_order=True)
        .agg(
            Lines.LOG.first(),
            LINE.first(),
            at=Lines.AT.first(),
            until=Lines.AT.last(),
            content=pl.concat_str(TEXT, Lines.WEIGHT, separator=" "),
        )
        # Joined as lists they take half the time of texts that are joined run by run.
        .with_columns(pl.col("content").list.join("\n"), builder_booted=RUN.is_in(booted.implode()))
        .join(drivers, on="run", how="left", maintain_order="left")
        .join(client, on="run", how="left", maintain_order="left")
    )
