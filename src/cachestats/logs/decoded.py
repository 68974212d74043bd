"""What plain progress and rawjson both decode to, before runs and layers have an identity."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cachestats.schema import LogFormat, Outcome, Steps

__all__ = [
    "BOOTING",
    "FAULT_SCHEMA",
    "PULL",
    "RUN_SCHEMA",
    "STATUS_SCHEMA",
    "STEP_SCHEMA",
    "TELLING",
    "TIME",
    "Decoded",
    "is_cancellation",
]

TIME = pl.Datetime("us", "UTC")
# The step in which a job creates its builder.
BOOTING = "[internal] booting buildkit"
_CANCELED = r"context canceled\s*$|(?:^|: |code = )Canceled\b"
# A status of a layer that is pulled or unpacked.
PULL = r"^(?:extracting )?sha256:"
# How a status begins that a fact can be made of: more than half of all are none. What changes in a
# status as it goes on, a size or a time at its end, is no part of it.
TELLING = (
    r"^(?:(?:extracting )?sha256:|transferring (?:context|dockerfile):|naming to|WARN:"
    r"|pushing manifest for|inferred cache manifest type|found \d+ layers in cache"
    r"|preparing build cache for export|sending cache export|writing cache (?:image )?manifest"
    r"|preparing layers for inline cache)"
)

RUN_SCHEMA = pl.Schema(
    {
        "run": pl.UInt32(),  # number in the batch, within its format
        "log": pl.UInt32(),
        "line": pl.UInt32(),  # the first of the run
        "format": pl.Enum(LogFormat),
        "started_at": TIME,
        "ended_at": TIME,
        "driver": pl.String(),
        "builder_booted": pl.Boolean(),
        "error": pl.String(),  # the client's last word on a build that failed
        "error_line": pl.UInt32(),
        "warnings": pl.List(pl.String()),
        "content": pl.String(),  # what the identity of the run is a hash of
    }
)
STEP_SCHEMA = pl.Schema(
    {
        "run": pl.UInt32(),
        "step_no": pl.Int32(),
        "line": pl.UInt32(),
        "raw": pl.String(),  # the name as printed
        "digest": pl.String(),
        "inputs": pl.List(pl.String()),
        "members": Steps.members.dtype,
        "outcome": pl.Enum(Outcome),
        "started_at": TIME,
        "duration_s": pl.Float64(),  # all time worked, of a cached step too
        "pulled": pl.Boolean(),  # it pulled or unpacked layers
        "silent": pl.Boolean(),  # no program printed anything; false where the format tells hits
        "error": pl.String(),
        "error_line": pl.UInt32(),
    }
)
STATUS_SCHEMA = pl.Schema(
    {
        "run": pl.UInt32(),
        "step_no": pl.Int32(),
        "line": pl.UInt32(),
        "text": pl.String(),  # the line of plain progress, or what it would be
        "bytes": pl.Float64(),  # the last size in it
        "seconds": pl.Float64(),
    }
)
FAULT_SCHEMA = pl.Schema({"log": pl.UInt32, "line": pl.UInt32, "reason": pl.String})


@dataclass(frozen=True, slots=True)
class Decoded:
    """Runs, their steps, the last status lines of these, and lines that could not be read.

    Of one batch of logs and one format.
    """

    runs: pl.DataFrame
    steps: pl.DataFrame
    statuses: pl.DataFrame
    faults: pl.DataFrame


def is_cancellation(error: pl.Expr) -> pl.Expr:
    """Tell the error of a step that was stopped from that of a step that failed.

    The command that failed is quoted in it, and may have any words.
    """
    return error.str.contains(_CANCELED).fill_null(value=False)
