"""Each worked example of the page on measures, computed again from the sample logs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs

if TYPE_CHECKING:
    import polars as pl

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "measures.md"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> cs.Store:
    opened = cs.open_store(tmp_path_factory.mktemp("measures") / "store", create=True)
    opened.ingest(ROOT / "sample_logs")
    return opened


def said(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->(.*?)<!-- / -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None, mark
    return " ".join(found[1].split())


def one(frame: pl.DataFrame) -> dict[str, Any]:
    row: dict[str, Any] = frame.row(0, named=True)
    return row


def test_ratios(store: cs.Store) -> None:
    total = one(cs.hit_ratio(cs.layers(store), store.steps()).collect())
    hits, misses, saved, cost = (total[n] for n in ("hits", "misses", "saved_s", "cost_s"))
    share = 100 * total["hit_ratio"]
    assert said("by_count") == f"{hits} / ({hits} + {misses}) = {share:.1f} %"
    share = 100 * total["time_ratio"]
    assert said("by_time") == f"{saved:.1f} / ({saved:.1f} + {cost:.1f}) = {share:.1f} %"
    share = 100 * total["docker_ratio"]
    assert said("docker") == f"{total['cached_steps']} / {total['steps']} = {share:.1f} %"


def test_saving_of_hits(store: cs.Store) -> None:
    of_orders = cs.LayerRows.project.col == "orders-api"
    pip = cs.LayerRows.text.col.str.contains("pip install")
    row = one(cs.layers(store).filter(of_orders, pip).collect())
    assert said("saving") == (
        f"{row['hits']} hits x {row['baseline_s']:.2f} s = {row['saved_s']:.1f} s"
    )


def test_waste(store: cs.Store) -> None:
    rows = cs.waste(cs.misses(store), by="class").collect()
    cost = dict(rows.select("key", "cost_s").iter_rows())
    parts = ", ".join(f"{cost[k]:.1f} {k}" for k in ("legitimate", "structural", "avoidable"))
    wasted, total = rows["waste_s"].sum(), rows["cost_s"].sum()
    assert said("waste") == f"{parts}: {wasted:.1f} of {total:.1f} wasted"


def test_machine_and_wall_time_of_a_run(store: cs.Store) -> None:
    source = cs.Runs.source.col.str.ends_with("orders-api/main/005.log")
    run_id = one(store.runs().filter(source).collect())["run_id"]
    rows = cs.timeline(store, run_id).collect()
    path = rows.filter(cs.TimelineRows.is_critical.col)
    critical, whole = (path["end_s"] - path["begin_s"]).sum(), rows["end_s"].to_list()
    cost = cs.misses(store).filter(cs.MissRows.run_id.col == run_id).collect()["cost_s"].sum()
    assert said("path") == (
        f"{cost:.1f} s of misses, critical path {critical:.1f} s of {max(whole):.1f} s"
    )


def test_ledger(store: cs.Store) -> None:
    row = one(cs.ledger(store).filter(cs.LedgerRows.project.col == "flaky").collect())
    saved, *taken = (row[n] for n in ("saved_s", "import_s", "export_s", "restore_s"))
    terms = " - ".join(f"{seconds:.1f}" for seconds in (saved, *taken))
    assert said("ledger") == f"{terms} = {row['net_s']:.1f} s net"
