from __future__ import annotations

import pytest

import cachestats as cs
from cachestats.analysis.critical_path import critical_steps
from cachestats.analysis.schedule import Schedule, Timed, scheduled
from cachestats.schema import StepKind
from tests.lab import LAB
from tests.lab_store import lab_store


def node(no: int, seconds: float, *parents: int, kind: StepKind = StepKind.INSTRUCTION) -> Timed:
    return Timed(no, seconds, kind, None, parents)


PARALLEL = [
    node(1, 0.5, kind=StepKind.INTERNAL),
    node(2, 1.0, kind=StepKind.CACHE_IMPORT),
    node(3, 4.0),
    node(4, 9.0),
    node(5, 1.0, 3, 4),
    node(6, 2.0, kind=StepKind.EXPORT),
    node(7, 3.0, kind=StepKind.CACHE_EXPORT),
]


def test_steps_wait_for_what_they_are_built_on_and_exports_for_all() -> None:
    assert scheduled(PARALLEL) == {
        1: (0.0, 0.5),
        2: (0.5, 1.5),
        3: (1.5, 5.5),
        4: (1.5, 10.5),
        5: (10.5, 11.5),
        6: (11.5, 13.5),
        7: (13.5, 16.5),
    }


def test_the_critical_path_is_the_longest_chain() -> None:
    assert critical_steps(PARALLEL, scheduled(PARALLEL)) == {1, 2, 4, 5, 6, 7}


def test_a_step_off_the_path_saves_no_wall_time() -> None:
    schedule = Schedule(PARALLEL)
    assert schedule.length({}) == 16.5
    assert schedule.length({3: 0.0}) == 16.5
    assert schedule.length({4: 0.0}) == 16.5 - 5.0


def test_a_run_timed_anew_ignores_when_its_log_says_that_steps_began() -> None:
    late = [Timed(1, 2.0, StepKind.INSTRUCTION, 7.0, ()), node(2, 1.0, 1)]
    assert scheduled(late) == {1: (7.0, 9.0), 2: (9.0, 10.0)}
    assert Schedule(late).length({}) == 3.0


def test_steps_that_are_each_others_parent_end() -> None:
    looped = [node(1, 1.0, 2), node(2, 1.0, 1)]
    assert set(scheduled(looped)) == {1, 2}


def test_nothing_in_nothing_out() -> None:
    assert critical_steps([], scheduled([])) == frozenset()


@pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")
def test_no_path_is_longer_than_its_run() -> None:
    store = lab_store("rawjson")
    runs = store.runs().collect().filter(cs.Runs.project.col == "ml-worker")
    for run_id, wall in runs.select("run_id", "wall_s").iter_rows():
        rows = cs.timeline(store, run_id).collect()
        path = rows.filter(cs.TimelineRows.is_critical.col)
        assert (path["end_s"] - path["begin_s"]).sum() <= wall + 0.05
        assert rows["begin_s"].is_sorted()
