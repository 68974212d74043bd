"""Log bytes → the lines that BuildKit printed, whole batches of logs at a time.

A log is split once, at line feeds (a carriage return is no line break in plain progress, DOMAIN:
progress bars redraw with it). Of the millions of lines that programs print during a `RUN` only
the last of each block is kept, with the number and length of those before it, so that what
follows works on a tenth of the text while nothing that tells two runs apart is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Lines", "Text", "kept_lines", "sniff"]

# BuildKit's own first characters: a plain line, or an object of rawjson.
_BUILDKIT = re.compile(rb'#\d+ |\{"(?:vertexes|statuses|logs|warnings)":')
# The runner of GitHub Actions puts a time with seven digits before each line; copies of it
# elsewhere have up to nine.
_TIMESTAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}Z ")

# A line of a program's output has the seconds since its step began; nothing else of BuildKit's
# starts with a decimal number. The other part is the client's last word on a failed build.
_OUTPUT_OR_ERROR = (
    r"^(?:#\d+ \d+\.\d+(?: |$)"
    r"|(?:##\[error\]|(?i:error): )?(?:buildx (?:call )?failed with: (?i:error): )?"
    r"(?:target [^ ]+: )?(?:failed to (?:build|solve|receive status)|executor failed running) ?"
    r"|ERROR: (?:Canceled|context canceled))"
)


class Lines:
    """Columns of the kept lines, in the order of the logs and of their lines."""

    LOG = pl.col("log")  # number of the log in the batch
    LINE = pl.col("line")  # line in that log, from 1
    AT = pl.col("at")  # time before the line, as printed; null without one
    TEXT = pl.col("text")  # the line behind the prefix of its CI system
    OUTPUT = pl.col("output")  # printed by a program: the last line of its block
    WEIGHT = pl.col("weight")  # lines and bytes it stands for, itself included
    SCHEMA = pl.Schema(
        {
            "log": pl.UInt32(),
            "line": pl.UInt32(),
            "at": pl.String(),
            "text": pl.String(),
            "output": pl.Boolean(),
            "weight": pl.UInt64(),
        }
    )


@dataclass(frozen=True, slots=True)
class Text:
    """One log as UTF-8, and the width of the prefix that its CI system put before each line.

    `prefix` is None where no line of the log is BuildKit's.
    """

    log: int
    data: bytes
    prefix: int | None


def sniff(log: int, data: bytes) -> Text:
    """Bring a log to UTF-8 and find the prefix of its BuildKit lines."""
    data = _utf8(data)
    for found in _BUILDKIT.finditer(data):
        start = data.rfind(b"\n", 0, found.start()) + 1
        prefix = data[start : found.start()]
        if not prefix or _TIMESTAMP.fullmatch(prefix):
            return Text(log, data, len(prefix))
    return Text(log, data, None)


def _utf8(data: bytes) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def kept_lines(texts: Iterable[Text]) -> pl.DataFrame:
    """Return the `Lines` of logs that hold any, sorted by log and line."""
    by_prefix: dict[int, list[Text]] = {}
    for text in texts:
        if text.prefix is not None:
            by_prefix.setdefault(text.prefix, []).append(text)
    frames = [_kept(group, prefix) for prefix, group in by_prefix.items()]
    if not frames:
        return Lines.SCHEMA.to_frame()
    return pl.concat(frames).sort("log", maintain_order=True) if len(frames) > 1 else frames[0]


def _kept(texts: Sequence[Text], prefix: int) -> pl.DataFrame:
    """Split logs with one width of prefix; a line without the prefix is not BuildKit's."""
    log, text, output = Lines.LOG, Lines.TEXT, Lines.OUTPUT
    stamped = text.str.slice(prefix - 2, 2) == "Z " if prefix else text != ""
    # BuildKit writes the keys of an object in one order: one that starts so has output alone.
    mere_output = text.str.slice(prefix, 7) == '{"logs"'
    wanted = text.str.starts_with("#") | text.str.starts_with('{"') | output
    size = text.str.len_bytes().cast(pl.UInt64) + (1 << 32)
    runs_on = output.shift(-1, fill_value=False) & (log == log.shift(-1))
    lines = (
        pl.LazyFrame({"log": [text.log for text in texts], "text": _strings(texts)})
        .with_columns(log.cast(pl.UInt32), text.str.split("\n"))
        .with_columns(line=pl.int_ranges(1, text.list.len() + 1, dtype=pl.UInt32))
        .explode("text", "line")
        .filter(stamped & ~mere_output)
        .with_columns(text.str.slice(prefix), stamped=text)
        .with_columns(output=text.str.contains(_OUTPUT_OR_ERROR))
        .with_columns(weight=pl.when(wanted).then(size).otherwise(0).cum_sum())
        .filter(wanted & ~(output & runs_on))
        .select(
            "log",
            "line",
            at=pl.col("stamped").str.head(prefix - 1) if prefix else pl.lit(None, pl.String),
            text=text.str.strip_suffix("\r"),
            output=output & text.str.starts_with("#"),
            # Nothing is dropped behind the last kept line of a log: the difference is its own.
            weight=Lines.WEIGHT - Lines.WEIGHT.shift(1, fill_value=0),
        )
    )
    # The chain is in its best order; the optimiser would compute the columns of a filter twice.
    return lines.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def _strings(texts: Sequence[Text]) -> pl.Series:
    strings = pl.Series([text.data for text in texts], dtype=pl.Binary)
    try:
        return strings.cast(pl.String)
    except pl.exceptions.PolarsError:
        # Bytes that are not UTF-8 come from programs; BuildKit's own lines are not touched.
        return pl.Series([text.data.decode("utf-8", "replace") for text in texts], dtype=pl.String)
