"""Whether each remote cache pays: what its hits saved, and what it took to have them."""

from __future__ import annotations

import polars as pl
from polars import selectors

from cachestats.analysis import exprs as ex
from cachestats.analysis.base_pulls import spared_bases
from cachestats.analysis.baselines import baselines as _baselines
from cachestats.analysis.verdicts import PAY, VERDICT
from cachestats.analysis.warmth import warm_runs
from cachestats.schema import (
    Backend,
    CacheIO,
    Direction,
    Facts,
    LayerRows,
    LedgerRows,
    Outcome,
    Runs,
    Steps,
)

__all__ = ["ledger"]

DIGITS = 6
KEY = (LedgerRows.project.name, LedgerRows.backend.name, LedgerRows.ref.name)

IS_IMPORT = CacheIO.direction.col == Direction.IMPORT
HAS_FAILED = CacheIO.outcome.col == Outcome.FAILED
WORKED = IS_IMPORT & (CacheIO.outcome.col == Outcome.DONE)
BASELINE, RESTORE = LayerRows.baseline_s.col, Steps.restore_s.col
IS_WARM = pl.col("is_warm")
COUNTS = ~IS_WARM
SUMS = (
    LedgerRows.hits,
    LedgerRows.hits_with_baseline,
    LedgerRows.warm_hits,
    LedgerRows.saved_s,
    LedgerRows.base_s,
    LedgerRows.bases_unknown,
    LedgerRows.restore_s,
    LedgerRows.dear_s,
)


