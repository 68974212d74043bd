"""What CI systems and other tools put before each line of a log, and how to take it off.

GitHub's timestamps, by far the most frequent, are cut off by `text` as they are. Every other
wrapper is taken off here, log by log; where it tells the time, that is put in GitHub's form.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GUESSED", "WRAPPERS", "Bare", "Wrapper", "hides", "unwrapped"]

GUESSED = "what stands before each line is of no CI system known here; it was cut off by its width"

_ISO = rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z"
_ESCAPE = rb"\x1b\[[0-9;?]*[A-Za-z]"
_HIDDEN = re.compile(_ESCAPE + rb"#\d+ ")
# Behind one it hides an end. The search is for a literal first: most logs with colours have none.
_BEHIND = re.compile(rb"\x1b(?<=\ds\x1b|ED\x1b)\[[0-9;?]*[A-Za-z](?:" + _ESCAPE + rb")*\r?\n")
_END = re.compile(rb"(?:^|[ ])#\d+ (?:CACHED|DONE \d+\.\d+s)$")
_ESCAPES = re.compile(_ESCAPE + rb"|\x1b\][^\x07]*\x07")
_WITH_ESCAPES = re.compile(rb"\x1b[^\n]*")  # to the end of its line
_OUTPUT = re.compile(rb"#\d+ \d+\.\d+ ")
_COLOUR = re.compile(rb"\x1b\[(?!0?;?m)[0-9;]+m$")  # not its end
_LAST = re.compile(rb"(?:%b)+(?=\r?$)" % _ESCAPE)
_SECTION = re.compile(rb"section_(?:start|end):\d+:[^\r\n]*\r(?:\x1b\[0K)?")


@dataclass(frozen=True, slots=True)
class Wrapper:
    """One form of what stands before a line.

    Attributes:
        name: Who writes it.
        prefix: Pattern of it; a group `time` is UTC, a group `millis` counts since 1970.
        samples: Prefixes as they were met, each of which the pattern must match.
    """

    name: str
    prefix: bytes
    samples: tuple[bytes, ...]

    def taken_off(self, data: bytes) -> bytes:
        """Return the log without the wrapper; lines that lack it stay as they are."""
        pattern = re.compile(rb"^(?:" + self.prefix + rb")", re.MULTILINE)
        return pattern.sub(_stamp, data) if pattern.groups else pattern.sub(b"", data)


# The first that matches most of a log's lines is taken, so the narrow ones stand first.
WRAPPERS = (
    Wrapper(
        "gh run view --log",
        rb"[^\t\n]*\t[^\t\n]*\t(?:\xef\xbb\xbf)?(?:" + _ISO + rb" ?)?",
        (
            b"build\tBuild image\t2026-06-12T11:26:12.4704836Z ",
            b"build\tUNKNOWN STEP\t\xef\xbb\xbf2026-06-12T11:26:12.4704836Z ",
            b"DAST\tStart application\t",
        ),
    ),
    Wrapper(
        "GitLab with FF_TIMESTAMPS",
        _ISO + rb" [0-9a-f]{2}[OE](?: |\+)",
        (b"2026-06-05T11:59:09.857390Z 00O ", b"2026-06-05T11:59:09.857390Z 01E+"),
    ),
    Wrapper(
        "Kubernetes (CRI)",
        _ISO + rb" std(?:out|err) [FP] ",
        (b"2023-10-06T00:17:09.669794202Z stdout F ",),
    ),
    Wrapper("timestamps", _ISO + rb" ", (b"2026-02-04T00:42:23.57195Z ", b"2026-02-04T00:42:23Z ")),
    Wrapper("Jenkins timestamper", rb"\[" + _ISO + rb"\] ", (b"[2019-08-02T18:12:52.300Z] ",)),
    Wrapper("Jenkins timestamper, clock", rb"\d\d:\d\d:\d\d  ", (b"06:20:59  ",)),
    Wrapper("Buildkite", rb"\x1b_bk;t=(?P<millis>\d+)\x07", (b"\x1b_bk;t=1700000000123\x07",)),
    Wrapper(
        "TeamCity",
        rb"\[\d\d:\d\d:\d\d\][ a-zA-Z]?:\t? *(?:\[[^\]\n]*\] )?",
        (b"[17:40:49] :\t [Step 1/2] ", b"[17:40:49]i: "),
    ),
    Wrapper(
        "Cloud Build", rb'Step #\d+(?: - "[^"\n]*")?: ', (b"Step #0: ", b'Step #1 - "build": ')
    ),
    Wrapper("nektos/act", rb"\[[^\]\n]*/[^\]\n]*\] +\| ", (b"[CI/Build image         ]   | ",)),
    Wrapper("CodeBuild, copied", rb" *\d+ \| ", (b"239 | ",)),
    Wrapper(
        "Docker Compose",
        rb"[A-Za-z0-9][\w.-]* +\| ",
        (b"web-1  | ", b"builder_1   | "),
    ),
    Wrapper(
        "python logging",
        rb"\[\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+\] [A-Z]+ +\S+ \S+ \[[^\]\n]*\] +",
        (b"[2025/05/15 10:18:10.029] INFO     2025-05-15 08:18:10,028 [docker]  ",),
    ),
    Wrapper(
        "syslog",
        rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ \S+?(?:\[\d+\])?: ",
        (b"Nov 24 04:00:01 runner-1 docker[4711]: ",),
    ),
    Wrapper(
        "Terraform",
        rb"[\w.\[\]\"-]+(?: \([\w-]+\))?: ",
        (b"null_resource.jenkins (local-exec): ",),
    ),
    Wrapper("SSHKit", rb" *[A-Z]+ \[[0-9a-f]+\] \t?", (b" DEBUG [ad386911] \t",)),
    Wrapper("seconds", rb"\[ *\d+\.\d+s?\] ", (b"[  462.49s] ", b"[   12.345678] ")),
    Wrapper("task in brackets", rb"\[[\w./-]+\] ", (b"[build-and-push] ",)),
    Wrapper("kapp", rb"logs \| [^|\n]*> [^|\n]*\| ", (b"logs | pod-x > job | ",)),
    Wrapper("Visual Studio", rb"\d+>", (b"1>",)),
    Wrapper("indented or quoted", rb"(?:>+ |[ \t])+", (b"\t", b"    ", b"> ", b">>> ")),
)

_MARK = re.compile(rb"(?<!Step )#\d+ (?=\S)")
_LOOKED_AT = 400
_MOST = 0.5


class Bare(NamedTuple):
    """A log without what stood before its lines; `warning` says what had to be guessed."""

    data: bytes
    wrapper: str
    warning: str | None = None


def unwrapped(data: bytes) -> Bare | None:
    """Take off what stands before BuildKit's lines; None if most lines have nothing in common."""
    data = _SECTION.sub(b"", data)
    # As it is first: a log whose colours hide nothing keeps them, wrapped or not.
    if (wrapper := _wrapper(_found(data))) and not hides(bare := wrapper.taken_off(data)):
        return Bare(bare, wrapper.name)
    clean = data if b"\x1b_bk" in data else _WITH_ESCAPES.sub(_uncoloured, data)
    found = _found(clean)
    if found[b""] > _MOST * found.total():
        return Bare(clean, "terminal codes")
    if wrapper := _wrapper(found):
        return Bare(wrapper.taken_off(clean), wrapper.name)
    return _cut(clean, found)


