"""Every miss with its cause, the evidence of it, and the root that it is charged to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.analysis import exprs as ex
from cachestats.analysis.causes.charge import charged
from cachestats.analysis.causes.digests import comparable
from cachestats.analysis.causes.evidence import run_evidence, with_compared
from cachestats.analysis.causes.graph import IS_FROM
from cachestats.analysis.causes.installed import installs_alone
from cachestats.analysis.causes.missed import beside_compared
from cachestats.analysis.causes.missed_parents import missed_parents, surely_placed
from cachestats.analysis.causes.placed import PLACE, placed
from cachestats.analysis.causes.proof import evidence
from cachestats.analysis.causes.reasons import reason
from cachestats.analysis.causes.roots import roots
from cachestats.analysis.causes.rules import decided
from cachestats.analysis.causes.stopped import beside_stopped, stopped
from cachestats.analysis.causes.vertices import missed_vertices
from cachestats.analysis.compared import IMAGE, comparisons, in_order
from cachestats.analysis.lineage import lineages_of
from cachestats.schema import CacheIO, Facts, LineageRows, MissRows, Runs, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["misses"]

STEP = [Steps.run_id.name, Steps.step_no.name]
RUN = Runs.run_id.name
AT_IMAGE = ["at", *IMAGE[1:]]
LINEAGE = LineageRows.lineage_id.name
BATCH_RUNS = 20_000
LISTS = (Steps.inputs.name, Steps.members.name, Steps.mounts.name)
IS_REACHABLE = ex.IS_LAYER | IS_FROM


def misses(
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    facts: pl.LazyFrame,
    cache_io: pl.LazyFrame,
    *,
    bases: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Say of every miss why it happened.

    Each run is compared with an earlier one of its image, each step with the same layer there.
    The first misses on their paths are roots and get a cause from what differs; those below are
    cascades, charged to the earliest root above them.

    Args:
        steps: `Steps`, one row per step. History decides causes: give all runs there are, and
            filter what comes out.
        runs: `Runs`, one row per run.
        facts: `Facts` of these runs.
        cache_io: `CacheIO` of these runs.
        bases: project, stage and `base`, the stage that it is built on (null: an image), where a
            Dockerfile tells; without it plain progress leaves that to be inferred.

    Returns:
        `MissRows`, one row per miss, newest run first, then by step. No rows in, no rows out.

    Raises:
        SchemaError: A frame is not the table it should be.
    """
    tables = [Steps.conform(steps), Facts.conform(facts), CacheIO.conform(cache_io)]
    ordered = in_order(Runs.conform(runs)).collect()
    read = [table.drop(Steps.ingest_id.name).collect() for table in tables]
    # polars forgets what the lists of a column hold that is null throughout.
    read[0] = read[0].cast({name: Steps.dtypes()[name] for name in LISTS})
    told = None if bases is None else bases.collect()
    found = [
        _of_projects(some, *(table.join(some, on=RUN, how="semi") for table in read), bases=told)
        for some in _batches(ordered)
    ]
    columns = MissRows.dtypes().names()
    return (
        pl.concat([MissRows.empty(), *(frame.select(columns) for frame in found)])
        .sort(
            *(Runs.started_at.name, RUN, Steps.step_no.name),
            descending=[True, False, False],
            nulls_last=[True, False, False],
        )
        .lazy()
        .pipe(MissRows.conform)
    )


def _batches(ordered: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Part the runs into groups of whole projects, so that memory is bounded by one of them."""
    sizes = ordered.group_by(Runs.project.name, maintain_order=True).len()
    parts = sizes.with_columns(batch=(pl.col("len").cum_sum() - 1) // BATCH_RUNS)
    for (_,), part in parts.group_by("batch", maintain_order=True):
        yield ordered.join(
            part, on=Runs.project.name, how="semi", nulls_equal=True, maintain_order="left"
        )


def _of_projects(
    ordered: pl.DataFrame,
    steps: pl.DataFrame,
    facts: pl.DataFrame,
    cache_io: pl.DataFrame,
    *,
    bases: pl.DataFrame | None,
) -> pl.DataFrame:
    """The misses of some projects, all of whose runs are given."""
    of_run = ordered.select(RUN, "at", Runs.project.name)
    known = steps.join(of_run, on=RUN).with_columns(is_miss=ex.IS_MISS, is_hit=ex.IS_HIT)
    told = run_evidence(ordered, known, facts, cache_io)
    layers = known.filter(IS_REACHABLE)
    built = layers.filter(ex.IS_LAYER).lazy()
    compared = comparisons(built, ordered.lazy()).collect()
    history = placed(layers, lineages_of(layers, ordered), compared)
    pairs = with_compared(told, compared)
    missed = (
        history.filter("is_miss")
        .join(compared.drop(Runs.project.name), on=AT_IMAGE, how="left", nulls_equal=True)
        .pipe(beside_compared, history, told)
        .join(_hit_on_new_commit(history, pairs), on=LINEAGE, how="left")
        .join(_exported(history, pairs), on=PLACE, how="left", nulls_equal=True)
        .join(comparable(known).with_columns(comparable=pl.lit(value=True)), on=STEP, how="left")
    )
    return (
        missed.join(stopped(missed, history, ordered), on=STEP, how="left")
        .join(_roots(layers, missed, bases), on=STEP, how="left")
        .with_columns(*decided())
        .pipe(beside_stopped)
        .join(installs_alone(missed, facts), on=STEP, how="left")
        .pipe(charged)
        .pipe(evidence, ordered)
        .with_columns(reason())
    )


def _hit_on_new_commit(history: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Layers that hit although the commit was another one: they do not depend on it."""
    return (
        history.filter("is_hit")
        .join(pairs.filter("new_commit"), on=AT_IMAGE, how="semi", nulls_equal=True)
        .select(LINEAGE)
        .unique()
        .with_columns(hit_on_new_commit=pl.lit(value=True))
    )


def _exported(history: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Stages of which a fresh builder had a step from the cache that it imported.

    A stage of hits alone proves nothing: where the last stage hits, so do all others, also those
    that the cache does not hold.
    """
    imported = pairs.filter(pl.col("is_cold") & (pl.col("imports_ok") > 0))
    return (
        history.filter(pl.col("is_hit") & pl.col("some_missed"))
        .join(imported, on=AT_IMAGE, how="semi", nulls_equal=True)
        .select(PLACE)
        .unique()
        .with_columns(stage_exported=pl.lit(value=True))
    )


def _roots(layers: pl.DataFrame, missed: pl.DataFrame, bases: pl.DataFrame | None) -> pl.DataFrame:
    """Roots of all runs: by their graph where it is known, else by what plain progress shows.

    `is_sure` says whether the parents of a step are known without doubt.
    """
    has_graph = (Steps.inputs.col.list.len() > 0).any().over(RUN)
    graphed = layers.filter(has_graph)
    plain = layers.join(graphed.select(RUN).unique(), on=RUN, how="anti")
    inferred = missed_parents(plain, missed, bases)
    edges = missed_vertices(graphed)
    sure = pl.concat([graphed.select(STEP), surely_placed(plain, bases)])
    found = roots(missed.select(STEP), pl.concat([inferred, edges]))
    return found.join(sure.with_columns(is_sure=pl.lit(value=True)), on=STEP, how="left")
