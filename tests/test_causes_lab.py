"""The causes of misses in the lab, whose truth is known: builds were broken on purpose."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs
from tests.lab import LAB, builds
from tests.lab_store import FORMATS, lab_store
from tests.truth import OPEN, RIGHT

if TYPE_CHECKING:
    from tests.lab import Build

pytestmark = pytest.mark.skipif(not LAB.is_dir(), reason="the lab is not beside the project")

PAGE = Path(__file__).resolve().parents[1] / "docs" / "causes.md"


@cache
def missed(form: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Misses by the folder of their build, then by name of the step."""
    store = lab_store(form)
    sources = dict(store.runs().select("run_id", "source").collect().iter_rows())
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in cs.misses(store).collect().iter_rows(named=True):
        folder = Path(sources[row["run_id"]]).parent
        build = f"{folder.parent.name}/{folder.name}"
        found.setdefault(build, {})[row["name"]] = row
    return found


def logged(form: str) -> list[Build]:
    return [build for build in builds() if (build.folder / f"{form}.log").exists()]


def roots(build: Build, form: str) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """True roots with what was done, and those that cachestats names."""
    told = build.truth["root_causes"]
    loose = {one["step"] for one in told if one["cause"] == "undecidable"}
    true = {one["step"]: one["cause"] for one in told if one["cause"] not in OPEN}
    rows = missed(form).get(str(build), {})
    said = {name: row for name, row in rows.items() if row["is_root"] and name not in loose}
    return true, said


def is_right(build: Build, done: str, row: dict[str, Any] | None) -> bool:
    warm = build.truth["cache"]["builder"] == "warm"
    allowed = RIGHT[done] | ({"evicted"} if done == "cold" and warm else set())
    return row is not None and row["cause"] in allowed


@pytest.mark.parametrize("form", FORMATS)
def test_no_step_is_called_a_root_that_is_none(form: str) -> None:
    wrong = [
        (str(build), name)
        for build in logged(form)
        for true, said in [roots(build, form)]
        for name in said.keys() - true.keys()
    ]
    assert wrong == []


@pytest.mark.parametrize("form", FORMATS)
def test_the_only_root_that_is_not_found_is_a_canceled_step(form: str) -> None:
    lost = [
        (str(build), name)
        for build in logged(form)
        for true, said in [roots(build, form)]
        for name in true.keys() - said.keys()
    ]
    assert [build for build, _ in lost] == ["flaky/010"]


@pytest.mark.parametrize("form", FORMATS)
def test_no_cause_is_wrong(form: str) -> None:
    wrong = [
        (str(build), name, done, said[name]["cause"], said[name]["confidence"])
        for build in logged(form)
        for true, said in [roots(build, form)]
        for name, done in true.items()
        if name in said and not is_right(build, done, said[name])
    ]
    assert wrong == []


@pytest.mark.parametrize("form", FORMATS)
def test_evidence_is_in_the_logs_where_it_says(form: str) -> None:
    lines: dict[str, list[str]] = {}
    strange = []
    for rows in missed(form).values():
        for row in rows.values():
            for quote in row["evidence"]:
                source = quote["source"]
                if source not in lines:
                    lines[source] = Path(source).read_bytes().decode("utf-8", "replace").split("\n")
                said = lines[source][quote["line"] - 1]
                if form != "rawjson" and first_words(quote["text"]) not in said:
                    strange.append((quote, said))
    assert strange == []


def first_words(text: str) -> str:
    return re.split(r"@sha256:|\s{2,}|\n", text.removeprefix("FROM "))[0][:60]


@pytest.mark.parametrize("form", FORMATS)
def test_every_cascade_is_charged_to_a_root_of_its_run(form: str) -> None:
    for rows in missed(form).values():
        by_no = {row["step_no"]: row for row in rows.values()}
        for row in rows.values():
            root = by_no[row["root_step_no"]]
            assert root["is_root"]
            assert row["root_cause"] == root["cause"]
            assert row["is_root"] == (row["cause"] != "cascade")


def accuracy() -> str:
    """A table for the page: how often each thing that was done is told right."""
    lines = ["| what was done | plain | GitHub-style | rawjson |", "|---|---|---|---|"]
    counts: dict[str, dict[str, Counter[str]]] = {}
    for form in FORMATS:
        for build in logged(form):
            true, said = roots(build, form)
            for name, done in true.items():
                told = counts.setdefault(done, {}).setdefault(form, Counter())
                told["all"] += 1
                told["right"] += is_right(build, done, said.get(name))
    for done in sorted(counts):
        cells = [counts[done].get(form, Counter()) for form in FORMATS]
        shown = " | ".join(f"{cell['right']} of {cell['all']}" for cell in cells)
        lines.append(f"| {done} | {shown} |")
    return "\n".join(lines)


def test_the_page_says_what_is_measured() -> None:
    assert accuracy() in PAGE.read_text("utf-8")


def test_a_dockerfile_changes_no_root_of_the_lab() -> None:
    store = lab_store("plain")
    path = LAB / "runs" / "ml-worker" / "010" / "Dockerfile"
    columns = ["run_id", "step_no", "is_root"]
    inferred = cs.misses(store).select(columns).collect()
    told = cs.misses(store, dockerfiles={"ml-worker": path}).select(columns).collect()
    assert told.rows() == inferred.rows()
