"""Text from a log, made safe for the place where it is printed."""

from __future__ import annotations

import re

__all__ = ["for_markdown", "visible"]

PICTURES = 0x2400
LAST_PICTURE = 0x20
DELETE, DELETE_PICTURE = "\x7f", "\u2421"

# GitHub looks for people when entities are decoded: a blank of no width keeps `@` from the name.
MARKDOWN = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;&#8203;"}
    | {mark: f"\\{mark}" for mark in "\\`*_{}[]|~#$!"}
)


LINK = re.compile(r"(https?|ftp|www)(://|\.)", re.IGNORECASE)
"""What GitHub makes links of; of an entity it makes none."""


def visible(text: str, *, keep: str = "") -> str:
    """Show what a terminal would obey or hide: escapes, control and bidi characters.

    White space becomes a blank, so that the result is one line; characters of `keep` stay.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _picture(c) for c in text)


def for_markdown(text: str) -> str:
    """Make text a literal cell of a Markdown table: no markup, no link, and nobody is called."""
    return LINK.sub(_unlinked, visible(text).translate(MARKDOWN))


def _unlinked(begin: re.Match[str]) -> str:
    word, mark = begin.groups()
    return f"{word}&#{ord(mark[0])};{mark[1:]}"


def _picture(character: str) -> str:
    if character.isspace() and character not in "\x1c\x1d\x1e\x1f":
        return " "
    if character == DELETE:
        return DELETE_PICTURE
    code = ord(character)
    return chr(PICTURES + code) if code < LAST_PICTURE else f"\\u{{{code:x}}}"
