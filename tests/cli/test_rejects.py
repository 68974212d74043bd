"""`cachestats store rejects`, and when what was rejected is tried again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs
from cachestats.engine import plan
from tests.cli.conftest import LOGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


def listed(run: Command, store: Path, code: int = 0) -> list[dict[str, Any]]:
    result = run("store", "rejects", "--store", store, "--format", "json")
    assert result.exit_code == code
    rows: list[dict[str, Any]] = json.loads(result.stdout)["rows"]
    return rows


def test_newest_first_then_by_source(run: Command, tmp_path: Path) -> None:
    store = cs.open_store(tmp_path / "store", create=True)
    for names in (["b.log"], ["c.log", "a.log"]):
        for name in names:
            (tmp_path / name).write_text("hello\n")
        store.ingest(*(tmp_path / name for name in names))
    rows = listed(run, tmp_path / "store")
    assert [row["source"].rsplit("/", 1)[1] for row in rows] == ["a.log", "c.log", "b.log"]
    assert {row["reason"] for row in rows} == {"no lines of a BuildKit build"}
    assert set(rows[0]) == set(cs.Rejects.columns())


def test_a_line_is_told(run: Command, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('{"vertexes":[{"digest":"sha256:2f","na\n')
    cs.open_store(tmp_path / "store", create=True).ingest(tmp_path / "a.log")
    assert 1 in {row["line"] for row in listed(run, tmp_path / "store")}


@pytest.mark.parametrize("fmt", ["table", "json", "csv", "markdown"])
def test_no_rejects(run: Command, store: Path, fmt: str) -> None:
    result = run("store", "rejects", "--store", store, "--format", fmt)
    assert result.exit_code == 5
    assert result.stderr == "error: nothing to report: nothing that the store read was rejected\n"
    if fmt == "json":
        assert json.loads(result.stdout)["rows"] == []


def test_no_store(run: Command, tmp_path: Path) -> None:
    assert run("store", "rejects", "--store", tmp_path / "none").exit_code == 4


def test_a_table_shows_the_end_of_a_long_path(run: Command, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    (folder / "a.log").write_text("hello\n")
    cs.open_store(tmp_path / "store", create=True).ingest(folder)
    shown = run("store", "rejects", "--store", tmp_path / "store").stdout
    assert "a.log" in shown
    assert "no lines of a BuildKit build" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_same_version_does_not_try_again_but_another_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no.log").write_text("hello\n")
    (tmp_path / "good.log").write_text(LOGS["cold.log"])
    store = cs.open_store(tmp_path / "store", create=True)

    def unchanged() -> int:
        return store.ingest(tmp_path / "no.log", tmp_path / "good.log").unchanged

    assert [unchanged(), unchanged()] == [0, 2]
    monkeypatch.setattr(plan, "__version__", "99.0")
    assert unchanged() == 1


def test_a_changed_file_is_tried_again_and_leaves_the_list(run: Command, tmp_path: Path) -> None:
    log, store = tmp_path / "a.log", tmp_path / "store"
    log.write_text("hello\n")
    ingested = [cs.open_store(store, create=True).ingest(log)]
    assert len(listed(run, store)) == 1
    log.write_text(LOGS["cold.log"])
    ingested.append(cs.open_store(store).ingest(log))
    assert [result.runs_added for result in ingested] == [0, 1]
    assert listed(run, store, 5) == []
