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
            r"(?:\d{4}-\d\d-\d\d(?:[T \x1f-]\d\d[:-]\d\d(?:[:-]\d\d(?:\.\d+)?)?)?|\d{8}T\d{6})"
            r"(?:Z|[+-]\d\d:?\d\d)?\b"
        ),
        "<date>",
    ),
    (r"\b(?:\d\d?/\d\d?/\d{4}|\d{4}/\d\d?/\d\d?)\b", "<date>"),
    (r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b", "<time>"),
    (
        (
            r"(?:\b[vV])?\d+(?:\.\d+)+"
            r"(?:[-+~]?(?:rc|alpha|beta|dev|post)[0-9A-Za-z.+~]*|[-+~](?:\d|deb)[0-9A-Za-z.+~]*)?"
            r"(?:-g[0-9a-f]{7,}\b)?"
        ),
        "<version>",
    ),
    (r"\bg?[0-9a-fA-F]{7,}\b|\d{5,}", "<id>"),
)
"""Patterns and what they stand for, in the order of replacement, where `_` is written as U+001F:
to a pattern `_` is a letter, and `main_4f9c2d1` would have no boundary before its hash.

Hashes and long numbers share a name: seven hex digits may all be decimal. The `g` before a hash is
that of `git describe`. Small numbers are no volatile values, `make t1` is not `make t2`.
"""

_BREAK: Final = "\x1f"
_COMPILED = tuple((re.compile(pattern), kind) for pattern, kind in VOLATILE)


def masked(text: pl.Expr) -> pl.Expr:
    """Replace volatile tokens of a step's text by what kind of value they are."""
    text = text.str.replace_all("_", _BREAK, literal=True)
    for pattern, kind in VOLATILE:
        text = text.str.replace_all(pattern, kind)
    return text.str.replace_all(_BREAK, "_", literal=True)


def masked_text(text: str) -> str:
    """Do for one text what `masked` does for a column."""
    text = text.replace("_", _BREAK)
    for pattern, kind in _COMPILED:
        text = pattern.sub(kind, text)
    return text.replace(_BREAK, "_")
