"""What is known of rawjson, one test for each fact."""

from __future__ import annotations

import base64
import json

import pytest

from cachestats.schema import FactKind
from tests.logs.logs import (
    BLOB,
    START,
    Row,
    clock,
    digest,
    ends,
    facts,
    github,
    outcomes,
    rawjson,
    rejects,
    run,
    runs,
    status,
    step,
    steps,
    vertex,
)

LOAD = "[internal] load build definition from Dockerfile"
VENV = "[base 2/5] RUN python3 -m venv /opt/venv"
COPY = "[base 4/5] COPY requirements.txt ."
TEST = "[app 2/2] RUN python -m jobs.selftest"
CANCELED = 'process "/bin/sh -c python" did not complete: exit code: 137: context canceled'
HUMAN = "WARNING: No output specified\nERROR: failed to build: failed to solve: exit code: 3\n"


class TestUpdates:
    def test_they_are_merged_by_digest(self) -> None:
        said = step(
            rawjson(vertex(VENV))
            + rawjson(vertex(VENV, (1.0,), inputs=("base",)))
            + rawjson(vertex(VENV, (1.0, 7.1)))
        )
        assert (said["name"], said["digest"]) == (VENV, digest(VENV))
        assert (said["inputs"], said["outcome"]) == ([digest("base")], "done")
        assert said["duration_s"] == pytest.approx(6.1)

    def test_announced_and_never_started_is_not_needed(self) -> None:
        log = rawjson(vertex(VENV, (0.0, 1.0)), vertex(COPY))
        assert outcomes(log) == {1: "done", 2: "not_needed"}
        assert run(log)["outcome"] == "done"

    def test_started_and_never_completed_is_open(self) -> None:
        log = rawjson(vertex(VENV, (0.0,)))
        assert (step(log)["outcome"], run(log)["outcome"]) == ("open", "open")

    @pytest.mark.parametrize("key", ["started", "completed"])
    def test_year_1_is_no_time_as_go_writes_it(self, key: str) -> None:
        update = vertex("[1/1] RUN make", (0.0, 1.5)) | {key: "0001-01-01T00:00:00Z"}
        told = step(rawjson(update))
        outcome = "not_needed" if key == "started" else "open"
        assert (told["outcome"], told["duration_s"]) == (outcome, None)

    def test_steps_are_numbered_by_start_then_by_appearance(self) -> None:
        log = rawjson(
            vertex(TEST), vertex(COPY), vertex(VENV, (2.0, 3.0)), vertex(LOAD, (0.0, 1.0))
        )
        assert [row["name"] for row in steps(log).values()] == [LOAD, VENV, TEST, COPY]

    def test_names_are_json(self) -> None:
        log = rawjson(vertex("[2/2] RUN make 2>log && echo <é>", (0.0, 1.0)))
        assert step(log.replace(">", "\\u003e").replace("<", "\\u003c"))["text"] == (
            "RUN make 2>log && echo <é>"
        )


class TestIntervals:
    def test_those_of_one_vertex_are_added(self) -> None:
        said = step(rawjson(vertex(VENV, (0.0, 2.0)), vertex(VENV, (5.0, 6.5))))
        assert said["duration_s"] == pytest.approx(3.5)

    @pytest.mark.parametrize(
        "intervals",
        [
            [(0.0, 11.8), (0.1, 11.7), (3.0, 3.3)],
            [(0.0, 6.0), (5.0, 11.8)],
            [(5.0, 11.8), (0.0, 6.0)],
            [(0.0, 11.8), (0.0, 11.8)],
            [(0.0, 11.0), *((at, at + 0.4) for at in range(1, 11)), (10.9, 11.8)],
        ],
    )
    def test_those_that_overlap_are_united(self, intervals: list[tuple[float, float]]) -> None:
        said = step(rawjson(*(vertex(VENV, at) for at in intervals)))
        assert said["duration_s"] == pytest.approx(11.8)

    def test_those_of_two_vertices_are_their_own(self) -> None:
        said = steps(rawjson(vertex(VENV, (0.0, 20.8)), vertex(TEST, (1.0, 15.4))))
        assert [row["duration_s"] for row in said.values()] == pytest.approx([20.8, 14.4])


