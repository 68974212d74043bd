"""The report of a store of 100,000 runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from tests.report.grown import grown_store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser import Window

RUNS, WEEKS = 100_000, 52
WEEK = "2027-W30"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> cs.WeeklyReport:
    store = grown_store(tmp_path_factory.mktemp("large"), runs=RUNS, weeks=WEEKS)
    return cs.weekly_report(store, week=WEEK, settings=cs.Settings())


def test_it_reads_a_part_of_the_store_and_is_small(report: cs.WeeklyReport) -> None:
    assert report.document.headline.runs > 1000
    assert report.document.headline.projects > 20
    # How long it takes is measured in tests/benchmarks/report.py.
    assert report.document.method.history_runs < RUNS / 4
    assert len(report.to_html().encode()) < 8_000_000
    assert len(report.to_markdown().encode()) < 1024 * 1024


def test_it_is_drawn(report: cs.WeeklyReport, window: Window, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(report.to_html(), "utf-8")
    opened = window.open(path)
    assert opened.faults == []
    assert opened.requests == []
    assert len(opened.traces) == 5
    assert opened.clipped == []
