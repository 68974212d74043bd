"""Commands that report on a week and hold runs to budgets: `report`, `check`."""

from __future__ import annotations

from typing import Annotated

import typer

import cachestats as cs
from cachestats.cli import gate, reports
from cachestats.cli import options as opt

__all__ = ["check", "report"]

Week = Annotated[
    str | None,
    typer.Option(
        metavar="WEEK", help="An ISO week such as 2026-W47; otherwise the last full one with runs."
    ),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="File to write, or - for stdout."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]
As = Annotated[
    reports.ReportFormat | None,
    typer.Option(
        "--format",
        help="What to print. Otherwise by the ending of FILE (.md, .json, else HTML), a table on a"
        " terminal, HTML in a pipe.",
    ),
]
MinHitRatio = Annotated[
    float | None, typer.Option(min=0, max=1, metavar="R", help="Least hits / (hits + misses).")
]
MinHitRatioTime = Annotated[
    float | None,
    typer.Option(min=0, max=1, metavar="R", help="Least saved / (saved + executed) time."),
]
MaxWasteMinutes = Annotated[
    float | None,
    typer.Option(min=0, metavar="M", help="Most minutes of structural and avoidable misses."),
]
MaxRegression = Annotated[
    float | None,
    typer.Option(
        min=0, max=1, metavar="R", help="Most that waste per run may grow: 0.1 is by a tenth."
    ),
]
Annotate = Annotated[
    gate.Annotations | None,
    typer.Option("--annotations", help="Print workflow commands instead of plain lines."),
]


def report(  # noqa: PLR0913 - options, not arguments
    *,
    week: Week = None,
    output: Output = None,
    force: Force = False,
    fmt: As = None,
    dockerfile: opt.Dockerfiles = None,
    project: opt.Project = None,
    branch: opt.Branch = None,
    target: opt.Target = None,
    stage: opt.Stage = None,
    store: opt.Store = opt.DEFAULT_STORE,
) -> None:
    """Report a week: what was wasted, whether that is better than before, and what to do.

    HTML is one file that needs nothing else, with figures; Markdown fits a chat or a job summary;
    JSON has every number. A week is from Monday to Sunday, UTC. Amounts of money are estimates by
    the prices of cachestats.toml. With --dockerfile the report shows the change to it.
    """
    reports.writable(output, force=force)
    where = opt.filters(project=project, branch=branch, target=target, stage=stage)
    opened = cs.open_store(store)
    found = cs.weekly_report(
        opened, week=week, dockerfiles=opt.dockerfiles(dockerfile), where=where
    )
    reports.print_report(found, where, store=opened, output=output, fmt=fmt, force=force)


def check(  # noqa: PLR0913
    *,
    min_hit_ratio: MinHitRatio = None,
    min_hit_ratio_time: MinHitRatioTime = None,
    max_waste_minutes: MaxWasteMinutes = None,
    max_regression: MaxRegression = None,
    annotations: Annotate = None,
    dockerfile: opt.Dockerfiles = None,
    project: opt.Project = None,
    branch: opt.Branch = None,
    since: opt.Since = None,
    until: opt.Until = None,
    target: opt.Target = None,
    stage: opt.Stage = None,
    store: opt.Store = opt.DEFAULT_STORE,
    fmt: opt.As = "table",
) -> None:
    """Hold runs to budgets, and fail if one is exceeded.

    Budgets are options, or stand in cachestats.toml; an option wins. Waste per run is compared with
    the four weeks before --since; without that, the seven days up to the newest run are.
    """
    where = opt.filters(
        project=project, branch=branch, since=since, until=until, target=target, stage=stage
    )
    bounds = gate.budgets(
        min_hit_ratio=min_hit_ratio,
        min_hit_ratio_time=min_hit_ratio_time,
        max_waste_minutes=max_waste_minutes,
        max_regression=max_regression,
    )
    files = opt.dockerfiles(dockerfile)
    found = gate.checked(cs.open_store(store), bounds, where, files, fmt=fmt)
    gate.print_exceeded(found, annotations=annotations, fmt=fmt)
