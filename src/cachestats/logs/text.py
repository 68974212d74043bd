"""Log bytes → the lines that BuildKit printed, whole batches of logs at a time.

A log is split once, at line feeds (a carriage return is no line break in plain progress, DOMAIN:
progress bars redraw with it). Of the millions of lines that programs print during a `RUN` only
the last of each block is kept, with a checksum of those before it, so that what follows works on
a tenth of the text while nothing that tells two runs apart is lost. Lines in
which a package manager may say what it installed are looked for meanwhile, and kept beside these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.mail import QUOTED, unquoted
from cachestats.logs.marks import is_marked, of_marked_vertices
from cachestats.logs.masking import MASKED, unmasked
from cachestats.logs.wrappers import unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Lines", "Text", "kept_lines", "sniff", "strings"]

# BuildKit's own first characters: a plain line, or an object of rawjson.
_BUILDKIT = re.compile(rb'#\d+ |\{"(?:vertexes|statuses|logs|warnings)":')
# The runner of GitHub Actions puts a time with seven digits before each line; copies of it
# elsewhere have up to nine.
_TIMESTAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}Z ")
_HIDDEN = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]#\d+ ")

# A line of a program's output has the seconds since its step began; nothing else of BuildKit's
# starts with a decimal number.
_OUTPUT = r"^#\d+ \d+\.\d+(?: |$)"
_OUTPUT_OBJECT = '{"logs"'  # what an object of rawjson starts with that has nothing but output
# The client's last word on a build that failed, and what such lines start with.
_ERROR = (
    r"^(?:(?i:error): )?(?:buildx (?:call )?failed with: (?i:error): )?"
    r"(?:target [^ ]+: )?(?:failed to (?:build|solve|receive status)|executor failed running) ?"
    r"|^ERROR: (?:Canceled|context canceled)"
)
_ERROR_STARTS = ("E", "e", "f", "b", "t")


class Lines:
    """Columns of the kept lines, in the order of the logs and of their lines."""

    LOG = pl.col("log")  # number of the log in the batch
    LINE = pl.col("line")  # line in that log, from 1
    AT = pl.col("at")  # time before the line, as printed; null without one
    TEXT = pl.col("text")  # the line behind the prefix of its CI system
    OUTPUT = pl.col("output")  # printed by a program: the last line of its block
    PARTED = pl.col("parted")  # a blank line, or nothing, stands before the line
    WEIGHT = pl.col("weight")  # checksum of the output lines of its block; 0 for other lines
    KEPT = pl.col("kept")  # what a run is read from; else a line that is here for its mark alone
    MARKED = pl.col("marked")  # it may hold output that names packages
    SCHEMA = pl.Schema(
        {
            "log": pl.UInt32(),
            "line": pl.UInt32(),
            "at": pl.String(),
            "text": pl.String(),
            "output": pl.Boolean(),
            "parted": pl.Boolean(),
            "weight": pl.UInt64(),
            "kept": pl.Boolean(),
            "marked": pl.Boolean(),
        }
    )


_NO_TIME = pl.lit(None, pl.String).alias("at")


@dataclass(frozen=True, slots=True)
class Text:
    """One log as UTF-8, and the width of the prefix that its CI system put before each line.

    `prefix` is None where no line of the log is BuildKit's. `wrapper` is what wrote the prefix, or
    another that was taken off; `warning` says what was guessed.
    """

    log: int
    data: bytes
    prefix: int | None
    wrapper: str = "none"
    warning: str | None = None


def sniff(log: int, data: bytes) -> Text:
    """Bring a log to UTF-8 and line feeds, and find the prefix of its BuildKit lines."""
    data, guessed = _utf8(data), None
    if (said := unquoted(data)) is not None:
        data, guessed = said, QUOTED
    if (whole := unmasked(data)) is not None:
        data, guessed = whole, MASKED
    text = _sniffed(log, data)
    return replace(text, warning=text.warning or guessed)


def _sniffed(log: int, data: bytes) -> Text:
    # Colours in a program's output are left alone; before a line of BuildKit's they hide it.
    is_bare = b"\x1b" not in data or _HIDDEN.search(data) is None
    if is_bare and (text := _known(log, data)) is not None:
        return text
    if (bare := unwrapped(data)) is not None and (text := _known(log, bare.data)) is not None:
        return replace(text, wrapper=bare.wrapper, warning=bare.warning)
    return Text(log, data, None)


def _known(log: int, data: bytes) -> Text | None:
    """Find a line of BuildKit's at the start of a line, or behind a time of GitHub's."""
    for found in _BUILDKIT.finditer(data):
        start = data.rfind(b"\n", 0, found.start()) + 1
        prefix = data[start : found.start()]
        if not prefix or _TIMESTAMP.fullmatch(prefix):
            if data.startswith(b"\r\n", data.find(b"\n", start) - 1):
                data = data.replace(b"\r\n", b"\n")
            return Text(log, data, len(prefix), "GitHub" if prefix else "none")
    return None


def _utf8(data: bytes) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def kept_lines(texts: Iterable[Text], *, evidence: bool = True) -> pl.DataFrame:
    """Return the `Lines` of logs that hold any, sorted by log and line.

    Args:
        texts: Logs.
        evidence: Look for marked lines.
    """
    by_prefix: dict[int, list[Text]] = {}
    for text in texts:
        if text.prefix is not None:
            by_prefix.setdefault(text.prefix, []).append(text)
    frames = [
        frame
        for prefix, group in by_prefix.items()
        for frame in _kept(group, prefix, evidence=evidence)
    ]
    return pl.concat([Lines.SCHEMA.to_frame(), *frames]).sort("log", "line")


def _kept(texts: Sequence[Text], prefix: int, *, evidence: bool) -> list[pl.DataFrame]:
    """Split logs whose lines have a prefix of this width; return BuildKit's and the client's.

    What a line starts with is compared as bytes: a character's place in a text has to be counted.
    """
    lines = _split(texts, prefix)
    chains = [_buildkit(lines, prefix, evidence=evidence), _client(lines, prefix)]
    if evidence:
        chains.append(_marked_objects(lines, prefix))
    columns = (
        "log",
        "line",
        pl.col("stamped").str.head(prefix - 1).alias("at") if prefix else _NO_TIME,
        Lines.TEXT.str.strip_suffix("\r"),
        "output",
        "parted",
        Lines.WEIGHT.cast(pl.UInt64),
        "kept",
        "marked",
    )
    return [_collected(chain.select(columns)) for chain in chains]


def _split(texts: Sequence[Text], prefix: int) -> pl.DataFrame:
    """Return all lines of logs as they stand there; `ours` are those of BuildKit."""
    log, text = Lines.LOG, Lines.TEXT
    # BuildKit writes the keys of an object in one order: one that starts with logs has no others.
    ours = _starts(prefix, "#") | (_starts(prefix, '{"') & ~_starts(prefix, _OUTPUT_OBJECT))
    parted = (text.str.len_bytes().shift(1, fill_value=0) <= prefix) | (log != log.shift(1))
    return (
        pl.LazyFrame({"log": [text.log for text in texts], "text": strings(_bytes(texts))})
        .with_columns(log.cast(pl.UInt32), text.str.split("\n"))
        .with_columns(line=pl.int_ranges(1, text.list.len() + 1, dtype=pl.UInt32))
        .explode("text", "line")
        .with_columns(ours=ours, parted=parted)
        .pipe(_collected)
    )


def _buildkit(lines: pl.DataFrame, prefix: int, *, evidence: bool) -> pl.LazyFrame:
    log, text, output = Lines.LOG, Lines.TEXT, Lines.OUTPUT
    # The first three bytes tell steps apart well enough where a log lost what parts them.
    step = text.cast(pl.Binary).bin.slice(0, 3)
    next_is_output = output.shift(-1, fill_value=False)
    goes_on = next_is_output & (log == log.shift(-1)) & (step == step.shift(-1))
    return (
        lines.lazy()
        .filter("ours")
        .with_columns(stamped=text, text=_behind(prefix))
        .with_columns(output=text.str.contains(_OUTPUT))
        .with_columns(weight=(output.cast(pl.UInt64) * _checksum(text)).cum_sum())
        .with_columns(
            kept=~(output & goes_on), marked=is_marked(text, output) if evidence else False
        )
        .filter(Lines.KEPT | Lines.MARKED)
        # No output is dropped behind the last kept line of a log: the difference is its own.
        .with_columns(before=pl.when(Lines.KEPT).then(Lines.WEIGHT).forward_fill())
        .with_columns(Lines.WEIGHT - pl.col("before").shift(1).fill_null(0))
        .with_columns(text.str.strip_prefix("##[error]"))
        .filter(text.str.contains(r"^(?:#[0-9]|\{)") | text.str.contains(_ERROR))
    )


def _client(lines: pl.DataFrame, prefix: int) -> pl.LazyFrame:
    return (
        lines.lazy()
        .filter(~pl.col("ours"))
        .filter(pl.any_horizontal(_starts(prefix, start) for start in _ERROR_STARTS))
        .with_columns(stamped=Lines.TEXT, text=_behind(prefix), output=False, weight=0)
        .with_columns(kept=True, marked=False)
        .filter(Lines.TEXT.str.contains(_ERROR))
    )


def _marked_objects(lines: pl.DataFrame, prefix: int) -> pl.LazyFrame:
    return (
        lines.lazy()
        .filter(_starts(prefix, _OUTPUT_OBJECT))
        .with_columns(stamped=Lines.TEXT, text=_behind(prefix), output=False, weight=0)
        .with_columns(kept=False, marked=True)
        .pipe(_collected)
        .pipe(of_marked_vertices, Lines.TEXT)
    )


def _checksum(text: pl.Expr) -> pl.Expr:
    """Sum up a line of output: its time, its end and its length; another version's is the same.

    No hash of polars is promised to stay as it is, and a `run_id` must.
    """
    raw = text.cast(pl.Binary)
    time, end = raw.bin.slice(2, 8), raw.bin.slice(-8, 8)
    return pl.sum_horizontal(
        time.bin.reinterpret(dtype=pl.UInt64, endianness="little") * 0x9E3779B97F4A7C15,
        end.bin.reinterpret(dtype=pl.UInt64, endianness="little"),
        text.str.len_bytes().cast(pl.UInt64),
        pl.lit(1 << 32, pl.UInt64),
    )


def _collected(lines: pl.LazyFrame) -> pl.DataFrame:
    """Run a chain that is in its best order; optimised, it would match its patterns twice."""
    return lines.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def _starts(prefix: int, mark: str) -> pl.Expr:
    if not prefix:
        return Lines.TEXT.str.starts_with(mark)
    return Lines.TEXT.cast(pl.Binary).bin.slice(prefix - 2, 2 + len(mark)) == b"Z " + mark.encode()


def _behind(prefix: int) -> pl.Expr:
    if not prefix:
        return Lines.TEXT
    return Lines.TEXT.cast(pl.Binary).bin.slice(prefix).cast(pl.String)


def _bytes(texts: Sequence[Text]) -> pl.Series:
    return pl.Series([text.data for text in texts], dtype=pl.Binary)


def strings(data: pl.Series) -> pl.Series:
    """Turn bytes into text; bytes that are not UTF-8 become U+FFFD.

    Programs print them; BuildKit's own lines are not touched.
    """
    try:
        return data.cast(pl.String)
    except pl.exceptions.PolarsError:
        texts = [None if text is None else text.decode("utf-8", "replace") for text in data]
        return pl.Series(data.name, texts, pl.String)
