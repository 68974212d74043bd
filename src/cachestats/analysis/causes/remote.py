"""What each run shows of the remote caches that it read and wrote."""

from __future__ import annotations

import polars as pl

from cachestats.schema import (
    Backend,
    CacheIO,
    Direction,
    FactKind,
    Facts,
    Outcome,
    Runs,
    StepKind,
    Steps,
)

__all__ = ["remote_evidence"]

RUN = Runs.run_id.name
AT = pl.col("at")
PROJECT = Runs.project.name
IS_IMPORT = CacheIO.direction.col == Direction.IMPORT
FAILED = CacheIO.outcome.col == Outcome.FAILED
WORKED = CacheIO.outcome.col == Outcome.DONE
# An import of these is done, whether there was a cache or not.
SILENT = CacheIO.backend.col.is_in([Backend.GHA, Backend.S3, Backend.AZBLOB])
# Tags of images and caches change with branch and commit.
REPOSITORY = CacheIO.ref.col.str.replace(r"(?:@.*|:[^/]*)$", "")


def remote_evidence(
    ordered: pl.DataFrame, steps: pl.DataFrame, facts: pl.DataFrame, cache_io: pl.DataFrame
) -> pl.DataFrame:
    """Say of each run what it imported and exported.

    Args:
        ordered: `Runs` with `at`.
        steps: `Steps` of every kind.
        facts: `Facts` of these runs.
        cache_io: `CacheIO` of these runs.

    Returns:
        One row per run: counts `imports_ok`, `imports_failed`, `exports_ok`, `exports_failed`;
        `silent_import`, from a backend that does not tell an empty cache; `import_known`, from
        where an earlier run had written; `imported` and `exported`, the repositories; `is_min`,
        only the last stage is exported; and the line and text of an import and of an export.
    """
    counts = ("imports_ok", "imports_failed", "exports_ok", "exports_failed")
    return (
        ordered.select(RUN)
        .join(_counts(cache_io), on=RUN, how="left")
        .join(_line(steps, facts, StepKind.CACHE_IMPORT, "import"), on=RUN, how="left")
        .join(_line(steps, facts, StepKind.CACHE_EXPORT, "export"), on=RUN, how="left")
        .join(_known_imports(ordered, facts, cache_io), on=RUN, how="left")
        .with_columns(pl.col(counts).fill_null(0), pl.col("silent_import").fill_null(value=False))
    )


def _counts(cache_io: pl.DataFrame) -> pl.DataFrame:
    return cache_io.group_by(RUN).agg(
        imports_ok=(IS_IMPORT & WORKED).sum(),
        imports_failed=(IS_IMPORT & FAILED).sum(),
        exports_ok=(~IS_IMPORT & WORKED).sum(),
        exports_failed=(~IS_IMPORT & FAILED).sum(),
        silent_import=(IS_IMPORT & WORKED & SILENT).any(),
        is_min=(CacheIO.mode.col == "min").any(),
        imported=REPOSITORY.filter(IS_IMPORT & WORKED).drop_nulls().unique().sort(),
        exported=REPOSITORY.filter(~IS_IMPORT & WORKED).drop_nulls().unique().sort(),
    )


def _line(steps: pl.DataFrame, facts: pl.DataFrame, kind: StepKind, name: str) -> pl.DataFrame:
    """The line of each run that tells of its import or export, of a failed one its error."""
    failed = Steps.outcome.col == Outcome.FAILED
    errors = (
        facts.filter(Facts.kind.col == FactKind.ERROR)
        .sort(Facts.line.name)
        .group_by(RUN, Steps.step_no.name, maintain_order=True)
        .agg(error_line=Facts.line.col.first(), error_text=Facts.text.col.first())
    )
    return (
        steps.filter(Steps.kind.col == kind)
        .join(errors, on=[RUN, Steps.step_no.name], how="left", maintain_order="left")
        .sort(failed, Steps.step_no.name, descending=[True, False])
        .group_by(RUN, maintain_order=True)
        .agg(
            pl.coalesce("error_line", Steps.line.name).first().alias(f"{name}_line"),
            pl.coalesce("error_text", Steps.name.name).first().alias(f"{name}_text"),
        )
    )


def _known_imports(
    ordered: pl.DataFrame, facts: pl.DataFrame, cache_io: pl.DataFrame
) -> pl.DataFrame:
    """Runs that imported from where an earlier run of the project had written something."""
    of_runs = ordered.select(RUN, "at", PROJECT)
    pushed = facts.filter(Facts.kind.col == FactKind.PUSHED_REF).select(
        RUN, Facts.text.col.alias(CacheIO.ref.name)
    )
    written = (
        pl.concat([cache_io.filter(~IS_IMPORT).select(RUN, CacheIO.ref.name), pushed])
        .join(of_runs, on=RUN)
        .group_by(PROJECT, REPOSITORY)
        .agg(written_at=AT.min())
    )
    return (
        cache_io.filter(IS_IMPORT)
        .select(RUN, REPOSITORY)
        .join(of_runs, on=RUN)
        .join(written, on=[PROJECT, CacheIO.ref.name], nulls_equal=True)
        .filter(pl.col("written_at") < AT)
        .select(RUN)
        .unique()
        .with_columns(import_known=pl.lit(value=True))
    )
