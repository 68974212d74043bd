"""Which instructions changed by themselves in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cachestats.advice.changes import WHOLE_RUN, Changes, View, is_forced
from cachestats.advice.dockerfile import EditKind, Hints, Part, rewrite
from cachestats.advice.side import Change, Side
from cachestats.schema import Cause
from tests.advice.told import Told, below, hit, root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachestats.advice.dockerfile import Instruction
    from cachestats.advice.history import Ran, Run
    from tests.advice.told import OfRan, OfRun

FILE = """\
FROM debian
ARG GIT_SHA
RUN make
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
RUN make test
"""
SHA, MAKE, MANIFEST, INSTALL, ALL, TEST = range(2, 8)
LIKELY, AGAINST, HOPEFUL = View.LIKELY, View.AGAINST, View.HOPEFUL
EDIT, CONTENT, ENVIRONMENT = (
    Cause.INSTRUCTION_EDIT,
    Cause.CONTENT_CHANGE,
    Cause.ENVIRONMENT_CHANGE,
)
OF_ONE_RUN = pytest.mark.parametrize("cause", sorted(WHOLE_RUN - {Cause.FIRST_SEEN}))
SENT: OfRun = {"quiet_context": 500.0, "context": 600.0}
NOT_SENT: OfRun = {"quiet_context": 500.0, "context": 500.0}


def ran(told: Told, lines: Mapping[int, Ran], facts: OfRun | None = None) -> Told:
    """Add a run in which all else hit."""
    hits = {told.line(index): hit() for index in told.places.values()}
    told.ran(hits | dict(lines), **(facts or {}))
    return told


def warm(lines: Mapping[int, Ran], facts: OfRun | None = None, text: str = FILE) -> Told:
    """One run in which all else hit."""
    return ran(Told(text), lines, facts)


def below_make(cause: Cause = EDIT, packages: str | None = None) -> dict[int, Ran]:
    """All that is below `RUN make` missed with it."""
    install: OfRan = {"packages": packages, "is_exact": True} if packages else {}
    return {
        MAKE: root(cause),
        MANIFEST: below(cause, MAKE),
        INSTALL: below(cause, MAKE, **install),
        ALL: below(cause, MAKE),
        TEST: below(cause, MAKE),
    }


def changes(told: Told, view: View = LIKELY, *volatile: int, hints: Hints | None = None) -> Changes:
    return Changes(told.evidence(hints), told.settings(*volatile), view)


def side(told: Told, change: Change | None = None) -> Side:
    return Side(change or Change(file=told.file), told.history, told.places)


def own(told: Told, line: int, change: Change | None = None, view: View = LIKELY) -> bool:
    """Whether the instruction of a line changed by itself in the newest run."""
    one = told.file.instructions[told.index(line)]
    newest = told.runs[-1]
    return changes(told, view).own(newest, side(told, change), one, newest.ran.get(f"L{line}"))


def copied(told: Told, view: View = LIKELY, hints: Hints | None = None) -> set[int]:
    """COPYs that brought other files in the newest run."""
    found, newest = changes(told, view, hints=hints), told.runs[-1]
    return {
        one.first_line
        for one in told.file.instructions
        if one.keyword == "COPY"
        and found.own(newest, side(told), one, newest.ran[f"L{one.first_line}"])
    }


@OF_ONE_RUN
def test_a_cause_of_the_whole_run_makes_all_change_that_it_hit(cause: Cause) -> None:
    told = warm({MAKE: root(cause), TEST: below(cause, MAKE)})
    assert [own(told, line) for line in (MAKE, INSTALL, TEST)] == [True, False, True]


@OF_ONE_RUN
def test_a_cured_one_makes_nothing_change(cause: Cause) -> None:
    told = warm({MAKE: root(cause), ALL: below(cause, MAKE), TEST: below(cause, MAKE)})
    cured = frozenset({cause})
    for change in (
        Change(file=told.file, cured=cured),
        Change(file=told.file, cured_in={"run0": cured}),
    ):
        assert not any(own(told, line, change) for line in (MAKE, ALL, TEST))
    assert own(told, MAKE, Change(file=told.file, cured_in={"run1": cured}))


def test_a_cured_cause_leaves_the_files_that_changed_beside_it() -> None:
    cold = Cause.COLD_BUILDER
    told = warm({MAKE: root(cold), ALL: below(cold, MAKE, cause=CONTENT), TEST: below(cold, MAKE)})
    change = Change(file=told.file, cured=frozenset({cold}))
    assert own(told, ALL, change)
    assert not own(told, TEST, change)


def test_a_first_build_is_a_matter_of_the_run_and_a_new_step_is_not() -> None:
    first = root(Cause.FIRST_SEEN)
    for told, forced in ((warm({MAKE: first}), False), (Told("FROM debian\n\nRUN make\n"), True)):
        run = told.runs[0] if told.runs else told.ran({MAKE: first})
        assert is_forced(run, run.ran["L3"]) is forced


def test_what_hit_did_not_change() -> None:
    told = warm({})
    assert not any(own(told, line) for line in (MAKE, MANIFEST, INSTALL, ALL, TEST))


def test_a_step_changed_that_missed_for_a_cause_of_its_own() -> None:
    told = warm({**below_make(), TEST: below(EDIT, MAKE, cause=EDIT)})
    assert [own(told, line) for line in (MAKE, INSTALL, TEST)] == [True, False, True]


def test_what_missed_with_a_step_that_is_not_in_the_dockerfile_would_miss_again() -> None:
    told = warm({9: root(Cause.EVICTED), TEST: below(Cause.EVICTED, 9)})
    assert own(told, TEST)
    assert not own(told, MAKE)


def test_an_environment_change_is_that_of_an_arg_in_scope() -> None:
    told = warm(below_make(ENVIRONMENT))
    moved = told.change(1, MAKE, MANIFEST, INSTALL, SHA, ALL, TEST)
    found = {
        one.first_line: changes(told).own(
            told.runs[0], side(told, moved), one, told.runs[0].ran[f"L{one.first_line}"]
        )
        for one in moved.file.instructions
        if one.keyword == "RUN"
    }
    assert found == {MAKE: False, INSTALL: False, TEST: True}


def test_an_environment_change_of_nothing_that_the_dockerfile_shows_stays_with_its_step() -> None:
    told = warm({MAKE: root(ENVIRONMENT)}, text=FILE.replace("ARG GIT_SHA", "LABEL a=b"))
    assert own(told, MAKE)


@pytest.mark.parametrize(("view", "changed"), [(AGAINST, True), (LIKELY, True), (HOPEFUL, False)])
def test_a_miss_may_hide_that_an_arg_followed_the_commit(view: View, *, changed: bool) -> None:
    told = warm(below_make(Cause.EVICTED), {"new_commit": True})
    test = told.file.instructions[told.index(TEST)]
    found = changes(told, view, SHA)
    assert found.own(told.runs[0], side(told), test, told.runs[0].ran["L7"]) is changed


# COPYs below a miss that hides them.


def two_runs(packages: str | None, facts: OfRun) -> Told:
    """An installation, and once more below a miss."""
    first = warm({INSTALL: root(Cause.FIRST_SEEN, packages="one", is_exact=True)})
    return ran(first, below_make(packages=packages), facts)


@pytest.mark.parametrize("view", View)
def test_no_copy_changed_if_no_file_was_sent(view: View) -> None:
    assert copied(two_runs("two", NOT_SENT), view) == set()


@pytest.mark.parametrize(
    ("view", "facts", "packages", "found"),
    [
        pytest.param(LIKELY, SENT, "one", {ALL}, id="sent"),
        pytest.param(LIKELY, SENT, "two", {MANIFEST, ALL}, id="sent, other packages"),
        pytest.param(LIKELY, {}, "one", set(), id="unknown"),
        pytest.param(LIKELY, {}, "two", {MANIFEST}, id="unknown, other packages"),
        pytest.param(LIKELY, {"new_commit": True}, "one", {ALL}, id="new commit"),
        pytest.param(AGAINST, {}, "one", {ALL}, id="against: unknown"),
        pytest.param(AGAINST, {}, None, {MANIFEST, ALL}, id="against: no packages"),
        pytest.param(HOPEFUL, {"new_commit": True}, "one", set(), id="hopeful: new commit"),
        pytest.param(HOPEFUL, SENT, "one", {ALL}, id="hopeful: sent"),
        pytest.param(HOPEFUL, SENT, "two", {MANIFEST}, id="hopeful: the manifest explains it"),
        pytest.param(
            LIKELY,
            {**SENT, "pulled_base_s": 3.0},
            "one",
            set(),
            id="a fresh builder is sent all or nothing",
        ),
    ],
)
def test_copies_below_a_miss(
    view: View, facts: OfRun, packages: str | None, found: set[int]
) -> None:
    assert copied(two_runs(packages, facts), view) == found


TWO = "FROM debian\nRUN make\nCOPY src src\nCOPY docs docs\n"
SRC, DOCS = 3, 4
HIDDEN = {2: root(EDIT), SRC: below(EDIT, 2), DOCS: below(EDIT, 2)}


@pytest.mark.parametrize(
    ("view", "src", "docs", "found"),
    [
        pytest.param(LIKELY, 0.6, 0.5, {SRC, DOCS}, id="all that change often"),
        pytest.param(LIKELY, 0.4, 0.3, {SRC}, id="else the one that changes most"),
        pytest.param(LIKELY, 0.3, 0.3, {DOCS}, id="of equal ones the lower"),
        pytest.param(HOPEFUL, 0.9, 0.8, {SRC}, id="hopeful: one"),
        pytest.param(AGAINST, 0.1, 0.2, {SRC, DOCS}, id="against: all"),
    ],
)
def test_of_several_hidden_copies(view: View, src: float, docs: float, found: set[int]) -> None:
    told = warm(HIDDEN, SENT, TWO)
    rates = {told.index(SRC): src, told.index(DOCS): docs}
    assert copied(told, view, Hints(change_rate=rates)) == found


def test_a_copy_that_hit_is_none_that_may_have_changed() -> None:
    told = warm({2: root(EDIT), DOCS: below(EDIT, 2)}, SENT, TWO)
    rates = {told.index(SRC): 0.4, told.index(DOCS): 0.3}
    assert copied(told, LIKELY, Hints(change_rate=rates)) == {DOCS}


@pytest.mark.parametrize(("view", "found"), [(AGAINST, {MANIFEST, ALL}), (LIKELY, {ALL})])
def test_a_manifest_of_as_many_packages_is_doubted_if_one_is_against_it(
    view: View, found: set[int]
) -> None:
    told = Told(FILE)
    counted = below(EDIT, MAKE, packages="npm 73")
    for _ in range(4):
        ran(told, {**below_make(), INSTALL: counted}, SENT)
    assert copied(told, view) == found


def test_a_copy_that_is_known_to_have_changed_explains_what_was_sent() -> None:
    told = warm({**HIDDEN, DOCS: below(EDIT, 2, cause=CONTENT)}, SENT, TWO)
    rates = {told.index(SRC): 0.4, told.index(DOCS): 0.4}
    assert copied(told, LIKELY, Hints(change_rate=rates)) == {DOCS}


def test_what_is_copied_from_a_stage_changes_with_that_stage_alone() -> None:
    text = "FROM debian AS base\nRUN make\nFROM debian\nCOPY --from=base /out /out\n"
    told = warm({2: root(EDIT), 4: below(EDIT, 2)}, SENT, text)
    assert not own(told, 4, view=AGAINST)


# Parts that the new Dockerfile has and the old one has not.


COPY_ALL = "FROM debian\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"


def installed(told: Told, packages: str | None) -> Run:
    """Another run in which the COPY changed."""
    facts: OfRan = {"packages": packages, "is_exact": True} if packages else {}
    ran(told, {3: root(CONTENT), 4: below(CONTENT, 3, **facts)})
    return told.runs[-1]


def alone(told: Told) -> tuple[Side, Instruction]:
    """The COPY of the manifest alone, and the Dockerfile that has it."""
    made = rewrite(told.file, Hints(kinds=frozenset({EditKind.SPLIT_COPY}))).dockerfile
    (one,) = [one for one in made.instructions if one.part == Part.MANIFEST]
    return side(told, Change(file=made)), one


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize(("packages", "changed"), [("one", False), ("two", True)])
def test_a_manifest_changed_if_other_packages_were_installed(
    view: View, packages: str, *, changed: bool
) -> None:
    told = Told(COPY_ALL)
    installed(told, "one")
    run = installed(told, packages)
    new, manifest = alone(told)
    assert changes(told, view).own(run, new, manifest, run.ran["L3"]) is changed


@pytest.mark.parametrize(("view", "changed"), [(AGAINST, True), (LIKELY, False), (HOPEFUL, False)])
def test_a_manifest_of_unknown_packages_changed_at_worst(view: View, *, changed: bool) -> None:
    told = Told(COPY_ALL)
    run = installed(told, None)
    new, manifest = alone(told)
    assert changes(told, view).own(run, new, manifest, run.ran["L3"]) is changed


def test_what_a_change_adds_misses_with_the_next_step_that_was_there() -> None:
    cold = Cause.COLD_BUILDER
    told = warm({MAKE: root(cold), TEST: below(cold, MAKE)})
    added = {line: told.file.instructions[told.index(line)] for line in (SHA, MANIFEST, ALL, TEST)}
    found = {
        line: changes(told).own(told.runs[0], side(told), one, None) for line, one in added.items()
    }
    # Below the first is `RUN make`, below MANIFEST an installation that hit, below TEST nothing.
    assert found == {SHA: True, MANIFEST: False, ALL: True, TEST: False}
    edited = warm(below_make())
    assert not changes(edited).own(edited.runs[0], side(edited), added[SHA], None)


def test_what_a_change_adds_looks_past_steps_that_are_not_in_the_run() -> None:
    told = Told("FROM debian\nARG A\nRUN make\nRUN test\n")
    told.ran({4: root(Cause.COLD_BUILDER)})
    arg = told.file.instructions[told.index(2)]
    assert changes(told).own(told.runs[0], side(told), arg, None)


def test_what_is_added_at_the_end_of_a_stage_does_not_miss_with_the_next_stage() -> None:
    cold = Cause.COLD_BUILDER
    told = Told("FROM debian\nRUN make\nARG A\nFROM debian\nRUN test\n")
    told.ran({2: hit(), 5: root(cold)})
    arg = told.file.instructions[told.index(3)]
    assert not changes(told).own(told.runs[0], side(told), arg, None)


@pytest.mark.parametrize(("step", "copy"), [(INSTALL, MANIFEST), (TEST, ALL)])
def test_a_run_that_mounts_what_was_copied_changes_with_it(step: int, copy: int) -> None:
    told = two_runs("one", {})
    packages: OfRan = {"packages": "two", "is_exact": True}
    ran(told, {copy: root(CONTENT), step: below(CONTENT, copy, **packages)})
    change = Change(file=told.file, mounted={told.index(step): told.index(copy)})
    assert own(told, step, change)
    ran(told, {})
    assert not own(told, step, change)


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize(("copied", "changed"), [("reqs.txt", True), ("reqs.txt src/", False)])
def test_a_mount_of_all_that_was_copied_changes_whatever_is_installed(
    view: View, copied: str, *, changed: bool
) -> None:
    install, mount = "pip install -r reqs.txt", "--mount=type=bind,source=./reqs.txt,target=/r"
    told = Told(f"FROM debian\nWORKDIR /app\nCOPY {copied} ./\nRUN {install}\n")
    for _ in range(2):
        installed(told, "one")
    made = Told(told.text.replace("RUN", f"RUN {mount}")).file
    change = Change(file=made, mounted={told.index(4): told.index(3)})
    found = changes(told, view).own(
        told.runs[-1], side(told, change), made.instructions[-1], told.runs[-1].ran["L4"]
    )
    assert found is changed


def test_an_installation_that_mounts_more_than_its_manifest_changes_with_its_packages() -> None:
    told = Told(COPY_ALL)
    for packages in ("one", "one"):
        installed(told, packages)
    change = Change(file=told.file, mounted={told.index(4): told.index(3)})
    assert not own(told, 4, change)
    installed(told, "two")
    assert own(told, 4, change)
