"""A small real store, and the command to ask it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import pytest
from typer.testing import CliRunner, Result

import cachestats as cs
from cachestats.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

Command: TypeAlias = Callable[..., Result]

ENVIRONMENT = {"COLUMNS": "80", "TERM": "xterm", "NO_COLOR": None, "FORCE_COLOR": None}
HEAD = """\
#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 210B done
#1 DONE 0.0s

#2 [build 1/4] FROM docker.io/library/python:3.12@sha256:%s
#2 CACHED
""" % ("0" * 64)
COLD = """
#3 [build 2/4] WORKDIR /srv
#3 DONE 0.1s

#4 [build 3/4] COPY . .
#4 DONE 0.4s

#5 [build 4/4] RUN make [red]all[/red] | tee <log>
#5 0.512 compiling
#5 DONE 70.0s
"""
WARM = """
#3 [build 2/4] WORKDIR /srv
#3 CACHED

#4 [build 3/4] COPY . .
#4 CACHED

#5 [build 4/4] RUN make [red]all[/red] | tee <log>
#5 CACHED
"""
LOGS = {"cold.log": HEAD + COLD, "warm.log": HEAD + WARM}


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cold and a warm build, and a file that is no build log."""
    folder = tmp_path_factory.mktemp("logs")
    for name, text in LOGS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def store(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with both builds, two days apart, on two branches of one project."""
    folder = tmp_path_factory.mktemp("store") / "store"
    opened = cs.open_store(folder, create=True)
    for name, branch, day in (("cold.log", "main", 2), ("warm.log", "fix", 4)):
        start = datetime(2026, 11, day, 9, tzinfo=UTC)
        opened.ingest(logs / name, given=cs.RunFacts("web", branch, "abcdef123", started_at=start))
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `cachestats` with these arguments, 80 columns wide and without colour."""
    for name in ("CACHESTATS_STORE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments, **options: CliRunner(env={"COLUMNS": "80"}).invoke(
        app, list(map(str, arguments)), **options
    )
