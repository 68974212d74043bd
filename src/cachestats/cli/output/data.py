"""Rows and documents for programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cachestats.cli.output.text import for_spreadsheet

if TYPE_CHECKING:
    from cachestats.cli.output.answer import Answer

__all__ = ["csv_text", "json_text"]

SCHEMA_VERSION = 1
DECIMALS = 6  # a microsecond: the rest is the noise of sums


def json_text(answer: Answer) -> str:
    """Write the answer as one JSON document of ASCII: times in ISO 8601, null for no value."""
    body = {"rows": answer.rows.to_dicts()} if answer.document is None else answer.document
    document = _plain({"schema_version": SCHEMA_VERSION, **body})
    return json.dumps(document, allow_nan=False) + "\n"


def csv_text(answer: Answer) -> str:
    """Write the rows as CSV with a header; lists are joined, no text can become a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.rows.columns)
    writer.writerows([_csv_cell(value) for value in row] for row in answer.rows.iter_rows())
    return text.getvalue()


def _plain(value: object) -> object:
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case datetime():
            return _iso(value)
        case float():
            return _number(value)
        case _:
            return value


def _csv_cell(value: object) -> object:
    match value:
        case str():
            return for_spreadsheet(value)
        case list():
            return for_spreadsheet("; ".join(map(_item, value)))
        case bool():
            return str(value).lower()
        case datetime():
            return _iso(value)
        case float():
            return _number(value)
        case _:
            return value


def _item(value: object) -> str:
    """Write an item of a list; of a struct its values: `build.log:12:COPY . .`."""
    return ":".join(map(str, value.values())) if isinstance(value, dict) else str(value)


def _number(value: float) -> float | None:
    return round(value, DECIMALS) if math.isfinite(value) else None


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