class TestHits:
    def test_cached_in_any_update_is_a_hit(self) -> None:
        said = step(rawjson(vertex(VENV, (1.0, 1.0), cached=True), vertex(VENV, (2.0, 8.5))))
        assert (said["outcome"], said["cached_as"]) == ("cached", "hit")

    def test_time_of_a_cached_vertex_is_its_restore(self) -> None:
        said = step(rawjson(vertex(VENV, (1.0, 1.5), cached=True), vertex(VENV, (2.0, 8.5))))
        assert said["duration_s"] is None
        assert said["restore_s"] == pytest.approx(7.0)

    def test_cached_with_an_error_and_then_executed_is_a_miss(self) -> None:
        log = rawjson(
            vertex(VENV, (1.0, 1.0), cached=True),
            vertex(VENV, (1.0, 1.2), cached=True, error=f"blob {BLOB}: not found"),
            vertex(VENV, (2.0, 8.1)),
        )
        assert (step(log)["outcome"], step(log)["cached_as"]) == ("done", None)
        assert run(log)["outcome"] == "done"

    def test_what_stands_on_a_step_that_failed_is_skipped_and_no_hit(self) -> None:
        names = {
            "[app 1/3] COPY x y": ("[base 2/2] RUN false", 9.0, "skipped"),
            "merge": ("[app 1/3] COPY x y", 9.0, "skipped"),
            "[app 3/3] RUN y": ("merge", 9.0, "skipped"),
            "[base 3/3] COPY --link a b": ("[base 1/2] FROM debian:12", 9.0, "hit"),
            "[web 1/2] COPY x y": ("[deps 1/2] FROM node:22", 9.0, "hit"),
            "[web 2/2] COPY --from=base a b": ("[base 2/2] RUN false", 1.5, "hit"),
        }
        log = rawjson(
            vertex("[base 1/2] FROM debian:12", (0.0, 1.0)),
            vertex("[base 2/2] RUN false", (1.0, 9.0), error="exit code: 1"),
            *(
                vertex(name, (at, at), cached=True, inputs=(parent,))
                for name, (parent, at, _) in names.items()
            ),
        )
        said = {row["name"]: row["cached_as"] for row in steps(log).values()}
        assert {name: said[name] for name in names} == {
            name: standing for name, (*_, standing) in names.items()
        }

    def test_executed_layer_whose_base_was_pulled_is_a_miss(self) -> None:
        pull = status(VENV, BLOB, (0.2, 0.6), size=140_620_000)
        assert step(rawjson(vertex(VENV, (0.0, 9.4)), statuses=[pull]))["outcome"] == "done"

    def test_done_0s_is_not_cached(self) -> None:
        assert step(rawjson(vertex(COPY, (1.0, 1.0))))["outcome"] == "done"


class TestEnds:
    def test_error_is_a_failure(self) -> None:
        log = rawjson(vertex(TEST, (0.0, 1.2), error='process "/bin/sh -c python": exit code: 1'))
        assert (step(log)["outcome"], run(log)["outcome"]) == ("failed", "failed")
        assert step(log)["error"] == 'process "/bin/sh -c python": exit code: 1'
        assert len(facts(FactKind.ERROR, log)) == 1

    @pytest.mark.parametrize(
        "error", [CANCELED, f"{CANCELED}: context canceled", "context canceled"]
    )
    def test_context_canceled_is_no_failure(self, error: str) -> None:
        log = rawjson(vertex(TEST, (0.0, 3.2), error=error))
        assert (step(log)["outcome"], run(log)["outcome"]) == ("canceled", "canceled")

    def test_canceled_beside_a_failure_leaves_the_run_failed(self) -> None:
        log = rawjson(
            vertex(VENV, (0.0, 3.0), error="exit code: 3"), vertex(TEST, (0.1, 3.1), error=CANCELED)
        )
        assert outcomes(log) == {1: "failed", 2: "canceled"}
        assert run(log)["outcome"] == "failed"


