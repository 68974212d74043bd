"""What the steps of a run wait for."""

from __future__ import annotations

import polars as pl
import pytest

from cachestats.analysis.schedule import Schedule, Timed, scheduled, timed, timed_runs
from cachestats.schema import Instruction, Outcome, StepKind
from tests import builders
from tests.lab import LAB
from tests.lab_store import lab_store

IN_LAB = pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")
INSTRUCTION = StepKind.INSTRUCTION


def parents(steps: pl.LazyFrame) -> dict[int, tuple[int, ...]]:
    """Parents of the steps of a run that have any."""
    return {node.step_no: node.parents for node in timed(steps.collect()) if node.parents}


def test_no_steps_make_no_runs() -> None:
    none = builders.steps(run_id=[]).collect()
    assert timed(none) == []
    assert timed_runs(none) == {}


def test_steps_are_told_by_run_in_their_order() -> None:
    steps = builders.steps(run_id=["r2", "r1", "r1"], step_no=[1, 2, 1], stage=["a", "a", "b"])
    found = timed_runs(steps.collect())
    assert {run: [node.step_no for node in nodes] for run, nodes in found.items()} == {
        "r1": [1, 2],
        "r2": [1],
    }


def test_a_hit_takes_its_restore_and_what_has_no_time_takes_none() -> None:
    steps = builders.steps(
        step_no=[1, 2, 3],
        outcome=[Outcome.DONE, Outcome.CACHED, Outcome.CACHED],
        duration_s=[5.0, None, None],
        restore_s=[None, 2.0, None],
    )
    assert [node.seconds for node in timed(steps.collect())] == [5.0, 2.0, 0.0]


def test_what_a_step_is_and_when_it_began_are_told() -> None:
    steps = builders.steps(
        step_no=[1, 2], kind=[StepKind.EXPORT, INSTRUCTION], started_s=[4.0, None]
    )
    found = [(node.kind, node.begin) for node in timed(steps.collect())]
    assert found == [(StepKind.EXPORT, 4.0), (INSTRUCTION, None)]


def test_digests_tell_what_a_step_is_built_on() -> None:
    steps = builders.steps(
        step_no=[1, 2, 3, 4],
        digest=["a", "b", "c", "d"],
        inputs=[[], ["a"], ["a", "gone"], ["c", "b", "b"]],
    )
    assert parents(steps) == {2: (1,), 3: (1,), 4: (3, 2)}


def test_vertices_that_were_merged_into_a_step_count_as_it() -> None:
    members = [{"digest": "link", "inputs": ["a"]}, {"digest": "inner", "inputs": ["link"]}]
    steps = builders.steps(
        step_no=[1, 2, 3],
        digest=["a", "b", "c"],
        inputs=[[], [], ["inner"]],
        members=[None, members, None],
    )
    # A vertex that is built on another of the same step does not wait for itself.
    assert parents(steps) == {2: (1,), 3: (2,)}


def test_digests_are_those_of_one_run() -> None:
    steps = builders.steps(
        run_id=["r1", "r2"], step_no=[1, 2], digest=["a", "b"], inputs=[["b"], ["a"]]
    ).collect()
    assert [node.parents for nodes in timed_runs(steps).values() for node in nodes] == [(), ()]


def test_the_order_in_a_stage_tells_where_no_digests_do() -> None:
    steps = builders.steps(
        step_no=[4, 5, 6, 7],
        stage=["build", "final", "build", "final"],
        index=[2, 2, 3, 3],
        text=["RUN a", "RUN b", "RUN c", "COPY --from=build /x /x"],
        instruction=[Instruction.RUN, Instruction.RUN, Instruction.RUN, Instruction.COPY],
    )
    assert parents(steps) == {6: (4,), 7: (5, 6)}


def test_a_run_with_digests_and_one_without_may_stand_side_by_side() -> None:
    steps = builders.steps(
        run_id=["r1", "r1", "r2", "r2"],
        step_no=[1, 2, 1, 2],
        index=[2, 3, 2, 3],
        digest=["a", "b", None, None],
        inputs=[[], [], None, None],
    )
    both = builders.steps(
        run_id=["r3", "r3"], step_no=[1, 2], digest=["a", "b"], inputs=[[], ["a"]]
    )
    found = timed_runs(pl.concat([steps, both]).collect())
    # No vertex of the first has any input, so that its order has to tell.
    assert {run: nodes[1].parents for run, nodes in found.items()} == dict.fromkeys(
        ("r1", "r2", "r3"), (1,)
    )


