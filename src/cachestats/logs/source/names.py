"""What the name of a file tells: a log, an archive, a sidecar, a CI job."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = [
    "as_text",
    "is_archive",
    "is_compressed",
    "is_hidden",
    "is_log",
    "is_sidecar",
    "is_surely_log",
    "job_files",
    "job_of",
    "natural",
    "sidecar_names",
    "unpacked",
]

# A folder holds more than logs. A file that is given itself is read whatever its name.
LOG_SUFFIXES = frozenset(
    ["log", "txt", "out", "json", "jsonl", "ndjson", "rawjson", "dockerbuild"],
)
NOT_LOGS = frozenset(["README", "README.txt", "LICENSE", "LICENSE.txt", "Dockerfile", "Makefile"])
COMPRESSIONS = (".gz", ".zst", ".xz", ".bz2")
TARS = (".tar", *(f".tar{suffix}" for suffix in COMPRESSIONS), ".tgz", ".tzst", ".txz", ".tbz2")
ARCHIVES = (".zip", *TARS)
DELTA_LOG = "_delta_log"
SIDECAR = "meta.json"
NUMBER = re.compile(r"(\d+)")
# `0_build.txt` of a GitHub log archive; the steps of the job are in the folder `build`.
JOB_FILE = re.compile(r"-?\d+_(.+)\.txt", re.DOTALL)


def is_log(name: str) -> bool:
    """Tell whether a file in a folder looks like a log, compressed or not."""
    stem, dot, suffix = name.rpartition(".")
    if dot + suffix.lower() in COMPRESSIONS:
        return bool(stem) and is_log(stem)
    fits = not dot or suffix.lower() in LOG_SUFFIXES
    return fits and name not in NOT_LOGS and not is_sidecar(name)


def is_surely_log(name: str) -> bool:
    """Tell whether a file says by its suffix that it is a log."""
    return is_log(name) and "." in _without(name, COMPRESSIONS)


def is_archive(name: str) -> bool:
    """Tell whether a file is an archive by its name."""
    return name.lower().endswith(ARCHIVES)


def is_compressed(name: str) -> bool:
    """Tell whether a file is a compressed log by its name."""
    return name.lower().endswith(COMPRESSIONS) and not is_archive(name)


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is nobody's log, whatever is in it."""
    return name.startswith(".") or name == DELTA_LOG


def is_sidecar(name: str) -> bool:
    """Tell whether a file holds the run facts of logs beside it."""
    return name == SIDECAR or name.endswith(f".{SIDECAR}")


def unpacked(name: str) -> str:
    """Name of a file without what tells that it is packed."""
    return _without(name, ARCHIVES if is_archive(name) else COMPRESSIONS)


def sidecar_names(entry: str) -> Iterable[str]:
    """Names that a sidecar of this file may have, the weakest first."""
    log = unpacked(entry)
    stem = os.path.splitext(log)[0]
    return dict.fromkeys([SIDECAR, *(f"{name}.{SIDECAR}" for name in (stem, log, entry))])


def job_files(names: Iterable[str]) -> dict[str, str]:
    """CI job of each file among these that is named as the log of one."""
    matches = ((name, JOB_FILE.fullmatch(name)) for name in names)
    return {name: match[1] for name, match in matches if match}


def job_of(path: str, jobs: Collection[str]) -> str | None:
    """CI job of a log in a GitHub log archive, from the log's path."""
    first, _, below = path.partition("/")
    named = first if below else job_files([first]).get(first)
    return named if named in jobs else None


def natural(name: str) -> list[str | int]:
    """Sort key under which `9.log` comes before `10.log`."""
    parts: list[str | int] = list(NUMBER.split(name))
    parts[1::2] = map(int, parts[1::2])
    return parts


def as_text(path: str) -> str:
    """Path as text that can be stored: bytes that are no UTF-8 are escaped."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def _without(name: str, suffixes: tuple[str, ...]) -> str:
    return next((name[: -len(end)] for end in suffixes if name.lower().endswith(end)), name)
