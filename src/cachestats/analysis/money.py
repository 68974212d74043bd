"""What seconds of CI jobs cost: an estimate with its range, for each run and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cachestats.schema import AmountBasis, MoneyRows, MoneyTotal, Runs, RunSeconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cachestats.settings import Price, Settings

__all__ = ["money", "money_total"]

SAVING, JOB, BASIS = RunSeconds.saving_s.col, RunSeconds.job_s.col, MoneyRows.basis.col
MINUTES = (MoneyRows.low_minutes, MoneyRows.mid_minutes, MoneyRows.high_minutes)
AMOUNTS = (MoneyRows.low_amount, MoneyRows.mid_amount, MoneyRows.high_amount)
PRICE = (MoneyRows.price_per_minute, MoneyRows.price_since, MoneyRows.price_source)
IS_ESTIMATE = BASIS == AmountBasis.ESTIMATE

MINUTE = 60
NINETEEN_OF_TWENTY = 1.96  # standard deviations of a normal distribution


def money(seconds: pl.LazyFrame, runs: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Turn seconds of runs into money: low, expected and high.

    Hosted runners bill each job by whole minutes, rounded up. Where the time of the job is known,
    its bill falls by `ceil(job / 60) - ceil((job - saving) / 60)` minutes: all three are that. Else
    it is not known, since a build is only a part of its job: the bill falls by `floor(saving / 60)`
    or `ceil(saving / 60)` minutes, as the rest of the job falls, and by `saving / 60` on average
    over all rests. So single runs mostly save nothing or a minute, and many save what they should.
    A price that is not `rounded` takes `saving / 60` as it is.

    The price is the first of `settings.price_list` that fits the label of the runner and was paid
    on the day of the run; a run without a start takes the newest. A run whose runner is not known
    has that of `money.default_runner`, or no amount. A run of a public project is free on GitHub's
    standard runners, and where the runner is not known.

    Args:
        seconds: `RunSeconds`, one row per run: wall seconds, since jobs are billed by those, not by
            the sum of steps; a null counts as 0, a negative number is time that is lost.
        runs: `Runs`; seconds of other runs are left out.
        settings: Prices, currency, and which projects are public.

    Returns:
        `MoneyRows`, one row per run, by `run_id`; amounts are null where `basis` is neither
        `estimate` nor `free`. No rows in, no rows out.

    Raises:
        SchemaError: `seconds` or `runs` lacks a column, or has it in another dtype.
    """
    facts = (Runs.run_id, Runs.project, Runs.ci, Runs.runner, Runs.started_at)
    return (
        RunSeconds.conform(seconds)
        .with_columns(SAVING.fill_null(0.0))
        .join(Runs.conform(runs).select(c.name for c in facts), on=Runs.run_id.name)
        .with_columns(_label(settings))
        .with_columns(price=_place(settings.price_list), is_public=_is_public(settings))
        .join(_price_frame(settings.price_list), on="price", how="left")
        .with_columns(
            _basis(settings), pl.lit(settings.money.currency).alias(MoneyRows.currency.name)
        )
        .with_columns(_minutes())
        .with_columns(_amounts())
        .with_columns(pl.when(IS_ESTIMATE).then(c.col).alias(c.name) for c in PRICE)
        .sort(MoneyRows.run_id.name)
        .pipe(MoneyRows.conform)
    )


