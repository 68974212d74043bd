"""What reading a log would give: how it is written, what share of it is understood, its runs.

The forms of BuildKit's lines are listed here once more, apart from the decoders: these take every
numbered line that is nothing else for a status, and would never say that they do not know one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.logs.apart import decode_apart
from cachestats.logs.record import is_record
from cachestats.logs.source import Held, read
from cachestats.logs.text import sniff
from cachestats.redact import redacted
from cachestats.schema import DoctorRows, Rejects, Runs, StartBasis, Steps

if TYPE_CHECKING:
    from cachestats.logs.batch import Batch, Job

__all__ = ["checkup"]

SHOWN = 120  # characters of the first line that was not understood

_LINE, _TEXT = pl.col("line"), pl.col("text")
_STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}Z "
_NUMBERED = r"^#\d+ "
_OBJECT = r'^\{"(?:vertexes|statuses|logs|warnings)":|^\{"id":"moby\.buildkit\.trace"'
_OUTPUT = r"\d+\.\d+(?: |$)"
_END = r"(?:CACHED|CANCELED|DONE(?: \d+\.\d+s)?|ERROR|\.\.\.)\s*$|ERROR: |WARN: "
_STATUS = (
    r"(?:building with|copying|creating container|digest:|exporting|extracting|importing|inferred"
    r"|loading|merging|naming to|preparing|pulling|pushing|reading|resolv(?:e|ing)|sending"
    r"|sha256:[0-9a-f]|starting|transferring|unpacking|waiting|writing)"
)
_EARLIEST = r" *(?:digest|name|started|completed|duration|cached|error): "
_KNOWN = rf"{_NUMBERED}(?:\[|{_OUTPUT}|{_END}|{_STATUS}|{_EARLIEST})"

# Programs of a build, and what it is made from, may name a BuildKit that is not the one at work.
_BY_CLIENT = ~_TEXT.str.contains(r"^(?:#|\{)") | _TEXT.str.contains(r"^#\d+ pulling image ")
_VERSIONS = {
    "moby/buildkit:": r"\bmoby/buildkit:(\w[\w.-]*)",
    "buildkit ": r"(?i)(?:^|[^/\w])buildkitd?(?: version)?\"?:? *\"?(v\d+\.\d[\w.+-]*)",
    "buildx ": r"(?i)\bbuildx(?: version)?\"?:? *\"?(v\d+\.\d[\w.+-]*)",
}


def checkup(job: Job) -> dict[str, Any] | None:
    """Read one log and tell what came of it: a row of `DoctorRows`.

    Returns:
        None for an archive, whose logs have rows of their own, if nothing is wrong with it.
    """
    content, name = read(job.source), job.source.name
    if content.data is None or job.source.is_archive:
        return (
            {DoctorRows.source.name: name, DoctorRows.reason.name: content.fault}
            if (content.fault)
            else None
        )
    (batch,) = decode_apart([replace(job, source=job.source._replace(path=Held(name, content)))])
    return {
        DoctorRows.source.name: name,
        DoctorRows.bytes.name: len(content.data),
        DoctorRows.reason.name: _reason(batch.rejects),
        **_of_runs(batch.tables.runs),
        **_of_lines(content.data, batch),
    }


def _reason(rejects: pl.DataFrame) -> str | None:
    if rejects.is_empty():
        return None
    first = rejects.row(0, named=True)
    line, reason = first[Rejects.line.name], first[Rejects.reason.name]
    more = f" (and {len(rejects) - 1} more)" if len(rejects) > 1 else ""
    return (reason if line is None else f"line {line}: {reason}") + more


def _of_runs(runs: pl.DataFrame) -> dict[str, Any]:
    own_start = (Runs.started_at_basis.col != StartBasis.MTIME).fill_null(value=False)
    formats = runs[Runs.format.name].cast(pl.String).unique(maintain_order=True)
    return {
        DoctorRows.format.name: ", ".join(formats) or None,
        DoctorRows.runs.name: len(runs),
        DoctorRows.runs_without_start.name: runs.filter(~own_start).height,
        DoctorRows.runs_without_project.name: runs[Runs.project.name].null_count(),
    }


def _of_lines(data: bytes, batch: Batch) -> dict[str, Any]:
    if is_record(data):
        return {}
    text = sniff(0, data)
    lines = _lines(text.data, stamped=bool(text.prefix))
    buildkit = lines.filter(_TEXT.str.contains(f"{_NUMBERED}|{_OBJECT}"))
    strange = buildkit.filter(~_understood(batch))
    return {
        DoctorRows.wrapper.name: None if batch.tables.runs.is_empty() else text.wrapper,
        DoctorRows.lines.name: len(lines),
        DoctorRows.buildkit_lines.name: len(buildkit),
        DoctorRows.understood.name: 1 - len(strange) / len(buildkit) if len(buildkit) else None,
        DoctorRows.versions.name: _versions(lines),
        **_first(strange),
    }


def _lines(data: bytes, *, stamped: bool) -> pl.DataFrame:
    """Split a log into `line`, from 1, and `text` behind the time of its CI system."""
    texts = pl.Series("text", data.decode("utf-8", "replace").removesuffix("\n").split("\n"))
    bare = _TEXT.str.strip_suffix("\r")
    lines = texts.to_frame().select(bare.str.replace(_STAMP, "") if stamped else bare)
    return lines.with_row_index("line", offset=1) if data else lines.clear().with_row_index("line")


def _understood(batch: Batch) -> pl.Expr:
    """Tell lines of a known form, and names of steps, in a log that gave a run."""
    if batch.tables.runs.is_empty():
        return pl.lit(value=False)
    names = batch.tables.steps[Steps.name.name].drop_nulls().unique()
    faulty = batch.rejects[Rejects.line.name].drop_nulls()
    rest = redacted(_TEXT.str.replace(_NUMBERED, ""))
    said = _TEXT.str.contains(f"{_KNOWN}|{_OBJECT}") | rest.is_in(names.implode())
    return said & ~_LINE.cast(pl.Int64).is_in(faulty.implode())


def _first(strange: pl.DataFrame) -> dict[str, Any]:
    if strange.is_empty():
        return {}
    line, text = strange.head(1).select(_LINE, redacted(_TEXT)).row(0)
    shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return {DoctorRows.first_strange_line.name: line, DoctorRows.first_strange_text.name: shown}


def _versions(lines: pl.DataFrame) -> list[str]:
    """List what the log says of BuildKit's and buildx's versions, in the order of the patterns."""
    client = lines.filter(_BY_CLIENT)["text"]
    return [
        f"{what}{version}"
        for what, pattern in _VERSIONS.items()
        for version in client.str.extract(pattern).drop_nulls().unique(maintain_order=True)
    ]
