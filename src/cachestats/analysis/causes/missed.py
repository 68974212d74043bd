"""Every miss beside the same layer of its comparison run."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.graph import FROM_STAGE, reads_context
from cachestats.analysis.exprs import IS_LAYER
from cachestats.schema import (
    FactKind,
    Facts,
    LineageRows,
    Link,
    Outcome,
    Runs,
    StepKind,
    Steps,
)
from cachestats.volatile import masked

__all__ = ["beside_compared", "placed", "same_packages"]

STEP = (Steps.run_id.name, Steps.step_no.name)
STAGE = (Steps.run_id.name, Steps.target.name, Steps.platform.name, Steps.stage.name)
PLACE = (Runs.project.name, Steps.target.name, Steps.platform.name, Steps.stage.name)
LINEAGE = LineageRows.lineage_id.name
AT = pl.col("at")
RECENT = 10

THEN = (
    Steps.step_no.name,
    Steps.outcome.name,
    Steps.text.name,
    Steps.digest.name,
    Steps.line.name,
    Steps.layer_id.name,
    Steps.index.name,
    Steps.name.name,
    Steps.total.name,
    "stage_base",
    "above",
    "at",
)


def placed(steps: pl.DataFrame, lineages: pl.DataFrame) -> pl.DataFrame:
    """Add to instruction steps their lineage, what stands above, and what the layer was before.

    Args:
        steps: Instruction and FROM steps with `is_miss`, `is_hit`, project and `at`.
        lineages: `LineageRows`.

    Returns:
        The instruction steps with: lineage_id; `above`, the lineage of the step above in the stage
        (null: none); `is_first`, whether nothing but FROM is above; `is_new`, `is_new_stage` and
        `is_new_image`, whether no earlier run has the layer, the stage, the image; `stage_base`,
        the image in FROM; `whole_stage`, whether no step of the stage
        hit; `copied_from`, whether another stage copies from the stage; `last_at`, the latest
        earlier run that reached the layer; `text_changes`, in how many of the last ten runs that
        had the layer its text was another than before.
    """
    linked = steps.join(
        lineages.select(Steps.layer_id.name, LINEAGE, "link", "score"),
        on=Steps.layer_id.name,
        how="left",
    ).sort(*STAGE, Steps.index.name, Steps.step_no.name)
    copied = (
        steps.filter(IS_LAYER)
        .select(Steps.run_id.name, named=FROM_STAGE)
        .explode("named")
        .drop_nulls("named")
        .unique()
        .with_columns(copied_from=pl.lit(value=True))
    )
    return (
        linked.with_columns(
            above=pl.col(LINEAGE).shift(1).over(STAGE),
            is_first=(Steps.kind.col == StepKind.FROM).shift(1).over(STAGE).fill_null(value=True),
            is_new_stage=AT.min().over(PLACE) == AT,
            is_new_image=AT.min().over(PLACE[:3]) == AT,
            stage_base=Steps.text.col.filter(Steps.kind.col == StepKind.FROM).first().over(STAGE),
            whole_stage=~pl.col("is_hit").any().over(STAGE),
        )
        .filter(IS_LAYER)
        .join(
            copied,
            left_on=[Steps.run_id.name, Steps.stage.name],
            right_on=[Steps.run_id.name, "named"],
            how="left",
        )
        .with_columns(pl.col("copied_from").fill_null(value=False), reads=reads_context())
        .sort(LINEAGE, "at", Steps.step_no.name)
        .with_columns(
            is_new=AT.min().over(LINEAGE) == AT,
            last_at=_last_reached(),
            text_changes=_text_changes(),
        )
    )


def _last_reached() -> pl.Expr:
    reached_at = pl.when(pl.col("is_miss") | pl.col("is_hit")).then(AT)
    return reached_at.shift(1).forward_fill().over(LINEAGE)


def _text_changes() -> pl.Expr:
    changed = (Steps.text.col != Steps.text.col.shift(1)).fill_null(value=False).cast(pl.Int32)
    return changed.rolling_sum(RECENT, min_samples=1).over(LINEAGE)


def beside_compared(missed: pl.DataFrame, all_steps: pl.DataFrame) -> pl.DataFrame:
    """Put beside each miss the same layer of its comparison run.

    Args:
        missed: Misses as `placed` gives them, with `compared_at` and the run evidence.
        all_steps: All instruction steps as `placed` gives them.

    Returns:
        `missed` with the columns of that step, `…_then`: of the comparison run, or where that did
        not reach the layer, of the latest run that did; `was_there`, whether the comparison run
        has the layer at all; and `same_text`, `same_layer`, `only_numbers` (what differs in the
        text is numbers), `moved` (another step stands above it than then), `base_moved` (the image
        right above it is another), `longer` (the length of the text differs), `stage_total` and
        `stage_total_then` (steps of its stage).
    """
    then = all_steps.select(
        LINEAGE,
        *(pl.col(name).alias(f"{name}_then" if name != "at" else "then_at") for name in THEN),
    ).unique([LINEAGE, "then_at"], keep="last", maintain_order=True)
    direct = missed.join(
        then, left_on=[LINEAGE, "compared_at"], right_on=[LINEAGE, "then_at"], how="left"
    ).with_columns(was_there=pl.col("layer_id_then").is_not_null(), then_at=pl.col("compared_at"))
    lost = pl.col("was_there") == False  # noqa: E712
    unreached = lost | pl.col("outcome_then").is_in(
        [Outcome.CANCELED, Outcome.OPEN, Outcome.NOT_NEEDED]
    )
    totals = all_steps.group_by("at", *STAGE[1:]).agg(stage_total=Steps.total.col.max())
    direct = direct.join(
        totals,
        left_on=["at", *STAGE[1:]],
        right_on=["at", *STAGE[1:]],
        how="left",
        nulls_equal=True,
    ).join(
        totals.rename({"stage_total": "stage_total_then"}),
        left_on=["compared_at", *STAGE[1:]],
        right_on=["at", *STAGE[1:]],
        how="left",
        nulls_equal=True,
    )
    columns = [name for name in then.columns if name not in {LINEAGE, "then_at"}]
    earlier = (
        direct.filter(unreached)
        .with_columns(ended_then=pl.col("outcome_then"))
        .drop(columns)
        .with_columns(then_at=pl.col("last_at"))
        .join(then, on=[LINEAGE, "then_at"], how="left")
    )
    return pl.concat(
        [
            direct.filter(~unreached).with_columns(ended_then=pl.col("outcome_then")),
            earlier,
        ],
        how="diagonal_relaxed",
    ).with_columns(
        same_text=Steps.text.col == pl.col("text_then"),
        same_layer=(Steps.layer_id.col == pl.col("layer_id_then"))
        | pl.col("link").is_in([Link.RENAMED, Link.CUT]),
        only_numbers=_without_numbers(Steps.text.col) == _without_numbers(pl.col("text_then")),
        only_versions=masked(Steps.text.col).str.count_matches("<version>")
        == masked(Steps.text.col).str.count_matches("<(?:version|id|date|time)>"),
        moved=pl.col("above").ne_missing(pl.col("above_then"))
        & (Steps.index.col != pl.col("index_then")),
        base_moved=pl.col("is_first")
        & pl.coalesce(pl.col("stage_base") != pl.col("stage_base_then"), pl.col("base_changed")),
        longer=Steps.text.col.str.len_bytes() != pl.col("text_then").str.len_bytes(),
    )


def _without_numbers(text: pl.Expr) -> pl.Expr:
    return masked(text).str.replace_all(r"\d+", "#")


def same_packages(missed: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Find the misses that installed exactly what the layer had installed when it last missed.

    Args:
        missed: Misses with lineage_id and `at`.
        facts: `Facts`; a `package_set` names the packages by a fingerprint.

    Returns:
        run_id, step_no and `same_packages`, one row per miss whose packages are known.
    """
    prints = Facts.text.col.str.extract(r"^(\S+ \d+ packages [0-9a-f]{20})")
    return (
        facts.filter(Facts.kind.col == FactKind.PACKAGE_SET)
        .select(*STEP, prints)
        .drop_nulls()
        .group_by(STEP)
        .agg(Facts.text.col.sort().str.join(";"))
        .join(missed.select(*STEP, LINEAGE, "at"), on=STEP)
        .sort(LINEAGE, "at")
        .select(
            *STEP,
            same_packages=(Facts.text.col == Facts.text.col.shift(1)).over(LINEAGE),
        )
    )
