"""A Dockerfile made from logs."""

from __future__ import annotations

from dataclasses import replace

from cachestats.advice.sketch import VOLATILE, sketch
from cachestats.schema import Cause
from tests.advice.told import Told, hit, root

TEXT = "FROM alpine AS build\nRUN make\nFROM debian AS app\nCOPY --from=build /x /x\n"


def test_stages_stand_above_those_that_copy_from_them() -> None:
    told = Told(TEXT)
    build = told.ran({4: hit(), 2: hit()})
    steps = [replace(step, parents=(2,) if step.step_no == 4 else ()) for step in build.steps]
    told.builds[-1] = replace(build, steps=tuple(steps))
    history = replace(told.history, bases={"build": "FROM alpine:3", "app": "FROM debian:12"})
    made = sketch(history)
    assert made is not None
    assert made.text == (
        "FROM alpine:3 AS build\nRUN make\nFROM debian:12 AS app\nCOPY --from=build /x /x\n"
    )


def test_an_argument_stands_for_what_no_log_names() -> None:
    told = Told("FROM alpine\nRUN a\nRUN b\n")
    told.ran({2: hit(), 3: root(Cause.ENVIRONMENT_CHANGE)})
    made = sketch(told.history)
    assert made is not None
    assert made.text.splitlines()[1:] == ["RUN a", f"ARG {VOLATILE}", "RUN b"]


def test_no_runs_make_no_dockerfile() -> None:
    assert sketch(Told("FROM alpine\nRUN a\n").history) is None
