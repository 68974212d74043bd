"""Sets of files of an image, as far as paths and names tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["EVERY", "NONE", "Files", "brings", "is_file", "is_system", "is_within"]

# What is a file by its name: a folder of that name is nothing that anybody has.
_FILE = re.compile(
    r"/?(?:[\w.-]+/)*[\w.-]*(?:\.(?:py|pyi|txt|in|toml|cfg|ini|lock|json|ya?ml|[cm]?[jt]sx?|sh|md|rst|xml"
    r"|conf|rb|php|go|mod|sum|rs|java|html?|css|properties|kts?|gradle|npmrc|pem|crt)"
    r"|Gemfile|Pipfile|Makefile|Dockerfile)"
)
# Where programs and their settings are, except where applications are put by custom.
_SYSTEM = re.compile(
    r"/(?:bin|boot|dev|etc|lib\w*|opt|proc|run|sbin|sys|usr|var|root(?:/\.[^/]+)?|home(?:/[^/]+)?"
    r"|home/[^/]+/\.[^/]+)?(?:/.*)?"
)
_APPLICATIONS = re.compile(
    r"(?:/usr/src|/usr/local/src|/usr/share/nginx|/var/www|/var/task|/var/app|/var/lib/app"
    r"|/root/[^./][^/]*|/home/[^/]+/[^./][^/]*|/opt/(?!venv|conda|python|java|bitnami)[^/]+)(?:/.*)?"
)


@dataclass(frozen=True, kw_only=True)
class Files:
    """A set of files of the image."""

    paths: frozenset[str] = frozenset()  # with all below them
    every: bool = False  # nobody knows which
    system: bool = False  # programs, libraries, their settings
    anywhere: frozenset[str] = frozenset()  # what has such a name, with wildcards
    parts: frozenset[str] = frozenset()  # names in the paths, and in those they come from

    def without(self, paths: Collection[str]) -> Files:
        """The set without some paths."""
        return replace(self, paths=self.paths.difference(paths))

    def common(self, other: Files) -> str | None:
        """What both sets hold, in words; null if they have no file in common."""
        if self.every or other.every:
            known = other if self.every else self
            if not (known.every or known.system or known.paths):
                return None
            return min(known.paths, default="any file")
        for path in sorted(self.paths):
            if (other.system and is_system(path)) or any(_meet(path, p) for p in other.paths):
                return path
        if self.system and (other.system or any(map(is_system, other.paths))):
            return next(filter(is_system, sorted(other.paths)), "the system's files")
        return _named(self, other) or _named(other, self)


NONE = Files()
EVERY = Files(every=True)


def is_system(path: str) -> bool:
    """Whether programs or their settings may be at, above or below the path."""
    return bool(_SYSTEM.fullmatch(path)) and not _APPLICATIONS.fullmatch(path)


def is_file(path: str) -> bool:
    """Whether a path is that of a file, by its name."""
    return bool(_FILE.fullmatch(path))


def _named(one: Files, other: Files) -> str | None:
    """A name of the one set that the other looks for, wherever it is."""
    found = (
        part for part in sorted(one.parts) if any(_alike(part, name) for name in other.anywhere)
    )
    return next(found, None)


def _alike(name: str, pattern: str) -> bool:
    """Whether two names, each with wildcards or without, can be that of one file."""
    return fnmatchcase(name, pattern) or fnmatchcase(pattern.replace("*", ""), name)


def _meet(one: str, other: str) -> bool:
    return brings(one, other) or brings(other, one)


def brings(written: str, path: str) -> bool:
    """Whether what a COPY writes, a folder or a name with wildcards, can hold a path."""
    return is_within(path, written) or fnmatchcase(path, written)


def is_within(path: str, folder: str) -> bool:
    """Whether a path is a folder or below it."""
    return folder in {"/", path} or path.startswith(folder.rstrip("/") + "/")
