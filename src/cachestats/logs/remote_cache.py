"""Cache imports and exports: backend, reference, mode, outcome, seconds."""

from __future__ import annotations

import polars as pl

from cachestats.logs.facts import INLINE
from cachestats.schema import Backend, CacheIO, Direction, FactKind, StepKind, Steps

__all__ = ["cache_io"]

REF, BACKEND, DIRECTION = CacheIO.ref.col, CacheIO.backend.col, CacheIO.direction.col

# `gha:8680939905724665080`: a hash of attributes, among them a token that is new each run.
_NUMBERED = r"^(gha|local|s3|azblob):\d+$"
_EXPORTS = {
    "exporting cache to registry": Backend.REGISTRY,
    "exporting to GitHub Actions Cache": Backend.GHA,
    "exporting to GitHub cache": Backend.GHA,
    "exporting cache to client directory": Backend.LOCAL,
    "exporting cache to Amazon S3": Backend.S3,
    "exporting cache to Azure Blob Storage": Backend.AZBLOB,
    "exporting inline cache": Backend.INLINE,
}


def cache_io(steps: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return one row per import or export of a remote cache.

    An export does not print where it goes: it has the reference of the one import of its backend
    in the run, where there is one. An import of an inline cache looks like one of a registry; it
    is called inline where the run itself writes an inline cache to the image it imports from.

    Args:
        steps: `STEP_SCHEMA` with what the names tell.
        found: The `facts` of the same runs.

    Returns:
        `run` and the columns of `CacheIO` but its ids, by run and step.
    """
    rows = pl.concat([_steps(steps.lazy()), _inline_exports(steps.lazy(), found.lazy())])
    imported = REF.filter(DIRECTION == Direction.IMPORT)
    inline_to = REF.filter((DIRECTION == Direction.EXPORT) & (BACKEND == Backend.INLINE)).first()
    is_import = DIRECTION == Direction.IMPORT
    is_inline = is_import & (BACKEND == Backend.REGISTRY) & (_repository(REF) == inline_to)
    one = pl.when(imported.n_unique() == 1).then(imported.first())
    return (
        rows.with_columns(
            backend=pl.when(is_inline.over("run"))
            .then(pl.lit(Backend.INLINE, CacheIO.backend.dtype))
            .otherwise(BACKEND)
        )
        .with_columns(ref=pl.coalesce(REF, one.over("run", "backend")))
        .sort("run", "step_no", "direction", "backend")
        .collect(engine="in-memory")
    )


def _steps(steps: pl.LazyFrame) -> pl.LazyFrame:
    text = Steps.text.col
    is_import = Steps.kind.col == StepKind.CACHE_IMPORT
    ref = text.str.strip_prefix("importing cache manifest from ")
    numbered = ref.str.extract(_NUMBERED)
    export = text.replace_strict(_EXPORTS, default=Backend.OTHER)
    return steps.filter(
        Steps.kind.col.is_in([StepKind.CACHE_IMPORT, StepKind.CACHE_EXPORT])
    ).select(
        "run",
        "step_no",
        direction=pl.when(is_import)
        .then(pl.lit(Direction.IMPORT))
        .otherwise(pl.lit(Direction.EXPORT))
        .cast(CacheIO.direction.dtype),
        backend=pl.when(is_import)
        .then(numbered.fill_null(Backend.REGISTRY))
        .otherwise(export)
        .cast(CacheIO.backend.dtype),
        ref=pl.when(is_import).then(pl.coalesce(numbered, ref)),
        mode=pl.lit(None, pl.String),
        outcome=Steps.outcome.col,
        duration_s=Steps.duration_s.col,
        bytes=pl.lit(None, pl.Int64),
    )


def _inline_exports(steps: pl.LazyFrame, found: pl.LazyFrame) -> pl.LazyFrame:
    """An inline cache is written by a line of the image's export, and is always `mode=min`."""
    kind, text = pl.col("kind"), pl.col("text")
    pushed = (
        found.filter(kind == FactKind.PUSHED_REF)
        .group_by("run", maintain_order=True)
        .agg(ref=_repository(text.first()))
    )
    outcomes = steps.select("run", "step_no", Steps.outcome.col)
    return (
        found.filter((kind == FactKind.CACHE_STATUS) & text.str.starts_with(INLINE))
        .join(pushed, on="run", how="left")
        .join(outcomes, on=["run", "step_no"])
        .select(
            "run",
            "step_no",
            direction=pl.lit(Direction.EXPORT, CacheIO.direction.dtype),
            backend=pl.lit(Backend.INLINE, CacheIO.backend.dtype),
            ref="ref",
            mode=pl.lit("min"),
            outcome="outcome",
            duration_s="value",
            bytes=pl.lit(None, pl.Int64),
        )
    )


def _repository(ref: pl.Expr) -> pl.Expr:
    return ref.str.replace(r"@sha256:[0-9a-f]+$", "").str.replace(r":[\w.-]+$", "")
