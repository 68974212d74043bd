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

__all__ = ["GUESSED", "WRAPPERS", "Bare", "Wrapper", "unwrapped"]

GUESSED = "what stands before each line is of no CI system known here; it was cut off by its width"

_ISO = rb"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z"
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")
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
    clean = data if b"\x1b_bk" in data else _ESCAPES.sub(b"", data)
    found = Counter(islice(_prefixes(clean), _LOOKED_AT))
    if not (lines := found.total()):
        return None
    if found[b""] > _MOST * lines:
        return Bare(clean, "terminal codes")
    for wrapper in WRAPPERS:
        pattern = re.compile(wrapper.prefix)
        if sum(n for prefix, n in found.items() if pattern.fullmatch(prefix)) > _MOST * lines:
            return Bare(wrapper.taken_off(clean), wrapper.name)
    return _cut(clean, found)


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
