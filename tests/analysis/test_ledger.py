from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cachestats.analysis.ledger import ledger
from cachestats.analysis.warmth import warm_runs
from cachestats.errors import SchemaError
from cachestats.schema import CacheIO, CachePay, Facts, LedgerRows, Table
from tests.builders import DAY, runs, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

Frames = tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]

IO_DEFAULTS = {
    "run_id": "r1",
    "step_no": 50,
    "direction": "import",
    "backend": "registry",
    "ref": "cache:main",
    "outcome": "done",
    "duration_s": 1.0,
    "ingest_id": "i1",
}


def table(
    kind: type[Table], defaults: dict[str, Any], rows: Sequence[dict[str, Any]]
) -> pl.LazyFrame:
    filled = [{**dict.fromkeys(kind.dtypes().names()), **defaults, **row} for row in rows]
    return pl.LazyFrame(filled, schema=kind.dtypes())


def transfers(*rows: dict[str, Any]) -> pl.LazyFrame:
    return table(CacheIO, IO_DEFAULTS, rows)


def facts(*rows: dict[str, Any]) -> pl.LazyFrame:
    return table(Facts, {"run_id": "r1", "ingest_id": "i1"}, rows)


def dated(*ids: str, **columns: list[Any]) -> pl.LazyFrame:
    days = [DAY + timedelta(days=n) for n in range(len(ids))]
    return runs(run_id=ids, started_at=days, **columns)


def executed_then_hit(**hit: object) -> pl.LazyFrame:
    """The layer l1 takes 30 s in r0 and is a hit in r1."""
    return steps(
        run_id=["r0", "r1"],
        outcome=["done", "cached"],
        duration_s=[30.0, None],
        **{name: [None, value] for name, value in hit.items()},
    )


def rows(
    given: pl.LazyFrame, io: pl.LazyFrame, found: pl.LazyFrame | None = None
) -> list[dict[str, Any]]:
    answer = ledger(given, dated("r0", "r1"), io, facts() if found is None else found)
    return answer.collect().rows(named=True)


def row(given: pl.LazyFrame, io: pl.LazyFrame, found: pl.LazyFrame | None = None) -> dict[str, Any]:
    (only,) = rows(given, io, found)
    return only


EXPORT = {"direction": "export", "step_no": 60, "duration_s": 2.0}
FAILED = {"outcome": "failed", "duration_s": 0.5}


def test_a_cache_that_pays() -> None:
    assert row(executed_then_hit(restore_s=4.0), transfers({}, EXPORT)) == {
        "project": None,
        "backend": "registry",
        "ref": "cache:main",
        "mode": None,
        "runs": 1,
        "imports": 1,
        "imports_failed": 0,
        "exports": 1,
        "exports_failed": 0,
        "untimed": 0,
        "hits": 1,
        "hits_with_baseline": 1,
        "warm_hits": 0,
        "saved_s": 30.0,
        "base_s": 0.0,
        "bases_unknown": 0,
        "import_s": 1.0,
        "export_s": 2.0,
        "restore_s": 4.0,
        "net_s": 23.0,
        "dear_runs": 0,
        "dear_layers": 0,
        "dear_s": 0.0,
        "pay": "pays",
        "verdict": "pays: 1 hit saved 30.0 s, took import 1.0 s, export 2.0 s, restore 4.0 s: "
        "23.0 s net",
    }


@pytest.mark.parametrize(
    ("given", "io", "pay", "words"),
    [
        (
            executed_then_hit(restore_s=5.0),
            transfers({"duration_s": 26.0}),
            CachePay.COSTS,
            "costs more than it saves: 1 hit saved 30.0 s, took import 26.0 s, export 0.0 s, res",
        ),
        (
            executed_then_hit(restore_s=40.0),
            transfers({}),
            CachePay.COSTS,
            "; in 1 run restoring 1 layer took 10.0 s longer than executing them",
        ),
        (
            steps(run_id=["r1"], outcome=["failed"]),
            transfers({}, EXPORT),
            CachePay.NEVER_HIT,
            "never hit: 1 import, took import 1.0 s, export 2.0 s, restore 0.0 s",
        ),
        (
            executed_then_hit(),
            transfers(FAILED, {**FAILED, "run_id": "r0"}, EXPORT),
            CachePay.ALWAYS_FAILS,
            "always fails: 2 imports, took import 1.0 s, export 2.0 s, restore 0.0 s",
        ),
        (
            executed_then_hit(),
            transfers({**EXPORT, **FAILED}),
            CachePay.ALWAYS_FAILS,
            "always fails: 1 export, took import 0.0 s, export 0.5 s, restore 0.0 s",
        ),
        (
            executed_then_hit(),
            transfers(EXPORT),
            CachePay.UNKNOWN,
            "cannot be told: 1 export, and no run here imports it",
        ),
        (
            executed_then_hit(layer_id="never executed"),
            transfers({}),
            CachePay.UNKNOWN,
            "export 0.0 s, restore 0.0 s: -1.0 s net; 1 hit without a baseline",
        ),
        (
            executed_then_hit(),
            transfers({}, {**FAILED, "duration_s": None, "step_no": 1}),
            CachePay.PAYS,
            ": 29.0 s net; 1 of 2 imports failed; 1 failed transfer printed no time",
        ),
        (
            executed_then_hit(),
            transfers({"duration_s": 21.0}, {**FAILED, "duration_s": None, "step_no": 1}),
            CachePay.UNKNOWN,
            ": 9.0 s net; 1 of 2 imports failed; 1 failed transfer printed no time",
        ),
        (
            executed_then_hit(),
            transfers({}, {**EXPORT, **FAILED}),
            CachePay.PAYS,
            "; 1 of 1 export failed",
        ),
    ],
)
def test_verdicts(given: pl.LazyFrame, io: pl.LazyFrame, pay: CachePay, words: str) -> None:
    found = row(given, io)
    assert found["pay"] == pay
    assert words in found["verdict"]


