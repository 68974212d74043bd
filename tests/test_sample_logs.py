"""Every log of `sample_logs` is in its manifest and decodes to what that promises."""

from __future__ import annotations

import tomllib
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cachestats as cs
from cachestats.schema import CachedAs, LogFormat, Outcome, Runs, StartBasis, StepKind, Steps

if TYPE_CHECKING:
    import polars as pl

    from cachestats.schema import Column

SAMPLES = Path(__file__).resolve().parents[1] / "sample_logs"
ENTRIES = tomllib.loads((SAMPLES / "manifest.toml").read_text("utf-8"))["log"]
TECHNIQUES = {
    *("bad-order", "good-order", "early-build-arg", "multi-stage", "bind-mount"),
    *("pip-cache-mount", "apt-cache-mount", "npm-cache-mount"),
    *("inline-cache", "registry-max", "registry-min", "gha-cache"),
    *("cold-builder", "warm-builder", "import-failed", "eviction", "no-cache-flag"),
    *("base-image-update", "failure", "canceled"),
}
WRITTEN_AS = {
    "plain": LogFormat.PLAIN,
    "gha": LogFormat.PLAIN,
    "rawjson": LogFormat.RAWJSON,
}


def has(column: Column, *values: str) -> pl.Expr:
    return column.col.is_in(values).sum()


COUNTS = {
    "hits": has(Steps.cached_as, CachedAs.HIT),
    "misses": has(Steps.outcome, Outcome.DONE, Outcome.FAILED),
    "canceled": has(Steps.outcome, Outcome.CANCELED),
    "not_needed": has(Steps.outcome, Outcome.NOT_NEEDED),
}


@pytest.fixture(scope="module")
def samples() -> cs.Parsed:
    return cs.parse(SAMPLES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_log_decodes_to_its_counts(samples: cs.Parsed, entry: dict[str, Any]) -> None:
    runs = samples.runs.filter(Runs.source.col == str(SAMPLES / entry["file"]))
    steps = samples.steps.join(runs, on=Runs.run_id.name, how="semi")
    instructions = steps.filter(Steps.kind.col == StepKind.INSTRUCTION)
    run = (entry["outcome"], WRITTEN_AS[entry["format"]])
    assert runs.select(Runs.outcome.name, Runs.format.name).rows() == [run] * entry["runs"]
    assert instructions.select(**COUNTS).to_dicts() == [
        {name: entry.get(name, 0) for name in COUNTS}
    ]


def test_nothing_in_the_folder_is_rejected(samples: cs.Parsed) -> None:
    assert samples.rejects.is_empty()


def test_manifest_lists_every_log_once() -> None:
    logs = sorted(log.relative_to(SAMPLES).as_posix() for log in SAMPLES.rglob("*.log"))
    assert sorted(entry["file"] for entry in ENTRIES) == logs


def test_no_build_is_here_twice() -> None:
    texts = Counter(sha256(log.read_bytes()).digest() for log in SAMPLES.rglob("*.log"))
    assert len({entry["build"] for entry in ENTRIES}) == len(ENTRIES) == len(texts) >= 60


def test_every_technique_and_format_is_shown() -> None:
    shown = {technique for entry in ENTRIES for technique in entry["techniques"]}
    assert shown >= TECHNIQUES
    formats = Counter(entry["format"] for entry in ENTRIES)
    assert formats.keys() == WRITTEN_AS.keys()
    assert min(formats.values()) >= len(ENTRIES) / 4


def test_the_folder_is_a_store_of_many_weeks(tmp_path: Path) -> None:
    store = cs.open_store(tmp_path / "store", create=True)
    assert list(store.ingest(SAMPLES).rejects) == []
    runs = store.runs().sort(Runs.project.name, Runs.started_at.name).collect()
    by_date = list(zip(runs["project"], (Path(log).stem for log in runs["source"]), strict=True))
    assert by_date == sorted(tuple(entry["build"].split("/")) for entry in ENTRIES)
    assert set(runs[Runs.started_at_basis.name]) == {StartBasis.SIDECAR}
    assert len({started.isocalendar()[:2] for started in runs[Runs.started_at.name]}) >= 5
