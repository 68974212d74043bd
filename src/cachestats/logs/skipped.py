"""Steps that BuildKit calls CACHED and only skipped, since one that they stand on failed."""

from __future__ import annotations

import polars as pl

from cachestats.reads import COPIED_FROM
from cachestats.schema import Outcome, StepKind, Steps

__all__ = ["skipped_steps"]

OUTCOME, KIND, INDEX = Steps.outcome.col, Steps.kind.col, Steps.index.col
ROW, RUN, INPUTS = pl.col("row"), pl.col("run"), Steps.inputs.col
_STAGE = ("run", "target", "platform", "stage")
_IS_BROKEN = OUTCOME.is_in([Outcome.FAILED, Outcome.CANCELED])
_IS_CACHED = OUTCOME == Outcome.CACHED
_LOWER = Steps.stage.col.str.to_lowercase()


def skipped_steps(steps: pl.DataFrame, numbered: pl.DataFrame) -> pl.Series:
    """Find what stands on a step that broke: by the graph where the log has it, else by names.

    Args:
        steps: Named steps.
        numbered: Those with an `index`; `row` is their row in `steps`.

    Returns:
        Rows of the steps that broke and of the cached steps above which one did.
    """
    broken = steps.select("run", "outcome").filter(_IS_BROKEN)["run"].unique()
    graph = (
        steps.lazy()
        .select("run", "digest", "inputs", "outcome", "started_at", "duration_s")
        .with_row_index("row")
        .filter(RUN.is_in(broken.implode()))
        .collect(engine="in-memory")
    )
    known = graph.filter(INPUTS.list.len() > 0)["run"].unique()
    rows = numbered.filter(RUN.is_in(broken.implode()) & ~RUN.is_in(known.implode()))
    return pl.concat([_by_graph(graph.filter(RUN.is_in(known.implode()))), _by_names(rows, steps)])


def _by_graph(steps: pl.DataFrame) -> pl.Series:
    """Rows of cached steps below a broken one; not of one that was a hit before that ended."""
    worked = pl.duration(milliseconds=pl.col("duration_s").fill_null(0.0) * 1e3)
    steps = steps.with_columns(until=pl.col("started_at") + worked)
    cached = steps.filter(_IS_CACHED)
    edges = cached.explode("inputs").select("run", "row", "started_at", digest="inputs")
    broken, before = steps.filter(_IS_BROKEN).select("run", "row", "digest", "until"), 0
    while broken.height > before:
        before = broken.height
        reached = edges.join(broken, on=["run", "digest"]).filter(
            pl.col("started_at") >= pl.col("until")
        )
        found = cached.filter(ROW.is_in(reached["row"].implode())).select(broken.columns)
        broken = pl.concat([broken, found]).unique("row")
    return broken["row"]


def _by_names(rows: pl.DataFrame, steps: pl.DataFrame) -> pl.Series:
    """Rows of cached steps below a broken one of their stage, or of one that theirs stands on."""
    rows = rows.with_columns(copied=COPIED_FROM)
    cached = rows.filter(_IS_CACHED)
    copies = cached.explode("copied").drop_nulls("copied").drop("stage")
    bases = _bases(rows, steps)
    broken, before = rows.filter(_IS_BROKEN), 0
    while broken.height > before:
        before = broken.height
        first = broken.group_by(_STAGE).agg(first_broken=INDEX.min())
        below = cached.join(first, on=_STAGE, nulls_equal=True).filter(
            INDEX > pl.col("first_broken")
        )
        stages = broken.select("run", "target", "platform", copied=_LOWER)
        of_stage = copies.join(stages, on=stages.columns, how="semi", nulls_equal=True)
        is_lost = pl.col("base").is_in(broken["row"].implode()).fill_null(value=False)
        on_stage = bases.filter(~ROW.is_in(bases.filter(~is_lost)["row"].implode()))
        skipped = pl.concat([below["row"], of_stage["row"], on_stage["row"]])
        found = cached.filter(ROW.is_in(skipped.implode()))
        broken = pl.concat([broken, found]).unique("row")
    return broken["row"]


def _bases(rows: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Return what each stage without FROM may stand on: `row`, its first step, and `base`.

    That is the end of another stage, or, where the first steps are missing since they are shared,
    the step before; none that was executed, for what stands on that does not hit, nor one of a
    stage that copies from this. A hit that was printed before a step failed has no `base` there.
    """
    told = _told(rows, steps)
    if told.is_empty():
        return rows.select("row", base="row").clear()
    places = _places(told)
    whole = places.filter(KIND == StepKind.FROM)
    heads = places.filter(
        "begins",
        _IS_CACHED,
        RUN.is_in(whole["run"].implode()),
        ~pl.col("in_stage").is_in(whole["in_stage"].implode()),
    ).select("run", "row", "index", "no", "line", "in_stage", copied=_LOWER)
    ran = (KIND == StepKind.INSTRUCTION) & (OUTCOME == Outcome.DONE)
    base = places.filter(~ran).select(
        "run", "index", "ends", "told", base="row", base_no="no", base_stage="in_stage"
    )
    on_end = heads.filter(INDEX == 1).join(base.filter("ends").drop("index"), on="run")
    shared = heads.filter(INDEX > 1).join(base.with_columns(INDEX + 1), on=["run", "index"])
    copiers = places.explode("copied").select("run", "copied", base_stage="in_stage")
    return (
        pl.concat([on_end, shared.select(on_end.columns)])
        .filter(pl.col("base_stage") != pl.col("in_stage"), pl.col("base_no") < pl.col("no"))
        .join(copiers, on=copiers.columns, how="anti")
        .select("row", base=pl.when(pl.col("line") > pl.col("told")).then("base"))
    )


def _told(rows: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Add `no`, `line` and `told`, the line of the end, to runs with a hit behind what broke."""

    def of(column: str) -> pl.Expr:
        return pl.lit(steps[column]).gather("row")

    rows = rows.with_columns(
        no=of("step_no"), line=of("line"), told=pl.coalesce(of("error_line"), of("line"))
    )
    first = rows.filter(_IS_BROKEN).select("run", broke="told")
    cached = rows.filter(_IS_CACHED).select("run", "line")
    late = cached.join(first, on="run").filter(pl.col("line") > pl.col("broke"))
    return rows.filter(RUN.is_in(late["run"].unique().implode()))


def _places(rows: pl.DataFrame) -> pl.DataFrame:
    """Put steps in the order of their stages, and tell where one `begins` and `ends`."""
    in_stage = pl.col("in_stage")
    return (
        rows.lazy()
        .with_columns(in_stage=pl.struct(_STAGE).rank("dense"))
        .sort("in_stage", "index", "no")
        .with_columns(
            begins=in_stage.ne_missing(in_stage.shift(1)),
            ends=in_stage.ne_missing(in_stage.shift(-1)),
        )
        .collect(engine="in-memory")
    )
