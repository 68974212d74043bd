"""Commands that say what to do: `advise`, `ledger`."""

from __future__ import annotations

from typing import Annotated

import typer

import cachestats as cs
from cachestats.cli import options as opt
from cachestats.cli import plans
from cachestats.cli.output import emit

__all__ = ["advise", "ledger"]

Dockerfile = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="The Dockerfile that was built: adds line numbers and a rewritten file.",
    ),
]
Kinds = Annotated[
    str | None,
    typer.Option(metavar="K,…", help="Only these kinds of suggestions: reorder,cache_mount,…"),
]
Diff = Annotated[
    bool,
    typer.Option(
        "--diff",
        help="Print the change to the Dockerfile and nothing else; JSON always has it.",
    ),
]


def advise(  # noqa: PLR0913 - options, not arguments
    *,
    dockerfile: Dockerfile = None,
    kinds: Kinds = None,
    diff: Diff = False,
    project: opt.Project = None,
    branch: opt.Branch = None,
    since: opt.Since = None,
    until: opt.Until = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Say what to change, and what it would have saved on the builds that really ran.

    The recorded runs of the last 28 days that hold runs are replayed under each change, and under
    all of them together, which is not the sum of their savings. Savings are estimates with a range;
    wall time is that of the build, machine time the sum of its steps. Wall time also counts exports
    that get shorter, so that it can be the larger of the two.
    """
    where = opt.filters(project=project, branch=branch, since=since, until=until)
    opened = cs.open_store(store)
    found = cs.advise(opened, dockerfile=dockerfile, kinds=(kinds or "").split(","), where=where)
    if diff and fmt != "json":
        plans.print_diff(found)
    else:
        emit(plans.advice(found, opened, where), fmt)


def ledger(  # noqa: PLR0913
    *,
    project: opt.Project = None,
    branch: opt.Branch = None,
    since: opt.Since = None,
    until: opt.Until = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Tell of each remote cache whether it pays.

    It saves what its hits would have taken to execute, and costs imports, exports, and the time to
    pull what hit. Only hits on builders that had no cache of their own are its merit.
    """
    where = opt.filters(project=project, branch=branch, since=since, until=until)
    emit(plans.ledger(cs.open_store(store), where), fmt)
