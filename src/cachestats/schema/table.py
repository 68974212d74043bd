"""What a table is: columns with names, dtypes and units, declared once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.errors import SchemaError

if TYPE_CHECKING:
    from polars.datatypes import DataType, DataTypeClass

__all__ = ["TIME", "Column", "Table"]

TIME = pl.Datetime("us", "UTC")


class Column:
    """A column of a `Table`, named by the attribute that holds it."""

    name: str

    def __init__(
        self,
        dtype: DataType | DataTypeClass,
        doc: str,
        *,
        unit: str | None = None,
        nullable: bool = False,
    ) -> None:
        self.dtype, self.doc = dtype, doc
        self.unit, self.nullable = unit, nullable

    def __set_name__(self, owner: type, name: str) -> None:
        # A column may be named by a word of Python's: `class_` is the column `class`.
        self.name = name.removesuffix("_")

    @property
    def col(self) -> pl.Expr:
        """Expression that selects this column."""
        return pl.col(self.name)


class Table:
    """A table of fixed columns; subclasses only declare `Column` attributes."""

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """Columns by name, in declared order."""
        return {c.name: c for c in vars(cls).values() if isinstance(c, Column)}

    @classmethod
    def dtypes(cls) -> pl.Schema:
        """Names and dtypes in declared order."""
        return pl.Schema({name: c.dtype for name, c in cls.columns().items()})

    @classmethod
    def empty(cls) -> pl.DataFrame:
        """Return a frame of this table without rows."""
        return cls.dtypes().to_frame()

    @classmethod
    def conform(cls, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Check names and dtypes, select the columns in order; reads no rows.

        Raises:
            SchemaError: A column is missing or has another dtype.
        """
        found, wanted = frame.collect_schema(), cls.dtypes()
        faults = [
            f"{name} is {found.get(name, 'missing')}, not {dtype}"
            for name, dtype in wanted.items()
            if found.get(name) != dtype
        ]
        if faults:
            raise SchemaError(cls.__name__, faults)
        return frame.select(wanted.names())
