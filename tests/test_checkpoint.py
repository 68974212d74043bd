"""What ingests say that they added: of logs written in parts, and two at once in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.engine import checkpoint
from cachestats.engine.checkpoint import Checkpoints
from cachestats.logs.batch import Batch, Job, decode_batch
from cachestats.logs.source import Source
from cachestats.schema import Sources
from cachestats.store import Store
from tests.logs.logs import BUILD

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def batch(folder: Path, *texts: str) -> Batch:
    paths = [folder / f"{number}.log" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    return decode_batch(
        [Job(Source(str(path), str(path), None, path.stat().st_size, None)) for path in paths]
    )


def test_steps_of_a_run_that_two_ingests_add_count_once(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    one, other = (Checkpoints(store, Sources.empty()) for _ in range(2))
    shared, mine = BUILD, BUILD.replace("flask", "django")
    one.add(batch(tmp_path, shared))
    other.add(batch(tmp_path, shared, mine))
    for checkpoints in (one, other):
        checkpoints.commit()
    assert (one.runs_added, other.runs_added) == (1, 1)
    assert (one.steps_added, other.steps_added) == (4, 4)
    assert store.steps().collect().height == 8


def test_what_is_written_in_parts_counts_when_it_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "WRITTEN_BYTES", 0)
    store = Store.create(tmp_path / "store")
    checkpoints = Checkpoints(store, Sources.empty())
    first, second = BUILD, BUILD.replace("flask", "django")
    checkpoints.add(batch(tmp_path, first))
    checkpoints.add(batch(tmp_path, first, second))
    assert sum(table.rows + table.orphan_rows for table in store.info().tables) > 8
    assert store.steps().collect().is_empty()
    checkpoints.commit()
    assert (checkpoints.runs_added, checkpoints.runs_known) == (2, 1)
    assert checkpoints.steps_added == store.steps().collect().height == 8
