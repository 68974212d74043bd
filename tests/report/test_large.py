"""The report of a store of 100,000 runs."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from tests.report.grown import grown_store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser import Window

RUNS, WEEKS = 100_000, 52
WEEK = "2027-W30"
LONGEST_S = 60  # a quarter of an hour on a laptop is a bug, ten seconds on two busy cores are none


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[cs.WeeklyReport, float]:
    store = grown_store(tmp_path_factory.mktemp("large"), runs=RUNS, weeks=WEEKS)
    begin = perf_counter()
    made = cs.weekly_report(store, week=WEEK, settings=cs.Settings())
    made.to_html()
    return made, perf_counter() - begin


def test_it_is_made_soon_and_small(report: tuple[cs.WeeklyReport, float]) -> None:
    made, seconds = report
    assert made.document.headline.runs > 1000
    assert made.document.headline.projects > 20
    assert made.document.method.history_runs < RUNS / 4
    assert seconds < LONGEST_S
    assert len(made.to_html().encode()) < 8_000_000
    assert len(made.to_markdown().encode()) < 1024 * 1024


def test_it_is_drawn(report: tuple[cs.WeeklyReport, float], window: Window, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report[0].to_html(), "utf-8")
    opened = window.open(path)
    assert opened.faults == []
    assert opened.requests == []
    assert len(opened.traces) == 5
    assert opened.clipped == []
