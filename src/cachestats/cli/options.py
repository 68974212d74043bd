"""Options that commands share, and what the library makes of their values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

import cachestats as cs
from cachestats.cli.output import Format

if TYPE_CHECKING:
    from pathlib import Path

Store: TypeAlias = Annotated[
    str,
    typer.Option(
        "--store", envvar="CACHESTATS_STORE", metavar="PATH|URI", help="Folder or URI of the store."
    ),
]
DEFAULT_STORE = ".cachestats"
As: TypeAlias = Annotated[
    Format, typer.Option("--format", help="What to print; JSON and CSV have all columns.")
]

Logs: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="LOG", show_default=False, help="Files or folders, or - for stdin."),
]
Sources: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE", show_default=False, help="Files, folders or globs, or - for stdin."
    ),
]
Run: TypeAlias = Annotated[
    str, typer.Argument(metavar="RUN", help="A run id, the beginning of one, or `latest`.")
]

Project: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only runs of this project.")
]
Branch: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only runs of this branch.")
]
Since: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only runs started since: 2026-11-02, 7d, 12h, 2w."),
]
Until: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only runs started before; a date means its end."),
]
Target: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only steps of this bake target.")
]
Stage: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only steps of this stage.")
]
Top: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Only the first N; a table shows 20 unless told."),
]
By: TypeAlias = Annotated[
    Literal["waste", "misses", "miss_ratio"],
    typer.Option(help="What makes a layer bad; `waste` is all that it caused."),
]

Dockerfiles: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--dockerfile",
        metavar="[PROJECT=]PATH",
        help="The Dockerfile that was built: settles which stage is built on which.",
    ),
]

GivenProject: TypeAlias = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="Project of all runs read.")
]
GivenBranch: TypeAlias = Annotated[
    str | None, typer.Option("--branch", metavar="NAME", help="Branch of all runs read.")
]
GivenCommit: TypeAlias = Annotated[
    str | None, typer.Option("--commit", metavar="SHA", help="Commit of all runs read.")
]
GivenCi: TypeAlias = Annotated[
    str | None, typer.Option("--ci", metavar="NAME", help="CI system, such as github.")
]
GivenJob: TypeAlias = Annotated[
    str | None, typer.Option("--job", metavar="NAME", help="Name or number of the CI job.")
]
GivenRunner: TypeAlias = Annotated[
    str | None, typer.Option("--runner", metavar="LABEL", help="Label of the runner.")
]
GivenStart: TypeAlias = Annotated[
    str | None, typer.Option("--started-at", metavar="TIME", help="Start of the builds, ISO 8601.")
]
PathTemplate: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="T", help="Run facts in the path: 'logs/{project}/{branch}/{commit}.log'."
    ),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be read; store nothing.")
]


def dockerfiles(given: list[str] | None) -> dict[str | None, str | Path]:
    """Read the values of `--dockerfile`: paths, or projects and paths.

    Raises:
        UsageError: Two are of one project, or two are of none.
    """
    found: dict[str | None, str | Path] = {}
    for value in given or ():
        before, equals, after = value.partition("=")
        project, path = (before, after) if equals and before else (None, value)
        if project in found:
            known = "two projects need PROJECT=PATH" if project is None else f"two of {project}"
            raise cs.UsageError(f"--dockerfile {found[project]} and {path}: {known}")
        found[project] = path
    return found


def filters(  # noqa: PLR0913 - the options that commands share
    *,
    project: str | None = None,
    branch: str | None = None,
    since: str | None = None,
    until: str | None = None,
    target: str | None = None,
    stage: str | None = None,
) -> cs.Filters:
    """Read the values of the options that choose runs and steps."""
    return cs.Filters(
        project=project,
        branch=branch,
        since=start(since),
        until=end(until),
        target=target,
        stage=stage,
    )


def start(text: str | None) -> datetime | None:
    """Read the value of `--since`; an age counts back from now."""
    return None if text is None else cs.moment(text, now=datetime.now(UTC))


def end(text: str | None) -> datetime | None:
    """Read the value of `--until`, which includes the day that it names."""
    return None if text is None else cs.moment(text, now=datetime.now(UTC), end=True)
