from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cachestats.analysis.compared import comparisons, in_order
from cachestats.analysis.lineage import lineages
from cachestats.schema import Outcome
from tests.builders import DAY, runs, steps

if TYPE_CHECKING:
    import polars as pl


def dated(count: int, **columns: list[object]) -> pl.LazyFrame:
    ids = [f"r{n}" for n in range(count)]
    return runs(
        run_id=ids,
        project=["web"] * count,
        started_at=[DAY + timedelta(days=n) for n in range(count)],
        **columns,
    )


def lineage(rows: list[tuple[str, str, str]], of_runs: pl.LazyFrame) -> dict[str, str]:
    """Lineage of each layer, given run, layer and text of steps."""
    ran = steps(
        run_id=[row[0] for row in rows],
        layer_id=[row[1] for row in rows],
        text=[row[2] for row in rows],
        index=list(range(len(rows))),
    )
    found = lineages(ran, of_runs).collect()
    return dict(found.select("layer_id", "lineage_id").iter_rows())


GCC, MORE, MOST = (f"RUN apt-get install -y gcc{more}" for more in ("", " make", " make curl"))


def test_an_edited_layer_keeps_its_history_under_its_newest_name() -> None:
    rows = [("r0", "a", GCC), ("r1", "b", MORE), ("r2", "c", MOST)]
    assert lineage(rows, dated(3)) == {"a": "c", "b": "c", "c": "c"}


def test_two_layers_of_one_run_are_never_one() -> None:
    rows = [("r0", "a", GCC), ("r1", "b", MORE), ("r2", "a", GCC), ("r2", "b", MORE)]
    assert lineage(rows, dated(3)) == {"a": "a", "b": "b"}


def test_a_layer_that_an_early_failure_hid_is_still_known() -> None:
    rows = [("r0", "a", GCC), ("r0", "x", "RUN true"), ("r1", "x", "RUN true"), ("r2", "b", MORE)]
    assert lineage(rows, dated(3))["a"] == "b"


def test_a_layer_that_comes_back_is_what_it_was() -> None:
    rows = [("r0", "a", GCC), ("r1", "b", MORE), ("r2", "a", GCC)]
    assert lineage(rows, dated(3)) == {"a": "a", "b": "a"}


def test_runs_of_one_platform_each_have_their_layers_for_themselves() -> None:
    ids = [f"r{n}" for n in range(4)]
    built = ["linux/amd64", "linux/arm64"] * 2
    ran = steps(run_id=ids, platform=built, layer_id=built)
    found = lineages(ran, dated(4)).collect()
    assert found["lineage_id"].to_list() == built[:2]


def compared(
    branches: list[str | None], **columns: list[object]
) -> list[tuple[int | None, str | None]]:
    of_runs = dated(len(branches), branch=list(branches), **columns)
    ran = steps(run_id=[f"r{n}" for n in range(len(branches))])
    found = comparisons(ran, in_order(of_runs)).collect().sort("at")
    return list(found.select("compared_at", "basis").iter_rows())


def test_a_run_is_compared_on_its_branch_else_the_default_one_else_any() -> None:
    assert compared(["fix", "main", "dev", "fix", "main", "new"]) == [
        (None, None),
        (0, "any"),
        (1, "default_branch"),
        (0, "branch"),
        (1, "branch"),
        (4, "default_branch"),
    ]


def test_runs_without_a_branch_are_compared_with_one_another() -> None:
    assert compared([None, None]) == [(None, None), (0, "branch")]


def test_a_run_that_was_canceled_is_compared_with_only_if_there_is_no_other() -> None:
    outcomes: list[object] = [Outcome.CANCELED, Outcome.FAILED, Outcome.CANCELED, Outcome.DONE]
    assert compared(["main"] * 4, outcome=outcomes) == [
        (None, None),
        (0, "any"),
        (1, "branch"),
        (1, "branch"),
    ]
    branches = ["main", "fix", "fix"]
    assert compared(list(branches), outcome=[Outcome.DONE, Outcome.OPEN, Outcome.DONE])[2] == (
        0,
        "default_branch",
    )
