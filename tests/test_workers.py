"""Work on several cores, with processes that are really begun, and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from unittest.mock import Mock

import pytest
from polars.testing import assert_frame_equal

import cachestats as cs
from cachestats.engine import workers as engine_workers
from cachestats.engine.workers import in_turn, worker_count

SAMPLES = Path(__file__).parent.parent / "sample_logs"


def process_of(_: int) -> int:
    return os.getpid()


def killed_apart(parent: int) -> str:
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done here"


def failing(number: int) -> int:
    if number == 3:
        raise ValueError(number)
    return os.getpid()


def setting(name: str) -> str | None:
    return os.environ.get(name)


def set_in_a_worker(name: str) -> str | None:
    with in_turn(setting, iter([name]), workers=1, apart=bool) as results:
        return next(results)


def test_results_come_in_the_order_of_the_work() -> None:
    slow_first = (0.2, 0, 0.1, 0)

    def slept(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    with in_turn(slept, iter(slow_first), workers=2) as results:
        assert list(results) == list(slow_first)


def test_only_work_that_is_told_apart_is_done_in_processes() -> None:
    with in_turn(process_of, iter(range(4)), workers=2, apart=lambda number: number > 1) as results:
        found = list(results)
    assert found[:2] == [os.getpid()] * 2
    assert os.getpid() not in found[2:]


def test_no_more_is_taken_than_is_worked_on() -> None:
    left = iter(range(10))
    with in_turn(str, left, workers=2) as results:
        next(results)
        assert 5 < len(list(left)) < 10


def test_work_goes_on_before_anybody_asks_for_results() -> None:
    done = Event()
    with in_turn(lambda _: done.set(), iter([1]), workers=1):
        assert done.wait(5)


def test_work_of_a_process_that_is_killed_is_done_here() -> None:
    with in_turn(killed_apart, iter([os.getpid()] * 3), workers=1, apart=bool) as results:
        assert list(results) == ["done here"] * 3


def test_what_fails_fails_here_and_leaves_no_process() -> None:
    pids: list[int] = []
    with (
        pytest.raises(ValueError, match="3"),
        in_turn(failing, iter([1, 3, 4]), workers=1, apart=bool) as results,
    ):
        pids += results
    (worker,) = pids
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_threads_do_it_where_no_process_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: int) -> None:
        raise OSError("no semaphores")

    monkeypatch.setattr(engine_workers, "_processes", none)
    with in_turn(process_of, iter([1, 2]), workers=2, apart=bool) as results:
        assert list(results) == [os.getpid()] * 2


def test_a_worker_has_one_thread_of_polars_unless_it_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    assert set_in_a_worker("POLARS_MAX_THREADS") == "1"
    monkeypatch.setenv("POLARS_MAX_THREADS", "3")
    assert set_in_a_worker("POLARS_MAX_THREADS") == "3"


@pytest.mark.parametrize(
    ("cores", "megabytes", "workers"),
    [("1", 64_000, 1), ("3", 64_000, 3), ("64", 64_000, 8), ("64", 2_000, 4), ("64", 500, 1)],
)
def test_there_are_as_many_workers_as_have_a_core_and_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cores: str, megabytes: int, workers: int
) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(f"{megabytes << 20}\n")
    monkeypatch.setattr(engine_workers, "_LIMITS", (tmp_path / "none", limit))
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1 << 25}.get)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", cores)
    assert worker_count() == workers


def test_a_container_without_a_limit_has_the_memory_of_its_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(engine_workers, "_LIMITS", (tmp_path / "memory.max",))
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 500_000}.get)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert worker_count() == 3


def test_a_worker_keeps_memory_longer_than_polars_does() -> None:
    found = set_in_a_worker("_RJEM_MALLOC_CONF")
    assert found is not None
    assert found.rsplit("dirty_decay_ms:", 1)[1] == "2000"


NAP = """
import sys, time

def nap(seconds):
    print("began", file=sys.stderr, flush=True)
    time.sleep(seconds)
"""
NAPPING = """
from cachestats.cli.interrupt import heed_ctrl_c
from cachestats.engine.workers import in_turn
from napping import nap

heed_ctrl_c()
with in_turn(nap, iter([60, 60]), workers=2, apart=bool) as naps:
    list(naps)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes have no parents there")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_one_that_began_them(tmp_path: Path, sent: signal.Signals) -> None:
    (tmp_path / "napping.py").write_text(NAP)
    (tmp_path / "main.py").write_text(NAPPING)
    command = [sys.executable, "main.py"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as begun:
        assert begun.stderr is not None
        assert [begun.stderr.readline() for _ in range(2)] == ["began\n"] * 2
        send = os.killpg if sent is signal.SIGINT else os.kill
        send(begun.pid, sent)
        # The pipe ends with the last process that has it.
        said = begun.stderr.read()
    assert "LokyProcess" not in said


def test_processes_decode_what_threads_do(monkeypatch: pytest.MonkeyPatch) -> None:
    by_threads = cs.parse(SAMPLES)
    monkeypatch.setattr(sys.modules["cachestats.engine.ingest"], "MUCH_BYTES", 0)
    monkeypatch.setattr(engine_workers, "ThreadPoolExecutor", Mock())
    by_processes = cs.parse(SAMPLES)
    for table in ("runs", "steps", "cache_io", "facts", "rejects"):
        assert_frame_equal(getattr(by_processes, table), getattr(by_threads, table))
