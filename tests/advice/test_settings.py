"""Which ARG and ENV instructions changed: each rule of docs/measures.md."""

from __future__ import annotations

import pytest

from cachestats.schema import Cause
from tests.advice.told import Told, hit, root

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
    return {told.line(index) for index in settings.changed(told.builds[-1], hopeful=hopeful)}


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
