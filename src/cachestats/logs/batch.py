"""A batch of logs: read, hashed, decoded, and what is to be remembered of each."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.decode import LOG_SCHEMA, Tables, decode
from cachestats.logs.given import RunFacts
from cachestats.logs.source import Fault, Source, read
from cachestats.logs.text import kept_lines, sniff
from cachestats.schema import Rejects, Sources

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Batch", "Earlier", "Job", "decode_batch"]

NO_BUILD = "no lines of a BuildKit build"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A source as it was when the store read it last."""

    size_bytes: int
    sha256: str
    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A source to read, and what is known of it and of its runs beforehand."""

    source: Source
    facts: RunFacts = RunFacts()
    earlier: Earlier | None = None

    @property
    def given(self) -> str:
        """Hash of the run facts given from outside, by which a change of them is seen."""
        return sha256(repr(self.facts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Batch:
    """What came out of some sources.

    Attributes:
        tables: Runs and what belongs to them.
        sources: `Sources` without `ingested_at` and `version`, one row per source that was read.
        rejects: `Rejects` without `ingested_at`.
        replaced: Ids of runs that these sources no longer hold: their facts changed, or the log
            has grown since.
        files: How many sources were read, or tried.
        bytes: How much was read.
    """

    tables: Tables
    sources: pl.DataFrame
    rejects: pl.DataFrame
    replaced: frozenset[str]
    files: int
    bytes: int


def decode_batch(jobs: Sequence[Job]) -> Batch:
    """Read sources and decode them together; what cannot be read becomes a reject."""
    texts, hashes, faults = [], {}, {}
    for log, job in enumerate(jobs):
        data = read(job.source)
        if isinstance(data, Fault):
            faults[log] = data.reason
            continue
        hashes[log] = _Hash(len(data), sha256(data).hexdigest(), _follows(data, job.earlier))
        texts.append(sniff(log, data))
    tables = decode(kept_lines(texts), _logs(jobs))
    del texts
    found = tables.log_runs.group_by("log").agg(run_ids=pl.col("run_id"))
    run_ids = dict(found.iter_rows())
    faults |= {log: NO_BUILD for log in hashes if log not in run_ids}
    return Batch(
        tables=tables,
        sources=_sources(jobs, hashes, run_ids, set(faults) | set(tables.faults["log"])),
        rejects=_rejects(jobs, faults, tables.faults),
        replaced=frozenset(
            run_id
            for log, read_now in hashes.items()
            if read_now.follows and (earlier := jobs[log].earlier)
            for run_id in set(earlier.run_ids) - set(run_ids.get(log, ()))
        ),
        files=len(jobs),
        bytes=sum(read_now.size for read_now in hashes.values()),
    )


@dataclass(frozen=True, slots=True)
class _Hash:
    size: int
    sha256: str
    follows: bool


def _follows(data: bytes, earlier: Earlier | None) -> bool:
    """Tell a log that is as it was, or has grown, from another that took its name."""
    return (
        earlier is not None
        and len(data) >= earlier.size_bytes
        and sha256(memoryview(data)[: earlier.size_bytes]).hexdigest() == earlier.sha256
    )


def _logs(jobs: Sequence[Job]) -> pl.DataFrame:
    rows = [
        (
            log,
            job.source.name,
            job.source.folder,
            job.source.modified_at,
            job.facts.project,
            job.facts.branch,
            job.facts.commit,
            job.facts.ci,
            job.facts.job,
            job.facts.runner,
            job.facts.started_at,
            job.facts.started_at_basis,
        )
        for log, job in enumerate(jobs)
    ]
    return pl.DataFrame(rows, schema=LOG_SCHEMA, orient="row")


def _sources(
    jobs: Sequence[Job],
    hashes: dict[int, _Hash],
    run_ids: dict[int, list[str]],
    faulty: set[int],
) -> pl.DataFrame:
    rows = [
        (
            jobs[log].source.name,
            read_now.size,
            jobs[log].source.modified_at,
            read_now.sha256,
            jobs[log].given,
            run_ids.get(log, []),
            log in faulty,
        )
        for log, read_now in hashes.items()
    ]
    names = [name for name in Sources.dtypes() if name not in {"ingested_at", "version"}]
    schema = {name: Sources.dtypes()[name] for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _rejects(jobs: Sequence[Job], faults: dict[int, str], lines: pl.DataFrame) -> pl.DataFrame:
    rows = [(jobs[log].source.name, None, reason) for log, reason in sorted(faults.items())]
    rows += [(jobs[log].source.name, line, reason) for log, line, reason in lines.iter_rows()]
    schema = {name: Rejects.dtypes()[name] for name in ("source", "line", "reason")}
    return pl.DataFrame(rows, schema=schema, orient="row")
