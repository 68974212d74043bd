"""Log bytes → text whose lines can be read, and the columns of the lines that are kept of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from cachestats.logs.mail import QUOTED, unquoted
from cachestats.logs.masking import MASKED, unmasked
from cachestats.logs.wrappers import hides, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Lines", "Text", "sniff", "strings"]

# BuildKit's own first characters: a plain line, or an object of rawjson.
_BUILDKIT = re.compile(rb'#\d+ |\{"(?:vertexes|statuses|logs|warnings)":')
# The runner of GitHub Actions puts a time with seven digits before each line. Others that put one
# there leave out zeros at its end, so that no width is that of all lines.
_TIMESTAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z ")
_GITHUB_BYTES = len(b"2026-11-24T03:39:25.0000000Z ")
_LOOKED_AT = 3  # lines more: of nine digits every tenth ends in a zero


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
    return replace(text, warning=text.warning or guessed) if guessed else text


def _sniffed(log: int, data: bytes) -> Text:
    # Colours in a program's output are left alone; around a line of BuildKit's they hide it.
    if not hides(data) and (text := _known(log, data)) is not None:
        return text
    if (bare := unwrapped(data)) is not None and (text := _known(log, bare.data)) is not None:
        return replace(text, wrapper=bare.wrapper, warning=bare.warning)
    return Text(log, data, None)


def _known(log: int, data: bytes) -> Text | None:
    """Find a line of BuildKit's at the start of a line, or behind a time of GitHub's."""
    placed = _placed(data)
    start, width = next(placed, (0, None))
    if width is None:
        return None
    if width and {width, *(other for _, other in islice(placed, _LOOKED_AT))} - {0, _GITHUB_BYTES}:
        return None
    if data.startswith(b"\r\n", data.find(b"\n", start) - 1):
        data = data.replace(b"\r\n", b"\n")
    return Text(log, data, width, "GitHub" if width else "none")


def _placed(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where lines of BuildKit's start, and the width of the time before them."""
    for mark in _BUILDKIT.finditer(data):
        start = data.rfind(b"\n", 0, mark.start()) + 1
        if start == mark.start() or _TIMESTAMP.fullmatch(data, start, mark.start()):
            yield start, mark.start() - start


def _utf8(data: bytes) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def strings(data: pl.Series) -> pl.Series:
    """Turn bytes into text; bytes that are not UTF-8 become U+FFFD.

    Programs print them; BuildKit's own lines are not touched.
    """
    try:
        return data.cast(pl.String)
    except pl.exceptions.PolarsError:
        texts = [None if text is None else text.decode("utf-8", "replace") for text in data]
        return pl.Series(data.name, texts, pl.String)
