from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cachestats.analysis.filters import Filters, moment
from cachestats.errors import UsageError
from tests.builders import DAY, runs, steps

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FOUR = runs(
    run_id=["r1", "r2", "r3", "r4"],
    project=["web", "web", "api", None],
    branch=["main", "fix", "main", None],
    started_at=[DAY, DAY + timedelta(days=1), DAY + timedelta(days=2), None],
)
STEPS = steps(
    run_id=["r1", "r1", "r2", "r3"],
    step_no=[1, 2, 3, 4],
    target=["app", "lib", "app", None],
    stage=["build", "build", "test", None],
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, ["r1", "r2", "r3", "r4"]),
        ({"project": "web"}, ["r1", "r2"]),
        ({"project": "web", "branch": "main"}, ["r1"]),
        ({"since": DAY + timedelta(days=1)}, ["r2", "r3"]),
        ({"until": DAY + timedelta(days=1)}, ["r1"]),
        ({"run": "r3"}, ["r3"]),
        ({"run": "r"}, []),
        ({"project": "none"}, []),
    ],
    ids=str,
)
def test_runs(where: dict[str, Any], expected: list[str]) -> None:
    assert Filters(**where).runs(FOUR).collect()["run_id"].to_list() == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"project": "web"}, [1, 2, 3]),
        ({"target": "app"}, [1, 3]),
        ({"stage": "build", "target": "app"}, [1]),
        ({"branch": "main", "stage": "test"}, []),
    ],
    ids=str,
)
def test_steps(where: dict[str, Any], expected: list[int]) -> None:
    assert Filters(**where).steps(STEPS, FOUR).collect()["step_no"].to_list() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12h", datetime(2026, 11, 20, tzinfo=UTC)),
        ("7d", datetime(2026, 11, 13, 12, tzinfo=UTC)),
        ("2w", datetime(2026, 11, 6, 12, tzinfo=UTC)),
        ("2026-11-02", DAY),
        ("2026-W45", DAY),
        ("2026-11-02T01:30", DAY + timedelta(hours=1.5)),
        ("2026-11-02T01:30:00+01:00", DAY + timedelta(hours=0.5)),
        ("2026-11-02 01:30Z", DAY + timedelta(hours=1.5)),
    ],
)
def test_moment(text: str, expected: datetime) -> None:
    assert moment(text, now=NOW) == expected


def test_a_date_can_mean_its_end_a_time_cannot() -> None:
    assert moment("2026-11-01", now=NOW, end=True) == DAY
    assert moment("2026-11-02T00:00", now=NOW, end=True) == DAY


@pytest.mark.parametrize("text", ["9999-12-31", "99991231", "9999-W52-5"])
def test_the_last_day_of_all_ends_with_time(text: str) -> None:
    last = moment(text, now=NOW, end=True)
    assert last == datetime.max.replace(tzinfo=UTC)
    assert moment(text, now=NOW) == last.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("text", ["", "yesterday", "7", "7x", "-7d", "2026-13-01", "999999w"])
def test_no_moment(text: str) -> None:
    with pytest.raises(UsageError, match="neither an ISO date or time nor an age"):
        moment(text, now=NOW)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00"])
def test_no_moment_that_utc_has(text: str) -> None:
    with pytest.raises(UsageError, match="neither an ISO date"):
        moment(text, now=NOW)


def test_times_without_a_zone_are_utc() -> None:
    naive, aware = datetime(2026, 11, 2), datetime(2026, 11, 2, tzinfo=UTC)  # noqa: DTZ001
    assert Filters(since=naive, until=naive) == Filters(since=aware, until=aware)
    assert Filters(since=naive).since == aware
