from __future__ import annotations

from datetime import UTC, date, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import given

from cachestats.analysis.money import money, money_total
from cachestats.errors import SchemaError
from cachestats.schema import AmountBasis, MoneyRows, RunSeconds
from cachestats.settings import Settings
from tests.builders import DAY, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTES = ("low_minutes", "mid_minutes", "high_minutes")
AMOUNTS = ("low_amount", "mid_amount", "high_amount")


def seconds(*savings: float | None, job_s: Sequence[float | None] | None = None) -> pl.LazyFrame:
    """Seconds of the runs r1, r2, …"""
    ids = [f"r{n}" for n in range(1, len(savings) + 1)]
    columns = {"run_id": ids, "saving_s": savings, "job_s": job_s or [None] * len(ids)}
    return pl.LazyFrame(columns, schema=RunSeconds.dtypes())


def one(
    saving_s: float,
    job_s: float | None = None,
    settings: dict[str, Any] | None = None,
    **run: object,
) -> dict[str, Any]:
    facts: dict[str, Any] = {"runner": "ubuntu-latest", "started_at": DAY, **run}
    found = money(
        seconds(saving_s, job_s=[job_s]),
        runs(**{name: [value] for name, value in facts.items()}),
        Settings.model_validate(settings or {}),
    )
    return found.collect().row(0, named=True)


def minutes(row: dict[str, Any]) -> tuple[float, ...]:
    return tuple(row[name] for name in MINUTES)


def amounts(row: dict[str, Any]) -> tuple[float, ...]:
    return tuple(row[name] for name in AMOUNTS)


def test_an_estimate_says_what_it_is() -> None:
    assert one(90.0) == {
        "run_id": "r1",
        "project": None,
        "started_at": DAY,
        "runner": "ubuntu-latest",
        "saving_s": 90.0,
        "job_s": None,
        "basis": "estimate",
        "currency": "USD",
        "price_per_minute": 0.006,
        "price_since": date(2026, 1, 1),
        "price_source": "GitHub Actions runner pricing",
        "low_minutes": 1.0,
        "mid_minutes": 1.5,
        "high_minutes": 2.0,
        "low_amount": 0.006,
        "mid_amount": pytest.approx(0.009),
        "high_amount": 0.012,
    }


@pytest.mark.parametrize(
    ("saving_s", "job_s", "billed"),
    [
        (0.0, None, (0, 0, 0)),
        (120.0, None, (2, 2, 2)),
        (-30.0, None, (-1, -0.5, 0)),
        (30.0, 45.0, (0, 0, 0)),
        (30.0, 61.0, (1, 1, 1)),
        (30.0, 120.0, (0, 0, 0)),
        (61.0, 120.0, (1, 1, 1)),
        (999.0, 120.0, (2, 2, 2)),
        (-30.0, 45.0, (-1, -1, -1)),
    ],
)
def test_minutes_that_are_billed(
    saving_s: float, job_s: float | None, billed: tuple[float, ...]
) -> None:
    assert minutes(one(saving_s, job_s)) == billed


@given(st.integers(0, 10_000), st.integers(0, 3600))
def test_the_bill_falls_by_one_of_the_ends_whatever_the_rest_of_the_job(
    saving_s: int, rest_s: int
) -> None:
    low, _, high = minutes(one(float(saving_s)))
    job_s = rest_s + saving_s
    assert minutes(one(float(saving_s), float(job_s))) == (
        (ceil(job_s / 60) - ceil(rest_s / 60),) * 3
    )
    assert low <= ceil(job_s / 60) - ceil(rest_s / 60) <= high


def test_over_all_rests_of_a_job_the_bill_falls_by_the_expected_minutes() -> None:
    saving_s = 100
    falls = [ceil((rest + saving_s) / 60) - ceil(rest / 60) for rest in range(60)]
    assert minutes(one(float(saving_s)))[1] == pytest.approx(sum(falls) / 60)


def test_a_price_by_the_second_is_not_rounded() -> None:
    price = {
        "runner": "own",
        "price_per_minute": 0.1,
        "since": date(2026, 1, 1),
        "rounded": False,
    }
    assert minutes(one(30.0, 45.0, {"prices": (price,)}, runner="own")) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("settings", "run", "basis", "per_minute"),
    [
        ({}, {"runner": None}, "no_runner", None),
        ({}, {"runner": " "}, "no_runner", None),
        ({}, {"runner": "self-hosted"}, "no_price", None),
        ({}, {"started_at": datetime(2025, 12, 31, tzinfo=UTC)}, "no_price", None),
        ({}, {"started_at": datetime(2026, 1, 1, tzinfo=UTC)}, "estimate", 0.006),
        ({}, {"started_at": None}, "estimate", 0.006),
        ({}, {"runner": "medium"}, "no_price", None),
        ({}, {"runner": "medium", "ci": "CircleCI"}, "estimate", 0.006),
        ({"money": {"currency": "EUR"}}, {}, "no_price", None),
        ({"money": {"default_runner": "macos-latest"}}, {"runner": None}, "estimate", 0.062),
        ({"money": {"default_runner": "macos-latest"}}, {}, "estimate", 0.006),
    ],
)
def test_the_price_of_a_run(
    settings: dict[str, Any], run: dict[str, Any], basis: str, per_minute: float | None
) -> None:
    row = one(60.0, settings=settings, **run)
    assert (row["basis"], row["price_per_minute"]) == (basis, per_minute)
    assert amounts(row) == (per_minute,) * 3


