"""A store, and what brings logs into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from cachestats.analysis.filters import Filters
from cachestats.analysis.runs import find_run
from cachestats.engine.doctor import doctor as _doctor
from cachestats.engine.ingest import ingest as _ingest
from cachestats.engine.ingest import parse as _parse
from cachestats.errors import UsageError
from cachestats.logs.given import RunFacts
from cachestats.redact import redacted
from cachestats.schema import Runs
from cachestats.store import Store as _Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import polars as pl

    from cachestats.engine.doctor import Doctor
    from cachestats.engine.ingest import IngestResult, Parsed, Progress
    from cachestats.store import Compacted, Forgotten, Redacted, StoreInfo, Vacuumed

__all__ = ["Store", "doctor", "open_store", "parse"]

_NOTHING_GIVEN = RunFacts()


class Store:
    """A store of runs and steps; made by `open_store`.

    Frames are lazy, see what is committed when they are made, and have no order.
    """

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    def __repr__(self) -> str:
        return f"Store({self.uri!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows: where the store is, and how much it holds."""
        right = "<td style='text-align:right'>"
        rows = "".join(
            f"<tr><td>{escape(table.name)}</td>{right}{table.rows:,}</td>"
            f"{right}{table.size_bytes / 1e6:,.1f} MB</td></tr>"
            for table in self.info().tables
        )
        head = "<tr><th>table</th><th>rows</th><th>size</th></tr>"
        return f"<p><b>cachestats store</b> {escape(self.uri)}</p><table>{head}{rows}</table>"

    @property
    def uri(self) -> str:
        """Path or URI of the store."""
        return self._tables.uri

    def ingest(
        self,
        *sources: str | Path,
        given: RunFacts = _NOTHING_GIVEN,
        path_template: str | None = None,
        dry_run: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> IngestResult:
        """Read logs into the store; what it has already changes nothing.

        128 MB and more of local files are decoded in processes, one for each core and 400 MB of
        memory that the machine or container has, up to eight; `LOKY_MAX_CPU_COUNT` lowers it. A
        script needs no main guard for that.

        Args:
            sources: Files, folders with all that is below them, globs, or `-` for stdin.
            given: Facts that hold for all runs; they win over sidecars, template and log. Without
                aliases those of the `cachestats.toml` that the working directory has.
            path_template: Path with `{project}`, `{branch}` and so on where these facts stand.
            dry_run: Only find what would be read.
            progress: Called after each batch of logs.

        Returns:
            What was read and stored; what could not be read is in its `rejects`.

        Raises:
            UsageError: The template holds no placeholder, or an unknown one, or `cachestats.toml`
                is wrong.
            StoreError: The store cannot be written.
        """
        return _ingest(
            self._tables,
            sources,
            given=_with_aliases(given),
            path_template=path_template,
            dry_run=dry_run,
            progress=progress,
        )

    def runs(self) -> pl.LazyFrame:
        """Scan `Runs`, one row per run."""
        return self._tables.runs()

    def steps(self) -> pl.LazyFrame:
        """Scan `Steps`, one row per step of each run."""
        return self._tables.steps()

    def cache_io(self) -> pl.LazyFrame:
        """Scan `CacheIO`, one row per import from or export to a remote cache."""
        return self._tables.cache_io()

    def facts(self) -> pl.LazyFrame:
        """Scan `Facts`, one row per line of a log that may serve as evidence."""
        return self._tables.facts()

    def sources(self) -> pl.LazyFrame:
        """Scan `Sources`, one row per log that was read."""
        return self._tables.sources()

    def rejects(self) -> pl.LazyFrame:
        """Scan `Rejects`, one row per input that could not be read when it was read last."""
        return self._tables.rejects()

    def forget(
        self,
        run: str | None = None,
        *,
        project: str | None = None,
        before: datetime | None = None,
        dry_run: bool = False,
    ) -> Forgotten:
        """Take runs out of the store, with their steps, cache imports and exports, and facts.

        What is given combines. From the first commit on no reader sees the runs; their bytes go
        with a `vacuum`. Their sources stay known as read, so that the next ingest does not bring
        them back; it does where it reads a log anew, which has changed, was moved or copied, comes
        from stdin, or is given other facts.

        Args:
            run: A run id, the beginning of one, or `latest`.
            project: Only runs of this project.
            before: Only runs started before this time; none whose start is not known.
            dry_run: Only count.

        Returns:
            Rows of each table that went, or would go; 0 of each if there are no such runs.

        Raises:
            UsageError: Nothing is given; or no run, or more than one, begins with `run`.
            StoreError: The store cannot be written.
        """
        # An empty text, as of an unset variable, begins every run id.
        if run == "" or (run is None and project is None and before is None):
            raise UsageError("which runs? Give a run, a project, or a time before which they began")
        chosen = Filters(project=project, until=before).runs(self.runs())
        if run is not None:
            chosen = find_run(chosen, run)
        run_ids = chosen.select(Runs.run_id.name).collect().to_series().to_list()
        return self._tables.forget(run_ids, dry_run=dry_run)

    def redact(self) -> Redacted:
        """Apply the rules by which an ingest takes out secrets to what is stored already.

        For stores that were written by a version with other rules; a second time changes nothing.
        What is covered are names, texts, mounts and errors of steps, facts, cache references,
        rejects, and warnings of runs; not names of projects, branches, jobs and sources, which
        are kept as given. `layer_id` stays as it was made. The old bytes go with a `vacuum`.

        Returns:
            Rows of each table that changed.

        Raises:
            StoreError: The store cannot be written.
        """
        return self._tables.redact(redacted)

    def info(self) -> StoreInfo:
        """Count rows, files and bytes of each table."""
        return self._tables.info()

    def compact(self) -> Compacted:
        """Join small files into large ones; safe while others ingest."""
        return self._tables.compact()

    def vacuum(self, *, older_than: timedelta | None = None) -> Vacuumed:
        """Drop rows of ingests that never committed, and files that nothing refers to.

        Args:
            older_than: Age from which on they are dropped; None is a week, which no ingest and
                no reader lasts.

        Raises:
            UsageError: It is negative, by which rows of ingests at work would go, too.
            StoreError: The store cannot be written.
        """
        if older_than is None:
            return self._tables.vacuum()
        if older_than < timedelta():
            raise UsageError("what is to come cannot be old enough to be dropped")
        return self._tables.vacuum(older_than=older_than)


def open_store(
    uri: str | Path = ".cachestats",
    *,
    create: bool = False,
    storage_options: Mapping[str, str] | None = None,
) -> Store:
    """Open a store.

    Args:
        uri: Folder, or URI of an object store.
        create: If there is no store, begin with an empty one, which the first ingest makes.
        storage_options: Access to an object store; without them the environment tells.

    Raises:
        StoreError: There is no store, or what is there is none, or of a newer format.
    """
    opened = _Tables.at if create else _Tables.open
    return Store(opened(uri, storage_options=storage_options))


def parse(
    *sources: str | Path, given: RunFacts = _NOTHING_GIVEN, path_template: str | None = None
) -> Parsed:
    """Decode logs without a store.

    Args:
        sources: Files, folders with all that is below them, globs, or `-` for stdin.
        given: Facts that hold for all runs; without aliases those of the `cachestats.toml` that
            the working directory has.
        path_template: Path with `{project}`, `{branch}` and so on where these facts stand.

    Raises:
        UsageError: The template holds no placeholder, or an unknown one, or `cachestats.toml` is
            wrong.
    """
    return _parse(sources, given=_with_aliases(given), path_template=path_template)


def _with_aliases(given: RunFacts) -> RunFacts:
    """Add the aliases of `cachestats.toml` where none are given, not even `()`."""
    here = Path.cwd()
    if given.aliases is None and any(
        (folder / "cachestats.toml").is_file() for folder in (here, *here.parents)
    ):
        # pydantic, which reads settings, takes as long to import as a log to ingest.
        from cachestats.settings import Settings

        given = replace(given, aliases=tuple(Settings.find(here).projects.aliases.items()))
    return given if given.aliases else replace(given, aliases=None)


def doctor(*sources: str | Path, path_template: str | None = None) -> Doctor:
    """Tell of each file what an ingest would read of it; nothing is stored.

    Args:
        sources: Files, folders with all that is below them, archives, globs, or `-` for stdin.
        path_template: Path with `{project}`, `{branch}` and so on where these facts stand.

    Raises:
        UsageError: The template holds no placeholder, or an unknown one.
    """
    return _doctor(sources, path_template=path_template)
