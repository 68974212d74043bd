"""Commands that read logs: `doctor`, `parse` and `ingest`."""

from __future__ import annotations

import cachestats as cs
from cachestats.cli import options as opt
from cachestats.cli import receipts
from cachestats.cli.diagnosis import diagnosis
from cachestats.cli.interrupt import heed_ctrl_c
from cachestats.cli.output import emit
from cachestats.cli.progress import progress_bar

__all__ = ["doctor", "ingest", "parse"]


def doctor(
    sources: opt.Sources, *, path_template: opt.PathTemplate = None, fmt: opt.As = "table"
) -> None:
    """Tell what would be read of each file, and what would not.

    Nothing is stored. Understood is the share of the lines that look like BuildKit's; the first
    line that is not understood is shown, and below the table what to do next.
    """
    heed_ctrl_c()
    emit(diagnosis(cs.doctor(*sources, path_template=path_template)), fmt)


def parse(logs: opt.Logs, *, fmt: opt.As = "table") -> None:
    """Show the runs and steps of logs.

    Nothing is stored. With --format json the steps are nested in their runs.
    """
    heed_ctrl_c()
    emit(receipts.parsed(cs.parse(*logs)), fmt)


def ingest(  # noqa: PLR0913 - options, not arguments
    sources: opt.Sources,
    *,
    project: opt.GivenProject = None,
    branch: opt.GivenBranch = None,
    commit: opt.GivenCommit = None,
    ci: opt.GivenCi = None,
    job: opt.GivenJob = None,
    runner: opt.GivenRunner = None,
    started_at: opt.GivenStart = None,
    path_template: opt.PathTemplate = None,
    dry_run: opt.DryRun = False,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Read logs into the store.

    The store is made if there is none. Logs that it knows already change nothing. Folders are
    read with all that is below them. What is not said by options is taken from NAME.meta.json
    or meta.json beside a log, then from the path template, then from the log.
    """
    heed_ctrl_c()
    given = cs.RunFacts(
        project,
        branch,
        commit,
        ci,
        job,
        runner,
        opt.start(started_at),
    )
    into = cs.open_store(store, create=True)
    with progress_bar() as progress:
        result = into.ingest(
            *sources,
            given=given,
            path_template=path_template,
            dry_run=dry_run,
            progress=progress,
        )
    emit(receipts.ingested(result, dry_run=dry_run), fmt)
