"""Text from a log, made safe for the place where it is printed, and cut to a width."""

from __future__ import annotations

from cachestats.escaping import for_markdown, visible

__all__ = ["for_markdown", "for_spreadsheet", "shorten", "visible", "width"]

ELLIPSIS = "…"
HEAD_SHARE = 2 / 3
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def for_spreadsheet(text: str) -> str:
    """Make text that no spreadsheet takes for a formula, by an apostrophe before it."""
    safe = visible(text, keep="\t\r\n")
    return f"'{safe}" if safe.startswith(FORMULA_STARTS) else safe


def width(text: str) -> int:
    """Count the cells that text takes in a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # most text is ASCII and needs no rich

    return cell_len(text)


def shorten(text: str, cells: int) -> str:
    """Cut text to a width by an ellipsis right of its middle: both ends of a command tell."""
    if width(text) <= cells:
        return text
    head = round((cells - 1) * HEAD_SHARE)
    tail = cells - 1 - head
    return _fit(text, head) + ELLIPSIS + _fit(text[::-1], tail)[::-1]


def _fit(text: str, cells: int) -> str:
    if text.isascii():
        return text[:cells]
    fitting = text[:cells]
    while width(fitting) > cells:
        fitting = fitting[:-1]
    return fitting