class TestProgressGroups:
    LINK = "[runtime 1/5] COPY --link --from=deps /opt/venv /opt/venv"
    GROUP = {"id": "g1", "name": LINK}  # noqa: RUF012 - a constant

    @pytest.mark.parametrize(
        ("hits", "outcome"),
        [((True, True), "cached"), ((True, False), "done"), ((False, True), "done")],
    )
    def test_group_is_one_step_and_cached_only_if_all_its_members_are(
        self, hits: tuple[bool, bool], outcome: str
    ) -> None:
        copy, merge = (
            vertex(name, (0.0, 0.5), cached=hit, progressGroup=self.GROUP)
            for name, hit in zip(("copy", "merge"), hits, strict=True)
        )
        said = step(rawjson(copy, merge))
        assert (said["name"], said["outcome"]) == (self.LINK, outcome)

    def test_time_of_its_members_counts_once_where_they_overlap(self) -> None:
        log = rawjson(
            vertex("a", (0.0, 2.0), progressGroup=self.GROUP),
            vertex("b", (1.0, 3.0), progressGroup=self.GROUP),
        )
        assert step(log)["duration_s"] == pytest.approx(3.0)

    def test_members_and_their_inputs_are_kept(self) -> None:
        log = rawjson(
            vertex("a", (0.0, 2.0), inputs=("context",), progressGroup=self.GROUP),
            vertex("b", (2.0, 3.0), inputs=("a", "base"), progressGroup=self.GROUP, cached=True),
        )
        assert step(log)["members"] == [
            {"digest": digest("a"), "inputs": [digest("context")], "hit": False},
            {"digest": digest("b"), "inputs": [digest("a"), digest("base")], "hit": True},
        ]
        assert set(step(log)["inputs"]) == {digest("context"), digest("base")}

    def test_vertex_without_a_group_has_no_members(self) -> None:
        assert step(rawjson(vertex(VENV, (0.0, 1.0))))["members"] is None


class TestOutput:
    @pytest.mark.parametrize("text", ["#1 CACHED\n", "CACHED", '{"vertexes":[]}', "\xff"])
    def test_it_changes_nothing(self, text: str) -> None:
        data = base64.b64encode(text.encode("latin-1")).decode()
        said = {"vertex": digest(VENV), "stream": 1, "data": data, "timestamp": clock(0.5)}
        built = rawjson(vertex(VENV, (0.0, 1.0)))
        for log in (rawjson(vertex(VENV, (0.0, 1.0)), logs=[said]), _logs_alone(said) + built):
            assert outcomes(log) == {1: "done"}

    def test_warnings_are_no_fault(self) -> None:
        warning = {"vertex": digest(VENV), "level": 1, "short": "aGk=", "url": "https://docs"}
        log = rawjson(vertex(VENV, (0.0, 1.0)), warnings=[warning | {"range": [{"start": {}}]}])
        assert (outcomes(log), rejects(log)) == ({1: "done"}, [])


def _logs_alone(said: Row) -> str:
    return json.dumps({"logs": [said]}, separators=(",", ":")) + "\n"


