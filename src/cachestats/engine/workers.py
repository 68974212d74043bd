"""Work on all cores, given out in the order it came in: processes for much of it, else threads.

Threads of one process wait for each other: for Python's lock, and for memory that the system
clears. They use one and a half of two cores; processes use both, but take a third of a second to
start, and cannot be sent what is open.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from cachestats.engine.packing import packed, unpacked
from cachestats.engine.serving import do, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["in_turn", "worker_count"]

T = TypeVar("T")
R = TypeVar("R")

MOST_WORKERS = 8
WORKER_BYTES = 400 << 20  # what each may need, and the one that began them
# Where Linux tells what memory a container may have, in its second and in its first way.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
# A worker is alone on its core, and keeps memory that it will need again. Of two values in a
# setting of memory the last one counts; polars has put its own there, for all that begin later.
_THREADS, _MEMORY = "POLARS_MAX_THREADS", "_RJEM_MALLOC_CONF"
_KEEPS_MEMORY = "dirty_decay_ms:2000"


def worker_count() -> int:
    """Return for how many workers there are cores and memory, as far as a container has them.

    A container that takes more memory than it may is killed, with all that it had done.
    """
    from loky import cpu_count  # most commands do not need it

    have_core: int = cpu_count()
    have_memory = _memory_bytes() // WORKER_BYTES - 1
    return max(1, min(have_core, have_memory, MOST_WORKERS))


def _memory_bytes() -> int:
    limits = [sys.maxsize]
    if hasattr(os, "sysconf"):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in _LIMITS:
        with suppress(OSError, ValueError):  # there is none, or it says "max"
            limits.append(int(Path(path).read_text(encoding="ascii")))
    return min(limits)


@contextmanager
def in_turn(
    function: Callable[[T], R],
    work: Iterator[T],
    *,
    workers: int,
    apart: Callable[[T], bool] = lambda _: False,
) -> Iterator[Iterator[R]]:
    """Begin work on several cores, to give out what comes of it in its order.

    It goes on while the caller does something else, but only as much is held as is being worked
    on, however slow whoever takes it is.

    Args:
        function: What to do; one that runs apart must be importable, and its result be pickled.
        work: What to do it on, taken by the caller's thread.
        workers: How many to do at once.
        apart: Tells work for a process of its own. Where none can be had, or it is killed, the
            work is done here.
    """
    with _Pools(workers) as pools:
        todo = ((one, pools.submit(function, one, apart=apart(one))) for one in work)
        doing = deque(islice(todo, workers + 1))

        def results() -> Iterator[R]:
            while doing:
                one, result = doing.popleft()
                try:
                    done = result()
                except BrokenExecutor:
                    done = function(one)
                doing.extend(islice(todo, 1))
                if not doing:
                    pools.end()
                yield done

        yield results()


class _Pools:
    """A pool of threads and one of processes, each begun when it is first needed."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers)
        self._processes: Any = None
        self._can_begin = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        if self._processes:
            self._processes.shutdown(kill_workers=error is not None)

    def end(self) -> None:
        """Let the processes end while their last work is being taken in."""
        if self._processes:
            self._processes.shutdown(wait=False)
            self._processes = None

    def submit(self, function: Callable[[T], R], given: T, *, apart: bool) -> Callable[[], R]:
        if apart and self._can_begin:
            try:
                self._processes = self._processes or _processes(self._workers)
                with _no_ctrl_c():
                    sent = self._processes.submit(do, function, packed(given))
            except (BrokenExecutor, ImportError, OSError):
                self._can_begin = False  # a worker was killed, or the system has no semaphores
            else:
                return lambda: unpacked(sent.result())
        return self._threads.submit(function, given).result


def _processes(workers: int) -> Any:  # noqa: ANN401 - loky has no types
    from multiprocessing import resource_tracker  # most commands need neither

    from loky import ProcessPoolExecutor

    if sys.platform != "win32":
        # It lets signals in when it begins, which must not be while workers do.
        resource_tracker.ensure_running()
    environment = {
        _THREADS: os.environ.get(_THREADS, "1"),
        _MEMORY: ",".join(filter(None, [os.environ.get(_MEMORY), _KEEPS_MEMORY])),
    }
    return ProcessPoolExecutor(workers, initializer=serve, initargs=[os.getpid()], env=environment)


@contextmanager
def _no_ctrl_c() -> Iterator[None]:
    """Keep a Ctrl-C from processes that begin meanwhile.

    It goes to all processes of a terminal, and waits for the one that began the others.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
