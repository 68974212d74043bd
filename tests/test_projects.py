"""What one project's or one run's answer rests on: its own project, all of it, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import cachestats as cs
from cachestats.api import projects

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).resolve().parents[1] / "sample_logs"
PROJECT, RUN = cs.Runs.project.name, cs.Runs.run_id.name
ANSWERS = {
    "misses": cs.misses,
    "layers": cs.layers,
    "cells": cs.cells,
    "patterns": cs.patterns,
    "recent": cs.recent,
    "trend": cs.trend,
}
# Two stages that both ran; whether one is built on the other, plain progress does not say.
TWO_STAGES = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#2 [build 1/2] FROM docker.io/library/base
#2 DONE 0.0s

#3 [build 2/2] RUN make
#3 DONE 5.0s

#4 [app 1/1] COPY config /config
#4 DONE 1.0s
"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> cs.Store:
    """The sample logs, and two runs of no project."""
    folder = tmp_path_factory.mktemp("projects")
    store = cs.open_store(folder / "store", create=True)
    store.ingest(SAMPLES)
    nameless = folder / "nameless.log"
    for seconds in (3, 4):
        text = f"#1 [1/2] FROM base\n#1 DONE 0.0s\n\n#2 [2/2] RUN make\n#2 DONE {seconds}.0s\n"
        nameless.write_text(text, "utf-8")
        store.ingest(nameless)
    return store


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> cs.Store:
    """The logs of one project, in a store of their own."""
    store = cs.open_store(tmp_path_factory.mktemp("alone") / "store", create=True)
    store.ingest(SAMPLES / "billing", given=cs.RunFacts(project="billing"))
    return store


def of_projects(store: cs.Store, project: str | None) -> list[str]:
    one = store.runs().filter(cs.Runs.project.col.eq_missing(pl.lit(project)))
    return one.collect()[RUN].to_list()


def test_of_some_projects_the_same_misses_are_found(samples: cs.Store) -> None:
    misses = cs.misses(samples).collect()
    for project in samples.runs().collect()[PROJECT].drop_nulls().unique():
        found = cs.misses(samples, where=cs.Filters(project=project)).collect()
        assert found.height, project
        assert_frame_equal(found, misses.filter(cs.MissRows.project.col == project))


def test_of_one_run_the_same_misses_are_found(samples: cs.Store) -> None:
    misses = cs.misses(samples).collect()
    some = misses[RUN].unique().sort().gather_every(9).to_list() + of_projects(samples, None)
    for run_id in some:
        found = cs.misses(samples, where=cs.Filters(run=run_id)).collect()
        assert found.height, run_id
        assert_frame_equal(found, misses.filter(cs.MissRows.run_id.col == run_id))


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_other_projects_change_no_answer(
    samples: cs.Store, alone: cs.Store, answer: Callable[..., pl.LazyFrame]
) -> None:
    where = cs.Filters(project="billing")
    found = answer(samples, where=where).collect()
    assert found.height
    assert_frame_equal(found, answer(alone).collect(), check_row_order=False)


@pytest.mark.parametrize("project", ["orders-api", None])
def test_for_one_run_no_other_project_is_read(
    samples: cs.Store, monkeypatch: pytest.MonkeyPatch, project: str | None
) -> None:
    expected = of_projects(samples, project)
    read = list[set[str]]()

    def misses(*tables: pl.LazyFrame, bases: pl.LazyFrame | None) -> pl.LazyFrame:
        assert bases is None
        read.extend(set(table.collect()[RUN]) for table in tables)
        return cs.MissRows.empty().lazy()

    monkeypatch.setattr(projects, "_misses", misses)
    cs.misses(samples, where=cs.Filters(run=expected[0]))
    cs.timeline(samples, expected[0])
    assert read[1] == read[5] == set(expected)
    assert all(ids <= set(expected) for ids in read)


def test_a_timeline_has_the_roots_that_a_dockerfile_tells(tmp_path: Path) -> None:
    log, dockerfile = tmp_path / "build.log", tmp_path / "Dockerfile"
    log.write_text(TWO_STAGES, "utf-8")
    store = cs.open_store(tmp_path / "store", create=True)
    store.ingest(log, given=cs.RunFacts(project="web"))

    def standing(dockerfiles: dict[str | None, str | Path]) -> list[str]:
        rows = cs.timeline(store, "latest", dockerfiles=dockerfiles).collect()
        return rows[cs.TimelineRows.standing.name].drop_nulls().to_list()

    assert standing({}) == ["root", "cascade"]
    text = "FROM base AS build\nRUN make\nFROM scratch AS app\nCOPY config /config\n"
    dockerfile.write_text(text, "utf-8")
    assert standing({"web": dockerfile}) == ["root", "root"]
