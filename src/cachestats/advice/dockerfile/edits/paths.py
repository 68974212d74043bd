"""Whether a path as a shell or a COPY writes it may mean another path."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

__all__ = ["alternatives", "overlaps"]

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_SEQUENCE = re.compile(r"\{[^{},]*\.\.[^{},]*\}")
# Where a path ends that can be told: at a variable, and where a wildcard spans folders.
_UNKNOWN = re.compile(r"\$|\*\*")


def alternatives(word: str) -> tuple[str, ...]:
    """The words that a shell makes of one with braces; wildcards stay as they are."""
    word = _SEQUENCE.sub("*", word)
    found = _BRACES.search(word)
    if found is None:
        return (word,)
    each = (word[: found.start()] + part + word[found.end() :] for part in found[1].split(","))
    return tuple(one for word in each for one in alternatives(word))


def overlaps(pattern: str, path: str, *, hidden: bool = True) -> bool:
    """Whether a path with wildcards or variables may be at, above or below another.

    Args:
        pattern: An absolute path, or one that begins with a variable.
        path: An absolute path.
        hidden: Whether a wildcard may stand for the dot at the start of a name.

    Returns:
        True where it may be, and where nobody knows.
    """
    known = _UNKNOWN.split(pattern, maxsplit=1)
    ours = _names(pattern if len(known) == 1 else posixpath.dirname(known[0]))
    return all(
        fnmatchcase(name, one.replace("[^", "[!"))
        and (hidden or one.startswith(".") or not name.startswith("."))
        for one, name in zip(ours, _names(path), strict=False)
    )


def _names(path: str) -> list[str]:
    return [name for name in posixpath.normpath(path).split("/") if name not in {"", "."}]
