"""Dockerfiles as they should not be, and the same put right; both are files in `pairs/`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["PAIRS", "Pair"]

FOLDER = Path(__file__).parent / "pairs"
NOTES = "docs/notes.md"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two.

    Attributes:
        text: The Dockerfile.
        settings_at: Line above which its next ENV goes.
    """

    text: str
    settings_at: str

    def edited(self, kind: str, number: int, text: str) -> str:
        """Put an ENV into the text, or one package more into its installation."""
        if kind == "package":
            return re.sub("(apt-get install -y)", rf"\1 libx{number}-dev", text)
        line = re.escape(self.settings_at)
        return re.sub(rf"(?m)^({line})", rf"ENV LEVEL_{number}=info\n\1", text, count=1)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A Dockerfile, the same put right, and the files of their project by what they are."""

    name: str
    sources: tuple[str, ...] = ("app/main.py", "tests/test_main.py")
    manifests: tuple[str, ...] = ("requirements.txt",)
    early: str = "WORKDIR"
    late: str = "CMD"
    files: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", (*self.sources, *self.manifests, NOTES))

    @property
    def before(self) -> Side:
        """As it should not be: settings stand at the top."""
        return Side(text=self._read("before"), settings_at=self.early)

    @property
    def after(self) -> Side:
        """Put right: settings stand at the bottom."""
        return Side(text=self._read("after"), settings_at=self.late)

    def _read(self, name: str) -> str:
        return (FOLDER / self.name / f"{name}.Dockerfile").read_text("utf-8")


_PAGES, _NPM = ("src/index.js", "src/page.js"), ("package.json", "package-lock.json")
PAIRS = (
    Pair(name="orders", early="RUN apt-get"),
    Pair(name="npm", sources=_PAGES, manifests=_NPM, late="COPY . ."),
    Pair(name="npm-date", sources=_PAGES, manifests=_NPM),
    Pair(name="go", sources=("cmd/main.go", "pkg/a.go"), manifests=("go.mod", "go.sum")),
    Pair(name="apt-below"),
    Pair(name="subfolder", manifests=("deploy/requirements.txt",)),
    Pair(name="stages", early="RUN apt-get"),
    Pair(name="unknown", early="RUN apt-get"),
)
