"""Batches of logs: of a size that fits in memory, and as many for one worker as for another."""

from __future__ import annotations

import pytest

from cachestats.engine.plan import MOST_BYTES, batches
from cachestats.logs.batch import Job
from cachestats.logs.source import Source


def sizes(*logs: int, workers: int = 2) -> list[int]:
    jobs = [
        Job(Source(str(number), str(number), None, size, None)) for number, size in enumerate(logs)
    ]
    found = list(batches(jobs, total_bytes=sum(logs), workers=workers))
    assert [job for batch in found for job in batch] == jobs
    return [sum(job.source.size_bytes for job in batch) for batch in found]


def test_no_log_is_no_batch() -> None:
    assert sizes() == []


def test_little_is_one_batch() -> None:
    assert sizes(*[1 << 20] * 9, workers=8) == [9 << 20]


@pytest.mark.parametrize("megabytes", [60, 300, 400, 1000, 4000])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_each_worker_has_as_many_of_about_one_size(megabytes: int, workers: int) -> None:
    found = sizes(*[1 << 17] * (megabytes * 8), workers=workers)
    assert len(found) % workers == 0
    assert max(found) <= MOST_BYTES
    assert min(found) >= 0.9 * max(found)


def test_a_log_that_is_too_large_is_a_batch_of_its_own() -> None:
    assert sizes(1 << 20, MOST_BYTES * 3, 1 << 20) == [1 << 20, MOST_BYTES * 3, 1 << 20]
