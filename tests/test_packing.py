from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from polars.testing import assert_frame_equal

from cachestats.engine.packing import packed, unpacked
from cachestats.logs.batch import Earlier, Job, decode_batch
from cachestats.logs.given import RunFacts
from cachestats.logs.source import Source
from tests.logs.logs import BUILD

if TYPE_CHECKING:
    from pathlib import Path


def test_jobs_arrive_as_they_were() -> None:
    source = Source("a.log", "/a.log", None, 1, datetime.now(UTC), ("/meta.json",), "build")
    jobs = [
        Job(source),
        Job(source, RunFacts(project="web"), Earlier(1, "00", ("run",)), "{project}.log"),
    ]
    assert unpacked(packed(jobs)) == jobs


def test_a_batch_arrives_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(BUILD, "utf-8")
    batch = decode_batch([Job(Source(str(log), str(log), None, log.stat().st_size, None))])
    there = unpacked(packed(batch))
    for frame in fields(batch.tables):
        assert_frame_equal(getattr(there.tables, frame.name), getattr(batch.tables, frame.name))
    assert_frame_equal(there.sources, batch.sources)
    assert_frame_equal(there.rejects, batch.rejects)
    assert (there.replaced, there.files, there.bytes) == (batch.replaced, 1, batch.bytes)
