"""What seconds cost: the tables and the values that only money and the cache ledger have."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from cachestats.schema.table import TIME, Column, Table

__all__ = ["AmountBasis", "CachePay", "MoneyRows", "MoneyTotal", "RunSeconds"]


class AmountBasis(StrEnum):
    """What an amount of money is, or why there is none."""

    ESTIMATE = "estimate"  # minutes times the price of the runner
    FREE = "free"  # a public repository on a standard runner: the amount is 0
    NO_RUNNER = "no_runner"  # neither the log nor the settings tell the runner
    NO_PRICE = "no_price"  # no price of this runner, on this day, in this currency


class CachePay(StrEnum):
    """Whether a remote cache is worth its time."""

    PAYS = "pays"
    COSTS = "costs"  # more than it saves
    NEVER_HIT = "never_hit"
    ALWAYS_FAILS = "always_fails"
    UNKNOWN = "unknown"


class RunSeconds(Table):
    """One row per run: the seconds of wall time that are to become money."""

    run_id = Column(pl.String, "run")
    saving_s = Column(pl.Float64, "wall time that the run could do without", unit="s")
    job_s = Column(pl.Float64, "whole time of its CI job, if known", unit="s", nullable=True)


class MoneyRows(Table):
    """One row per run: what its seconds cost, as an estimate with its range."""

    run_id = Column(pl.String, "run")
    project = Column(pl.String, "project", nullable=True)
    started_at = Column(TIME, "start of the run", nullable=True)
    runner = Column(pl.String, "label of its runner, or that of the settings", nullable=True)
    saving_s = Column(pl.Float64, "wall time that the run could do without", unit="s")
    job_s = Column(pl.Float64, "whole time of its CI job, if known", unit="s", nullable=True)
    basis = Column(pl.Enum(AmountBasis), "what the amounts are, or why there are none")
    currency = Column(pl.String, "currency of the amounts, ISO 4217")
    price_per_minute = Column(
        pl.Float64, "price of a minute; null unless an estimate", nullable=True
    )
    price_since = Column(pl.Date, "day from which that price holds", nullable=True)
    price_source = Column(pl.String, "where that price is from", nullable=True)
    low_minutes = Column(pl.Float64, "fewest minutes less that are billed", unit="minutes")
    mid_minutes = Column(pl.Float64, "expected minutes less that are billed", unit="minutes")
    high_minutes = Column(pl.Float64, "most minutes less that are billed", unit="minutes")
    low_amount = Column(pl.Float64, "low_minutes in money", unit="currency", nullable=True)
    mid_amount = Column(pl.Float64, "mid_minutes in money", unit="currency", nullable=True)
    high_amount = Column(pl.Float64, "high_minutes in money", unit="currency", nullable=True)


class MoneyTotal(Table):
    """One row: what the seconds of all runs given cost, and how much of them has a price."""

    currency = Column(pl.String, "currency of the amounts; null without runs", nullable=True)
    runs = Column(pl.Int64, "runs")
    runs_estimated = Column(pl.Int64, "of these, runs with a price")
    runs_free = Column(pl.Int64, "of these, runs that are free")
    runs_without_runner = Column(pl.Int64, "of these, runs whose runner is not known")
    runs_without_price = Column(pl.Int64, "of these, runs whose runner has no price")
    minutes = Column(pl.Float64, "expected minutes of all runs", unit="minutes")
    minutes_estimated = Column(pl.Float64, "of these, minutes with a price", unit="minutes")
    minutes_free = Column(pl.Float64, "of these, minutes that are free", unit="minutes")
    minutes_unpriced = Column(pl.Float64, "of these, minutes without a price", unit="minutes")
    low_amount = Column(
        pl.Float64,
        "no less than this, by any luck of rounding; null if no run has a price or is free",
        unit="currency",
        nullable=True,
    )
    likely_low_amount = Column(
        pl.Float64, "low end in 19 of 20 cases", unit="currency", nullable=True
    )
    mid_amount = Column(pl.Float64, "expected amount", unit="currency", nullable=True)
    likely_high_amount = Column(
        pl.Float64, "high end in 19 of 20 cases", unit="currency", nullable=True
    )
    high_amount = Column(
        pl.Float64, "no more than this, by any luck of rounding", unit="currency", nullable=True
    )
    price_since = Column(pl.Date, "day of the newest price used", nullable=True)
