"""How plain progress shows failed builds, one test for each fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cachestats.schema import FactKind
from tests.logs.logs import BUILD, facts, github, outcomes, run, runs, steps

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURE = """\
#10 [app 1/2] COPY jobs/ jobs/
#10 DONE 0.5s

#11 [app 2/2] RUN python -m jobs.selftest
#11 1.156 Traceback (most recent call last):
#11 1.160 AssertionError: prune planned 3 times, wanted 6
#11 ERROR: process "/bin/sh -c python -m jobs.selftest" did not complete: exit code: 1
"""
LAST_WORD = 'ERROR: failed to build: failed to solve: process "/bin/sh -c python" exit code: 1\n'


class TestFailures:
    @pytest.mark.parametrize("number", ["", "#0 ", "#11 "], ids=["today", "of 2022", "of 2021"])
    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    def test_recap_after_an_error_is_not_counted_twice(
        self, wrap: Callable[[str], str], number: str
    ) -> None:
        log = f"""{FAILURE}------
 > [app 2/2] RUN python -m jobs.selftest:
{number}1.156 Traceback (most recent call last):
{number}1.160 AssertionError: prune planned 3 times, wanted 6
------
Dockerfile:9
--------------------
   8 |     COPY jobs/ jobs/
   9 | >>> RUN python -m jobs.selftest
--------------------
{LAST_WORD}"""
        assert outcomes(wrap(log)) == {10: "done", 11: "failed"}
        assert run(wrap(log))["outcome"] == "failed"
        assert [fact["step_no"] for fact in facts(FactKind.ERROR, wrap(log))] == [11, None]

    def test_error_of_a_step_is_kept(self) -> None:
        log = FAILURE + LAST_WORD
        assert steps(log)[11]["error"].endswith("did not complete: exit code: 1")
        assert facts(FactKind.ERROR, log)[0]["line"] == 7

    def test_history_lacks_the_final_error_and_the_run_failed_all_the_same(self) -> None:
        assert run(FAILURE)["outcome"] == "failed"

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    def test_final_error_fails_a_run_of_which_all_steps_are_done(
        self, wrap: Callable[[str], str]
    ) -> None:
        words = [
            "ERROR: failed to build: failed to solve: dockerfile parse error on line 3",
            "ERROR: failed to solve: rpc error: code = Unknown desc = not found",
            "error: failed to solve: rpc error: code = Unknown desc = not found",
            "failed to solve: rpc error: code = Unknown desc = failed to load cache key",
            "failed to solve with frontend dockerfile.v0: failed to build LLB: exit code: 1",
            "executor failed running [/bin/sh -c make]: exit code: 1",
            "target ml-server: failed to receive status: rpc error: error reading from server: EOF",
            "Error: buildx failed with: ERROR: failed to solve: exit code: 1",
            "Error: buildx call failed with: ERROR: failed to solve: exit code: 1",
            "##[error]buildx failed with: ERROR: failed to build: failed to solve: exit code: 1",
        ]
        said = runs(
            *(wrap(f"{BUILD.replace('3.2s', f'{n}.0s')}{w}\n") for n, w in enumerate(words))
        )
        assert dict(zip(words, (run["outcome"] for run in said), strict=True)) == dict.fromkeys(
            words, "failed"
        )

    def test_program_that_prints_a_final_error_fails_no_run(self) -> None:
        log = BUILD.replace("Collecting flask==3.0.3", "ERROR: failed to solve: exit code: 1")
        assert run(log)["outcome"] == "done"

    @pytest.mark.parametrize("wrap", [str, github], ids=["plain", "github"])
    @pytest.mark.parametrize(
        "log",
        [
            f"ERROR: failed to build: resolve : lstat docker: no such file\nretrying\n{BUILD}",
            f"{BUILD}$ cargo package\nerror: failed to build archive: No space left\n",
            f"{BUILD}failed to solve the puzzle\n",
        ],
        ids=["a build that did not begin", "another tool", "a program"],
    )
    def test_error_of_something_else_fails_no_run(
        self, log: str, wrap: Callable[[str], str]
    ) -> None:
        assert run(wrap(log))["outcome"] == "done"
        assert facts(FactKind.ERROR, wrap(log)) == []
