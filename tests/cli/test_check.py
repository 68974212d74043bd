from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import cachestats as cs
from cachestats.cli.gate import print_exceeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM python:3.12 AS build
WORKDIR /srv
COPY . .
RUN make [red]all[/red] | tee <log>
"""


@pytest.fixture
def check(run: Command, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `cachestats check` on the store, in a folder without settings."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run("check", "--store", store, *arguments)


def test_a_budget_that_is_kept(check: Command) -> None:
    done = check("--min-hit-ratio", "0.5")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "all budgets are kept" in done.stderr


def test_a_line_for_each_budget_that_is_exceeded(check: Command) -> None:
    done = check("--min-hit-ratio", "0.6", "--min-hit-ratio-time", "0.9")
    assert done.exit_code == 1
    one, two = done.stdout.splitlines()
    assert one.startswith("min_hit_ratio: hit ratio 50 % is below 60 % (3 hits of 6")
    assert two.startswith("min_hit_ratio_time: hit ratio by time 50 % is below 90 %")


def test_no_budget_anywhere_is_wrong_usage(check: Command) -> None:
    done = check()
    assert done.exit_code == 2
    assert "no budget is set" in done.stderr


def test_nothing_to_check(check: Command) -> None:
    done = check("--min-hit-ratio", "0.6", "--project", "other", "--format", "json")
    assert done.exit_code == 5
    assert json.loads(done.stdout) == {"schema_version": 1, "rows": []}
    assert check("--min-hit-ratio", "0.6", "--project", "other").stdout == ""


@pytest.mark.parametrize("ratio", ["-0.1", "1.1", "half"])
def test_a_ratio_is_from_0_to_1(check: Command, ratio: str) -> None:
    assert check("--min-hit-ratio", ratio).exit_code == 2


def test_budgets_of_the_settings_hold_and_options_win(check: Command, tmp_path: Path) -> None:
    (tmp_path / "cachestats.toml").write_text("[budgets]\nmin_hit_ratio = 0.9\n", "utf-8")
    assert check().exit_code == 1
    assert check("--min-hit-ratio", "0.1").exit_code == 0
    assert check("--max-waste-minutes", "100").exit_code == 1


def test_json_has_the_numbers(check: Command) -> None:
    done = check("--min-hit-ratio", "0.6", "--format", "json")
    (row,) = json.loads(done.stdout)["rows"]
    assert done.exit_code == 1
    assert (row["budget"], row["limit"], row["found"]) == ("min_hit_ratio", 0.6, 0.5)
    assert (row["project"], row["layer"]) == ("web", "RUN make [red]all[/red] | tee <log>")


def test_annotations_have_the_line_of_the_dockerfile(check: Command, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE, "utf-8")
    done = check(
        "--min-hit-ratio", "0.6", "--annotations", "github", "--dockerfile", "web=Dockerfile"
    )
    assert done.exit_code == 1
    assert done.stdout.startswith(
        "::error file=Dockerfile,line=5,title=cachestats check%3A min_hit_ratio::"
        "hit ratio 50 %25 is below 60 %25"
    )


def test_annotations_without_a_dockerfile_have_no_line(check: Command) -> None:
    done = check("--min-hit-ratio", "0.6", "--annotations", "github")
    assert done.stdout.startswith("::error title=cachestats check%3A min_hit_ratio::")


def test_annotations_leave_json_alone(check: Command) -> None:
    done = check("--min-hit-ratio", "0.6", "--annotations", "github", "--format", "json")
    assert len(json.loads(done.stdout)["rows"]) == 1
    assert done.stderr.startswith("::error ")


def test_text_of_a_log_cannot_become_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    layer = cs.BlamedLayer(
        project="p", stage=None, text="t", seconds=1.0, path="a,b:c\n::error::x", line=1
    )
    bad = cs.ExceededBudget(
        budget="b", limit=1.0, found=2.0, message="100 %\r\n::error::x", layer=layer
    )
    with pytest.raises(Exception, match="1"):
        print_exceeded([bad], annotations="github", fmt="table")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax,line=1,title=")
    assert line.endswith("::100 %25  ::error::x")


def test_waste_that_grew_is_found(tmp_path: Path, run: Command, logs: Path) -> None:
    # The second build executes all again on a builder that it booted itself.
    booted = (
        "#1 [internal] booting buildkit\n#1 pulling image moby/buildkit:buildx-stable-1\n"
        "#1 DONE 3.0s\n\n"
    )
    cold = (logs / "cold.log").read_text("utf-8")
    store = cs.open_store(tmp_path / "store", create=True)
    for day, text in (("2026-11-02", cold), ("2026-11-20", booted + cold)):
        (tmp_path / f"{day}.log").write_text(text, "utf-8")
        store.ingest(
            tmp_path / f"{day}.log",
            given=cs.RunFacts("web", "main", day, started_at=cs.moment(day, now=NOW)),
        )
    wasted = cs.waste(cs.misses(store)).collect()["waste_s"].sum()
    done = run("check", "--store", tmp_path / "store", "--max-regression", "0.1")
    assert wasted > 60
    assert done.exit_code == 1
    assert done.stdout.startswith("max_regression: waste per run grew from nothing")
