"""The store of the sample logs, and its report."""

from __future__ import annotations

from pathlib import Path

import pytest

import cachestats as cs

SAMPLE_LOGS = Path(__file__).resolve().parents[2] / "sample_logs"
WEEK = "2026-W47"


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> cs.Store:
    """A store of the sample logs."""
    store = cs.open_store(tmp_path_factory.mktemp("sample") / "store", create=True)
    store.ingest(SAMPLE_LOGS)
    return store


@pytest.fixture(scope="session")
def sample_report(sample_store: cs.Store) -> cs.WeeklyReport:
    """Their report of the last week, with the built-in prices."""
    return cs.weekly_report(sample_store, week=WEEK, settings=cs.Settings())