def test_what_is_loaded_after_the_first_export_is_late() -> None:
    nodes = [
        Timed(1, 1.0, StepKind.INTERNAL, None, ()),
        Timed(2, 5.0, INSTRUCTION, None, ()),
        Timed(3, 2.0, StepKind.EXPORT, None, ()),
        Timed(4, 1.0, StepKind.AUTH, None, ()),
        Timed(5, 0.5, StepKind.CACHE_EXPORT, None, ()),
    ]
    assert scheduled(nodes) == {
        1: (0.0, 1.0),
        2: (1.0, 6.0),
        3: (6.0, 8.0),
        4: (8.0, 9.0),
        5: (9.0, 9.5),
    }
    assert Schedule(nodes).length({}) == 9.5
    assert Schedule(nodes).length({1: 0.0, 3: 0.5, 4: 0.0}) == 6.0


def test_imports_run_side_by_side_after_what_is_loaded() -> None:
    nodes = [
        Timed(1, 1.0, StepKind.INTERNAL, None, ()),
        Timed(2, 4.0, StepKind.CACHE_IMPORT, None, ()),
        Timed(3, 2.0, StepKind.CACHE_IMPORT, None, ()),
        Timed(4, 3.0, INSTRUCTION, None, ()),
    ]
    assert scheduled(nodes)[4] == (5.0, 8.0)
    assert Schedule(nodes).length({2: 1.0}) == 1.0 + 2.0 + 3.0


def test_metadata_is_loaded_side_by_side_and_the_context_beside_the_stages() -> None:
    steps = builders.steps(
        step_no=[1, 2, 3, 4, 5, 6],
        kind=[*[StepKind.INTERNAL] * 4, INSTRUCTION, INSTRUCTION],
        text=[
            "load build definition from Dockerfile",
            "load metadata for docker.io/library/node:20",
            "load metadata for docker.io/library/debian:12",
            "load build context",
            "RUN make",
            "COPY . .",
        ],
        instruction=[*[None] * 4, Instruction.RUN, Instruction.COPY],
        stage=[*[None] * 4, "a", "b"],
        index=[*[None] * 4, 2, 2],
        duration_s=[1.0, 2.0, 3.0, 10.0, 5.0, 1.0],
    )
    nodes = timed(steps.collect())
    assert scheduled(nodes) == {
        1: (0.0, 1.0),
        2: (1.0, 3.0),
        3: (1.0, 4.0),
        4: (4.0, 14.0),
        5: (4.0, 9.0),
        6: (14.0, 15.0),
    }
    assert Schedule(nodes).length({}) == 15.0


def test_a_parent_that_is_not_in_the_run_is_not_waited_for() -> None:
    nodes = [Timed(2, 3.0, INSTRUCTION, None, (1,))]
    assert scheduled(nodes) == {2: (0.0, 3.0)}
    assert Schedule(nodes).length({}) == 3.0


def test_a_step_may_come_before_what_it_is_built_on() -> None:
    above = {1: (4, 3), 2: (), 3: (2,), 4: (3,), 5: (1, 2)}
    nodes = [Timed(no, 1.0, INSTRUCTION, None, up) for no, up in above.items()]
    ends = {no: end for no, (_, end) in scheduled(nodes).items()}
    assert ends == {2: 1.0, 3: 2.0, 4: 3.0, 1: 4.0, 5: 5.0}
    assert Schedule(nodes).length({3: 0.0}) == 4.0


def test_no_steps_take_no_time() -> None:
    assert scheduled([]) == {}
    assert Schedule([]).length({}) == 0.0


@IN_LAB
@pytest.mark.parametrize("form", ["plain", "rawjson"])
def test_no_run_timed_anew_is_longer_than_its_steps_one_by_one(form: str) -> None:
    for nodes in timed_runs(lab_store(form).steps().collect()).values():
        length = Schedule(nodes).length({})
        assert max(node.seconds for node in nodes) <= length + 1e-9
        assert length <= sum(node.seconds for node in nodes) + 1e-9


@IN_LAB
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


@IN_LAB
def test_a_step_of_rawjson_begins_when_its_log_says() -> None:
    steps = lab_store("rawjson").steps().collect()
    run = steps["run_id"][0]
    mine = steps.filter(pl.col("run_id") == run, pl.col("started_s").is_not_null())
    placed = scheduled(timed_runs(mine)[run])
    told = dict(mine.select("step_no", "started_s").iter_rows())
    assert {no: begin for no, (begin, _) in placed.items()} == told


@IN_LAB
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