def test_hits_of_a_run_without_a_good_import_are_nobodys_merit() -> None:
    io = transfers({"run_id": "r0"}, {**FAILED, "run_id": "r1"})
    assert row(executed_then_hit(), io)["hits"] == 0


def test_a_hit_is_charged_once_to_the_first_good_import() -> None:
    io = transfers(
        {"ref": "c", "step_no": 7},
        {"ref": "b", "step_no": 6},
        {"ref": "a", "step_no": 5, "outcome": "failed"},
    )
    found = rows(executed_then_hit(), io)
    assert [(r["ref"], r["hits"], r["saved_s"]) for r in found] == [
        ("a", 0, 0.0),
        ("b", 1, 30.0),
        ("c", 0, 0.0),
    ]


def test_only_hits_of_an_earlier_build_count() -> None:
    merged = steps(
        run_id=["r0", "r1"],
        outcome=["done", "cached"],
        cached_as=[None, "merged"],
        duration_s=[30.0, None],
    )
    assert row(merged, transfers({}))["hits"] == 0


def test_an_export_without_a_reference_goes_to_the_only_one_that_was_imported_from() -> None:
    io = transfers({}, {**EXPORT, "ref": None}, {**FAILED, "ref": "typo", "step_no": 1})
    assert [(r["ref"], r["exports"]) for r in rows(executed_then_hit(), io)] == [
        ("cache:main", 1),
        ("typo", 0),
    ]


def test_an_export_whose_reference_cannot_be_known_has_a_row_of_its_own() -> None:
    io = transfers({}, {"ref": "other", "step_no": 1}, {**EXPORT, "ref": None})
    found = rows(executed_then_hit(), io)
    assert [(r["ref"], r["exports"]) for r in found] == [(None, 1), ("cache:main", 0), ("other", 0)]


def test_an_inline_cache_is_one_whatever_the_tag() -> None:
    io = transfers(
        {"backend": "inline", "ref": "host:5000/web:1"},
        {"backend": "inline", "ref": "host:5000/web:2@sha256:ab", "step_no": 51},
        {**EXPORT, "backend": "inline", "ref": "host:5000/web", "mode": "min", "duration_s": None},
    )
    found = row(executed_then_hit(), io)
    assert (found["ref"], found["mode"], found["imports"]) == ("host:5000/web", "min", 2)
    assert found["verdict"].endswith("(mode min)")


def test_baselines_of_more_history_can_be_given() -> None:
    given = executed_then_hit()
    longer = pl.LazyFrame({"layer_id": ["l1"], "baseline_s": [100.0]})
    found = ledger(given, dated("r0", "r1"), transfers({}), facts(), baselines=longer).collect()
    assert found["saved_s"].to_list() == [100.0]


BASE = {"kind": "base_digest", "step_no": 1, "text": "host:5000/debian:12@sha256:aa"}
PULLED = {"kind": "base_pulled", "step_no": 1, "run_id": "r0"}


def with_base(*, restore_s: float = 0.0) -> pl.LazyFrame:
    """r0 pulls its base for 9 s and executes l1 for 30 s; r1 hits l1."""
    return steps(
        run_id=["r0", "r0", "r1", "r1"],
        step_no=[1, 2, 1, 2],
        kind=["from", "instruction"] * 2,
        instruction=["FROM", "RUN"] * 2,
        outcome=["done", "done", "done", "cached"],
        duration_s=[9.0, 30.0, 0.0, None],
        restore_s=[None, None, None, restore_s],
    )


def test_a_base_image_that_need_not_be_pulled_is_saved_too() -> None:
    digests = ({**BASE, "run_id": "r0"}, {**BASE, "text": "host:5000/debian:12@sha256:bb"})
    found = row(with_base(), transfers({}), facts(*digests, PULLED))
    assert (found["saved_s"], found["base_s"], found["bases_unknown"]) == (39.0, 9.0, 0)
    assert "1 hit saved 39.0 s (9.0 s of it pulls of base images)" in found["verdict"]


