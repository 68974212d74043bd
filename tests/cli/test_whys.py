from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs
from cachestats import units

if TYPE_CHECKING:
    from typer.testing import Result

    from tests.cli.conftest import Command

NOTHING, USAGE = 5, 2
TESTS = Path(__file__).parents[1]
SAMPLES = TESTS.parent / "sample_logs"
PAIRS = TESTS / "pairs"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("samples") / "store"
    cs.open_store(store, create=True).ingest(SAMPLES)
    return store


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    parsed: dict[str, Any] = json.loads(result.stdout)
    assert parsed["schema_version"] == 1
    return parsed


def test_misses_have_the_columns_of_their_table(run: Command, samples: Path) -> None:
    found = document(run("misses", "--store", samples, "--format", "json"))["rows"]
    assert set(found[0]) == set(cs.MissRows.columns())
    assert {row["is_root"] for row in found} == {True, False}


def test_misses_of_one_run(run: Command, store: Path) -> None:
    newest, oldest = document(run("runs", "--store", store, "--format", "json"))["rows"]
    found = document(
        run("misses", "--run", oldest["run_id"], "--store", store, "--format", "json")
    )["rows"]
    assert [(row["step_no"], row["cause"]) for row in found] == [
        (3, "first_seen"),
        (4, "cascade"),
        (5, "cascade"),
    ]
    assert all(row["compared_run_id"] is None for row in found)
    assert run("misses", "--run", newest["run_id"], "--store", store).exit_code == NOTHING


def test_a_cascade_names_its_root(run: Command, store: Path) -> None:
    rows = document(run("misses", "--store", store, "--format", "json"))["rows"]
    cascade = rows[-1]
    assert cascade["root_text"] == "WORKDIR /srv"
    assert cascade["root_cause"] == "first_seen"


def test_evidence_names_lines_of_the_log(run: Command, samples: Path) -> None:
    rows = document(run("misses", "--store", samples, "--format", "json"))["rows"]
    quoted = [line for row in rows for line in row["evidence"]]
    assert all(Path(line["source"]).is_file() and line["line"] > 0 for line in quoted)


def test_evidence_in_csv_is_readable(run: Command, store: Path) -> None:
    printed = run("misses", "--store", store, "--format", "csv").stdout
    first = next(csv.DictReader(io.StringIO(printed)))
    assert first["evidence"].endswith(":[build 2/4] WORKDIR /srv")


def test_misses_sum_up_by_class_and_root_cause(run: Command, store: Path) -> None:
    printed = " ".join(run("misses", "--store", store).stdout.split())
    assert "3 misses executed 1m 10s: 1m 10s legitimate" in printed
    assert "By root cause: first_seen 1m 10s." in printed


def test_explain_shows_bars_and_one_sentence_for_each_root(run: Command, store: Path) -> None:
    printed = run("explain", "--branch", "main", "--store", store).stdout
    assert "█" in printed
    assert "◆ critical path: 1m 10s" in printed
    assert printed.count("✗ ") == 1
    assert "no earlier run in the store has this layer" in " ".join(printed.split())


def test_diff_in_a_store_without_runs_has_nothing_to_report(run: Command, tmp_path: Path) -> None:
    cs.open_store(tmp_path / "store", create=True)
    run("ingest", tmp_path / "nothing", "--store", tmp_path / "store")
    result = run("diff", "latest", "latest", "--store", tmp_path / "store", "--format", "json")
    assert result.exit_code == NOTHING
    assert json.loads(result.stdout)["rows"] == []


def test_explain_tells_of_a_run_or_of_a_layer(run: Command, store: Path) -> None:
    result = run("explain", "abc", "--layer", "abc", "--store", store)
    assert result.exit_code == USAGE
    assert "exclude each other" in result.stderr


def test_explain_names_the_wall_time_that_it_draws(run: Command, samples: Path) -> None:
    source = cs.Runs.source.col.str.ends_with("ml-worker/main/010.log")
    (run_id,) = cs.open_store(samples).runs().filter(source).collect()["run_id"]
    told = document(run("explain", run_id, "--store", samples, "--format", "json"))
    end = max(step["end_s"] for step in told["timeline"])
    shown = run("explain", run_id, "--store", samples).stdout
    assert f"wall ~{units.seconds(end)}" in " ".join(shown.split())


def test_explain_leaves_hostile_text_as_text(run: Command, store: Path) -> None:
    printed = run("explain", "--branch", "main", "--store", store, env={"COLUMNS": "200"}).stdout
    assert "RUN make [red]all[/red] | tee <log>" in printed


def test_explain_as_a_document(run: Command, store: Path) -> None:
    found = document(run("explain", "--branch", "main", "--store", store, "--format", "json"))
    assert found["run"]["branch"] == "main"
    assert set(found["timeline"][0]) == set(cs.TimelineRows.columns())
    assert [miss["step_no"] for miss in found["misses"]] == [3, 4, 5]


