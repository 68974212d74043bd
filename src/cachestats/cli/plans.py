"""What the commands that say what to do answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

import cachestats as cs
from cachestats.cli import answers, views
from cachestats.cli.output import Answer, Listing, Row, Shown, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["advice", "ledger", "print_diff"]

NO_ADVICE = "nothing to report: no change would have saved time on these runs"
NO_CACHE = "nothing to report: no run reads or writes a remote cache"


def advice(found: cs.Advice, store: cs.Store, where: cs.Filters) -> Answer:
    """List the suggestions, most wall time first, then each in full."""
    rows = found.frame()
    if not found.suggestions:
        why = NO_ADVICE if found.window.runs else answers.nothing(where, NO_ADVICE, store=store)
        return Answer(rows=rows, listings=[], document=_document(found), nothing=why)
    together = (
        f"All together: {_range(found.combined.wall_s)} of wall time and"
        f" {_range(found.combined.machine_s)} of machine time"
        f" in {_window(found.window)} (estimates: low … high, expected in between)."
    )
    listing = Listing(
        rows.with_row_index(views.RANK, offset=1),
        _columns(),
        below=[together, *_told(found.suggestions)],
    )
    return Answer(rows=rows, listings=[listing], document=_document(found))


def _window(window: cs.AdviceWindow) -> str:
    runs = units.many(window.runs, "run")
    if window.since is None or window.until is None:
        return f"{runs} without a start"
    return f"{runs} from {window.since:%Y-%m-%d} to {window.until:%Y-%m-%d}"


def _document(found: cs.Advice) -> dict[str, object]:
    return found.model_dump(mode="json", exclude={"schema_version"})


def print_diff(found: cs.Advice) -> None:
    """Print the change to the Dockerfile, for `patch` and `git apply`.

    Raises:
        UsageError: No Dockerfile was given.
        NothingToReportError: Nothing in it would change.
    """
    if found.diff is None:
        message = "--diff needs --dockerfile, of a project in the store"
        raise cs.UsageError(message)
    if not found.diff:
        raise cs.NothingToReportError(NO_ADVICE)
    typer.echo(found.diff, nl=False)


def ledger(store: cs.Store, where: cs.Filters) -> Answer:
    """List the remote caches with what they saved and took."""
    rows = cs.ledger(store, where=where).collect()
    verdicts = [
        f"{row['project'] or units.NOTHING}, {_cache(row)}: {row['verdict']}"
        for row in rows.iter_rows(named=True)
    ]
    listing = Listing(rows, _ledger_columns(), below=verdicts)
    nothing = answers.nothing(where, NO_CACHE, store=store) if rows.is_empty() else None
    return Answer(rows=rows, listings=[listing], nothing=nothing)


def _range(seconds: cs.Saving) -> str:
    low, mid, high = (units.seconds(value) for value in (seconds.low, seconds.mid, seconds.high))
    return f"{mid} ({low} … {high})"


def _columns() -> Sequence[Shown]:
    return (
        Shown(title="#", text=lambda row: str(row[views.RANK]), right=True),
        Shown(title="project", text=lambda row: row["project"] or units.NOTHING, floor=7),
        # The title says it in words.
        Shown(title="kind", text=lambda row: row["kind"], drop=2),
        Shown(title="what to do", text=lambda row: row["title"], floor=views.TEXT_FLOOR),
        Shown(title="wall time saved", text=lambda row: _span(row, "wall"), right=True),
        Shown(title="machine time", text=lambda row: _span(row, "machine"), right=True, drop=1),
    )


def _span(row: Row, name: str) -> str:
    low, mid, high = (row[f"{name}_{part}_s"] for part in ("low", "mid", "high"))
    return _range(cs.Saving(low=low, mid=mid, high=high))


def _told(suggestions: Sequence[cs.Suggestion]) -> Iterator[str]:
    is_one = len({one.project for one in suggestions}) == 1
    for number, one in enumerate(suggestions, 1):
        whose = "" if is_one or one.project is None else f"{one.project}: "
        yield ""
        yield f"{number}. {whose}{one.recommendation}."
        yield from (f"   {line}." for line in one.rationale)
        yield from (f"   Check: {line}." for line in one.caveats)
        yield from (f"   Would sharpen this: {line}." for line in one.missing_inputs)


def _ledger_columns() -> Sequence[Shown]:
    row_of = cs.LedgerRows
    return (
        views.name("project", row_of.project),
        Shown(title="cache", text=_cache, floor=views.TEXT_FLOOR),
        # What is added up stays: without one of its terms the sum would be wrong.
        _count("runs", row_of.runs, drop=2),
        _count("hits", row_of.hits, drop=1),
        views.seconds("saved", row_of.saved_s),
        views.seconds("import", row_of.import_s),
        views.seconds("export", row_of.export_s),
        views.seconds("restore", row_of.restore_s),
        Shown(
            title="net",
            text=lambda row: units.seconds(row[row_of.net_s.name]),
            right=True,
            colour=lambda row: "red" if row[row_of.net_s.name] < 0 else "green",
        ),
    )


def _count(title: str, column: cs.Column, *, drop: int) -> Shown:
    return Shown(title=title, text=lambda row: units.count(row[column.name]), right=True, drop=drop)


def _cache(row: Row) -> str:
    row_of = cs.LedgerRows
    named = [row[row_of.backend.name], row[row_of.ref.name]]
    return " ".join(dict.fromkeys(part for part in named if part))
