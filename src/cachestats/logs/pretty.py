"""`SolveStatus` documents that were printed over many lines, or with blanks, by whatever tool.

The layer `application/vnd.buildkit.solvestatus.v0` of build records is one; `jq` and most
libraries write them too. A log may hold several, and text around them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cachestats.logs.documents import Document
from cachestats.schema import LogFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_pretty", "read_pretty"]

CUT = "the JSON document is cut or damaged: its whole vertices were read"

_BEGIN = re.compile(r'\{\s*"(?:vertexes|statuses|logs|warnings)":')
_ELEMENT = re.compile(r'\{\s*"(?:digest|id)":')
_MOST_FAULTS = 100  # each may be a thousand brackets deep
_KEYS = ("vertexes", "statuses")


def is_pretty(data: bytes) -> bool:
    """Tell a log that names what a `SolveStatus` object is made of."""
    return b'"vertexes":' in data


def read_pretty(data: bytes) -> list[Document]:
    """Say each document as a line of rawjson; its line is that where it begins."""
    text = data.decode("utf-8", "replace")
    lines, faults = list[tuple[int, str]](), list[tuple[int | None, str]]()
    number, counted, place = 1, 0, 0
    while len(faults) < _MOST_FAULTS and (begin := _BEGIN.search(text, place)):
        number += text.count("\n", counted, begin.start())
        counted = begin.start()
        try:
            found, place = json.JSONDecoder().raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            faults.append((number, CUT))
            found, place = _salvaged(text, begin.end())
        lines.append((number, _line(found)))
    if not any('"digest"' in line for _, line in lines):
        return []
    return [Document(LogFormat.RAWJSON, lines, faults=tuple(faults))]


def _line(found: dict[str, Any]) -> str:
    return json.dumps({key: found.get(key) or [] for key in _KEYS}, separators=(",", ":"))


def _salvaged(text: str, begin: int) -> tuple[dict[str, Any], int]:
    """Return the whole elements of a document that is none, and the end of the last of them."""
    elements = list(_elements(text, begin))
    found = {
        "vertexes": [element for element, _ in elements if "digest" in element],
        "statuses": [element for element, _ in elements if "vertex" in element],
    }
    return found, elements[-1][1] if elements else begin


def _elements(text: str, place: int) -> Iterator[tuple[dict[str, Any], int]]:
    faults = 0
    while faults < _MOST_FAULTS and (begin := _ELEMENT.search(text, place)):
        place = begin.end()
        try:
            element, place = json.JSONDecoder().raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            faults += 1
        else:
            yield element, place
