"""Logs that no decoding survives, kept apart from the others of their batch."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.batch import Batch, decode_batch
from cachestats.logs.source import read
from cachestats.redact import redacted
from cachestats.schema import Rejects, Sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.logs.batch import Job

__all__ = ["decode_apart"]

FAULT = "cannot be decoded, which is a fault of cachestats: "
FAULTS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, ArithmeticError)
LONGEST = 200


def decode_apart(jobs: Sequence[Job]) -> list[Batch]:
    """Decode sources together, but those that fail it, each of which becomes a reject.

    Failing is a fault of this program, whatever the log holds. Who is to blame is found by halving
    the batch: one costs the batch up to three times its time, and each further one a little more.

    Args:
        jobs: Sources, as `decode_batch` takes them.

    Returns:
        The batches of the parts, in the order of the sources; one batch where all goes well.
    """
    try:
        return [decode_batch(jobs)]
    except FAULTS as error:
        if len(jobs) == 1:
            return [_rejected(jobs[0], error)]
        half = len(jobs) // 2
        return [*decode_apart(jobs[:half]), *decode_apart(jobs[half:])]


def _rejected(job: Job, error: BaseException) -> Batch:
    nothing, data = decode_batch([]), read(job.source).data or b""
    said = " ".join(str(error).split())[:LONGEST]
    reason = pl.select(redacted(pl.lit(FAULT + (said or type(error).__name__)))).item()
    source = {
        Sources.source.name: job.source.name,
        Sources.size_bytes.name: len(data),
        Sources.modified_at.name: job.source.modified_at,
        Sources.sha256.name: sha256(data).hexdigest(),
        Sources.given.name: job.given,
        Sources.run_ids.name: [],
        Sources.rejected.name: True,
    }
    reject = {
        Rejects.source.name: job.source.name,
        Rejects.line.name: None,
        Rejects.reason.name: reason,
    }
    return replace(
        nothing,
        sources=pl.DataFrame([source], schema=nothing.sources.schema),
        rejects=pl.DataFrame([reject], schema=nothing.rejects.schema),
        files=1,
        bytes=len(data),
    )
