"""Plain progress, second half: lines with run and step → runs, steps, statuses."""

from __future__ import annotations

import polars as pl

from cachestats.logs.blocks import Block, blocks
from cachestats.logs.decoded import (
    FAULT_SCHEMA,
    RUN_SCHEMA,
    STATUS_SCHEMA,
    STEP_SCHEMA,
    Decoded,
    is_cancellation,
)
from cachestats.logs.text import Lines
from cachestats.schema import LogFormat, Outcome

__all__ = ["INTERLEAVED", "decode_plain"]

INTERLEAVED = "two builds are interleaved: a number that names two steps has an unknown outcome"

RUN, NO, REST, NAMES, END = Block.RUN, Block.NO, Block.REST, Block.NAMES, Block.END
LINE, TEXT, OUTPUT = Lines.LINE, Lines.TEXT, Lines.OUTPUT

_PULL = r"^(?:sha256:[0-9a-f]{64} .|extracting sha256:)"
_DIGEST = r"^(sha256:[0-9a-f]{64})$"  # printed under the name before mid-2021
_ERROR = r"^ERROR: ?"
_SIZE = r" (?<size>\d+(?:\.\d+)?)(?<unit>[kMGT]?B)(?: |$)"
_UNITS = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
_SECONDS = r" (\d+\.\d+)s(?: done)?$"
_PROGRESS = r"(?: [\d.]+[kMGT]?B(?: / [\d.]+[kMGT]?B)?)?(?: \d+\.\d+s)?(?: done)?$"
# What only a build says: a log may be cut to lines that neither name nor end a step.
_WORK = (
    r"^(?:exporting (?:cache|layers|manifest|config|to )|importing cache|transferring "
    r"|extracting sha256:|sha256:[0-9a-f]{64})"
)
# Until 2022 a DONE stood right behind output that had no line feed at its end.
_GLUED = r"[^ ]#(?<number>\d+) DONE (?<glued>\d+\.\d+)s\s*$"
_DRIVER = r"^building with .* using (.*) driver"
_TIME = "%Y-%m-%dT%H:%M:%S%.fZ"


def decode_plain(lines: pl.DataFrame) -> Decoded:
    """Decode the `Lines` of any number of logs in plain progress; runs without a step are none."""
    rows = _of_builds(blocks(lines))
    steps = _steps(rows.filter(NO.is_not_null()))
    return Decoded(
        runs=_runs(rows, steps),
        steps=steps.select(pl.col(name).cast(dtype) for name, dtype in STEP_SCHEMA.items()),
        statuses=_statuses(rows),
        faults=FAULT_SCHEMA.to_frame(),
    )


