"""The lab with parts taken away: causes become less sure, never sure and wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from cachestats.analysis.causes.misses import misses
from cachestats.schema import FactKind, Facts, MissRows, Runs, Steps
from tests.lab import LAB, builds
from tests.lab_store import FORMATS, lab_store
from tests.truth import OPEN, RIGHT, SURE

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")

Tables = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]  # as `misses` takes them
TRUTH = {
    f"{build.folder.parent.name}/{build.folder.name}": {
        one["step"]: one["cause"] for one in build.truth["root_causes"]
    }
    for build in builds()
}


def tables(form: str) -> Tables:
    store = lab_store(form)
    steps, runs, facts, cache_io = (
        table.collect() for table in (store.steps(), store.runs(), store.facts(), store.cache_io())
    )
    return steps, runs, facts, cache_io


def answers(changed: Tables) -> pl.DataFrame:
    steps, runs, facts, cache_io = (table.lazy() for table in changed)
    sources = runs.select(Runs.run_id.name, Runs.source.name)
    found = misses(steps, runs, facts, cache_io)
    return found.join(sources, on=Runs.run_id.name, maintain_order="left").collect()


def sure_and_wrong(found: pl.DataFrame) -> list[tuple[str, str, str, str | None]]:
    """Roots with a sure cause that was not what was done, or that are no roots."""
    wrong = []
    roots = found.filter("is_root", MissRows.confidence.col.is_in(list(SURE)))
    for row in roots.iter_rows(named=True):
        folder = Path(row["source"]).parent
        build = f"{folder.parent.name}/{folder.name}"
        done = TRUTH[build].get(row["name"])
        allowed = set().union(*(RIGHT.get(one, set()) for one in [done or ""]))
        if done != "undecidable" and row["cause"] not in allowed:
            wrong.append((build, row["name"], row["cause"], done))
    return wrong


def without_commits(all_of: Tables) -> Tables:
    steps, runs, facts, cache_io = all_of
    pushed = Facts.kind.col == FactKind.PUSHED_REF
    untold = runs.with_columns(pl.lit(None, pl.String).alias(Runs.commit.name))
    return steps, untold, facts.filter(~pushed), cache_io


def without_facts(kind: FactKind) -> Callable[[Tables], Tables]:
    def change(all_of: Tables) -> Tables:
        steps, runs, facts, cache_io = all_of
        return steps, runs, facts.filter(Facts.kind.col != kind), cache_io

    return change


def without_first(count: int) -> Callable[[Tables], Tables]:
    def change(all_of: Tables) -> Tables:
        steps, runs, facts, cache_io = all_of
        age = Runs.started_at.col.rank().over(Runs.project.name)
        return steps, runs.filter(age > count), facts, cache_io

    return change


def with_numbers_shifted(all_of: Tables) -> Tables:
    """As if other steps had been printed before."""
    shifted = (pl.col(Steps.step_no.name) + 7,)
    steps, runs, facts, cache_io = all_of
    moved = tuple(table.with_columns(shifted) for table in (steps, facts, cache_io))
    return moved[0], runs, moved[1], moved[2]


def with_names_cut(all_of: Tables) -> Tables:
    """As old versions printed them, in every second run."""
    steps, runs, facts, cache_io = all_of
    old = runs.sort(Runs.started_at.name).gather_every(2).select(Runs.run_id.name)
    is_old = Steps.run_id.col.is_in(old[Runs.run_id.name].implode())
    long = Steps.text.col.str.len_chars() > 60
    cut = pl.format("{}...", Steps.text.col.str.head(60))
    return (
        steps.with_columns(
            pl.when(is_old & long).then(cut).otherwise(Steps.text.col).alias(Steps.text.name),
            pl.when(is_old & long)
            .then(pl.format("{}-cut", Steps.layer_id.col))
            .otherwise(Steps.layer_id.col)
            .alias(Steps.layer_id.name),
        ),
        runs,
        facts,
        cache_io,
    )


def with_stages_renamed(all_of: Tables) -> Tables:
    """From the middle of the history on."""
    steps, runs, facts, cache_io = all_of
    late = runs.filter(Runs.started_at.col > Runs.started_at.col.median().over(Runs.project.name))
    is_late = Steps.run_id.col.is_in(late[Runs.run_id.name].implode())
    columns = (Steps.stage, Steps.layer_id)
    return (
        steps.with_columns(
            pl.when(is_late)
            .then(pl.format("{}-new", column.col))
            .otherwise(column.col)
            .alias(column.name)
            for column in columns
        ),
        runs,
        facts,
        cache_io,
    )


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    "no commits": without_commits,
    "other numbers": with_numbers_shifted,
    "names cut": with_names_cut,
    "stages renamed": with_stages_renamed,
    **{f"without {count} runs": without_first(count) for count in (1, 2, 5)},
    **{f"without {kind}": without_facts(kind) for kind in FactKind},
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_missing_makes_no_cause_sure_and_wrong(form: str, change: str) -> None:
    wrong = sure_and_wrong(answers(CHANGES[change](tables(form))))
    # Of a layer that no earlier run in the store has, `first_seen` is true by its definition.
    assert [one for one in wrong if one[2] != "first_seen"] == []


@pytest.mark.parametrize("form", FORMATS)
def test_the_order_of_rows_changes_nothing(form: str) -> None:
    straight = tables(form)
    steps, runs, facts, cache_io = (
        table.sample(fraction=1, shuffle=True, seed=3) for table in straight
    )
    again = answers((steps, runs, facts, cache_io))
    assert again.drop("evidence").equals(answers(straight).drop("evidence"))


@pytest.mark.parametrize("form", FORMATS)
def test_later_runs_make_no_sure_cause_another(form: str) -> None:
    steps, runs, facts, cache_io = tables(form)
    age = Runs.started_at.col.rank().over(Runs.project.name)
    key = [Steps.run_id.name, Steps.step_no.name]
    later = answers((steps, runs, facts, cache_io)).select(*key, "cause")
    for count in (3, 6, 12):
        then = answers((steps, runs.filter(age <= count), facts, cache_io))
        sure = then.filter(MissRows.confidence.col.is_in(list(SURE)))
        both = sure.select(*key, "cause").join(later, on=key, suffix="_later")
        assert both.filter(pl.col("cause") != pl.col("cause_later")).is_empty()


def test_roots_that_the_truth_leaves_open_are_known() -> None:
    labels = {cause for causes in TRUTH.values() for cause in causes.values()}
    assert labels <= RIGHT.keys() | OPEN
