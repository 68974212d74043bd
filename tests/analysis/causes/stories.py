"""Short histories of one project, told run by run, one a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from cachestats.analysis.causes.misses import misses
from cachestats.schema import (
    Backend,
    CacheIO,
    Direction,
    FactKind,
    Facts,
    Instruction,
    Outcome,
    StepKind,
)
from tests.builders import DAY, runs, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

HIT, DONE, FAILED = Outcome.CACHED, Outcome.DONE, Outcome.FAILED
BASE = "FROM debian:12@sha256:" + "a" * 64
Line = tuple[str, Outcome]


def name_of(run: int) -> str:
    """Names of runs are in no order of time."""
    return f"r{99 - run}"


def step(run: int, number: int, line: Line) -> dict[str, Any]:
    """A step of the stage `app`, from `[app 2/4] RUN make` or a text alone."""
    text, outcome = line
    stage, index = "app", number
    if text.startswith("["):
        prefix, text = text[1:].split("] ", 1)
        stage, place = prefix.split(" ")
        index = int(place.split("/")[0])
    word = Instruction(text.split(" ")[0])
    return {
        "run_id": name_of(run),
        "step_no": number,
        "kind": StepKind.FROM if word == Instruction.FROM else StepKind.INSTRUCTION,
        "instruction": word,
        "stage": stage,
        "index": index,
        "total": 9,
        "name": f"[{stage} {index}/9] {text}",
        "text": text,
        "layer_id": f"{stage} {text}",
        "outcome": outcome,
        "line": number,
    }


def history(
    *told: Sequence[Line],
    facts: Sequence[tuple[int, FactKind, float]] = (),
    imports: Sequence[tuple[int, Outcome]] = (),
    pushed: Sequence[tuple[int, str]] = (),
    **columns: Sequence[Any],
) -> list[pl.LazyFrame]:
    """Steps, runs, facts and cache imports as `misses` takes them."""
    rows = [step(r, n, line) for r, lines in enumerate(told) for n, line in enumerate(lines, 1)]
    ran = steps(**{name: [row[name] for row in rows] for name in rows[0]})
    days = range(len(told))
    given = runs(
        run_id=[name_of(day) for day in days],
        project=["shop"] * len(told),
        started_at=[DAY + timedelta(days=day) for day in days],
        **columns,
    )
    texts = [
        *((r, kind, value, kind) for r, kind, value in facts),
        *(
            (r, FactKind.BASE_DIGEST, None, text.split("FROM ")[1])
            for r, lines in enumerate(told)
            for text, _ in lines
            if "@sha256:" in text
        ),
        *((r, FactKind.PUSHED_REF, None, ref) for r, ref in pushed),
    ]
    said = [
        {"run_id": name_of(r), "kind": kind, "value": value, "step_no": 1, "text": text, "line": 1}
        for r, kind, value, text in texts
    ]
    read = [
        {
            "run_id": name_of(r),
            "step_no": 9,
            "direction": Direction.IMPORT,
            "backend": Backend.REGISTRY,
            "outcome": outcome,
        }
        for r, outcome in imports
    ]
    return [
        ran,
        given,
        pl.DataFrame(said, schema=Facts.dtypes()).lazy(),
        pl.DataFrame(read, schema=CacheIO.dtypes()).lazy(),
    ]


def causes(tables: list[pl.LazyFrame], run: int = -1) -> dict[str, tuple[str, str]]:
    """Cause and confidence of each miss of a run, the last if none is given, by its text."""
    found = misses(*tables).collect()
    asked = tables[1].collect()["run_id"][run]
    rows = found.filter(pl.col("run_id") == asked).select("text", "cause", "confidence").rows()
    return {text: (cause, confidence) for text, cause, confidence in rows}