def test_a_restore_that_brings_the_base_image_along_is_not_dear() -> None:
    bases = facts({**BASE, "run_id": "r0"}, BASE, PULLED)
    assert row(with_base(restore_s=35.0), transfers({}), bases)["dear_runs"] == 0
    assert row(with_base(restore_s=41.0), transfers({}), bases)["dear_s"] == 2.0


def test_of_transfers_without_a_time_only_failed_ones_are_told() -> None:
    io = transfers({"duration_s": None}, {**EXPORT, **FAILED, "duration_s": None})
    found = row(executed_then_hit(), io)
    assert (found["untimed"], found["import_s"], found["export_s"]) == (1, 0.0, 0.0)


def test_whether_a_run_is_dear_cannot_be_told_without_the_pull_of_its_base() -> None:
    found = row(with_base(restore_s=99.0), transfers({}), facts(BASE))
    assert (found["dear_runs"], found["bases_unknown"], found["pay"]) == (0, 1, CachePay.UNKNOWN)
    assert found["verdict"].endswith("; 1 base image pull without a known time")


def executing(instruction: str = "RUN") -> pl.LazyFrame:
    """l1 takes 30 s in r0; in r1 it is a hit, and an instruction on it is executed."""
    return steps(
        run_id=["r0", "r1", "r1"],
        layer_id=["l1", "l1", "l2"],
        instruction=["RUN", "RUN", instruction],
        step_no=[1, 1, 2],
        outcome=["done", "cached", "done"],
        duration_s=[30.0, None, 1.0],
    )


def context(run: str, size: float) -> dict[str, Any]:
    return {"run_id": run, "kind": "context_bytes", "value": size}


PART = (context("r0", 1000), context("r1", 790))
LAYER = {"kind": "layer_pulled", "run_id": "r1"}


@pytest.mark.parametrize(
    ("given", "found", "booted", "warm"),
    [
        (executing(), facts(), False, True),
        (executing("COPY"), facts(), False, False),
        (executing(), facts(), True, False),
        (executing(), facts({"kind": "layer_pulled"}), False, False),
        (executing(), facts({"kind": "base_pulled"}), False, False),
        (executed_then_hit(), facts(), False, False),
        (executed_then_hit(), facts(context("r0", 1000), context("r1", 790)), False, True),
        (executed_then_hit(), facts(context("r0", 1000), context("r1", 790)), True, False),
        (executed_then_hit(), facts(context("r0", 1000), context("r1", 810)), False, False),
        (executed_then_hit(), facts(context("r1", 10)), False, False),
        (executed_then_hit(), facts(*PART, {**LAYER, "step_no": 1}), False, False),
        (executed_then_hit(), facts(*PART, {**LAYER, "step_no": 2}), False, True),
    ],
)
def test_warm_builders(
    given: pl.LazyFrame, found: pl.LazyFrame, *, booted: bool, warm: bool
) -> None:
    dates = dated("r0", "r1", builder_booted=[True, booted])
    assert warm_runs(given, dates, found).collect()["run_id"].to_list() == ["r1"] * warm


def test_hits_of_a_warm_builder_are_told_but_not_counted() -> None:
    found = row(executing(), transfers({}))
    assert (found["hits"], found["warm_hits"], found["saved_s"]) == (0, 1, 0.0)
    assert found["verdict"].startswith("cannot be told: 1 hit, all on builders that were warm")


def test_contexts_of_other_projects_and_of_long_ago_do_not_show_a_warm_builder() -> None:
    ids = [f"r{n:02}" for n in range(23)]
    sizes = [context(run, 1000 if run == "r00" else 100) for run in ids]
    others = dated(*ids, project=["big"] + ["small"] * 22)
    same = dated(*ids, project=["one"] * 23)
    assert warm_runs(steps(run_id=[]), others, facts(*sizes)).collect().is_empty()
    warm = warm_runs(steps(run_id=[]), same, facts(*sizes)).collect()["run_id"].to_list()
    assert warm == ids[1:21]


def test_rows_are_by_project_backend_and_reference_whatever_the_order_of_rows() -> None:
    given: Frames = (
        executed_then_hit(),
        dated("r0", "r1", project=["b", "a"]),
        transfers({}, {**EXPORT, "run_id": "r0"}, {"backend": "gha", "ref": "gha", "step_no": 9}),
        facts(context("r0", 10), context("r1", 9)),
    )
    found = ledger(*given).collect()
    assert found.select("project", "backend").rows() == [
        ("a", "registry"),
        ("a", "gha"),
        ("b", "registry"),
    ]
    turned = [frame.reverse() for frame in given]
    assert_frame_equal(ledger(turned[0], turned[1], turned[2], turned[3]).collect(), found)


def test_no_transfers_no_rows() -> None:
    assert ledger(executed_then_hit(), dated("r0", "r1"), transfers(), facts()).collect().is_empty()
    nothing = (steps(run_id=[]), runs(run_id=[]), transfers(), facts())
    assert ledger(*nothing).collect().equals(LedgerRows.empty())


def test_a_frame_that_lacks_a_column_is_refused() -> None:
    with pytest.raises(SchemaError, match="backend is missing"):
        ledger(steps(), runs(), transfers({}).drop("backend"), facts())
