"""The causes: for each its condition and its confidence, in the order in which they are tried.

`docs/causes.md` tells the reasons. What explains a whole run stands before what explains one
step, but only on evidence of its own: that nothing hit proves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cachestats.analysis.causes import conditions as c
from cachestats.schema import Cause, Confidence

__all__ = ["RULES", "Rule", "decided"]


class Rule(NamedTuple):
    """A cause with the condition that shows it and how sure that is."""

    cause: Cause
    confidence: Confidence
    condition: pl.Expr


RULES = (
    Rule(Cause.FIRST_SEEN, Confidence.CERTAIN, c.NEW_IMAGE & ~c.BUILT_BEFORE),
    Rule(Cause.FIRST_SEEN, Confidence.MEDIUM, c.NEW_IMAGE),
    # The builder had nothing: whatever else changed, the step had to run.
    Rule(
        Cause.IMPORT_FAILED,
        Confidence.HIGH,
        c.FRESH & c.FAILED_TO_IMPORT & c.told("surely_nothing"),
    ),
    Rule(
        Cause.IMPORT_FAILED,
        Confidence.MEDIUM,
        c.FRESH & c.FAILED_TO_IMPORT,
    ),
    Rule(Cause.COLD_BUILDER, Confidence.HIGH, c.FRESH & ~c.IMPORTED & c.told("surely_nothing")),
    Rule(Cause.COLD_BUILDER, Confidence.MEDIUM, c.FRESH & ~c.IMPORTED),
    # A run that ended early shows less of its Dockerfile than there is.
    Rule(Cause.FIRST_SEEN, Confidence.MEDIUM, c.NEW & c.told("is_new_stage") & c.RUN_ENDED_BADLY),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, c.NEW & c.RUN_ENDED_BADLY & c.SAME_STAGE),
    # The text tells.
    Rule(
        Cause.VOLATILE_VALUE,
        Confidence.HIGH,
        (c.OTHER_VALUE & (c.OFTEN_OTHER | c.told("names_commit")))
        | (c.EDITED & c.told("only_numbers") & c.OFTEN_OTHER),
    ),
    # A date or hash of which no two runs had the same.
    Rule(
        Cause.VOLATILE_VALUE,
        Confidence.MEDIUM,
        c.OTHER_VALUE & ~c.told("only_pins") & (pl.col("text_stays") == 0),
    ),
    # A text that grew while the Dockerfile kept its size names a value that is given from outside.
    Rule(
        Cause.ENVIRONMENT_CHANGE,
        Confidence.MEDIUM,
        (c.EDITED | c.OTHER_VALUE) & c.SAME_DOCKERFILE & (pl.col("grown") != 0),
    ),
    Rule(
        Cause.INSTRUCTION_EDIT,
        Confidence.HIGH,
        (c.EDITED | c.OTHER_VALUE) & c.NEW_DOCKERFILE & c.AS_LONG,
    ),
    Rule(
        Cause.INSTRUCTION_EDIT,
        Confidence.HIGH,
        c.NEW & c.NEW_DOCKERFILE & ~c.told("is_new_stage") & ~c.RUN_ENDED_BADLY,
    ),
    Rule(Cause.INSTRUCTION_EDIT, Confidence.MEDIUM, c.NEW | c.EDITED | c.OTHER_VALUE),
    Rule(
        Cause.BASE_IMAGE_UPDATE,
        Confidence.HIGH,
        c.told("base_updated") & c.SAME_ABOVE & (c.USED | ~c.NO_HITS) & ~c.READS,
    ),
    Rule(Cause.BASE_IMAGE_UPDATE, Confidence.MEDIUM, c.told("base_updated") | c.told("base_other")),
    Rule(
        Cause.CONTENT_CHANGE,
        Confidence.HIGH,
        c.SAME & c.SAME_ABOVE & c.told("source_updated") & ~c.NO_HITS,
    ),
    Rule(
        Cause.PREVIOUS_FAILURE,
        Confidence.HIGH,
        c.SAME & c.NO_RESULT & c.SAME_DIGEST,
    ),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, c.SAME & c.NO_RESULT & ~c.NEW_DIGEST),
    Rule(
        Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, c.SAME & c.NEVER_RAN & ~c.NEW_DIGEST & ~c.READS
    ),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, c.SAME & c.STOPPED),
    Rule(
        Cause.INSTRUCTION_EDIT,
        Confidence.MEDIUM,
        c.SAME & c.told("moved") & ~c.SAME_DIGEST,
    ),
    Rule(Cause.ENVIRONMENT_CHANGE, Confidence.HIGH, c.NEW_DIGEST & c.RUN & c.SAME & c.SAME_INPUTS),
    Rule(Cause.INSTRUCTION_EDIT, Confidence.MEDIUM, c.NEW_DIGEST & c.SAME & ~c.SAME_INPUTS),
    # The builder had nothing, and what it imported did not hold the step.
    Rule(
        Cause.NOT_EXPORTED,
        Confidence.MEDIUM,
        c.NOT_IN_CACHE & (~c.READS | ~c.told("new_commit") | c.told("is_min")),
    ),
    Rule(
        Cause.NOT_EXPORTED,
        Confidence.MEDIUM,
        c.COLD & c.KEPT_NOWHERE & c.SAME & (c.told("same_commit") | c.SAME_DIGEST),
    ),
    Rule(
        Cause.IMPORT_EMPTY,
        Confidence.MEDIUM,
        c.FRESH & c.told("silent_import") & ~c.NEW_DIGEST & ~(c.READS & c.told("new_commit")),
    ),
    Rule(
        Cause.COLD_BUILDER,
        Confidence.MEDIUM,
        c.FRESH & c.IMPORTED & (c.SAME_DIGEST | (~c.told("import_known") & ~c.HAS_DIGEST)),
    ),
    # Files are read, and nothing else about the step is new.
    Rule(
        Cause.CONTENT_CHANGE,
        Confidence.HIGH,
        # A RUN with a bind mount depends on more than the files.
        c.READS
        & ~c.RUN
        & c.SAME
        & c.SAME_ABOVE
        & ~c.OTHER_BASE
        & ~c.NO_HITS
        & (
            (c.FILES_SENT & c.USED)
            | (c.COLD & c.IN_CACHE & c.told("above_hit") & c.told("new_commit"))
        ),
    ),
    Rule(Cause.CONTENT_CHANGE, Confidence.MEDIUM, c.READS & c.SAME & ~c.NOTHING_SENT & ~c.FRESH),
    # The first step reads files, so that all that is built on it misses with it.
    Rule(Cause.CONTENT_CHANGE, Confidence.LOW, c.READS & c.SAME & c.FRESH & c.told("new_commit")),
    # Nothing in the log differs.
    Rule(Cause.NO_CACHE_FLAG, Confidence.MEDIUM, c.WARM & c.NO_HITS & c.SAME & c.NOTHING_CHANGED),
    Rule(
        Cause.NO_CACHE_FLAG, Confidence.MEDIUM, c.WARM & c.NO_HITS & c.SAME & c.READS & c.SOME_SAME
    ),
    Rule(
        Cause.INSTRUCTION_EDIT,
        Confidence.MEDIUM,
        c.RUN & c.SAME & ~c.HAS_DIGEST & c.NEW_DOCKERFILE & c.HEREDOC,
    ),
    Rule(
        Cause.ENVIRONMENT_CHANGE,
        Confidence.LOW,
        c.RUN & c.SAME & ~c.HAS_DIGEST & (c.NEW_DOCKERFILE | c.MAY_FOLLOW_COMMIT),
    ),
    # A fresh builder has what it imports alone.
    Rule(
        Cause.NOT_EXPORTED,
        Confidence.MEDIUM,
        c.COLD & c.IMPORTED & c.SAME & ~c.NO_HITS & c.NOTHING_CHANGED,
    ),
    Rule(
        Cause.NOT_EXPORTED,
        Confidence.LOW,
        c.COLD & c.IMPORTED & c.SAME & ~c.NO_HITS & ~c.NEW_DIGEST,
    ),
    Rule(
        Cause.NO_CACHE_FLAG,
        Confidence.MEDIUM,
        c.WARM & c.AS_BEFORE & ~c.NO_HITS & c.WHOLE_STAGE & (c.NOTHING_CHANGED | c.NOTHING_SENT),
    ),
    Rule(Cause.EVICTED, Confidence.MEDIUM, c.AS_BEFORE & ~c.NO_HITS & c.NOTHING_CHANGED),
    Rule(Cause.EVICTED, Confidence.LOW, c.AS_BEFORE & ~c.NO_HITS & ~c.NEW_DIGEST),
    Rule(
        Cause.NO_CACHE_FLAG,
        Confidence.LOW,
        c.WARM
        & c.NO_HITS
        & c.SAME
        & ~c.HAS_DIGEST
        & ~c.NEW_DOCKERFILE
        & (c.NOTHING_SENT | (c.RUN & ~c.READS & c.told("hit_on_new_commit"))),
    ),
)

SURE = [Confidence.CERTAIN, Confidence.HIGH]


def decided() -> tuple[pl.Expr, pl.Expr]:
    """Return the cause of a step and its confidence, as if it were a root; else `unknown`, low."""
    cause = pl.lit(Cause.UNKNOWN)
    confidence = pl.lit(Confidence.LOW)
    for rule in reversed(RULES):
        cause = pl.when(rule.condition).then(pl.lit(rule.cause)).otherwise(cause)
        confidence = pl.when(rule.condition).then(pl.lit(rule.confidence)).otherwise(confidence)
    doubted = pl.when(c.DOUBTS & confidence.is_in(SURE)).then(pl.lit(Confidence.MEDIUM))
    return (
        cause.cast(pl.Enum(Cause)).alias("cause"),
        doubted.otherwise(confidence).cast(pl.Enum(Confidence)).alias("confidence"),
    )
