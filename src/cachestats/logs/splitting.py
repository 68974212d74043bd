"""Logs → the lines that BuildKit printed, whole batches of logs at a time.

A log is split once, at line feeds (a carriage return is no line break in plain progress:
progress bars redraw with it). Of the millions of lines that programs print during a `RUN` only
the last of each block is kept, with a checksum of those before it, so that what follows works on
a tenth of the text while nothing that tells two runs apart is lost. Lines in
which a package manager may say what it installed are looked for meanwhile, and kept beside these.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cachestats.logs.marks import BASE64_MARKS, MARKS, near_marked
from cachestats.logs.text import Lines, strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachestats.logs.text import Text

__all__ = ["SCREEN", "Kept", "alike", "in_order", "kept_lines"]

# What is split at once: more has left the caches when it is looked at again, less is all overhead.
CHUNK_BYTES = 12 << 20
# A line of a program's output has the seconds since its step began; nothing else of BuildKit's
# starts with a decimal number.
_OUTPUT = r"^#[0-9]+ [0-9]+\.[0-9]+(?: |$)"
_OUTPUT_OBJECT = '{"logs"'  # what an object of rawjson starts with that has nothing but output
# The client's last word on a build that failed, and what such lines start with.
_ERROR = (
    r"^(?:(?i:error): )?(?:buildx (?:call )?failed with: (?i:error): )?"
    r"(?:target [^ ]+: )?"
    r"(?:failed to (?:build:|solve:|solve with |receive status:)|executor failed running )"
    r"|^ERROR: (?:Canceled|context canceled)"
)
_AZURE = "##[error]"  # what Azure puts before some lines
_ERROR_STARTS = ("E", "e", "f", "b", "t", "##")
# What BuildKit draws on a terminal begins so.
SCREEN = "[+] Building "
_HEAD, _HEAD_BYTES = pl.col("head"), 8
_STAMP_ENDS = b"Z "  # a prefix is a time
_STEP_BYTES = 3  # tell steps apart well enough where a log lost what parts them
_NO_TIME = pl.lit(None, pl.String).alias("at")


def alike(texts: Iterable[Text]) -> Iterator[list[Text]]:
    """Give out logs a few at a time, those of one form together: each form is split alone."""
    waiting: dict[tuple[int | None, bool], list[Text]] = defaultdict(list)
    size = Counter[tuple[int | None, bool]]()
    for text in texts:
        form = text.prefix, text.data.startswith(b"{")
        waiting[form].append(text)
        size[form] += len(text.data)
        if size[form] >= CHUNK_BYTES:
            yield waiting.pop(form)
            size[form] = 0
    yield from (waiting.values() or [[]])


class Kept(NamedTuple):
    """What was kept of logs.

    Attributes:
        lines: Their `Lines`, in no order.
        screens: Those that hold a screen of a terminal, outside the output of a step.
    """

    lines: pl.DataFrame
    screens: frozenset[int]


def kept_lines(texts: Iterable[Text], *, evidence: bool = True) -> Kept:
    """Split logs and keep what a run is read from.

    Args:
        texts: Logs; those without lines of BuildKit's are left out.
        evidence: Look for marked lines.
    """
    by_prefix: dict[int, list[Text]] = {}
    for text in texts:
        if text.prefix is not None:
            by_prefix.setdefault(text.prefix, []).append(text)
    frames, screens = [Lines.SCHEMA.to_frame()], set[int]()
    for prefix, group in by_prefix.items():
        lines = _split(group, prefix)
        others = _others(lines, prefix)
        frames += _kept(lines, others, prefix, evidence=evidence)
        screens.update(_screens(others))
    return Kept(pl.concat(frames), frozenset(screens))


def in_order(lines: pl.DataFrame) -> pl.DataFrame:
    """Sort `Lines` by log and line: one number is sorted four times as fast as two columns."""
    return lines.sort(Lines.LOG.cast(pl.UInt64) * (1 << 32) + Lines.LINE)


def _kept(
    lines: pl.DataFrame, others: pl.DataFrame, prefix: int, *, evidence: bool
) -> list[pl.DataFrame]:
    """Return the lines of BuildKit and of the client among those with a prefix of this width."""
    chains = [_buildkit(lines, prefix, evidence=evidence), _client(others)]
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
    """Return all lines of logs as they stand there, and what each begins with.

    `ours` are those of BuildKit, but for objects that hold nothing but output: these are `said`.
    A line too short to have a `head` may be anything.
    """
    log, text = Lines.LOG, Lines.TEXT
    parted = (text.str.len_bytes().shift(1, fill_value=0) <= prefix) | (log != log.shift(1))
    lines = (
        pl.LazyFrame({"log": [text.log for text in texts], "text": strings(_bytes(texts))})
        .with_columns(log.cast(pl.UInt32), text.str.split("\n"))
        .with_columns(line=pl.int_ranges(1, text.list.len() + 1, dtype=pl.UInt32))
        .explode("text", "line")
        .with_columns(parted=parted, head=_head(prefix))
        .with_columns(
            numbered=_begins("#", prefix).fill_null(text.str.len_bytes() > prefix),
            object=_begins('{"', prefix).fill_null(value=False),
        )
        .pipe(_collected)
    )
    if not lines["object"].any():
        return lines.with_columns(ours="numbered", said=False)
    # BuildKit writes the keys of an object in one order: one that starts with logs has no others.
    said = _begins(_OUTPUT_OBJECT, prefix).fill_null(value=False)
    ours = pl.col("numbered") | (pl.col("object") & ~said)
    return lines.with_columns(ours=ours, said=said)


def _head(prefix: int) -> pl.Expr:
    """Read eight bytes as a number: those a line starts with, or the end of its prefix and on.

    Numbers are compared at a tenth of the cost of texts.
    """
    first = prefix - len(_STAMP_ENDS) if prefix else 0
    head = Lines.TEXT.cast(pl.Binary).bin.slice(first, _HEAD_BYTES)
    return head.bin.reinterpret(dtype=pl.UInt64, endianness="little")


def _begins(mark: str, prefix: int) -> pl.Expr:
    """Tell a line that has its prefix and begins with as much of a mark as a head holds.

    Null for a line too short to have a head.
    """
    wanted = ((_STAMP_ENDS if prefix else b"") + mark.encode())[:_HEAD_BYTES]
    mask = (1 << 8 * len(wanted)) - 1
    return (_HEAD & mask) == int.from_bytes(wanted, "little")


def _buildkit(lines: pl.DataFrame, prefix: int, *, evidence: bool) -> pl.LazyFrame:
    log, text, output = Lines.LOG, Lines.TEXT, Lines.OUTPUT
    step = pl.col("step")
    next_is_output = output.shift(-1, fill_value=False)
    goes_on = next_is_output & (log == log.shift(-1)) & (step == step.shift(-1))
    return (
        _ends_of_output(lines, prefix, evidence=evidence)
        .with_columns(text.str.strip_prefix(_AZURE))
        .filter(text.str.contains(r'^(?:#\d|\{")'))
        .with_columns(step=text.cast(pl.Binary).bin.slice(0, _STEP_BYTES))
        .with_columns(kept=~(output & goes_on))
        .filter(Lines.KEPT | Lines.MARKED)
        # No output is dropped behind the last kept line of a log: the difference is its own.
        .with_columns(before=pl.when(Lines.KEPT).then(Lines.WEIGHT).forward_fill())
        .with_columns(Lines.WEIGHT - pl.col("before").shift(1).fill_null(0))
    )


def _others(lines: pl.DataFrame, prefix: int) -> pl.DataFrame:
    """Return the few lines of others than BuildKit that may be the client's or of a screen."""
    starts = (*_ERROR_STARTS, SCREEN, " ")
    return (
        lines.lazy()
        .filter((~pl.col("ours") & ~pl.col("said")) | _begins(_AZURE, prefix))
        .filter(pl.any_horizontal(_begins(start, prefix) for start in starts))
        .with_columns(stamped=Lines.TEXT, text=_behind(prefix).str.strip_prefix(_AZURE))
        .pipe(_collected)
    )


