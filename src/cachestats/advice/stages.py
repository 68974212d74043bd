"""Which stage of a Dockerfile is built on which, for the causes of misses in plain progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.advice.dockerfile import Layer, match, parse
from cachestats.analysis import exprs as ex
from cachestats.schema import Runs, Steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Dockerfile

__all__ = ["BASES", "stage_bases"]

BASES = pl.Schema({"project": pl.String, "stage": pl.String, "base": pl.String})


def stage_bases(
    dockerfiles: Mapping[str | None, str], steps: pl.LazyFrame, runs: pl.LazyFrame
) -> pl.DataFrame:
    """Say of each stage which other stage it is built on.

    Args:
        dockerfiles: Text of a Dockerfile by its project; one of no project is taken to be that of
            the project most of whose layers it has.
        steps: `Steps`, to find that project.
        runs: `Runs`.

    Returns:
        `BASES`: project, stage as logs name it, and its base stage (null: an image).

    Raises:
        UsageError: A text is no Dockerfile.
    """
    files = {project: parse(text) for project, text in dockerfiles.items()}
    rows = [
        (name or _project_of(file, steps, runs), stage, base)
        for name, file in files.items()
        for stage, base in _bases(file)
    ]
    return pl.DataFrame(rows, schema=BASES, orient="row")


def _bases(file: Dockerfile) -> list[tuple[str | None, str | None]]:
    """Stages under the names that logs may have for them."""
    names = {stage.index: stage.name or f"stage-{stage.index}" for stage in file.stages}
    found: list[tuple[str | None, str | None]] = []
    for stage in file.stages:
        base = None if stage.parent is None else names[stage.parent]
        found.append((names[stage.index], base))
        if stage.name is None:
            found.append((None, base))
    return found


def _project_of(file: Dockerfile, steps: pl.LazyFrame, runs: pl.LazyFrame) -> str | None:
    known = (
        steps.filter(ex.IS_LAYER)
        .unique(Steps.layer_id.name)
        .join(runs.select(Runs.run_id.name, Runs.project.name), on=Runs.run_id.name)
        .select(Runs.project.name, Steps.stage.name, Steps.index.name, Steps.text.name)
        .sort(pl.all())
        .collect()
    )
    found = match(file, [Layer(stage, index, text) for _, stage, index, text in known.iter_rows()])
    matched = known.with_columns(is_found=pl.Series(found, dtype=pl.Int64).is_not_null())
    best = (
        matched.group_by(Runs.project.name)
        .agg(pl.col("is_found").sum())
        .sort("is_found", Runs.project.name, descending=[True, False])
    )
    return best[Runs.project.name][0] if best.height else None
