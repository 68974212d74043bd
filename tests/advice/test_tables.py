"""What a plan rests on is what the other commands say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from polars.testing import assert_frame_equal

import cachestats as cs
from cachestats.advice.advise import advised
from cachestats.api import plans

if TYPE_CHECKING:
    import pytest

    from cachestats.advice.advise import Tables

SAMPLES = Path(__file__).parents[2] / "sample_logs"


def test_a_plan_has_the_ledger_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Tables] = []

    def kept(tables: Tables, **options: object) -> object:
        taken.append(tables)
        return advised(tables, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(plans, "advised", kept)
    store = cs.open_store(tmp_path, create=True)
    store.ingest(SAMPLES)
    where = cs.Filters(since=datetime(2026, 1, 1, tzinfo=UTC))
    cs.advise(store, where=where)
    (tables,) = taken
    same = cs.ledger(store, where=where).collect()
    assert not same.is_empty()
    assert_frame_equal(tables.ledger, same)
