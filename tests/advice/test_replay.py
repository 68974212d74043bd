"""What runs would have executed on another Dockerfile: one fact each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cachestats.advice.dockerfile import EditKind, Hints, rewrite
from cachestats.advice.replay import Change
from cachestats.schema import Cause
from tests.advice.told import SECONDS, Told, below, hit, root

CONTENT, EVICTED, COLD = Cause.CONTENT_CHANGE, Cause.EVICTED, Cause.COLD_BUILDER
COPY_FIRST = "FROM alpine\nCOPY src src\nRUN apk add git\nRUN make\n"
SPLIT = "FROM python\nCOPY . /app/\nRUN pip install -r /app/requirements.txt\nRUN make\n"


def saved(told: Told, change: Change, *volatile: int) -> tuple[float, float, float]:
    """Machine time that a change would have saved."""
    machine, _ = told.replayed(*volatile).saved(change)
    return machine.low, machine.mid, machine.high


def split(told: Told) -> Change:
    return Change(file=rewrite(told.file, Hints(kinds=frozenset({EditKind.SPLIT_COPY}))).dockerfile)


def test_no_change_saves_nothing() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(CONTENT), 3: below(CONTENT, 2), 4: below(CONTENT, 2)})
    assert saved(told, Change(file=told.file)) == (0.0, 0.0, 0.0)


def test_a_step_above_what_changed_hits() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(CONTENT), 3: below(CONTENT, 2), 4: below(CONTENT, 2)})
    low, mid, high = saved(told, told.change(1, 3, 2, 4))
    assert mid == SECONDS
    assert low < mid < high


def test_a_step_that_changed_by_itself_is_executed_wherever_it_stands() -> None:
    told = Told(COPY_FIRST)
    edited = below(CONTENT, 2, cause=Cause.INSTRUCTION_EDIT)
    told.ran({2: root(CONTENT), 3: edited, 4: below(CONTENT, 2)})
    assert saved(told, told.change(1, 3, 2, 4)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "cause",
    [
        COLD,
        Cause.IMPORT_FAILED,
        Cause.IMPORT_EMPTY,
        Cause.NOT_EXPORTED,
        Cause.NO_CACHE_FLAG,
        Cause.BASE_IMAGE_UPDATE,
        Cause.FIRST_SEEN,
    ],
)
def test_no_order_helps_against_what_holds_for_the_whole_run(cause: Cause) -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(cause), 3: below(cause, 2), 4: below(cause, 2)})
    assert saved(told, told.change(1, 3, 2, 4)) == (0.0, 0.0, 0.0)


def test_a_new_instruction_is_no_first_build() -> None:
    told = Told(COPY_FIRST)
    new = Cause.FIRST_SEEN
    told.ran({2: root(new), 3: below(new, 2), 4: hit()})
    assert saved(told, told.change(1, 3, 2, 4))[1] == SECONDS


def test_a_cured_cause_spares_what_missed_for_it() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(COLD), 3: below(COLD, 2), 4: below(COLD, 2)})
    cured = Change(file=told.file, cured=frozenset({COLD}))
    assert saved(told, cured)[1] == 3 * SECONDS


def test_a_cure_for_one_run_is_none_for_the_others() -> None:
    told = Told(COPY_FIRST)
    for _ in range(3):
        told.ran({2: root(COLD), 3: below(COLD, 2), 4: below(COLD, 2)})
    cured = Change(file=told.file, cured_in={"run1": frozenset({COLD})})
    assert saved(told, cured)[1] == 3 * SECONDS


def test_a_step_that_the_dockerfile_lacks_stays_with_all_that_missed_for_it() -> None:
    told = Told(COPY_FIRST)
    run = told.ran({2: hit(), 3: below(EVICTED, 50), 4: below(EVICTED, 50)})
    told.runs[-1] = replace(run, ran={**run.ran, "gone": root(EVICTED, 50)})
    assert saved(told, told.change(1, 2, 4, 3)) == (0.0, 0.0, 0.0)


def test_what_neither_dockerfile_explains_stays_as_it_was() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: hit(), 3: hit(), 4: below(EVICTED, 3)})
    assert saved(told, told.change(1, 3, 2, 4)) == (0.0, 0.0, 0.0)


def test_what_is_moved_below_a_step_that_the_dockerfile_lacks_misses_with_it() -> None:
    told = Told(COPY_FIRST)
    run = told.ran({2: hit(), 3: below(EVICTED, 50), 4: below(EVICTED, 50)})
    told.runs[-1] = replace(run, ran={**run.ran, "gone": root(EVICTED, 50)})
    assert saved(told, told.change(1, 3, 2, 4))[1] == -SECONDS


def test_a_manifest_of_which_nothing_is_known_changed_if_one_is_against_it() -> None:
    told = Told(SPLIT)
    for _ in range(4):
        told.ran({2: root(CONTENT), 3: below(CONTENT, 2), 4: below(CONTENT, 2)})
    low, mid, _ = saved(told, split(told))
    assert mid == 4 * SECONDS
    assert low < 0.45 * mid


def test_a_manifest_that_is_parted_changed_if_other_packages_were_installed() -> None:
    told = Told(SPLIT)
    for packages in ("a", "a", "b"):
        install = below(CONTENT, 2, packages=packages, is_exact=True)
        told.ran({2: root(CONTENT), 3: install, 4: below(CONTENT, 2)})
    low, mid, high = saved(told, split(told))
    # Of the first nobody knows: it is for the change in one view and against it in another.
    assert mid == 2 * SECONDS
    assert low < mid <= high


def test_equal_numbers_of_packages_are_doubted_one_time_in_three() -> None:
    told = Told(SPLIT)
    for _ in range(4):
        install = below(CONTENT, 2, packages="npm 73")
        told.ran({2: root(CONTENT), 3: install, 4: below(CONTENT, 2)})
    packages = [
        [told.evidence().other_packages(run, told.index(2), doubted=doubted)]
        for doubted in (False, True)
        for run in told.runs
    ]
    assert [one for (one,) in packages] == [None, False, False, False, None, False, False, True]


def test_a_mounted_manifest_is_not_all_that_was_copied() -> None:
    told = Told(
        "FROM python AS build\nCOPY . /app/\nRUN pip install -r /app/requirements.txt\n"
        "FROM alpine\nCOPY --from=build /opt /opt\n"
    )
    for _ in range(2):
        told.ran({2: root(CONTENT), 3: below(CONTENT, 2, packages="a", is_exact=True)})
    made = rewrite(told.file, Hints(kinds=frozenset({EditKind.BIND_MOUNT, EditKind.SPLIT_COPY})))
    install, copy = told.index(3), told.index(2)
    change = Change(file=made.dockerfile, mounted={install: copy})
    assert saved(told, change)[1] >= SECONDS


def test_a_volatile_argument_below_the_installation_spares_it() -> None:
    told = Told("FROM alpine\nARG COMMIT\nRUN apk add git\nRUN make\n")
    environment = Cause.ENVIRONMENT_CHANGE
    for _ in range(3):
        told.ran({3: root(environment), 4: below(environment, 3)}, new_commit=True)
    low, mid, _ = saved(told, told.change(1, 3, 2, 4), 2)
    assert mid == 3 * SECONDS
    assert low > 0


def test_one_of_several_files_that_may_have_changed_is_taken() -> None:
    text = "FROM alpine\nRUN make\nCOPY a a\nCOPY b b\nRUN test\n"
    told = Told(text)
    hidden = {3: below(EVICTED, 2), 4: below(EVICTED, 2), 5: below(EVICTED, 2)}
    told.ran({2: hit(), 3: hit(), 4: root(CONTENT), 5: below(CONTENT, 4)}, context=90.0)
    told.ran({2: root(EVICTED), **hidden}, context=90.0, quiet_context=10.0)
    hints = Hints(change_rate={told.index(3): 0.2, told.index(4): 0.3})
    replay = told.replayed(hints=hints)
    cured = Change(file=told.file, cured=frozenset({EVICTED}))
    # Had RUN make hit, COPY b, which changes more often, and RUN test would have missed.
    assert replay.saved(cured)[0].mid == 2 * SECONDS


def test_a_context_as_small_as_ever_brought_no_other_file() -> None:
    told = Told("FROM alpine\nRUN make\nCOPY a a\nRUN test\n")
    misses = {2: root(EVICTED), 3: below(EVICTED, 2), 4: below(EVICTED, 2)}
    told.ran(misses, context=10.0, quiet_context=10.0)
    cured = Change(file=told.file, cured=frozenset({EVICTED}))
    assert saved(told, cured)[1] == 3 * SECONDS


def test_what_stands_on_a_step_that_is_not_in_a_run_stands_on_what_is_above_it() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(CONTENT), 4: below(CONTENT, 2)})
    assert saved(told, told.change(1, 4, 2, 3))[1] == SECONDS
    assert saved(told, told.change(1, 3, 2, 4)) == (0.0, 0.0, 0.0)


def test_what_hit_hits_below_a_step_that_is_not_in_the_run() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: hit(), 3: hit()})
    assert saved(told, told.change(1, 2, 4, 3)) == (0.0, 0.0, 0.0)


def test_what_a_failing_run_did_not_come_to_costs_and_saves_nothing() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(CONTENT), 3: below(CONTENT, 2)})
    assert saved(told, told.change(1, 3, 4, 2))[1] == SECONDS


def test_a_step_of_an_image_that_a_run_did_not_build_is_left_out() -> None:
    told = Told(COPY_FIRST)
    told.ran({2: root(CONTENT), 3: below(CONTENT, 2), 4: below(CONTENT, 2)})
    told.ran({3: hit(), 4: hit()})
    assert saved(told, told.change(1, 3, 2, 4))[1] == SECONDS


def test_no_runs_save_nothing() -> None:
    told = Told(COPY_FIRST)
    assert saved(told, told.change(1, 3, 2, 4)) == (0.0, 0.0, 0.0)
