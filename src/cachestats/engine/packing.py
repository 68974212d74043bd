"""What goes from process to process, made small: many jobs one way, large tables the other."""

from __future__ import annotations

import copyreg
import pickle
from io import BytesIO
from typing import Any

import polars as pl

from cachestats.logs.batch import Job
from cachestats.logs.source import Source

__all__ = ["packed", "unpacked"]


def packed(thing: object) -> bytes:
    """Pickle jobs or what came of them.

    To send what is not compressed takes longer than to compress it: it is copied eight times.
    """
    pieces = BytesIO()
    pickler = pickle.Pickler(pieces, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCED
    pickler.dump(thing)
    return pieces.getvalue()


def unpacked(data: bytes) -> Any:  # noqa: ANN401 - what it was
    """Return what was packed."""
    return pickle.loads(data)  # noqa: S301 - by this program


def _frame(frame: pl.DataFrame) -> tuple[Any, ...]:
    stream = BytesIO()
    frame.write_ipc_stream(stream, compression="lz4", compat_level=pl.CompatLevel.newest())
    return _frame_of, (stream.getvalue(),)


def _frame_of(stream: bytes) -> pl.DataFrame:
    return pl.read_ipc_stream(stream)


def _job(job: Job) -> tuple[Any, ...]:
    return _job_of, (tuple(job.source), job.facts, job.earlier, job.path_template)


def _job_of(source: tuple[Any, ...], *known: Any) -> Job:  # noqa: ANN401
    return Job(Source._make(source), *known)


# Python's own way with classes of few fields takes four times as long.
_REDUCED = copyreg.dispatch_table | {pl.DataFrame: _frame, Job: _job}
