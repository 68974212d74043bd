from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import cachestats as cs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "docs" / "recipes"
SAMPLES = ROOT / "sample_logs"
LOG = ROOT / "tests" / "pairs" / "source-edit" / "rawjson.log"
# What the CI systems set for every job.
JOB = {
    "GITHUB_REPOSITORY": "acme/web",
    "GITHUB_REF_NAME": "main",
    "GITHUB_SHA": "3f9a1c2d3f9a1c2d3f9a1c2d3f9a1c2d3f9a1c2d",
    "GITHUB_JOB": "image",
    "CI_PROJECT_PATH": "acme/web",
    "CI_COMMIT_REF_NAME": "main",
    "CI_COMMIT_SHA": "3f9a1c2d3f9a1c2d3f9a1c2d3f9a1c2d3f9a1c2d",
    "CI_JOB_NAME": "build",
    "CI_RUNNER_DESCRIPTION": "runner-1",
}


def scripts(job: dict[str, Any]) -> Iterator[str]:
    for step in job.get("steps", ()):
        yield from step.get("run", "").splitlines()
    for part in ("before_script", "script", "after_script"):
        yield from job.get(part, ())


def commands(recipe: str) -> list[str]:
    jobs = yaml.safe_load((RECIPES / recipe).read_text("utf-8"))
    found = [line for job in jobs.get("jobs", jobs).values() for line in scripts(job)]
    return [line for line in found if line.startswith("cachestats ")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a job runs: the log of its build, and a store with those of weeks before."""
    (tmp_path / "build.log").write_bytes(LOG.read_bytes())
    (tmp_path / "public").mkdir()
    cs.open_store(tmp_path / "store", create=True).ingest(SAMPLES)
    return tmp_path


@pytest.mark.parametrize("recipe", sorted(path.name for path in RECIPES.glob("*.yml")))
def test_the_commands_of_a_recipe_run(folder: Path, recipe: str) -> None:
    binaries = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        **JOB,
        "CACHESTATS_STORE": str(folder / "store"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "PATH": os.pathsep.join([binaries, os.environ["PATH"]]),
    }
    ran = commands(recipe)
    assert ran
    for command in ran:
        done = subprocess.run(  # noqa: S602 - the command of a page of ours
            command,
            shell=True,
            check=False,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def test_a_report_comes_out_of_the_recipes(folder: Path) -> None:
    environment = {
        **os.environ,
        "CACHESTATS_STORE": str(folder / "store"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    for command in commands("github-report.yml"):
        subprocess.run(command, shell=True, check=True, cwd=folder, env=environment)  # noqa: S602
    assert (folder / "report.html").read_text("utf-8").startswith("<!")
    assert (folder / "summary.md").stat().st_size < 1 << 20


def test_every_recipe_is_on_the_page() -> None:
    page = (RECIPES / "README.md").read_text("utf-8")
    assert all(path.name in page for path in RECIPES.glob("*.yml"))
