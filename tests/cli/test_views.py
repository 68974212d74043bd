from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cachestats.cli import views
from tests.builders import runs, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cachestats.cli.output import Shown


def cell(title: str, columns: Sequence[Shown], frame: pl.LazyFrame) -> str:
    (shown,) = (column for column in columns if column.title == title)
    return shown.text(frame.collect().row(0, named=True))


@pytest.mark.parametrize(
    ("measured", "estimate", "expected"),
    [(72.0, 60.0, "1m 12s"), (None, 60.0, "~1m 00s"), (None, None, "-")],
)
def test_an_estimated_wall_time_is_marked(
    measured: float | None, estimate: float | None, expected: str
) -> None:
    frame = runs(wall_s=[measured], wall_est_s=[estimate])
    assert cell("wall", views.run_columns(), frame) == expected


@pytest.mark.parametrize(
    ("basis", "expected"), [("log", "2026-11-02 09:00"), ("mtime", "~2026-11-02 09:00")]
)
def test_a_start_that_is_only_the_time_of_the_file_is_marked(basis: str, expected: str) -> None:
    frame = runs(started_at=[datetime(2026, 11, 2, 9, tzinfo=UTC)], started_at_basis=[basis])
    assert cell("started", views.run_columns(), frame) == expected


@pytest.mark.parametrize(
    ("outcome", "cached_as", "expected"),
    [("cached", "hit", "cached"), ("cached", "merged", "merged"), ("done", None, "done")],
)
def test_only_hits_are_called_cached(outcome: str, cached_as: str | None, expected: str) -> None:
    frame = steps(outcome=[outcome], cached_as=[cached_as])
    assert cell("outcome", views.step_columns(), frame) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"stage": ["build"], "index": [2], "total": [5]}, "build 2/5"),
        ({"index": [2], "total": [5]}, "2/5"),
        (
            {"target": ["web"], "platform": ["linux/arm64"], "stage": ["build"]},
            "web linux/arm64 build",
        ),
        ({}, ""),
    ],
    ids=str,
)
def test_place_of_a_step(place: dict[str, list[Any]], expected: str) -> None:
    assert cell("stage", views.step_columns(), steps(**place)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN --mount=type=cache,target=/c   pip install --quiet x", "RUN pip install --quiet x"),
        ("COPY --link --chown=1:1 a b", "COPY a b"),
        ("RUN make", "RUN make"),
    ],
)
def test_flags_go_before_a_text_is_cut(text: str, expected: str) -> None:
    (shown,) = (column for column in views.step_columns() if column.title == "step")
    assert shown.brief(text) == expected
