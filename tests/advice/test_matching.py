"""Runs beside the Dockerfile that they were built from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cachestats.advice.dockerfile import Hints, parse
from cachestats.advice.matching import hints_of, placed, told_by_file, volatile_settings
from cachestats.schema import Cause
from tests.advice.told import Told, below, hit, root

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
    (build,) = told_by_file(told.history, told.file, told.places).builds
    assert [build.ran[layer].root_cause for layer in ("L4", "L5")] == [expected, expected]


def test_a_guess_about_a_step_above_the_argument_stands() -> None:
    told = Told("FROM alpine\nRUN apk add git\nARG COMMIT\nRUN make\n")
    told.ran({2: root(Cause.EVICTED, is_sure=False)}, commit="b", new_commit=True)
    assert told_by_file(told.history, told.file, told.places).builds == tuple(told.builds)


def test_a_guess_stands_where_the_commit_is_the_same() -> None:
    told = Told(TEXT)
    told.ran({4: root(Cause.EVICTED, is_sure=False)}, commit="a")
    assert told_by_file(told.history, told.file, told.places).builds == tuple(told.builds)


def test_a_setting_is_volatile_by_its_name_or_if_it_changed_twice() -> None:
    told = Told("FROM alpine\nARG COMMIT\nARG CHANNEL\nRUN make\n")
    for _ in range(2):
        told.ran({4: root(ENVIRONMENT)})
    volatile, seen = volatile_settings(told.history, told.file, told.places)
    assert volatile == seen == {told.index(2), told.index(3)}
    once = replace(told.history, builds=told.history.builds[:1])
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
