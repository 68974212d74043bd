"""Random projects with random changes and caches, built by a model of BuildKit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import polars as pl
import pytest

import cachestats as cs
from cachestats.analysis.causes.misses import misses
from cachestats.schema import MissRows, Runs, Steps
from tests.analysis.causes.simulated.histories import history, write
from tests.analysis.causes.simulated.scored import scored

if TYPE_CHECKING:
    from tests.analysis.causes.simulated.histories import Built

FORMATS = ("plain", "rawjson")
HISTORIES = [history(seed, 15) for seed in range(100)]
ANSWER = [Steps.run_id.name, Steps.step_no.name, "cause", "confidence", "is_root", "root_step_no"]


def store_of(histories: list[list[Built]], form: str) -> cs.Store:
    logs = Path(mkdtemp()) / "logs"
    write(histories, logs, form)
    store = cs.open_store(logs.parent / "store", create=True)
    store.ingest(logs)
    return store


@cache
def whole(form: str) -> cs.Store:
    return store_of(HISTORIES, form)


@cache
def answers(form: str) -> pl.DataFrame:
    return cs.misses(whole(form)).collect()


@pytest.mark.parametrize("form", FORMATS)
def test_the_model_and_its_logs_agree_on_what_missed(form: str) -> None:
    missed = sum(len(built.misses) for each in HISTORIES for built in each)
    assert answers(form).n_unique([Steps.run_id.name, Steps.name.name]) == missed


@pytest.mark.parametrize("form", FORMATS)
def test_no_cause_is_sure_and_wrong(form: str) -> None:
    score = scored(HISTORIES, answers(form), whole(form).runs().collect())
    assert score.sure_and_wrong == []


@pytest.mark.parametrize(
    ("form", "precision", "recall", "right"),
    [("plain", 0.98, 0.92, 0.75), ("rawjson", 1.0, 1.0, 0.86)],
)
def test_most_roots_are_found_and_told_right(
    form: str, precision: float, recall: float, right: float
) -> None:
    score = scored(HISTORIES, answers(form), whole(form).runs().collect())
    assert score.found >= precision * score.said
    assert score.found >= recall * score.true
    assert score.right >= right * score.true


@pytest.mark.parametrize("form", FORMATS)
def test_many_answers_are_sure(form: str) -> None:
    roots = answers(form).filter(MissRows.is_root.col)
    sure = roots.filter(MissRows.confidence.col.is_in(["certain", "high"]))
    assert sure.height > roots.height * 0.3


@pytest.mark.parametrize("form", FORMATS)
def test_commits_that_nobody_tells_make_no_answer_sure_and_wrong(form: str) -> None:
    untold = [[replace(built, commit=None) for built in each] for each in HISTORIES[:30]]
    store = store_of(untold, form)
    assert scored(untold, cs.misses(store).collect(), store.runs().collect()).sure_and_wrong == []


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dropped", [1, 4])
def test_a_history_that_begins_later_is_sure_and_wrong_of_its_first_run_alone(
    form: str, dropped: int
) -> None:
    later = [each[dropped:] for each in HISTORIES[:30]]
    store = store_of(later, form)
    score = scored(later, cs.misses(store).collect(), store.runs().collect())
    # Of a layer that no earlier run in the store has, `first_seen` is true by its definition.
    strange = [one for one in score.sure_and_wrong if not one.endswith("first_seen")]
    assert strange == []


@pytest.mark.parametrize("form", FORMATS)
def test_the_order_of_rows_changes_nothing(form: str) -> None:
    store = whole(form)
    tables = [store.steps(), store.runs(), store.facts(), store.cache_io()]
    mixed = [table.collect().sample(fraction=1, shuffle=True, seed=7).lazy() for table in tables]
    again = misses(*mixed).collect()
    assert again.drop("evidence").equals(answers(form).drop("evidence"))


@pytest.mark.parametrize("form", FORMATS)
def test_later_runs_move_no_root_and_make_no_sure_cause_another(form: str) -> None:
    store = whole(form)
    until = store.runs().collect().sort(Runs.started_at.name)[Runs.started_at.name][750]
    earlier = store.runs().filter(Runs.started_at.col < until)
    then = misses(store.steps(), earlier, store.facts(), store.cache_io()).collect()
    both = then.select(ANSWER).join(answers(form).select(ANSWER), on=ANSWER[:2], suffix="_later")
    assert both.height == then.height
    sure = both.filter(MissRows.confidence.col.is_in(["certain", "high"]), "is_root")
    changed = sure.filter(pl.col("cause") != pl.col("cause_later"))
    assert changed.filter(pl.col("cause_later") != "volatile_value").is_empty()
    if form == "rawjson":
        assert both.filter(pl.col("root_step_no") != pl.col("root_step_no_later")).is_empty()
