"""Which ARG and ENV instructions changed: each rule of docs/measures.md."""

from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import parse
from cachestats.advice.settings import settings_above
from cachestats.schema import Cause
from tests.advice.told import Told, below, hit, root

ENVIRONMENT = root(Cause.ENVIRONMENT_CHANGE)
TEXT = """\
FROM alpine
ARG COMMIT
ENV MODE=fast
RUN make
ENV LATE=1
RUN test
"""


def changed(told: Told, *volatile: int, hopeful: bool = True) -> set[int]:
    settings = told.settings(*volatile)
    return {told.line(index) for index in settings.changed(told.runs[-1], hopeful=hopeful)}


def test_an_argument_changed_where_the_dockerfile_is_as_long_as_before() -> None:
    told = Told(TEXT)
    told.ran({4: ENVIRONMENT, 6: hit()})
    assert changed(told) == set()  # what stands above a hit did not change


def test_what_stands_above_the_step_that_shows_it_changed() -> None:
    told = Told(TEXT)
    told.ran({4: ENVIRONMENT})
    assert changed(told) == {2}  # an ENV of a fixed value changes only with the file


def test_a_line_as_long_as_the_dockerfile_grew_was_added() -> None:
    told = Told(TEXT)
    told.ran({4: ENVIRONMENT}, dockerfile_grew=float(len("ENV MODE=fast\n")))
    assert changed(told) == {3}


def test_nothing_as_long_leaves_all_settings_above() -> None:
    told = Told(TEXT)
    told.ran({4: ENVIRONMENT}, dockerfile_grew=3.0)
    assert changed(told) == {2, 3}


def test_an_env_set_from_an_argument_is_set_from_outside() -> None:
    told = Told("FROM alpine\nARG COMMIT\nENV TAG=v-${COMMIT} MODE=x\nENV FIXED=1\nRUN make\n")
    told.ran({5: ENVIRONMENT})
    assert changed(told) == {2, 3}


@pytest.mark.parametrize(("new_commit", "expected"), [(True, {2}), (False, {2, 3})])
def test_what_follows_the_commit_changed_if_that_is_another(
    *, new_commit: bool, expected: set[int]
) -> None:
    told = Told("FROM alpine\nARG COMMIT\nARG CHANNEL\nRUN make\n")
    told.ran({4: ENVIRONMENT}, new_commit=new_commit)
    assert changed(told, 2) == expected


def test_a_setting_that_a_miss_may_hide_is_supposed_to_change_with_the_commit() -> None:
    told = Told(TEXT)
    told.ran({4: root(Cause.CONTENT_CHANGE)}, new_commit=True)
    assert changed(told, 2, hopeful=True) == set()
    assert changed(told, 2, hopeful=False) == {2}


def test_settings_of_the_stage_below_are_above_too() -> None:
    told = Told("FROM alpine AS base\nARG COMMIT\nFROM base\nARG LATER\nRUN make\n")
    told.ran({5: ENVIRONMENT})
    assert changed(told) == {2, 4}


def test_settings_of_another_stage_are_not() -> None:
    told = Told("FROM alpine AS other\nARG COMMIT\nRUN x\nFROM debian\nARG LATER\nRUN make\n")
    told.ran({6: ENVIRONMENT})
    assert changed(told) == {5}


GREW_BY_LATE = float(len("ENV LATE=1\n"))
MORE = """\
FROM alpine
ARG COMMIT
RUN make
ENV LATE=1
ENV TAG=$COMMIT
ARG CHANNEL
RUN test
"""


@pytest.mark.parametrize(
    ("grew", "new_commit", "expected"),
    [
        pytest.param(0.0, False, {5, 6}, id="none above a hit, none that only an edit changes"),
        pytest.param(0.0, True, {5}, id="what follows the commit"),
        pytest.param(GREW_BY_LATE, True, {4}, id="a new line explains it before the commit does"),
        pytest.param(GREW_BY_LATE + 50, False, {4, 5, 6}, id="another edit may have been any"),
        pytest.param(GREW_BY_LATE + 50, True, {5}, id="but rather what follows the commit"),
    ],
)
def test_below_a_step_that_hit(*, grew: float, new_commit: bool, expected: set[int]) -> None:
    told = Told(MORE)
    told.ran({3: hit(), 7: ENVIRONMENT}, dockerfile_grew=grew, new_commit=new_commit)
    assert {told.line(index) for index in told.settings(2, 5).roots(told.runs[0])} == expected


def test_a_line_of_that_length_above_a_hit_was_not_added() -> None:
    told = Told(TEXT)
    told.ran({4: hit(), 6: ENVIRONMENT}, dockerfile_grew=float(len("ENV MODE=fast\n")))
    assert changed(told) == {5}


def test_a_step_below_the_root_shows_a_setting_as_well() -> None:
    told = Told(TEXT)
    told.ran({4: root(Cause.EVICTED), 6: below(Cause.EVICTED, 4, cause=Cause.ENVIRONMENT_CHANGE)})
    assert changed(told) == {2}


def test_a_step_that_the_dockerfile_lacks_shows_none() -> None:
    told = Told(TEXT)
    told.ran({4: root(Cause.EVICTED), 9: ENVIRONMENT})
    assert changed(told) == set()


def test_an_env_is_set_from_outside_through_another() -> None:
    told = Told("FROM alpine\nARG SHA\nENV A=$SHA\nENV B=$A\nENV C=1\nRUN make\n")
    told.ran({6: ENVIRONMENT})
    assert changed(told) == {2, 3, 4}


def test_without_an_argument_it_is_any_of_those_above() -> None:
    told = Told("FROM alpine\nENV A=1\nENV B=2\nRUN make\n")
    told.ran({4: ENVIRONMENT})
    assert changed(told) == {2, 3}


def test_a_miss_above_hides_nothing_that_a_hit_rules_out() -> None:
    told = Told(MORE)
    told.ran({3: hit(), 7: root(Cause.CONTENT_CHANGE)}, new_commit=True)
    assert changed(told, 2, 6, hopeful=False) == {6}


def test_no_setting_of_the_commit_is_hidden_on_the_same_commit() -> None:
    told = Told(TEXT)
    told.ran({4: root(Cause.CONTENT_CHANGE)})
    assert changed(told, 2, hopeful=False) == set()


STAGES = """\
ARG BASE=debian
FROM $BASE AS base
ARG ONE
RUN make
FROM debian AS other
ARG TWO
FROM base
ENV THREE=3
RUN make test
ARG FOUR
"""


@pytest.mark.parametrize(("index", "above"), [(3, {2}), (8, {2, 7}), (0, set()), (9, {2, 7})])
def test_what_is_above_an_instruction(index: int, above: set[int]) -> None:
    assert set(settings_above(parse(STAGES), index)) == above


def test_a_copy_that_hit_says_nothing_of_the_settings_above_it() -> None:
    told = Told("FROM alpine\nARG COMMIT\nCOPY . .\nRUN make\n")
    told.ran({3: hit(), 4: ENVIRONMENT})
    assert changed(told) == {2}