class TestFiles:
    BUILT = (
        vertex(LOAD, (0.0, 0.1)),
        vertex(VENV, (0.2, 6.2)),
        vertex(COPY, (6.3, 6.3), cached=True),
    )

    def test_live_output_and_one_object_of_history_say_the_same(self) -> None:
        live = "".join(map(rawjson, self.BUILT))
        assert steps(live).keys() == steps(rawjson(*self.BUILT)).keys()
        assert (
            outcomes(live) == outcomes(rawjson(*self.BUILT)) == {1: "done", 2: "done", 3: "cached"}
        )

    def test_human_lines_may_stand_between(self) -> None:
        first, *rest = map(rawjson, self.BUILT)
        log = f"WARNING: buildx: git was not found\n{first}some words\n\n{''.join(rest)}"
        assert (outcomes(log), rejects(log)) == ({1: "done", 2: "done", 3: "cached"}, [])

    def test_live_output_ends_with_the_final_error(self) -> None:
        log = rawjson(*self.BUILT) + HUMAN
        assert (run(log)["outcome"], rejects(log)) == ("failed", [])
        assert [fact["step_no"] for fact in facts(FactKind.ERROR, log)] == [None]

    def test_it_may_stand_behind_times_of_github(self) -> None:
        log = rawjson(*self.BUILT)
        assert outcomes(github(log + HUMAN)) == outcomes(log)

    @pytest.mark.parametrize(
        "cut",
        [
            '{"vertexes":[{"digest":"sha256:0',
            '{"vertexes":7}',
            # Like the output that ends an object, where there is none.
            '{"vertexes":[{"digest":"sha256:0","logs":[{"vertex":"a"}]},{"name":"b"}]}',
            '{"vertexes":[]}{"x":1,"logs":[{"vertex":"a"}]}',
        ],
    )
    def test_line_that_is_cut_is_rejected_and_the_others_are_read(self, cut: str) -> None:
        log = f"{rawjson(self.BUILT[0])}{cut}\n{rawjson(*self.BUILT[1:])}"
        assert outcomes(log) == {1: "done", 2: "done", 3: "cached"}
        assert [line for line, _ in rejects(log)] == [2]

    def test_output_that_is_damaged_costs_no_vertex(self) -> None:
        whole = rawjson(*self.BUILT).rstrip().removesuffix("}")
        log = f'{whole},"logs":[{{"vertex":"sha256:0","data":}}"}}]}}\n'
        assert (outcomes(log), rejects(log)) == ({1: "done", 2: "done", 3: "cached"}, [])

    @pytest.mark.parametrize("load", [LOAD, f"{LOAD}-worker"])
    def test_several_builds_in_one_log_are_several_runs(self, load: str) -> None:
        again = [
            vertex(name, at, digest=digest(f"again {name}"))
            for name, at in ((load, (20.0, 20.1)), (TEST, (20.2, 21.2)))
        ]
        log = rawjson(*self.BUILT) + rawjson(*again)
        assert [run["wall_s"] for run in runs(log)] == pytest.approx([6.3, 1.2])

    def test_a_build_that_was_killed_ends_where_the_next_begins(self) -> None:
        again = vertex(LOAD, (20.0, 20.1), digest=digest("again"))
        killed = map(rawjson, (vertex(LOAD, (0.0, 0.1)), vertex(VENV), vertex(VENV, (0.2,))))
        log = "".join(killed) + rawjson(again) + rawjson(vertex(VENV, (21.0, 22.0)))
        assert [run["outcome"] for run in runs(log)] == ["open", "done"]

    def test_what_one_build_pulled_the_next_did_not(self) -> None:
        base, blob = "[1/2] FROM debian@sha256:2f", f"sha256:{'2f' * 32}"
        pull = {"statuses": [status(base, blob, (0.2, 0.9), 7)]}
        pulling = rawjson(vertex(LOAD, (0.0, 0.1)), vertex(base, (0.2, 1.0)), **pull)
        again = rawjson({**vertex(LOAD, (9.0, 9.1)), "digest": "sha256:3a"})
        log = pulling + again + rawjson(vertex(base, (9.2, 9.3), cached=True))
        assert len(runs(log)) == 2
        assert len(facts(FactKind.BASE_PULLED, log)) == 1

    @pytest.mark.parametrize("failed", [False, True])
    @pytest.mark.parametrize("source", ["git source https://h/a.git#main", "remote build context"])
    def test_a_source_that_is_loaded_again_when_all_has_ended_begins_a_build(
        self, source: str, *, failed: bool
    ) -> None:
        load = f"[internal] load {source}"
        first = (vertex(load, (1.0, 2.0)), vertex(load, (2.0, 2.5)), vertex(VENV, (3.0, 9.0)))
        last = vertex("exporting to image", (9.0, 10.0))
        if failed:
            last = vertex(COPY, (9.0, 10.0), error="exit code: 1")
        second = (vertex(load), vertex(load, (30.0, 31.0)), vertex(VENV, (31.0, 31.0), cached=True))
        log = "".join(map(rawjson, (*first, last, *second)))
        assert [list(said.values()) for said in ends(log)] == [
            [("done", 1.5), ("done", 6.0), ("failed" if failed else "done", 1.0)],
            [("done", 1.0), ("cached", None)],
        ]
        assert [run["outcome"] for run in runs(log)] == ["failed" if failed else "done", "done"]

    def test_a_build_of_a_source_may_stand_beside_one_of_a_folder(self) -> None:
        end = "exporting to image"
        git = "[internal] load git source https://h/a.git"
        one, other = (
            "".join(
                rawjson(vertex(name, (at + n, at + n + 1), digest=digest(f"{name}{at}")))
                for n, name in enumerate((load, VENV, end))
            )
            for at, load in ((0, git), (20, LOAD))
        )
        assert len(runs(one + other)) == 2
        assert len(runs(one + other.replace(LOAD, f"{git}#dev"))) == 2

    def test_a_source_that_is_read_late_or_twice_begins_no_build(self) -> None:
        git = "[internal] load git source https://h/a.git"
        late = (
            vertex(LOAD, (0.0, 1.0)),
            vertex(git, (1.0, 2.0)),
            vertex("importing cache manifest from gha:1", (2.0, 2.5), error="not found"),
            vertex(VENV, (3.0, 9.0)),
            vertex(git, (10.0, 11.0)),
            vertex(COPY, (11.0, 12.0)),
            vertex("exporting to image", (12.0, 13.0)),
        )
        definition = (vertex(git, (0.0, 0.5)), vertex(git, (0.8, 0.9)), *late[3:4], *late[5:])
        for build in (late, definition):
            assert len(runs("".join(map(rawjson, build)))) == 1
            assert len(runs(rawjson(*build))) == 1

    def test_targets_of_a_bake_that_follow_each_other_are_one_run(self) -> None:
        loads = [LOAD.replace("[", f"[{target} ") + f".{target}" for target in ("api", "web")]
        log = "".join(rawjson(vertex(name, (at, at + 0.5))) for at, name in enumerate(loads))
        assert len(runs(log)) == 1


