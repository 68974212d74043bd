"""The whole plan, from tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest

from cachestats.advice.advise import advised, in_window
from cachestats.advice.document import Saving, SuggestionKind
from cachestats.errors import UsageError
from cachestats.schema import Instruction, LedgerRows, Outcome, Runs
from tests import builders
from tests.advice.frames import tables
from tests.builders import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.advice.record import Tables

DOCKERFILE = """\
FROM python
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN apt-get update && apt-get install -y git
"""
TEXTS = DOCKERFILE.splitlines()[1:]
OTHER = ["RUN mvn package", "RUN mvn verify"]
OF_FILE = frozenset({SuggestionKind.SPLIT_COPY, SuggestionKind.REORDER})


def of_projects(**texts: Sequence[str]) -> Tables:
    """Four runs of each project that executed all but WORKDIR, a day apart."""
    rows = [
        (f"{project}{day}", no, text, project)
        for project, lines in texts.items()
        for day in range(4)
        for no, text in enumerate(lines, 1)
    ]
    run, no, text, project = zip(*rows, strict=True)
    hits = [said.startswith("WORKDIR") for said in text]
    steps = builders.steps(
        run_id=run,
        step_no=no,
        index=[one + 1 for one in no],
        instruction=[Instruction(said.split(maxsplit=1)[0]) for said in text],
        text=text,
        layer_id=[f"{of} {said}" for of, said in zip(project, text, strict=True)],
        outcome=[Outcome.CACHED if hit else Outcome.DONE for hit in hits],
        duration_s=[None if hit else 10.0 for hit in hits],
    )
    days = [DAY + timedelta(days=day) for _ in texts for day in range(4)]
    ids = list(dict.fromkeys(zip(run, project, strict=True)))
    runs = builders.runs(
        run_id=[one for one, _ in ids], project=[of for _, of in ids], started_at=days
    )
    return tables(steps, runs)


def none_at_all() -> Tables:
    return tables(builders.steps(run_id=[]), builders.runs(run_id=[]))


@pytest.mark.parametrize("dockerfile", [None, DOCKERFILE])
def test_there_is_no_advice_without_runs(dockerfile: str | None) -> None:
    found = advised(none_at_all(), dockerfile=dockerfile)
    assert found.suggestions == ()
    assert found.combined.wall_s == Saving()
    assert (found.window.since, found.window.until, found.window.runs) == (None, None, 0)
    assert (found.dockerfile, found.diff) == (None, None)


def test_a_dockerfile_of_something_else_has_no_plan() -> None:
    found = advised(of_projects(web=TEXTS), dockerfile="FROM debian\nRUN mvn package\n")
    assert found.suggestions == ()
    assert (found.dockerfile, found.diff) == (None, None)


def test_what_is_no_dockerfile_is_an_error_that_names_it() -> None:
    with pytest.raises(UsageError, match="Containerfile"):
        advised(of_projects(web=TEXTS), dockerfile="MAKE it so\n", path="Containerfile")


def test_a_dockerfile_is_taken_to_be_of_the_project_that_has_most_of_its_layers() -> None:
    made = of_projects(api=OTHER, web=TEXTS, worker=TEXTS[:3])
    found = advised(made, dockerfile=DOCKERFILE, kinds=OF_FILE)
    assert {one.project for one in found.suggestions} == {"web"}
    assert found.dockerfile is not None
    assert found.diff is not None
    assert "+COPY requirements.txt" in found.diff


def test_without_a_dockerfile_there_is_a_plan_for_each_project() -> None:
    found = advised(of_projects(web=TEXTS, api=TEXTS), kinds=OF_FILE)
    assert {one.project for one in found.suggestions} == {"web", "api"}
    assert (found.dockerfile, found.diff) == (None, None)


def test_what_projects_would_save_together_is_the_sum() -> None:
    one = advised(of_projects(web=TEXTS), kinds=OF_FILE).combined
    both = advised(of_projects(web=TEXTS, api=TEXTS), kinds=OF_FILE).combined
    assert one.machine_s.mid > 0
    assert both.machine_s.mid == pytest.approx(2 * one.machine_s.mid, abs=0.2)
    assert both.wall_s.mid == pytest.approx(2 * one.wall_s.mid, abs=0.2)


def test_only_kinds_that_were_asked_for_are_suggested_and_combined() -> None:
    made = of_projects(web=TEXTS)
    split, both, none = (
        advised(made, dockerfile=DOCKERFILE, kinds=kinds)
        for kinds in (frozenset({SuggestionKind.SPLIT_COPY}), OF_FILE, frozenset[SuggestionKind]())
    )
    (one,) = split.suggestions
    assert split.combined.machine_s == one.machine_s
    assert split.combined.wall_s == one.wall_s
    assert split.combined.machine_s.mid < both.combined.machine_s.mid
    assert none.suggestions == ()
    assert none.combined.machine_s == Saving()
    assert (none.dockerfile, none.diff) == (DOCKERFILE, "")


def test_suggestions_are_ranked_by_wall_time() -> None:
    walls = [one.wall_s.mid for one in advised(of_projects(web=TEXTS)).suggestions]
    assert len(walls) > 1
    assert walls == sorted(walls, reverse=True)


def test_a_dropped_export_adds_up_with_all_else() -> None:
    made = of_projects(web=TEXTS)
    row = dict.fromkeys(LedgerRows.dtypes().names()) | {
        "project": "web",
        "backend": "gha",
        "hits": 2,
        "hits_with_baseline": 2,
        "saved_s": 10.0,
        "export_s": 30.0,
        "net_s": -20.0,
        "verdict": "it costs",
    }
    ledger = pl.DataFrame([row], schema=LedgerRows.dtypes())
    kinds = OF_FILE | {SuggestionKind.DROP_CACHE_EXPORT}
    without = advised(made, kinds=kinds).combined
    found = advised(replace(made, ledger=ledger), kinds=kinds)
    assert found.combined.wall_s.mid == pytest.approx(without.wall_s.mid + 20.0)
    assert found.combined.machine_s.high == pytest.approx(without.machine_s.high + 30.0)
    assert advised(replace(made, ledger=ledger), kinds=OF_FILE).combined == without


def test_the_window_is_that_of_the_runs() -> None:
    window = advised(of_projects(web=TEXTS)).window
    assert (window.since, window.until, window.runs) == (DAY, DAY + timedelta(days=3), 4)


def test_the_window_of_advice_is_the_last_four_weeks_that_hold_runs() -> None:
    starts = [DAY, DAY + timedelta(seconds=1), DAY + timedelta(days=28), None]
    runs = builders.runs(run_id=["r1", "r2", "r3", "r4"], started_at=starts)
    assert in_window(runs).collect()[Runs.run_id.name].to_list() == ["r2", "r3"]
    unknown = builders.runs(run_id=["r1", "r2"], started_at=[None, None])
    assert in_window(unknown).collect().height == 2
