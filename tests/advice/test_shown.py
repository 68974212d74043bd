"""What logs show of their runs as a whole, and of what a step installed."""

from __future__ import annotations

import pytest

from cachestats.advice.shown import PACKAGES, Shown, packages_by_step, shown_by_runs
from cachestats.schema import Backend, FactKind, Facts, Outcome
from tests.advice.frames import facts, imports

ONE, TWO = "1" * 20, "2" * 20


def shown(*rows: tuple[FactKind, float | None, str | None]) -> Shown:
    """What the facts of a run show."""
    return shown_by_runs(facts(*(("r1", None, *row) for row in rows)), imports())["r1"]


def test_the_largest_context_and_dockerfile_of_a_run_count() -> None:
    kinds = (FactKind.CONTEXT_BYTES, FactKind.DOCKERFILE_BYTES)
    found = shown(*((kind, value, None) for kind in kinds for value in (2.0, 9.0, 4.0)))
    assert (found.context, found.dockerfile) == (9.0, 9.0)
    assert not found.pulled_base


def test_a_base_image_was_pulled_though_nobody_says_how_large_it_was() -> None:
    assert shown((FactKind.BASE_PULLED, None, None), (FactKind.WARNING, None, "w")).pulled_base


def test_of_several_images_the_first_by_name_and_the_first_commit_count() -> None:
    refs = ("c:9999fff", "b:0123abc", "a:latest", None)
    found = shown(*((FactKind.PUSHED_REF, None, ref) for ref in refs))
    assert (found.ref, found.tagged_commit) == ("a:latest", "0123abc")


def test_a_text_of_another_kind_is_no_image() -> None:
    assert shown((FactKind.WARNING, None, "a:0123abc")).ref is None


def test_imports_that_were_done_count_by_their_reference_or_else_their_backend() -> None:
    rows = ("r1", "app:cache", Outcome.DONE), ("r1", None, Outcome.DONE)
    failed = ("r2", "app:cache", Outcome.FAILED)
    found = shown_by_runs(facts(), imports(*rows, failed, backend=Backend.REGISTRY))
    assert found["r1"].imports == {"app:cache", Backend.REGISTRY}
    assert "r2" not in found


def test_a_run_may_show_an_import_alone_or_facts_alone() -> None:
    found = shown_by_runs(
        facts(("r1", None, FactKind.CONTEXT_BYTES, 7.0, None)), imports(("r2", "c", Outcome.DONE))
    )
    assert found == {"r1": Shown(context=7.0), "r2": Shown(imports=frozenset({"c"}))}


COMMITS = Shown(tagged_commit="a", ref="app:a"), Shown(tagged_commit="b", ref="app:b")


@pytest.mark.parametrize(
    ("now", "commit", "then", "before", "is_new"),
    [
        pytest.param(COMMITS[1], "same", COMMITS[0], "same", True, id="the image tells first"),
        pytest.param(COMMITS[0], "two", COMMITS[0], "one", False, id="against the job"),
        pytest.param(Shown(), "two", COMMITS[0], "one", True, id="then the job"),
        pytest.param(Shown(), "one", Shown(), "one", False, id="the job says the same"),
        pytest.param(Shown(ref="app:2"), None, Shown(ref="app:1"), None, True, id="then any tag"),
        pytest.param(Shown(ref="app:1"), None, Shown(ref="app:1"), "one", False, id="the same tag"),
        pytest.param(Shown(), "two", Shown(), None, False, id="nothing of the run before"),
        pytest.param(Shown(), None, Shown(), None, False, id="nothing"),
    ],
)
def test_whether_a_commit_is_new(
    now: Shown, commit: str | None, then: Shown, before: str | None, *, is_new: bool
) -> None:
    assert now.is_new(commit, then, before) is is_new


@pytest.mark.parametrize(
    ("before", "now", "grew"),
    [(100.0, 120.0, 20.0), (120.0, 100.0, -20.0), (None, 100.0, 0.0), (100.0, None, 0.0)],
)
def test_how_much_a_dockerfile_grew(before: float | None, now: float | None, grew: float) -> None:
    assert Shown(dockerfile=now).grew(Shown(dockerfile=before)) == grew


@pytest.mark.parametrize(
    ("texts", "packages", "is_exact", "download"),
    [
        pytest.param([f"apt 2 packages {ONE}"], ONE, True, 0.0, id="a hash"),
        pytest.param(["npm 73 packages"], "npm 73", False, 0.0, id="a number"),
        pytest.param(
            [f"pip 3 packages {TWO}", f"apt 2 packages {ONE}"], f"{ONE};{TWO}", True, 0.0, id="two"
        ),
        pytest.param(
            [f"apt 2 packages {ONE}", "npm 73 packages"], f"{ONE};npm 73", False, 0.0, id="mixed"
        ),
        pytest.param(
            [
                f"apt 2 packages {ONE} downloaded 741000 B in 0.6 s",
                f"pip 3 packages {TWO} downloaded in 1.5 s",
            ],
            f"{ONE};{TWO}",
            True,
            2.1,
            id="downloads add up",
        ),
        pytest.param([f"apt 2 packages {ONE} downloaded 741000 B"], ONE, True, 0.0, id="no time"),
    ],
)
def test_what_a_step_installed(
    texts: list[str], packages: str, download: float, *, is_exact: bool
) -> None:
    rows = packages_by_step(facts(*(("r1", 4, FactKind.PACKAGE_SET, 2.0, text) for text in texts)))
    assert rows.select(*PACKAGES).row(0) == (packages, is_exact, pytest.approx(download))


def test_packages_are_told_of_each_step_and_of_no_other_facts() -> None:
    rows = packages_by_step(
        facts(
            ("r1", 4, FactKind.PACKAGE_SET, 2.0, f"apt 2 packages {ONE}"),
            ("r1", 5, FactKind.PACKAGE_SET, 2.0, f"apt 2 packages {TWO}"),
            ("r1", 6, FactKind.WARNING, None, f"apt 2 packages {TWO}"),
        )
    )
    assert sorted(rows.select(Facts.step_no.name, PACKAGES[0]).rows()) == [(4, ONE), (5, TWO)]
