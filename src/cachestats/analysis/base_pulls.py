"""Which base images each run did without, and what it takes to pull them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import FactKind, Facts, Runs, StepKind, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["spared_bases"]

STEP: Sequence[str] = (Steps.run_id.name, Steps.step_no.name)
BASE: Sequence[str] = (Runs.project.name, Steps.platform.name, "base")
PULLED, PULL_S = pl.col("pulled"), pl.col("pull_s")


def spared_bases(steps: pl.LazyFrame, runs: pl.LazyFrame, facts: pl.LazyFrame) -> pl.LazyFrame:
    """Find the base images that a run names and did not pull in its FROM steps.

    A fresh builder that executes all steps pulls its base images. Where the steps above are hits,
    the base either is not wanted at all, or comes along with the pull of a hit's layers, whose
    restore has its time. Either way the time of a pull was spared in FROM: that of the median pull
    of the same image, whatever its digest, in runs of the project.

    Args:
        steps: `Steps`.
        runs: `Runs`.
        facts: `Facts`.

    Returns:
        `run_id`, `base_s`, seconds of the pulls that are known, and `bases_unknown`, how many are
        not; one row per run that names a base image, by `run_id`.
    """
    images = (
        _texts(facts, FactKind.BASE_DIGEST)
        .with_columns(base=Facts.text.col.str.replace("@.*$", ""))
        .select(*STEP, "base")
    )
    pulls = _texts(facts, FactKind.BASE_PULLED).select(STEP).with_columns(pulled=pl.lit(value=True))
    seen = (
        steps.filter(Steps.kind.col == StepKind.FROM)
        .join(runs.select(Runs.run_id.name, Runs.project.name), on=Runs.run_id.name)
        .join(images, on=STEP)
        .join(pulls, on=STEP, how="left")
        # Stages with one base share its pull.
        .group_by(Steps.run_id.name, *BASE)
        .agg(PULLED.any(), pull_s=Steps.duration_s.col.filter(PULLED).sum())
    )
    known = seen.filter(PULLED).group_by(BASE).agg(PULL_S.median())
    return (
        seen.filter(~PULLED)
        .drop("pull_s")
        .join(known, on=BASE, how="left", nulls_equal=True)
        .group_by(Steps.run_id.name)
        .agg(base_s=PULL_S.sum(), bases_unknown=PULL_S.is_null().sum().cast(pl.Int64))
        .sort(Steps.run_id.name)
    )


def _texts(facts: pl.LazyFrame, kind: FactKind) -> pl.LazyFrame:
    return facts.filter(Facts.kind.col == kind).unique(STEP)
