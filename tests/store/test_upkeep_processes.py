"""Forgets and redactions as processes of their own: several at once, and killed at any moment."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import polars as pl
import pytest

from cachestats.schema import Facts
from cachestats.store import Redacted, Store
from tests.store.batches import Batch

if TYPE_CHECKING:
    from pathlib import Path

RUNS = [f"r{n}" for n in range(20)]
GONE, KEPT = RUNS[:10], RUNS[10:]
AT_ONCE = timedelta(seconds=-1)

# Announces that it is ready, waits for a line, and works; kills itself after so many commits.
SCRIPT = """
import os, signal, sys
from cachestats.store import Store
from cachestats.store.tables import Tables

action, path, last, *run_ids = sys.argv[1:]
commits = 0

class Mortal(Tables):
    def until_committed(self, attempt):
        global commits
        done = super().until_committed(attempt)
        commits += 1
        if commits == int(last):
            os.kill(os.getpid(), signal.SIGKILL)
        return done

def rule(text):
    return text.str.replace_all("hunter2", "***")

print("ready", flush=True)
sys.stdin.readline()
store = Store.open(path)
store._tables = Mortal(store._tables.root)
if action == "forget":
    print(store.forget(run_ids).runs)
elif action == "redact":
    print(store.redact(rule).facts)
"""


def with_secret(batch: Batch) -> Batch:
    return batch._replace(facts=batch.facts.with_columns(pl.lit("hunter2").alias(Facts.text.name)))


@pytest.fixture
def filled(path: Path) -> Store:
    """A store whose runs lie in several files."""
    store = Store.create(path)
    for ids in (RUNS[:5], RUNS[5:15], RUNS[15:]):
        with_secret(Batch.of(*ids, source=ids[0])).ingest_into(store)
    return store


def started(action: str, path: Path, *run_ids: str, last: int = 0) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, action, path, str(last), *run_ids],
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


def assert_holds_all_of(store: Store, *run_ids: str) -> None:
    assert sorted(store.runs().collect()["run_id"]) == sorted(run_ids)
    assert sorted(store.steps().collect()["run_id"]) == sorted([*run_ids, *run_ids])
    assert sorted(store.cache_io().collect()["run_id"]) == sorted(run_ids)
    assert sorted(store.facts().collect()["run_id"]) == sorted(run_ids)


def texts(store: Store) -> set[str]:
    return set(store.facts().collect()["text"])


def test_forgets_redactions_and_ingests_at_once(path: Path, filled: Store) -> None:
    forgets = [started("forget", path, *GONE), started("forget", path, *GONE[5:], "never there")]
    others = [started("redact", path), started("redact", path)]
    for process in [*forgets, *others]:
        release(process)
    for n in range(3):
        Batch.of(f"new{n}", source=f"{n}.log").ingest_into(filled)
    counted = [int(process.communicate()[0]) for process in [*forgets, *others]]
    assert counted[0] + counted[1] == len(GONE)
    assert len(KEPT) <= counted[2] + counted[3] <= len(RUNS)
    assert_holds_all_of(filled, *KEPT, "new0", "new1", "new2")
    held = filled.sources().collect()["run_ids"].explode(empty_as_null=False)
    assert sorted(held) == sorted([*KEPT, "new0", "new1", "new2"])
    assert texts(filled) == {"***", None}


@pytest.mark.parametrize("last", [1, 2, 3, 4, 5])
def test_killed_forget_is_completed_by_a_vacuum(path: Path, filled: Store, last: int) -> None:
    process = started("forget", path, *GONE, last=last)
    process.communicate("\n")
    assert process.returncode < 0
    assert_holds_all_of(filled, *KEPT)
    filled.vacuum(older_than=AT_ONCE)
    assert_holds_all_of(filled, *KEPT)
    assert {table.orphan_rows for table in filled.info().tables} == {0}
    assert sorted(filled.sources().collect()["run_ids"].explode().drop_nulls()) == sorted(KEPT)


@pytest.mark.parametrize("last", [1, 2, 3, 4, 5])
def test_killed_redaction_is_completed_by_the_next(path: Path, filled: Store, last: int) -> None:
    process = started("redact", path, last=last)
    process.communicate("\n")
    assert process.returncode < 0
    assert_holds_all_of(filled, *RUNS)
    rest = filled.redact(lambda text: text.str.replace_all("hunter2", "***"))
    assert rest == Redacted(0, 0, 0, 0 if last > 3 else len(RUNS), 0)
    assert_holds_all_of(filled, *RUNS)
    assert texts(filled) == {"***"}


@pytest.mark.parametrize("action", ["forget", "redact"])
def test_killed_at_any_moment(path: Path, filled: Store, action: str) -> None:
    random = Random(2)  # noqa: S311
    for _ in range(6):
        process = started(action, path, *GONE)
        release(process)
        time.sleep(random.uniform(0, 0.25))
        process.kill()
        process.communicate()
        runs = set(filled.runs().collect()["run_id"])
        assert runs in ({*RUNS}, {*KEPT})
        assert_holds_all_of(filled, *runs)
    process = started(action, path, *GONE)
    process.communicate("\n")
    assert process.returncode == 0
    assert_holds_all_of(filled, *(KEPT if action == "forget" else RUNS))
    assert action == "forget" or texts(filled) == {"***"}
