"""The printer of 2018 and early 2019, said as today's plain progress behind GitHub's times.

It wrote what it knew of a vertex as lines of attributes, and neither DONE nor CACHED:

    #5 [2/2] RUN echo 1
    #5       digest: sha256:21f198c9f4cbf92d91598b5daa663240ee03b14b8d1500d72455adbee0f3dc73
    #5         name: "[2/2] RUN echo 1"
    #5      started: 2026-05-28 01:24:05.003542905 +0000 UTC
    #5 0.125 1
    #5    completed: 2026-05-28 01:24:05.176216293 +0000 UTC
    #5     duration: 172.673388ms
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cachestats.logs.documents import Document
from cachestats.schema import LogFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["is_earliest", "read_earliest"]

_MARK = b"       digest: sha256:"
_NEAR_BYTES = 1 << 15  # a vertex begins with its digest, so it comes soon
_FIRST = re.compile(r"^([^#\n]*)#\d+ {3,}digest: sha256:", re.MULTILINE)
_LINE = re.compile(r"#(?P<no>\d+) (?P<rest>.*)")
_ATTRIBUTE = re.compile(r" {2,}(digest|name|started|completed|duration|cached|error): (.*)")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ([+-]\d{4})")
_OPEN_NAME = re.compile(r' {2,}name: "(?:[^"\\]|\\.)*')
_LONGEST_NAME = 4096
_FORMAT = "%Y-%m-%d %H:%M:%S.%f %z"
_ELLIPSIS, _WRAP = "...", "\0"

_Block = tuple[int, list[tuple[int, str]]]  # number of a step; lines, and what stands behind it
_Said = tuple[int, datetime | None, str]


def is_earliest(data: bytes) -> bool:
    """Tell a log that soon gives the digest of a vertex as the earliest printer did."""
    return data.find(_MARK, 0, _NEAR_BYTES) >= 0


def read_earliest(data: bytes) -> list[Document]:
    """Say the log as today's printer would: DONE with the time of all intervals so far."""
    text = data.decode("utf-8", "replace")
    first = _FIRST.search(text)
    if first is None:
        return []
    width = len(first[1])
    rows = (row.removesuffix("\r")[width:] for row in text.split("\n"))
    lines = list(_spoken(_blocks(rows)))
    began = min((at for _, at, _ in lines if at), default=None)
    if began is None:
        return []
    return [Document(LogFormat.PLAIN, list(_stamped(lines, began)))]


def _stamped(lines: Iterable[_Said], began: datetime) -> Iterator[tuple[int, str]]:
    """Put before each line the time of its step, before the first that of the whole."""
    last = None
    for number, at, text in lines:
        last = (at or last) if last else began
        yield number, f"{last:%Y-%m-%dT%H:%M:%S.%f}0Z {text}"


@dataclass(slots=True)
class _Vertex:
    """A vertex, and what was printed of it so far.

    Attributes:
        name: Its name in full.
        began: Start of its first interval.
        started: Start of its latest interval.
        reached: End of the intervals that have ended.
        worked: What these cover.
        at: The time that was printed last.
        runs: Its latest interval has not ended.
        cached: It came from the cache.
        error: Why it failed.
    """

    name: str | None = None
    began: datetime | None = None
    started: datetime | None = None
    reached: datetime | None = None
    worked: timedelta = timedelta()
    at: datetime | None = None
    runs: bool = False
    cached: bool = False
    error: str | None = None

    def take(self, attribute: str, value: str, header: str) -> None:
        """Take in a line of attributes."""
        if attribute == "name":
            self.name = _name(value, header)
        elif attribute == "error":
            self.error = _unquoted(value)
        elif attribute == "cached":
            self.cached |= value == "true"
        elif attribute == "started" and (at := _time(value)):
            self.began = self.began or at
            self.at = self.started = at
            self.runs = True
        elif attribute == "completed" and self.started and (at := _time(value)):
            since = max(self.started, self.reached or self.started)
            self.worked += max(at - since, timedelta())
            self.at = self.reached = max(at, since)
            self.runs = False

    def ends(self) -> list[str]:
        """Say how today's printer would leave the vertex."""
        if self.runs or self.started is None:
            return [_ELLIPSIS]
        done = f"DONE {self.worked.total_seconds():.6f}s"
        if self.error is not None:
            return [done, f"ERROR: {self.error}"]
        return ["CACHED", done] if self.cached else [done]


def _spoken(blocks: Iterable[_Block]) -> Iterator[_Said]:
    """Say each block: the name in full, what was printed of the step, and how it is left."""
    vertices: dict[int, _Vertex] = {}
    for no, rows in blocks:
        header = "" if _ATTRIBUTE.fullmatch(rows[0][1]) else rows[0][1]
        vertex = vertices.setdefault(no, _Vertex())
        said = list[_Said]()
        for line, rest in rows:
            attribute = _ATTRIBUTE.fullmatch(rest)
            if attribute is None:
                said.append((line, vertex.at, rest))
            elif attribute[1] == "digest":  # that of a new vertex: another build began
                vertex = vertices[no] = _Vertex()
                said.append((line, None, attribute[2]))
            else:
                vertex.take(attribute[1], attribute[2], header)
        if vertex.name and header and vertex.name.startswith(header.removesuffix(_ELLIPSIS)):
            said[0] = (rows[0][0], None, vertex.name)
        elif vertex.name and not header:
            said.insert(0, (rows[0][0], None, vertex.name))
        yield from ((line, at or vertex.began, f"#{no} {text}") for line, at, text in said)
        yield from ((rows[-1][0], vertex.at, f"#{no} {end}") for end in vertex.ends())


def _blocks(rows: Iterable[str]) -> Iterator[_Block]:
    """Group the lines that follow each other with one number.

    Where a log was wrapped, what has no number goes on with the name before it.
    """
    block: _Block | None = None
    for line, row in enumerate(rows, 1):
        if numbered := _LINE.fullmatch(row):
            no, rest = int(numbered["no"]), numbered["rest"]
            if block is None or block[0] != no:
                if block:
                    yield block
                block = (no, [])
            block[1].append((line, rest))
        elif block and row and _is_open(rest := block[1][-1][1]):
            block[1][-1] = (block[1][-1][0], f"{rest}{_WRAP}{row.strip()}")
    if block:
        yield block


def _is_open(rest: str) -> bool:
    return len(rest) < _LONGEST_NAME and _OPEN_NAME.fullmatch(rest) is not None


def _name(value: str, header: str) -> str:
    """Unquote a name; one that was wrapped is joined so that it begins as its header does."""
    names = [_unquoted(value.replace(_WRAP, glue)) for glue in ("", " ")]
    stem = header.removesuffix(_ELLIPSIS)
    return next((name for name in names if name.startswith(stem)), names[0])


def _unquoted(value: str) -> str:
    try:
        text = str(json.loads(value))
    except ValueError:  # Go's quotes know more escapes than those of JSON
        text = value.strip('"')
    return " ".join(text.splitlines())


def _time(value: str) -> datetime | None:
    if (found := _TIME.match(value)) is None:
        return None
    fraction = (found[2] or "").ljust(6, "0")[:6]
    try:
        return datetime.strptime(f"{found[1]}.{fraction} {found[3]}", _FORMAT).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
