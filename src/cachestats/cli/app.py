"""The `cachestats` command: options in, one library call, one answer out."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

import cachestats as cs
from cachestats.cli import explaining, feeding, planning, reading, reporting, upkeep
from cachestats.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["app"]

FINE, USAGE = "0 fine", "2 wrong usage"
REJECTED = "3 some or all inputs were rejected, the others were read"
NO_STORE = "4 no store, or one that cannot be read"
NOTHING = "5 nothing to report"
EXCEEDED = "1 a budget is exceeded"
INTERRUPTED = "130 interrupted by Ctrl-C"
PLAINLY = (
    (r"^Value error, ", ""),
    (r"^Input should be ", "must be "),
    (r", unable to parse string as an? \w+$", ""),
    (r"\ba valid integer\b", "a whole number"),
    (r"\ba valid number\b", "a number"),
    (r"\bgreater than or equal to (\S+)", r"\1 or more"),
    (r"\bless than or equal to (\S+)", r"\1 or less"),
)
READING, KEEPING = (FINE, USAGE, NO_STORE, NOTHING), (FINE, USAGE, NO_STORE)


class _Group(typer.core.TyperGroup):
    """Turn a `CachestatsError` into one line on stderr and its exit code."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's context class is private
        try:
            return super().invoke(ctx)
        except cs.CachestatsError as error:
            say(f"error: {error}")
            raise typer.Exit(error.exit_code) from error
        except typer.BadParameter as error:
            error.message = _plainly(error.message)
            raise
        except OSError as error:
            # What is read or stored has errors of its own: this is the answer, on a full disk.
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}:
                raise
            say(f"error: cannot write the answer: {error.strerror}")
            raise typer.Exit(cs.UsageError.exit_code) from error
        except Exception as error:
            if not (fault := _damage(error)):
                raise
            say(f"error: a file of the store is damaged: {fault}")
            raise typer.Exit(cs.StoreError.exit_code) from error


def _plainly(message: str) -> str:
    """Say what a value must be in the words of this page, not of what checks it."""
    for words, plain in PLAINLY:
        message = re.sub(words, plain, message)
    return message


def _damage(error: Exception) -> str | None:
    """Say what polars has to complain of in a file; None if it is something else.

    Tables are read when an answer is worked out, far from where the store is opened.
    """
    fault = str(error).partition("\n")[0]
    of_file = fault.startswith("parquet") or "ARROW:schema" in fault
    return fault if of_file and type(error).__module__.startswith("polars.") else None


def _epilog(examples: Iterable[str], exits: Iterable[str]) -> str:
    shown = "\n".join(f"  cachestats {example}" for example in examples)
    codes = "\n".join(f"  {code}" for code in exits)
    return f"\b\nExamples:\n{shown}\n\n\b\nExit codes:\n{codes}"


def _add(
    group: typer.Typer, command: Callable[..., None], *examples: str, exits: Iterable[str]
) -> None:
    group.command(epilog=_epilog(examples, exits))(command)


def _version(*, wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # as slow to load as typer

        typer.echo(f"cachestats {metadata.version('cachestats')}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
]

app = typer.Typer(
    name="cachestats",
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich would double the time that --help takes
    epilog=_epilog(
        ("ingest logs/", "layers --top 10", "explain latest", "advise"),
        (FINE, EXCEEDED, USAGE, REJECTED, NO_STORE, NOTHING, INTERRUPTED),
    ),
)
store = typer.Typer(
    name="store",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look after the store.",
)


@app.callback()
def _root(*, _version: VersionOption = False) -> None:
    """Find the layers of container builds that miss the cache, and what that costs.

    `ingest` reads BuildKit's build logs into a store; the other commands read the store.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller; a table must not get its number
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


_add(
    app,
    feeding.doctor,
    "doctor logs/",
    "doctor logs/ --path-template '{project}/{branch}.log'",
    exits=(FINE, USAGE, REJECTED, NOTHING),
)
_add(
    app,
    feeding.parse,
    "parse build.log",
    "parse --format json - < build.log",
    exits=(FINE, USAGE, REJECTED, NOTHING),
)
_add(
    app,
    feeding.ingest,
    "ingest logs/ --path-template '{project}/{branch}/{commit}.log'",
    "ingest build.log --project web --branch main",
    exits=(FINE, USAGE, REJECTED, NO_STORE, NOTHING),
)
_add(app, reading.runs, "runs --project web --since 7d", "runs --format json", exits=READING)
_add(app, reading.steps, "steps latest --project web", "steps 3f9a1c --stage build", exits=READING)
_add(app, reading.layers, "layers --top 10", "layers --by misses --since 2w", exits=READING)
_add(
    app,
    explaining.misses,
    "misses --run latest",
    "misses --project web --since 7d --format csv",
    exits=READING,
)
_add(app, explaining.explain, "explain latest --project web", "explain 3f9a1c", exits=READING)
_add(app, explaining.diff, "diff 3f9a1c latest", exits=READING)
_add(app, explaining.patterns, "patterns --since 4w", exits=READING)
_add(
    app,
    planning.advise,
    "advise --project web --dockerfile Dockerfile",
    "advise --dockerfile Dockerfile --diff | git apply",
    exits=READING,
)
_add(app, planning.ledger, "ledger --since 4w", exits=READING)
_add(
    app,
    reporting.report,
    "report --output report.html",
    'report --format markdown >> "$GITHUB_STEP_SUMMARY"',
    exits=READING,
)
_add(
    app,
    reporting.check,
    "check --since 7d --min-hit-ratio 0.6 --max-waste-minutes 90",
    "check --project web --annotations github --dockerfile Dockerfile",
    exits=(FINE, EXCEEDED, *READING[1:]),
)
app.add_typer(store)
_add(store, upkeep.info, "store info", exits=KEEPING)
_add(store, upkeep.rejects, "store rejects", exits=READING)
_add(
    store,
    upkeep.forget,
    "store forget 3f9a1c",
    "store forget --project web --before 90d --dry-run",
    exits=KEEPING,
)
_add(store, upkeep.redact, "store redact", exits=KEEPING)
_add(store, upkeep.compact, "store compact", exits=KEEPING)
_add(store, upkeep.vacuum, "store vacuum", exits=KEEPING)
