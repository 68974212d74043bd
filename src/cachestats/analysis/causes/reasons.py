"""Each cause in a sentence for a person."""

from __future__ import annotations

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.schema import Cause, MissRows, Steps

__all__ = ["reason"]

CAUSE = pl.col("cause")
LONG = 160


def reason() -> pl.Expr:
    """Say why a step missed; for a cascade, below which root it stands."""
    sentence = pl.lit("nothing in the logs shows why")
    for cause, words in _words().items():
        sentence = pl.when(CAUSE == cause).then(words).otherwise(sentence)
    return sentence.alias(MissRows.reason.name)


def _words() -> dict[Cause, pl.Expr]:
    return {
        Cause.CASCADE: pl.format(
            "built on `{}`, which missed ({})",
            ex.shortened(MissRows.root_text.col),
            MissRows.root_cause.col.cast(pl.String),
        ),
        Cause.FIRST_SEEN: pl.lit("no earlier run in the store has this layer"),
        Cause.PREVIOUS_FAILURE: pl.format(
            "the step has no result to reuse: run {} did not complete it",
            pl.col("compared_run_id").str.head(12),
        ),
        Cause.BASE_IMAGE_UPDATE: pl.lit("the base image is another one than in the compared run"),
        Cause.NOT_EXPORTED: pl.lit("the imported cache does not hold this step"),
        Cause.EVICTED: pl.lit("nothing about it changed and other steps hit: its result was gone"),
        Cause.NO_CACHE_FLAG: pl.lit(
            "everything was executed although nothing changed: as with --no-cache, or after a prune"
        ),
        **_of_text(),
        **_of_content(),
        **_of_builder(),
    }


def _of_text() -> dict[Cause, pl.Expr]:
    then = pl.col("text_then")
    was = ex.shortened(then)
    return {
        Cause.INSTRUCTION_EDIT: pl.when(then.is_null())
        .then(pl.lit("the instruction is new in its stage"))
        .when(Steps.text.col == then)
        .then(pl.lit("the Dockerfile was edited at or right above the instruction"))
        .otherwise(pl.format("it was `{}`", was)),
        Cause.VOLATILE_VALUE: pl.format(
            "its text differs only in a value that changes from run to run; it was `{}`", was
        ),
    }


def _of_content() -> dict[Cause, pl.Expr]:
    size = pl.format("{} bytes of context were sent", pl.col("context").cast(pl.Int64))
    sent = pl.when(pl.col("context").is_not_null()).then(pl.concat_str(pl.lit("; "), size))
    commits = (pl.col(name).str.head(7) for name in ("commit", "commit_then"))
    return {
        Cause.CONTENT_CHANGE: pl.when("source_updated")
        .then(pl.lit("the image that it copies from is another one than in the compared run"))
        .otherwise(
            _joined(
                pl.lit("files that it reads changed; its text and the steps above are as before"),
                sent,
            )
        ),
        Cause.ENVIRONMENT_CHANGE: _joined(
            pl.when(Steps.text.col != pl.col("text_then"))
            .then(pl.lit("its text is another and the Dockerfile is as long as before"))
            .when(pl.col("digest_then").is_not_null() & pl.col("comparable"))
            .then(pl.lit("its text is as before and its digest is not: an ARG, ENV or option"))
            .when("dockerfile_changed")
            .then(pl.lit("its text is as before; the Dockerfile is another"))
            .otherwise(pl.lit("its text is as before; an ARG or ENV may follow the commit")),
            pl.when("new_commit").then(pl.format("; the commit is {} and was {}", *commits)),
        ),
    }


def _of_builder() -> dict[Cause, pl.Expr]:
    imported = ex.shortened(pl.col("import_text"), LONG)
    return {
        Cause.COLD_BUILDER: _joined(
            pl.lit("the builder was empty"),
            pl.when(pl.col("imports_ok") > 0)
            .then(pl.format("; `{}` gave no hit", imported))
            .otherwise(pl.lit(" and no cache was imported")),
        ),
        Cause.IMPORT_FAILED: pl.format(
            "the builder was empty and the cache import failed: {}", imported
        ),
        Cause.IMPORT_EMPTY: pl.lit(
            "the builder was empty and the cache import, which succeeded, gave no hit"
        ),
    }


def _joined(first: pl.Expr, more: pl.Expr) -> pl.Expr:
    return pl.concat_str(first, more, ignore_nulls=True)
