"""The causes: for each its condition and its confidence, in the order in which they are tried.

`docs/causes.md` tells the reasons. What explains a whole run stands before what explains one
step, but only on evidence of its own: that nothing hit proves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cachestats.schema import Cause, Confidence, Instruction, Link, Outcome, Steps

__all__ = ["OFTEN", "RULES", "Rule", "decided"]

OFTEN = 3
"""Of the last ten runs: what differs this often is volatile, not edited."""


class Rule(NamedTuple):
    """A cause with the condition that shows it and how sure that is."""

    cause: Cause
    confidence: Confidence
    condition: pl.Expr


def _is(name: str) -> pl.Expr:
    return pl.col(name).fill_null(value=False)


NO_HITS = pl.col("hits") == 0
FRESH = _is("had_nothing") & NO_HITS
COLD = _is("is_cold")
WARM = ~COLD
IMPORTED = pl.col("imports_ok") > 0
RUN = Steps.instruction.col == Instruction.RUN
READS = _is("reads")
HEREDOC = Steps.text.col.str.contains("<<", literal=True)

NEW = _is("is_new")
EDITED = ~_is("same_layer") & (pl.col("link") == Link.EDITED)
OTHER_VALUE = _is("same_layer") & ~_is("same_text") & pl.col("link").ne_missing(Link.CUT)
SAME = _is("same_layer") & _is("same_text")
OFTEN_OTHER = pl.col("text_changes") >= OFTEN
NEW_DOCKERFILE = _is("dockerfile_changed")
SAME_DOCKERFILE = (pl.col("dockerfile") == pl.col("dockerfile_then")).fill_null(value=False)

HAS_DIGEST = _is("comparable") & pl.col("digest_then").is_not_null()
SAME_DIGEST = HAS_DIGEST & (Steps.digest.col == pl.col("digest_then"))
NEW_DIGEST = HAS_DIGEST & (Steps.digest.col != pl.col("digest_then"))

ENDED_BADLY = [Outcome.FAILED, Outcome.CANCELED, Outcome.OPEN]
RUN_ENDED_BADLY = pl.col("outcome_run_then").is_in(ENDED_BADLY).fill_null(value=False)
NO_RESULT = pl.col("ended_then").is_in(ENDED_BADLY).fill_null(value=False)
NEVER_RAN = RUN_ENDED_BADLY & (
    ~_is("was_there") | (pl.col("ended_then") == Outcome.NOT_NEEDED)
).fill_null(value=False)
SAME_STAGE = (pl.col("stage_total") == pl.col("stage_total_then")).fill_null(value=False)
# What the comparison run executed is in no remote cache, so that a fresh builder cannot have it.
KEPT_NOWHERE = (
    IMPORTED
    & (pl.col("outcome_then") == Outcome.DONE)
    & ((pl.col("exports_failed_then") > 0) | (pl.col("exports_ok_then") == 0))
)
# The context came at the size that it has when all files hit.
NOTHING_SENT = _is("small_context") & WARM
FILES_SENT = (~pl.col("small_context")).fill_null(value=False) & WARM
NOTHING_CHANGED = SAME_DIGEST | (~HAS_DIGEST & _is("same_commit") & ~NEW_DOCKERFILE)

RULES = (
    Rule(Cause.FIRST_SEEN, Confidence.CERTAIN, NEW & _is("is_new_image")),
    # The builder had nothing: whatever else changed, the step had to run.
    Rule(Cause.IMPORT_FAILED, Confidence.HIGH, FRESH & ~IMPORTED & (pl.col("imports_failed") > 0)),
    Rule(Cause.COLD_BUILDER, Confidence.HIGH, FRESH & ~IMPORTED),
    # A run that ended early shows less of its Dockerfile than there is.
    Rule(Cause.FIRST_SEEN, Confidence.MEDIUM, NEW & _is("is_new_stage") & RUN_ENDED_BADLY),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, NEW & RUN_ENDED_BADLY & SAME_STAGE),
    # The text tells.
    Rule(
        Cause.VOLATILE_VALUE,
        Confidence.HIGH,
        (OTHER_VALUE & (~_is("only_versions") | OFTEN_OTHER))
        | (EDITED & _is("only_numbers") & OFTEN_OTHER),
    ),
    # A text that grew while the Dockerfile kept its size names a value that is given from outside.
    Rule(
        Cause.ENVIRONMENT_CHANGE,
        Confidence.MEDIUM,
        (EDITED | OTHER_VALUE) & SAME_DOCKERFILE & _is("longer"),
    ),
    Rule(Cause.INSTRUCTION_EDIT, Confidence.HIGH, NEW | ((EDITED | OTHER_VALUE) & NEW_DOCKERFILE)),
    Rule(Cause.INSTRUCTION_EDIT, Confidence.MEDIUM, EDITED | OTHER_VALUE),
    Rule(Cause.BASE_IMAGE_UPDATE, Confidence.HIGH, _is("base_moved")),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.HIGH, SAME & NO_RESULT & ~NEW_DIGEST),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, SAME & NEVER_RAN & ~NEW_DIGEST & ~READS),
    Rule(Cause.INSTRUCTION_EDIT, Confidence.HIGH, SAME & _is("moved") & ~SAME_DIGEST & ~SAME_STAGE),
    Rule(Cause.ENVIRONMENT_CHANGE, Confidence.HIGH, NEW_DIGEST & RUN & SAME),
    # The builder had nothing, and what it imported did not hold the step.
    Rule(
        Cause.NOT_EXPORTED,
        Confidence.MEDIUM,
        COLD & ~NO_HITS & IMPORTED & _is("copied_from") & _is("whole_stage") & ~READS & SAME,
    ),
    Rule(
        Cause.NOT_EXPORTED,
        Confidence.MEDIUM,
        COLD & KEPT_NOWHERE & SAME & (_is("same_commit") | SAME_DIGEST),
    ),
    Rule(Cause.IMPORT_EMPTY, Confidence.MEDIUM, FRESH & _is("silent_import") & ~NEW_DIGEST),
    Rule(
        Cause.COLD_BUILDER,
        Confidence.MEDIUM,
        FRESH & IMPORTED & (SAME_DIGEST | (~_is("import_known") & ~HAS_DIGEST)),
    ),
    # Files are read, and nothing else about the step is new.
    Rule(
        Cause.CONTENT_CHANGE,
        Confidence.HIGH,
        READS & SAME & ~NO_HITS & (FILES_SENT | (_is("new_commit") & ~NOTHING_SENT)),
    ),
    Rule(Cause.CONTENT_CHANGE, Confidence.MEDIUM, READS & SAME & ~NOTHING_SENT & ~FRESH),
    # Nothing in the log differs.
    Rule(Cause.NO_CACHE_FLAG, Confidence.MEDIUM, WARM & NO_HITS & SAME & NOTHING_CHANGED),
    Rule(
        Cause.INSTRUCTION_EDIT,
        Confidence.MEDIUM,
        RUN & SAME & ~HAS_DIGEST & NEW_DOCKERFILE & HEREDOC,
    ),
    Rule(Cause.ENVIRONMENT_CHANGE, Confidence.MEDIUM, RUN & SAME & ~HAS_DIGEST & NEW_DOCKERFILE),
    Rule(
        Cause.ENVIRONMENT_CHANGE,
        Confidence.LOW,
        RUN & SAME & ~HAS_DIGEST & _is("new_commit") & ~_is("hit_on_new_commit"),
    ),
    Rule(Cause.EVICTED, Confidence.MEDIUM, SAME & ~NO_HITS & NOTHING_CHANGED),
    Rule(Cause.EVICTED, Confidence.LOW, SAME & ~NO_HITS & ~NEW_DIGEST),
    Rule(
        Cause.NO_CACHE_FLAG,
        Confidence.LOW,
        WARM & NO_HITS & SAME & ~HAS_DIGEST & NOTHING_SENT & ~NEW_DOCKERFILE,
    ),
)


def decided() -> tuple[pl.Expr, pl.Expr]:
    """Return the cause of a step and its confidence, as if it were a root; else `unknown`, low."""
    cause = pl.lit(Cause.UNKNOWN)
    confidence = pl.lit(Confidence.LOW)
    for rule in reversed(RULES):
        cause = pl.when(rule.condition).then(pl.lit(rule.cause)).otherwise(cause)
        confidence = pl.when(rule.condition).then(pl.lit(rule.confidence)).otherwise(confidence)
    return (
        cause.cast(pl.Enum(Cause)).alias("cause"),
        confidence.cast(pl.Enum(Confidence)).alias("confidence"),
    )
