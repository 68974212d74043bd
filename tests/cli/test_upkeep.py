"""`cachestats store forget`, `redact` and `vacuum`, from log to disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs
from cachestats import redact
from tests.cli.conftest import HEAD, LOGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

SECRET = "hunter2"  # noqa: S105


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Logs of three runs: two of web, and the one of api, which has no secret, between them."""
    folder = tmp_path / "logs"
    given = {"first": ("web", 2, "cold.log"), "other": ("api", 3, "cold.log")}
    for name, (project, day, log) in (given | {"last": ("web", 4, "warm.log")}).items():
        facts = {"project": project, "started_at": f"2026-11-0{day}T09:00:00Z"}
        (folder / name).mkdir(parents=True)
        (folder / name / "build.log").write_text(LOGS[log])
        (folder / name / "meta.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture
def filled(folder: Path, tmp_path: Path) -> Path:
    cs.open_store(tmp_path / "store", create=True).ingest(folder)
    return tmp_path / "store"


def did(run: Command, store: Path, *arguments: object) -> dict[str, Any]:
    result = run("store", *arguments, "--store", store, "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    document: dict[str, Any] = json.loads(result.stdout)
    assert document.pop("schema_version") == 1
    return document


def left(store: Path) -> list[tuple[str, int]]:
    rows = cs.open_store(store).runs().sort("started_at").collect()
    return [(row["project"], row["started_at"].day) for row in rows.iter_rows(named=True)]


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["latest"], [("web", 2), ("api", 3)]),
        (["latest", "--project", "api"], [("web", 2), ("web", 4)]),
        (["--project", "web"], [("api", 3)]),
        (["--before", "2026-11-04"], [("web", 4)]),
        (["--before", "2026-11-04", "--project", "web"], [("api", 3), ("web", 4)]),
        (["latest", "--before", "2026-11-04"], [("web", 2), ("web", 4)]),
        (["--before", "2026-11-02"], [("web", 2), ("api", 3), ("web", 4)]),
        (["--project", "no such"], [("web", 2), ("api", 3), ("web", 4)]),
    ],
    ids=str,
)
def test_what_is_chosen_goes(
    run: Command, filled: Path, arguments: list[str], kept: list[tuple[str, int]]
) -> None:
    foreseen = did(run, filled, "forget", *arguments, "--dry-run")
    assert len(left(filled)) == 3
    gone = did(run, filled, "forget", *arguments)
    assert left(filled) == kept
    assert gone == foreseen
    assert (gone["runs"], gone["steps"]) == (3 - len(kept), 5 * (3 - len(kept)))


@pytest.mark.parametrize("length", [8, 100])
def test_a_run_is_named_by_its_id_or_the_beginning_of_it(
    run: Command, filled: Path, length: int
) -> None:
    run_id = cs.open_store(filled).runs().sort("started_at").collect()["run_id"][0]
    assert did(run, filled, "forget", run_id[:length])["runs"] == 1
    assert left(filled) == [("api", 3), ("web", 4)]


@pytest.mark.parametrize(
    "arguments",
    [[], ["--dry-run"], [""], ["", "--project", "api"], ["no such run"], ["--before", "soon"]],
    ids=str,
)
def test_wrong_usage_forgets_nothing(run: Command, filled: Path, arguments: list[str]) -> None:
    result = run("store", "forget", *arguments, "--store", filled)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert len(left(filled)) == 3


@pytest.mark.parametrize("command", [("forget", "latest"), ("redact",), ("vacuum",)], ids=" ".join)
def test_no_store(run: Command, tmp_path: Path, command: tuple[str, ...]) -> None:
    assert run("store", *command, "--store", tmp_path / "none").exit_code == 4


