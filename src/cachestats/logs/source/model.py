"""A source, what it holds, and why it may not be had."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, ClassVar, NamedTuple, cast

from cachestats.logs.source.names import as_text, is_compressed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["STDIN", "Content", "Fault", "Held", "Member", "Place", "Source", "reason", "spooled"]

STDIN = "-"
SPOOL_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """An input that cannot be used, and why; the others go on."""

    source: str
    reason: str

    @classmethod
    def of(cls, source: str, error: OSError | ValueError) -> Fault:
        """Word what the system, or a decoder, says of a source."""
        return cls(source, reason(error))


def spooled(pieces: Iterable[bytes]) -> BinaryIO:
    """Keep bytes that come but once, in memory or, if they are many, in a file without a name."""
    file = SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115 - whoever reads it closes it
    for piece in pieces:
        file.write(piece)
    file.seek(0)
    return cast("BinaryIO", file)


def reason(error: Exception) -> str:
    """Word what the system, or a library, says."""
    said = error.strerror if isinstance(error, OSError) else None
    return said.lower() if said else str(error)


class Content(NamedTuple):
    """What a source holds, as far as it could be read.

    Attributes:
        data: Its bytes; None if it cannot be reached now, and a later ingest may have more luck.
        fault: Why this is not all of it; None if it is.
    """

    data: bytes | None
    fault: str | None = None


class Place(ABC):
    """Where bytes lie that are no file: in an archive, in an object store, in memory.

    Attributes:
        name: What to call it.
        far: It is a network away, and better asked for ahead of its turn.
        passing: It can be read only until the next one is found, as from a tape.
    """

    __slots__ = ("name",)
    far: ClassVar[bool] = False
    passing: ClassVar[bool] = False

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    @abstractmethod
    def read(self) -> Content:
        """Read all of it; an `OSError` says that it cannot be reached."""

    def open(self) -> BinaryIO:
        """Open it as a file in which one can go back."""
        return BytesIO(self.read().data or b"")


class Held(Place):
    """Bytes that were read when they could be."""

    __slots__ = ("content",)

    def __init__(self, name: str, content: Content) -> None:
        super().__init__(name)
        self.content = content

    def read(self) -> Content:
        return self.content


class Member(Place):
    """A file in an archive.

    Attributes:
        path: Where it lies in the archive, with `/` between the parts.
        size_bytes: Its size when expanded.
        modified_at: Time of its last change; None if the archive does not tell.
    """

    __slots__ = ("modified_at", "path", "size_bytes")

    def __init__(self, path: str, size_bytes: int, modified_at: datetime | None) -> None:
        parts = path.replace("\\", "/").split("/")
        self.path = as_text("/".join(part for part in parts if part not in {"", ".", ".."}))
        super().__init__(self.path)
        self.size_bytes, self.modified_at = size_bytes, modified_at


class Source(NamedTuple):
    """A log, or an archive of logs, that can be read and is not yet read.

    Attributes:
        name: Path or URI as it was given, normalised, with `/` between its parts; `-` is stdin.
            The path of a log in an archive goes on after that of the archive.
        path: What to open; None is stdin.
        folder: First folder below the given one on the way to the log; None if there is none.
        size_bytes: Size when found, of the file as it lies there; 0 if it is not known.
        modified_at: Time of the last change; None if it is not known.
        sidecars: The files beside the log that hold run facts, the weakest first.
        job: CI job that the path tells.
        is_archive: Its logs are to be had by `members`. The last of these is the archive again,
            which then holds nothing but the fault that was met in it.
    """

    name: str
    path: str | Place | None
    folder: str | None
    size_bytes: int
    modified_at: datetime | None
    sidecars: tuple[str | Place, ...] = ()
    job: str | None = None
    is_archive: bool = False

    @property
    def is_compressed(self) -> bool:
        """Whether it grows when it is read, so that its size says nothing of its text."""
        return is_compressed(self.name)
