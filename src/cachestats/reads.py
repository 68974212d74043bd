"""What a step reads beside the steps above it: the build context, and other stages or images.

The expressions stand on rows with `kind`, `instruction`, `text` and `mounts` of `Steps`.
"""

from __future__ import annotations

import polars as pl

from cachestats.schema import Instruction, StepKind, Steps

__all__ = [
    "COPIED_FROM",
    "IS_COPY",
    "LOADS_CONTEXT",
    "LOADS_METADATA",
    "copied_sources",
    "is_link",
    "reads_context",
]

LOADS_CONTEXT = (Steps.kind.col == StepKind.INTERNAL) & (Steps.text.col == "load build context")
"""Whether a step loads the build context, beside the stages: who reads it waits."""
LOADS_METADATA = Steps.text.col.str.starts_with("load metadata for ")
"""Whether a step loads the metadata of an image, beside those of others."""

IS_COPY = Steps.instruction.col.is_in([Instruction.COPY, Instruction.ADD])
"""Whether a step is one that copies files, from wherever."""

# Options stand before the files: `COPY --link --from=build --chown=1:1 /a /b`.
_COPY, _OPTIONS = r"^(?:ONBUILD )?(?:COPY|ADD)", r"(?: --[a-z-]+(?:=\S+)?)*"
_FLAGS = rf"{_COPY}({_OPTIONS})"
_LINK = rf"{_COPY}{_OPTIONS} --link(?:=true)?(?: |$)"
_FLAG = Steps.text.col.str.extract(_FLAGS)
_FROM_FLAG = _FLAG.str.extract(r"--from=(\S+)")
_MOUNTED = pl.element()
_MOUNTED_FROM = Steps.mounts.col.list.eval(_MOUNTED.str.extract(r"(?:^|,)from=([^,]+)"))
_MOUNTS_CONTEXT = Steps.mounts.col.list.eval(
    (_MOUNTED.str.contains(r"(?:^|,)type=bind(?:,|$)") | ~_MOUNTED.str.contains("type="))
    & ~_MOUNTED.str.contains(r"(?:^|,)from=")
)

_NAMED = pl.element().str.to_lowercase().str.replace(r"^(\d+)$", "stage-$1")
COPIED_FROM = (
    pl.concat_list(pl.concat_list(_FROM_FLAG), _MOUNTED_FROM).list.drop_nulls().list.eval(_NAMED)
)
"""Stages or images that a step copies or mounts from; stages without a name by their number."""


def is_link() -> pl.Expr:
    """Whether a step is a `COPY --link`, which does not build on the step above it."""
    return (IS_COPY & Steps.text.col.str.contains(_LINK)).fill_null(value=False)


def reads_context() -> pl.Expr:
    """Whether a step reads files of the build context: by COPY, ADD or a bind mount."""
    copies = IS_COPY & _FROM_FLAG.is_null() & ~Steps.text.col.str.contains("<<", literal=True)
    return (copies | _MOUNTS_CONTEXT.list.any()).fill_null(value=False)


def copied_sources() -> pl.Expr:
    """What a COPY or ADD reads, as written: its arguments but the last; null of other steps."""
    return pl.when(IS_COPY).then(Steps.text.col.str.extract(_FLAGS + r"\s+(.+)\s+\S+$", 2))
