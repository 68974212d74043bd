"""The rare formats, each with a sample, and how a log in one is told from all others.

A log that holds lines of BuildKit's is hardly looked at; only one that holds none is searched for
what marks each format.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cachestats.logs.builders import builder_of
from cachestats.logs.earliest import is_earliest, read_earliest
from cachestats.logs.pretty import is_pretty, read_pretty
from cachestats.logs.record import NO_RECORD, is_record, read_record
from cachestats.logs.splitting import SCREEN
from cachestats.logs.trace import is_trace, read_trace
from cachestats.logs.tty import is_tty, read_tty

if TYPE_CHECKING:
    from collections.abc import Callable

    from cachestats.logs.documents import Document
    from cachestats.logs.text import Text

__all__ = ["FORMS", "Form", "documents_in", "reason_against", "screens_beside"]

_NUMBERED = re.compile(rb"#\d+ ")
_PLAIN = re.compile(rb"#\d+ (?:\[|DONE|CACHED|CANCELED|ERROR)")


class Form(NamedTuple):
    """A rare format.

    Attributes:
        name: What it is.
        is_one: Tells a log that may be in it.
        read: Returns what such a log holds; nothing if it is in another after all.
        sample: A log of one step, `[2/2] RUN make`, that was executed.
    """

    name: str
    is_one: Callable[[bytes], bool]
    read: Callable[[bytes], list[Document]]
    sample: str


_TRACE = Form(
    "trace of Docker's API",
    is_trace,
    read_trace,
    '{"id":"moby.buildkit.trace","aux":"CjMKCXNoYTI1NjoyZhoOWzIvMl0gUlVOIG1ha2UqCAiNxpTYBhAAMgwI'
    'j8aU2AYQgMq17gE="}\n',
)
_PRETTY = Form(
    "SolveStatus document over many lines",
    is_pretty,
    read_pretty,
    """\
{
  "vertexes": [
    {
      "digest": "sha256:2f",
      "name": "[2/2] RUN make",
      "started": "2026-11-24T05:39:25Z",
      "completed": "2026-11-24T05:39:27.5Z"
    }
  ]
}
""",
)
_EARLIEST = Form(
    "plain progress of 2018",
    is_earliest,
    read_earliest,
    """\
#1 [2/2] RUN make
#1       digest: sha256:2f10ef7338b6eebaf1b072752d0d936c3d38c4383476a3985824ff70398569fa
#1         name: "[2/2] RUN make"
#1      started: 2026-11-24 05:39:25 +0000 UTC
#1 0.125 cc -c main.c
#1    completed: 2026-11-24 05:39:27.5 +0000 UTC
#1     duration: 2.5s
""",
)
_TTY = Form(
    "screen of a terminal",
    is_tty,
    read_tty,
    """\
[+] Building 2.5s (1/1) FINISHED                                     docker:default
 => [2/2] RUN make                                                              2.5s
""",
)
FORMS = (_TRACE, _PRETTY, _EARLIEST, _TTY)


def documents_in(text: Text) -> list[Document]:
    """Translate a log in a rare format; one of plain progress or rawjson gives nothing."""
    data = text.data
    if is_record(data):
        return read_record(data)
    if text.prefix is None:
        tried: tuple[Form, ...] = FORMS
    elif data.startswith(b"{"):  # rawjson has no such lines, and is long to search for one
        tried = ()
    elif _has_only_output(data):
        tried = (_EARLIEST, _TTY)
    else:
        tried = (_EARLIEST,)
    found = (form.read(data) for form in tried if form.is_one(data))
    return next(filter(None, found), [])


def screens_beside(text: Text) -> tuple[list[Document], Text]:
    """Part the screens of a terminal from a log of plain progress or rawjson: builds of their own.

    A screen in the output of a step is none of them: it stands behind the number of the step.

    Returns:
        The screens, and the log with blank lines in their place.
    """
    before = rb"(?m)^[^\n]{%d}" % (text.prefix or 0)
    header = re.compile(before + rb" *" + re.escape(SCREEN.encode()))
    if not header.search(text.data):
        return [], text
    # Below a screen that ends in an error the output of a step is told again.
    ours = re.compile(before + rb"(?:#\d+ (?!\d+\.\d)|\{\")[^\n]*")
    screens, rest, end = [], [], 0
    for line in [*ours.finditer(text.data), None]:
        between = text.data[end : line.start() if line else None]
        found = header.search(between)
        start = found.start() if found else len(between)
        screens += [_blank(between[:start]), between[start:]]
        rest += [between[:start], _blank(between[start:])]
        if line:
            rest.append(line[0])
            end = line.end()
    documents = read_tty(b"".join(screens))
    return documents, replace(text, data=b"".join(rest)) if documents else text


def _blank(lines: bytes) -> bytes:
    return b"\n" * lines.count(b"\n")


def _has_only_output(data: bytes) -> bool:
    """Tell a log whose numbers stand before times alone, as below a screen of a failed build."""
    first = _NUMBERED.search(data)
    begins = first is not None and data[first.end() : first.end() + 1].isdigit()
    return begins and not _PLAIN.search(data)


def reason_against(text: Text) -> str | None:
    """Say of a log without a build what it is instead, if that can be told."""
    if is_record(text.data):
        return NO_RECORD
    builder = builder_of(text.data)
    return builder and f"output of {builder}, not of BuildKit"
