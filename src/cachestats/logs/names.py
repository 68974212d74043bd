"""Vertex name → what the step is: kind, target, platform, stage, index, instruction, mounts."""

from __future__ import annotations

import polars as pl

from cachestats.redact import redacted
from cachestats.schema import Instruction, StepKind, Steps
from cachestats.volatile import masked

__all__ = ["name_parts", "named"]

RAW = "raw"
TARGET_OR_STAGE = "target_or_stage"

# `[<words> i/n] text`; `i` is padded. A stage name holds no blank, a platform has a slash:
# os/arch[/variant], and what is built on it for another as in `linux/amd64->arm64`. The version
# of an OS, `windows(10.0.20348.1)/amd64`, is none of it: a patch makes no other layers.
_BRACKETED = r"^\[(?<words>[^\]]*?)\s*(?:\b(?<index>\d+)/(?<total>\d+))?\] ?(?<text>(?s:.*))$"
_VERSION = r"\([^)]*\)"
_PLATFORM = (
    r"^(?:linux|windows|darwin|freebsd|netbsd|openbsd|wasip?1?|js)"
    rf"(?:{_VERSION})?/[a-z0-9_]+(?:/|->|$)"
)
# Options stand before the command, which may have a `--mount` of its own.
_OPTIONS = r"^(?:ONBUILD )?RUN((?: +--[a-z]+(?:=(?:\"[^\"]*\"|[^\s\"])*)?)*)"
_MOUNT = r"--mount=(?:\"[^\"]*\"|[^\s\"])+"
_INSTRUCTION = r"^(?:ONBUILD |\[ONBUILD\] )?(?:LINK )?(RUN|COPY|ADD|WORKDIR|FROM)\b"

# Words in the bracket of a step that belongs to no stage, behind its target. A target may have such
# a name, too: `[auth internal] load .dockerignore`, `[auth] exporting to image`.
_LAST_WORDS = {"internal": StepKind.INTERNAL, "auth": StepKind.AUTH}
_CONTEXT = "context"  # and its name behind it
# The first that matches the text tells the kind of what has no such word and no index. Read in
# BuildKit (solver/llbsolver, exporter, cache/remotecache, source) and buildx (util/progress).
_TEXT_KINDS = {
    r"^importing cache manifest from ": StepKind.CACHE_IMPORT,
    r"^exporting (?:inline )?cache\b|^exporting to GitHub (?:Actions )?[Cc]ache": (
        StepKind.CACHE_EXPORT
    ),
    r"^(?:exporting|pushing|merging manifest list|preparing layers for inline cache)\b": (
        StepKind.EXPORT
    ),
    r"^(?:importing to docker|sending tarball|copying to)\b": StepKind.EXPORT,
    r"^resolving provenance for metadata file": StepKind.INTERNAL,
    r"^resolve image config for |^[a-z][a-z0-9+.-]+://": StepKind.SOURCE,
    r"^FROM ": StepKind.FROM,
}


def name_parts(names: pl.Series) -> pl.DataFrame:
    """Take vertex names apart.

    Args:
        names: Distinct names as printed, none of them null.

    Returns:
        One row per name, in the order given: `raw` (as printed) and the columns of `Steps` that
        a name alone tells, all text in them redacted, `masked` for `layer_ids`. A lone word
        before the index is called a stage, and `target_or_stage` is true: only other names of
        the run can tell that it is a bake target.
    """
    words, text = pl.col("words"), Steps.text.col
    in_stage = Steps.index.col.is_not_null()
    # What is left of the words are a target, a stage, or both in this order.
    labels = pl.col("labels")
    is_platform = pl.element().str.contains(_PLATFORM)
    word_kind = pl.col("word_kind")
    has_instruction = Steps.kind.col.is_in([StepKind.INSTRUCTION, StepKind.FROM])
    return (
        _unbracketed(pl.LazyFrame({RAW: names}))
        .with_columns(
            platform=words.list.eval(pl.element().filter(is_platform))
            .list.first()
            .str.replace(_VERSION, ""),
            labels=words.list.eval(pl.element().filter(~is_platform)),
            instruction=text.str.extract(_INSTRUCTION).cast(Steps.instruction.dtype),
            text_kind=_text_kind(text),
        )
        .with_columns(word_kind=pl.when(~in_stage).then(_word_kind(labels)))
        .with_columns(
            labels=pl.when(word_kind == StepKind.SOURCE)
            .then(labels.list.head((labels.list.first() != _CONTEXT).cast(pl.Int64)))
            .when(word_kind.is_not_null())
            .then(labels.list.head(labels.list.len() - 1))
            .otherwise(labels),
            kind=_kind(in_stage),
        )
        .with_columns(
            target=pl.when(~in_stage | (labels.list.len() > 1)).then(labels.list.first()),
            stage=pl.when(in_stage).then(labels.list.last()),
            target_or_stage=in_stage & (labels.list.len() == 1),
            masked=masked(text),
            mounts=text.str.extract(_OPTIONS)
            .str.extract_all(_MOUNT)
            .list.eval(pl.element().str.strip_prefix("--mount="))
            .fill_null([]),
        )
        .with_columns(instruction=pl.when(has_instruction).then(Steps.instruction.col))
        .drop("words", "labels", "word_kind", "text_kind")
        .collect(engine="in-memory")
    )


