"""Every miss beside the same layer of its comparison run."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.graph import STAGE
from cachestats.schema import LineageRows, Link, Outcome, Steps
from cachestats.volatile import masked

__all__ = ["beside_compared"]

LINEAGE = LineageRows.lineage_id.name
TEXT_THEN = pl.col("text_then")

# Columns of the earlier step that rules and evidence need, with the suffix `_then`.
THEN = (
    Steps.outcome.name,
    Steps.text.name,
    Steps.digest.name,
    Steps.inputs.name,
    Steps.line.name,
    Steps.layer_id.name,
    Steps.index.name,
    Steps.name.name,
    LineageRows.link.name,
    "stage_base",
    "above",
)


def beside_compared(missed: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Put beside each miss the same layer of its comparison run.

    Args:
        missed: Misses as `placed` gives them, with `compared_at` and the run evidence.
        history: All instruction steps as `placed` gives them.

    Returns:
        `missed` with `was_there`, whether the comparison run has the layer; `ended_then`, how it
        ended there; `stage_total_then`, steps of the stage there; `then_at`, the run whose step is
        put beside: the comparison run, or where that did not reach the layer, the latest that did;
        the columns of that step, `…_then`; and what `_likeness` and `_place` add.
    """
    then = history.select(LINEAGE, "at", *THEN).unique(
        [LINEAGE, "at"], keep="last", maintain_order=True
    )
    ended = then.select(
        LINEAGE, pl.col("at").alias("compared_at"), ended_then=Steps.outcome.name
    ).with_columns(was_there=pl.lit(value=True))
    reached = pl.col("was_there") & (pl.col("ended_then") != Outcome.NOT_NEEDED)
    return (
        missed.join(ended, on=[LINEAGE, "compared_at"], how="left")
        .join(_totals(history), on=["compared_at", *STAGE[1:]], how="left", nulls_equal=True)
        .with_columns(pl.col("was_there").fill_null(value=False))
        .with_columns(then_at=pl.when(reached).then("compared_at").otherwise("last_at"))
        .join(
            then.rename({"at": "then_at"} | {name: f"{name}_then" for name in THEN}),
            on=[LINEAGE, "then_at"],
            how="left",
        )
        .with_columns(_masked=masked(Steps.text.col), _masked_then=masked(TEXT_THEN))
        .with_columns(**_likeness(), **_place())
        .drop("_masked", "_masked_then")
    )


def _totals(history: pl.DataFrame) -> pl.DataFrame:
    return history.group_by(pl.col("at").alias("compared_at"), *STAGE[1:]).agg(
        stage_total_then=pl.col("stage_total").max()
    )


def _likeness() -> dict[str, pl.Expr]:
    """How alike the two texts are.

    `same_text`; `same_layer`, they differ in volatile values at most, or one was cut; of those
    `only_versions`, all the volatile values are versions; `only_numbers`, what differs is numbers;
    `grown`, by how many bytes the text is longer.
    """
    mask, then = pl.col("_masked"), pl.col("_masked_then")
    cut = (pl.col(LineageRows.link.name) == Link.CUT) | (pl.col("link_then") == Link.CUT)
    values = then.str.count_matches("<(?:version|id|date|time)>")
    return {
        "same_text": Steps.text.col == TEXT_THEN,
        "same_layer": (mask == then) | cut.fill_null(value=False),
        "is_cut": cut.fill_null(value=False),
        "only_versions": mask.str.count_matches("<version>") == values,
        "only_numbers": mask.str.replace_all(r"\d+", "#") == then.str.replace_all(r"\d+", "#"),
        "grown": Steps.text.col.str.len_bytes().cast(pl.Int64) - TEXT_THEN.str.len_bytes(),
    }


def _place() -> dict[str, pl.Expr]:
    """What the two steps stand on.

    `moved`, another step stands above than then; `base_updated`, the image right above has the
    same name and another digest; `base_other`, it is another image, or one of the run is and the
    log does not tell whose.
    """
    base, then = pl.col("stage_base"), pl.col("stage_base_then")
    # Old versions cut long names, and with them the digest.
    name, name_then = (
        pl.when(~one.str.ends_with("...")).then(one.str.replace("@.*", "")) for one in (base, then)
    )
    return {
        "moved": pl.col("above").ne_missing(pl.col("above_then"))
        & (Steps.index.col != pl.col("index_then")),
        "base_updated": pl.col("is_first") & (base != then) & (name == name_then),
        "base_other": pl.col("is_first") & pl.coalesce(name != name_then, "base_changed"),
    }
