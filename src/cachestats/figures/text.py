"""Text from a log, made safe and short enough for a figure.

plotly.js reads labels and hover text as a small HTML (`<b>`, `<a href>`, `<br>`, entities), as a
template (`%{…}`) and, where MathJax is loaded, as formulas (`$…$`). Nothing from a log may speak
any of the three.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from cachestats.escaping import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["escape", "labels", "lines", "shorten", "time_unit", "titled", "words"]

ELLIPSIS = "…"
HEAD_SHARE = 2 / 3
KEPT_HEAD, CONTEXT = 6, 2
HOVER_WIDTH = 52
HOVER_LINES = 20

# plotly.js decodes entities after it has looked for tags, templates and formulas.
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "%": "&#37;"})

MINUTE, HOUR = 60, 3600
MINUTES_FROM, HOURS_FROM = 2 * MINUTE, 2 * HOUR


def escape(text: str) -> str:
    """Make text stand for itself in a label or hover of plotly, on one line."""
    return visible(text).translate(ENTITIES)


def lines(text: str, *, width: int = HOVER_WIDTH, most: int = HOVER_LINES) -> str:
    """Break text into escaped lines for a hover; cut in the middle what needs more of them."""
    whole = shorten(visible(text), width * most)
    return "<br>".join(escape(line) for line in textwrap.wrap(whole, width)) or ELLIPSIS


def shorten(text: str, width: int) -> str:
    """Cut text to a width by an ellipsis right of its middle: both ends of a command tell."""
    if len(text) <= width:
        return text
    head = round((width - 1) * HEAD_SHARE)
    return text[:head] + ELLIPSIS + text[len(text) - (width - 1 - head) :]


def labels(texts: Sequence[str], *, width: int, within: Sequence[object] = ()) -> list[str]:
    """Shorten and escape texts so that no two of a place bear the same label.

    Texts that would look alike are cut where they begin to differ; what is still alike, as two
    layers of one text are, is numbered in order.

    Args:
        texts: Texts as a log has them.
        width: Most characters of a label.
        within: The place of each text; without it all are in one.
    """
    places: dict[object, list[int]] = {}
    for number, place in enumerate(within or [None] * len(texts)):
        places.setdefault(place, []).append(number)
    made = [""] * len(texts)
    for numbers in places.values():
        found = _unlike([visible(texts[number]) for number in numbers], width)
        for number, label in zip(numbers, found, strict=True):
            made[number] = escape(label)
    return made


def words(value: str) -> str:
    """Write a value of an enumeration as a person says it: `content change`."""
    return value.replace("_", " ")


def titled(*parts: str | None) -> str:
    """Join what names a layer, outermost first: `shop · builder · RUN make`."""
    return " · ".join(part for part in parts if part)


def time_unit(seconds: Iterable[float]) -> tuple[int, str]:
    """Choose the unit of an axis that has to show these times: its seconds and its name."""
    longest = max((abs(value) for value in seconds), default=0.0)
    if longest >= HOURS_FROM:
        return HOUR, "hours"
    return (MINUTE, "minutes") if longest >= MINUTES_FROM else (1, "seconds")


def _unlike(texts: Sequence[str], width: int) -> list[str]:
    return _numbered(_told_apart(texts, [shorten(text, width) for text in texts], width), width)


def _told_apart(texts: Sequence[str], short: Sequence[str], width: int) -> list[str]:
    alike: dict[str, list[str]] = {}
    for text, label in zip(texts, short, strict=True):
        alike.setdefault(label, []).append(text)
    return [
        label if len(set(alike[label])) == 1 else _cut_before(text, _same(alike[label]), width)
        for text, label in zip(texts, short, strict=True)
    ]


def _same(texts: Sequence[str]) -> int:
    """Count the characters in which all texts begin alike."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return next((place for place, (one, other) in pairs if one != other), len(first))


def _cut_before(text: str, place: int, width: int) -> str:
    kept = min(KEPT_HEAD, place)
    tail = text[max(kept, min(place - CONTEXT, len(text) - 1)) :]
    return text[:kept] + ELLIPSIS + shorten(tail, max(width - kept - 1, 1))


def _numbered(short: Sequence[str], width: int) -> list[str]:
    alike = {label for label, count in Counter(short).items() if count > 1}
    taken = set(short) - alike
    found: list[str] = []
    for label in short:
        number, unique = 1, label
        while label in alike and (unique in taken or number == 1):
            mark = f" ({number})"
            unique = shorten(label, width - len(mark)) + mark
            number += 1
        taken.add(unique)
        found.append(unique)
    return found
