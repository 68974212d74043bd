"""Logs → the lines that BuildKit printed, whole batches of logs at a time.

A log is split once, at line feeds (a carriage return is no line break in plain progress, DOMAIN:
progress bars redraw with it). Of the millions of lines that programs print during a `RUN` only
the last of each block is kept, with a checksum of those before it, so that what follows works on
a tenth of the text while nothing that tells two runs apart is lost. Lines in
which a package manager may say what it installed are looked for meanwhile, and kept beside these.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.marks import is_marked, of_marked_vertices
from cachestats.logs.text import Lines, strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachestats.logs.text import Text

__all__ = ["alike", "kept_lines"]

# What is split at once: more has left the caches when it is looked at again, less is all overhead.
CHUNK_BYTES = 16 << 20
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
_NO_TIME = pl.lit(None, pl.String).alias("at")


def alike(texts: Iterable[Text]) -> Iterator[list[Text]]:
    """Give out logs a few at a time, those of one prefix together: each prefix is split alone."""
    waiting: dict[int | None, list[Text]] = defaultdict(list)
    size = Counter[int | None]()
    for text in texts:
        waiting[text.prefix].append(text)
        size[text.prefix] += len(text.data)
        if size[text.prefix] >= CHUNK_BYTES:
            yield waiting.pop(text.prefix)
            size[text.prefix] = 0
    yield from (waiting.values() or [[]])


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
    if evidence and lines["said"].any():
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
    """Return all lines of logs as they stand there.

    `ours` are those of BuildKit, but for objects that hold nothing but output: these are `said`.
    """
    log, text = Lines.LOG, Lines.TEXT
    parted = (text.str.len_bytes().shift(1, fill_value=0) <= prefix) | (log != log.shift(1))
    lines = (
        pl.LazyFrame({"log": [text.log for text in texts], "text": strings(_bytes(texts))})
        .with_columns(log.cast(pl.UInt32), text.str.split("\n"))
        .with_columns(line=pl.int_ranges(1, text.list.len() + 1, dtype=pl.UInt32))
        .explode("text", "line")
        .with_columns(
            parted=parted, ours=_starts(prefix, "#"), said=False, object=_starts(prefix, "{")
        )
        .pipe(_collected)
    )
    if not lines["object"].any():
        return lines
    # BuildKit writes the keys of an object in one order: one that starts with logs has no others.
    said = _starts(prefix, _OUTPUT_OBJECT)
    return lines.with_columns(said=said, ours=pl.col("ours") | (_starts(prefix, '{"') & ~said))


def _buildkit(lines: pl.DataFrame, prefix: int, *, evidence: bool) -> pl.LazyFrame:
    log, text, output = Lines.LOG, Lines.TEXT, Lines.OUTPUT
    step = pl.col("step")
    next_is_output = output.shift(-1, fill_value=False)
    goes_on = next_is_output & (log == log.shift(-1)) & (step == step.shift(-1))
    marked = is_marked(text, output, objects=lines["object"].any())
    return (
        lines.lazy()
        .filter("ours")
        .with_columns(stamped=text, text=_behind(prefix))
        # The first three bytes tell steps apart well enough where a log lost what parts them.
        .with_columns(output=text.str.contains(_OUTPUT), step=text.cast(pl.Binary).bin.slice(0, 3))
        .with_columns(weight=(output.cast(pl.UInt64) * _checksum(text)).cum_sum())
        .with_columns(kept=~(output & goes_on), marked=marked if evidence else False)
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
        .filter(~(pl.col("ours") | pl.col("said")))
        .filter(_starts(prefix, *_ERROR_STARTS))
        .with_columns(stamped=Lines.TEXT, text=_behind(prefix), output=False, weight=0)
        .with_columns(kept=True, marked=False)
        .filter(Lines.TEXT.str.contains(_ERROR))
    )


def _marked_objects(lines: pl.DataFrame, prefix: int) -> pl.LazyFrame:
    return (
        lines.lazy()
        .filter("said")
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


def _starts(prefix: int, *marks: str) -> pl.Expr:
    """Tell lines that start with one of some marks of the same length."""
    if not prefix:
        return pl.any_horizontal(Lines.TEXT.str.starts_with(mark) for mark in marks)
    start = Lines.TEXT.cast(pl.Binary).bin.slice(prefix - 2, 2 + len(marks[0]))
    return start.is_in([b"Z " + mark.encode() for mark in marks])


def _behind(prefix: int) -> pl.Expr:
    if not prefix:
        return Lines.TEXT
    return Lines.TEXT.cast(pl.Binary).bin.slice(prefix).cast(pl.String)


def _bytes(texts: Sequence[Text]) -> pl.Series:
    return pl.Series([text.data for text in texts], dtype=pl.Binary)