def money_total(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Add amounts up, and say how much of the time has a price.

    `low_amount` and `high_amount` are the sums of the ends, which all runs would have to meet
    together. The likely range is the expected amount and 1.96 standard deviations on each side,
    never beyond those: whether a run saves the lower or the higher minute is a draw of its own
    with variance `(mid - low) (high - mid)`.

    Args:
        rows: `MoneyRows` of one currency, as `money` gives them.

    Returns:
        `MoneyTotal`, always one row. Amounts are null if no run has a price or is free.
    """
    low, mid, high = (column.col for column in AMOUNTS)
    likely = ((mid - low) * (high - mid)).sum().sqrt() * NINETEEN_OF_TWENTY
    return rows.select(
        MoneyRows.currency.col.first(),
        _runs().alias(MoneyTotal.runs.name),
        _runs(AmountBasis.ESTIMATE).alias(MoneyTotal.runs_estimated.name),
        _runs(AmountBasis.FREE).alias(MoneyTotal.runs_free.name),
        _runs(AmountBasis.NO_RUNNER).alias(MoneyTotal.runs_without_runner.name),
        _runs(AmountBasis.NO_PRICE).alias(MoneyTotal.runs_without_price.name),
        _sum(*AmountBasis).alias(MoneyTotal.minutes.name),
        _sum(AmountBasis.ESTIMATE).alias(MoneyTotal.minutes_estimated.name),
        _sum(AmountBasis.FREE).alias(MoneyTotal.minutes_free.name),
        _sum(AmountBasis.NO_RUNNER, AmountBasis.NO_PRICE).alias(MoneyTotal.minutes_unpriced.name),
        _total(low.sum()).alias(MoneyTotal.low_amount.name),
        _total(pl.max_horizontal(low.sum(), mid.sum() - likely)).alias(
            MoneyTotal.likely_low_amount.name
        ),
        _total(mid.sum()).alias(MoneyTotal.mid_amount.name),
        _total(pl.min_horizontal(high.sum(), mid.sum() + likely)).alias(
            MoneyTotal.likely_high_amount.name
        ),
        _total(high.sum()).alias(MoneyTotal.high_amount.name),
        MoneyRows.price_since.col.max(),
    ).pipe(MoneyTotal.conform)


def _label(settings: Settings) -> pl.Expr:
    """The runner's label; an empty one is none."""
    known = pl.when(Runs.runner.col.str.strip_chars() != "").then(Runs.runner.col)
    return pl.coalesce(known, pl.lit(settings.money.default_runner, pl.String)).alias(
        Runs.runner.name
    )


def _place(prices: Sequence[Price]) -> pl.Expr:
    """Place in the price list of the first price that fits; null if none does."""
    fitting = (pl.when(_fits(price)).then(pl.lit(i, pl.UInt32)) for i, price in enumerate(prices))
    return pl.coalesce(pl.lit(None, pl.UInt32), *fitting)


def _fits(price: Price) -> pl.Expr:
    is_paid = (Runs.started_at.col.dt.date() >= price.since).fill_null(value=True)
    return _matches(Runs.runner.col, price.runner_pattern) & _of_ci(price) & is_paid


def _of_ci(price: Price) -> pl.Expr:
    if price.ci_pattern is None:
        return pl.lit(value=True)
    return _matches(Runs.ci.col, price.ci_pattern)


def _matches(column: pl.Expr, pattern: str) -> pl.Expr:
    return column.str.contains(pattern).fill_null(value=False)


def _price_frame(prices: Sequence[Price]) -> pl.LazyFrame:
    rows = [
        (place, price.price_per_minute, price.since, price.source, price.rounded)
        for place, price in enumerate(prices)
    ]
    schema = {"price": pl.UInt32, **{c.name: c.dtype for c in PRICE}, "rounded": pl.Boolean}
    return pl.LazyFrame(rows, schema=schema, orient="row")


def _is_public(settings: Settings) -> pl.Expr:
    public = [
        pl.when(_matches(Runs.project.col, pattern)).then(pl.lit(is_public))
        for pattern, is_public in settings.money.public_patterns
    ]
    return pl.coalesce(*public, pl.lit(value=False))


def _basis(settings: Settings) -> pl.Expr:
    label = Runs.runner.col
    on_standard = _matches(label, settings.standard_runners)
    return (
        pl.when(pl.col("is_public") & (on_standard | label.is_null()))
        .then(pl.lit(AmountBasis.FREE))
        .when(label.is_null())
        .then(pl.lit(AmountBasis.NO_RUNNER))
        .when(pl.col("price").is_null())
        .then(pl.lit(AmountBasis.NO_PRICE))
        .otherwise(pl.lit(AmountBasis.ESTIMATE))
        .cast(MoneyRows.basis.dtype)
        .alias(MoneyRows.basis.name)
    )


def _minutes() -> list[pl.Expr]:
    expected = SAVING / MINUTE
    whole = (JOB / MINUTE).ceil()
    left = ((JOB - SAVING).clip(lower_bound=0.0) / MINUTE).ceil()
    ends: Mapping[str, pl.Expr] = dict(
        zip(
            (column.name for column in MINUTES),
            (expected.floor(), expected, expected.ceil()),
            strict=True,
        )
    )
    return [
        pl.when(~pl.col("rounded").fill_null(value=True))
        .then(expected)
        .otherwise(pl.coalesce(whole - left, end))
        .alias(name)
        for name, end in ends.items()
    ]


def _amounts() -> list[pl.Expr]:
    return [
        pl.when(IS_ESTIMATE)
        .then(minutes.col * MoneyRows.price_per_minute.col)
        .when(BASIS == AmountBasis.FREE)
        .then(pl.lit(0.0))
        .alias(amount.name)
        for minutes, amount in zip(MINUTES, AMOUNTS, strict=True)
    ]


def _runs(*bases: AmountBasis) -> pl.Expr:
    return BASIS.is_in(list(bases or AmountBasis)).sum().cast(pl.Int64)


def _sum(*bases: AmountBasis) -> pl.Expr:
    return MoneyRows.mid_minutes.col.filter(BASIS.is_in(list(bases))).sum()


def _total(amount: pl.Expr) -> pl.Expr:
    has_amount = BASIS.is_in([AmountBasis.ESTIMATE, AmountBasis.FREE]).any()
    return pl.when(has_amount).then(amount)
