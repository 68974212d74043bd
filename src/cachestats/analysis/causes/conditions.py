"""What a miss shows, in words that rules are made of; all of them are false where not known."""

from __future__ import annotations

import polars as pl

from cachestats.reads import is_link
from cachestats.schema import Instruction, Outcome, Steps

# Sizes from a kilobyte on are printed with three digits.
EXACT_BYTES, DIGITS = 1000, 0.01
FROM_AND_STEP = 2

OFTEN = 3
"""Of the last ten runs: what differs this often is volatile, not edited."""


def told(name: str) -> pl.Expr:
    """Whether a column is true; not if it is null."""
    return pl.col(name).fill_null(value=False)


def sure(condition: pl.Expr) -> pl.Expr:
    """Whether a condition holds; not if it is null."""
    return condition.fill_null(value=False)


# The run.
NO_HITS = pl.col("hits") == 0
FRESH = told("had_nothing") & NO_HITS
COLD = told("is_cold")
WARM = ~COLD
USED = told("is_used") | sure(~pl.col("full_context"))
IMPORTED = pl.col("imports_ok") > 0
FAILED_TO_IMPORT = ~IMPORTED & (pl.col("imports_failed") > 0)
NEW_DOCKERFILE = told("dockerfile_changed")
SAME_DOCKERFILE = sure(pl.col("dockerfile") == pl.col("dockerfile_then"))
# The context came at the size that it has when all files hit.
NOTHING_SENT = told("small_context") & WARM

# The step.
RUN = Steps.instruction.col == Instruction.RUN
READS = told("reads")
HEREDOC = Steps.text.col.str.contains("<<", literal=True)

# The layer, then and now.
NEW = told("is_new")
NEW_IMAGE = NEW & told("is_new_image")
EDITED = ~NEW & ~told("same_layer") & pl.col("text_then").is_not_null()
OTHER_VALUE = told("same_layer") & ~told("same_text") & ~told("is_cut")
SAME = told("same_layer") & (told("same_text") | told("is_cut"))
OFTEN_OTHER = pl.col("text_changes") >= OFTEN
SAME_ABOVE = pl.col("above").eq_missing(pl.col("above_then"))
SAME_STAGE = sure(pl.col("stage_total") == pl.col("stage_total_then"))
# The Dockerfile grew by as much as the one text that is another, which so was edited in it; of two
# texts one may name a value that is given from outside.
OTHER_TEXT = NEW | EDITED | OTHER_VALUE
AS_LONG = (Steps.text.col.filter(OTHER_TEXT).n_unique().over(Steps.run_id.name) == 1) & sure(
    (pl.col("dockerfile") - pl.col("dockerfile_then") - pl.col("grown")).abs()
    <= pl.when(pl.col("dockerfile") >= EXACT_BYTES).then(pl.col("dockerfile") * DIGITS).otherwise(0)
)

# What a step reads for the first time is sent, too, and says nothing of the others' files.
FIRST_READ = (READS & OTHER_TEXT).any().over(Steps.run_id.name)
FILES_SENT = sure(~pl.col("small_context")) & WARM & ~FIRST_READ

HAS_DIGEST = told("comparable") & pl.col("digest_then").is_not_null()
SAME_DIGEST = HAS_DIGEST & (Steps.digest.col == pl.col("digest_then"))
NEW_DIGEST = HAS_DIGEST & (Steps.digest.col != pl.col("digest_then"))
AS_BEFORE = SAME & (SAME_ABOVE | SAME_DIGEST)
SAME_INPUTS = sure(Steps.inputs.col == pl.col("inputs_then"))
# A stage stands on another one that ends in another step: what is built on comes first.
OTHER_BASE = pl.col("above").is_null() & sure(
    Steps.inputs.col.list.first() != pl.col("inputs_then").list.first()
)
MAY_FOLLOW_COMMIT = told("new_commit") & ~told("hit_on_new_commit")
NOTHING_CHANGED = SAME_DIGEST | (~HAS_DIGEST & told("same_commit") & ~NEW_DOCKERFILE)

# All steps of a stage were executed, from its first on, and these are several. A copy that is
# linked stands on no other.
WHOLE_STAGE = (
    told("whole_stage")
    & told("is_first")
    & sure(pl.col("stage_total") > FROM_AND_STEP)
    & ~is_link()
)

# How the comparison run ended, and the layer in the latest run that reached it.
ENDED_BADLY = [Outcome.FAILED, Outcome.CANCELED, Outcome.OPEN]
RUN_ENDED_BADLY = sure(pl.col("outcome_run_then").is_in(ENDED_BADLY))
NO_RESULT = sure(pl.col("outcome_then").is_in(ENDED_BADLY))
NEVER_RAN = RUN_ENDED_BADLY & sure(pl.col("outcome_then") == Outcome.NOT_NEEDED)
# A canceled run in between made what is above, and not this.
STOPPED = told("stopped")
# What the comparison run executed is in no remote cache, so that a fresh builder cannot have it.
KEPT_NOWHERE = (
    IMPORTED
    & sure(pl.col("outcome_then") == Outcome.DONE)
    & ((pl.col("exports_failed_then") > 0) | (pl.col("exports_ok_then") == 0))
)
# What is imported holds steps of this stage, and held this one when it was last built.
IN_CACHE = (
    IMPORTED
    & told("stage_exported")
    & (told("same_cache") | sure(pl.col("outcome_then") == Outcome.CACHED))
)
NOT_IN_CACHE = (
    COLD
    & ~NO_HITS
    & IMPORTED
    & SAME
    & told("copied_from")
    & told("whole_stage")
    & ~told("stage_exported")
)
# A step that can be compared is as before and was executed: so may be those that cannot.
SOME_SAME = (SAME & SAME_DIGEST).any().over(Steps.run_id.name)

# There were builds that the store does not have.
BUILT_BEFORE = ~NO_HITS | told("had_base") | (IMPORTED & ~told("silent_import"))

# Causes that are more likely than sure, whatever rule tells them: of a step that plain progress
# may show in the wrong place, so that it may be no root; of a run without a hit whose builder may
# have been fresh, which explains it alone; of what a run in between, which was canceled and is
# compared with by none, may have made already; and of a text that is not whole.
MADE_BETWEEN = sure(pl.col("made_at").is_between("then_at", "at", closed="none"))
BEGAN_BETWEEN = sure(pl.col("began_at").is_between("then_at", "at", closed="none"))
MAYBE_FRESH = NO_HITS & ~USED & ~told("had_base") & ~told("surely_nothing")
DOUBTS = (
    ~told("is_sure")
    | (FRESH & IMPORTED)
    | (MAYBE_FRESH & ~NEW_IMAGE)
    | (
        told("skipped")
        & (NEW_DIGEST | told("base_updated") | MADE_BETWEEN | (EDITED & BEGAN_BETWEEN))
    )
    | Steps.text.col.str.ends_with("...")
)
