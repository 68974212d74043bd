"""The lab in a store, as `score.py` beside it ingests it: project, start and commit by sidecar."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import cachestats as cs
from tests.lab import builds

if TYPE_CHECKING:
    from tests.lab import Build

FORMATS = ("plain", "gha", "rawjson")


def place(build: Build, folder: Path, form: str, commit: str | None) -> None:
    """Put one log of a build into a folder, with what is known of it."""
    folder.mkdir(parents=True)
    (folder / "build.log").write_bytes((build.folder / f"{form}.log").read_bytes())
    facts = {
        "project": build.folder.parent.name,
        "branch": "main",
        "started_at": build.truth["started_at"],
        **({"commit": commit} if commit else {}),
    }
    (folder / "meta.json").write_text(json.dumps(facts), "utf-8")


@cache
def lab_store(form: str) -> cs.Store:
    """A store of all builds, each in this format."""
    logs = Path(mkdtemp()) / "logs"
    for build in builds():
        if (build.folder / f"{form}.log").exists():
            commit = build.truth["extra"].get("args", {}).get("GIT_SHA")
            place(build, logs / build.folder.parent.name / build.folder.name, form, commit)
    store = cs.open_store(logs.parent / "store", create=True)
    store.ingest(logs)
    return store