def ledger(
    steps: pl.LazyFrame,
    runs: pl.LazyFrame,
    cache_io: pl.LazyFrame,
    facts: pl.LazyFrame,
    *,
    baselines: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Set what each remote cache saved against what it took.

    A hit is the merit of the cache that its run imported, if the import was done and the builder
    does not show that it had a cache of its own (`warm_runs`). In a run with several such imports
    all hits go to the first, since no log tells which of them a hit came from. A hit saves the
    baseline of its layer; one without a baseline saves nothing here, but its restore counts. All
    imports and exports count, failed ones and those of warm builders too. Seconds are machine time.

    BuildKit books the pull of a chain of layers, its base image among them, on the last hit. So a
    base image that a FROM step did not pull is saved too (`spared_bases`), and restoring is
    compared with executing by run, not by layer: a run is dear if its restores took longer than all
    that it saved, where all of that is known.

    An export does not print its reference. Where that is not known, and the project has only one
    reference of the backend that imports came from, it is that.

    Args:
        steps: `Steps`.
        runs: `Runs`; steps, transfers and facts of other runs are left out.
        cache_io: `CacheIO`, one row per import or export.
        facts: `Facts`.
        baselines: `layer_id` and `baseline_s`, where more history is known than these steps; None
            takes these steps.

    Returns:
        `LedgerRows`, one row per project, backend and reference, in this order, times in seconds; a
        null duration or restore counts as 0. No imports and exports, no rows.

    Raises:
        SchemaError: A frame lacks a column, or has it in another dtype.
    """
    steps, runs, facts = Steps.conform(steps), Runs.conform(runs), Facts.conform(facts)
    known = _baselines(steps, runs) if baselines is None else baselines
    transfers = _transfers(CacheIO.conform(cache_io), runs)
    hits = _hits(steps, transfers, warm_runs(steps, runs, facts))
    of_runs = _of_runs(
        hits.join(known, on=Steps.layer_id.name, how="left"), spared_bases(steps, runs, facts)
    )
    return (
        _costs(transfers)
        .join(_merits(of_runs), on=KEY, how="left", nulls_equal=True)
        .with_columns(_filled())
        # Threads sum in any order: the last bits of a sum are not what they were before.
        .with_columns(selectors.float().round(DIGITS))
        .with_columns(_net().round(DIGITS).alias(LedgerRows.net_s.name))
        .with_columns(PAY.alias(LedgerRows.pay.name))
        .with_columns(VERDICT.alias(LedgerRows.verdict.name))
        .sort(KEY)
        .pipe(LedgerRows.conform)
    )


def _transfers(cache_io: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Imports and exports with their project, and the reference that rows of the ledger have."""
    # Each image has an inline cache of its own under its tag; over many runs it is one cache.
    is_inline = CacheIO.backend.col == Backend.INLINE
    image = CacheIO.ref.col.str.replace(r"@sha256:[0-9a-f]+$", "").str.replace(r":[\w.-]+$", "")
    ref = pl.when(is_inline).then(image).otherwise(CacheIO.ref.col)
    read_from = CacheIO.ref.col.filter(WORKED).drop_nulls()
    only_one = pl.when(read_from.n_unique() == 1).then(read_from.first())
    return (
        cache_io.join(runs.select(Runs.run_id.name, Runs.project.name), on=Runs.run_id.name)
        .with_columns(ref.alias(CacheIO.ref.name))
        .with_columns(
            pl.coalesce(
                CacheIO.ref.col, only_one.over(Runs.project.name, CacheIO.backend.name)
            ).alias(CacheIO.ref.name)
        )
    )


def _hits(steps: pl.LazyFrame, transfers: pl.LazyFrame, warm: pl.LazyFrame) -> pl.LazyFrame:
    """Hits of runs with an import that was done, with the cache they are charged to."""
    imported = (
        transfers.filter(WORKED)
        .sort(CacheIO.run_id.name, CacheIO.step_no.name)
        .unique(CacheIO.run_id.name, keep="first", maintain_order=True)
        .select(CacheIO.run_id.name, *KEY)
    )
    return (
        steps.filter(ex.IS_HIT)
        .join(imported, on=Steps.run_id.name)
        .join(warm.with_columns(is_warm=pl.lit(value=True)), on=Steps.run_id.name, how="left")
        .with_columns(IS_WARM.fill_null(value=False))
    )


def _costs(transfers: pl.LazyFrame) -> pl.LazyFrame:
    seconds, told_mode = CacheIO.duration_s.col, CacheIO.mode.col.drop_nulls()
    return transfers.group_by(KEY).agg(
        pl.when(told_mode.n_unique() == 1).then(told_mode.first()).alias(LedgerRows.mode.name),
        _count(CacheIO.run_id.col.n_unique(), LedgerRows.runs.name),
        _count(IS_IMPORT.sum(), LedgerRows.imports.name),
        _count((IS_IMPORT & HAS_FAILED).sum(), LedgerRows.imports_failed.name),
        _count((~IS_IMPORT).sum(), LedgerRows.exports.name),
        _count((~IS_IMPORT & HAS_FAILED).sum(), LedgerRows.exports_failed.name),
        _count((HAS_FAILED & seconds.is_null()).sum(), LedgerRows.untimed.name),
        seconds.filter(IS_IMPORT).sum().alias(LedgerRows.import_s.name),
        seconds.filter(~IS_IMPORT).sum().alias(LedgerRows.export_s.name),
    )


def _of_runs(hits: pl.LazyFrame, bases: pl.LazyFrame) -> pl.LazyFrame:
    """Merits of each run: what it saved, what its hits took, and whether that was more."""
    counted = (
        hits.filter(COUNTS)
        .group_by(*KEY, Steps.run_id.name)
        .agg(
            _count(pl.len(), LedgerRows.hits.name),
            _count(BASELINE.count(), LedgerRows.hits_with_baseline.name),
            BASELINE.sum().alias(LedgerRows.saved_s.name),
            RESTORE.sum(),
            layers=Steps.layer_id.col.unique(),
        )
    )
    warm = (
        hits.filter(IS_WARM)
        .group_by(*KEY, Steps.run_id.name)
        .agg(_count(pl.len(), LedgerRows.warm_hits.name))
    )
    is_known = (LedgerRows.hits.col == LedgerRows.hits_with_baseline.col) & (
        LedgerRows.bases_unknown.col == 0
    )
    more = RESTORE - LedgerRows.saved_s.col
    return pl.concat(
        [
            counted.join(bases, on=Steps.run_id.name, how="left")
            .with_columns(
                pl.col(LedgerRows.base_s.name, LedgerRows.bases_unknown.name).fill_null(0)
            )
            .with_columns(LedgerRows.saved_s.col + LedgerRows.base_s.col)
            .with_columns(dear_s=pl.when(is_known & (more > 0)).then(more)),
            warm,
        ],
        how="diagonal",
    )


def _merits(of_runs: pl.LazyFrame) -> pl.LazyFrame:
    dear_s = pl.col("dear_s")
    dear_layers = pl.col("layers").filter(dear_s.is_not_null()).explode().n_unique()
    return of_runs.group_by(KEY).agg(
        pl.col([column.name for column in SUMS]).sum(),
        _count(dear_s.count(), LedgerRows.dear_runs.name),
        _count(dear_layers, LedgerRows.dear_layers.name),
    )


def _count(number: pl.Expr, name: str) -> pl.Expr:
    return number.cast(pl.Int64).alias(name)


def _filled() -> pl.Expr:
    """A cache that nothing hit has no merits."""
    merits = (*SUMS, LedgerRows.dear_runs, LedgerRows.dear_layers)
    return pl.col([column.name for column in merits]).fill_null(0)


def _net() -> pl.Expr:
    taken = LedgerRows.import_s.col + LedgerRows.export_s.col + LedgerRows.restore_s.col
    return LedgerRows.saved_s.col - taken
