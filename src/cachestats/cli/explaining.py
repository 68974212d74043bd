"""Commands that say why: `misses`, `explain`, `diff`, `patterns`."""

from __future__ import annotations

from typing import Annotated

import typer

import cachestats as cs
from cachestats.cli import explained
from cachestats.cli import options as opt
from cachestats.cli.output import emit

__all__ = ["diff", "explain", "misses", "patterns"]

LATEST = "latest"
OneRun = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="Only misses of this run.")
]
MaybeRun = Annotated[
    str,
    typer.Argument(metavar="[RUN]", help="A run id, the beginning of one, or `latest`."),
]
Layer = Annotated[
    str | None,
    typer.Option(
        metavar="LAYER",
        help="Tell one layer's history instead: its id, which `layers --format json` has, or the"
        " beginning of one.",
    ),
]


def misses(  # noqa: PLR0913 - options, not arguments
    *,
    run: OneRun = None,
    top: opt.Top = None,
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
    """List every miss with its cause.

    A root is the first miss on its path; a cascade missed only because a step that it is built on
    did. A cause rests on evidence, lines of the logs, which JSON and CSV quote; without any it is
    `unknown`. Its class says whether the work had to be done: legitimate, structural (a better
    Dockerfile would not do it) or avoidable (a working cache would not).
    """
    where = opt.filters(
        project=project, branch=branch, since=since, until=until, target=target, stage=stage
    )
    opened = cs.open_store(store)
    files = opt.dockerfiles(dockerfile)
    emit(explained.misses(opened, where, files, run=run, top=top), fmt)


def explain(  # noqa: PLR0913
    run: MaybeRun = LATEST,
    *,
    layer: Layer = None,
    project: opt.Project = None,
    branch: opt.Branch = None,
    dockerfile: opt.Dockerfiles = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Explain one run: its steps over time, and why each root missed.

    Bars show when a step ran: hits, root misses, cascades, and the rest. A mark shows the critical
    path: only a shorter step on it makes the run shorter. Times that the log does not tell are
    laid out by what waits for what. With --layer, one layer is followed over its runs instead.
    """
    where = cs.Filters(project=project, branch=branch)
    opened = cs.open_store(store)
    if layer is not None:
        if run != LATEST:
            message = "RUN and --layer exclude each other: --layer tells of all runs of a layer"
            raise cs.UsageError(message)
        emit(explained.layer(opened, layer, where), fmt)
    else:
        emit(explained.run(opened, run, where, opt.dockerfiles(dockerfile)), fmt)


def diff(
    first: opt.Run,
    second: opt.Run,
    *,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Compare two runs: which layers hit in one and missed in the other, and why.

    A table leaves out layers that were the same in both.
    """
    emit(explained.diff(cs.open_store(store), first, second), fmt)


def patterns(  # noqa: PLR0913
    *,
    top: opt.Top = None,
    project: opt.Project = None,
    branch: opt.Branch = None,
    since: opt.Since = None,
    until: opt.Until = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """List what no single run shows.

    A value in the text of a layer that is another in most runs, a layer that is gone after days
    without use, a remote cache that never gives a hit or that something else overwrites, a layer
    that hits and misses by turns with nothing changed, and jobs of one commit that build the same
    layer side by side.
    """
    where = opt.filters(project=project, branch=branch, since=since, until=until)
    emit(explained.patterns(cs.open_store(store), where, top=top), fmt)
