"""Plain progress: the lines of each step → what became of it."""

from __future__ import annotations

import polars as pl

from cachestats.logs.among import among
from cachestats.logs.blocks import Block
from cachestats.logs.decoded import is_cancellation
from cachestats.logs.text import Lines
from cachestats.schema import Outcome

__all__ = ["plain_steps", "printed_time"]

RUN, NO, REST, NAMES, END = Block.RUN, Block.NO, Block.REST, Block.NAMES, Block.END
OUTPUT = Lines.OUTPUT

_STEP = (RUN.cast(pl.Int64) * (1 << 32) + NO).alias("step")  # one number is grouped by faster
_LAYER, _EXTRACTS = "sha256:", "extracting sha256:"  # what both patterns below begin with
_PULL = r"^(?:sha256:[0-9a-f]{64} .|extracting sha256:)"
_DIGEST = r"^sha256:[0-9a-f]{64}$"  # printed under the name before mid-2021
_ERROR = r"^ERROR: ?"
# Until 2022 a DONE stood right behind output that had no line feed at its end.
_SECONDS = r"[0-9]+\.[0-9]+"
_GLUED = rf"[^ ]#(?<number>[0-9]+) DONE (?<glued>{_SECONDS})s\s*$"
_TIME = "%Y-%m-%dT%H:%M:%S%.fZ"


def plain_steps(rows: pl.DataFrame) -> pl.DataFrame:
    """Fold the lines of each step.

    DONE may be printed several times, each with the sum so far: the last counts; one behind other
    output only where there is none that stands alone. A hit is lazy, and a DONE behind its CACHED
    is the time its pull took. An ERROR behind CACHED takes it back: the cache had an index of the
    layer but not its blob. What printed output was executed.
    """
    end, last = pl.col("end"), pl.col("last").struct.field
    seconds = among(rows, END == "done", REST.str.extract(_SECONDS, 0).cast(pl.Float64))
    has_glued = last("number").cast(pl.Int32, strict=False) == NO

    def of(column: pl.Series, row: str) -> pl.Expr:
        return pl.lit(column).gather(row)

    places = _places(rows.with_columns(seconds=seconds))
    return (
        places.lazy()
        .with_columns(
            run=of(rows["run"], "first"),
            no=of(rows["no"], "first"),
            line=of(rows["line"], "first"),
            # A builder is created before its run begins, perhaps long before.
            started_at=pl.when(of(rows["no"], "first") != 0)
            .then(of(rows["at"], "first"))
            .pipe(printed_time),
            raw=of(rows["rest"], "name"),
            renamed=pl.col("step").is_in(_renamed(rows, places).implode()),
            digest=of(rows["rest"], "digest"),
            end=of(rows["end"], "end"),
            duration_s=of(seconds, "done"),
            pulled=pl.col("pulled").is_not_null(),
            silent=pl.col("output").is_null(),
            error=of(rows["rest"], "failed").str.replace(_ERROR, ""),
            error_line=of(rows["line"], "failed"),
            last=of(rows["rest"], "last"),
        )
        .with_columns(pl.when(end.is_null()).then("last").str.extract_groups(_GLUED))
        .with_columns(glued=pl.when(has_glued).then(last("glued")))
        .with_columns(
            duration_s=pl.coalesce("duration_s", pl.col("glued").cast(pl.Float64)),
            end=pl.when(pl.col("glued").is_null()).then("end").otherwise(pl.lit("done")),
        )
        .with_columns(step_no="no", outcome=_outcome(), inputs=pl.lit(None), members=pl.lit(None))
        .collect(engine="in-memory")
    )


def _places(rows: pl.DataFrame) -> pl.DataFrame:
    """Find the rows that tell of each step: a column for each matter, null where nothing does.

    Numbers of rows are compared for all steps at once; texts, or `filter`, step by step.
    """
    row, is_any = pl.col("row"), pl.lit(value=True)
    starts = REST.str.starts_with(_LAYER) | REST.str.starts_with(_EXTRACTS)
    is_layer = rows.select(~OUTPUT & starts).to_series()
    digests, pulls = (among(rows, is_layer, REST.str.contains(said)) for said in (_DIGEST, _PULL))
    first = {"first": is_any, "name": NAMES, "digest": pl.lit(digests)}
    last = {
        "last": is_any,
        "last_name": NAMES,
        "end": END != "paused",
        "cached": END == "cached",
        "failed": END == "failed",
        "done": pl.col("seconds").is_not_null(),
        "pulled": pl.lit(pulls),
        "output": OUTPUT,
    }
    return (
        rows.lazy()
        .with_row_index("row")
        .select(
            _STEP, *(pl.when(told).then(row).alias(name) for name, told in (first | last).items())
        )
        .group_by("step", maintain_order=True)
        .agg(pl.col(*first).min(), pl.col(*last).max())
        .collect(engine="in-memory")
    )


def _renamed(rows: pl.DataFrame, places: pl.DataFrame) -> pl.Series:
    """Return the steps that have two names, but for the target before these."""
    again = places.filter(pl.col("name") != pl.col("last_name"))["step"]
    names = (
        rows.lazy().filter(NAMES).select(_STEP, REST).filter(pl.col("step").is_in(again.implode()))
    )
    texts = REST.str.replace(r"^\[[^\]]*\] ?", "").n_unique()
    return names.group_by("step").agg(texts).filter(REST > 1).collect(engine="in-memory")["step"]


def _outcome() -> pl.Expr:
    end, error = pl.col("end"), pl.col("error")
    cached, failed = pl.col("cached"), pl.col("failed")
    hit = cached.is_not_null() & pl.col("silent") & (end != "failed").fill_null(value=True)
    return (
        pl.when("renamed")
        .then(pl.lit(Outcome.OPEN))
        .when((end == "canceled") | ((end == "failed") & is_cancellation(error)))
        .then(pl.lit(Outcome.CANCELED))
        .when(hit & ~(failed > cached).fill_null(value=False))
        .then(pl.lit(Outcome.CACHED))
        .when(end == "failed")
        .then(pl.lit(Outcome.FAILED))
        .when(end.is_not_null())
        .then(pl.lit(Outcome.DONE))
        .otherwise(pl.lit(Outcome.OPEN))
    )


def printed_time(at: pl.Expr) -> pl.Expr:
    """Read the time that a CI system put before a line."""
    return at.str.to_datetime(_TIME, time_unit="us", time_zone="UTC", strict=False)
