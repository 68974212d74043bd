"""What BuildKit draws on a terminal, pasted or captured, as far as it can be read.

The screen is drawn anew again and again: a header with counts, and a row for each step that has
begun, with rows of its statuses below it. Names are cut to the width, rows scroll off, no word
says "done", and no output is kept. So it is said as plain progress, and marked.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cachestats.logs.decoded import BOOTING
from cachestats.logs.documents import Document
from cachestats.logs.splitting import SCREEN
from cachestats.schema import LogFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LOSSY", "is_tty", "read_tty"]

LOSSY = (
    "read off a terminal: names may be cut, and a step without a word is done unless the last"
    " screen shows that it still ran"
)

_HEADER_START = SCREEN.encode()
_OURS = re.compile(
    rb"=> (?:CACHED |ERROR |CANCELED )*(?:\[[^\]\n]{0,99}(?:\d/\d+|internal|auth)\] "
    rb"|docker-image://|exporting to |importing cache manifest from )"
)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00\x07\x08]")
# What was drawn over leaves parts of it, and the next row or screen, behind the time of a row.
_GLUED = re.compile(r"(\d\.\d[^\s\d\[=]{1,3}) ?(?==> |\[\+)")
_BREAK = re.compile(r"[\r\n]+")
_HEADER = re.compile(
    r"\[\+\] Building (?P<seconds>\d+\.\d+)\D{1,2}\((?P<done>\d+)/\d+\)(?P<over> FINISHED)?"
    r"(?:\s+(?P<driver>docker|docker-container|kubernetes|remote|cloud):(?P<builder>\S+))?"
)
# Before it stand blanks, or what a CI system puts there: words with a digit.
_ROW = re.compile(r"\s*+(?:[^\s\d]*+\d\S*+\s++)*+=> (?P<below>=> )?(?P<text>\S.*)")
_TIME = re.compile(r"(\d+\.\d+)(?:s+|[^\x00-\x7f]+)")
_WORDS = re.compile(r"^(?:(?:CACHED|ERROR|CANCELED) )+")
_OUTPUT, _WARNING = "# ", "WARN: "


def is_tty(data: bytes) -> bool:
    """Tell a log that holds a screen, or a row that only BuildKit draws."""
    return _HEADER_START in data or _OURS.search(data) is not None


def read_tty(data: bytes) -> list[Document]:
    """Say the steps of each build as plain progress, in the order of their rows."""
    builds = [_Build()]
    for line, piece in _pieces(data.decode("utf-8", "replace")):
        if header := _HEADER.search(piece):
            if builds[-1].ends_before(float(header["seconds"])):
                builds.append(_Build())
            builds[-1].begin(line, header)
        elif row := _ROW.fullmatch(piece):
            builds[-1].add(line, row)
        elif not piece.startswith(("#", "{")):
            builds[-1].said.append((line, piece.strip()))
    return [build.document() for build in builds if build.steps]


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield what stood in one row of the screen, with its line."""
    for number, line in enumerate(text.split("\n"), 1):
        plain = _GLUED.sub(r"\1\n", _ESCAPE.sub("", line))
        yield from ((number, piece) for piece in _BREAK.split(plain) if piece)


def _timed(text: str) -> tuple[str, float | None]:
    """Part the text of a row from the time at its end."""
    name, _, last = text.rstrip().rpartition(" ")
    time = _TIME.fullmatch(last)
    return (name.rstrip(), float(time[1])) if time else (text.rstrip(), None)


@dataclass(slots=True)
class _Step:
    """A step as it was drawn last."""

    name: str
    line: int
    words: str
    seconds: float | None
    below: list[tuple[int, str]] = field(default_factory=list)
    prints: bool = False  # its output is shown below it, as that of a step which runs

    def spoken(self, no: int, *, runs: bool) -> Iterator[tuple[int, str]]:
        """Say the step as plain progress does."""
        yield self.line, f"#{no} {self.name}"
        yield from ((line, f"#{no} {text}") for line, text in self.below)
        if not runs:
            yield from ((self.line, f"#{no} {end}") for end in self._ends())

    def _ends(self) -> list[str]:
        word = next((word for word in ("CANCELED", "ERROR", "CACHED") if word in self.words), None)
        done = "DONE" if self.seconds is None else f"DONE {self.seconds:.1f}s"
        if word is None:
            return [done]
        # A hit shows a time of its own only if its layer was pulled.
        return [done, word] if self.seconds or word != "CACHED" else [word]


@dataclass(slots=True)
class _Build:
    """A build, and what was drawn of it so far."""

    steps: dict[tuple[str, int], _Step] = field(default_factory=dict)
    screen: list[_Step] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    header: re.Match[str] | None = None
    line: int = 0
    said: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.header is not None and self.header["over"] is not None

    def ends_before(self, seconds: float) -> bool:
        """Tell whether a screen drawn so long after the start of its build is of another one."""
        if self.header is None or all(name == BOOTING for name, _ in self.steps):
            return False
        return self.is_over or seconds < float(self.header["seconds"])

    def begin(self, line: int, header: re.Match[str]) -> None:
        self.line, self.header = line, header
        self.screen.clear()
        self.shown.clear()

    def add(self, line: int, row: re.Match[str]) -> None:
        """Add a row; that of a step which was drawn before takes its place."""
        text, seconds = _timed(row["text"])
        if row["below"] or text.startswith(_WARNING):
            self._add_below(line, text, seconds)
            return
        name = _WORDS.sub("", text)
        words = text.removesuffix(name)
        key = (name, self.shown[name])
        self.shown[name] += 1
        before = self.steps.get(key)
        step = _Step(name, before.line if before else line, words, seconds)
        self.steps[key] = step
        self.screen.append(step)

    def _add_below(self, line: int, text: str, seconds: float | None) -> None:
        if not self.screen:
            return
        if text.startswith(_OUTPUT):
            self.screen[-1].prints = True
        elif seconds is None or text.startswith(_WARNING):
            self.screen[-1].below.append((line, text))
        else:
            self.screen[-1].below.append((line, f"{text} {seconds:.1f}s done"))

    def document(self) -> Document:
        """Say the build as plain progress does: a builder that was booted has its own number."""
        running = self._running()
        lines = list(self._driver())
        for booting in (True, False):
            steps = [step for step in self.steps.values() if (step.name == BOOTING) is booting]
            for no, step in enumerate(steps, 1):
                lines += step.spoken(no, runs=any(step is one for one in running))
        wall_s = float(self.header["seconds"]) if self.header and self.is_over else None
        return Document(LogFormat.TTY, [*lines, *self.said], wall_s=wall_s, warnings=(LOSSY,))

    def _running(self) -> list[_Step]:
        """The header counts what has ended: of more rows than that, the last still ran."""
        if self.is_over:
            return []
        left = len(self.screen) - int(self.header["done"]) if self.header else 0
        wordless = [step for step in self.screen if not step.words]
        last = wordless[max(len(wordless) - left, 0) :] if left > 0 else []
        return [*last, *(step for step in wordless if step.prints)]

    def _driver(self) -> Iterator[tuple[int, str]]:
        if self.header and self.header["driver"]:
            name, driver = self.header["builder"], self.header["driver"]
            yield self.line, f'#0 building with "{name}" instance using {driver} driver'
