"""What to change in the Dockerfile of a project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cachestats.advice.dockerfile import EditKind, parse
from cachestats.advice.document import SuggestionKind
from cachestats.advice.plan import JOINT, NO_COMMIT, NO_DOCKERFILE, NO_SAVING, Plan, planned, saving
from cachestats.advice.spread import Range
from cachestats.schema import Cause
from tests.advice.told import Told, below, hit, root

CONTENT, COLD = Cause.CONTENT_CHANGE, Cause.COLD_BUILDER
TEXT = """\
FROM python
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN make
"""
REFUSED = """\
FROM python
WORKDIR /app
COPY src src
RUN apt-get install -y git
RUN ./prepare.sh
RUN apt-get install -y curl
"""
ALL = frozenset(EditKind)


def runs(number: int = 3, *, seconds: float = 10.0, commit: str | None = "c") -> Told:
    """Runs in which a file changed, and once more each package."""
    told = Told(TEXT)
    for no in range(number):
        install = replace(below(CONTENT, 3), packages="a", is_exact=True, seconds=seconds)
        lines = {2: hit(), 3: root(CONTENT), 4: install, 5: below(CONTENT, 3)}
        run = told.ran(lines, new_commit=True)
        told.runs[-1] = replace(run, commit=commit and f"{commit}{no}")
    return told


def plan_of(told: Told, *, is_given: bool = True) -> Plan:
    found = planned(told.history, told.file if is_given else None)
    assert found is not None
    return found


def test_each_kind_that_saves_is_suggested_once_by_name() -> None:
    found = plan_of(runs()).chosen(ALL).suggestions
    kinds = [one.kind for one in found]
    assert kinds == sorted(kinds)
    assert {SuggestionKind.SPLIT_COPY, SuggestionKind.CACHE_MOUNT} <= set(kinds)
    assert [one.id for one in found] == [f"web/{kind}" for kind in kinds]
    assert plan_of(runs()).chosen(ALL).suggestions == found


def test_only_kinds_that_were_asked_for_are_suggested() -> None:
    kinds = frozenset({EditKind.SPLIT_COPY, EditKind.MOVE_VOLATILE})
    found = plan_of(runs()).chosen(kinds).suggestions
    assert [one.kind for one in found] == [SuggestionKind.SPLIT_COPY]


@pytest.mark.parametrize(("seconds", "count"), [(0.011, 1), (0.009, 0)])
def test_less_than_a_hundredth_of_a_second_per_run_is_no_advice(seconds: float, count: int) -> None:
    # Of the first of a thousand runs nobody knows whether the packages are new.
    found = plan_of(runs(50, seconds=seconds)).chosen(frozenset({EditKind.SPLIT_COPY})).suggestions
    assert len(list(found)) == count


def test_a_suggestion_tells_of_the_layers_that_it_touches() -> None:
    (one,) = plan_of(runs(seconds=12.0)).chosen(frozenset({EditKind.SPLIT_COPY})).suggestions
    assert set(one.layer_ids) == {"L3", "L4"}
    assert one.title == one.recommendation
    assert one.rationale[0].startswith("`RUN pip install -r requirements.txt` missed in 3 of 3")
    assert one.machine_s.mid == 36.0


def test_a_cache_mount_comes_with_its_caveat() -> None:
    (one,) = plan_of(runs()).chosen(frozenset({EditKind.CACHE_MOUNT})).suggestions
    assert "no remote cache carries it to a fresh runner" in one.caveats[-1]
    assert NO_SAVING not in one.caveats


def test_what_saves_machine_time_and_costs_wall_time_says_so() -> None:
    told = Told("FROM alpine\nWORKDIR /app\nCOPY src src\nRUN apk add git\n")
    told.ran(
        {2: hit(), 3: root(CONTENT), 4: below(CONTENT, 3)},
        pulled_base_s=40.0,
        imports=frozenset({"gha"}),
    )
    (one,) = plan_of(told).chosen(frozenset({EditKind.REORDER})).suggestions
    assert (one.machine_s.mid, one.wall_s.mid) == (10.0, -30.0)
    assert one.caveats[0] == NO_SAVING


@pytest.mark.parametrize(
    ("is_given", "commit", "missing"),
    [
        (True, "c", ()),
        (True, None, (NO_COMMIT,)),
        (False, "c", (NO_DOCKERFILE,)),
        (False, None, (NO_DOCKERFILE, NO_COMMIT)),
    ],
)
def test_what_would_make_it_sharper(
    *, is_given: bool, commit: str | None, missing: tuple[str, ...]
) -> None:
    plan = plan_of(runs(commit=commit), is_given=is_given)
    assert tuple(plan.missing()) == missing
    assert all(one.missing_inputs == missing for one in plan.chosen(ALL).suggestions)


def test_one_run_of_a_known_commit_is_enough_to_ask_for_no_more() -> None:
    told = runs(commit=None)
    told.runs[1] = replace(told.runs[1], commit="c")
    assert tuple(plan_of(told).missing()) == ()


def test_a_refused_edit_is_told_of_a_dockerfile_at_hand_alone() -> None:
    told = Told(REFUSED)
    told.ran({2: hit(), 3: root(CONTENT), **{line: below(CONTENT, 3) for line in (4, 5, 6)}})
    reorder = frozenset({EditKind.REORDER})
    (given,), (sketched,) = (
        plan_of(told, is_given=is_given).chosen(reorder).suggestions for is_given in (True, False)
    )
    assert given.caveats == ("line 5 stays above line 6: nobody knows which files line 5 writes",)
    assert sketched.caveats == ()
    assert "line" not in sketched.recommendation


def test_several_edits_of_a_kind_are_one_suggestion() -> None:
    told = Told("FROM alpine\nRUN apk add git\nRUN pip install flask\n")
    told.ran({2: root(CONTENT), 3: below(CONTENT, 2)})
    (one,) = plan_of(told).chosen(frozenset({EditKind.CACHE_MOUNT})).suggestions
    assert one.title.endswith("(and 1 more)")
    assert len(one.recommendation.split("; ")) == 2


IDLE = """\
FROM debian AS tools
COPY tools /opt/x/tools
RUN apt-get update && apt-get install -y git
FROM python
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
"""


def test_no_edit_is_made_that_no_suggestion_names() -> None:
    told = Told(IDLE)
    for no in range(20):
        install = below(CONTENT, 6, packages="a", is_exact=True)
        system = replace(below(CONTENT, 2), seconds=0.11)
        tools = {2: root(CONTENT), 3: system} if no == 7 else {2: hit(), 3: hit()}
        lines = {**tools, 5: hit(), 6: root(CONTENT), 7: install}
        told.ran(lines, commit=str(no), new_commit=True)
    plan = plan_of(told)
    every = plan.rewritten(frozenset({EditKind.REORDER, EditKind.SPLIT_COPY}))
    assert {edit.kind for edit in every.edits} == {EditKind.REORDER, EditKind.SPLIT_COPY}
    chosen = plan.chosen(frozenset({EditKind.REORDER, EditKind.SPLIT_COPY}))
    (one,) = chosen.suggestions
    assert one.kind == SuggestionKind.SPLIT_COPY
    assert chosen.made.text == plan.rewritten(frozenset({EditKind.SPLIT_COPY})).text
    assert one.machine_s == saving(plan.saved(chosen.made)[0])


def test_each_edit_that_is_made_is_named_by_the_suggestion_of_its_kind() -> None:
    chosen = plan_of(runs()).chosen(ALL)
    named = {str(one.kind): one.recommendation.split("; ") for one in chosen.suggestions}
    made = {kind: [e.title for e in chosen.made.edits if e.kind == kind] for kind in named}
    assert made == named
    assert sum(map(len, named.values())) == len(chosen.made.edits)


BOTH = """\
FROM alpine AS version
ARG GIT_SHA
RUN ./version.sh
FROM python AS app
ARG GIT_SHA
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
"""


def test_what_saves_only_beside_another_change_is_suggested_with_that() -> None:
    told = Told(BOTH)
    env = Cause.ENVIRONMENT_CHANGE
    for no in range(4):
        install = below(CONTENT, 7, packages="a", is_exact=True)
        lines = {3: root(env), 6: hit(), 7: root(CONTENT), 8: install}
        told.ran(lines, commit=str(no), new_commit=True)
    kinds = frozenset({EditKind.SPLIT_COPY, EditKind.MOVE_VOLATILE})
    plan = plan_of(told)
    assert all(plan.chosen(frozenset({kind})).suggestions == () for kind in kinds)
    chosen = plan.chosen(kinds)
    together = saving(plan.saved(chosen.made)[0])
    assert together.mid > 0
    assert [one.kind for one in chosen.suggestions] == ["move_volatile", "split_copy"]
    for one in chosen.suggestions:
        assert one.caveats[0] == JOINT
        assert one.machine_s.mid == together.mid


def test_what_the_runs_show_to_feed_an_installation_is_not_moved_below_it() -> None:
    told = Told("FROM node\nWORKDIR /app\nCOPY libs libs\nRUN npm ci\nCOPY src src\n")
    for no, packages in enumerate("abcdaa"):
        lines = {3: root(CONTENT), 4: below(CONTENT, 3, packages=packages), 5: below(CONTENT, 3)}
        told.ran({2: hit(), **lines}, commit=str(no))
    reorder = frozenset({EditKind.REORDER})
    (one,) = plan_of(told).chosen(reorder).suggestions
    assert any("scripts" in check for check in one.caveats)
    told.runs.pop()
    assert plan_of(told).chosen(reorder).made.edits == ()


def test_edits_and_cures_together_save_less_than_their_sum() -> None:
    told = runs()
    told.ran({2: root(COLD), **{line: below(COLD, 2) for line in (3, 4, 5)}}, pulled_base_s=5.0)
    plan = plan_of(told)
    made = plan.rewritten(frozenset({EditKind.SPLIT_COPY}))
    edits, cures, both = (
        plan.saved(*one)[0].mid
        for one in ((made,), (None, frozenset({COLD})), (made, frozenset({COLD})))
    )
    assert max(edits, cures) < both <= edits + cures


def test_a_cure_for_some_runs_is_one_for_those() -> None:
    told = runs()
    for _ in range(2):
        told.ran({2: root(COLD), **{line: below(COLD, 2) for line in (3, 4, 5)}})
    plan = plan_of(told)
    one, both = (
        plan.saved(None, cured_in=dict.fromkeys(names, frozenset({COLD})))[0].mid
        for names in (("run3",), ("run3", "run4"))
    )
    assert both == 2 * one > 0


def test_a_run_that_mounts_its_manifest_misses_when_that_changes() -> None:
    told = Told(
        "FROM python AS build\nWORKDIR /app\nCOPY requirements.txt .\n"
        "RUN pip install -r requirements.txt\nFROM alpine\nCOPY --from=build /opt /opt\n"
    )
    for packages in ("a", "a"):
        install = below(CONTENT, 3, packages=packages, is_exact=True)
        told.ran({2: hit(), 3: root(CONTENT), 4: install, 6: below(CONTENT, 3)})
    plan = plan_of(told)
    made = plan.rewritten(frozenset({EditKind.BIND_MOUNT}))
    assert "--mount=type=bind" in made.text
    # The COPY of each: it changed, whatever was installed.
    assert plan.saved(made)[0].mid == 20.0


def test_the_diff_is_between_the_two_files() -> None:
    plan = plan_of(runs())
    made = plan.rewritten(frozenset({EditKind.SPLIT_COPY}))
    assert "+COPY requirements.txt" in plan.diff(made, "Dockerfile")
    assert plan.diff(plan.rewritten(frozenset()), "Dockerfile") == ""


def test_there_is_no_plan_without_runs_or_for_another_project() -> None:
    assert planned(Told(TEXT).history, None) is None
    assert planned(runs().history, parse("FROM debian\nRUN mvn package\n")) is None


def test_without_a_dockerfile_one_is_made_from_the_logs() -> None:
    plan = plan_of(runs(), is_given=False)
    assert not plan.is_given
    assert plan.file.text.splitlines()[1:] == TEXT.splitlines()[1:]
    assert set(plan.places) == {"L2", "L3", "L4", "L5"}


def test_savings_are_told_to_the_tenth_of_a_second() -> None:
    assert saving(Range(-0.04, 1.06, 2.44)).model_dump() == {"low": 0.0, "mid": 1.1, "high": 2.4}
