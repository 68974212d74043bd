"""Which stage is built on which, as Dockerfiles tell."""

from __future__ import annotations

import pytest

from cachestats.advice.stages import BASES, stage_bases
from cachestats.errors import UsageError
from tests import builders

TEXT = "FROM alpine AS base\nRUN make\nFROM base\nRUN test\nFROM debian AS final\nRUN lint\n"
RUNS = builders.runs(run_id=["r1", "r2"], project=["web", "api"])
STEPS = builders.steps(
    run_id=["r1", "r1", "r2"],
    step_no=[1, 2, 1],
    text=["RUN make", "RUN test", "RUN lint"],
    layer_id=["l1", "l2", "l3"],
)
BUILT_ON = [
    ("base", None),
    ("stage-1", "base"),
    # A log may have no name for it.
    (None, "base"),
    ("final", None),
]


def test_each_stage_under_the_names_that_logs_have_for_it() -> None:
    found = stage_bases({"web": TEXT}, STEPS, RUNS)
    assert found.rows() == [("web", stage, base) for stage, base in BUILT_ON]
    assert found.schema == BASES


def test_a_dockerfile_of_no_project_is_of_that_which_has_most_of_its_layers() -> None:
    assert set(stage_bases({None: TEXT}, STEPS, RUNS)["project"]) == {"web"}
    assert set(stage_bases({None: "FROM debian\nRUN lint\n"}, STEPS, RUNS)["project"]) == {"api"}


def test_of_equal_projects_it_is_the_first_by_name() -> None:
    text = "FROM alpine\nRUN make\nRUN lint\n"
    assert set(stage_bases({None: text}, STEPS, RUNS)["project"]) == {"api"}


def test_without_runs_it_is_of_none() -> None:
    empty = builders.steps(run_id=[]), builders.runs(run_id=[])
    assert stage_bases({None: "FROM alpine\nRUN make\n"}, *empty).rows() == [
        (None, "stage-0", None),
        (None, None, None),
    ]


def test_no_dockerfile_tells_nothing() -> None:
    assert stage_bases({}, STEPS, RUNS).rows() == []


def test_what_is_no_dockerfile_is_an_error() -> None:
    with pytest.raises(UsageError):
        stage_bases({"web": "MAKE it so\n"}, STEPS, RUNS)
