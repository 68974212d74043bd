from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from cachestats.analysis.causes.conditions import DOUBTS
from cachestats.analysis.causes.rules import RULES, decided
from cachestats.schema import Cause, Confidence, Instruction, Outcome

# A RUN that is as before and missed in a run with hits, on a builder of which nothing is known.
PLAIN_MISS = {
    "run_id": "r2",
    "instruction": Instruction.RUN,
    "text": "RUN make",
    "text_then": "RUN make",
    "same_text": True,
    "same_layer": True,
    "grown": 0,
    "text_changes": 0,
    "text_stays": 0,
    "above": "base",
    "above_then": "base",
    "digest": None,
    "digest_then": None,
    "inputs": None,
    "inputs_then": None,
    "at": 9,
    "then_at": 7,
    "made_at": 7,
    "began_at": 7,
    "hits": 3,
    "imports_ok": 0,
    "imports_failed": 0,
    "exports_ok_then": 1,
    "exports_failed_then": 0,
    "outcome_then": Outcome.DONE,
    "outcome_run_then": Outcome.DONE,
    "dockerfile": 500,
    "dockerfile_then": 500,
    "stage_total": 5,
    "stage_total_then": 5,
    "small_context": None,
    "full_context": None,
    "is_sure": True,
}
DTYPES = {
    "instruction": pl.Enum(Instruction),
    "outcome_then": pl.Enum(Outcome),
    "outcome_run_then": pl.Enum(Outcome),
    "digest": pl.String(),
    "digest_then": pl.String(),
    "inputs": pl.List(pl.String),
    "inputs_then": pl.List(pl.String),
    "small_context": pl.Boolean(),
    "full_context": pl.Boolean(),
}
NAMES = {name for one in (*(r.condition for r in RULES), DOUBTS) for name in one.meta.root_names()}

NEW = {"is_new": True, "text_then": None, "same_text": None, "same_layer": None, "grown": None}
COLD = {"hits": 0, "had_nothing": True, "is_cold": True}
BOOTED = {**COLD, "surely_nothing": True}
EDITED = {"text": "RUN make all", "same_text": False, "same_layer": False, "grown": 4}
HASH = {"text": "RUN make 1a2b3c4", "same_text": False}
LONGER = {"dockerfile": 504, "dockerfile_changed": True}
COPY = {"instruction": Instruction.COPY, "text": "COPY . .", "text_then": "COPY . .", "reads": True}
DIGEST = {"comparable": True, "digest": "a", "digest_then": "a", "inputs": ["x"]}
KNOWN = {**DIGEST, "inputs_then": ["x"]}
OTHER_DIGEST = {**KNOWN, "digest": "b"}
IMPORTED = {"is_cold": True, "imports_ok": 1}
FAILED = {"outcome_run_then": Outcome.FAILED}
SENT = {"small_context": False, "is_used": True}
STAGE = {"whole_stage": True, "is_first": True}
REBUILT = {"hits": 0, "had_base": True}

