"""What is suggested against causes that hold for a whole run, and against caches that cost."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from cachestats.advice.document import SuggestionKind
from cachestats.advice.job import CURES, NO_RESTORES, cured_by, job_suggestions, ledger_suggestions
from cachestats.advice.plan import NO_SAVING, Plan, planned
from cachestats.schema import Backend, Cause
from tests.advice.told import Told, below, hit, root

TEXT = "FROM alpine\nRUN make\nRUN test\n"
ALL = frozenset(SuggestionKind)
ONE_CAUSE = [(kind, cause) for kind, cure in CURES.items() for cause in sorted(cure.causes)]


def plan_of(*causes: Cause | None, restore_s: float = 0.0, pulled_base_s: float = 0.0) -> Plan:
    """The plan of runs that missed for these causes; a run without one hit."""
    told = Told(TEXT, restore_s=restore_s)
    for cause in causes:
        missed = {2: hit(), 3: hit()} if cause is None else {2: root(cause), 3: below(cause, 2)}
        told.ran(missed, pulled_base_s=pulled_base_s if cause else 0.0)
    found = planned(told.history, told.file)
    assert found is not None
    return found


@pytest.mark.parametrize(("kind", "cause"), ONE_CAUSE)
def test_each_cause_of_a_run_has_a_cure_that_spares_what_missed_for_it(
    kind: SuggestionKind, cause: Cause
) -> None:
    (one,) = job_suggestions(plan_of(cause, None, cause), ALL)
    assert (one.kind, one.id, one.project) == (kind, f"web/{kind}", "web")
    assert one.machine_s.mid == one.wall_s.mid == 40.0
    assert one.rationale[0].startswith("2 of 3 runs executed 40.0 s for ")
    assert cause in one.rationale[0]
    assert one.layer_ids == ("L2", "L3")
    assert one.caveats == CURES[kind].caveats


@pytest.mark.parametrize(
    "cause", sorted(set(Cause) - {cause for _, cause in ONE_CAUSE} - {Cause.CASCADE})
)
def test_other_causes_have_none(cause: Cause) -> None:
    assert list(job_suggestions(plan_of(cause, cause), ALL)) == []


@pytest.mark.parametrize(("kind", "cause"), ONE_CAUSE)
def test_once_is_enough_but_for_a_base_image_that_may_move_once(
    kind: SuggestionKind, cause: Cause
) -> None:
    found = cured_by(plan_of(cause, None), ALL)
    assert set(found) == (set() if kind == SuggestionKind.PIN_BASE_IMAGE else {kind})


@pytest.mark.parametrize(("kind", "cause"), ONE_CAUSE)
def test_a_kind_that_nobody_asked_for_cures_nothing(kind: SuggestionKind, cause: Cause) -> None:
    assert cured_by(plan_of(cause, cause), ALL - {kind}) == {}


def test_what_missed_for_another_cause_is_not_counted() -> None:
    told = Told(TEXT)
    told.ran({2: root(Cause.COLD_BUILDER), 3: hit()})
    told.ran({2: hit(), 3: root(Cause.EVICTED)})
    plan = planned(told.history, told.file)
    assert plan is not None
    (one,) = job_suggestions(plan, ALL)
    assert one.rationale == ("1 of 2 runs executed 10.0 s for cold_builder",)
    assert one.layer_ids == ("L2",)


def test_a_cause_below_a_root_is_none_of_the_run() -> None:
    told = Told(TEXT)
    cold = Cause.COLD_BUILDER
    told.ran({2: root(Cause.EVICTED), 3: below(cold, 9)})
    plan = planned(told.history, told.file)
    assert plan is not None
    assert cured_by(plan, ALL) == {}


def test_what_would_not_have_saved_is_not_suggested() -> None:
    told = Told(TEXT)
    edited = below(Cause.COLD_BUILDER, 2, cause=Cause.INSTRUCTION_EDIT)
    told.ran({2: hit(), 3: edited, 9: root(Cause.COLD_BUILDER)})
    plan = planned(told.history, told.file)
    assert plan is not None
    assert SuggestionKind.REMOTE_CACHE in cured_by(plan, ALL)
    assert list(job_suggestions(plan, ALL)) == []


@pytest.mark.parametrize(("restore_s", "missing"), [(4.0, ()), (0.0, (NO_RESTORES,))])
def test_how_long_pulls_take_is_asked_for_where_no_log_tells(
    restore_s: float, missing: tuple[str, ...]
) -> None:
    (one,) = job_suggestions(plan_of(Cause.COLD_BUILDER, restore_s=restore_s), ALL)
    assert one.missing_inputs == missing


def test_what_costs_wall_time_says_so() -> None:
    told = Told(TEXT, restore_s=60.0)
    edited = below(Cause.COLD_BUILDER, 2, cause=Cause.INSTRUCTION_EDIT)
    told.ran({2: root(Cause.COLD_BUILDER), 3: edited}, pulled_base_s=5.0)
    plan = planned(told.history, told.file)
    assert plan is not None
    (one,) = job_suggestions(plan, ALL)
    assert (one.machine_s.mid, one.wall_s.mid) == (10.0, -45.0)
    assert one.caveats[0] == NO_SAVING


# Caches that take more time than they save.

LEDGER = {
    "project": "web",
    "backend": Backend.REGISTRY,
    "ref": "app:cache",
    "hits": 5,
    "hits_with_baseline": 5,
    "warm_hits": 0,
    "imports": 5,
    "imports_failed": 0,
    "import_s": 10.0,
    "export_s": 90.0,
    "saved_s": 65.0,
    "restore_s": 15.0,
    "net_s": -50.0,
    "verdict": "it costs",
}


def test_an_export_that_costs_more_than_it_saves_is_better_dropped() -> None:
    (one,) = ledger_suggestions([LEDGER])
    assert (one.id, one.project) == ("web/drop_cache_export/app:cache", "web")
    assert one.rationale == ("it costs",)
    # Imports go on, and at worst the hits are gone with what they saved.
    assert one.wall_s.model_dump() == {"low": 40.0, "mid": 40.0, "high": 90.0}
    assert one.machine_s == one.wall_s
    assert "--cache-from" not in one.recommendation


USELESS = LEDGER | {"hits": 0, "hits_with_baseline": 0, "saved_s": 0.0, "restore_s": 0.0}


def test_a_cache_that_never_hit_is_better_not_imported_either() -> None:
    (one,) = ledger_suggestions([USELESS])
    assert one.wall_s.model_dump() == {"low": 100.0, "mid": 100.0, "high": 100.0}
    assert one.recommendation.startswith("Drop --cache-to and --cache-from")
    assert one.title == "Stop exporting and importing the cache app:cache"


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"imports": 0, "import_s": 0.0}, id="nothing imports it"),
        pytest.param({"warm_hits": 3}, id="hits on warm builders may be its own"),
    ],
)
def test_only_the_export_is_dropped_where_imports_may_be_of_use(row: dict[str, Any]) -> None:
    (one,) = ledger_suggestions([USELESS | row])
    assert one.wall_s.model_dump() == {"low": 90.0, "mid": 90.0, "high": 90.0}
    assert "--cache-from" not in one.recommendation


def test_failed_imports_are_looked_at_first() -> None:
    (one,) = ledger_suggestions([USELESS | {"imports_failed": 2}])
    assert one.caveats[0] == "2 of its 5 imports failed: see first why"


@given(
    st.fixed_dictionaries(
        {name: st.integers(0, 9) for name in ("hits", "warm_hits", "imports", "imports_failed")}
        | {
            name: st.floats(0, 1e6) | st.none()
            for name in ("import_s", "export_s", "saved_s", "restore_s")
        }
    )
)
def test_what_a_dropped_export_saves_is_in_order_and_no_more_than_it_took(
    row: dict[str, Any],
) -> None:
    took = sum(row[name] or 0.0 for name in ("import_s", "export_s", "restore_s"))
    row |= {"net_s": (row["saved_s"] or 0.0) - took, "hits_with_baseline": row["hits"]}
    for one in ledger_suggestions([LEDGER | row]):
        spent = (row["export_s"] or 0.0) + (row["import_s"] or 0.0) * (
            "--cache-from" in one.recommendation
        )
        assert 0 <= one.wall_s.low <= one.wall_s.mid <= one.wall_s.high <= spent + 0.1


@pytest.mark.parametrize(
    ("row", "count"),
    [
        pytest.param({"net_s": 0.0}, 0, id="it costs nothing"),
        pytest.param({"net_s": 5.0}, 0, id="it saves"),
        pytest.param({"export_s": 0.0}, 0, id="nothing is exported"),
        pytest.param({"export_s": None}, 0, id="no export has a time"),
        pytest.param({"hits_with_baseline": 0}, 0, id="nobody knows what its hits save"),
        pytest.param({"hits_with_baseline": 0, "hits": 0}, 1, id="it never hit"),
        pytest.param({"export_s": 9.0}, 0, id="its hits save more than its exports take"),
        pytest.param({"net_s": -0.1}, 1, id="it costs a little"),
    ],
)
def test_other_caches_stay(row: dict[str, Any], count: int) -> None:
    assert len(list(ledger_suggestions([LEDGER | row]))) == count


def test_a_cache_without_a_name_goes_by_its_backend() -> None:
    (one,) = ledger_suggestions([LEDGER | {"project": None, "ref": None, "backend": Backend.GHA}])
    assert (one.id, one.project) == ("builds/drop_cache_export/gha", None)