def _client(others: pl.DataFrame) -> pl.LazyFrame:
    told = others.lazy().filter(Lines.TEXT.str.contains(_ERROR))
    return told.with_columns(output=False, weight=0, kept=True, marked=False)


def _screens(others: pl.DataFrame) -> pl.Series:
    return others.filter(Lines.TEXT.str.contains("^ *" + re.escape(SCREEN)))["log"].unique()


def _marked_objects(lines: pl.DataFrame, prefix: int) -> pl.LazyFrame:
    return (
        lines.lazy()
        .filter("said")
        .with_columns(stamped=Lines.TEXT, text=_behind(prefix), output=False, weight=0)
        .with_columns(kept=False, marked=True)
        .pipe(_collected)
        .pipe(near_marked, Lines.TEXT)
    )


def _ends_of_output(lines: pl.DataFrame, prefix: int, *, evidence: bool) -> pl.LazyFrame:
    """Return BuildKit's lines without the output of a step that more of it follows.

    `weight` sums up the output of all lines so far, also that which is left out.
    """
    log, text, output = Lines.LOG, Lines.TEXT, Lines.OUTPUT
    marked = text.str.contains(MARKS) if evidence else pl.lit(value=False)
    stamp_ends = len(_STAMP_ENDS) if prefix else 0
    step_bits = ((1 << 8 * _STEP_BYTES) - 1) << 8 * stamp_ends
    step = (_HEAD & step_bits).fill_null(0)
    goes_on = output & output.shift(-1, fill_value=False)
    same = (step == step.shift(-1)) & (log == log.shift(-1))
    objects = text.str.starts_with("{") & text.str.contains(BASE64_MARKS)
    bare = lines.lazy().with_columns(stamped=text, text=_behind(prefix))
    if lines["numbered"].any():
        told = bare.with_columns(output=text.str.contains(_OUTPUT)).with_columns(
            weight=(output * _checksum(prefix)).cum_sum(), marked=output & marked
        )
        kept = told.filter("ours", Lines.MARKED | (~(goes_on & same)).fill_null(value=True))
    else:
        kept = bare.filter("ours").with_columns(output=False, weight=0, marked=False)
    # A pattern is matched on all rows, whatever it is joined to by an `&`.
    looks = evidence and lines["object"].any()
    return kept.with_columns(Lines.MARKED | objects) if looks else kept


def _checksum(prefix: int) -> pl.Expr:
    """Sum up a line of output: its step, its time and its length, whatever stands before it.

    Another version's sum is the same: no hash of polars is promised to stay as it is, and a
    `run_id` must.
    """
    start = _head(0) if prefix else _HEAD
    length = Lines.TEXT.str.len_bytes().cast(pl.UInt64)
    return start.fill_null(0) * 0x9E3779B97F4A7C15 + length + (1 << 32)


def _collected(lines: pl.LazyFrame) -> pl.DataFrame:
    """Run a chain that is in its best order; optimised, it would match its patterns twice."""
    return lines.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def _behind(prefix: int) -> pl.Expr:
    if not prefix:
        return Lines.TEXT
    # A line without the prefix may be cut in the middle of a character.
    behind = Lines.TEXT.cast(pl.Binary).bin.slice(prefix)
    return behind.map_batches(strings, return_dtype=pl.String, is_elementwise=True)


def _bytes(texts: Sequence[Text]) -> pl.Series:
    return pl.Series([text.data for text in texts], dtype=pl.Binary)
