"""Where an ingest's time goes: CPU seconds per GB of logs for each stage of decoding.

usage: python tests/benchmarks/stages.py LOGS…

One thread of polars and one of Python, so that the figures add up to the work done, not to the
time a user waits. The store is not written. `bench.py`, beside the project, measures the whole
command next to `cat`, `grep`, a Python loop and DuckDB.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from functools import wraps
from operator import itemgetter
from typing import TYPE_CHECKING, Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # polars reads it once, when it is imported

from cachestats.engine.plan import Plan, batches
from cachestats.logs import (
    batch,
    blocks,
    decode,
    documents,
    package_sets,
    plain,
    rawjson,
    solvestatus,
    splitting,
    text,
)
from cachestats.logs.given import RunFacts
from cachestats.logs.source import reading
from cachestats.schema import Sources

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES = {
    reading: ("_read_file", "_expanded"),
    batch: (
        "sha256",
        "sniff",
        "documents_in",
        "screens_beside",
        "kept_lines",
        "document_lines",
        "decode",
        "_logs",
        "_sources",
    ),
    splitting: ("_split", "_buildkit", "near_marked"),
    text: ("unquoted", "unmasked", "_known"),
    documents: ("kept_lines",),
    decode: (
        "decode_plain",
        "decode_rawjson",
        "named",
        "with_hits",
        "facts",
        "cache_io",
        "wall_estimates",
        "layer_ids",
        "package_sets",
        "attributed",
        "_decoded",
        "run_outcomes",
        "_runs",
        "_once",
        "_steps",
        "_table",
    ),
    package_sets: ("of_plain", "of_rawjson", "_of_steps", "_read", "_sets"),
    plain: ("blocks", "plain_steps", "_statuses", "_runs"),
    blocks: ("_numbered_runs", "_restarts"),
    rawjson: (
        "decode_updates",
        "numbered_runs",
        "_intervals",
        "_members",
        "_steps",
        "_statuses",
        "folded_runs",
    ),
    solvestatus: ("_decoded",),
}


class Clock:
    """CPU seconds by stage; what a stage calls that is a stage itself is not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function so that its own time goes to a stage."""

        @wraps(function)
        def wrapper(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever it takes
            began = time.process_time()
            self._inner.append(0.0)
            try:
                return function(*args, **options)
            finally:
                took = time.process_time() - began
                self.seconds[stage] += took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        return wrapper


def main(sources: list[str]) -> None:
    """Decode the logs and print the table."""
    clock = Clock()
    for module, names in STAGES.items():
        for name in names:
            stage = f"{module.__name__.rpartition('.')[2]}.{name.lstrip('_')}"
            setattr(module, name, clock.timed(stage, getattr(module, name)))
    planned = Plan(sources, given=RunFacts(), path_template=None, known=Sources.empty())
    began = time.process_time()
    work = batches(planned.opened(), total_bytes=1 << 40, workers=1)
    size = sum(batch.decode_batch(jobs).bytes for jobs in work)
    total = time.process_time() - began
    if not size:
        sys.exit("no logs to read")
    print(f"{size / 1e6:,.0f} MB, {total:.2f} s of CPU: {total / size * 1e9:.2f} s/GB")
    for stage, seconds in sorted(clock.seconds.items(), key=itemgetter(1), reverse=True):
        print(f"{stage:28} {seconds / size * 1e9:6.3f} s/GB {seconds / total:5.0%}")


if __name__ == "__main__":
    main(sys.argv[1:])
