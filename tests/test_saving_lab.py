"""Savings that the plan predicts from the bad half of a pair, and what the good half saved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from tests.lab import LAB, builds
from tests.lab_store import FORMATS, place

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab import Build

pytestmark = pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")

BAD, GOOD = "orders-api", "orders-api-fixed"
KINDS = ("reorder", "split_copy", "cache_mount", "bind_mount", "move_volatile")


def of_project(name: str) -> list[Build]:
    return [build for build in builds() if build.folder.parent.name == name]


def took(name: str) -> tuple[float, float]:
    """Machine and wall seconds of all builds of a project."""
    truths = [json.loads((b.folder / "truth.json").read_text("utf-8")) for b in of_project(name)]
    machine = sum(
        step["seconds"] or 0
        for truth in truths
        for step in truth["extra"]["steps"]
        if step["status"] == "run" and "] FROM " not in step["name"]
    )
    return machine, sum(truth["wall_s"] for truth in truths)


@pytest.mark.parametrize("form", FORMATS)
def test_the_plan_predicts_what_the_fixed_dockerfile_saved(form: str, tmp_path: Path) -> None:
    for build in of_project(BAD):
        # The job tells another commit for each run, as one that counts its builds would.
        place(build, tmp_path / "logs" / build.folder.name, form, build.folder.name)
    store = cs.open_store(tmp_path / "store", create=True)
    store.ingest(tmp_path / "logs")
    dockerfile = of_project(BAD)[-1].folder / "Dockerfile"
    combined = cs.advise(store, dockerfile=dockerfile, kinds=KINDS).combined
    bad, good = took(BAD), took(GOOD)
    for found, before, after, most in (
        (combined.machine_s, bad[0], good[0], 0.15),
        (combined.wall_s, bad[1], good[1], 0.20),
    ):
        measured = before - after
        assert abs(found.mid - measured) <= most * measured
        assert found.low <= measured <= found.high
        assert found.high - found.low <= 0.8 * measured


def test_every_project_gets_a_plan_with_its_dockerfile_and_without() -> None:
    from tests.lab_store import lab_store

    store = lab_store("plain")
    for name in sorted({build.folder.parent.name for build in builds()}):
        where = cs.Filters(project=name)
        dockerfile = of_project(name)[-1].folder / "Dockerfile"
        given = cs.advise(store, dockerfile=dockerfile, where=where)
        made = cs.advise(store, where=where)
        assert given.dockerfile is not None
        assert made.dockerfile is None
        for one in (*given.suggestions, *made.suggestions):
            assert one.project == name
            assert one.machine_s.low <= one.machine_s.mid <= one.machine_s.high
            assert one.wall_s.low <= one.wall_s.mid <= one.wall_s.high
