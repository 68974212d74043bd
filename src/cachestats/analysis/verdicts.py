"""What a row of the ledger means, as a value and as a sentence."""

from __future__ import annotations

import polars as pl

from cachestats import units
from cachestats.schema import Backend, CachePay, LedgerRows

__all__ = ["PAY", "UNTIMED_S", "VERDICT"]

NET, HITS = LedgerRows.net_s.col, LedgerRows.hits.col
IMPORTS, IMPORTS_FAILED = LedgerRows.imports.col, LedgerRows.imports_failed.col
EXPORTS, EXPORTS_FAILED = LedgerRows.exports.col, LedgerRows.exports_failed.col
UNTIMED, WARM_HITS = LedgerRows.untimed.col, LedgerRows.warm_hits.col
UNKNOWN_HITS = HITS - LedgerRows.hits_with_baseline.col
UNKNOWN_BASES = LedgerRows.bases_unknown.col

READ_FAILS = (IMPORTS > 0) & (IMPORTS == IMPORTS_FAILED)
WRITE_FAILS = (IMPORTS == 0) & (EXPORTS == EXPORTS_FAILED)

UNTIMED_S = 10
"""What a failed transfer may have taken of which plain progress prints no time.

In the one real log of such a time-out that was at hand, GitHub's cache gave up after 8 s.
"""

# What is not known of savings could only add to them: it leaves "pays" true, "costs" in doubt.
PAY = (
    pl.when(READ_FAILS | WRITE_FAILS)
    .then(pl.lit(CachePay.ALWAYS_FAILS))
    .when((IMPORTS > 0) & (HITS + WARM_HITS == 0))
    .then(pl.lit(CachePay.NEVER_HIT))
    .when((HITS > 0) & (NET > UNTIMED_S * UNTIMED))
    .then(pl.lit(CachePay.PAYS))
    .when((HITS > 0) & (NET <= 0) & (UNKNOWN_HITS + UNKNOWN_BASES == 0))
    .then(pl.lit(CachePay.COSTS))
    .otherwise(pl.lit(CachePay.UNKNOWN))
    .cast(LedgerRows.pay.dtype)
)
"""Whether the cache is worth its time: a `CachePay`."""


def _seconds(seconds: pl.Expr) -> pl.Expr:
    return seconds.map_batches(_spelled, return_dtype=pl.String, is_elementwise=True)


def _spelled(seconds: pl.Series) -> pl.Series:
    return pl.Series([None if value is None else units.seconds(value) for value in seconds])


def _counted(number: pl.Expr, word: str) -> pl.Expr:
    many = pl.format(f"{{}} {word}s", number)
    return pl.when(number == 1).then(pl.lit(f"1 {word}")).otherwise(many)


def _if_any(number: pl.Expr, text: pl.Expr) -> pl.Expr:
    return pl.when(number > 0).then(text)


OF_BASES = pl.format(" ({} of it pulls of base images)", _seconds(LedgerRows.base_s.col))
SAVED = pl.format(
    "{} saved {}{}",
    _counted(HITS, "hit"),
    _seconds(LedgerRows.saved_s.col),
    _if_any(LedgerRows.base_s.col, OF_BASES).fill_null(""),
)
TOOK = pl.format(
    "import {}, export {}, restore {}",
    _seconds(LedgerRows.import_s.col),
    _seconds(LedgerRows.export_s.col),
    _seconds(LedgerRows.restore_s.col),
)
BALANCE = pl.format("{}, took {}: {} net", SAVED, TOOK, _seconds(NET))
WHY_UNKNOWN = (
    pl.when(IMPORTS == 0)
    .then(pl.format("{}, and no run here imports it", _counted(EXPORTS, "export")))
    .when(HITS == 0)
    .then(pl.format("{}, all on builders that were warm", _counted(WARM_HITS, "hit")))
    .otherwise(BALANCE)
)
SENTENCES = {
    CachePay.PAYS: pl.format("pays: {}", BALANCE),
    CachePay.COSTS: pl.format("costs more than it saves: {}", BALANCE),
    CachePay.NEVER_HIT: pl.format("never hit: {}, took {}", _counted(IMPORTS, "import"), TOOK),
    CachePay.ALWAYS_FAILS: pl.format(
        "always fails: {}, took {}",
        pl.when(READ_FAILS)
        .then(_counted(IMPORTS, "import"))
        .otherwise(_counted(EXPORTS, "export")),
        TOOK,
    ),
    CachePay.UNKNOWN: pl.format("cannot be told: {}", WHY_UNKNOWN),
}
REMARKS = (
    pl.when(~READ_FAILS & (IMPORTS_FAILED > 0)).then(
        pl.format("{} of {} failed", IMPORTS_FAILED, _counted(IMPORTS, "import"))
    ),
    pl.when(~WRITE_FAILS & (EXPORTS_FAILED > 0)).then(
        pl.format("{} of {} failed", EXPORTS_FAILED, _counted(EXPORTS, "export"))
    ),
    _if_any(
        LedgerRows.dear_runs.col,
        pl.format(
            "in {} restoring {} took {} longer than executing them",
            _counted(LedgerRows.dear_runs.col, "run"),
            _counted(LedgerRows.dear_layers.col, "layer"),
            _seconds(LedgerRows.dear_s.col),
        ),
    ),
    _if_any(UNKNOWN_HITS, pl.format("{} without a baseline", _counted(UNKNOWN_HITS, "hit"))),
    _if_any(
        UNKNOWN_BASES,
        pl.format("{} without a known time", _counted(UNKNOWN_BASES, "base image pull")),
    ),
    pl.when(HITS > 0).then(
        _if_any(WARM_HITS, pl.format("{} on warm builders not counted", _counted(WARM_HITS, "hit")))
    ),
    _if_any(UNTIMED, pl.format("{} printed no time", _counted(UNTIMED, "failed transfer"))),
    pl.when(LedgerRows.backend.col == Backend.INLINE).then(
        pl.lit("an inline cache holds only what the image is made of (mode min)")
    ),
)
VERDICT = pl.concat_str(
    pl.coalesce(pl.when(LedgerRows.pay.col == pay).then(text) for pay, text in SENTENCES.items()),
    *REMARKS,
    separator="; ",
    ignore_nulls=True,
)
"""A sentence with the numbers, and behind it what qualifies them."""
