"""The causes: for each its condition and its confidence, in the order in which they are tried.

`docs/causes.md` tells the reasons. What explains a whole run stands before what explains one
step, but only on evidence of its own: that nothing hit proves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cachestats.schema import Cause, Confidence, Instruction, Outcome, Steps

__all__ = ["OFTEN", "RULES", "Rule", "decided"]

OFTEN = 3
"""Of the last ten runs: what differs this often is volatile, not edited."""

# A line that grew makes the Dockerfile grow by as much; sizes are printed with three digits.
AS_MUCH = 16


class Rule(NamedTuple):
    """A cause with the condition that shows it and how sure that is."""

    cause: Cause
    confidence: Confidence
    condition: pl.Expr


def _is(name: str) -> pl.Expr:
    return pl.col(name).fill_null(value=False)


def _are(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(value=False)


# The run.
NO_HITS = pl.col("hits") == 0
FRESH = _is("had_nothing") & NO_HITS
COLD = _is("is_cold")
WARM = ~COLD
USED = _is("is_used") | _are(~pl.col("full_context"))
IMPORTED = pl.col("imports_ok") > 0
NEW_DOCKERFILE = _is("dockerfile_changed")
SAME_DOCKERFILE = _are(pl.col("dockerfile") == pl.col("dockerfile_then"))
# The context came at the size that it has when all files hit.
NOTHING_SENT = _is("small_context") & WARM
FILES_SENT = _are(~pl.col("small_context")) & WARM

# The step.
RUN = Steps.instruction.col == Instruction.RUN
READS = _is("reads")
HEREDOC = Steps.text.col.str.contains("<<", literal=True)

# The layer, then and now.
NEW = _is("is_new")
EDITED = ~NEW & ~_is("same_layer") & pl.col("text_then").is_not_null()
OTHER_VALUE = _is("same_layer") & ~_is("same_text") & ~_is("is_cut")
SAME = _is("same_layer") & (_is("same_text") | _is("is_cut"))
OFTEN_OTHER = pl.col("text_changes") >= OFTEN
SAME_STAGE = _are(pl.col("stage_total") == pl.col("stage_total_then"))
AS_LONG = _are(
    (pl.col("dockerfile") - pl.col("dockerfile_then") - pl.col("grown")).abs() <= AS_MUCH
)

HAS_DIGEST = _is("comparable") & pl.col("digest_then").is_not_null()
SAME_DIGEST = HAS_DIGEST & (Steps.digest.col == pl.col("digest_then"))
NEW_DIGEST = HAS_DIGEST & (Steps.digest.col != pl.col("digest_then"))
SAME_INPUTS = _are(Steps.inputs.col == pl.col("inputs_then"))
NOTHING_CHANGED = SAME_DIGEST | (~HAS_DIGEST & _is("same_commit") & ~NEW_DOCKERFILE)
# Whatever follows the commit did not change, or does not reach the step.
COMMIT_IS_NO_REASON = SAME_DIGEST | (
    ~HAS_DIGEST & ~NEW_DOCKERFILE & (_is("same_commit") | _is("hit_on_new_commit"))
)

# How the comparison run ended.
ENDED_BADLY = [Outcome.FAILED, Outcome.CANCELED, Outcome.OPEN]
RUN_ENDED_BADLY = _are(pl.col("outcome_run_then").is_in(ENDED_BADLY))
NO_RESULT = _are(pl.col("ended_then").is_in(ENDED_BADLY))
NEVER_RAN = RUN_ENDED_BADLY & (~_is("was_there") | _are(pl.col("ended_then") == Outcome.NOT_NEEDED))
# What the comparison run executed is in no remote cache, so that a fresh builder cannot have it.
KEPT_NOWHERE = (
    IMPORTED
    & _are(pl.col("outcome_then") == Outcome.DONE)
    & ((pl.col("exports_failed_then") > 0) | (pl.col("exports_ok_then") == 0))
)
# What is imported holds steps of this stage, and held this one when it was last built.
IN_CACHE = (
    IMPORTED
    & _is("stage_exported")
    & (_is("same_cache") | _are(pl.col("ended_then") == Outcome.CACHED))
)
NOT_IN_CACHE = COLD & ~NO_HITS & IMPORTED & SAME & _is("copied_from") & _is("whole_stage")

RULES = (
    Rule(Cause.FIRST_SEEN, Confidence.CERTAIN, NEW & _is("is_new_image") & NO_HITS),
    # Some steps hit, so that there were builds that the store does not have.
    Rule(Cause.FIRST_SEEN, Confidence.MEDIUM, NEW & _is("is_new_image")),
    # The builder had nothing: whatever else changed, the step had to run.
    Rule(
        Cause.IMPORT_FAILED,
        Confidence.HIGH,
        FRESH & ~IMPORTED & (pl.col("imports_failed") > 0) & _is("surely_nothing"),
    ),
    Rule(
        Cause.IMPORT_FAILED, Confidence.MEDIUM, FRESH & ~IMPORTED & (pl.col("imports_failed") > 0)
    ),
    Rule(Cause.COLD_BUILDER, Confidence.HIGH, FRESH & ~IMPORTED & _is("surely_nothing")),
    Rule(Cause.COLD_BUILDER, Confidence.MEDIUM, FRESH & ~IMPORTED),
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
        (EDITED | OTHER_VALUE) & SAME_DOCKERFILE & (pl.col("grown") != 0),
    ),
    Rule(
        Cause.INSTRUCTION_EDIT,
        Confidence.HIGH,
        (EDITED | OTHER_VALUE) & NEW_DOCKERFILE & AS_LONG,
    ),
    Rule(
        Cause.INSTRUCTION_EDIT,
        Confidence.HIGH,
        NEW & NEW_DOCKERFILE & ~_is("is_new_stage") & ~RUN_ENDED_BADLY,
    ),
    Rule(Cause.INSTRUCTION_EDIT, Confidence.MEDIUM, NEW | EDITED | OTHER_VALUE),
    Rule(
        Cause.BASE_IMAGE_UPDATE,
        Confidence.HIGH,
        _is("base_updated") & (USED | ~NO_HITS) & (~READS | NOTHING_SENT),
    ),
    Rule(Cause.BASE_IMAGE_UPDATE, Confidence.MEDIUM, _is("base_updated") | _is("base_other")),
    Rule(
        Cause.PREVIOUS_FAILURE,
        Confidence.HIGH,
        SAME & NO_RESULT & COMMIT_IS_NO_REASON & (~READS | NOTHING_SENT),
    ),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, SAME & NO_RESULT & ~NEW_DIGEST),
    Rule(Cause.PREVIOUS_FAILURE, Confidence.MEDIUM, SAME & NEVER_RAN & ~NEW_DIGEST & ~READS),
    Rule(
        Cause.INSTRUCTION_EDIT, Confidence.MEDIUM, SAME & _is("moved") & ~SAME_DIGEST & ~SAME_STAGE
    ),
    Rule(Cause.ENVIRONMENT_CHANGE, Confidence.HIGH, NEW_DIGEST & RUN & SAME & SAME_INPUTS),
    Rule(Cause.INSTRUCTION_EDIT, Confidence.MEDIUM, NEW_DIGEST & SAME & ~SAME_INPUTS),
    # The builder had nothing, and what it imported did not hold the step.
    Rule(Cause.NOT_EXPORTED, Confidence.MEDIUM, NOT_IN_CACHE & (~READS | ~_is("new_commit"))),
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
        READS
        & SAME
        & ~NO_HITS
        & (~RUN | _is("hit_on_new_commit"))
        & ((FILES_SENT & USED) | (COLD & IN_CACHE & _is("above_hit") & _is("new_commit"))),
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

# Causes that are more likely than sure, whatever rule tells them: of a step that plain progress
# may show in the wrong place, so that it may be no root; of one that a fresh builder without a hit
# may have missed for that alone; and of one whose text is not whole.
DOUBTS = ~_is("is_sure") | (FRESH & IMPORTED) | Steps.text.col.str.ends_with("...")
SURE = [Confidence.CERTAIN, Confidence.HIGH]


def decided() -> tuple[pl.Expr, pl.Expr]:
    """Return the cause of a step and its confidence, as if it were a root; else `unknown`, low."""
    cause = pl.lit(Cause.UNKNOWN)
    confidence = pl.lit(Confidence.LOW)
    for rule in reversed(RULES):
        cause = pl.when(rule.condition).then(pl.lit(rule.cause)).otherwise(cause)
        confidence = pl.when(rule.condition).then(pl.lit(rule.confidence)).otherwise(confidence)
    doubted = pl.when(DOUBTS & confidence.is_in(SURE)).then(pl.lit(Confidence.MEDIUM))
    return (
        cause.cast(pl.Enum(Cause)).alias("cause"),
        doubted.otherwise(confidence).cast(pl.Enum(Confidence)).alias("confidence"),
    )
