"""What the steps of a run wait for."""

from __future__ import annotations

import polars as pl
import pytest

from cachestats.analysis.schedule import Schedule, scheduled, timed_runs
from tests.lab import LAB
from tests.lab_store import lab_store

pytestmark = pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")


@pytest.mark.parametrize("form", ["plain", "rawjson"])
def test_no_run_timed_anew_is_longer_than_its_steps_one_by_one(form: str) -> None:
    for nodes in timed_runs(lab_store(form).steps().collect()).values():
        length = Schedule(nodes).length({})
        assert max(node.seconds for node in nodes) <= length + 1e-9
        assert length <= sum(node.seconds for node in nodes) + 1e-9


def test_runs_timed_anew_take_about_as_long_as_they_did() -> None:
    store = lab_store("rawjson")
    walls = dict(store.runs().select("run_id", "wall_s").collect().iter_rows())
    nodes_of = timed_runs(store.steps().collect())
    times = {run: Schedule(nodes).length({}) for run, nodes in nodes_of.items()}
    told = pl.DataFrame(
        [(walls[run], seconds) for run, seconds in times.items() if walls[run]],
        schema=["wall", "anew"],
        orient="row",
    )
    # What nothing waits for, and what the client does by itself, is in the wall time alone.
    ratio = told.select(pl.col("anew").sum() / pl.col("wall").sum()).item()
    assert 0.9 < ratio < 1.05


def test_a_step_of_rawjson_begins_when_its_log_says() -> None:
    steps = lab_store("rawjson").steps().collect()
    run = steps["run_id"][0]
    mine = steps.filter(pl.col("run_id") == run, pl.col("started_s").is_not_null())
    placed = scheduled(timed_runs(mine)[run])
    told = dict(mine.select("step_no", "started_s").iter_rows())
    assert {no: begin for no, (begin, _) in placed.items()} == told


def test_parents_are_found_by_digest_and_by_order_alike() -> None:
    """The nearest instruction above, of the same stage, in both formats of the same builds."""
    found = {}
    for form in ("plain", "rawjson"):
        store = lab_store(form)
        runs = store.runs().filter(pl.col("project") == "orders-api").collect()
        steps = store.steps().collect().join(runs.select("run_id"), on="run_id", how="semi")
        names = dict(
            zip(steps.select("run_id", "step_no").iter_rows(), steps["name"].to_list(), strict=True)
        )
        starts = dict(runs.select("run_id", "started_at").iter_rows())
        found[form] = {
            (starts[run], names[run, node.step_no], names.get((run, parent)))
            for run, nodes in timed_runs(steps).items()
            for node in nodes
            for parent in node.parents
            if " RUN " in (names[run, node.step_no] or "")
        }
    assert found["plain"] == found["rawjson"]
    assert len(found["plain"]) > 50
