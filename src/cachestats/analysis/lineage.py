"""The same layer over many runs, through edits, cut names, and new names of its stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.alignment import Layer, aligned
from cachestats.analysis.compared import AT, in_order
from cachestats.schema import LineageRows, Link, Runs, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lineages", "lineages_of"]

# A run that failed early lacks the layers below; those of a run before it are then still known.
RUNS_BACK = 5
CODE = pl.col("code")


def lineages(steps: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Find which layers of different runs are one layer.

    `layer_id` survives all that leaves the masked text and the stage as they are: other numbers,
    another place in the stage, a new value of a volatile token. A layer that appears for the first
    time in a run is compared with those that earlier runs of its branch had and this one lacks
    (see `alignment`); the one it came from, if any, is linked to it. Two layers of one run are
    never one lineage.

    Args:
        steps: `Steps`, one row per step.
        runs: `Runs`, one row per run.

    Returns:
        `LineageRows`, one row per `layer_id`, sorted by it; `lineage_id` is the `layer_id` of the
        member that was seen last. No rows in, no rows out.
    """
    seen = Steps.conform(steps).filter(ex.IS_LAYER).collect()
    found = lineages_of(seen, in_order(Runs.conform(runs)).collect())
    return found.lazy().pipe(LineageRows.conform)


def lineages_of(steps: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    """Do the same for frames at hand: instruction steps, and `Runs` as `in_order` gives them."""
    seen = _seen(steps, ordered)
    layers = _layers(seen)
    links = _links(seen, layers)
    found = _members(layers, links)
    twice = _twice(seen, found)
    if twice.height:
        # Layers that a later run has side by side cannot have come from one another.
        found = _members(layers, links.join(twice, left_on="code", right_on="code", how="anti"))
    return found.select(LineageRows.dtypes().names()).sort(Steps.layer_id.name)


def _seen(steps: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    """One row per layer and run, in order of runs, then of the Dockerfile; `code` is the layer."""
    place = (Steps.target, Steps.platform, Steps.stage, Steps.index, Steps.step_no)
    return (
        steps.filter(ex.IS_LAYER)
        .drop_nulls(Steps.layer_id.name)
        .select(
            Steps.run_id.name,
            Steps.layer_id.name,
            *(column.name for column in place),
            Steps.instruction.name,
            Steps.text.name,
        )
        .join(
            ordered.select("at", *(c.name for c in (Runs.run_id, Runs.project, Runs.branch))),
            on=Steps.run_id.name,
        )
        .sort("at", *(column.name for column in place))
        .with_columns(code=Steps.layer_id.col.rank("dense") - 1)
    )


def _layers(seen: pl.DataFrame) -> pl.DataFrame:
    """One row per layer, by code."""
    columns = (Steps.layer_id, Runs.project, Steps.target, Steps.platform, Steps.stage)
    return (
        seen.group_by("code")
        .agg(
            *(column.col.first() for column in columns),
            Steps.instruction.col.first().cast(pl.String),
            Steps.text.col.first().alias("text"),
            first_at=AT.min(),
            last_at=AT.max(),
        )
        .sort("code")
    )


def _links(seen: pl.DataFrame, layers: pl.DataFrame) -> pl.DataFrame:
    """Link each new layer to the one it came from: `code`, `from`, `link`, `score`."""
    rows = list(_linked_runs(seen, layers))
    schema = pl.Schema(
        {"code": pl.UInt32(), "from": pl.UInt32(), "link": pl.Enum(Link), "score": pl.Float64()}
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def _linked_runs(
    seen: pl.DataFrame, layers: pl.DataFrame
) -> Iterator[tuple[int, int, Link, float]]:
    """Go through the runs that have new layers, oldest first; all others need no look."""
    known = [
        Layer(*row)
        for row in layers.select(
            pl.struct(Steps.target.name, Steps.platform.name).hash(),
            Steps.stage.name,
            Steps.instruction.name,
            "text",
        ).iter_rows()
    ]
    first = layers["first_at"].to_list()
    before = _before(seen)
    codes = _codes(seen, layers, before)
    images = {at: frozenset(known[code].image for code in run) for at, run in codes.items()}
    lineage = list(range(len(known)))
    for at in sorted(codes):
        here = codes[at]
        new = [code for code in here if first[code] == at]
        if not new or at not in before:
            continue
        gone = _gone(set(here), before, codes, at)
        taken = {lineage[code] for code in here if first[code] < at}
        left = [code for code in gone if lineage[code] not in taken]
        for mine, theirs, link, score in aligned(
            [known[code]._replace(images=images[at]) for code in new],
            [known[code]._replace(images=images[gone[code]]) for code in left],
        ):
            code, origin = new[mine], left[theirs]
            if lineage[origin] not in taken:
                taken.add(lineage[origin])
                lineage[code] = lineage[origin]
                yield code, origin, link, score


def _before(seen: pl.DataFrame) -> dict[int, int]:
    """The run before each run: on its branch, else of its project."""
    order = seen.select("at", Runs.project.name, Runs.branch.name).unique("at").sort("at")
    pairs = order.select(
        "at",
        before=pl.coalesce(
            AT.shift(1).over(Runs.project.name, Runs.branch.name),
            AT.shift(1).over(Runs.project.name),
        ),
    ).drop_nulls()
    return dict(pairs.iter_rows())


def _codes(
    seen: pl.DataFrame, layers: pl.DataFrame, before: dict[int, int]
) -> dict[int, list[int]]:
    """Layers of the runs that have a new one, and of the runs before those, by run."""
    wanted = set(layers["first_at"])
    ring = wanted
    for _ in range(RUNS_BACK):
        ring = {before[at] for at in ring if at in before} - wanted
        wanted |= ring
    needed = pl.DataFrame({"at": list(wanted)}, schema={"at": seen.schema["at"]})
    grouped = (
        seen.join(needed, on="at", how="semi", maintain_order="left")
        .group_by("at", maintain_order=True)
        .agg(CODE.unique(maintain_order=True))
    )
    return dict(grouped.iter_rows())


def _gone(
    here: set[int], before: dict[int, int], codes: dict[int, list[int]], at: int
) -> dict[int, int]:
    """Layers that the runs before had and this one lacks, with the nearest such run, in order."""
    gone: dict[int, int] = {}
    for _ in range(RUNS_BACK):
        if at not in before:
            break
        at = before[at]
        for code in codes.get(at, ()):
            if code not in here:
                gone.setdefault(code, at)
    return gone


def _members(layers: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Name each lineage by its newest member."""
    origin = list(range(layers.height))
    # Links are in the order of runs, so that an origin has its own origin already.
    for code, came_from in links.select("code", "from").iter_rows():
        origin[code] = origin[came_from]
    ids = layers.select(pl.col(Steps.layer_id.name).alias(LineageRows.from_layer_id.name), "code")
    newest = Steps.layer_id.col.sort_by("last_at", "code").last().over("origin")
    return (
        layers.with_columns(origin=pl.Series(origin, dtype=pl.UInt32))
        .with_columns(newest.alias(LineageRows.lineage_id.name))
        .join(links, on="code", how="left", maintain_order="left")
        .join(ids, left_on="from", right_on="code", how="left", maintain_order="left")
    )


def _twice(seen: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Layers that share their lineage with another of the same run."""
    by = ("at", LineageRows.lineage_id.name)
    linked = found.filter(pl.len().over(LineageRows.lineage_id.name) > 1)
    return (
        seen.select("at", "code")
        .join(linked.select("code", LineageRows.lineage_id.name), on="code")
        .filter(CODE.n_unique().over(by) > 1)
        .select("code")
        .unique()
    )
