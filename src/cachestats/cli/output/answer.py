"""What a command has to say, before it is known in which format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cachestats.units import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl


__all__ = ["Answer", "Listing", "Row", "Shown"]

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A column as a person sees it, in a terminal or in Markdown.

    Attributes:
        title: Its header.
        text: The cell of a row.
        right: Numbers end at the right.
        floor: Cells may be cut to as few characters as this; None: never.
        drop: The column is left out if it is empty, and of a table too wide for its terminal,
            highest first, those of one number together; 0: never.
        brief: What a cell says where it would have to be cut.
        colour: Colour of the cell of a row.
    """

    title: str
    text: Callable[[Row], str]
    right: bool = False
    floor: int | None = None
    drop: int = 0
    brief: Callable[[str], str] = str
    colour: Callable[[Row], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows to be shown as one table, with lines of text above and below it."""

    rows: pl.DataFrame
    columns: Sequence[Shown]
    above: Sequence[str] = ()
    below: Sequence[str] = ()

    def cells(self) -> list[tuple[Shown, list[str]]]:
        """Give each column its cells, without columns that may go and say nothing."""
        rows = list(self.rows.iter_rows(named=True))
        filled = [(shown, [shown.text(row) for row in rows]) for shown in self.columns]
        return [
            (shown, cells) for shown, cells in filled if not shown.drop or set(cells) != {NOTHING}
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command has to say.

    Attributes:
        rows: All rows and columns, for JSON and CSV.
        listings: The same for people.
        document: The JSON document where it is more than the rows.
        rejects: Inputs that could not be read, for stderr; they make the exit code 3.
        nothing: Why there is nothing to report, which makes the exit code 5; None if there is.
    """

    rows: pl.DataFrame
    listings: Sequence[Listing]
    document: Mapping[str, Any] | None = None
    rejects: Sequence[Row] = ()
    nothing: str | None = None