def _unbracketed(names: pl.LazyFrame) -> pl.LazyFrame:
    part = pl.col("part").struct.field

    def shown(said: pl.Expr) -> pl.Expr:
        # The printer shows one line. It is cut last, for a secret may go on behind the line feed.
        return redacted(said).str.splitn("\n", 2).struct.field("field_0")

    return names.with_columns(part=pl.col(RAW).str.extract_groups(_BRACKETED)).select(
        RAW,
        name=shown(pl.col(RAW)),
        text=shown(pl.coalesce(part("text"), RAW)),
        index=part("index").cast(pl.Int32, strict=False),
        total=part("total").cast(pl.Int32, strict=False),
        words=redacted(part("words").fill_null("")).str.extract_all(r"\S+"),
    )


def _text_kind(text: pl.Expr) -> pl.Expr:
    kinds = (
        pl.when(text.str.contains(pattern)).then(pl.lit(kind))
        for pattern, kind in _TEXT_KINDS.items()
    )
    return pl.coalesce(*kinds).cast(Steps.kind.dtype)


def _word_kind(labels: pl.Expr) -> pl.Expr:
    """Tell what the words of a bracket without an index say of the step; null if nothing."""
    last = labels.list.last().replace_strict(_LAST_WORDS, default=None, return_dtype=pl.String)
    is_alone = labels.list.len() == 1
    is_target = is_alone & pl.col("text_kind").is_not_null()
    return (
        pl.when(~is_target)
        .then(
            pl.coalesce(last, pl.when(labels.list.contains(_CONTEXT)).then(pl.lit(StepKind.SOURCE)))
        )
        .cast(Steps.kind.dtype)
    )


def _kind(in_stage: pl.Expr) -> pl.Expr:
    instruction = Steps.instruction.col
    return (
        pl.when(in_stage & (instruction == Instruction.FROM))
        .then(pl.lit(StepKind.FROM))
        .when(in_stage & instruction.is_not_null())
        .then(pl.lit(StepKind.INSTRUCTION))
        .when(in_stage)
        .then(pl.lit(StepKind.OTHER))
        .otherwise(pl.coalesce("word_kind", "text_kind", pl.lit(StepKind.OTHER)))
        .cast(Steps.kind.dtype)
    )


def named(steps: pl.DataFrame) -> pl.DataFrame:
    """Add to steps what their names tell.

    Args:
        steps: Rows with `run` and `raw`, the name as printed; null where the log lost it.

    Returns:
        The same rows in the same order, with the columns of `name_parts`. The lone word of
        `[frontend 1/11]` is a target where the run has a `[frontend internal]` or the like.
    """
    parts = name_parts(steps["raw"].drop_nulls().unique(maintain_order=True))
    target, stage, either = Steps.target.col, Steps.stage.col, pl.col(TARGET_OR_STAGE)
    rows = steps.join(parts, on=RAW, how="left", maintain_order="left")
    targets = (
        rows.filter(Steps.index.col.is_null() & target.is_not_null())
        .select("run", stage=target, is_target=True)
        .unique()
    )
    is_target = either & pl.col("is_target").fill_null(value=False)
    return (
        rows.join(targets, on=["run", "stage"], how="left", maintain_order="left")
        .with_columns(
            target=pl.when(is_target).then(stage).otherwise(target),
            stage=pl.when(~is_target.fill_null(value=False)).then(stage),
            kind=Steps.kind.col.fill_null(StepKind.OTHER),
            mounts=Steps.mounts.col.fill_null([]),
        )
        .drop("is_target", TARGET_OR_STAGE)
    )
