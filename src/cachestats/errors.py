"""Every error a caller may catch, with the exit code the CLI gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CachestatsError",
    "NothingToReportError",
    "SchemaError",
    "StoreError",
    "UsageError",
]


class CachestatsError(Exception):
    """Base of all errors that the user, not the code, can put right."""

    exit_code: ClassVar[int] = 1


class UsageError(CachestatsError):
    """The call cannot be carried out as it was worded: an unknown run, a bad date or template."""

    exit_code = 2


class StoreError(CachestatsError):
    """The store is missing, unreadable, written by a newer version, or not a store at all."""

    exit_code = 4


class SchemaError(StoreError):
    """A frame lacks columns of its table, or has them in another dtype."""

    def __init__(self, table: str, faults: Sequence[str]) -> None:
        super().__init__(f"not a {table} table: {'; '.join(faults)}")
        self.table, self.faults = table, tuple(faults)


class NothingToReportError(CachestatsError):
    """The store, or what the filters leave of it, holds no rows for the answer."""

    exit_code = 5
