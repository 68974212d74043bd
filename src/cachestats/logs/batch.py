"""A batch of logs: read, hashed, decoded, and what is to be remembered of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.decode import LOG_SCHEMA, Tables, decode
from cachestats.logs.documents import document_lines, document_rows
from cachestats.logs.given import RunFacts
from cachestats.logs.source import Source, read_all
from cachestats.logs.splitting import alike, in_order, kept_lines
from cachestats.logs.text import sniff
from cachestats.logs.translate import documents_in, reason_against, screens_beside
from cachestats.schema import Rejects, Sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachestats.logs.documents import Document
    from cachestats.logs.text import Text

__all__ = ["NO_TEXT", "Batch", "Earlier", "Job", "decode_batch"]

_GIVEN_TEXTS = ("project", "branch", "commit", "ci", "job", "runner")
NO_BUILD = "no lines of a BuildKit build"
NO_TEXT = ""  # hash of an archive, which has no text but that of its logs


@dataclass(frozen=True, slots=True)
class Earlier:
    """A source as it was when the store read it last."""

    size_bytes: int
    sha256: str
    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A source to read, and what is known of it and of its runs beforehand.

    Attributes:
        source: Source.
        facts: What is given about its runs.
        earlier: How the store knows it; None if it does not.
        path_template: Of an archive, by what the paths in it tell facts.
    """

    source: Source
    facts: RunFacts = RunFacts()
    earlier: Earlier | None = None
    path_template: str | None = None

    @property
    def given(self) -> str:
        """Hash of the run facts given from outside, by which a change of them is seen."""
        return _hash(self.facts, self.path_template)


