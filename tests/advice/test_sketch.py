"""A Dockerfile made from logs."""

from __future__ import annotations

from dataclasses import replace

from cachestats.advice.sketch import VOLATILE, sketch
from cachestats.schema import Cause
from tests.advice.told import Told, hit, root

TEXT = "FROM alpine AS build\nRUN make\nFROM debian AS app\nCOPY --from=build /x /x\n"


def test_stages_stand_above_those_that_copy_from_them() -> None:
    told = Told(TEXT)
    run = told.ran({4: hit(), 2: hit()})
    steps = [replace(step, parents=(2,) if step.step_no == 4 else ()) for step in run.steps]
    told.runs[-1] = replace(run, steps=tuple(steps))
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


def stages(text: str, above: dict[int, tuple[int, ...]], **known: str) -> str | None:
    """The sketch of a run of all steps, which are built on those of these lines."""
    told = Told(text)
    run = told.ran({told.line(index): hit() for index in told.places.values()})
    steps = [replace(step, parents=above.get(step.step_no, ())) for step in run.steps]
    told.runs[-1] = replace(run, steps=tuple(steps))
    bases: dict[str | None, str] = dict(known.items())
    made = sketch(replace(told.history, bases=bases))
    return None if made is None else made.text


def test_a_stage_without_an_image_of_its_own_is_built_on_the_stage_of_its_first_parent() -> None:
    text = "FROM alpine AS base\nRUN a\nFROM base AS app\nRUN b\n"
    assert stages(text, {4: (2,)}, base="FROM alpine:3") == (
        "FROM alpine:3 AS base\nRUN a\nFROM base AS app\nRUN b\n"
    )


def test_a_stage_of_which_nothing_is_known_is_built_on_any_image_or_none() -> None:
    text = "FROM alpine AS one\nRUN a\nFROM alpine AS two\nRUN b\n"
    assert stages(text, {}, one="FROM alpine:3") == (
        "FROM alpine:3 AS one\nRUN a\nFROM alpine:3 AS two\nRUN b\n"
    )
    assert stages("FROM alpine\nRUN a\n", {}) == "FROM scratch\nRUN a\n"


def test_an_image_is_named_without_its_digest() -> None:
    told = Told("FROM alpine\nRUN a\n")
    told.ran({2: hit()})
    digest = "FROM docker.io/library/alpine:3@sha256:" + "ab" * 32
    made = sketch(replace(told.history, bases={None: digest}))
    assert made is not None
    assert made.stages[0].base == "docker.io/library/alpine:3"


def test_stages_that_need_each_other_are_written_as_they_come() -> None:
    text = "FROM alpine AS one\nCOPY --from=two /x /x\nFROM alpine AS two\nCOPY --from=one /y /y\n"
    made = stages(text, {2: (4,), 4: (2,)}, one="FROM a", two="FROM b")
    assert made is not None
    assert [line for line in made.splitlines() if line.startswith("FROM")] == [
        "FROM a AS one",
        "FROM b AS two",
    ]


def test_steps_stand_in_their_order_in_the_log_names() -> None:
    told = Told("FROM alpine\nRUN a\nRUN b\n")
    told.ran({3: hit(), 2: hit()})
    made = sketch(told.history)
    assert made is not None
    assert made.text.splitlines()[1:] == ["RUN a", "RUN b"]


def test_the_run_that_shows_most_is_taken() -> None:
    told = Told("FROM alpine\nRUN a\nRUN b\n")
    told.ran({2: hit(), 3: hit()})
    told.ran({2: hit()})
    made = sketch(told.history)
    assert made is not None
    assert len(made.instructions) == 3


def test_only_one_image_of_a_run_is_sketched() -> None:
    told = Told("FROM alpine\nRUN a\nRUN b\n")
    told.ran({2: hit(), 3: hit()})
    layers = told.history.layers
    other = {**layers, "L3": replace(layers["L3"], image=("other", None))}
    made = sketch(replace(told.history, layers=other))
    assert made is not None
    assert made.text == "FROM scratch\nRUN a\n"


def with_text(text: str) -> str | None:
    told = Told("FROM alpine\nRUN a\n")
    told.ran({2: hit()})
    layers = {"L2": replace(told.history.layers["L2"], text=text)}
    made = sketch(replace(told.history, layers=layers))
    return None if made is None else made.instructions[1].text


def test_of_a_heredoc_the_first_line_is_left() -> None:
    assert with_text("RUN <<EOF (make all)") == "RUN EOF (make all)"
    assert with_text("RUN a\n  b") == "RUN a b"


def test_what_no_dockerfile_can_say_makes_none() -> None:
    assert with_text("MAKE it so") is None


def test_a_run_without_layers_makes_none() -> None:
    told = Told("FROM alpine\nRUN a\n")
    told.ran({})
    assert sketch(told.history) is None
