from __future__ import annotations

from datetime import timedelta

from cachestats.analysis.lineage import lineages
from cachestats.analysis.recent import recent
from tests.builders import DAY, runs, steps


def test_the_last_runs_that_reached_a_layer_oldest_first() -> None:
    ids = ["r3", "r1", "r2", "r4"]
    ran = steps(run_id=ids, outcome=["done", "cached", "failed", "canceled"])
    dated = runs(run_id=ids, started_at=[DAY + timedelta(days=int(i[1])) for i in ids])
    found = recent(ran, dated, lineages(ran, dated), last=2).collect()
    assert found.rows() == [("l1", [False, False])]
    whole = recent(ran, dated, lineages(ran, dated)).collect()
    assert whole.rows() == [("l1", [True, False, False])]


def test_nothing_in_nothing_out() -> None:
    none = steps(run_id=[])
    assert recent(none, runs(run_id=[]), lineages(none, runs(run_id=[]))).collect().is_empty()
