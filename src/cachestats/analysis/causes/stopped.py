"""Steps that a canceled run came close to: what they stand on is its work, and they are not."""

from __future__ import annotations

import polars as pl

from cachestats.reads import is_link
from cachestats.schema import Cause, LineageRows, Outcome, Runs, Steps

__all__ = ["beside_stopped", "stopped"]

RUN = Steps.run_id.name
STEP = (RUN, Steps.step_no.name)
LINEAGE = LineageRows.lineage_id.name
COLUMNS = (Steps.text, Steps.outcome, Steps.digest, Steps.line, Steps.name)
DID_NOT_END = [Outcome.CANCELED, Outcome.OPEN]


def stopped(missed: pl.DataFrame, history: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    """Find the misses that have no result because a run was canceled between them and that above.

    That run is compared with by no other, since much may differ; but here the step above hits what
    it alone executed, and on that nothing has been built since.

    Args:
        missed: Misses as `beside_compared` gives them, with `comparable`.
        history: All instruction steps as `placed` gives them.
        ordered: `Runs` with `at`.

    Returns:
        run_id, step_no, `stopped` (true) and what to quote: `stopped_at`, `stopped_run`,
        `stopped_line` and `stopped_name`, of the step, or of the one above where that run does not
        show it.
    """
    in_run = history.select(LINEAGE, "at", *(c.col.name.suffix("_there") for c in COLUMNS)).unique(
        [LINEAGE, "at"], keep="last", maintain_order=True
    )
    there = in_run.rename({"at": "stopped_at"})
    above = there.select(
        pl.col(LINEAGE).alias("above"),
        "stopped_at",
        line_above="line_there",
        name_above="name_there",
    )
    return (
        _between(missed, history, ordered)
        .join(there, on=[LINEAGE, "stopped_at"], how="left")
        .join(above, on=["above", "stopped_at"], how="left")
        .filter(_is_as_there())
        .select(
            *STEP,
            "stopped_at",
            "stopped_run",
            stopped=pl.lit(value=True),
            stopped_line=pl.coalesce("line_there", "line_above"),
            stopped_name=pl.coalesce("name_there", "name_above"),
        )
    )


def _between(missed: pl.DataFrame, history: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    """Misses below a hit that a canceled run was the last to execute, and they not since.

    What they hit is its work then, and they were never built on it.
    """
    made_above = history.select(
        RUN, pl.col(LINEAGE).alias("above"), pl.col("made_at").alias("stopped_at")
    ).unique([RUN, "above"], keep="last", maintain_order=True)
    canceled = ordered.filter(Runs.outcome.col.is_in(DID_NOT_END)).select(
        pl.col("at").alias("stopped_at"),
        pl.col(RUN).alias("stopped_run"),
        commit_there=Runs.commit.name,
    )
    return (
        missed.filter(pl.col("above_hit") & ~is_link())
        .join(made_above, on=[RUN, "above"])
        .join(canceled, on="stopped_at")
        .filter(
            pl.col("stopped_at").is_between("then_at", "at", closed="none"),
            pl.col("last_at") < pl.col("stopped_at"),
        )
    )


def _is_as_there() -> pl.Expr:
    """Whether the canceled run would have made the same of the step, had it come to it.

    Files may have changed since, unless both are of one commit.
    """
    digest, text = pl.col("digest_there"), pl.col("text_there")
    stopped_in_it = pl.col("outcome_there").is_in([*DID_NOT_END, Outcome.NOT_NEEDED])
    compared = pl.coalesce(digest, "digest_then")
    same_digest = (Steps.digest.col == compared) | compared.is_null()
    same_files = (Runs.commit.col == pl.col("commit_there")).fill_null(value=False)
    return (
        stopped_in_it.fill_null(value=True)
        & (text == Steps.text.col).fill_null(value=True)
        & (pl.col("comparable").is_null() | same_digest)
        & (~pl.col("reads") | same_files)
    )


def beside_stopped(decided: pl.DataFrame) -> pl.DataFrame:
    """Put the canceled run beside the misses that it explains, in place of the comparison run."""
    explained = pl.col("stopped") & (pl.col("cause") == Cause.PREVIOUS_FAILURE)
    shown = {
        "then_at": "stopped_at",
        "run_id_then": "stopped_run",
        "line_then": "stopped_line",
        "name_then": "stopped_name",
    }
    return decided.with_columns(
        pl.when(explained).then(of_it).otherwise(then).alias(then) for then, of_it in shown.items()
    )
