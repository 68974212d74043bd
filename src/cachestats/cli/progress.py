"""A progress bar on stderr, where somebody is there to see it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import cachestats as cs

__all__ = ["progress_bar"]


@contextmanager
def progress_bar() -> Iterator[Callable[[cs.Progress], None] | None]:
    """Draw what is told to the function it gives; that is None if stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # only an ingest at a terminal needs rich
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.fields[files]} of {task.fields[files_total]} logs"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None, files=0, files_total="?")
        yield lambda so_far: bar.update(
            task,
            completed=so_far.bytes,
            total=so_far.bytes_total,
            files=so_far.files,
            files_total=so_far.files_total,
        )
