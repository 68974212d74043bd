"""The lines of logs that show a cause."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cachestats.schema import EVIDENCE, Basis, Cause, Link, MissRows, Runs, Steps

__all__ = ["evidence"]

RUN = Runs.run_id.name
STEP = [RUN, Steps.step_no.name]
SAME_ID = Steps.layer_id.col == pl.col("layer_id_then")
CAUSE = pl.col("cause")
COLD = (Cause.COLD_BUILDER, Cause.IMPORT_FAILED, Cause.IMPORT_EMPTY, Cause.NOT_EXPORTED)
BESIDE = (
    Cause.INSTRUCTION_EDIT,
    Cause.VOLATILE_VALUE,
    Cause.ENVIRONMENT_CHANGE,
    Cause.PREVIOUS_FAILURE,
    Cause.EVICTED,
    Cause.NO_CACHE_FLAG,
)


class Quote(NamedTuple):
    """A line that is quoted for some causes: names of its columns, and for which."""

    source: str
    line: str
    text: str
    causes: tuple[Cause, ...]


# In the order in which they are told. `_then` is the comparison run.
QUOTES = (
    Quote("source", "pulled_line", "pulled_text", COLD),
    Quote(
        "source",
        "context_line",
        "context_text",
        (*COLD, Cause.CONTENT_CHANGE, Cause.NO_CACHE_FLAG, Cause.EVICTED),
    ),
    Quote("source", "base_line", "base_text", (Cause.BASE_IMAGE_UPDATE,)),
    Quote(
        "source",
        "import_line",
        "import_text",
        (Cause.IMPORT_FAILED, Cause.IMPORT_EMPTY, Cause.NOT_EXPORTED),
    ),
    Quote("source", "dockerfile_line", "dockerfile_text", (Cause.ENVIRONMENT_CHANGE,)),
    Quote(
        "source_then",
        "dockerfile_line_then",
        "dockerfile_text_then",
        (Cause.ENVIRONMENT_CHANGE,),
    ),
    Quote("source_then", "base_line_then", "base_text_then", (Cause.BASE_IMAGE_UPDATE,)),
    Quote("source_then", "export_line_then", "export_text_then", (Cause.NOT_EXPORTED,)),
    Quote("source_then", "line_then", "name_then", BESIDE),
)


def evidence(charged: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    """Attach the lines that show each cause, and name the runs.

    Args:
        charged: Misses with their causes and the evidence of their run and its comparison run.
        ordered: `Runs` with `at`.

    Returns:
        The same with the rest of `MissRows`. The step's own line comes first; then, of a cascade
        the line of its root; of a root what shows the cause, last the line that it is compared
        with. A line that the log does not have a number for is left out.
    """
    named = _named(charged, ordered)
    return named.join(_quoted(named), on=STEP, how="left").with_columns(
        Steps.duration_s.col.fill_null(0.0).alias(MissRows.cost_s.name),
        pl.col("run_id_then").alias(MissRows.compared_run_id.name),
        _basis().alias(MissRows.compared_basis.name),
        _link().alias(MissRows.link.name),
        pl.when(pl.col("layer_id_then").is_not_null())
        .then(pl.coalesce(pl.when(~SAME_ID).then("score"), pl.lit(1.0)))
        .alias(MissRows.link_score.name),
    )


def _named(charged: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    of_run = (Runs.started_at, Runs.branch, Runs.source)
    then = ordered.select(then_at="at", source_then=Runs.source.name, branch_then=Runs.branch.name)
    return (
        charged.join(ordered.select(RUN, *(c.name for c in of_run)), on=RUN, how="left")
        .join(then, on="then_at", how="left")
        # A size that did not change proves nothing.
        .with_columns(
            pl.when("dockerfile_changed").then("dockerfile_line"),
            pl.when("dockerfile_changed").then("dockerfile_line_then"),
        )
    )


def _basis() -> pl.Expr:
    """How the run that a layer is compared with was found, be it the run's or the layer's own."""
    same_branch = Runs.branch.col.eq_missing(pl.col("branch_then"))
    its_own = pl.when(same_branch).then(pl.lit(Basis.BRANCH)).otherwise(pl.lit(Basis.ANY))
    return (
        pl.when(pl.col("then_at") == pl.col("compared_at"))
        .then("basis")
        .when(pl.col("then_at").is_not_null())
        .then(its_own.cast(pl.Enum(Basis)))
    )


def _link() -> pl.Expr:
    same = pl.lit(Link.SAME).cast(MissRows.link.dtype)
    return pl.when(pl.col("layer_id_then").is_not_null()).then(
        pl.coalesce(pl.when(~SAME_ID).then("link"), same)
    )


def _quoted(named: pl.DataFrame) -> pl.DataFrame:
    """The lists of lines: in long form first, since few causes quote each line."""
    own = named.select(*STEP, **_line("source", Steps.line.name, Steps.name.name))
    of_root = named.filter(~MissRows.is_root.col).select(
        RUN,
        MissRows.root_step_no.col.alias("root"),
        Steps.step_no.name,
        pl.col("source"),
    )
    roots = named.select(
        RUN, Steps.step_no.col.alias("root"), Steps.line.name, Steps.name.col.alias("text")
    )
    above = of_root.join(roots, on=[RUN, "root"]).select(*STEP, "source", "line", "text")
    quotes = [
        named.filter(CAUSE.is_in(list(quote.causes))).select(
            *STEP, **_line(quote.source, quote.line, quote.text)
        )
        for quote in QUOTES
    ]
    return (
        pl.concat([own, above, *quotes])
        .filter(pl.col("line") > 0)
        .unique(maintain_order=True)
        .group_by(STEP, maintain_order=True)
        .agg(pl.struct("source", "line", "text").alias(MissRows.evidence.name))
        .with_columns(MissRows.evidence.col.cast(EVIDENCE))
    )


def _line(source: str, line: str, text: str) -> dict[str, pl.Expr]:
    return {
        "source": pl.col(source),
        "line": pl.col(line).cast(pl.Int64),
        "text": pl.col(text),
    }
