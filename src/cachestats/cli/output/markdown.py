"""A listing as a Markdown table, for a summary page or a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.cli.output.text import for_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cachestats.cli.output.answer import Listing

__all__ = ["markdown_lines"]


def markdown_lines(listing: Listing) -> Iterator[str]:
    """Write a listing at full width; no text of a log becomes markup."""
    yield from _paragraphs(listing.above)
    if not listing.rows.is_empty():
        columns = listing.cells()
        yield _row([shown.title for shown, _ in columns])
        yield _row(["---:" if shown.right else "---" for shown, _ in columns])
        yield from map(_row, zip(*(map(for_markdown, cells) for _, cells in columns), strict=True))
        yield ""
    yield from _paragraphs(listing.below)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _paragraphs(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield for_markdown(text)
        yield ""
