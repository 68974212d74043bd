"""Every build of the lab decodes to its truth, whatever its log is written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.schema import Runs, Steps
from tests.lab import LAB, Build, builds, instruction_steps, runs_of, started, steps_of

if TYPE_CHECKING:
    from pathlib import Path

BUILDS = builds()
LOGS = [pytest.param(b, log, id=f"{b}/{log.stem}") for b in BUILDS for log in b.logs]
SILENT = {"flaky/013/rawjson.log", "flaky/014/plain.log", "flaky/014/gha.log"}

pytestmark = pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")


def test_the_lab_is_whole() -> None:
    assert len(BUILDS) == 105


@pytest.mark.parametrize(("build", "log"), LOGS)
def test_outcomes_are_true(build: Build, log: Path) -> None:
    assert started(steps_of(log)) == build.outcomes


@pytest.mark.parametrize(("build", "log"), LOGS)
def test_end_of_the_run_is_true(build: Build, log: Path) -> None:
    if f"{build}/{log.name}" in SILENT:
        pytest.skip("a parse error of the Dockerfile is not in the build history")
    assert runs_of(log)[Runs.outcome.name].to_list() == [build.outcome]


@pytest.mark.parametrize(("build", "log"), LOGS)
def test_durations_are_true(build: Build, log: Path) -> None:
    steps = instruction_steps(steps_of(log))
    said = dict(steps.select(Steps.name.name, Steps.duration_s.name).rows())
    printed_to_a_tenth = 0.001 if "rawjson" in log.name else 0.06
    assert {name: said.get(name) for name in build.durations} == pytest.approx(
        build.durations, rel=0, abs=printed_to_a_tenth
    )


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_formats_of_one_build_agree(build: Build) -> None:
    said = {log.name: started(steps_of(log)) for log in build.logs}
    assert said == dict.fromkeys(said, said["plain.log"])


@pytest.mark.parametrize("name", ["job.plain.log", "job.gha.log"])
def test_two_builds_of_one_job_are_two_runs(name: str) -> None:
    build = Build(LAB / "runs" / "flaky" / "015")
    parsed = cs.parse(build.folder / name)
    first, second = parsed.runs[Runs.run_id.name]
    assert started(parsed.steps.filter(Steps.run_id.col == first)) == build.outcomes
    assert len(started(parsed.steps.filter(Steps.run_id.col == second))) == 4


@pytest.mark.parametrize("name", ["parallel.plain.log", "parallel.gha.log"])
def test_interleaved_builds_are_warned_of(name: str) -> None:
    runs = cs.parse(LAB / "runs" / "flaky" / "016" / name).runs
    assert [] not in runs[Runs.warnings.name].to_list()
