"""The COPY of manifests alone."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cachestats.advice.dockerfile.model import Part
from cachestats.advice.dockerfile.parse import instruction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cachestats.advice.dockerfile.model import Dockerfile, Instruction

__all__ = ["manifest_copies"]

# What many projects do not have, and their installation makes.
_LOCK = re.compile(r".*(?:lock|-lock\.\w+|\.sum)")


def manifest_copies(
    file: Dockerfile, copy: Instruction, wanted: Mapping[str, str], into: str
) -> list[Instruction]:
    """Make the instructions that copy a few files of a folder to where the folder goes.

    Args:
        file: The file that they are for.
        copy: The COPY of one folder, whose flags they take over.
        wanted: Names, with `*` at the end of those that may be missing, and paths in the image. A
            lock may be missing beside other files.
        into: The path in the image that the folder goes to.

    Returns:
        One COPY for each folder that files go to, in the order of the names.
    """
    folders: dict[str, list[str]] = {}
    is_sure = any(not (name.endswith("*") or _LOCK.fullmatch(name)) for name in wanted)
    for name, path in wanted.items():
        # A COPY fails if nothing matches it at all.
        may_miss = name.endswith("*") or (is_sure and _LOCK.fullmatch(name))
        below = posixpath.relpath(path, into) + ("*" if may_miss else "")
        source = posixpath.normpath(posixpath.join(copy.sources[0], below))
        folders.setdefault(posixpath.dirname(below), []).append(source)
    return [
        replace(
            instruction(file, text),
            stage=copy.stage,
            first_line=copy.first_line,
            last_line=copy.last_line,
            origin=copy.origin,
            part=Part.MANIFEST,
            gap="" if number else copy.gap,
        )
        for number, text in enumerate(_texts(copy, folders))
    ]


def _texts(copy: Instruction, folders: Mapping[str, Sequence[str]]) -> Iterator[str]:
    written = copy.text.split(maxsplit=1)[0]
    keyword = written if copy.keyword == "COPY" else "COPY"
    for folder, sources in folders.items():
        yield " ".join([keyword, *copy.flags, *sources, _destination(copy, folder, len(sources))])


def _destination(copy: Instruction, folder: str, files: int) -> str:
    base = copy.destination
    if not folder:
        return base if base.endswith("/") or (base == "." and files == 1) else f"{base}/"
    return posixpath.join(base, folder) + "/"
