from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.analysis.base_pulls import spared_bases
from cachestats.schema import Facts
from tests.builders import runs, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

Base = tuple[str, str, float, bool]


def spared(*bases: Base, projects: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Spared bases of FROM steps, each of a run, an image and a time, and pulled or not."""
    ids, images, seconds, pulled = zip(*bases, strict=True)
    numbers = range(1, len(bases) + 1)
    digests = [
        (run, number, "base_digest", f"{image}@sha256:{number}")
        for run, number, image in zip(ids, numbers, images, strict=True)
    ]
    pulls = [
        (run, number, "base_pulled", None)
        for run, number, was in zip(ids, numbers, pulled, strict=True)
        if was
    ]
    facts = pl.LazyFrame(
        [*digests, *pulls, *pulls], schema=["run_id", "step_no", "kind", "text"], orient="row"
    ).select(
        pl.col(name).cast(dtype)
        if name in {"run_id", "step_no", "kind", "text"}
        else pl.lit(None, dtype).alias(name)
        for name, dtype in Facts.dtypes().items()
    )
    known = sorted(set(ids))
    given = steps(
        run_id=ids,
        step_no=list(numbers),
        kind=["from"] * len(bases),
        instruction=["FROM"] * len(bases),
        duration_s=seconds,
    )
    of_projects = projects or ["p"] * len(known)
    return spared_bases(given, runs(run_id=known, project=of_projects), facts).collect().rows()


def test_a_base_that_a_run_did_not_pull_is_spared_the_median_of_its_pulls() -> None:
    pulls: list[Base] = [("a", "x:1", 9.0, True), ("b", "x:1", 1.0, True), ("c", "x:1", 4.0, True)]
    assert spared(*pulls, ("d", "x:1", 0.1, False)) == [("d", 4.0, 0)]


def test_resolving_a_base_is_no_pull_of_it() -> None:
    assert spared(("a", "x:1", 0.1, False), ("b", "x:1", 0.2, False)) == [("a", 0, 1), ("b", 0, 1)]


def test_stages_with_one_base_share_its_pull() -> None:
    both: list[Base] = [("a", "x:1", 8.0, True), ("a", "x:1", 0.5, False)]
    assert spared(*both, ("b", "x:1", 0.0, False), ("b", "x:1", 0.0, False)) == [("b", 8.0, 0)]


def test_each_image_counts_and_those_without_a_pull_are_told() -> None:
    pulls: list[Base] = [("a", "x:1", 8.0, True), ("a", "y:1", 2.0, True)]
    named: list[Base] = [("b", image, 0.0, False) for image in ("x:1", "y:1", "z:1")]
    assert spared(*pulls, *named) == [("b", 10.0, 1)]


def test_pulls_of_other_projects_do_not_tell() -> None:
    bases: list[Base] = [("a", "x:1", 8.0, True), ("b", "x:1", 0.0, False)]
    assert spared(*bases, projects=["p", "q"]) == [("b", 0.0, 1)]
