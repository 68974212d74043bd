"""Builds that are written down in another way, said in lines that the decoders read.

A log in a rare format is translated to what plain progress or rawjson would have printed. Each
translation is decoded with all other logs, as a log of its own with a number behind theirs, and
what comes out is given back to the log that holds it. So a format needs no decoder, one file can
hold many builds, and ordinary logs pay nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.decoded import FAULT_SCHEMA, TIME, Decoded
from cachestats.logs.splitting import in_order, kept_lines
from cachestats.logs.text import Lines, sniff
from cachestats.schema import LogFormat, Runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["NO_DOCUMENTS", "Document", "attributed", "document_lines", "document_rows"]


@dataclass(frozen=True, slots=True)
class Document:
    """What a log in a rare format holds: one build, or several as a log of its lines could.

    Attributes:
        format: How it is written down.
        lines: Line of the log, and text without a line feed, in their order.
        started_at: Start of the build, where something better than its steps says so.
        ended_at: End of it, likewise.
        wall_s: Wall time, where only that is told.
        project: What was built, where no image's name says so.
        commit: Commit that was built.
        error: The client's last word on a build that failed.
        error_line: Where that stands.
        warnings: What could not be read with certainty.
        faults: Line, or None for the whole, and reason of what could not be read.
    """

    format: LogFormat
    lines: Sequence[tuple[int, str]]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    wall_s: float | None = None
    project: str | None = None
    commit: str | None = None
    error: str | None = None
    error_line: int | None = None
    warnings: tuple[str, ...] = ()
    faults: tuple[tuple[int | None, str], ...] = ()


# Documents of a batch: `log` is the number that each is decoded under, `of` the log that holds it.
_SCHEMA = pl.Schema(
    {
        "log": pl.UInt32(),
        "of": pl.UInt32(),
        "format": Runs.format.dtype,
        "started_at": TIME,
        "ended_at": TIME,
        "wall_s": pl.Float64(),
        "project": pl.String(),
        "commit": pl.String(),
        "error": pl.String(),
        "error_line": pl.UInt32(),
        "warnings": pl.List(pl.String()),
        "faults": pl.List(pl.Struct({"line": pl.UInt32(), "reason": pl.String()})),
    }
)
NO_DOCUMENTS = _SCHEMA.to_frame()


def document_rows(documents: Sequence[tuple[int, Document]], first: int) -> pl.DataFrame:
    """Number documents, each given with the number of its log, from `first` on."""
    rows = [
        {name: getattr(document, name) for name in _SCHEMA if name not in {"log", "of", "faults"}}
        | {"log": log, "of": of}
        | {"faults": [{"line": line, "reason": reason} for line, reason in document.faults]}
        for log, (of, document) in enumerate(documents, first)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def document_lines(documents: Sequence[tuple[int, Document]], first: int) -> pl.DataFrame:
    """Return the `Lines` of documents, numbered likewise; a line is that of the log."""
    spoken = [document.lines for _, document in documents]
    texts = ["\n".join(text for _, text in lines) for lines in spoken]
    kept = in_order(
        kept_lines(sniff(log, text.encode()) for log, text in enumerate(texts, first)).lines
    )
    places = [
        (log, line, place)
        for log, lines in enumerate(spoken, first)
        for line, (place, _) in enumerate(lines, 1)
    ]
    schema = {"log": pl.UInt32, "line": pl.UInt32, "place": pl.UInt32}
    return (
        kept.join(
            pl.DataFrame(places, schema=schema, orient="row"),
            on=["log", "line"],
            maintain_order="left",
        )
        .with_columns(line="place")
        .select(kept.columns)
    )


def attributed(decoded: Decoded, documents: pl.DataFrame) -> Decoded:
    """Give what was decoded from documents to their logs, with what the documents say of it.

    Args:
        decoded: Runs of ordinary logs and of documents.
        documents: `document_rows`.

    Returns:
        The same runs in the same order, with `said_project`, `said_commit` and `said_wall_s`.
    """
    said = documents.drop("faults").select(
        "log", "of", pl.exclude("log", "of").name.prefix("said_")
    )
    last = pl.col("run") == pl.col("run").max().over("log")
    runs = (
        decoded.runs.join(said, on="log", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("said_format", "format").alias("format"),
            pl.coalesce("said_started_at", "started_at").alias("started_at"),
            pl.coalesce("said_ended_at", "ended_at").alias("ended_at"),
            pl.coalesce(pl.when(last).then("said_error"), "error").alias("error"),
            pl.coalesce(pl.when(last).then("said_error_line"), "error_line").alias("error_line"),
            warnings=pl.col("warnings").list.concat(pl.col("said_warnings").fill_null([])),
            log=pl.coalesce("of", Lines.LOG),
        )
        .select(*decoded.runs.columns, "said_project", "said_commit", "said_wall_s")
    )
    # A screen keeps no output, so it never tells who was silent, and no words of an error.
    on_screen = runs.filter(pl.col("format") == LogFormat.TTY)["run"]
    kept = ~pl.col("run").is_in(on_screen.implode())
    return Decoded(
        runs=runs,
        steps=decoded.steps.with_columns(
            pl.col("silent") & kept, pl.when(kept).then(pl.col("error", "error_line"))
        ),
        statuses=decoded.statuses,
        faults=pl.concat([_faults(decoded.faults, documents), _own_faults(documents)]),
    )


def _faults(faults: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    return (
        faults.join(documents.select("log", "of"), on="log", how="left", maintain_order="left")
        .with_columns(log=pl.coalesce("of", "log"))
        .select(FAULT_SCHEMA.names())
    )


def _own_faults(documents: pl.DataFrame) -> pl.DataFrame:
    return (
        documents.select("faults", log="of")
        .filter(pl.col("faults").list.len() > 0)
        .explode("faults")
        .unnest("faults")
        .select(FAULT_SCHEMA.names())
    )
