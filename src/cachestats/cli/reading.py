"""Commands that read a store: `runs`, `steps`, `layers`."""

from __future__ import annotations

import cachestats as cs
from cachestats.cli import answers
from cachestats.cli import options as opt
from cachestats.cli.output import emit

__all__ = ["layers", "runs", "steps"]


def runs(  # noqa: PLR0913 - options, not arguments
    *,
    top: opt.Top = None,
    project: opt.Project = None,
    branch: opt.Branch = None,
    since: opt.Since = None,
    until: opt.Until = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """List the runs, newest first.

    A run is one build in one CI job. Times are UTC; a wall time with ~ before it is estimated
    from the longest path of steps. hit/miss counts RUN, COPY, ADD and WORKDIR steps.
    """
    where = opt.filters(project=project, branch=branch, since=since, until=until)
    emit(answers.runs(cs.open_store(store), where, top=top), fmt)


def steps(  # noqa: PLR0913
    run: opt.Run,
    *,
    project: opt.Project = None,
    branch: opt.Branch = None,
    target: opt.Target = None,
    stage: opt.Stage = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """List the steps of one run.

    A cached step that was pulled and unpacked shows the time of that as its restore. With
    --project or --branch, `latest` is the latest run of that project or branch.
    """
    where = cs.Filters(project=project, branch=branch, target=target, stage=stage)
    emit(answers.steps(cs.open_store(store), run, where), fmt)


def layers(  # noqa: PLR0913
    *,
    top: opt.Top = None,
    by: opt.By = "waste",
    project: opt.Project = None,
    branch: opt.Branch = None,
    since: opt.Since = None,
    until: opt.Until = None,
    target: opt.Target = None,
    stage: opt.Stage = None,
    dockerfile: opt.Dockerfiles = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """List the layers that miss the cache most.

    A layer is an instruction followed over many runs. Its cost is the time that its misses took;
    it wastes what it and the steps that missed only because of it did needlessly (structural and
    avoidable misses, see `misses`). Its baseline is the median of its last 20 executions. What its
    hits saved is the baseline less the time to restore them, and can be negative. FROM, internal,
    import and export steps are in no ratio. A table shows misses as 3/20: missed in 3 of the 20
    runs that reached it, and of the last of these a bar for each: high where it missed.
    """
    where = opt.filters(
        project=project, branch=branch, since=since, until=until, target=target, stage=stage
    )
    opened = cs.open_store(store)
    found = cs.layers(opened, where=where, dockerfiles=opt.dockerfiles(dockerfile))
    emit(answers.layers(opened, found, where, by=by, top=top), fmt)
