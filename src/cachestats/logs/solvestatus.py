"""Lines of rawjson → updates of vertices and statuses."""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl

from cachestats.logs.decoded import FAULT_SCHEMA
from cachestats.logs.text import Lines

__all__ = ["Updates", "decode_updates"]

_VERTEX = {
    "digest": pl.String(),
    "inputs": pl.List(pl.String()),
    "name": pl.String(),
    "started": pl.String(),
    "completed": pl.String(),
    "cached": pl.Boolean(),
    "error": pl.String(),
    "progressGroup": pl.Struct({"id": pl.String(), "name": pl.String(), "weak": pl.Boolean()}),
}
_STATUS = {
    "id": pl.String(),
    "vertex": pl.String(),
    "total": pl.Int64(),
    "current": pl.Int64(),
    "started": pl.String(),
    "completed": pl.String(),
}
_OBJECT = {
    "row": pl.Int64(),
    "vertexes": pl.List(pl.Struct(_VERTEX)),
    "statuses": pl.List(pl.Struct(_STATUS)),
}
_RFC3339 = "%+"
# How BuildKit writes most of them.
_FULL, _FULL_BYTES = "%Y-%m-%dT%H:%M:%S.%9fZ", len("2026-11-24T03:39:25.123456789Z")
_TOLD_FROM, _TOLD_TO = "1970", "2200"
# Where the output in an object begins, and how it ends: what a string holds has its quotes escaped.
_OUTPUT, _OUTPUT_ENDS = ',"logs":[{"vertex":', '"}]}'
# Few enough to stay in the caches, and not to try many again for one that is cut.
ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Updates:
    """What the objects of a batch say, in the order of logs and lines.

    `vertexes` has `log`, `line`, the fields of a vertex and its `group` and `group_name`;
    `statuses` has `log`, `line` and the fields of a status; times are UTC in nanoseconds. What
    names a vertex or a group is of one categorical type: rows are grouped and joined by numbers.
    `faults` are lines that are no object.
    """

    vertexes: pl.DataFrame
    statuses: pl.DataFrame
    faults: pl.DataFrame


def decode_updates(lines: pl.DataFrame) -> Updates:
    """Decode `Lines` that start like an object."""
    objects, faults = _objects(lines)
    group = pl.col("progressGroup").struct
    known = pl.Categorical(pl.Categories.random())
    return Updates(
        vertexes=_exploded(objects, "vertexes")
        .with_columns(
            pl.col("digest").cast(known),
            group=group.field("id").cast(known),
            group_name=group.field("name"),
            weak=group.field("weak"),
        )
        .drop("progressGroup"),
        statuses=_exploded(objects, "statuses").with_columns(pl.col("vertex").cast(known)),
        faults=faults,
    )


def _exploded(objects: pl.DataFrame, key: str) -> pl.DataFrame:
    return (
        objects.select("log", "line", key)
        .explode(key, keep_nulls=False)
        .unnest(key)
        .pipe(with_times, "started", "completed")
    )


def with_times(rows: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Read times; Go writes year 1 for none, which nanoseconds of 64 bits cannot tell.

    Go leaves out zeros at their end, so one in ten is short. The others are read at a quarter of
    the cost, by a format of one width.
    """
    text = pl.col(names)
    is_told = text.is_between(pl.lit(_TOLD_FROM), pl.lit(_TOLD_TO), closed="left")
    full = pl.when(text.str.len_bytes() == _FULL_BYTES).then(text)
    return (
        rows.with_columns(pl.when(is_told).then(text))
        .with_columns(_time(full, _FULL).name.prefix("full_"))
        .with_columns(
            pl.coalesce(
                f"full_{name}",
                _time(pl.when(pl.col(f"full_{name}").is_null()).then(name), _RFC3339),
            ).alias(name)
            for name in names
        )
        .drop(f"full_{name}" for name in names)
    )


def _time(text: pl.Expr, form: str) -> pl.Expr:
    is_various = form == _RFC3339  # polars remembers texts: that costs more than to read a full one
    return text.str.to_datetime(
        form, time_unit="ns", time_zone="UTC", strict=False, cache=is_various
    )


def _objects(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = _measured(lines)
    parts = [_sound(part) for part in rows.iter_slices(ROWS_AT_ONCE)] or [_sound(rows)]
    objects, faults = zip(*parts, strict=True)
    return pl.concat(objects), pl.concat(faults)


def _sound(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decode rows in one go; where that fails, leave out those at fault and try again."""
    faults = FAULT_SCHEMA.to_frame()
    for fault_of in (_json_fault, _type_fault):
        try:
            return _decoded(rows), faults
        except ValueError:
            reasons = pl.Series("reason", [fault_of(text) for text in rows["text"]], pl.String)
            at_fault = rows.select("log", "line", reasons).drop_nulls("reason")
            faults, rows = faults.vstack(at_fault), rows.filter(reasons.is_null())
    return _decoded(rows), faults


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Tell where the output begins that ends an object; null where none does.

    What programs printed is half of a document of history, and not parsed.
    """
    begins = Lines.TEXT.str.find(_OUTPUT, literal=True)
    ends = Lines.TEXT.str.ends_with(_OUTPUT_ENDS)
    return rows.select("log", "line", "text", output=pl.when(ends).then(begins))


def _decoded(rows: pl.DataFrame) -> pl.DataFrame:
    """Decode `_measured` rows that all are objects.

    polars parses the strings of a column as one list, so that a line that is cut fails them all
    and a hostile one could shift its neighbours: each object bears the number of its row.

    Raises:
        ValueError: A row is no object, or not one alone.
    """
    row, output = pl.int_range(pl.len()).cast(pl.String), pl.col("output")
    told = Lines.TEXT.cast(pl.Binary).bin.slice(1, output - 1).cast(pl.String)
    end = pl.when(output.is_null()).then(pl.lit("")).otherwise(pl.lit("}"))
    numbered = pl.concat_str(pl.lit('{"row":'), row, pl.lit(","), told, end)
    try:
        objects = (
            rows.lazy()
            .select("log", "line", object=numbered.str.json_decode(pl.Struct(_OBJECT)))
            .unnest("object")
            .collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())
        )
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error
    if not objects["row"].equals(pl.int_range(len(rows), eager=True)):
        raise ValueError("objects are not in the places of their rows")
    return objects


def _json_fault(text: str) -> str | None:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"no JSON object: {error}"
    return None


def _type_fault(text: str) -> str | None:
    try:
        _decoded(_measured(pl.DataFrame({"log": [0], "line": [0], "text": [text]})))
    except ValueError:
        return "no SolveStatus object"
    return None
