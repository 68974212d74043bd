"""Which vertex digests can be compared between runs."""

from __future__ import annotations

import polars as pl

from cachestats.schema import StepKind, Steps

__all__ = ["comparable"]

STEP = (Steps.run_id.name, Steps.step_no.name)
VERTEX = (Steps.run_id.name, Steps.digest.name)
# An image is known by its content, whatever the run. All else that is read from outside holds
# the id of the session that sent it.
IS_LOCAL = Steps.kind.col.is_in([StepKind.INTERNAL, StepKind.SOURCE, StepKind.OTHER]) & (
    ~Steps.name.col.str.contains(r"docker-image://|load metadata").fill_null(value=False)
)


def comparable(steps: pl.DataFrame) -> pl.DataFrame:
    """Find the steps whose digest is the same in every run unless something in them changed.

    The digest of a vertex is that of its operation and its inputs, and the operation of a local
    source holds the id of its session: below one, digests differ run after run.

    Args:
        steps: `Steps` of every kind.

    Returns:
        run_id and step_no of the instruction steps with known inputs above any local source.
    """
    known = steps.filter(Steps.digest.col.is_not_null())
    edges = _edges(known)
    below = known.filter(IS_LOCAL).select(VERTEX)
    front = below
    # Each round goes one vertex further down the graph; a vertex enters once.
    while front.height:
        front = (
            edges.join(front, left_on=[VERTEX[0], "input"], right_on=VERTEX, how="semi")
            .select(VERTEX)
            .unique()
            .join(below, on=VERTEX, how="anti")
        )
        below = pl.concat([below, front])
    return (
        known.filter((Steps.kind.col == StepKind.INSTRUCTION) & (Steps.inputs.col.list.len() > 0))
        .join(below, on=VERTEX, how="anti")
        .select(STEP)
    )


def _edges(known: pl.DataFrame) -> pl.DataFrame:
    """One row per input of a vertex, the vertices inside of groups among them."""
    groups = (
        known.filter(pl.col(Steps.members.name).is_not_null())
        .select(Steps.run_id.name, Steps.members.name)
        .explode(Steps.members.name)
        .unnest(Steps.members.name)
        .select(*VERTEX, Steps.inputs.name)
    )
    return (
        pl.concat([known.select(*VERTEX, Steps.inputs.name), groups])
        .rename({Steps.inputs.name: "input"})
        .explode("input")
        .drop_nulls("input")
        .unique()
    )
