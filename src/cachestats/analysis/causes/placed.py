"""Every instruction step in its place: what stands above it, and what its layer was before."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.graph import STAGE
from cachestats.analysis.compared import IMAGE
from cachestats.analysis.exprs import IS_LAYER
from cachestats.reads import COPIED_FROM, reads_context
from cachestats.schema import LineageRows, Outcome, Runs, StepKind, Steps

__all__ = ["PLACE", "RECENT", "placed"]

RECENT = 10
"""Runs of a layer that are looked at for what changes often."""

PLACE = (Runs.project.name, Steps.target.name, Steps.platform.name, Steps.stage.name)
LINEAGE = LineageRows.lineage_id.name
AT = pl.col("at")
BEGAN = Steps.outcome.col.is_in([Outcome.DONE, Outcome.FAILED, Outcome.CANCELED, Outcome.OPEN])
IS_FROM = Steps.kind.col == StepKind.FROM
# What `COPY --from` names as an image has a FROM outside of any stage.
IS_BASE = IS_FROM & Steps.index.col.is_not_null()


def placed(steps: pl.DataFrame, lineages: pl.DataFrame, compared: pl.DataFrame) -> pl.DataFrame:
    """Add to instruction steps their lineage, what stands above, and what the layer was before.

    Args:
        steps: Instruction and FROM steps with `is_miss`, `is_hit`, project and `at`.
        lineages: `LineageRows`.
        compared: The comparison run of each image of each run, as `comparisons` gives it.

    Returns:
        The instruction steps with: lineage_id, link and score; `above`, the lineage of the step
        above in the stage (null: none), and `above_hit`; `is_first`, whether nothing but FROM is
        above; `is_new`, `is_new_stage` and `is_new_image`, whether no earlier run has the layer,
        the stage, the image; `stage_base`, the image in FROM; `whole_stage`, whether no step of
        the stage hit; `some_missed`, whether one missed; `stage_total`, how many steps it has;
        `copied_from`, whether another stage copies from it; `reads`, whether the step reads the
        context; `last_at`, the latest earlier run that reached the layer, or that has it if none
        did; `made_at` and `began_at`, the latest earlier run that executed it to an end, and that
        began to; `text_changes` and `text_stays`, in how many of the last ten runs that had the
        layer its text was another than in their comparison runs, or the same.
    """
    linked = steps.join(
        lineages.select(
            Steps.layer_id.name, LINEAGE, LineageRows.link.name, LineageRows.score.name
        ),
        on=Steps.layer_id.name,
        how="left",
    ).sort(*STAGE, Steps.index.name, Steps.step_no.name)
    return (
        linked.with_columns(
            above=pl.col(LINEAGE).shift(1).over(STAGE),
            above_hit=pl.col("is_hit").shift(1).over(STAGE),
            is_first=IS_FROM.shift(1).over(STAGE).fill_null(value=True),
            is_new_stage=AT.min().over(PLACE) == AT,
            is_new_image=AT.min().over(PLACE[:3]) == AT,
            stage_base=Steps.text.col.filter(IS_BASE).first().over(STAGE),
            whole_stage=~pl.col("is_hit").any().over(STAGE),
            some_missed=pl.col("is_miss").any().over(STAGE),
            stage_total=Steps.total.col.max().over(STAGE),
        )
        .filter(IS_LAYER)
        .join(_copied_from(steps), on=[Steps.run_id.name, Steps.stage.name], how="left")
        .with_columns(pl.col("copied_from").fill_null(value=False), reads=reads_context())
        .sort(LINEAGE, "at", Steps.step_no.name)
        .with_columns(
            is_new=AT.min().over(LINEAGE) == AT,
            last_at=_last_reached(),
            made_at=_latest(pl.col("is_miss")),
            began_at=_latest(BEGAN),
        )
        .join(_text_changes(linked, compared), on=[LINEAGE, "at"], how="left")
        .with_columns(pl.col("text_changes", "text_stays").fill_null(0))
    )


def _copied_from(steps: pl.DataFrame) -> pl.DataFrame:
    """The stages of each run that another stage copies or mounts from."""
    return (
        steps.filter(IS_LAYER)
        .select(Steps.run_id.name, COPIED_FROM.alias(Steps.stage.name))
        .explode(Steps.stage.name)
        .drop_nulls(Steps.stage.name)
        .unique()
        .with_columns(copied_from=pl.lit(value=True))
    )


def _last_reached() -> pl.Expr:
    reached_at = pl.when(pl.col("is_miss") | pl.col("is_hit")).then(AT)
    return pl.coalesce(reached_at.shift(1).forward_fill(), AT.shift(1)).over(LINEAGE)


def _latest(is_so: pl.Expr) -> pl.Expr:
    """The latest earlier run whose step of the layer is so."""
    return pl.when(is_so).then(AT).shift(1).forward_fill().over(LINEAGE)


def _text_changes(linked: pl.DataFrame, compared: pl.DataFrame) -> pl.DataFrame:
    """How often the text changed lately, of the layers that ever had another one."""
    image = ["at", *IMAGE[1:]]
    varied = linked.group_by(LINEAGE).agg(Steps.text.col.n_unique()).filter(Steps.text.col > 1)
    texts = (
        linked.select(*image, LINEAGE, Steps.text.name)
        .join(varied.select(LINEAGE), on=LINEAGE, how="semi")
        .unique([LINEAGE, "at"], keep="last", maintain_order=True)
    )
    then = texts.select(LINEAGE, pl.col("at").alias("compared_at"), then=Steps.text.name)
    before = pl.coalesce("then", Steps.text.col.shift(1).over(LINEAGE))
    return (
        texts.join(compared, on=image, how="left", nulls_equal=True)
        .join(then, on=[LINEAGE, "compared_at"], how="left")
        .sort(LINEAGE, "at")
        .with_columns(then=before)
        .select(
            LINEAGE,
            "at",
            text_changes=_lately(Steps.text.col != pl.col("then")),
            text_stays=_lately(Steps.text.col == pl.col("then")),
        )
    )


def _lately(happened: pl.Expr) -> pl.Expr:
    """In how many of the last runs of a layer it happened."""
    count = happened.fill_null(value=False).cast(pl.Int32)
    return count.rolling_sum(RECENT, min_samples=1).over(LINEAGE)
