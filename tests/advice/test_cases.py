"""Advice that would break a build, or that says other than it does: none is given."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.advice.dockerfile import parse
from tests.advice.cases import CASES, advice

if TYPE_CHECKING:
    from cachestats.advice.document import Advice, Suggestion

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
IN_LOGS = pytest.mark.parametrize("is_given", [True, False], ids=["a Dockerfile", "logs alone"])


def order(found: Advice) -> list[str]:
    """The words of the rewritten Dockerfile, without mounts."""
    assert found.dockerfile is not None
    return [one.said for one in parse(found.dockerfile).instructions]


def by_kind(found: Advice) -> dict[str, Suggestion]:
    return {str(one.kind): one for one in found.suggestions}


@pytest.mark.parametrize(
    "name", ["workspaces", "prisma", "yarn", "gemspec", "requirements", "printed"]
)
def test_what_an_installation_reads_stays_above_it(name: str) -> None:
    found = advice(name)
    assert "reorder" not in by_kind(found)
    assert order(found) == [one.said for one in parse(CASES[name].text).instructions]


@pytest.mark.parametrize(
    ("name", "condition"), [("postinstall", "scripts"), ("replace", "go.mod replaces no module")]
)
@IN_LOGS
def test_what_it_may_read_goes_below_on_a_condition(
    name: str, condition: str, *, is_given: bool
) -> None:
    one = by_kind(advice(name, is_given=is_given))["reorder"]
    assert any(condition in caveat for caveat in one.caveats)


@pytest.mark.parametrize("name", ["npm token", "pip token"])
def test_a_credential_stays_above_the_installation(name: str) -> None:
    found = advice(name)
    assert "move_volatile" not in by_kind(found)
    assert order(found) == [one.said for one in parse(CASES[name].text).instructions]


def test_a_commit_goes_below_the_installation_on_a_condition() -> None:
    found = advice("commit")
    assert any("expands" in caveat for caveat in by_kind(found)["move_volatile"].caveats)
    said = order(found)
    assert said.index("ARG GIT_SHA") > said.index("RUN pip install -r requirements.txt")


def test_a_cache_that_gave_no_hit_saves_what_it_took() -> None:
    found = advice("useless cache", "drop_cache_export")
    (one,) = found.suggestions
    assert one.wall_s.model_dump() == {"low": 128.0, "mid": 128.0, "high": 128.0}
    assert "--cache-from" in one.recommendation
    assert found.combined.wall_s == one.wall_s


def test_with_a_dockerfile_the_caches_of_other_projects_are_not_asked_for(tmp_path: Path) -> None:
    case, store = CASES["useless cache"], cs.open_store(tmp_path / "store", create=True)
    for project in ("app", "other"):
        case.write(project, tmp_path / project)
        store.ingest(tmp_path / project)
    file = tmp_path / "Dockerfile"
    file.write_text(case.text, "utf-8")
    both = cs.advise(store, kinds=["drop_cache_export"])
    assert {one.project for one in both.suggestions} == {"app", "other"}
    alone = cs.advise(store, dockerfile=file, kinds=["drop_cache_export"])
    (one,) = alone.suggestions
    assert alone.combined.wall_s == one.wall_s
    assert alone.window.runs == both.window.runs / 2


def test_exports_before_the_window_save_nothing(tmp_path: Path) -> None:
    case, store = CASES["useless cache"], cs.open_store(tmp_path / "store", create=True)
    for name, day in (("old", "2026-08-03"), ("new", "2026-11-02")):
        case.write("app", tmp_path / name, day)
        store.ingest(tmp_path / name)
    (one,) = cs.advise(store, kinds=["drop_cache_export"]).suggestions
    assert one.machine_s.high == 128.0


def test_the_time_of_an_export_is_saved_once() -> None:
    edits = advice("useless cache", "move_volatile", "reorder").combined
    both = advice("useless cache", "move_volatile", "reorder", "drop_cache_export").combined
    assert both.wall_s.mid <= edits.wall_s.mid + 128.0
    assert both.wall_s.high <= edits.wall_s.high + 128.0
    assert both.machine_s.mid == pytest.approx(edits.machine_s.mid + 128.0, abs=0.2)


@pytest.mark.parametrize("name", CASES)
def test_the_file_holds_what_the_suggestions_say_and_all_of_it(name: str) -> None:
    found = advice(name)
    of_file = {"reorder", "split_copy", "cache_mount", "bind_mount", "move_volatile"}
    listed = tuple(of_file & by_kind(found).keys())
    assert bool(found.diff) is bool(listed)
    mounted = re.findall(r"^\+.*--mount=type=cache", found.diff or "", re.MULTILINE)
    assert bool(mounted) is ("cache_mount" in listed)


@pytest.mark.parametrize("name", ["postinstall", "commit", "useless cache"])
def test_no_more_is_done_than_asked_for_kind_by_kind(name: str) -> None:
    found = advice(name)
    again = advice(name, *by_kind(found))
    assert (again.dockerfile, again.combined) == (found.dockerfile, found.combined)


def in_order(found: Advice) -> None:
    ranges = [
        found.combined.machine_s,
        found.combined.wall_s,
        *(one.machine_s for one in found.suggestions),
        *(one.wall_s for one in found.suggestions),
    ]
    for one in ranges:
        assert one.low <= one.mid <= one.high, found


@pytest.mark.parametrize("name", CASES)
@IN_LOGS
def test_ranges_are_in_order(name: str, *, is_given: bool) -> None:
    in_order(advice(name, is_given=is_given))


def test_ranges_of_all_samples_are_in_order(tmp_path: Path) -> None:
    store = cs.open_store(tmp_path / "store", create=True)
    store.ingest(SAMPLES)
    projects = sorted(store.runs().collect()["project"].unique().drop_nulls())
    assert len(projects) > 9
    for project in projects:
        in_order(cs.advise(store, where=cs.Filters(project=project)))
    in_order(cs.advise(store))
