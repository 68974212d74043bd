"""A listing in the terminal, fitted to its width."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from cachestats.cli.output.text import shorten, visible, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cachestats.cli.output.answer import Listing, Row, Shown

__all__ = ["table_lines"]

GAP = 2


@dataclass(slots=True)
class _Column:
    shown: Shown
    cells: list[str]
    width: int

    @classmethod
    def of(cls, shown: Shown, texts: list[str]) -> _Column:
        cells = [visible(text) for text in texts]
        return cls(shown, cells, max(map(width, [shown.title, *cells])))

    @property
    def floor(self) -> int:
        return self.width if self.shown.floor is None else min(self.shown.floor, self.width)

    def cell(self, text: str) -> str:
        cut = text if width(text) <= self.width else shorten(self.shown.brief(text), self.width)
        padding = " " * (self.width - width(cut))
        return padding + cut if self.shown.right else cut + padding


def table_lines(listing: Listing) -> Iterator[str]:
    """Lay a listing out for the terminal, in colour if it takes colour, without line ends."""
    terminal = shutil.get_terminal_size().columns
    yield from _wrapped(listing.above, terminal)
    if not listing.rows.is_empty():
        columns = [_Column.of(shown, texts) for shown, texts in listing.cells()]
        if listing.above:
            yield ""
        yield from _table(_fitted(columns, terminal), listing)
        if listing.below:
            yield ""
    yield from _wrapped(listing.below, terminal)


def _fitted(columns: list[_Column], terminal: int) -> list[_Column]:
    room = terminal - GAP * (len(columns) - 1)
    first = max(column.shown.drop for column in columns)
    if first and sum(column.floor for column in columns) > room:
        return _fitted([column for column in columns if column.shown.drop != first], terminal)
    excess = sum(column.width for column in columns) - room
    while excess > 0 and (flexible := [c for c in columns if c.width > c.floor]):
        max(flexible, key=lambda column: column.width).width -= 1
        excess -= 1
    return columns


def _table(columns: list[_Column], listing: Listing) -> Iterator[str]:
    colourful = _takes_colour()
    header = _line(column.cell(column.shown.title) for column in columns)
    yield typer.style(header, bold=True) if colourful else header
    for number, row in enumerate(listing.rows.iter_rows(named=True)):
        cells = ((column, column.cell(column.cells[number])) for column in columns)
        yield _line(_painted(cell, column, row) if colourful else cell for column, cell in cells)


def _painted(cell: str, column: _Column, row: Row) -> str:
    colour = column.shown.colour(row) if column.shown.colour else None
    return typer.style(cell, fg=colour) if colour else cell


def _takes_colour() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def _line(cells: Iterable[str]) -> str:
    return (" " * GAP).join(cells).rstrip()


def _wrapped(paragraphs: Iterable[str], terminal: int) -> Iterator[str]:
    for paragraph in paragraphs:
        text = visible(paragraph)
        indent = " " * (len(text) - len(text.lstrip(" ")))
        lines = textwrap.wrap(text, terminal, subsequent_indent=indent, break_on_hyphens=False)
        yield from lines or [""]
