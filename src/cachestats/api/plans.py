"""What to change: the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachestats.advice.advise import Tables, advised, in_window
from cachestats.advice.document import SuggestionKind
from cachestats.analysis.baselines import baselines
from cachestats.analysis.filters import Filters
from cachestats.analysis.ledger import ledger
from cachestats.api.files import shown_path, text_of
from cachestats.api.projects import Projects
from cachestats.errors import UsageError
from cachestats.schema import Runs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import polars as pl

    from cachestats.advice.document import Advice
    from cachestats.api.store import Store

__all__ = ["advise"]

_EVERYTHING = Filters()


def advise(
    store: Store,
    *,
    dockerfile: str | Path | None = None,
    kinds: Iterable[str] = (),
    where: Filters = _EVERYTHING,
) -> Advice:
    """Say what to change in Dockerfile and job, and what it would have saved.

    Args:
        store: Where the runs are.
        dockerfile: Path of the Dockerfile that they were built from, at its newest.
        kinds: Kinds of suggestions to make, such as `reorder`; all without any.
        where: Which runs to learn from; without a time the last 28 days that hold runs.

    Returns:
        The plan, most wall time first, with the effect of all of it together and, with a
        Dockerfile, the rewritten file and its diff.

    Raises:
        UsageError: The Dockerfile cannot be read or is none, or there is no such kind.
    """
    wanted = _kinds(kinds)
    text = None if dockerfile is None else text_of(dockerfile)
    runs = where.runs(store.runs())
    if where.since is None and where.until is None:
        runs = in_window(runs)
    found = runs.collect()
    ids = found.lazy().select(Runs.run_id.name)
    projects = Projects(store, found.lazy())
    lineages = projects.lineages().collect()

    def mine(table: pl.LazyFrame) -> pl.DataFrame:
        return table.join(ids, on=Runs.run_id.name, how="semi").collect()

    tables = Tables(
        runs=found,
        steps=mine(store.steps()),
        facts=mine(store.facts()),
        cache_io=mine(store.cache_io()),
        misses=mine(projects.misses()),
        lineages=lineages,
        ledger=ledger(
            store.steps(),
            found.lazy(),
            store.cache_io(),
            store.facts(),
            baselines=baselines(projects.steps, projects.runs, lineages.lazy()),
        ).collect(),
    )
    path = "Dockerfile" if dockerfile is None else shown_path(dockerfile)
    return advised(tables, dockerfile=text, path=path, kinds=wanted)


def _kinds(wanted: Iterable[str]) -> frozenset[SuggestionKind]:
    known = SuggestionKind
    names = [name.strip() for name in wanted if name.strip()]
    strange = [name for name in names if name not in set(known)]
    if strange:
        message = f"no kind of suggestion {strange[0]!r}: one of {', '.join(known)}"
        raise UsageError(message)
    return frozenset(map(known, names)) or frozenset(known)