@lru_cache(maxsize=1024)
def _hash(facts: RunFacts, path_template: str | None) -> str:
    given = repr(facts) + (path_template or "")
    return sha256(given.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Batch:
    """What came out of some sources.

    Attributes:
        tables: Runs and what belongs to them.
        sources: `Sources` without `ingested_at` and `version`, one row per source that was read,
            and one per archive whose logs are all in this batch or in those before.
        rejects: `Rejects` without `ingested_at`.
        replaced: Ids of runs that these sources no longer hold: their facts changed, or the log
            has grown since.
        files: How many logs were read, or tried.
        bytes: How much was read.
    """

    tables: Tables
    sources: pl.DataFrame
    rejects: pl.DataFrame
    replaced: frozenset[str]
    files: int
    bytes: int


def decode_batch(jobs: Sequence[Job], *, evidence: bool = True) -> Batch:
    """Read sources and decode them together; what cannot be read becomes a reject.

    Args:
        jobs: Sources.
        evidence: Look in the output of programs for the packages that they installed.
    """
    reading = _Reading(jobs, evidence=evidence)
    lines = reading.lines()
    tables = decode(
        lines,
        _logs(jobs, reading.warnings),
        document_rows(reading.documents, len(jobs)),
        # They are given for an ingest, not for a log.
        aliases=dict(next((job.facts.aliases for job in jobs if job.facts.aliases), ())),
    )
    run_ids = tables.log_runs.group_by("log").agg(run_ids=pl.col("run_id"))
    with_runs = set(run_ids["log"])
    without = [log for log in reading.hashes if log not in with_runs]
    faults = {log: reading.reasons.get(log, NO_BUILD) for log in without} | reading.faults
    return Batch(
        tables=tables,
        sources=_sources(
            jobs,
            reading.hashes | reading.archives,
            run_ids,
            set(faults) | set(tables.faults["log"]),
        ),
        rejects=_rejects(jobs, faults, tables.faults),
        replaced=_replaced(jobs, reading.followed, run_ids),
        files=sum(not job.source.is_archive for job in jobs),
        bytes=sum(size for size, _ in reading.hashes.values()),
    )


class _Reading:
    """Reads the logs of a batch, a few at a time: they are split while the caches hold them.

    Attributes:
        hashes: Size and hash of each log that was read.
        followed: Logs that are as they were, or have grown, since the store read them.
        archives: Size of each archive, and no hash.
        faults: Why a log, or an archive, could not be read, or not all of it.
        documents: What logs in rare formats hold, each with the number of its log.
        reasons: What logs are that hold no build.
        warnings: What was guessed of a log.
    """

    def __init__(self, jobs: Sequence[Job], *, evidence: bool) -> None:
        self._jobs, self._evidence = jobs, evidence
        self.hashes: dict[int, tuple[int, str]] = {}
        self.archives: dict[int, tuple[int, str]] = {}
        self.followed: list[int] = []
        self.faults: dict[int, str] = {}
        self.documents: list[tuple[int, Document]] = []
        self.reasons: dict[int, str] = {}
        self.warnings: dict[int, str] = {}

    def lines(self) -> pl.DataFrame:
        """Return the `Lines` of all logs, by log and line."""
        kept = pl.concat([self._kept(chunk) for chunk in alike(self._texts())])
        # Not sorted with the others: several lines of a document may stand on one of its log.
        of_documents = document_lines(self.documents, len(self._jobs))
        return pl.concat([in_order(kept), of_documents])

    def _texts(self) -> Iterator[Text]:
        """Read the logs; give out those that have lines of BuildKit's."""
        contents = read_all([job.source for job in self._jobs])
        for log, (job, (data, fault)) in enumerate(zip(self._jobs, contents, strict=True)):
            if fault:
                self.faults[log] = fault
            if data is None:
                continue
            if job.source.is_archive:
                self.archives[log] = job.source.size_bytes, NO_TEXT
            else:
                self.hashes[log] = len(data), sha256(data).hexdigest()
                if job.earlier and _follows(data, job.earlier):
                    self.followed.append(log)
                yield from self._with_lines(sniff(log, data))

    def _with_lines(self, text: Text) -> list[Text]:
        """Return a log that has lines of BuildKit's; of another, keep what it holds or is."""
        if text.warning:
            self.warnings[text.log] = text.warning
        if documents := documents_in(text):
            self.documents += [(text.log, document) for document in documents]
        elif text.prefix is not None:
            return [text]
        elif reason := reason_against(text):
            self.reasons[text.log] = reason
        return []

    def _kept(self, chunk: list[Text]) -> pl.DataFrame:
        """Keep the lines of some logs; screens of a terminal beside them are documents."""
        kept = kept_lines(chunk, evidence=self._evidence)
        if not kept.screens:
            return kept.lines
        texts = [self._parted(text) if text.log in kept.screens else text for text in chunk]
        return kept_lines(texts, evidence=self._evidence).lines

    def _parted(self, text: Text) -> Text:
        screens, rest = screens_beside(text)
        self.documents += [(text.log, document) for document in screens]
        return rest


def _follows(data: bytes, earlier: Earlier) -> bool:
    """Tell a log that is as it was, or has grown, from another that took its name."""
    return (
        len(data) >= earlier.size_bytes
        and sha256(memoryview(data)[: earlier.size_bytes]).hexdigest() == earlier.sha256
    )


def _replaced(
    jobs: Sequence[Job], followed: Sequence[int], run_ids: pl.DataFrame
) -> frozenset[str]:
    """Return the runs that logs no longer hold, of those that they held as the store knows."""
    held = run_ids.filter(pl.col("log").is_in(followed))
    found: dict[int, list[str]] = dict(held.iter_rows())
    return frozenset(
        run_id
        for log in followed
        if (earlier := jobs[log].earlier)
        for run_id in set(earlier.run_ids) - set(found.get(log, ()))
    )


def _logs(jobs: Sequence[Job], warnings: dict[int, str]) -> pl.DataFrame:
    columns: dict[str, Iterable[object]] = {
        "log": range(len(jobs)),
        "source": [job.source.name for job in jobs],
        "folder": [job.source.folder for job in jobs],
        "modified_at": [job.source.modified_at for job in jobs],
        "given_at": [job.facts.started_at for job in jobs],
        "given_basis": [job.facts.started_at_basis for job in jobs],
        "warning": [warnings.get(log) for log in range(len(jobs))],
    }
    named = {name: [getattr(job.facts, name) for job in jobs] for name in _GIVEN_TEXTS}
    return pl.DataFrame(columns | named, schema_overrides=LOG_SCHEMA).select(LOG_SCHEMA.names())


def _sources(
    jobs: Sequence[Job],
    hashes: dict[int, tuple[int, str]],
    run_ids: pl.DataFrame,
    faulty: set[int],
) -> pl.DataFrame:
    columns = {
        "log": hashes.keys(),
        "source": [jobs[log].source.name for log in hashes],
        "size_bytes": [size for size, _ in hashes.values()],
        "modified_at": [jobs[log].source.modified_at for log in hashes],
        "sha256": [digest for _, digest in hashes.values()],
        "given": [jobs[log].given for log in hashes],
        "rejected": [log in faulty for log in hashes],
    }
    dtypes = Sources.dtypes() | {"log": pl.UInt32()}
    rows = pl.DataFrame(columns, schema={name: dtypes[name] for name in columns})
    return rows.join(run_ids, on="log", how="left", maintain_order="left").select(
        *list(columns)[1:-1], pl.col("run_ids").fill_null([]), "rejected"
    )


def _rejects(jobs: Sequence[Job], faults: dict[int, str], lines: pl.DataFrame) -> pl.DataFrame:
    rows = [(jobs[log].source.name, None, reason) for log, reason in sorted(faults.items())]
    rows += [(jobs[log].source.name, line, reason) for log, line, reason in lines.iter_rows()]
    schema = {name: Rejects.dtypes()[name] for name in ("source", "line", "reason")}
    return pl.DataFrame(rows, schema=schema, orient="row")
