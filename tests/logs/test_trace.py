from __future__ import annotations

from tests.logs.logs import github, outcomes, rejects, run, step, steps
from tests.logs.records import trace, vertex

MAKE = "[2/2] RUN make"
ENDS = '{"id":"moby.image.id","aux":{"ID":"sha256:2f"}}\n{"stream":"Successfully tagged web\\n"}\n'
FAILS = '{"errorDetail":{"message":"exit code: 1"},"error":"exit code: 1"}\n'


def test_each_line_is_an_update() -> None:
    log = trace(vertex(MAKE), vertex(MAKE, 1.0), vertex(MAKE, 1.0, 3.5)) + ENDS
    said = step(log)
    assert (said["name"], said["outcome"], said["duration_s"]) == (MAKE, "done", 2.5)
    assert (run(log)["format"], run(log)["outcome"]) == ("trace", "done")


def test_the_last_answer_tells_that_the_build_failed() -> None:
    assert run(trace(vertex(MAKE, 1.0, 3.5)) + FAILS)["outcome"] == "failed"


def test_a_line_is_that_of_the_log() -> None:
    log = '{"stream":"hello"}\n' + trace(vertex("a", 0.0, 1.0), vertex(MAKE, 1.0, 3.5))
    assert {no: one["line"] for no, one in steps(log).items()} == {1: 2, 2: 3}


def test_what_stands_before_a_line_does_not_matter() -> None:
    log = trace(vertex(MAKE, 1.0), vertex(MAKE, 1.0, 3.5))
    assert outcomes(github(log)) == outcomes(log) == {1: "done"}


def test_a_line_that_is_cut_is_rejected_alone() -> None:
    first, second = trace(vertex(MAKE, 1.0, 3.5), vertex("[1/2] RUN a", 0.0, 1.0)).splitlines()
    log = f"{first}\n{second[:60]}"
    assert outcomes(log) == {1: "done"}
    assert rejects(log) == [(2, "no message of a trace: 'aux'")]