def _of_builds(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out what only looks like a build: `#12 Fix the cache` in a list of changes."""
    named = NAMES & (REST.str.starts_with("[") | (NO == 1) | NO.is_null())
    is_build = END.is_not_null() | named | REST.str.contains(_WORK)
    builds = rows.filter(is_build)["run"].unique()
    return rows.filter(RUN.is_in(builds.implode()))


def _time(at: pl.Expr) -> pl.Expr:
    return at.str.to_datetime(_TIME, time_unit="us", time_zone="UTC", strict=False)


def _statuses(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the last line of each status: `#8 sha256:… 7.14MB / 7.14MB 0.1s done`."""
    size = REST.str.extract_groups(_SIZE).struct
    unit = size.field("unit").replace_strict(_UNITS, default=None, return_dtype=pl.Float64)
    return (
        rows.lazy()
        .filter(NO.is_not_null() & ~OUTPUT & ~NAMES & END.is_null())
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


def _steps(rows: pl.DataFrame) -> pl.DataFrame:
    """Fold the lines of each step.

    DONE may be printed several times, each with the sum so far: the last counts; one behind other
    output only where there is none that stands alone. A hit is lazy, and a DONE behind its CACHED
    is the time its pull took. An ERROR behind CACHED takes it back: the cache had an index of the
    layer but not its blob. What printed output was executed.
    """
    row = pl.col("row")
    name, failed = REST.filter(NAMES), END == "failed"
    return (
        rows.lazy()
        .with_columns(
            seconds=pl.when(END == "done").then(REST.str.extract(r"(\d+\.\d+)").cast(pl.Float64)),
            row=pl.int_range(pl.len()),
        )
        .group_by("run", "no", maintain_order=True)
        .agg(
            raw=name.first(),
            texts=name.str.replace(r"^\[[^\]]*\] ?", "").n_unique(),
            line=LINE.first(),
            at=Lines.AT.first(),
            digest=REST.str.extract(_DIGEST).drop_nulls().first(),
            end=END.filter(END != "paused").last(),
            cached=(END == "cached").any(),
            taken_back=(row.filter(failed).max() > row.filter(END == "cached").max()).fill_null(
                value=False
            ),
            duration_s=pl.col("seconds").drop_nulls().last(),
            pulled=(~OUTPUT & REST.str.contains(_PULL)).any(),
            silent=~OUTPUT.any(),
            error=REST.filter(failed).last().str.replace(_ERROR, ""),
            error_line=LINE.filter(failed).last(),
            last=REST.last(),
        )
        .with_columns(pl.when(pl.col("end").is_null()).then("last").str.extract_groups(_GLUED))
        .unnest("last")
        .with_columns(
            glued=pl.when(pl.col("number").cast(pl.Int32, strict=False) == NO).then("glued")
        )
        .with_columns(
            duration_s=pl.coalesce("duration_s", pl.col("glued").cast(pl.Float64)),
            end=pl.when(pl.col("glued").is_null()).then("end").otherwise(pl.lit("done")),
        )
        .with_columns(
            step_no="no",
            outcome=_outcome(),
            started_at=pl.col("at").pipe(_time),
            inputs=pl.lit(None),
            members=pl.lit(None),
        )
        .collect(engine="in-memory")
    )


def _outcome() -> pl.Expr:
    end, error = pl.col("end"), pl.col("error")
    hit = pl.col("cached") & pl.col("silent") & (end != "failed").fill_null(value=True)
    return (
        pl.when(pl.col("texts") > 1)
        .then(pl.lit(Outcome.OPEN))
        .when((end == "canceled") | ((end == "failed") & is_cancellation(error)))
        .then(pl.lit(Outcome.CANCELED))
        .when(hit & ~pl.col("taken_back"))
        .then(pl.lit(Outcome.CACHED))
        .when(end == "failed")
        .then(pl.lit(Outcome.FAILED))
        .when(end.is_not_null())
        .then(pl.lit(Outcome.DONE))
        .otherwise(pl.lit(Outcome.OPEN))
    )


def _runs(rows: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    ours = TEXT.str.starts_with("#")
    driver = REST.str.extract(_DRIVER).drop_nulls()
    interleaved = steps.group_by("run").agg(
        interleaved=(pl.col("texts") > 1).any(), open=(pl.col("outcome") == Outcome.OPEN).any()
    )
    # The first build of two at once looks cut off where the second one starts.
    mixed = pl.col("interleaved") | (pl.col("open") & pl.col("interleaved").any().over("log"))
    return (
        rows.lazy()
        .group_by("run", maintain_order=True)
        .agg(
            Lines.LOG.first(),
            LINE.first(),
            at=Lines.AT.filter(ours).first(),
            until=Lines.AT.filter(ours).last(),
            driver=driver.first(),
            builder_booted=(NO == 0).any(),
            error=TEXT.filter(~ours).first(),
            error_line=LINE.filter(~ours).first(),
            content=pl.concat_str(TEXT, Lines.WEIGHT, separator=" ").filter(ours).str.join("\n"),
        )
        .join(interleaved.lazy(), on="run", maintain_order="left")
        .with_columns(
            format=pl.lit(LogFormat.PLAIN),
            started_at=pl.col("at").pipe(_time),
            ended_at=pl.col("until").pipe(_time),
            warnings=pl.when(mixed)
            .then(pl.lit([INTERLEAVED]))
            .otherwise(pl.lit([], pl.List(pl.String))),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in RUN_SCHEMA.items())
        .collect(engine="in-memory")
    )