# For each rule, in order: what fires it, and what more would keep it from that.
CASES: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({**NEW, "is_new_image": True, "hits": 0}, {"had_base": True}),
    ({**NEW, "is_new_image": True}, {"is_new_image": False}),
    ({**BOOTED, "imports_failed": 1}, {"imports_ok": 1}),
    ({**COLD, "imports_failed": 1}, {"hits": 1}),
    (BOOTED, {"hits": 1}),
    (COLD, {"had_nothing": False}),
    ({**NEW, **FAILED, "is_new_stage": True}, {"is_new_stage": False}),
    ({**NEW, **FAILED}, {"stage_total": 6}),
    ({**HASH, "names_commit": True}, {"names_commit": None}),
    (HASH, {"only_pins": True}),
    ({**EDITED}, {"dockerfile": 504}),
    ({**EDITED, **LONGER}, {"dockerfile": 540}),
    ({**NEW, **LONGER}, {"is_new_stage": True}),
    ({**EDITED, "dockerfile": None}, {"same_layer": True, "same_text": True}),
    ({"base_updated": True, "hits": 1}, {"above": "other"}),
    ({"base_updated": True, "hits": 0}, {"base_updated": None}),
    ({"source_updated": True}, {"above": "other"}),
    ({**KNOWN, "outcome_then": Outcome.FAILED}, {"digest": "b"}),
    ({"outcome_then": Outcome.CANCELED}, {"outcome_then": Outcome.DONE}),
    ({**FAILED, "outcome_then": Outcome.NOT_NEEDED}, {"outcome_then": Outcome.CACHED}),
    ({"stopped": True}, {**EDITED}),
    ({"moved": True}, {**DIGEST}),
    (OTHER_DIGEST, {"inputs": ["y"]}),
    ({**OTHER_DIGEST, "inputs": ["y"]}, {"digest": "a"}),
    ({**IMPORTED, "copied_from": True, "whole_stage": True}, {"stage_exported": True}),
    (
        {**IMPORTED, "exports_failed_then": 1, "same_commit": True},
        {"outcome_then": Outcome.CACHED, "hits": 0, "small_context": True},
    ),
    ({**COLD, "imports_ok": 1, "silent_import": True}, {"silent_import": False}),
    ({**COLD, "imports_ok": 1}, {"import_known": True}),
    ({**COPY, **SENT}, {"above": "other"}),
    ({**COPY}, {"small_context": True}),
    ({**COPY, **COLD, "imports_ok": 1, "import_known": True, "new_commit": True}, {"hits": 1}),
    ({**KNOWN, **REBUILT}, {"digest": "b"}),
    ({**COPY, **REBUILT, "small_context": True}, {"hits": 1}),
    ({**LONGER, "text": "RUN <<EOF (set…)"}, {"text": "RUN make"}),
    ({"new_commit": True}, {"hit_on_new_commit": True}),
    ({**IMPORTED, "same_commit": True}, {"is_cold": False}),
    (IMPORTED, {"imports_ok": 0}),
    ({**STAGE, "same_commit": True}, {"stage_total": 2}),
    ({"same_commit": True}, {"above": "other"}),
    ({}, {"above": "other"}),
    ({**REBUILT, "small_context": True}, {"small_context": False}),
)


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Misses that rules can be asked of; what is not given is as in `PLAIN_MISS`."""
    filled = [dict.fromkeys(NAMES, False) | PLAIN_MISS | row for row in rows]
    columns = {name: [row[name] for row in filled] for name in sorted(NAMES)}
    return pl.DataFrame(columns, schema_overrides=DTYPES, strict=False)


def first_rule(row: dict[str, Any]) -> int | None:
    """The first rule that fires in a run where another step has the digest that it had."""
    told = frame(row, {**KNOWN, **REBUILT})
    return next((n for n, r in enumerate(RULES) if told.select(r.condition).row(0)[0]), None)


def test_there_is_a_case_for_every_rule() -> None:
    assert len(CASES) == len(RULES)


@pytest.mark.parametrize("number", range(len(RULES)))
def test_a_rule_fires_on_its_evidence_and_not_without_it(number: int) -> None:
    on, off = CASES[number]
    assert first_rule(on) == number
    assert first_rule({**on, **off}) != number


def test_rules_are_told_with_their_confidence() -> None:
    rows = frame(*(on for on, _ in CASES)).select(*decided())
    assert rows["cause"].to_list() == [rule.cause for rule in RULES]


def test_nothing_known_is_unknown() -> None:
    nothing = frame({}).with_columns(pl.when(pl.lit(value=False)).then(pl.all()))
    assert nothing.select(*decided()).row(0) == (Cause.UNKNOWN, Confidence.LOW)


@pytest.mark.parametrize(
    ("row", "doubt"),
    [
        ({**COPY, **SENT}, {"is_sure": False}),
        ({**BOOTED}, {"is_sure": None}),
        ({**EDITED, **LONGER}, {"text": "RUN make all the th..."}),
        ({**EDITED, **LONGER, **REBUILT}, {"had_base": False}),
        ({**OTHER_DIGEST}, {**COLD, "imports_ok": 1}),
        ({**OTHER_DIGEST}, {"skipped": True}),
        ({"base_updated": True}, {"skipped": True}),
        ({**EDITED, **LONGER}, {"skipped": True, "made_at": 8}),
        ({**EDITED, **LONGER}, {"skipped": True, "began_at": 8}),
        ({**COPY, **SENT}, {"skipped": True, "made_at": 8}),
    ],
)
def test_a_doubt_takes_the_sureness_of_a_cause(row: dict[str, Any], doubt: dict[str, Any]) -> None:
    told = pl.concat([frame(one).select(*decided()) for one in (row, {**row, **doubt})])
    assert told["confidence"].to_list() == [Confidence.HIGH, Confidence.MEDIUM]
    assert told["cause"].n_unique() == 1


@pytest.mark.parametrize(
    ("row", "no_doubt"),
    [
        ({**EDITED, **LONGER}, {"skipped": True}),
        ({**EDITED, **LONGER}, {"made_at": 8, "began_at": 8}),
        ({**EDITED, **LONGER}, {"skipped": True, "made_at": 9}),
        ({**COPY, **SENT}, {"skipped": True, "began_at": 8}),
    ],
    ids=["not in between", "not canceled", "the run itself", "no result"],
)
def test_what_a_canceled_run_did_not_make_is_no_doubt(
    row: dict[str, Any], no_doubt: dict[str, Any]
) -> None:
    assert frame({**row, **no_doubt}).select(*decided())["confidence"].item() == Confidence.HIGH


def content_confidence(*rows: dict[str, Any]) -> str:
    """How sure the first of some misses of a run is of its content."""
    cause, confidence = frame(*rows).select(*decided()).row(0)
    assert cause == Cause.CONTENT_CHANGE
    return str(confidence)


def test_files_that_another_step_reads_for_the_first_time_make_no_content_sure() -> None:
    reader = {**COPY, **NEW, "text": "COPY more ."}
    assert content_confidence({**COPY, **SENT}) == "high"
    assert content_confidence({**COPY, **SENT}, {**reader, "reads": True}) == "medium"
    assert content_confidence({**COPY, **SENT}, {**reader, "reads": False}) == "high"


def test_a_stage_on_another_end_of_a_stage_makes_no_content_sure() -> None:
    first = {**COPY, **SENT, "above": None, "above_then": None, "inputs": ["end", "files"]}
    assert content_confidence({**first, "inputs_then": ["end", "others"]}) == "high"
    assert content_confidence({**first, "inputs_then": ["other end", "files"]}) == "medium"


def test_a_dockerfile_of_a_kilobyte_and_more_is_printed_with_three_digits() -> None:
    edited = {**EDITED, "dockerfile_then": 5000, "dockerfile_changed": True}
    as_long = first_rule({**EDITED, **LONGER})
    assert first_rule({**edited, "dockerfile": 5050}) == as_long
    assert first_rule({**edited, "dockerfile": 5060}) != as_long
