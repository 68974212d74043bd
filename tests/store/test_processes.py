"""Ingests as processes of their own: several at once, and killed at any moment."""

from __future__ import annotations

import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from cachestats.store import Store
from tests.store.batches import Batch

if TYPE_CHECKING:
    from pathlib import Path

RUNS = [f"r{n}" for n in range(40)]

# Announces that it is ready, waits for a line, ingests the frames of a folder; is killed, or
# kills itself at a point where nothing but luck would strike.
SCRIPT = """
import os, signal, sys
from pathlib import Path
import polars as pl
from cachestats.store import Store

path, folder, last = sys.argv[1:]
frames = {file.stem: pl.read_ipc(file) for file in Path(folder).iterdir()}
runs, sources = frames.pop("runs"), frames.pop("sources")

def done(point):
    if point == last:
        os.kill(os.getpid(), signal.SIGKILL)

print("ready", flush=True)
sys.stdin.readline()
store = Store.create(path)
done("create")
ingest = store.ingest()
ingest.append(**frames | {"facts": frames["facts"].clear()})
done("part of append")
ingest = store.ingest()
ingest.append(**frames)
done("append")
added = ingest.commit(runs=runs, sources=sources.clear()).runs_added
done("runs")
ingest.commit(runs=runs.clear(), sources=sources)
print(added, flush=True)
"""


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    for name, frame in Batch.of(*RUNS)._asdict().items():
        frame.write_ipc(folder / f"{name}.arrow")
    return folder


def started(path: Path, frames: Path, last: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, path, frames, last],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def release(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def assert_counted_once(path: Path) -> None:
    store = Store.open(path)
    assert sorted(store.runs().collect()["run_id"]) == sorted(RUNS)
    assert sorted(store.steps().collect()["run_id"]) == sorted(2 * RUNS)
    assert sorted(store.cache_io().collect()["run_id"]) == sorted(RUNS)
    assert sorted(store.facts().collect()["run_id"]) == sorted(RUNS)
    assert store.sources().collect()["source"].to_list() == ["a.log"]


@pytest.mark.parametrize("known", [None, [], ["r1", "other"]], ids=["new", "empty", "filled"])
def test_ingests_at_once_count_each_run_once(
    path: Path, frames: Path, known: list[str] | None
) -> None:
    if known is not None:
        Batch.of(*known).ingest_into(Store.create(path))
    processes = [started(path, frames) for _ in range(4)]
    for process in processes:
        release(process)
    added = [int(process.communicate()[0]) for process in processes]
    assert sum(added) == len(set(RUNS).difference(known or []))
    if known:
        Batch.of().commit_to(Store.open(path).ingest(), ["other"])
    assert_counted_once(path)


@pytest.mark.parametrize("last", ["create", "part of append", "append", "runs"])
def test_killed_ingest_is_completed_by_the_next(path: Path, frames: Path, last: str) -> None:
    process = started(path, frames, last)
    assert process.communicate("\n")[0] == ""
    assert process.returncode < 0
    store = Store.open(path)
    counted = RUNS if last == "runs" else []
    assert sorted(store.runs().collect()["run_id"]) == sorted(counted)
    assert sorted(store.steps().collect()["run_id"]) == sorted(2 * counted)
    Batch.of(*RUNS).ingest_into(store)
    assert_counted_once(path)


def test_killed_at_any_moment(path: Path, frames: Path) -> None:
    random, store = Random(2), Store.create(path)  # noqa: S311
    for _ in range(6):
        process = started(path, frames)
        release(process)
        time.sleep(random.uniform(0, 0.25))
        process.kill()
        process.communicate()
        store = Store.create(path)
        assert store.runs().collect().height in {0, len(RUNS)}
        assert store.steps().collect().height == 2 * store.runs().collect().height
    Batch.of(*RUNS).ingest_into(store)
    assert_counted_once(path)
