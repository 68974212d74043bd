"""Time the weekly report of a large store: `python tests/benchmarks/report.py FOLDER [RUNS]`.

A store of at least this many runs (140,000 without a number: 2 million steps) of 24 projects in a
year is grown from the sample logs in the folder, unless it is there. Prints seconds for the numbers
and for the HTML, its size, and the peak of memory.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from time import perf_counter

import cachestats as cs
from tests.report.grown import grown_store

RUNS, WEEKS, WEEK = 140_000, 52, "2027-W30"


def main(folder: Path, runs: int) -> None:
    """Print one line."""
    path = folder / "store"
    store = cs.open_store(path) if path.exists() else grown_store(folder, runs=runs, weeks=WEEKS)
    begin = perf_counter()
    report = cs.weekly_report(store, week=WEEK, settings=cs.Settings())
    told = perf_counter()
    size = len(report.to_html().encode()) / 1e6
    written = perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    head = report.document.headline
    print(
        f"{head.runs} runs of {head.projects} projects in the week: {told - begin:.1f} s,"
        f" HTML {written - told:.1f} s, {size:.1f} MB, peak {peak:.1f} GB"
    )


if __name__ == "__main__":
    wanted = Path(sys.argv[1])
    wanted.mkdir(parents=True, exist_ok=True)
    main(wanted, int(sys.argv[2]) if sys.argv[2:] else RUNS)
