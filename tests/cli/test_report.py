from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import cachestats as cs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

WEEK = "2026-W45"  # both builds of the store
EMPTY = "2026-W40"


@pytest.fixture
def report(run: Command, store: Path) -> Command:
    """Run `cachestats report` on the store."""
    return lambda *arguments: run("report", "--store", store, *arguments)


def test_a_pipe_gets_html(report: Command) -> None:
    done = report("--week", WEEK)
    assert done.exit_code == 0
    assert done.stdout.startswith("<!doctype html>")
    assert "RUN make [red]all[/red] | tee &lt;log&gt;" in done.stdout


def test_the_table_is_the_first_screen_and_the_first_rows(report: Command) -> None:
    done = report("--week", WEEK, "--format", "table")
    assert done.exit_code == 0
    assert done.stdout.startswith("2026-W45: 2 runs of 1 project wasted")
    assert "\nProjects\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_markdown(report: Command) -> None:
    assert report("--week", WEEK, "--format", "markdown").stdout.startswith(
        "# Build cache report, 2026-W45\n"
    )


def test_json_is_one_versioned_document(report: Command) -> None:
    document = json.loads(report("--week", WEEK, "--format", "json").stdout)
    assert (document["schema_version"], document["headline"]["runs"]) == (1, 2)


def test_a_filtered_report_says_so(report: Command) -> None:
    done = report("--week", WEEK, "--branch", "fix", "--format", "table")
    assert "Only branch fix." in done.stdout


def test_filters(report: Command) -> None:
    done = report("--week", WEEK, "--format", "json", "--branch", "fix")
    assert json.loads(done.stdout)["headline"]["runs"] == 1


def test_nothing_in_the_week_is_5_and_json_is_still_printed(report: Command) -> None:
    done = report("--week", EMPTY, "--format", "json")
    assert done.exit_code == 5
    assert json.loads(done.stdout)["projects"] == []
    done = report("--week", EMPTY)
    assert (done.exit_code, done.stdout) == (5, "")
    assert "no run started in 2026-W40" in done.stderr


@pytest.mark.parametrize("command", ["report", "check"])
def test_why_there_is_nothing_is_said_as_by_other_commands(
    run: Command, store: Path, tmp_path: Path, command: str
) -> None:
    bound = ["--max-waste-minutes", 1] if command == "check" else []
    done = run(command, *bound, "--store", store, "--project", "nope")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "the store has no project 'nope', but web" in done.stderr
    cs.open_store(tmp_path / "store", create=True)
    (tmp_path / "none").mkdir()
    run("ingest", tmp_path / "none", "--store", tmp_path / "store")
    done = run(command, *bound, "--store", tmp_path / "store")
    assert "the store holds no runs" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--week", "W1"], "no ISO week"),
        (["--output", "no-such-folder/report.html"], "no folder"),
        (["--output", "."], "is a folder"),
        (["--output", "-", "--format", "table"], "a table is for a terminal"),
        (["--dockerfile", "no-such-file"], "no-such-file"),
    ],
)
def test_wrong_usage_is_2(report: Command, arguments: list[str], said: str) -> None:
    done = report("--week", WEEK, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("report.html", "<!doctype"),
        ("REPORT.MD", "# Build"),
        ("report.json", "{"),
        ("report", "<!doctype"),
    ],
)
def test_the_ending_of_the_file_chooses_the_format(
    report: Command, tmp_path: Path, name: str, begin: str
) -> None:
    done = report("--week", WEEK, "--output", tmp_path / name)
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / name).read_text("utf-8").startswith(begin)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_overwritten_only_by_force(report: Command, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("mine", "utf-8")
    done = report("--week", WEEK, "--output", path)
    assert (done.exit_code, path.read_text("utf-8")) == (2, "mine")
    assert "--force" in done.stderr
    assert report("--week", WEEK, "--output", path, "--force").exit_code == 0
    assert path.read_text("utf-8").startswith("<!doctype")


def test_a_file_is_not_touched_when_there_is_nothing_to_report(
    report: Command, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    assert report("--week", EMPTY, "--output", path).exit_code == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--target", "--stage"])
def test_steps_that_no_run_reached_are_nothing_to_report(report: Command, option: str) -> None:
    done = report("--week", WEEK, option, "no such")
    assert (done.exit_code, done.stdout) == (5, "")
    assert f"no run reached such a step in {WEEK}" in done.stderr
    assert report("--week", WEEK, option, "no such", "--format", "json").stdout.startswith("{")


def test_a_dash_is_stdout(report: Command) -> None:
    assert report("--week", WEEK, "-o", "-").stdout.startswith("<!doctype html>")


def test_prices_come_from_the_settings_of_the_working_directory(
    report: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cachestats.toml").write_text('[money]\ncurrency = "EUR"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    document = json.loads(report("--week", WEEK, "--format", "json").stdout)
    assert document["headline"]["money"]["currency"] == "EUR"
