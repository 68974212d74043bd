"""Roots and cascades: what each miss is called, whom it is charged to, and of which class it is."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.conditions import OFTEN
from cachestats.analysis.causes.manifests import fed
from cachestats.analysis.causes.placed import RECENT
from cachestats.schema import (
    Cause,
    Confidence,
    LineageRows,
    MissClass,
    MissRows,
    Steps,
)

__all__ = ["charged"]

RUN = Steps.run_id.name
STEP = (RUN, Steps.step_no.name)
LINEAGE = LineageRows.lineage_id.name
CAUSE = pl.col("cause")

CLASSES = {
    Cause.FIRST_SEEN: MissClass.LEGITIMATE,
    Cause.PREVIOUS_FAILURE: MissClass.LEGITIMATE,
    Cause.INSTRUCTION_EDIT: MissClass.LEGITIMATE,
    Cause.CONTENT_CHANGE: MissClass.LEGITIMATE,
    Cause.BASE_IMAGE_UPDATE: MissClass.LEGITIMATE,
    Cause.ENVIRONMENT_CHANGE: MissClass.LEGITIMATE,
    Cause.VOLATILE_VALUE: MissClass.STRUCTURAL,
    Cause.COLD_BUILDER: MissClass.AVOIDABLE,
    Cause.IMPORT_FAILED: MissClass.AVOIDABLE,
    Cause.IMPORT_EMPTY: MissClass.AVOIDABLE,
    Cause.NOT_EXPORTED: MissClass.AVOIDABLE,
    Cause.EVICTED: MissClass.AVOIDABLE,
    Cause.NO_CACHE_FLAG: MissClass.AVOIDABLE,
    Cause.CASCADE: MissClass.UNKNOWN,
    Cause.UNKNOWN: MissClass.UNKNOWN,
}

# Causes that show in the step alone and so also hold below another miss.
OWN = (
    Cause.VOLATILE_VALUE,
    Cause.INSTRUCTION_EDIT,
    Cause.BASE_IMAGE_UPDATE,
    Cause.PREVIOUS_FAILURE,
)
# What a change of source or environment does not reach: the packages that are installed.
CHANGES = (Cause.CONTENT_CHANGE, Cause.ENVIRONMENT_CHANGE, Cause.VOLATILE_VALUE)


def charged(decided: pl.DataFrame) -> pl.DataFrame:
    """Turn misses with a cause of their own into roots and cascades.

    Below a root a miss is a cascade, of the class of its root. It is structural where it did not
    depend on what changed: it did nothing but install packages (`installs_alone`), and no root
    brought the very files that it installs by. A changed environment is structural where it recurs
    in three of ten runs of the layer.

    Args:
        decided: Misses with `cause`, `confidence`, `is_root`, `root_step_nos`, lineage_id,
            `text_then` and `installs_alone`.

    Returns:
        The same with the columns of `MissRows` that charge a miss.
    """
    own = decided.with_columns(class_=_class_of_root()).with_columns(
        root_step_no=pl.col(MissRows.root_step_nos.name).list.first()
    )
    of_root = own.select(
        RUN,
        Steps.step_no.col.alias("root_step_no"),
        CAUSE.alias(MissRows.root_cause.name),
        pl.col(LINEAGE).alias(MissRows.root_layer_id.name),
        Steps.text.col.alias(MissRows.root_text.name),
        pl.col("class_").alias("root_class"),
    )
    is_root = MissRows.is_root.col
    return (
        own.join(of_root, on=[RUN, "root_step_no"], how="left")
        .join(fed(own).with_columns(fed=pl.lit(value=True)), on=STEP, how="left")
        .with_columns(
            pl.when(~is_root & _shows_alone() & (CAUSE != MissRows.root_cause.col))
            .then(CAUSE)
            .alias(MissRows.own_cause.name)
        )
        .with_columns(
            pl.when(is_root).then(pl.col("class_")).otherwise(_class_of_cascade()).alias("class"),
            pl.when(is_root)
            .then(pl.col("confidence"))
            .otherwise(_confidence_of_cascade())
            .alias("confidence"),
        )
        .with_columns(
            pl.when(is_root)
            .then(CAUSE)
            .otherwise(pl.lit(Cause.CASCADE))
            .cast(pl.Enum(Cause))
            .alias("cause")
        )
        .drop("class_")
        .with_columns(pl.col(LINEAGE).alias(MissRows.layer_id.name))
    )


def _shows_alone() -> pl.Expr:
    """Whether a cause holds below another miss too: there inputs differ by that miss already."""
    same_text = (Steps.text.col == pl.col("text_then")).fill_null(value=False)
    return CAUSE.is_in(list(OWN)) & ~((CAUSE == Cause.INSTRUCTION_EDIT) & same_text)


def _class_of_root() -> pl.Expr:
    environment = (CAUSE == Cause.ENVIRONMENT_CHANGE) & pl.col("is_root")
    # A miss is one of a series if any ten runs around it hold three.
    often = environment.cast(pl.Int32).rolling_sum(RECENT, min_samples=1)
    recurs = (
        pl.when(environment)
        .then(often.reverse().rolling_max(RECENT, min_samples=1).reverse() >= OFTEN)
        .otherwise(pl.lit(value=False))
    )
    named = CAUSE.cast(pl.String).replace_strict(
        {cause.value: kind.value for cause, kind in CLASSES.items()}
    )
    return (
        pl.when(recurs.over(LINEAGE, order_by="at"))
        .then(pl.lit(MissClass.STRUCTURAL.value))
        .otherwise(named)
        .cast(pl.Enum(MissClass))
    )


def _class_of_cascade() -> pl.Expr:
    """The class of its root, or structural where it did not depend on what changed there."""
    independent = (
        MissRows.root_cause.col.is_in(list(CHANGES))
        & MissRows.own_cause.col.is_null()
        & pl.col("installs_alone")
        & pl.col("fed").is_null()
    ).fill_null(value=False)
    return (
        pl.when(independent & (pl.col("root_class") == MissClass.LEGITIMATE))
        .then(pl.lit(MissClass.STRUCTURAL.value).cast(pl.Enum(MissClass)))
        .otherwise(pl.col("root_class"))
    )


def _confidence_of_cascade() -> pl.Expr:
    """A graph shows what stands on what; plain progress lets it be inferred."""
    graphed = Steps.inputs.col.list.len().fill_null(0) > 0
    return (
        pl.when(graphed)
        .then(pl.lit(Confidence.HIGH.value))
        .otherwise(pl.lit(Confidence.MEDIUM.value))
        .cast(pl.Enum(Confidence))
    )
