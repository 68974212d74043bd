"""`cachestats doctor`: rows for programs, a summary and the next step for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import cachestats as cs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


def test_json_has_every_column_of_every_file(run: Command, logs: Path) -> None:
    result = run("doctor", logs, "--format", "json")
    document = json.loads(result.stdout)
    assert set(document) == {"schema_version", "rows"}
    assert [set(row) for row in document["rows"]] == [set(cs.DoctorRows.columns())] * 2
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_person_sees_what_the_files_come_to_and_what_to_do(run: Command, logs: Path) -> None:
    shown = " ".join(run("doctor", logs).stdout.split())
    assert "2 files with 2 runs: 2 plain. Understood: 100 % of 25 lines" in shown
    assert "2 runs have no project: give --project or --path-template." in shown
    assert "2 runs have no start time of their own: give {started_at}" in shown
    assert shown.endswith("`cachestats ingest` with the same sources reads them into a store.")


def test_a_template_is_no_longer_asked_for(run: Command, logs: Path) -> None:
    shown = run("doctor", logs, "--path-template", "{project}.log").stdout
    assert "no project" not in shown


def test_a_reject_is_a_row_and_exit_code_3(run: Command, logs: Path, tmp_path: Path) -> None:
    (tmp_path / "no.log").write_text("hello\n")
    result = run("doctor", logs, tmp_path / "no.log", env={"COLUMNS": "200"})
    assert result.exit_code == 3
    assert "no lines of a BuildKit build" in result.stdout
    assert "3 files with 2 runs: 2 plain, 1 without a build." in result.stdout
    assert result.stderr.endswith("no.log: no lines of a BuildKit build\n")


def test_all_rejected_gives_no_advice_to_ingest(run: Command, tmp_path: Path) -> None:
    (tmp_path / "no.log").write_text("hello\n")
    result = run("doctor", tmp_path)
    assert result.exit_code == 3
    assert "cachestats ingest" not in result.stdout


def test_a_line_that_is_not_understood_is_shown(run: Command, logs: Path, tmp_path: Path) -> None:
    text = (logs / "cold.log").read_text() + "#5 *** strange\n"
    (tmp_path / "a.log").write_text(text)
    shown = run("doctor", tmp_path, env={"COLUMNS": "200"}).stdout
    assert "line 19: #5 *** strange" in shown
    assert "1 file with lines that are not understood" in shown


@pytest.mark.parametrize("fmt", ["table", "json", "csv", "markdown"])
def test_no_files(run: Command, tmp_path: Path, fmt: str) -> None:
    result = run("doctor", tmp_path, "--format", fmt)
    assert result.exit_code == 5
    assert result.stderr == "error: nothing to report: no logs in what was given\n"
    if fmt == "json":
        assert json.loads(result.stdout)["rows"] == []


def test_a_bad_template_is_wrong_usage(run: Command, logs: Path) -> None:
    assert run("doctor", logs, "--path-template", "{colour}.log").exit_code == 2


def test_it_fits_80_columns(run: Command, logs: Path) -> None:
    assert max(map(len, run("doctor", logs).stdout.splitlines())) <= 80


def test_nothing_is_stored(
    run: Command, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("doctor", logs).exit_code == 0
    assert list(tmp_path.iterdir()) == []
