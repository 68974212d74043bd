"""What each run shows of its builder, its base images, its context and its imports."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.freshness import with_freshness
from cachestats.analysis.causes.graph import reads_context
from cachestats.schema import (
    CacheIO,
    Direction,
    FactKind,
    Facts,
    Outcome,
    Runs,
    StepKind,
    Steps,
)

__all__ = ["run_evidence", "with_compared"]

RUN = Runs.run_id.name
AT = pl.col("at")
PROJECT = Runs.project.name

QUOTED = {
    FactKind.CONTEXT_BYTES: "context",
    FactKind.DOCKERFILE_BYTES: "dockerfile",
    FactKind.BASE_PULLED: "pulled",
    FactKind.BASE_DIGEST: "base",
}


def run_evidence(
    ordered: pl.DataFrame, steps: pl.DataFrame, facts: pl.DataFrame, cache_io: pl.DataFrame
) -> pl.DataFrame:
    """Say of each run what it shows as a whole.

    Args:
        ordered: `Runs` with `at`, oldest first.
        steps: `Steps` of every kind with `is_miss` and `is_hit`.
        facts: `Facts` of these runs.
        cache_io: `CacheIO` of these runs.

    Returns:
        One row per run, by `at`: `hits` and `misses`; `context`, `dockerfile` (bytes) and `pulled`
        (a base image was), each with the line and the text that say so; `bases` (digests); `refs`
        pushed; imports (`imports_ok`, `imports_failed`, `silent_import`: of a backend that does
        not tell an empty cache, `imported`: the references), exports (`exports_ok`,
        `exports_failed`, `exported`, `is_min`: only of the last stage); and what `with_freshness`
        adds.
    """
    reads = reads_context()
    counts = steps.group_by(RUN).agg(
        hits=pl.col("is_hit").sum(),
        misses=pl.col("is_miss").sum(),
        all_files_hit=(reads & pl.col("is_hit")).any() & ~(reads & pl.col("is_miss")).any(),
    )
    return (
        ordered.select(
            RUN,
            "at",
            PROJECT,
            Runs.commit.name,
            Runs.builder_booted.name,
            Runs.outcome.col.alias("outcome_run"),
        )
        .join(counts, on=RUN, how="left")
        .join(_quoted(facts), on=RUN, how="left")
        .join(_lists(facts), on=RUN, how="left")
        .join(_remote(cache_io), on=RUN, how="left")
        .join(_transfer(steps, StepKind.CACHE_IMPORT, "import"), on=RUN, how="left")
        .join(_transfer(steps, StepKind.CACHE_EXPORT, "export"), on=RUN, how="left")
        .join(_known_imports(ordered, facts, cache_io), on=RUN, how="left")
        .with_columns(
            pl.col("hits", "misses", "imports_ok", "imports_failed", "exports_ok").fill_null(0),
            pl.col("exports_failed").fill_null(0),
            pl.col("silent_import").fill_null(value=False),
        )
        .pipe(with_freshness, facts, steps)
    )


def with_compared(told: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Put beside each run what its comparison run shows.

    Args:
        told: As `run_evidence` gives it.
        pairs: `at`, `compared_at` and what else names a comparison.

    Returns:
        `pairs` with the columns of both runs, those of the comparison run with the suffix `_then`,
        and: `base_changed` (an image gave way to another), `same_commit`, `new_commit`,
        `dockerfile_changed`, `had_nothing` (a fresh builder, by what it did), `surely_nothing` (by
        something that only a fresh one does), `is_cold` (that, or the context came at its whole
        size), `same_cache` (what is imported is what the comparison run exported to).
    """
    told = told.drop(PROJECT)
    beside = pairs.join(told, on="at", how="left").join(
        told.rename({name: f"{name}_then" for name in told.columns}).rename(
            {"at_then": "compared_at"}
        ),
        on="compared_at",
        how="left",
    )
    commit, then = pl.col("commit"), pl.col("commit_then")
    # What the build itself names is what went into it; a job can be told another commit.
    built, built_then = _commit_in("refs"), _commit_in("refs_then")
    pushed = pl.col("refs").list.first() != pl.col("refs_then").list.first()
    conditions = {
        "base_changed": _differ("bases", "bases_then") & _differ("bases_then", "bases"),
        "same_commit": pl.coalesce(built == built_then, commit == then),
        "new_commit": pl.coalesce(built != built_then, commit != then, pushed),
        "dockerfile_changed": pl.col("dockerfile") != pl.col("dockerfile_then"),
        "same_cache": pl.col("imported").list.set_intersection("exported_then").list.len() > 0,
    }
    return (
        beside.with_columns(
            *(shown.fill_null(value=False).alias(name) for name, shown in conditions.items())
        )
        .with_columns(had_nothing=_had_nothing(), surely_nothing=_surely_nothing())
        .with_columns(is_cold=pl.col("had_nothing") | pl.col("full_context").fill_null(value=False))
    )


def _commit_in(refs: str) -> pl.Expr:
    """The commit that an image is tagged with."""
    tag = pl.element().str.extract(r":(?:[\w.]+-)?([0-9a-f]{7,40})$")
    return pl.col(refs).list.eval(tag.drop_nulls()).list.first()