@pytest.mark.parametrize(
    ("day", "per_minute"),
    [(1, 0.006), (2, 2.0), (3, 2.0), (4, 4.0), (None, 4.0)],
)
def test_own_prices_hold_from_their_day_on(day: int | None, per_minute: float) -> None:
    own = tuple(
        {"runner": "UBUNTU-*", "price_per_minute": float(n), "since": date(2026, n, 1)}
        for n in (2, 4)
    )
    start = day and datetime(2026, day, 15, tzinfo=UTC)
    assert one(60.0, settings={"prices": own}, started_at=start)["price_per_minute"] == per_minute


@pytest.mark.parametrize(
    ("run", "basis"),
    [
        ({"project": "oss-web"}, "free"),
        ({"project": "oss-web", "runner": None}, "free"),
        ({"project": "oss-web", "runner": "ubuntu-latest-8-cores"}, "estimate"),
        ({"project": "oss-web", "runner": "own"}, "no_price"),
        ({"project": "oss-inner"}, "estimate"),
        ({"project": "web"}, "estimate"),
        ({"project": None}, "estimate"),
    ],
)
def test_public_projects_are_free_on_standard_runners(run: dict[str, Any], basis: str) -> None:
    row = one(60.0, settings={"money": {"public": {"oss-*": True, "oss-inner": False}}}, **run)
    assert row["basis"] == basis
    if basis == "free":
        assert amounts(row) == (0.0, 0.0, 0.0)
        assert row["price_per_minute"] is None


def test_a_null_counts_as_nothing_and_seconds_of_other_runs_are_left_out() -> None:
    found = money(seconds(None, 60.0), runs(runner=["ubuntu-latest"]), Settings()).collect()
    assert found.select("run_id", "saving_s", "high_amount").rows() == [("r1", 0.0, 0.0)]


def test_the_order_of_rows_does_not_matter() -> None:
    given_runs = runs(run_id=["r2", "r1"], runner=["macos-latest", "ubuntu-latest"])
    found = money(seconds(60.0, 60.0), given_runs, Settings()).collect()
    assert found.select("run_id", "mid_amount").rows() == [("r1", 0.006), ("r2", 0.062)]


def test_no_rows_in_no_rows_out() -> None:
    assert money(seconds(), runs(run_id=[]), Settings()).collect().is_empty()


def test_seconds_without_a_job_column_are_refused() -> None:
    with pytest.raises(SchemaError, match="job_s is missing"):
        money(seconds(1.0).drop("job_s"), runs(), Settings())


def total(*savings: float, runners: Sequence[str | None], **money_: object) -> dict[str, Any]:
    ids = [f"r{n}" for n in range(1, len(savings) + 1)]
    rows = money(
        seconds(*savings),
        runs(run_id=ids, runner=runners, project=["p"] * len(ids)),
        Settings.model_validate({"money": money_}),
    )
    return money_total(rows).collect().row(0, named=True)


def test_a_total_says_how_much_of_it_has_a_price() -> None:
    found = total(90.0, 60.0, 30.0, runners=["ubuntu-latest", None, "own"])
    assert {name: value for name, value in found.items() if "amount" not in name} == {
        "currency": "USD",
        "runs": 3,
        "runs_estimated": 1,
        "runs_free": 0,
        "runs_without_runner": 1,
        "runs_without_price": 1,
        "minutes": 3.0,
        "minutes_estimated": 1.5,
        "minutes_free": 0.0,
        "minutes_unpriced": 1.5,
        "price_since": date(2026, 1, 1),
    }


def test_the_range_of_a_total_is_the_sum_of_ranges_and_the_likely_one_lies_within() -> None:
    found = total(*[30.0] * 400, runners=["ubuntu-latest"] * 400)
    assert (found["low_amount"], found["mid_amount"], found["high_amount"]) == pytest.approx(
        (0.0, 1.2, 2.4)
    )
    # 400 draws of half a minute: 20 standard deviations of a draw.
    half = 1.96 * 20 * 0.5 * 0.006
    assert (found["likely_low_amount"], found["likely_high_amount"]) == pytest.approx(
        (1.2 - half, 1.2 + half)
    )


def test_the_likely_range_never_leaves_the_range() -> None:
    found = total(30.0, runners=["ubuntu-latest"])
    assert (found["likely_low_amount"], found["likely_high_amount"]) == (0.0, 0.006)


def test_a_free_total_is_zero_and_an_unknown_one_is_null() -> None:
    free = total(60.0, runners=[None], public={"p": True})
    unknown = total(60.0, runners=[None])
    assert (free["mid_amount"], free["minutes_free"]) == (0.0, 1.0)
    assert (unknown["mid_amount"], unknown["high_amount"]) == (None, None)


def test_nothing_costs_nothing_known() -> None:
    found = money_total(MoneyRows.empty().lazy()).collect().row(0, named=True)
    assert (found["runs"], found["minutes"], found["mid_amount"], found["currency"]) == (
        0,
        0.0,
        None,
        None,
    )


def test_every_basis_is_counted_once() -> None:
    found = total(60.0, 60.0, runners=["ubuntu-latest", "own"])
    parts = ("runs_estimated", "runs_free", "runs_without_runner", "runs_without_price")
    assert len(parts) == len(AmountBasis)
    assert sum(found[part] for part in parts) == found["runs"]