def test_explain_a_layer_over_its_runs(run: Command, store: Path) -> None:
    rows = document(run("layers", "--store", store, "--format", "json"))["rows"]
    make = next(row["layer_id"] for row in rows if row["instruction"] == "RUN")
    found = document(run("explain", "--layer", make[:8], "--store", store, "--format", "json"))[
        "rows"
    ]
    assert [(row["standing"], row["cause"]) for row in found] == [
        ("hit", None),
        ("cascade", "first_seen"),
    ]


def test_explain_says_what_is_no_layer(run: Command, store: Path) -> None:
    result = run("explain", "--layer", "zzz", "--store", store)
    assert result.exit_code == USAGE
    assert "no layer 'zzz'" in result.stderr


def test_diff_says_what_hit_in_one_and_missed_in_the_other(run: Command, store: Path) -> None:
    first, second = (
        row["run_id"] for row in document(run("runs", "--store", store, "--format", "json"))["rows"]
    )
    found = document(run("diff", first, second, "--store", store, "--format", "json"))["rows"]
    assert [(row["first"], row["second"]) for row in found] == [
        ("hit", "root"),
        ("hit", "cascade"),
        ("hit", "cascade"),
    ]
    assert "0 layers of 3 the same in both." in run("diff", first, second, "--store", store).stdout


