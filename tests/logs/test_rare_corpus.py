"""Real logs in rare formats, against the steps that were read from them by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import cachestats as cs
from cachestats.schema import LogFormat

CORPUS = Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus"
FORMATS = {
    "dockerbuild": {LogFormat.DOCKERBUILD},
    "old-plain": {LogFormat.PLAIN},
    "rawjson": {LogFormat.RAWJSON, LogFormat.TRACE},
    "tty": {LogFormat.TTY},
}
# A step that was announced and never began is `not_needed`; the folder calls it incomplete.
STATUSES = {"failed": "error", "open": "incomplete", "not_needed": "incomplete"}
BUILDERS = {"003": "kaniko", "005": "buildah", "006": "buildah", "008": "legacy", "010": "podman"}

present = pytest.mark.skipif(not CORPUS.exists(), reason="the folder `shared` is not there")
read_by_hand = [
    json.loads(path.read_text("utf-8")) for path in sorted(CORPUS.glob("expect/*.json"))
]
each_rare_log = pytest.mark.parametrize(
    "said",
    [said for said in read_by_hand if said["file"].split("/")[0] in FORMATS],
    ids=lambda said: said["file"],
)


@present
@each_rare_log
def test_steps_are_those_read_by_hand(said: dict[str, Any]) -> None:
    found = cs.parse(CORPUS / said["file"])
    steps = found.steps.select("name", pl.col("outcome").cast(pl.String).replace(STATUSES)).rows()
    assert sorted(steps) == sorted((step["name"], step["status"]) for step in said["steps"])
    assert set(found.runs["format"]) <= FORMATS[said["file"].split("/")[0]]


@present
@each_rare_log
def test_a_duration_is_that_of_all_intervals(said: dict[str, Any]) -> None:
    found = dict(cs.parse(CORPUS / said["file"]).steps.select("name", "duration_s").iter_rows())
    for step in said["steps"]:
        union = step.get("alt_duration_s")
        if step["status"] == "done" and union is not None:
            assert found[step["name"]] == pytest.approx(union, abs=0.06)


@present
@pytest.mark.parametrize(("number", "builder"), BUILDERS.items())
def test_other_builders_are_named(number: str, builder: str) -> None:
    found = cs.parse(CORPUS / "other-builders" / f"{number}.log")
    assert found.steps.is_empty()
    assert builder in found.rejects["reason"].item()


@present
def test_every_record_of_an_archive_is_a_run() -> None:
    found = cs.parse(CORPUS / "dockerbuild" / "003.dockerbuild")
    assert (found.runs.height, set(found.runs["format"])) == (16, {LogFormat.DOCKERBUILD})
    assert found.runs["started_at"].is_sorted()
    assert found.rejects.is_empty()
