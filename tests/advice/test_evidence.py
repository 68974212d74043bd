"""What runs tell of instructions: what was installed, what was copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cachestats.advice.dockerfile import Hints, parse
from cachestats.advice.evidence import feeding, has_manifest
from cachestats.schema import Cause
from tests.advice.told import Told, below, hit, root

if TYPE_CHECKING:
    from cachestats.advice.history import Ran
    from tests.advice.told import OfRan

FILE = """\
FROM debian AS base
COPY package.json .
RUN npm ci
COPY requirements.txt src/
COPY . .
RUN pip install -r requirements.txt
FROM base
COPY --from=base /out /out
COPY app app
RUN make
"""
PACKAGE, NPM, BOTH, ALL, PIP = range(2, 7)
FROM_STAGE, APP, MAKE = 8, 9, 10
CONTENT = Cause.CONTENT_CHANGE


def installed(packages: str | None, *, is_exact: bool = True) -> Ran:
    facts: OfRan = {"packages": packages, "is_exact": is_exact} if packages else {}
    return root(CONTENT, **facts)


def others(*pip: Ran, copy: int | None = ALL, doubted: bool = False) -> list[bool | None]:
    """Whether each installation by pip brought other packages than the one before."""
    told = Told(FILE)
    for one in pip:
        told.ran({PIP: one})
    index = None if copy is None else told.index(copy)
    found = told.evidence()
    return [found.other_packages(run, index, doubted=doubted) for run in told.runs]


def test_packages_are_compared_with_those_of_the_execution_before() -> None:
    assert others(*map(installed, ("a", "a", "b", "a"))) == [None, False, True, True]


def test_an_installation_that_hit_installed_the_same() -> None:
    assert others(installed("a"), hit(), installed("b")) == [None, False, True]


def test_a_hit_before_any_execution_tells_nothing() -> None:
    assert others(hit(), installed("a")) == [None, None]


def test_an_installation_that_says_nothing_is_passed_over() -> None:
    assert others(*map(installed, ("a", None, "a"))) == [None, None, False]


def test_of_installations_that_tell_only_a_number_one_in_three_is_doubted() -> None:
    counted = [installed("pip 73", is_exact=False)] * 7
    assert others(*counted, doubted=True) == [None, False, False, True, False, False, True]
    assert others(*counted) == [None, *[False] * 6]


def test_those_that_tell_all_are_never_doubted() -> None:
    assert others(*[installed("a")] * 4, doubted=True) == [None, False, False, False]


@pytest.mark.parametrize("copy", [APP, FROM_STAGE, None, PIP])
def test_only_installations_below_a_copy_in_its_stage_tell_of_it(copy: int | None) -> None:
    assert others(installed("a"), installed("b"), copy=copy) == [None, None]


def test_any_of_several_installations_below_a_copy_tells() -> None:
    told = Told(FILE)
    for npm, pip in ("aa", "ba", "bb"):
        told.ran({NPM: installed(npm), PIP: installed(pip)})
    found = [
        [
            told.evidence().other_packages(run, told.index(copy), doubted=False)
            for copy in (PACKAGE, BOTH)
        ]
        for run in told.runs
    ]
    assert found == [[None, None], [True, False], [True, True]]


@pytest.mark.parametrize(
    ("copy", "told"), [(PACKAGE, True), (BOTH, True), (ALL, None), (APP, None)]
)
def test_only_a_copy_of_manifests_is_told_by_packages(copy: int, *, told: bool | None) -> None:
    known = Told(FILE)
    known.ran({NPM: installed("a"), PIP: installed("a")})
    run = known.ran({NPM: installed("b"), PIP: installed("b")})
    assert known.evidence().only_manifests(run, known.index(copy), doubted=False) is told


def test_an_installation_without_a_manifest_tells_nothing_of_files() -> None:
    told = Told("FROM debian\nCOPY . .\nRUN apt-get update && apt-get install -y git\n")
    for packages in "ab":
        told.ran({3: installed(packages)})
    assert told.evidence().other_packages(told.runs[-1], 1, doubted=False) is None


def test_copies_are_those_of_files_of_the_context() -> None:
    told = Told(FILE)
    run = told.ran({line: hit() for line in (PACKAGE, ALL, PIP, FROM_STAGE, APP, MAKE, 99)})
    found = [told.line(index) for index, _ in told.evidence().copies(run)]
    assert found == [PACKAGE, ALL, APP]


def test_steps_that_are_not_in_the_dockerfile_are_strange() -> None:
    told = Told(FILE)
    told.ran({MAKE: below(Cause.EVICTED, 99), 99: root(Cause.EVICTED)})
    told.ran({MAKE: hit()})
    found = [told.evidence().strange_steps(run) for run in told.runs]
    assert found == [{99}, set()]


def test_how_often_a_copy_changes_is_what_the_runs_show_or_else_what_is_usual() -> None:
    told = Told(FILE)
    found = told.evidence(Hints(change_rate={told.index(ALL): 0.9}))
    assert [found.rate(told.index(line)) for line in (ALL, PACKAGE, APP)] == [0.9, 0.05, 0.5]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("pip install -r requirements.txt", True),
        ("npm ci", True),
        ("pip install flask", False),
        ("make", False),
    ],
)
def test_an_installation_may_have_a_manifest(code: str, *, found: bool) -> None:
    assert has_manifest(parse(f"FROM debian\nRUN {code}\n").instructions[1]) is found


def fed(*seen: tuple[bool, str | None]) -> frozenset[tuple[int, int]]:
    """What is seen to feed what, by whether `app` changed and what the installation printed."""
    told = Told(
        "FROM a\nCOPY requirements.txt .\nCOPY app app\nRUN pip install -r requirements.txt\n"
    )
    for changes, packages in seen:
        facts: OfRan = {"packages": packages, "is_exact": True} if packages else {}
        copy = root(CONTENT) if changes else root(Cause.EVICTED)
        told.ran({2: hit(), 3: copy, 4: below(copy.root_cause or CONTENT, 3, **facts)})
    return feeding(told.history, told.file, told.places)


@pytest.mark.parametrize(
    ("seen", "is_fed"),
    [
        pytest.param([(False, "a"), (True, "b"), (True, "c")], True, id="each time"),
        pytest.param([(False, "a"), (True, "b"), (True, "b")], False, id="not each time"),
        pytest.param([(False, "a"), (False, "b"), (False, "c")], False, id="without a change"),
        pytest.param([(False, "a"), (True, None), (True, "b")], True, id="one is not told"),
        pytest.param([(True, "a")], False, id="nothing to compare with"),
        pytest.param([], False, id="no runs"),
    ],
)
def test_a_copy_feeds_an_installation_that_brings_others_each_time(
    seen: list[tuple[bool, str | None]], *, is_fed: bool
) -> None:
    assert fed(*seen) == (frozenset({(2, 3)}) if is_fed else frozenset())


def test_a_copy_feeds_no_installation_of_another_stage_or_above_it() -> None:
    told = Told("FROM a\nRUN pip install x\nCOPY app app\nFROM b\nRUN pip install y\n")
    for packages in "ab":
        told.ran({line: installed(packages) for line in (2, 3, 5)})
    assert feeding(told.history, told.file, told.places) == frozenset()
