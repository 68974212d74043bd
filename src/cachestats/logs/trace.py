"""Trace of Docker's API: a build's `StatusResponse`s in base64, one to a line of JSON.

`POST /build?version=2` answers with such lines, and with the plain words of Docker between them.
"""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from cachestats.logs.documents import Document
from cachestats.logs.wire import solve_status
from cachestats.schema import LogFormat

__all__ = ["is_trace", "read_trace"]

_TRACE = "moby.buildkit.trace"


def is_trace(data: bytes) -> bool:
    """Tell a log that holds lines of a trace."""
    return _TRACE.encode() in data


def read_trace(data: bytes) -> list[Document]:
    """Say each message as a line of rawjson, of whatever the lines stand behind."""
    lines, faults = list[tuple[int, str]](), list[tuple[int | None, str]]()
    error, error_line = None, None
    for number, line in enumerate(data.split(b"\n"), 1):
        answer = _answer(line)
        if answer.get("id") == _TRACE:
            try:
                lines.append((number, solve_status(b64decode(answer["aux"], validate=True))))
            except (KeyError, TypeError, ValueError) as fault:
                faults.append((number, f"no message of a trace: {fault}"))
        elif isinstance(said := answer.get("error"), str):
            error, error_line = said, number
    if not lines:
        return []
    return [
        Document(LogFormat.TRACE, lines, error=error, error_line=error_line, faults=tuple(faults))
    ]


def _answer(line: bytes) -> dict[str, Any]:
    """Return the object that a line holds, if it is one of Docker's answers."""
    begin = line.find(b'{"')
    if begin < 0 or not (_TRACE.encode() in line or b'"error"' in line):
        return {}
    try:
        found, _ = json.JSONDecoder().raw_decode(line[begin:].decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {"id": _TRACE} if _TRACE.encode() in line else {}
    return found if isinstance(found, dict) else {}
