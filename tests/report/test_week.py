from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import cachestats as cs
from cachestats.report.week import chosen_week, named_week
from cachestats.report.wording import days
from tests.builders import runs

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday of W48


@pytest.mark.parametrize("text", ["2026-W45", "2026W45", " 2026-w45 "])
def test_a_week_is_from_monday_to_monday(text: str) -> None:
    week = named_week(text)
    assert (week.label, week.chosen) == ("2026-W45", "given")
    assert week.since_at == datetime(2026, 11, 2, tzinfo=UTC)
    assert week.until_at == datetime(2026, 11, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "W45", "2026-45", "2026-W00", "2026-W54", "0000-W01", "9999-W52", "0001-W01"]
)
def test_what_is_no_week(text: str) -> None:
    with pytest.raises(cs.UsageError, match="no ISO week such as 2026-W48"):
        named_week(text)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([NOW, NOW - timedelta(days=7)], ("2026-W47", "last full week")),
        ([NOW, NOW - timedelta(days=21)], ("2026-W45", "last week with runs")),
        ([datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)], ("2026-W47", "last full week")),
        ([datetime(2026, 11, 23, tzinfo=UTC)], ("2026-W48", "unfinished week")),
        ([None], ("2026-W47", "last full week")),
    ],
)
def test_the_week_that_is_chosen(starts: list[datetime | None], expected: tuple[str, str]) -> None:
    known = runs(run_id=[f"r{n}" for n in range(len(starts))], started_at=starts)
    week = chosen_week(known, now=NOW)
    assert (week.label, week.chosen) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-W45", "2 to 8 November 2026"),
        ("2026-W44", "26 October to 1 November 2026"),
        ("2026-W53", "28 December 2026 to 3 January 2027"),
    ],
)
def test_days_of_a_week(text: str, expected: str) -> None:
    assert days(named_week(text)) == expected
