"""What each run shows of its builder, its base images, its context and its imports."""

from __future__ import annotations

import polars as pl

from cachestats.analysis.causes.freshness import with_freshness
from cachestats.analysis.causes.remote import remote_evidence
from cachestats.reads import reads_context
from cachestats.schema import FactKind, Facts, Runs, Steps
from cachestats.tags import tagged_commit
from cachestats.volatile import masked

__all__ = ["run_evidence", "with_compared"]

RUN = Runs.run_id.name
AT = pl.col("at")
PROJECT = Runs.project.name

# Old versions cut long names, and with them the digest.
WHOLE_DIGEST = "@sha256:[0-9a-f]{64}$"
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
        One row per run, by `at`: `hits` and `misses`; `all_files_hit`, all that reads the context
        hit, and `readers`, a hash of what reads it; `context`, `dockerfile` (bytes), `pulled` and
        `base` (images), each with the line and the text that say so; `bases` (digests); `refs`
        pushed; and what `remote_evidence` and `with_freshness` add.
    """
    reads = reads_context()
    counts = steps.group_by(RUN).agg(
        hits=pl.col("is_hit").sum(),
        misses=pl.col("is_miss").sum(),
        all_files_hit=(reads & pl.col("is_hit")).any() & ~(reads & pl.col("is_miss")).any(),
        readers=masked(Steps.text.col).filter(reads).unique().sort().str.join("\n").hash(),
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
        .join(remote_evidence(ordered, steps, facts, cache_io), on=RUN, how="left")
        .with_columns(pl.col("hits", "misses").fill_null(0))
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
    return pl.col(refs).list.eval(tagged_commit(pl.element()).drop_nulls()).list.first()


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
    fresh = pl.col(Runs.builder_booted.name) | (pulled & ~pl.col("had_base"))
    return ~pl.col("is_used") & fresh


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
    def texts(kind: FactKind, form: str) -> pl.Expr:
        fits = (Facts.kind.col == kind) & Facts.text.col.str.contains(form)
        return Facts.text.col.filter(fits).unique().sort()

    return (
        facts.filter(Facts.kind.col.is_in([FactKind.BASE_DIGEST, FactKind.PUSHED_REF]))
        .group_by(RUN)
        .agg(bases=texts(FactKind.BASE_DIGEST, WHOLE_DIGEST), refs=texts(FactKind.PUSHED_REF, ""))
        .with_columns(
            pl.when(pl.col("bases").list.len() > 0).then("bases"),
            pl.when(pl.col("refs").list.len() > 0).then("refs"),
        )
    )
