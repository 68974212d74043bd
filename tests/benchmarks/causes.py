"""Time the causes of many runs: `python tests/benchmarks/causes.py STORE [RUNS …]`.

The runs of a store are repeated, a week later each time, as runs of a hundred projects, until
there are as many as wanted; without numbers 25,000, 50,000 and 100,000 of them, to see whether
time grows with their number. Prints seconds, the peak of memory, and how many misses there were.
"""

from __future__ import annotations

import resource
import sys
from time import perf_counter
from typing import TYPE_CHECKING

import polars as pl

import cachestats as cs
from cachestats.analysis.causes.misses import misses
from cachestats.schema import Runs

if TYPE_CHECKING:
    from cachestats.api.store import Store

PROJECTS = 100
SIZES = (25_000, 50_000, 100_000)


def main(uri: str, sizes: list[int]) -> None:
    """Print a line for each size."""
    store = cs.open_store(uri)
    for size in sizes or SIZES:
        frames = _grown(store, size)
        steps = frames[0].select(pl.len()).collect().item()
        begin = perf_counter()
        found = misses(*frames).select(pl.len()).collect().item()
        seconds = perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{size} runs, {steps} steps, {found} misses: {seconds:.1f} s, peak {peak:.2f} GB")


def _grown(store: Store, size: int) -> list[pl.LazyFrame]:
    runs = store.runs().collect()
    copies = pl.DataFrame({"copy": range(-(-size // runs.height))})
    suffix = pl.format("-{}", "copy")

    def of_runs(table: pl.LazyFrame) -> pl.LazyFrame:
        names = table.collect_schema().names()
        grown = table.collect().join(copies, how="cross")
        return grown.with_columns(Runs.run_id.col + suffix).select(names).lazy()

    grown_runs = runs.join(copies, how="cross").with_columns(
        Runs.run_id.col + suffix,
        Runs.project.col + pl.format("-{}", pl.col("copy") % PROJECTS),
        Runs.started_at.col + pl.duration(weeks=pl.col("copy") // PROJECTS),
    )
    tables = [store.steps(), store.facts(), store.cache_io()]
    steps, facts, cache_io = (of_runs(table) for table in tables)
    layer = pl.col("layer_id")
    # A layer is a layer of its project.
    project = Runs.run_id.col.str.extract(r"-(\d+)$").cast(pl.Int64) % PROJECTS
    steps = steps.with_columns(layer + pl.format("-{}", project))
    return [steps, grown_runs.select(runs.columns).lazy(), facts, cache_io]


if __name__ == "__main__":
    main(sys.argv[1], [int(size) for size in sys.argv[2:]])
