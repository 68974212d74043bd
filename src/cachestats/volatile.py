"""What in the text of a step is volatile: values that differ from run to run by nature."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

__all__ = ["VOLATILE", "masked", "masked_text"]

VOLATILE: Final = (
    (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<id>"),
    (
        (
            r"\b(?:\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|\d{8}T\d{6})"
            r"(?:Z|[+-]\d\d:?\d\d)?\b"
        ),
        "<date>",
    ),
    (r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b", "<time>"),
    (
        r"\b[vV]?\d+(?:\.\d+)+(?:[-+~](?:\d|rc|alpha|beta|dev|post|deb)[0-9A-Za-z.+~]*)?",
        "<version>",
    ),
    (r"\b(?:[0-9a-fA-F]{7,}|\d{5,})\b", "<id>"),
)
"""Patterns and what they stand for, in the order of replacement.

Hashes and long numbers share a name: seven hex digits may all be decimal. Small numbers are no
volatile values, `make t1` is not `make t2`.
"""

_COMPILED = tuple((re.compile(pattern), kind) for pattern, kind in VOLATILE)


def masked(text: pl.Expr) -> pl.Expr:
    """Replace volatile tokens of a step's text by what kind of value they are."""
    for pattern, kind in VOLATILE:
        text = text.str.replace_all(pattern, kind)
    return text


def masked_text(text: str) -> str:
    """Do for one text what `masked` does for a column."""
    for pattern, kind in _COMPILED:
        text = pattern.sub(kind, text)
    return text