def test_a_run_without_a_start_is_before_no_time(run: Command, tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert run("ingest", "-", "--store", store, input=LOGS["cold.log"]).exit_code == 0
    assert did(run, store, "forget", "--before", "2999-01-01")["runs"] == 0
    assert did(run, store, "forget", "latest")["runs"] == 1


def test_the_next_ingest_does_not_bring_it_back_but_a_changed_log_does(
    run: Command, folder: Path, filled: Path
) -> None:
    did(run, filled, "forget", "--project", "web")
    assert cs.open_store(filled).ingest(folder).unchanged == 3
    assert left(filled) == [("api", 3)]
    log = folder / "first" / "build.log"
    log.write_text(log.read_text() + "\n")
    assert cs.open_store(filled).ingest(folder).runs_added == 1
    assert left(filled) == [("web", 2), ("api", 3)]


def test_a_person_is_told_what_went_and_when_it_is_gone_from_disk(
    run: Command, filled: Path
) -> None:
    foreseen = run("store", "forget", "--project", "web", "--dry-run", "--store", filled).stdout
    assert foreseen.startswith("2 runs would be forgotten, with 10 steps,")
    assert "vacuum" not in foreseen
    shown = run("store", "forget", "--project", "web", "--store", filled).stdout
    assert shown.startswith("2 runs forgotten, with 10 steps, 0 cache imports and exports,")
    assert "store vacuum" in shown
    nothing = run("store", "forget", "--project", "web", "--store", filled).stdout
    assert nothing.startswith("0 runs forgotten, with 0 steps,")
    assert "vacuum" not in nothing


def on_disk(store: Path, word: str) -> set[str]:
    """Tables with a file that holds a word, in no codec but that of the text itself."""
    import polars as pl

    return {
        file.parent.name
        for file in store.glob("*/*.parquet")
        if word in str(pl.scan_parquet(file).collect().to_dict(as_series=False))
    }


def test_redaction_from_log_to_disk(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, store = tmp_path / "a.log", tmp_path / "store"
    log.write_text(f"{HEAD}\n#3 [build 2/2] RUN TOKEN={SECRET} make\n#3 DONE 1.0s\n")
    with monkeypatch.context() as older:
        older.setattr(redact, "_SIGNS", ["no text has this"])
        start = datetime(2026, 11, 2, tzinfo=UTC)
        cs.open_store(store, create=True).ingest(log, given=cs.RunFacts(started_at=start))
    assert on_disk(store, SECRET) == {"steps"}
    layers = cs.open_store(store).steps().sort("step_no").collect()["layer_id"]
    assert did(run, store, "redact") == {
        "runs": 0,
        "steps": 1,
        "cache_io": 0,
        "facts": 0,
        "rejects": 0,
    }
    assert on_disk(store, SECRET) == {"steps"}
    did(run, store, "vacuum", "--older-than", "0h")
    assert on_disk(store, SECRET) == set()
    steps = cs.open_store(store).steps().sort("step_no").collect()
    assert steps["text"][-1] == "RUN TOKEN=*** make"
    assert steps["layer_id"].equals(layers)
    again = run("store", "redact", "--store", store)
    assert (again.exit_code, again.stdout) == (0, "0 rows redacted\n")


def test_a_fresh_store_needs_no_redaction(run: Command, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"{HEAD}\n#3 [build 2/2] RUN TOKEN={SECRET} make\n#3 DONE 1s\n")
    cs.open_store(tmp_path / "store", create=True).ingest(tmp_path / "a.log")
    assert set(did(run, tmp_path / "store", "redact").values()) == {0}


def test_a_vacuum_keeps_the_files_of_a_week_unless_told_otherwise(
    run: Command, filled: Path
) -> None:
    did(run, filled, "forget", "--project", "web")
    assert did(run, filled, "vacuum") == {"rows_dropped": 0, "files_deleted": 0}
    assert did(run, filled, "vacuum", "--older-than", "0h")["files_deleted"] > 0
    assert on_disk(filled, "web") <= {"sources", "rejects"}
    assert left(filled) == [("api", 3)]


@pytest.mark.parametrize("age", ["2030-01-01", "9999-01-01"])
def test_vacuum_refuses_what_is_to_come(run: Command, store: Path, age: str) -> None:
    done = run("store", "vacuum", "--older-than", age, "--store", store)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be old enough" in done.stderr


def test_a_store_that_is_not_made_yet_has_nothing_to_look_after(tmp_path: Path) -> None:
    store = cs.open_store(tmp_path / "new", create=True)
    assert {(table.rows, table.files) for table in store.info().tables} == {(0, 0)}
    assert store._repr_html_().count("<tr>") == 7
    assert (store.compact().files_added, store.vacuum().rows_dropped) == (0, 0)
    assert store.redact().steps == 0
    assert store.forget(project="web").runs == 0
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", ["~nosuchuser/x", "caf\udce9"])
def test_a_path_that_cannot_be_is_a_fault_of_the_store(run: Command, path: str) -> None:
    done = run("runs", "--store", path)
    assert (done.exit_code, done.stdout) == (4, "")


def test_an_address_that_is_none_is_rejected(run: Command, tmp_path: Path) -> None:
    done = run("ingest", "http://[bad/x.log", "--store", tmp_path / "store", "--format", "json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["rejects"][0]["source"] == "http://…"
