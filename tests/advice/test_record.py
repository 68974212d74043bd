"""Tables of runs → the history of one project."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from cachestats.advice.history import Ran
from cachestats.advice.record import record
from cachestats.schema import Cause, Confidence, FactKind, Instruction, Outcome, StepKind
from tests import builders
from tests.advice.frames import facts, imports, tables
from tests.builders import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachestats.advice.history import History
    from cachestats.advice.record import Tables

DONE, CACHED, FAILED = Outcome.DONE, Outcome.CACHED, Outcome.FAILED
TEXTS = ("COPY . .", "RUN make")
HASH = "1" * 20


def of_runs(**columns: Sequence[Any]) -> pl.LazyFrame:
    """Runs of the project p, a day apart, unless told otherwise."""
    ids = columns["run_id"]
    days: Sequence[Any] = [DAY + timedelta(days=day) for day in range(len(ids))]
    usual: dict[str, Sequence[Any]] = {"project": ["p"] * len(ids), "started_at": days}
    return builders.runs(**(usual | columns))


def two_steps(
    outcomes: dict[str, tuple[Outcome, Outcome]], seconds: tuple[float, float] = (1.0, 9.0)
) -> pl.LazyFrame:
    """A COPY and a RUN in each of these runs, by how they ended."""
    rows = [
        (run, no, outcome, took, text)
        for run, ends in outcomes.items()
        for no, (outcome, took, text) in enumerate(zip(ends, seconds, TEXTS, strict=True), 1)
    ]
    run, no, outcome, took, text = zip(*rows, strict=True)
    keyword = [Instruction(one.split(maxsplit=1)[0]) for one in text]
    return builders.steps(
        run_id=run,
        step_no=no,
        index=[one + 1 for one in no],
        instruction=keyword,
        text=text,
        layer_id=text,
        outcome=outcome,
        duration_s=[None if e == CACHED else s for e, s in zip(outcome, took, strict=True)],
    )


def history(
    outcomes: dict[str, tuple[Outcome, Outcome]],
    told: pl.DataFrame | None = None,
    cache_io: pl.DataFrame | None = None,
    extra: pl.LazyFrame | None = None,
) -> History:
    steps = two_steps(outcomes)
    steps = steps if extra is None else pl.concat([steps, extra])
    return record(tables(steps, of_runs(run_id=list(outcomes)), told, cache_io), "p")


def quiet_contexts(found: History) -> list[float | None]:
    return [run.quiet_context for run in found.runs]


WARM = {"r1": (DONE, DONE), "r2": (CACHED, CACHED), "r3": (DONE, DONE)}


def test_no_runs_have_no_history() -> None:
    found = history(WARM)
    empty = tables(two_steps(WARM).head(0), of_runs(run_id=["r1"]).head(0))
    assert record(empty, "p").runs == ()
    assert record(empty, "p").layers == {}
    assert len(found.runs) == 3


def test_runs_are_those_of_the_project_oldest_first() -> None:
    outcomes = dict.fromkeys(("r1", "r2", "r3"), (DONE, DONE))
    days = [DAY + timedelta(days=day) for day in (3, 2, 1)]
    runs = of_runs(run_id=list(outcomes), project=["p", None, "p"], started_at=days)
    made = tables(two_steps(outcomes), runs)
    assert [run.run_id for run in record(made, "p").runs] == ["r3", "r1"]
    assert [run.run_id for run in record(made, None).runs] == ["r2"]
    assert record(made, "q").runs == ()


def test_a_run_without_steps_is_none_of_its_history() -> None:
    made = tables(two_steps({"r1": (DONE, DONE)}), of_runs(run_id=["r1", "r2"]))
    assert [run.run_id for run in record(made, "p").runs] == ["r1"]


def test_a_layer_ran_or_hit() -> None:
    first, second, third = (run.ran for run in history(WARM).runs)
    make = first["RUN make"]
    assert (make.seconds, make.cause, make.root_step) == (9.0, None, 1)
    assert second["RUN make"] == Ran(step_no=2, seconds=None)
    copy = third["COPY . ."]
    assert copy.is_root
    assert copy.cause == copy.root_cause == third["RUN make"].root_cause == Cause.CONTENT_CHANGE


def test_a_failed_step_missed_and_one_that_never_ran_did_neither() -> None:
    (run,) = history({"r1": (FAILED, Outcome.NOT_NEEDED)}).runs
    assert {layer: ran.seconds for layer, ran in run.ran.items()} == {"COPY . .": 1.0}


def test_the_baseline_of_a_layer_is_the_median_of_its_executions() -> None:
    steps = pl.concat(
        two_steps({f"r{no}": (DONE, DONE)}, (0.0, took))
        for no, took in enumerate((2.0, 8.0, 3.0), 1)
    )
    found = record(tables(steps, of_runs(run_id=["r1", "r2", "r3"])), "p")
    assert found.layers["RUN make"].baseline_s == 3.0


def test_a_layer_that_only_hit_has_a_baseline_of_nothing() -> None:
    assert history({"r1": (CACHED, CACHED)}).layers["RUN make"].baseline_s == 0.0


def test_a_failed_execution_is_no_baseline() -> None:
    assert history({"r1": (CACHED, FAILED)}).layers["RUN make"].baseline_s == 0.0


def test_packages_are_told_of_the_step_that_installed_them() -> None:
    told = facts(
        ("r1", 2, FactKind.PACKAGE_SET, 2.0, f"apt 2 packages {HASH} downloaded in 1.5 s"),
        ("r3", 2, FactKind.PACKAGE_SET, 2.0, "npm 73 packages downloaded in 3.0 s"),
    )
    first, second, third = (run.ran["RUN make"] for run in history(WARM, told).runs)
    assert (first.packages, first.is_exact, first.download_s) == (HASH, True, 1.5)
    assert (second.packages, second.is_exact, second.download_s) == (None, False, 0.0)
    assert (third.packages, third.is_exact, third.download_s) == ("npm 73", False, 3.0)


def test_what_a_log_shows_is_compared_with_the_run_before() -> None:
    told = facts(
        ("r1", None, FactKind.DOCKERFILE_BYTES, 100.0, None),
        ("r1", None, FactKind.PUSHED_REF, None, "app:1111111"),
        ("r2", None, FactKind.DOCKERFILE_BYTES, 120.0, None),
        ("r2", None, FactKind.PUSHED_REF, None, "app:2222222"),
        ("r3", None, FactKind.PUSHED_REF, None, "app:2222222"),
    )
    runs = history(WARM, told).runs
    assert [run.new_commit for run in runs] == [False, True, False]
    assert [run.dockerfile_grew for run in runs] == [0.0, 20.0, 0.0]


def more(run: str, no: int, kind: StepKind, seconds: float) -> pl.LazyFrame:
    """A step that is no layer."""
    return builders.steps(
        run_id=[run],
        step_no=[no],
        kind=[kind],
        instruction=[None],
        layer_id=[None],
        stage=[None],
        text=["FROM debian:12"],
        duration_s=[seconds],
    )


def test_exports_add_up() -> None:
    extra = pl.concat(
        [more("r1", 8, StepKind.EXPORT, 3.0), more("r1", 9, StepKind.CACHE_EXPORT, 4.0)]
    )
    assert [run.export_s for run in history(WARM, extra=extra).runs] == [7.0, 0.0, 0.0]


@pytest.mark.parametrize(("told", "seconds"), [(True, 6.0), (False, 0.0)])
def test_a_base_image_was_pulled_where_its_log_shows_that(*, told: bool, seconds: float) -> None:
    pulled = [("r1", 0, FactKind.BASE_PULLED, 5e6, None)] if told else []
    found = history(WARM, facts(*pulled), extra=more("r1", 0, StepKind.FROM, 6.0))
    assert found.runs[0].pulled_base_s == seconds
    assert found.bases == {None: "FROM debian:12"}


def test_the_newest_base_image_of_a_stage_counts() -> None:
    newer = more("r2", 0, StepKind.FROM, 1.0).with_columns(text=pl.lit("FROM debian:13"))
    extra = pl.concat([newer, more("r1", 0, StepKind.FROM, 6.0)])
    assert history(WARM, extra=extra).bases == {None: "FROM debian:13"}


def test_restores_of_a_run_add_up_and_their_median_counts() -> None:
    steps = two_steps({f"r{no}": (CACHED, CACHED) for no in (1, 2, 3)})
    pulled = steps.with_columns(restore_s=pl.Series([2.0, 3.0, 9.0, 0.9, 0.2, 0.9]))
    # 5 s and 9 s; what took less than a second was looked up.
    assert record(tables(pulled, of_runs(run_id=["r1", "r2", "r3"])), "p").restore_s == 7.0
    assert history(WARM).restore_s == 0.0


def contexts(*sizes: float | None) -> pl.DataFrame:
    return facts(
        *(
            (f"r{no}", None, FactKind.CONTEXT_BYTES, size, None)
            for no, size in enumerate(sizes, 1)
            if size is not None
        )
    )


@pytest.mark.parametrize(
    ("hits", "sizes", "quiet"),
    [
        pytest.param("-+-", (9.0, 2.0, 8.0), [2.0, 2.0, 2.0], id="that of the run where all hit"),
        pytest.param("+--+", (1.0, 9.0, 9.0, 3.0), [1.0, 1.0, 3.0, 3.0], id="of the nearest one"),
        pytest.param("+-+", (1.0, 9.0, 3.0), [1.0, 3.0, 3.0], id="of two as near the later"),
        pytest.param(
            "+--+-+",
            (1.0, 9.0, 9.0, 3.0, 9.0, 5.0),
            [1.0, 1.0, 3.0, 3.0, 5.0, 5.0],
            id="of several",
        ),
        pytest.param("---", (9.0, 8.0, 7.0), [None, None, None], id="none where none hit"),
        pytest.param("+--", (None, 8.0, 7.0), [None, None, None], id="none where it shows none"),
    ],
)
def test_the_context_that_is_sent_when_no_file_changed(
    hits: str, sizes: tuple[float | None, ...], quiet: list[float | None]
) -> None:
    outcomes = {
        f"r{no}": (CACHED, CACHED) if one == "+" else (DONE, DONE) for no, one in enumerate(hits, 1)
    }
    found = history(outcomes, contexts(*sizes))
    assert quiet_contexts(found) == quiet


def test_a_fresh_builder_and_one_that_imported_say_nothing_of_quiet_contexts() -> None:
    outcomes = {"r1": (CACHED, CACHED), "r2": (CACHED, CACHED)}
    pulled = pl.concat([contexts(1.0, 2.0), facts(("r1", 0, FactKind.BASE_PULLED, None, None))])
    base = more("r1", 0, StepKind.FROM, 6.0)
    imported = imports(("r2", "app:cache", DONE))
    found = history(outcomes, pulled, imported, base)
    assert quiet_contexts(found) == [None, None]
    assert [run.imported for run in found.runs] == [False, True]


@pytest.mark.parametrize(
    ("ends", "quiet"),
    [
        pytest.param((CACHED, DONE), 2.0, id="a RUN may miss"),
        pytest.param((DONE, CACHED), None, id="no COPY may"),
    ],
)
def test_no_file_changed_where_all_copies_hit(
    ends: tuple[Outcome, Outcome], quiet: float | None
) -> None:
    assert quiet_contexts(history({"r1": ends}, contexts(2.0))) == [quiet]


def test_no_file_changed_where_only_some_copies_hit_is_not_said() -> None:
    steps = two_steps({"r1": (CACHED, DONE)}).with_columns(
        instruction=pl.lit(Instruction.COPY, pl.Enum(Instruction)),
    )
    found = record(tables(steps, of_runs(run_id=["r1"]), contexts(2.0)), "p")
    assert quiet_contexts(found) == [None]


def test_a_layer_is_described_by_its_newest_run() -> None:
    steps = builders.steps(
        run_id=["r1", "r2"],
        target=["one", "two"],
        platform=["linux/amd64", "linux/arm64"],
        stage=["a", "b"],
        index=[2, 3],
        instruction=[Instruction.RUN, Instruction.COPY],
        text=["RUN old", "COPY new ."],
    )
    (layer,) = record(tables(steps, of_runs(run_id=["r1", "r2"])), "p").layers.values()
    assert layer.image == ("two", "linux/arm64")
    assert (layer.stage, layer.index) == ("b", 3)
    assert (layer.instruction, layer.text) == ("COPY", "COPY new .")


@pytest.mark.parametrize(
    ("confidence", "sure"),
    [(Confidence.LOW, [False, True]), (Confidence.MEDIUM, [True, True])],
)
def test_only_a_root_can_be_a_guess(confidence: Confidence, sure: list[bool]) -> None:
    made = tables(two_steps({"r1": (DONE, DONE)}), of_runs(run_id=["r1"]))
    told = pl.lit(confidence, pl.Enum(Confidence))
    guessed = replace(made, misses=made.misses.with_columns(confidence=told))
    (run,) = record(guessed, "p").runs
    assert [ran.is_sure for ran in run.ran.values()] == sure


def test_tables_of_a_project_are_its_own() -> None:
    outcomes = dict.fromkeys(("r1", "r2"), (DONE, DONE))
    told = facts(*((run, None, FactKind.WARNING, None, "w") for run in outcomes))
    cache_io = imports(*((run, "c", DONE) for run in outcomes))
    runs = of_runs(run_id=["r1", "r2"], project=["p", "q"])
    made: Tables = tables(two_steps(outcomes), runs, told, cache_io).of("q")
    for table in (made.runs, made.steps, made.facts, made.cache_io, made.misses):
        assert set(table["run_id"]) == {"r2"}
