from __future__ import annotations

from datetime import timedelta

from cachestats.analysis.lineage import lineages
from cachestats.analysis.project_weeks import project_weeks
from cachestats.schema import Cause, MissClass, Outcome, StepKind
from tests.builders import runs, steps
from tests.figures.tables import MONDAY, WEEK, misses

LAST_SECOND = MONDAY + WEEK - timedelta(seconds=1)


def test_hits_misses_and_waste_of_a_week() -> None:
    known = runs(
        run_id=["r1", "r2"],
        project=["shop"] * 2,
        started_at=[MONDAY, LAST_SECOND],
        outcome=[Outcome.DONE, Outcome.FAILED],
    )
    taken = steps(
        run_id=["r1", "r2", "r2", "r2"],
        step_no=[1, 1, 2, 3],
        layer_id=["l1", "l1", "never-seen", None],
        outcome=[Outcome.DONE, Outcome.CACHED, Outcome.CACHED, Outcome.CACHED],
        kind=[StepKind.INSTRUCTION] * 3 + [StepKind.FROM],
        duration_s=[10.0, None, None, None],
        restore_s=[None, 4.0, 1.0, None],
        text=["RUN make", "RUN make", "RUN other", "FROM x"],
    )
    missed = misses(run_id=["r1"], cost_s=[10.0]).lazy()
    (row,) = project_weeks(taken, known, lineages(taken, known), missed).collect().rows(named=True)
    assert (row["project"], row["since_at"], row["runs"], row["failed_runs"]) == (
        "shop",
        MONDAY,
        2,
        1,
    )
    assert (row["hits"], row["hits_without_baseline"], row["misses"]) == (2, 1, 1)
    assert (row["saved_s"], row["cost_s"]) == (6.0, 10.0)
    assert (row["structural_s"], row["avoidable_s"], row["waste_s"]) == (0.0, 10.0, 10.0)
    assert (row["cached_steps"], row["steps"]) == (3, 4)


def test_runs_without_a_start_are_in_no_week_and_those_without_a_project_in_one() -> None:
    known = runs(run_id=["r1", "r2"], project=[None, None], started_at=[None, MONDAY])
    taken = steps(run_id=["r1", "r2"])
    missed = misses(run_id=["r2"], project=[None], cost_s=[3.0]).lazy()
    (row,) = project_weeks(taken, known, lineages(taken, known), missed).collect().rows(named=True)
    assert (row["project"], row["runs"], row["misses"], row["waste_s"]) == (None, 1, 1, 3.0)


def test_unknown_causes_are_counted_and_no_waste() -> None:
    known = runs(run_id=["r1"], project=["shop"], started_at=[MONDAY])
    missed = misses(cost_s=[3.0], cause=[Cause.UNKNOWN], **{"class": [MissClass.UNKNOWN]}).lazy()
    (row,) = (
        project_weeks(steps(), known, lineages(steps(), known), missed).collect().rows(named=True)
    )
    assert (row["unknown_misses"], row["unknown_s"], row["waste_s"]) == (1, 3.0, 0.0)


def test_no_runs_no_rows() -> None:
    none, nothing = runs(run_id=[]), steps(run_id=[])
    found = project_weeks(nothing, none, lineages(nothing, none), misses().lazy())
    assert found.collect().is_empty()
