"""What projects are called whose name is only known from the log or its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import cachestats as cs

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = "registry.example.org:5000"
LOG = """\
#1 [1/1] RUN make
#1 DONE 1.0s

#2 exporting to image
#2 naming to {ref} done
#2 DONE 0.1s
"""


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def projects(folder: Path, ref: str, given: cs.RunFacts | None = None) -> list[str]:
    """Projects that `parse` and an ingest find, in a log of a folder `web`."""
    log = folder / "logs" / "web" / "build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(LOG.format(ref=ref), "utf-8")
    given = given or cs.RunFacts()
    store = cs.open_store(folder / "store", create=True)
    store.ingest(folder / "logs", given=given)
    stored = store.runs().collect()[cs.Runs.project.name].to_list()
    assert cs.parse(folder / "logs", given=given).runs[cs.Runs.project.name].to_list() == stored
    return stored


def write(folder: Path, **aliases: str) -> None:
    lines = [f'"{name}" = "{project}"' for name, project in aliases.items()]
    (folder / "cachestats.toml").write_text("\n".join(["[projects.aliases]", *lines]), "utf-8")


@pytest.mark.parametrize(
    ("aliases", "ref", "project"),
    [
        ({"shop/api": "api"}, f"{REGISTRY}/shop/api:1", "api"),
        ({f"{REGISTRY}/shop/*": "shop"}, f"{REGISTRY}/shop/api:1", "shop"),
        ({f"{REGISTRY}/shop/*": "shop"}, "other.example.org/shop/api:1", "shop/api"),
        ({"shop/api": "api", f"{REGISTRY}/*": "all"}, f"{REGISTRY}/shop/api:1", "all"),
        ({"debian": "base"}, "docker.io/library/debian:12", "base"),
        ({"docker.io/*": "hub"}, "docker.io/library/debian:12", "hub"),
        ({}, f"{REGISTRY}/shop/api:1", "shop/api"),
    ],
)
def test_image_is_looked_up_with_its_registry_and_without(
    tmp_path: Path, aliases: dict[str, str], ref: str, project: str
) -> None:
    write(tmp_path, **aliases)
    assert projects(tmp_path, ref) == [project]


def test_given_project_is_taken_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, web="site")
    assert projects(tmp_path, f"{REGISTRY}/a", cs.RunFacts(project="web")) == ["web"]


def test_given_aliases_win_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, a="file")
    assert projects(tmp_path, "a:1", cs.RunFacts(aliases=(("a", "given"),))) == ["given"]
    assert projects(tmp_path, "a:1", cs.RunFacts(aliases=())) == ["a"]


def test_a_changed_alias_renames_the_runs_of_known_logs(tmp_path: Path) -> None:
    assert projects(tmp_path, "a:1") == ["a"]
    write(tmp_path, a="b")
    assert projects(tmp_path, "a:1") == ["b"]


def test_a_wrong_file_is_an_error_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "cachestats.toml").write_text("[projects]\naliases = 3", "utf-8")
    with pytest.raises(cs.UsageError, match=r"projects\.aliases: should be a table"):
        projects(tmp_path, "a:1")
