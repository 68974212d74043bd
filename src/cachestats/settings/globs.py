"""Names with `*` for any text and `?` for one character, as settings write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["first_match", "is_glob", "pattern", "patterns"]

T = TypeVar("T")
_WILD = {"*": ".*", "?": "."}


def pattern(*globs: str, any_case: bool = False) -> str:
    """Write globs as one regular expression that Python and polars read alike.

    Not by `fnmatch`, whose expressions have parts that polars does not know.
    """
    return f"(?s{'i' * any_case})^(?:{'|'.join(map(_parts, globs))})$"


def is_glob(text: str) -> bool:
    """Tell a glob from a plain name."""
    return bool(_WILD.keys() & set(text))


def patterns(globs: Mapping[str, T]) -> list[tuple[str, T]]:
    """Write each glob as a pattern, plain names first and otherwise in their order."""
    ordered = sorted(globs.items(), key=lambda item: is_glob(item[0]))
    return [(pattern(glob), value) for glob, value in ordered]


def first_match(globs: Mapping[str, T], name: str) -> T | None:
    """Return the value of the plain name, else of the first glob that fits; None without one."""
    fitting = (value for known, value in patterns(globs) if re.search(known, name))
    return next(fitting, None)


def _parts(glob: str) -> str:
    return "".join(_WILD.get(part) or re.escape(part) for part in re.split(r"([*?])", glob))