def _differ(one: str, other: str) -> pl.Expr:
    return pl.col(one).list.set_difference(other).list.len() > 0


def _had_nothing() -> pl.Expr:
    """The builder was fresh: it was booted in this job, or pulled and unpacked its base.

    A base that moved under its tag is pulled by a used builder too, and so is one that only hits
    of a remote cache stood on so far; then the size of the context decides.
    """
    full = pl.col("full_context")
    pulled = pl.col("pulled_line").is_not_null() & (
        full.fill_null(value=False) | (full.is_null() & ~pl.col("base_changed"))
    )
    return ~pl.col("is_used") & (pl.col(Runs.builder_booted.name) | pulled)


def _surely_nothing() -> pl.Expr:
    """The builder was booted, or pulled again what had been pulled, or a base and all files."""
    full = pl.col("full_context")
    pulled = (pl.col("pulled_again") & full.fill_null(value=True)) | (
        pl.col("pulled_line").is_not_null() & ~pl.col("base_changed") & full.fill_null(value=False)
    )
    return ~pl.col("is_used") & (pl.col(Runs.builder_booted.name) | pulled)


def _quoted(facts: pl.DataFrame) -> pl.DataFrame:
    """The largest of each fact that is quoted, with its line: one row per run."""
    frames = facts.filter(Facts.kind.col.is_in(list(QUOTED))).select(RUN).unique()
    for kind, name in QUOTED.items():
        one = (
            facts.filter(Facts.kind.col == kind)
            .sort(Facts.value.name, Facts.line.name, descending=[True, False], nulls_last=True)
            .group_by(RUN, maintain_order=True)
            .agg(
                Facts.value.col.first().alias(name),
                Facts.line.col.first().fill_null(0).alias(f"{name}_line"),
                Facts.text.col.first().alias(f"{name}_text"),
            )
        )
        frames = frames.join(one, on=RUN, how="left")
    return frames


def _lists(facts: pl.DataFrame) -> pl.DataFrame:
    def texts(kind: FactKind) -> pl.Expr:
        return Facts.text.col.filter(Facts.kind.col == kind).drop_nulls().unique().sort()

    base = texts(FactKind.BASE_DIGEST)
    return (
        facts.filter(Facts.kind.col.is_in([FactKind.BASE_DIGEST, FactKind.PUSHED_REF]))
        .group_by(RUN)
        .agg(bases=base, refs=texts(FactKind.PUSHED_REF))
        .with_columns(
            pl.when(pl.col("bases").list.len() > 0).then("bases"),
            pl.when(pl.col("refs").list.len() > 0).then("refs"),
        )
    )


def _remote(cache_io: pl.DataFrame) -> pl.DataFrame:
    is_import = CacheIO.direction.col == Direction.IMPORT
    failed = CacheIO.outcome.col == Outcome.FAILED
    silent = CacheIO.backend.col.cast(pl.String).is_in(["gha", "s3", "azblob"])
    return cache_io.group_by(RUN).agg(
        imports_ok=(is_import & ~failed).sum(),
        imports_failed=(is_import & failed).sum(),
        exports_ok=(~is_import & ~failed).sum(),
        exports_failed=(~is_import & failed).sum(),
        silent_import=(is_import & ~failed & silent).any(),
        is_min=(CacheIO.mode.col == "min").any(),
        imported=CacheIO.ref.col.filter(is_import & ~failed).drop_nulls().unique().sort(),
        exported=CacheIO.ref.col.filter(~is_import & ~failed).drop_nulls().unique().sort(),
    )


def _transfer(steps: pl.DataFrame, kind: StepKind, name: str) -> pl.DataFrame:
    """The line of each run that tells of its import or export, of a failed one first."""
    failed = Steps.outcome.col == Outcome.FAILED
    return (
        steps.filter(Steps.kind.col == kind)
        .sort(failed, Steps.step_no.name, descending=[True, False])
        .group_by(RUN, maintain_order=True)
        .agg(
            Steps.line.col.first().alias(f"{name}_line"),
            pl.coalesce(Steps.error.col, Steps.name.col).first().alias(f"{name}_text"),
        )
    )


def _known_imports(
    ordered: pl.DataFrame, facts: pl.DataFrame, cache_io: pl.DataFrame
) -> pl.DataFrame:
    """Runs that imported from where an earlier run of the project had written something."""
    repository = CacheIO.ref.col.str.replace(r"(?:@.*|:[^/]*)$", "")
    of_runs = ordered.select(RUN, "at", PROJECT)
    is_import = CacheIO.direction.col == Direction.IMPORT
    pushed = facts.filter(Facts.kind.col == FactKind.PUSHED_REF).select(
        RUN, Facts.text.col.alias(CacheIO.ref.name)
    )
    written = (
        pl.concat([cache_io.filter(~is_import).select(RUN, CacheIO.ref.name), pushed])
        .join(of_runs, on=RUN)
        .group_by(PROJECT, repository)
        .agg(written_at=AT.min())
    )
    return (
        cache_io.filter(is_import)
        .select(RUN, repository)
        .join(of_runs, on=RUN)
        .join(written, on=[PROJECT, CacheIO.ref.name], nulls_equal=True)
        .filter(pl.col("written_at") < AT)
        .select(RUN)
        .unique()
        .with_columns(import_known=pl.lit(value=True))
    )
