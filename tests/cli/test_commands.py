"""Exit codes, stdout and the line on stderr of every command, on a small real store."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typer.testing import Result

    from tests.cli.conftest import Command

READING = [("runs",), ("steps", "latest"), ("layers",)]


def rows(result: Result) -> list[dict[str, Any]]:
    document = json.loads(result.stdout)
    assert document.pop("schema_version") == 1
    found: list[dict[str, Any]] = document.pop("rows")
    assert not document
    return found


def test_runs_are_newest_first(run: Command, store: Path) -> None:
    result = run("runs", "--store", store, "--format", "json")
    found = [(row["branch"], row["hits"], row["misses"], row["started_at"]) for row in rows(result)]
    assert found == [
        ("fix", 3, 0, "2026-11-04T09:00:00Z"),
        ("main", 0, 3, "2026-11-02T09:00:00Z"),
    ]
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("columns", "command"),
    [
        (cs.Runs.columns(), "runs"),
        (cs.Steps.columns(), "steps latest"),
        (cs.LayerRows.columns(), "layers"),
    ],
)
def test_json_has_every_column(
    run: Command, store: Path, columns: dict[str, cs.Column], command: str
) -> None:
    (first, *_) = rows(run(*command.split(), "--store", store, "--format", "json"))
    assert set(first) >= set(columns)


def overwritten(file: Path, place: int) -> None:
    data = bytearray(file.read_bytes())
    data[place : place + 40] = b"\0" * 40
    file.write_bytes(data)


@pytest.mark.parametrize("place", [100, -60], ids=["rows", "footer"])
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_damaged_file_of_the_store_is_one_clear_line(
    run: Command, store: Path, tmp_path: Path, command: Sequence[str], place: int
) -> None:
    damaged = tmp_path / "store"
    shutil.copytree(store, damaged)
    for file in damaged.glob("*/*.parquet"):
        overwritten(file, place)
    result = run(*command, "--store", damaged)
    assert result.exit_code == cs.StoreError.exit_code
    assert result.stderr.startswith("error: a file of the store is damaged: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("wanted", ["latest", "id", "prefix"])
def test_steps_of_a_run(run: Command, store: Path, wanted: str) -> None:
    latest = rows(run("runs", "--store", store, "--format", "json"))[0]["run_id"]
    name = {"latest": "latest", "id": latest, "prefix": latest[:10]}[wanted]
    found = rows(run("steps", name, "--store", store, "--format", "json"))
    assert [(step["step_no"], step["outcome"]) for step in found if step["index"]] == [
        (2, "cached"),
        (3, "cached"),
        (4, "cached"),
        (5, "cached"),
    ]
    assert {step["run_id"] for step in found} == {latest}


def test_latest_is_of_the_branch_asked_for(run: Command, store: Path) -> None:
    result = run("steps", "latest", "--branch", "main", "--store", store, "--format", "json")
    assert [step["duration_s"] for step in rows(result)][-1] == 70.0


def test_layers_costliest_first(run: Command, store: Path) -> None:
    found = rows(run("layers", "--store", store, "--format", "json"))
    measures = ("instruction", "runs", "hits", "misses", "miss_ratio", "cost_s", "saved_s")
    assert [tuple(row[name] for name in measures) for row in found] == [
        ("RUN", 2, 1, 1, 0.5, 70.0, 70.0),
        ("COPY", 2, 1, 1, 0.5, 0.4, 0.4),
        ("WORKDIR", 2, 1, 1, 0.5, 0.1, 0.1),
    ]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--top", "1"], 1),
        (["--project", "web", "--stage", "build"], 3),
        (["--since", "2026-11-03", "--by", "misses"], 3),
        (["--until", "2026-11-01"], 0),
        (["--until", "2026-11-02"], 3),
        (["--project", "other"], 0),
        (["--stage", "other"], 0),
        (["--target", "other"], 0),
    ],
    ids=str,
)
def test_filters_of_layers(run: Command, store: Path, options: list[str], count: int) -> None:
    result = run("layers", *options, "--store", store, "--format", "json")
    assert len(rows(result)) == count
    assert result.exit_code == (0 if count else 5)


@pytest.mark.parametrize("command", READING, ids=" ".join)
@pytest.mark.parametrize("fmt", ["table", "json", "csv", "markdown"])
def test_nothing_to_report(
    run: Command, tmp_path: Path, command: tuple[str, ...], fmt: str
) -> None:
    (tmp_path / "empty").mkdir()
    cs.open_store(tmp_path / "store", create=True).ingest(tmp_path / "empty")
    result = run(*command, "--store", tmp_path / "store", "--format", fmt)
    assert result.exit_code == 5
    assert result.stderr.startswith("error: nothing to report: the store holds no runs;")
    assert result.stderr.count("\n") == 1
    if fmt == "json":
        assert rows(result) == []


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_no_store(run: Command, tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run(*command, "--store", tmp_path / "none")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "cachestats ingest" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("steps",),
        ("steps", "no such run"),
        ("layers", "--since", "soon"),
        ("layers", "--by", "beauty"),
        ("runs", "--top", "0"),
        ("runs", "--format", "xml"),
        ("parse",),
        ("unheard-of",),
    ],
    ids=" ".join,
)
def test_wrong_usage(run: Command, store: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--store", store) if arguments[0] == "steps" else run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_the_store_can_come_from_the_environment(
    run: Command, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHESTATS_STORE", str(store))
    assert len(rows(run("runs", "--format", "json"))) == 2


def test_ingest_makes_the_store_and_a_second_one_changes_nothing(
    run: Command, logs: Path, tmp_path: Path
) -> None:
    def ingest() -> tuple[int, int, int]:
        result = run("ingest", logs, "--store", tmp_path / "store", "--format", "json")
        assert result.exit_code == 0
        found = json.loads(result.stdout)
        assert set(found) >= {"schema_version", "bytes", "steps_added", "rejects", "seconds"}
        return found["files"], found["runs_added"], found["runs_known"]

    assert ingest()[:2] == (2, 2)
    assert ingest()[1] == 0
    assert len(rows(run("runs", "--store", tmp_path / "store", "--format", "json"))) == 2


def test_facts_given_by_options(run: Command, logs: Path, tmp_path: Path) -> None:
    given = {
        "project": "web",
        "branch": "main",
        "commit": "abc",
        "ci": "github",
        "job": "7",
        "runner": "large",
        "started_at": "2026-11-02T09:00:00Z",
    }
    options = [part for name, value in given.items() for part in (f"--{name}", value)]
    options = [part.replace("_", "-") if part.startswith("--") else part for part in options]
    stored = ("--store", tmp_path / "store")
    run("ingest", logs / "cold.log", *options, *stored)
    (found,) = rows(run("runs", *stored, "--format", "json"))
    assert found | given == found


def test_a_path_template_gives_facts(run: Command, logs: Path, tmp_path: Path) -> None:
    stored = ("--store", tmp_path / "store")
    run("ingest", logs / "cold.log", "--path-template", "{branch}.log", *stored)
    (found,) = rows(run("runs", *stored, "--format", "json"))
    assert found["branch"] == "cold"


@pytest.mark.parametrize("command", ["parse", "ingest"])
def test_what_cannot_be_read_is_said_and_the_rest_is_read(
    run: Command, logs: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "no.log").write_text("hello\n", "utf-8")
    stored = ["--store", tmp_path / "store"] if command == "ingest" else []
    result = run(command, logs, tmp_path / "no.log", *stored, "--format", "json")
    assert result.exit_code == 3
    (reject,) = json.loads(result.stdout)["rejects"]
    assert reject["source"].endswith("no.log")
    assert f"{reject['source']}:" in result.stderr
    assert result.stderr.endswith(f" {reject['reason']}\n")


def test_all_rejected(run: Command, tmp_path: Path) -> None:
    result = run("ingest", tmp_path / "none.log", "--store", tmp_path / "store")
    assert result.exit_code == 3
    assert "none.log" in result.stderr


def test_many_rejects_are_not_all_printed(run: Command, tmp_path: Path) -> None:
    missing = [tmp_path / f"{n}.log" for n in range(25)]
    result = run("parse", *missing, "--format", "json")
    assert result.stderr.count("\n") == 21
    assert result.stderr.endswith("and 5 more that could not be read\n")


@pytest.mark.parametrize("command", ["parse", "ingest"])
def test_an_empty_folder(run: Command, tmp_path: Path, command: str) -> None:
    (tmp_path / "logs").mkdir()
    stored = ["--store", tmp_path / "store"] if command == "ingest" else []
    result = run(command, tmp_path / "logs", *stored, "--format", "json")
    assert result.exit_code == 5
    assert json.loads(result.stdout)["rejects"] == []
    assert result.stderr == "error: nothing to report: no logs in what was given\n"


def test_a_dry_run_stores_nothing(run: Command, logs: Path, tmp_path: Path) -> None:
    result = run("ingest", logs, "--dry-run", "--store", tmp_path / "store")
    assert (result.exit_code, result.stdout[:8]) == (0, "2 logs (")
    assert run("runs", "--store", tmp_path / "store").exit_code in {4, 5}


def test_parse_nests_steps_in_their_runs(run: Command, logs: Path) -> None:
    document = json.loads(run("parse", logs, "--format", "json").stdout)
    assert set(document) == {"schema_version", "runs", "rejects"}
    assert [[step["step_no"] for step in found["steps"]] for found in document["runs"]] == [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
    ]


def test_parse_reads_stdin(run: Command, logs: Path) -> None:
    result = run("parse", "-", "--format", "json", input=(logs / "cold.log").read_text("utf-8"))
    assert len(json.loads(result.stdout)["runs"]) == 1


def test_store_info(run: Command, store: Path) -> None:
    document = json.loads(run("store", "info", "--store", store, "--format", "json").stdout)
    tables = {table["name"]: table["rows"] for table in document["tables"]}
    assert (document["format_version"], tables["runs"], tables["steps"]) == (1, 2, 10)
    assert document["first_started_at"] == "2026-11-02T09:00:00Z"


@pytest.mark.parametrize("command", ["compact", "vacuum"])
def test_upkeep_loses_nothing(run: Command, logs: Path, tmp_path: Path, command: str) -> None:
    stored = ("--store", tmp_path / "store")
    run("ingest", logs, *stored)
    before = run("layers", *stored).stdout
    assert run("store", command, *stored).exit_code == 0
    assert run("layers", *stored).stdout == before


@pytest.mark.parametrize("command", [*READING, ("store", "info")], ids=" ".join)
def test_tables_fit_80_columns(run: Command, store: Path, command: tuple[str, ...]) -> None:
    result = run(*command, "--store", store)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_wide_terminal_shows_more(run: Command, store: Path) -> None:
    narrow, wide = (
        run("layers", "--store", store, env={"COLUMNS": columns}).stdout.splitlines()[0].split()
        for columns in ("75", "200")
    )
    assert set(wide) - set(narrow) == {
        "baseline",
        "saved",
        "ratio",
        "cost",
        "last",
        "runs",
    }


def test_no_text_of_a_log_is_markup(run: Command, store: Path) -> None:
    text = "RUN make [red]all[/red] | tee <log>"
    assert text in run("steps", "latest", "--store", store).stdout
    escaped = r"RUN make \[red\]all\[/red\] \| tee &lt;log&gt;"
    assert escaped in run("layers", "--store", store, "--format", "markdown").stdout


def test_layers_end_in_the_hit_ratio(run: Command, store: Path) -> None:
    printed = " ".join(run("layers", "--store", store).stdout.split())
    assert printed.endswith(
        "Hit ratio: 50 % by count (3 hits of 6), 50 % by time (1m 10s saved, 1m 10s executed). "
        "As Docker counts: 50 % (5 of 10 steps printed as cached, FROM, internal and export steps "
        "included)."
    )


def test_docker_counts_whole_runs_whatever_the_stage(run: Command, store: Path) -> None:
    printed = run("layers", "--stage", "build", "--store", store).stdout
    assert "(5 of 10 steps" in printed


def test_csv(run: Command, store: Path) -> None:
    printed = run("layers", "--store", store, "--format", "csv").stdout
    found = list(csv.DictReader(io.StringIO(printed)))
    assert [(row["instruction"], row["cost_s"], row["top_cause"]) for row in found] == [
        ("RUN", "70.0", "cascade"),
        ("COPY", "0.4", "cascade"),
        ("WORKDIR", "0.1", "first_seen"),
    ]


def test_version(run: Command) -> None:
    assert run("--version").stdout.startswith("cachestats 0.")


def test_a_dry_run_makes_no_store(run: Command, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("#1 [1/1] RUN make\n#1 DONE 1.0s\n")
    result = run("ingest", tmp_path / "a.log", "--dry-run", "--store", tmp_path / "store")
    assert (result.exit_code, (tmp_path / "store").exists()) == (0, False)


def test_known_rejects_are_reported_again(run: Command, tmp_path: Path) -> None:
    (tmp_path / "no.log").write_text("nothing of BuildKit's\n")
    results = [run("ingest", tmp_path, "--store", tmp_path / "store") for _ in range(2)]
    assert [result.exit_code for result in results] == [3, 3]
    assert all("no.log: no lines of a BuildKit build" in result.stderr for result in results)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["runs", "--top", "0"], "must be 1 or more"),
        (["runs", "--top", "x"], "must be a whole number"),
        (["check", "--min-hit-ratio", "2"], "must be 1 or less"),
        (["check", "--min-hit-ratio", "x"], "must be a number"),
        (["layers", "--by", "x"], "'x' is not one of 'waste', 'misses', 'miss_ratio'."),
    ],
)
def test_what_a_value_must_be_is_said_plainly(
    run: Command, arguments: list[str], said: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].endswith(f": {said}")
