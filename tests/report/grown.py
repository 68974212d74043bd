"""A large store, grown from the sample logs: the same builds again and again, week after week."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import cachestats as cs
from cachestats.schema import Rejects, Runs, Sources, Steps
from cachestats.store import Store

SAMPLE_LOGS = Path(__file__).resolve().parents[2] / "sample_logs"
COPY, SHIFT = pl.col("copy"), pl.col("shift")


def grown_store(folder: Path, *, runs: int, weeks: int) -> cs.Store:
    """Make a store of at least this many runs of 24 projects, spread over this many weeks.

    Each copy is a whole history of the samples, some weeks later and some minutes beside another
    copy of its week; every other one is of projects with an `-b` to their names.
    """
    seed = cs.open_store(folder / "seed", create=True)
    seed.ingest(SAMPLE_LOGS)
    known = seed.runs().collect()
    copies = pl.DataFrame({"copy": range(-(-runs // known.height))}).with_columns(
        shift=pl.duration(weeks=COPY % weeks, minutes=COPY // weeks),
        twin=pl.when(COPY % 2 == 1).then(pl.lit("-b")).otherwise(pl.lit("")),
    )

    def repeated(table: pl.DataFrame) -> pl.DataFrame:
        again = Runs.run_id.col + pl.format("-{}", "copy")
        return table.join(copies, how="cross").with_columns(again)

    store = Store.create(folder / "store")
    ingest = store.ingest()
    ingest.append(
        steps=repeated(seed.steps().collect())
        .with_columns(Steps.layer_id.col + pl.col("twin"))
        .select(Steps.dtypes().names()),
        cache_io=repeated(seed.cache_io().collect()).drop(copies.columns),
        facts=repeated(seed.facts().collect()).drop(copies.columns),
        rejects=Rejects.empty(),
    )
    ingest.commit(
        runs=repeated(known)
        .with_columns(Runs.project.col + pl.col("twin"), Runs.started_at.col + SHIFT)
        .select(Runs.dtypes().names()),
        sources=Sources.empty(),
    )
    return cs.open_store(folder / "store")
