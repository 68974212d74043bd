"""Runs beside the Dockerfile that they were built from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cachestats.advice.dockerfile import Hints, parse
from cachestats.advice.matching import (
    hints_of,
    named_volatile,
    placed,
    told_by_file,
    volatile_settings,
)
from cachestats.advice.sketch import VOLATILE
from cachestats.schema import Cause
from tests.advice.told import Told, below, hit, root

if TYPE_CHECKING:
    from tests.advice.told import OfRun

CONTENT, ENVIRONMENT = Cause.CONTENT_CHANGE, Cause.ENVIRONMENT_CHANGE
TEXT = "FROM alpine\nARG COMMIT\nCOPY . .\nRUN apk add git curl\nRUN make test\n"


def test_a_layer_is_the_instruction_that_reads_so() -> None:
    told = Told(TEXT)
    assert placed(told.history, told.file) == told.places


def test_an_edited_instruction_is_the_most_similar_one_left() -> None:
    told = Told(TEXT)
    newer = parse(TEXT.replace("git curl", "git curl jq"))
    assert placed(told.history, newer) == told.places


def test_a_dockerfile_of_something_else_has_none_of_the_layers() -> None:
    told = Told(TEXT)
    assert placed(told.history, parse("FROM debian\nRUN mvn package\n")) == {}


@pytest.mark.parametrize(
    ("cause", "is_sure", "expected"),
    [
        (Cause.EVICTED, False, ENVIRONMENT),
        (Cause.NO_CACHE_FLAG, False, ENVIRONMENT),
        (Cause.EVICTED, True, Cause.EVICTED),
        (CONTENT, False, CONTENT),
    ],
)
def test_a_guess_gives_way_to_an_argument_that_follows_the_commit(
    *, cause: Cause, is_sure: bool, expected: Cause
) -> None:
    told = Told(TEXT)
    told.ran({4: root(cause, is_sure=is_sure), 5: below(cause, 4)}, commit="b", new_commit=True)
    (run,) = told_by_file(told.history, told.file, told.places).runs
    assert [run.ran[layer].root_cause for layer in ("L4", "L5")] == [expected, expected]


def test_a_guess_about_a_step_above_the_argument_stands() -> None:
    told = Told("FROM alpine\nRUN apk add git\nARG COMMIT\nRUN make\n")
    told.ran({2: root(Cause.EVICTED, is_sure=False)}, commit="b", new_commit=True)
    assert told_by_file(told.history, told.file, told.places).runs == tuple(told.runs)


def test_a_guess_stands_where_the_commit_is_the_same() -> None:
    told = Told(TEXT)
    told.ran({4: root(Cause.EVICTED, is_sure=False)}, commit="a")
    assert told_by_file(told.history, told.file, told.places).runs == tuple(told.runs)


def test_a_setting_is_volatile_by_its_name_or_if_it_changed_twice() -> None:
    told = Told("FROM alpine\nARG COMMIT\nARG CHANNEL\nRUN make\n")
    for _ in range(2):
        told.ran({4: root(ENVIRONMENT)})
    volatile, seen = volatile_settings(told.history, told.file, told.places)
    assert volatile == seen == {told.index(2), told.index(3)}
    once = replace(told.history, runs=told.history.runs[:1])
    assert volatile_settings(once, told.file, told.places)[0] == {told.index(2)}


def test_how_often_an_instruction_changes_is_counted_where_it_shows() -> None:
    told = Told(TEXT)
    told.ran({3: root(CONTENT), 4: below(CONTENT, 3), 5: below(CONTENT, 3)})
    told.ran({3: hit(), 4: hit(), 5: hit()})
    told.ran({3: root(Cause.COLD_BUILDER), 4: below(Cause.COLD_BUILDER, 3)})
    hints = hints_of(told.history, told.file, told.places, frozenset())
    assert hints.change_rate == {told.index(3): 0.5, told.index(4): 0.0, told.index(5): 0.0}
    assert set(hints.cost_s) == set(told.places.values())
    assert isinstance(hints, Hints)


def test_a_renamed_stage_and_a_removed_instruction_leave_the_others_in_place() -> None:
    told = Told("FROM alpine AS build\nRUN make\nCOPY a a\nRUN test\n")
    newer = parse("FROM alpine AS builder\nRUN make\nRUN test\n")
    assert placed(told.history, newer) == {"L2": 1, "L4": 2}


def test_an_edited_instruction_is_none_that_another_layer_reads_like() -> None:
    told = Told("FROM alpine\nRUN apk add git curl\nRUN apk add git curl jq\n")
    newer = parse("FROM alpine\nRUN apk add git curl\n")
    assert placed(told.history, newer) == {"L2": 1}


def test_an_argument_of_a_sketch_is_volatile_by_its_name() -> None:
    file = parse(f"FROM alpine\nARG {VOLATILE}\nARG CHANNEL\nENV GIT_SHA=x\nRUN make\n")
    assert named_volatile(file) == {1, 3}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [({}, ENVIRONMENT), ({"commit": "a"}, Cause.EVICTED), ({"new_commit": True}, ENVIRONMENT)],
    ids=["no commit is known", "the same commit", "another"],
)
def test_a_guess_stands_only_where_the_commit_is_known_to_be_the_same(
    facts: OfRun, expected: Cause
) -> None:
    told = Told(TEXT)
    told.ran({4: root(Cause.EVICTED, is_sure=False)}, **facts)
    (run,) = told_by_file(told.history, told.file, told.places).runs
    assert run.ran["L4"].cause == expected


def test_a_guess_about_a_copy_stands() -> None:
    told = Told(TEXT)
    told.ran({3: root(Cause.EVICTED, is_sure=False)}, new_commit=True)
    assert told_by_file(told.history, told.file, told.places).runs == tuple(told.runs)


def test_only_what_is_charged_to_the_guess_changes_with_it() -> None:
    told = Told("FROM alpine\nARG COMMIT\nRUN a\nRUN b\nRUN c\n")
    own = below(Cause.EVICTED, 3, cause=CONTENT)
    told.ran({3: root(Cause.EVICTED, is_sure=False), 4: own, 5: below(CONTENT, 9)}, new_commit=True)
    (run,) = told_by_file(told.history, told.file, told.places).runs
    assert [(ran.cause, ran.root_cause) for ran in run.ran.values()] == [
        (ENVIRONMENT, ENVIRONMENT),
        (CONTENT, ENVIRONMENT),
        (None, CONTENT),
    ]


NONE = frozenset[int]()


def test_a_line_that_was_added_was_seen_to_change_and_follows_nothing() -> None:
    told = Told("FROM alpine\nARG CHANNEL\nENV A=1\nRUN make\n")
    told.ran({4: root(ENVIRONMENT)}, dockerfile_grew=float(len("ENV A=1\n")))
    assert volatile_settings(told.history, told.file, told.places) == (NONE, frozenset({2}))


def test_an_edit_of_another_length_shows_no_single_line_to_have_changed() -> None:
    told = Told("FROM alpine\nARG CHANNEL\nENV A=1\nRUN make\n")
    told.ran({4: root(ENVIRONMENT)}, dockerfile_grew=3.0)
    assert volatile_settings(told.history, told.file, told.places) == (NONE, NONE)


def test_a_name_that_says_so_was_seen_to_change_only_if_any_setting_was() -> None:
    told = Told("FROM alpine\nARG COMMIT\nRUN make\n")
    told.ran({3: root(CONTENT)})
    assert volatile_settings(told.history, told.file, told.places) == (frozenset({1}), NONE)
    told.ran({3: root(ENVIRONMENT)})
    assert volatile_settings(told.history, told.file, told.places) == (
        frozenset({1}),
        frozenset({1}),
    )


HIDDEN = {3: below(Cause.EVICTED, 9), 4: below(Cause.EVICTED, 9), 9: root(Cause.EVICTED)}


@pytest.mark.parametrize(
    ("facts", "rate"),
    [
        pytest.param({"context": 9.0, "quiet_context": 2.0}, 0.5, id="files were sent"),
        pytest.param({"context": 2.0, "quiet_context": 2.0}, 0.0, id="none were"),
        pytest.param({"new_commit": True}, 0.5, id="another commit"),
        pytest.param({}, 0.0, id="unknown, and not counted"),
    ],
)
def test_whether_a_hidden_copy_changed(facts: OfRun, rate: float) -> None:
    told = Told(TEXT)
    told.ran({3: hit(), 4: hit()})
    told.ran(HIDDEN, **facts)
    hints = hints_of(told.history, told.file, told.places, frozenset())
    assert hints.change_rate == {told.index(3): rate, told.index(4): 0.0}


def test_whether_a_hidden_copy_from_a_stage_changed_is_not_known() -> None:
    told = Told("FROM alpine AS a\nRUN make\nFROM alpine\nCOPY --from=a /x /x\n")
    told.ran(
        {2: root(Cause.INSTRUCTION_EDIT), 4: below(Cause.INSTRUCTION_EDIT, 2)}, new_commit=True
    )
    hints = hints_of(told.history, told.file, told.places, frozenset())
    assert hints.change_rate == {told.index(2): 1.0}


@pytest.mark.parametrize(
    ("cause", "rate"),
    [
        (CONTENT, 1.0),
        (Cause.INSTRUCTION_EDIT, 1.0),
        (Cause.VOLATILE_VALUE, 1.0),
        (Cause.EVICTED, 0.0),
        (ENVIRONMENT, 0.0),
    ],
)
def test_an_instruction_changed_by_itself_for_some_causes_only(cause: Cause, rate: float) -> None:
    told = Told(TEXT)
    told.ran({4: root(cause), 5: below(CONTENT, 9, cause=cause)})
    hints = hints_of(told.history, told.file, told.places, frozenset({1}))
    assert hints.change_rate == {told.index(4): rate, told.index(5): rate}
    assert hints.volatile == frozenset({1})


def test_what_an_instruction_takes_is_the_most_that_any_of_its_layers_takes() -> None:
    told = Told("FROM alpine\nRUN make\n")
    layers = told.history.layers
    other = replace(layers["L2"], layer_id="other", baseline_s=25.0)
    history = replace(told.history, layers={"other": other, **layers})
    places = {"other": 1, "L2": 1}
    assert hints_of(history, told.file, places, frozenset()).cost_s == {1: 25.0}
