"""Logs in mails, whose long lines and odd bytes are written as quoted-printable."""

from __future__ import annotations

import quopri
import re

__all__ = ["QUOTED", "unquoted"]

QUOTED = "a quoted-printable mail: lines are counted in what it says"

_HEAD_BYTES = 1 << 16
_SAYS_SO = re.compile(rb"(?im)^content-transfer-encoding:[ \t]*quoted-printable\r?$")
# Nearly every log that is no mail shows a line too wide for one in its first bytes.
_FIRST_BYTES = 2048
# Lines are broken at this width, or a code before it (RFC 2045, 6.7), and `=` itself is a code.
_WIDEST, _LEAST_BROKEN = 76, 60
_ENCODED = re.compile(rb"=[0-9A-Fa-f]{2}")


def unquoted(data: bytes) -> bytes | None:
    """Decode a quoted-printable mail, as its head says that it is one; None if it is none.

    One that is pasted without its head is told by its form: no line is wider than the standard
    allows, those that are broken are nearly as wide, and each `=` is part of a code.
    """
    first = data[:_FIRST_BYTES]
    if b"uoted-printable" in first and _SAYS_SO.search(data, 0, _HEAD_BYTES):
        return quopri.decodestring(data)
    if _has_wide_line(first) or not _looks_quoted(data[:_HEAD_BYTES]):
        return None
    return quopri.decodestring(data)


def _has_wide_line(first: bytes) -> bool:
    wide = _WIDEST + 1
    # A piece of that size without a break is found far more quickly than the longest line.
    places = range(0, len(first) - wide + 1, wide)
    return any(first.find(b"\n", place, place + wide) < 0 for place in places) or (
        max(map(len, first.splitlines()), default=0) > _WIDEST
    )


def _looks_quoted(head: bytes) -> bool:
    # Looking for a byte is quick, and hardly a line of another log ends so.
    if b"=\n" not in head and b"=\r\n" not in head:
        return False
    whole = head[: head.rfind(b"\n") + 1]
    lines = whole.splitlines()
    broken = [line for line in lines if line.endswith(b"=")]
    return (
        max(map(len, lines)) <= _WIDEST
        and min(map(len, broken)) >= _LEAST_BROKEN
        and len(_ENCODED.findall(whole)) + len(broken) == whole.count(b"=")
    )