def hides(data: bytes) -> bool:
    """Tell whether escapes stand before a mark of BuildKit's, or behind the end of a step."""
    if b"\x1b" not in data:
        return False
    return _HIDDEN.search(data) is not None or any(
        _END.search(data[data.rfind(b"\n", 0, found.start()) + 1 : found.start()])
        for found in _BEHIND.finditer(data)
    )


def _uncoloured(found: re.Match[bytes]) -> bytes:
    """Leave nothing of the escapes of a line but those that are in the output of a program.

    The last is not, where the line is coloured as a whole, or ends a step as well.
    """
    start = found.string.rfind(b"\n", 0, found.start()) + 1
    line = found.string[start : found.end()]
    output = _OUTPUT.search(line)
    if output is None:
        return _ESCAPES.sub(b"", found[0])
    last = _LAST.search(line, output.end())
    if last and (_COLOUR.search(line, 0, output.start()) or _END.search(line, 0, last.start())):
        line = line[: last.start()] + line[last.end() :]
    first = found.start() - start
    own = max(first, output.start())
    return _ESCAPES.sub(b"", line[first:own]) + line[own:]


def _found(data: bytes) -> Counter[bytes]:
    return Counter(islice(_prefixes(data), _LOOKED_AT))


def _wrapper(found: Counter[bytes]) -> Wrapper | None:
    """Return the first wrapper that most of these prefixes are of."""
    for wrapper in WRAPPERS:
        pattern = re.compile(wrapper.prefix)
        of_wrapper = sum(n for prefix, n in found.items() if pattern.fullmatch(prefix))
        if of_wrapper > _MOST * found.total():
            return wrapper
    return None


def _prefixes(data: bytes) -> Iterator[bytes]:
    """Yield what stands before the first mark of each line that has one."""
    last = -1
    for mark in _MARK.finditer(data):
        start = data.rfind(b"\n", 0, mark.start()) + 1
        if start != last:
            last = start
            yield data[start : mark.start()]


def _cut(data: bytes, found: Counter[bytes]) -> Bare | None:
    """Cut lines at the one place where most of them have their mark."""
    if not found:
        return None
    places = Counter[int]()
    for prefix, number in found.items():
        places[len(prefix)] += number
    width, number = places.most_common(1)[0]
    if number <= _MOST * found.total():
        return None
    cut = re.compile(rb"^.{%d}(?=#\d+ )" % width, re.MULTILINE)
    return Bare(cut.sub(b"", data), f"{width} characters", GUESSED)


def _stamp(prefix: re.Match[bytes]) -> bytes:
    """Put the time of a prefix, where it has one, in the form of GitHub's."""
    said = prefix.groupdict()
    if time := said.get("time"):
        whole, _, fraction = time.partition(b".")
        return whole + b"." + fraction[:7].ljust(7, b"0") + b"Z "
    if millis := said.get("millis"):
        with suppress(OverflowError, ValueError, OSError):  # no time, whatever it is
            at = datetime.fromtimestamp(int(millis) / 1000, UTC)
            return at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z ").encode()
    return b""
