"""What stays the same: `run_id` of a log read twice, `layer_id` of a layer over many runs."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import Runs, StepKind, Steps

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["digests", "layer_ids"]

_SEPARATOR = "\x1f"
_HASHED = {"layer_id": pl.String}


def layer_ids(steps: pl.DataFrame) -> pl.Series:
    """Return the `layer_id` of each step, in their order; null for what is no instruction.

    The index in the stage is no part of it: one more instruction shifts all that follow. Equal
    texts of a stage are told apart by their order among themselves.

    Args:
        steps: Steps of whole runs, with `run`, `project` and `masked`, the text `masked`.
    """
    place = (Runs.project, Steps.target, Steps.platform, Steps.stage)
    parts = (*(column.col for column in place), pl.col("masked"))
    row, key = pl.col("row"), pl.col("key")
    keyed = (
        steps.lazy()
        .select(
            "run",
            "index",
            Steps.kind.col,
            row=pl.int_range(pl.len()),
            key=pl.concat_str(*(part.fill_null("") for part in parts), separator=_SEPARATOR),
        )
        .filter(Steps.kind.col == StepKind.INSTRUCTION)
        .with_columns(alike=pl.len().over("run", key))
        .collect(engine="in-memory")
    )
    alone, alike = keyed.filter(pl.col("alike") == 1), keyed.filter(pl.col("alike") > 1)
    occurrence = pl.int_range(pl.len(), dtype=pl.UInt32).over("run", key)
    told_apart = pl.concat(
        [
            alone.with_columns(occurrence=pl.lit(0, pl.UInt32)),
            alike.sort("run", "index", "row").with_columns(occurrence=occurrence),
        ]
    ).select(row, key=pl.concat_str(key, "occurrence", separator=_SEPARATOR))
    keys = told_apart["key"].unique()
    hashed = pl.DataFrame({"key": keys, "layer_id": digests(keys)}, schema_overrides=_HASHED)
    layers = told_apart.join(hashed, on="key", how="left", maintain_order="left")
    nowhere = pl.Series("layer_id", [None], pl.String).new_from_index(0, steps.height)
    return nowhere.scatter(layers["row"], layers["layer_id"])


def digests(texts: Iterable[str]) -> list[str]:
    """Hash texts to 20 hex digits that no version of a library changes."""
    return [blake2b(text.encode(), digest_size=10).hexdigest() for text in texts]
