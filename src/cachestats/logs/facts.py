"""What causes will quote as evidence: sizes, digests, references, errors, with their lines."""

from __future__ import annotations

import polars as pl

from cachestats.logs.decoded import PULL
from cachestats.redact import redacted
from cachestats.schema import FactKind, Facts, StepKind, Steps

__all__ = ["facts", "pushed_refs"]

TEXT, KIND = pl.col("text"), pl.col("kind")
_PUSHES = r"^(?:naming to|pushing manifest for) "
_PUSHED = _PUSHES + r"(\S+)(?: |$)"
_WITH_DIGEST = r"(.)@sha256:[0-9a-f]+$"  # apart: each end of a reference would be tried for one
# Exports print a line for each blob; only what tells how an import or export went is kept.
_CACHE_STATUS = (
    r"^(?:inferred cache manifest type|found \d+ layers in cache|preparing build cache for export"
    r"|sending cache export|writing cache (?:image )?manifest)"
)
INLINE = "preparing layers for inline cache"
_SIZES = {
    "transferring context:": FactKind.CONTEXT_BYTES,
    "transferring dockerfile:": FactKind.DOCKERFILE_BYTES,
}


def facts(
    runs: pl.DataFrame, steps: pl.DataFrame, statuses: pl.DataFrame, packages: pl.DataFrame
) -> pl.DataFrame:
    """Pick out the lines that explain a run.

    Args:
        runs: `RUN_SCHEMA`.
        steps: `STEP_SCHEMA` with what the names tell.
        statuses: `STATUS_SCHEMA`.
        packages: `PACKAGE_SET_SCHEMA`.

    Returns:
        `run`, `step_no`, `kind`, `value`, `line`, `text` as in `Facts`, by run and line.
    """
    of_step = steps.select("run", "step_no", "raw", step_kind=Steps.kind.col)
    told = statuses.join(of_step, on=["run", "step_no"], maintain_order="left")
    said = told.lazy()
    frames = [
        _sizes(said),
        _pulls(said),
        _pushed(told),
        _fact(said.filter(_is_cache_status()), FactKind.CACHE_STATUS, value=pl.col("seconds")),
        _fact(said.filter(TEXT.str.starts_with("WARN: ")), FactKind.WARNING),
        _fact(packages.lazy(), FactKind.PACKAGE_SET, value=pl.col("packages")),
        _base_digests(steps.lazy()),
        _errors(steps.lazy()),
        _fact(
            runs.lazy().filter(pl.col("error").is_not_null()),
            FactKind.ERROR,
            step_no=pl.lit(None, pl.Int32),
            line=pl.col("error_line"),
            text=pl.col("error"),
        ),
    ]
    # In one chunk, for they would be redacted chunk by chunk.
    found = pl.concat(frames, rechunk=True).collect(engine="in-memory")
    return found.with_columns(redacted(TEXT)).sort(
        "run", "line", "step_no", "kind", maintain_order=True
    )


def pushed_refs(found: pl.DataFrame) -> pl.DataFrame:
    """Return the first reference that each run named or pushed: `run`, `ref`."""
    pushed = found.filter(KIND == FactKind.PUSHED_REF)
    return pushed.group_by("run", maintain_order=True).agg(ref=TEXT.first())


def _fact(rows: pl.LazyFrame, kind: FactKind, **columns: pl.Expr) -> pl.LazyFrame:
    given = {"value": pl.lit(None), "step_no": pl.col("step_no"), "line": pl.col("line")}
    given |= {"text": TEXT} | columns
    return rows.select(
        "run",
        given["step_no"].cast(pl.Int32).alias("step_no"),
        pl.lit(kind).cast(Facts.kind.dtype).alias("kind"),
        given["value"].cast(pl.Float64).alias("value"),
        given["line"].cast(pl.Int64).alias("line"),
        given["text"].alias("text"),
    )


def _pushed(said: pl.DataFrame) -> pl.LazyFrame:
    # A pattern with a group is slow, and few lines start so: in one chain it would come first.
    ref = TEXT.str.extract(_PUSHED).str.replace(_WITH_DIGEST, "${1}")
    rows = said.filter(TEXT.str.contains(_PUSHES)).with_columns(ref)
    return _fact(rows.drop_nulls("text").lazy(), FactKind.PUSHED_REF)


def _is_cache_status() -> pl.Expr:
    of_cache = pl.col("step_kind").is_in([StepKind.CACHE_IMPORT, StepKind.CACHE_EXPORT])
    return (of_cache & TEXT.str.contains(_CACHE_STATUS)) | TEXT.str.starts_with(INLINE)


def _sizes(said: pl.LazyFrame) -> pl.LazyFrame:
    """The context of `load build context` alone: `.dockerignore` is transferred likewise."""
    frames = []
    for start, kind in _SIZES.items():
        rows = said.filter(TEXT.str.starts_with(start) & (pl.col("bytes") > 0))
        if kind is FactKind.CONTEXT_BYTES:
            rows = rows.filter(pl.col("raw").str.contains("load build context", literal=True))
        frames.append(_fact(rows, kind, value=pl.col("bytes")))
    return pl.concat(frames)


def _pulls(said: pl.LazyFrame) -> pl.LazyFrame:
    """One fact for each step that pulled layers: their bytes, and the first line that shows it."""
    pulls = (
        said.filter(TEXT.str.contains(PULL))
        .group_by("run", "step_no", "step_kind", maintain_order=True)
        .agg(pl.col("line").first(), TEXT.first(), pl.col("bytes").sum())
    )
    is_base = pl.col("step_kind") == StepKind.FROM
    value = pl.when(pl.col("bytes") > 0).then("bytes")
    return pl.concat(
        [
            _fact(pulls.filter(is_base), FactKind.BASE_PULLED, value=value),
            _fact(pulls.filter(~is_base), FactKind.LAYER_PULLED, value=value),
        ]
    )


def _base_digests(steps: pl.LazyFrame) -> pl.LazyFrame:
    text = Steps.text.col
    bases = steps.filter((KIND == StepKind.FROM) & text.str.contains("@sha256:", literal=True))
    return _fact(bases, FactKind.BASE_DIGEST, text=text.str.strip_prefix("FROM "))


def _errors(steps: pl.LazyFrame) -> pl.LazyFrame:
    failed = steps.filter(pl.col("error").is_not_null())
    return _fact(failed, FactKind.ERROR, line=pl.col("error_line"), text=pl.col("error"))
