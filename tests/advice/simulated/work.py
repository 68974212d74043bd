"""What a RUN does: how long it takes, what it prints, how large its layer is."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Instruction


@dataclass(frozen=True)
class Work:
    """What the RUNs that match a pattern do.

    Attributes:
        pattern: What their code holds.
        seconds: What they take.
        export_s: What exporting their layer takes.
        prints: What they print; `{}` is the version of what they installed.
        of_file: Name of the manifest that this version follows.
        mounted: Share of the time that is left with a warm cache mount.
    """

    pattern: str
    seconds: float
    export_s: float = 0.0
    prints: tuple[str, ...] = ()
    of_file: str = ""
    mounted: float = 1.0

    def printed(self, code: str, files: Mapping[str, int]) -> list[str]:
        """What a RUN prints when it is executed, second first."""
        versions = [at for path, at in files.items() if posixpath.basename(path) == self.of_file]
        packages = len(re.findall(r"\blib\w+", code))
        version = f"{versions[0] if versions else 0}{packages}"
        return [f"0.5000 {line.format(version)}" for line in self.prints] or ["0.5000 working"]


WORKS = (
    Work(
        r"apt-get",
        12,
        export_s=7.5,
        prints=("Fetched 62.8 MB in 1s (62 MB/s)", "Setting up libx:amd64 ({}) ..."),
        mounted=0.85,
    ),
    Work(r"-m venv", 4, export_s=0.4),
    Work(
        r"pip install",
        17,
        export_s=0.9,
        prints=("Successfully installed flask-{} jinja2-3.1",),
        of_file="requirements.txt",
    ),
    Work(
        r"npm ci",
        14,
        export_s=2.5,
        prints=("added 73 packages in 9s",),
        of_file="package.json",
        mounted=0.6,
    ),
    Work(r"npm run build", 9, export_s=0.3),
    Work(r"mod download", 11, prints=("go: downloading example.com/x v1.{}",), of_file="go.mod"),
    Work(r"go build", 25, export_s=0.2),
    Work(r"unittest|pytest|npm test", 3),
    Work(r"curl", 6, export_s=1.5),
)


def work_of(one: Instruction) -> Work | None:
    """What an instruction does; None for all but the RUNs that are known."""
    if one.keyword != "RUN":
        return None
    return next((work for work in WORKS if re.search(work.pattern, one.code)), None)


def export_s(one: Instruction) -> float:
    """What exporting the layer of an instruction takes."""
    work = work_of(one)
    return work.export_s if work else 0.0
