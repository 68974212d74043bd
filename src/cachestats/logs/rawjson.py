"""rawjson: `SolveStatus` objects in the kept lines of logs → runs, steps, statuses.

Updates of a vertex are merged by its digest. A vertex may work in several intervals, which may
overlap; vertices of one progress group are one step, as BuildKit shows them.
"""

from __future__ import annotations

import polars as pl

from cachestats.logs.decoded import (
    PULL,
    STATUS_SCHEMA,
    STEP_SCHEMA,
    Decoded,
    is_cancellation,
)
from cachestats.logs.rawjson_runs import folded_runs, numbered_runs
from cachestats.logs.solvestatus import decode_updates
from cachestats.logs.text import Lines
from cachestats.schema import Outcome, Steps

__all__ = ["decode_rawjson"]

LINE, DIGEST, GROUP = pl.col("line"), pl.col("digest"), pl.col("group")
STARTED, COMPLETED, ERROR = pl.col("started"), pl.col("completed"), pl.col("error")
STEP = ("run", "step")  # `step`: the progress group of a vertex, else its digest


def decode_rawjson(lines: pl.DataFrame) -> Decoded:
    """Decode the `Lines` of any number of logs that hold rawjson objects."""
    updates = decode_updates(lines.filter(Lines.TEXT.str.starts_with("{")))
    vertexes = numbered_runs(updates.vertexes)
    intervals = _intervals(vertexes)
    members = _members(vertexes, intervals)
    steps = _steps(members, intervals)
    statuses = _statuses(updates.statuses, members, steps)
    pulled = statuses.filter(pl.col("text").str.contains(PULL)).select("run", "step_no").unique()
    steps = steps.join(
        pulled.with_columns(pulled=True), on=["run", "step_no"], how="left", maintain_order="left"
    ).with_columns(pl.col("pulled").fill_null(value=False))
    return Decoded(
        runs=folded_runs(vertexes, intervals, lines),
        steps=steps.select(pl.col(name).cast(dtype) for name, dtype in STEP_SCHEMA.items()),
        statuses=statuses.select(STATUS_SCHEMA.names()),
        faults=updates.faults,
    )


def _intervals(vertexes: pl.DataFrame) -> pl.DataFrame:
    """Return each interval in which a vertex worked, in the order of their starts.

    `cached` is true where the cache had it, `lost` where an error took that back: the cache held
    an index of the layer and not its blob. `worked_s` is what the interval adds to the union of
    those of its step.
    """
    cached = pl.col("cached").fill_null(value=False)
    return (
        vertexes.lazy()
        .filter(STARTED.is_not_null())
        .group_by("run", "step", "digest", "started", maintain_order=True)
        .agg(
            COMPLETED.max(),
            cached=cached.any(),
            lost=(cached & ERROR.is_not_null()).any(),
        )
        .sort("run", "step", "started", maintain_order=True)
        .collect(engine="in-memory")
        .pipe(_until)
        .with_columns(worked=COMPLETED - pl.max_horizontal(STARTED, "until"))
        .with_columns(
            worked_s=pl.col("worked").dt.total_nanoseconds().clip(lower_bound=0) / 1e9,
        )
    )


def _until(intervals: pl.DataFrame) -> pl.DataFrame:
    """Add `until` to intervals by step: when those before it in its step had all ended.

    A window would take a microsecond for each of thousands of steps. Here each turn looks back
    twice as far as the last, in all of them at once.
    """
    number, until = pl.col("number"), pl.col("until")

    def before(value: pl.Expr, by: int) -> pl.Expr:
        return pl.when(number == number.shift(by)).then(value.shift(by))

    rows = intervals.with_columns(number=pl.struct(STEP).rle_id())
    longest = rows.select(number.rle().struct.field("len").max()).item() or 0
    rows, seen = rows.with_columns(until=before(COMPLETED, 1)), 1
    while seen < longest - 1:
        rows = rows.with_columns(until=pl.max_horizontal(until, before(until, seen)))
        seen *= 2
    return rows.drop("number")