class TestTimes:
    LOG = rawjson(vertex(LOAD, (0.0, 0.1)), vertex(VENV, (0.25, 6.2)))

    def test_they_are_absolute(self) -> None:
        assert run(self.LOG)["started_at"] == START
        assert run(self.LOG)["started_at_basis"] == "log"
        assert run(self.LOG)["wall_s"] == pytest.approx(6.2)
        assert steps(self.LOG)[2]["started_s"] == pytest.approx(0.25)

    def test_they_may_have_nanoseconds_or_a_zone(self) -> None:
        at = {"started": "2026-11-24T04:39:25.100000001+01:00", "completed": clock(1.1)}
        said = step(rawjson(vertex(VENV) | at))
        assert said["duration_s"] == pytest.approx(1.0)


class TestFacts:
    CONTEXT = "[internal] load build context"
    BASE = "[1/2] FROM localhost:5000/debian-python:12"

    def test_context_has_a_size(self) -> None:
        sent = status(self.CONTEXT, "transferring context:", (0.0, 0.1), size=0) | {"current": 2080}
        log = rawjson(vertex(self.CONTEXT, (0.0, 0.1)), statuses=[sent])
        assert [fact["value"] for fact in facts(FactKind.CONTEXT_BYTES, log)] == [2080]

    def test_base_that_was_pulled_is_a_fact(self) -> None:
        pull = status(self.BASE, BLOB, (0.2, 0.6), size=140_620_000)
        log = rawjson(vertex(self.BASE, (0.0, 9.4)), statuses=[pull])
        assert [fact["value"] for fact in facts(FactKind.BASE_PULLED, log)] == [140_620_000]

    def test_line_of_one_huge_object_is_1(self) -> None:
        log = rawjson(vertex(TEST, (0.0, 1.2), error="exit code: 1"))
        assert [fact["line"] for fact in facts(FactKind.ERROR, log)] == [1]