@pytest.mark.parametrize("command", ["misses", "explain", "ledger", "advise"])
def test_an_empty_store_has_nothing_to_report(run: Command, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "store"
    (tmp_path / "none").mkdir()
    run("ingest", tmp_path / "none", "--store", folder)
    result = run(command, "--store", folder, "--format", "json")
    assert result.exit_code in {4, NOTHING}
    assert len(result.stderr.strip().splitlines()) == 1


def test_ledger_says_whether_a_cache_pays(run: Command, samples: Path) -> None:
    rows = document(run("ledger", "--store", samples, "--format", "json"))["rows"]
    assert all(
        row["net_s"]
        == pytest.approx(row["saved_s"] - row["import_s"] - row["export_s"] - row["restore_s"])
        for row in rows
    )
    assert all(row["verdict"] for row in rows)


def test_ledger_shows_all_that_it_adds_up_on_a_narrow_terminal(
    run: Command, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    header = run("ledger", "--store", samples).stdout.splitlines()[0].split()
    assert header[-5:] == ["saved", "import", "export", "restore", "net"]


def test_ledger_without_a_cache_has_nothing_to_report(run: Command, store: Path) -> None:
    result = run("ledger", "--store", store)
    assert (result.exit_code, result.stdout) == (NOTHING, "")


def test_advise_ranks_by_wall_time(run: Command, samples: Path) -> None:
    found = document(run("advise", "--store", samples, "--format", "json"))
    walls = [one["wall_s"]["mid"] for one in found["suggestions"]]
    assert walls == sorted(walls, reverse=True)
    assert found["dockerfile"] is found["diff"] is None
    assert set(found["combined"]) == {"machine_s", "wall_s"}


def test_advise_says_whose_each_change_is_in_80_columns(
    run: Command, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = document(run("advise", "--store", samples, "--format", "json"))["suggestions"]
    lines = run("advise", "--store", samples).stdout.splitlines()
    for number, one in enumerate(found, 1):
        assert lines[number].split()[:2] == [str(number), one["project"]]
        assert any(line.startswith(f"{number}. {one['project']}: ") for line in lines)


def test_advise_with_a_dockerfile_rewrites_it(run: Command, samples: Path) -> None:
    stored = ("--store", samples, "--dockerfile", SAMPLES / "orders-api" / "Dockerfile")
    found = document(run("advise", *stored, "--format", "json"))
    assert "COPY requirements.txt ." in found["dockerfile"]
    assert {one["project"] for one in found["suggestions"]} == {"orders-api"}
    assert run("advise", *stored, "--diff").stdout == found["diff"]
    assert document(run("advise", *stored, "--diff", "--format", "json")) == found


def test_kinds_restrict_the_plan(run: Command, samples: Path) -> None:
    found = document(run("advise", "--kinds", "fix_import", "--store", samples, "--format", "json"))
    assert {one["kind"] for one in found["suggestions"]} == {"fix_import"}


def test_advise_says_why_there_is_none(run: Command, samples: Path, tmp_path: Path) -> None:
    empty, logs = tmp_path / "empty", tmp_path / "logs"
    logs.mkdir()
    cs.open_store(empty, create=True).ingest(logs)
    for arguments, reason in (
        (("--store", empty), "the store holds no runs"),
        (
            ("--store", samples, "--project", "nobody's"),
            'has no project "nobody\'s", but billing, flaky,',
        ),
        (("--store", samples, "--branch", "nobody's"), "the filters leave nothing"),
        (("--store", samples, "--project", "flaky"), "no change would have saved time"),
    ):
        result = run("advise", *arguments)
        assert result.exit_code == NOTHING
        assert result.stdout == ""
        assert reason in result.stderr
        told = run("advise", *arguments, "--format", "json")
        assert told.exit_code == NOTHING
        assert json.loads(told.stdout)["suggestions"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kinds", "beauty"), "no kind of suggestion 'beauty'"),
        (("--dockerfile", "nowhere"), "nowhere: No such file"),
        (("--diff",), "--diff needs --dockerfile"),
    ],
)
def test_what_advise_cannot_use(
    run: Command, samples: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run("advise", *arguments, "--store", samples)
    assert result.exit_code == USAGE
    assert message in result.stderr


def test_a_dockerfile_settles_what_a_stage_is_built_on(run: Command, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "build.log"
    log.parent.mkdir()
    log.write_text((PAIRS / "copy-link" / "plain.log").read_text("utf-8"), "utf-8")
    path = tmp_path / "Dockerfile"
    path.write_text("FROM base AS base\nFROM base AS deps\n", "utf-8")
    run("ingest", log.parent, "--project", "web", "--store", tmp_path / "store")
    result = run("misses", "--store", tmp_path / "store", "--dockerfile", f"web={path}")
    assert result.exit_code == 0, result.stderr


def test_two_dockerfiles_of_one_project_are_refused(run: Command, samples: Path) -> None:
    for pair in (("A", "B"), ("web=A", "web=B")):
        files = [word for path in pair for word in ("--dockerfile", path)]
        done = run("misses", *files, "--store", samples)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "--dockerfile A and B" in done.stderr


def test_runs_without_a_start_come_last(run: Command, tmp_path: Path) -> None:
    store = tmp_path / "store"
    logs = (SAMPLES / "billing").rglob("*.log")
    opened = cs.open_store(store, create=True)
    opened.ingest(*sorted(logs)[:2])
    undated = run("ingest", "-", "--store", store, input="#1 [1/1] RUN make\n#1 DONE 1.0s\n")
    assert undated.exit_code == 0
    missed = document(run("misses", "--store", store, "--format", "json"))["rows"]
    starts = [row["started_at"] for row in missed]
    assert starts[-1] is None
    assert all(starts[:-1])


def lines_of(run: Command, *arguments: object) -> list[str]:
    """What a command prints at 80 columns."""
    done = run(*arguments, env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.stderr
    lines: list[str] = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    return lines


def test_patterns_say_their_sentence_in_full(run: Command, samples: Path) -> None:
    text = cs.patterns(cs.open_store(samples)).collect()["text"][0]
    assert f"billing, scope_overwritten: {text}." in " ".join(
        lines_of(run, "patterns", "--store", samples)
    )


def test_misses_of_different_runs_can_be_told_apart(run: Command, samples: Path) -> None:
    header, *rows = lines_of(run, "misses", "--store", samples, "--top", "5")
    assert header.split() == ["run", "project", "step", "cost", "cause", "class"]
    newest = cs.misses(cs.open_store(samples)).collect()["run_id"][0]
    assert rows[0].startswith(newest[:8] + " ")


def test_causes_of_layers_are_never_cut(run: Command, samples: Path) -> None:
    _, worst, *_ = lines_of(run, "layers", "--store", samples)
    assert worst.endswith("environment_change")


def test_diff_shows_both_times_or_neither_and_both_causes(run: Command, samples: Path) -> None:
    found = cs.newest_runs(
        cs.open_store(samples).runs().filter(cs.Runs.project.col == "orders-api"),
        cs.open_store(samples).steps(),
    ).collect()["run_id"]
    first, second, *_ = found
    table = lines_of(run, "diff", first, second, "--store", samples)
    header = next(line for line in table if line.startswith("layer "))
    assert ("time 1" in header) == ("time 2" in header)
    assert "root cause" not in header
    pip = next(line for line in table if line.startswith("RUN pip"))
    assert "↳ environment_change" in pip
    assert " evicted " in f"{pip} "


def test_a_layer_that_was_not_reached_took_no_time_that_is_known(
    run: Command, samples: Path
) -> None:
    store = cs.open_store(samples)
    of_project = {
        name: store.runs().filter(cs.Runs.project.col == name).collect()["run_id"][0]
        for name in ("billing", "orders-api")
    }
    rows = cs.diff(store, *of_project.values()).collect()
    unreached = rows.filter(cs.DiffRows.first.col == "not_reached")
    assert unreached.height
    assert set(unreached["first_s"]) == {None}
    assert None not in set(unreached["second_s"])
    shown = run("diff", *of_project.values(), "--store", samples, env={"COLUMNS": "200"}).stdout
    assert "not reached" in shown


def test_explain_of_a_layer_says_why_and_whose_it_is(run: Command, samples: Path) -> None:
    worst = cs.layers(cs.open_store(samples)).collect()["layer_id"][0]
    printed = " ".join(lines_of(run, "explain", "--layer", worst, "--store", samples))
    assert printed.startswith(f"layer {worst} · orders-api · RUN apt-get update")
    assert "an ARG or ENV may follow the commit; the commit is fe17962 and was 4383d27." in printed
    assert "older miss" in printed


def test_explain_says_how_much_of_the_critical_path_it_shows(run: Command, samples: Path) -> None:
    printed = lines_of(run, "explain", "--project", "flaky", "--store", samples)
    marks = sum("◆" in line for line in printed) - 1
    assert f"in 8 steps, {marks} of them shown, " in " ".join(printed)
