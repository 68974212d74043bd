"""Files that a user names and that are no logs."""

from __future__ import annotations

from pathlib import Path

from cachestats.errors import UsageError

__all__ = ["shown_path", "text_of"]


def text_of(path: str | Path) -> str:
    """Read a file of text, line ends as they are.

    Raises:
        UsageError: It cannot be read, or is not UTF-8.
    """
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        message = f"{path}: {reason}"
        raise UsageError(message) from error


def shown_path(path: str | Path) -> str:
    """Write a path as `git apply` wants it: from the working directory, or else without a root."""
    below = Path(path).absolute()
    try:
        below = below.relative_to(Path.cwd())
    except ValueError:
        below = below.relative_to(below.anchor)
    return below.as_posix()