def _steps(members: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """Fold members into steps, numbered in the order of their starts, then of appearance."""
    worked = intervals.group_by(*STEP).agg(
        started_at=STARTED.min(), duration_s=pl.col("worked_s").sum()
    )
    alone = members.filter(GROUP.is_null()).with_columns(
        members=pl.lit(None, Steps.members.dtype), whole=pl.lit(value=True)
    )
    grouped = _grouped(members.filter(GROUP.is_not_null())).select(alone.columns)
    return (
        pl.concat([alone, grouped], how="vertical_relaxed")
        .lazy()
        .sort("appeared")
        .join(worked.lazy(), on=STEP, how="left", maintain_order="left")
        .with_columns(outcome=_outcome(), silent=False)
        .sort("run", "started_at", nulls_last=True, maintain_order=True)
        .with_columns(step_no=pl.int_range(1, pl.len() + 1).over("run"))
        .rename({"name": "raw"})
        .collect(engine="in-memory")
    )


def _members(vertexes: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """Fold the updates of each vertex; `hit` is null for one that never started."""
    ended = intervals.group_by("run", "digest").agg(
        hit=pl.col("cached").any() & ~pl.col("lost").any(), open=COMPLETED.last().is_null()
    )
    return (
        vertexes.lazy()
        .group_by("run", "step", "digest", maintain_order=True)
        .agg(
            pl.col("row").first().alias("appeared"),
            pl.col("log", "line", "name", "group", "group_name", "weak").first(),
            pl.col("inputs").drop_nulls().first(),
            ERROR.last(),
            error_line=LINE.last(),
        )
        .with_columns(error_line=pl.when(ERROR.is_not_null()).then("error_line"))
        .join(ended.lazy(), on=["run", "digest"], how="left", maintain_order="left")
        .collect(engine="in-memory")
    )


def _grouped(members: pl.DataFrame) -> pl.DataFrame:
    """Fold the members of progress groups: a group is a hit only if all that started are."""
    inputs = pl.col("inputs").drop_nulls().list.explode().unique(maintain_order=True)
    strong_first = pl.col("weak").fill_null(value=False)
    digest = DIGEST.cast(pl.String)
    return members.group_by(*STEP, maintain_order=True).agg(
        pl.col("appeared", "log", "line", "group", "group_name", "weak").first(),
        name=pl.col("group_name").first(),
        # The vertex that others depend on is the one that joins the members.
        digest=DIGEST.sort_by(strong_first, maintain_order=True).first(),
        inputs=inputs.filter(~inputs.is_in(digest.implode())),
        members=pl.struct(digest, "inputs", "hit"),
        hit=pl.col("hit").drop_nulls().all(),
        whole=pl.col("hit").is_not_null().all(),
        open=pl.col("open").any(),
        error=ERROR.drop_nulls().last(),
        error_line=pl.col("error_line").drop_nulls().last(),
    )


def _outcome() -> pl.Expr:
    """Tell how a step ended; a hit in part, whose other members nobody wanted, was not needed."""
    return (
        pl.when(pl.col("started_at").is_null() | (pl.col("hit") & ~pl.col("whole")))
        .then(pl.lit(Outcome.NOT_NEEDED))
        .when(is_cancellation(ERROR))
        .then(pl.lit(Outcome.CANCELED))
        .when(ERROR.is_not_null())
        .then(pl.lit(Outcome.FAILED))
        .when(pl.col("hit"))
        .then(pl.lit(Outcome.CACHED))
        .when(pl.col("open"))
        .then(pl.lit(Outcome.OPEN))
        .otherwise(pl.lit(Outcome.DONE))
    )


def _owned(statuses: pl.DataFrame, members: pl.DataFrame) -> pl.LazyFrame:
    """Add run and step to each status; two builds of one log may have a vertex in common."""
    owners = members.select("log", "run", "step", vertex="digest")
    owned = statuses.lazy().with_row_index("status")
    owned = owned.join(owners.lazy(), on=["log", "vertex"], maintain_order="left")
    if owners.select("log", "vertex").is_unique().all():
        return owned.drop("status")
    begins = members.group_by("run").agg(begin=LINE.min())
    return (
        owned.join(begins.lazy(), on="run", maintain_order="left")
        .filter(LINE >= pl.col("begin"))
        .sort("status", "run")
        .unique("status", keep="last", maintain_order=True)
        .drop("status", "begin")
    )


def _statuses(statuses: pl.DataFrame, members: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Say the last state of each status as plain progress would."""
    size = pl.col("current").cast(pl.Float64)
    seconds = (COMPLETED - STARTED).dt.total_nanoseconds() / 1e9
    total = pl.col("total").fill_null(0)
    amount = (
        pl.when(total > 0)
        .then(pl.format(" {}B / {}B", "current", "total"))
        .when(pl.col("current") > 0)
        .then(pl.format(" {}B", "current"))
        .otherwise(pl.lit(""))
    )
    took = pl.when(seconds.is_not_null()).then(pl.format(" {}s done", seconds.round(1)))
    return (
        _owned(statuses, members)
        .group_by("run", "step", "id", maintain_order=True)
        .agg(pl.all().last())
        .join(steps.lazy().select(*STEP, "step_no"), on=STEP, maintain_order="left")
        .select(
            "run",
            "step_no",
            "line",
            text=pl.concat_str("id", amount, took.fill_null("")),
            bytes=size,
            seconds=seconds,
        )
        .cast(STATUS_SCHEMA)
        .collect(engine="in-memory")
    )
